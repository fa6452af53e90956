"""The part of `Model` that takes reference data in and gives it back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from modelgroups.calls import checked_calls
from modelgroups.errors import (
    MissingParameterError,
    UnexpectedTypeError,
    UserTypeError,
    UserValueError,
)
from modelgroups.model.building import SchemaBuilding

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from modelgroups.reference.intake import FrameToStore
    from modelgroups.schema.attribute import Attribute

__all__ = ["ReferenceData"]


@checked_calls
class ReferenceData(SchemaBuilding):
    """The data that a version was built on."""

    def set_reference_data(
        self,
        directory_path: str | os.PathLike[str] | None = None,
        data: pd.DataFrame | pd.Series[Any] | None = None,
        files: Sequence[str | os.PathLike[str] | IO[bytes]] | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any] | None] | None:
        """Give the model its reference data; before `save` a frame, afterwards files too.

        Parameters
        ----------
        directory_path
            A folder; every ``.parquet`` and ``.json`` file in it and below is taken in.
            Parquet is read in batches, JSON one file at a time.
        data
            A frame, or one named column.
        files
            Paths, or open binary files.

        Returns
        -------
        tuple or None
            None for a model that is not saved: the frame waits for `save`. Otherwise the counts
            of rows with the faults of those that were left out, and the result of closing the
            set, None where rows were left out: the set then stays open for more. Closing it
            makes it the current one; earlier sets stay on record.

        Raises
        ------
        MissingParameterError
            No source is given.
        UserTypeError, UnexpectedTypeError
            The source is of the wrong type, or is not a frame and the model is not saved.
        UserValueError
            Several sources are given, there are no rows, or times lack a zone.
        BadRequestError
            A column is not an attribute of the model.

        Examples
        --------
        >>> import pandas as pd, modelgroups as mg
        >>> with mg.connect(":memory:") as connection:
        ...     model = connection.model("m-1", "NLP", "TOKEN_SEQUENCE")
        ...     _ = model.build_token_sequence_model("question", "answer")
        ...     _ = model.save()
        ...     model.set_reference_data(
        ...         data=pd.DataFrame({"question": ["six by nine?"], "answer": ["42"]}))
        ({'counts': {'success': 1, 'failure': 0, 'total': 1}, 'failures': [[]]},
         {'dataset_close_result': {'message': 'success'}})
        """
        given = [source for source in (directory_path, data, files) if source is not None]
        if not given:
            raise MissingParameterError(
                "set_reference_data() needs data=, files= or directory_path="
            )
        if len(given) > 1:
            raise UserValueError(
                "set_reference_data() takes one source: data, files or directory_path"
            )
        if self.id is None:
            if data is None:
                raise UserTypeError(
                    "a model that is not saved takes its reference data as data=frame; "
                    "save() it first to take in files"
                )
            self.reference_dataframe = data
            return None
        return self._add_reference_data(directory_path, data, files)

    def _add_reference_data(
        self,
        directory_path: str | os.PathLike[str] | None,
        data: pd.DataFrame | pd.Series[Any] | None,
        files: Sequence[str | os.PathLike[str] | IO[bytes]] | None,
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        from modelgroups.reference.adding import add_files, add_frame
        from modelgroups.reference.files import files_in, open_files

        model_id = self._require_saved("set_reference_data")
        attributes = self._require_attributes("set_reference_data")
        if data is not None:
            return add_frame(self._registry, model_id, attributes, _as_frame(data)).as_result()
        sources = files_in(directory_path) if directory_path is not None else files
        opened = list(open_files(sources or (), attributes))
        return add_files(self._registry, model_id, attributes, opened).as_result()

    def validate_reference_data(self, reference_dataframe: pd.DataFrame) -> None:
        """Compare a frame with the schema.

        Parameters
        ----------
        reference_dataframe
            One column for each attribute, and one row or more.

        Raises
        ------
        UserTypeError
            Lists every fault: columns that are repeated, missing or unknown, names that are not
            legal, values of the wrong type, values that Parquet cannot keep.

        Examples
        --------
        >>> import pandas as pd, modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION")
        >>> model.infer_schema(pd.DataFrame({"age": [31.5, 47.0]}), "PIPELINE_INPUT")
        >>> model.validate_reference_data(pd.DataFrame({"age": [40.0]}))
        """
        from modelgroups.storage.frames import KeptFrame

        self._validate(reference_dataframe, KeptFrame)

    def _validate(self, frame: pd.DataFrame, writable: Callable[..., object]) -> None:
        from modelgroups.schema.validate import validate_frame

        validate_frame(
            frame,
            self.attributes or [],
            input_type=self.input_type,
            output_type=self.output_type,
            writable=writable,
        )

    def reference_data(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the reference data, equal to the frame that was given.

        Parameters
        ----------
        columns
            Only these columns are read.

        Raises
        ------
        NotFoundError
            The model has no reference data.
        SnapshotMissingError, SnapshotCorruptError
            The stored file is gone, or its bytes are not those that were saved.

        Examples
        --------
        >>> import pandas as pd, modelgroups as mg
        >>> frame = pd.DataFrame({"age": [31, 47], "p": [0.2, 0.9], "y": [0, 1]})
        >>> with mg.connect(":memory:") as connection:
        ...     model = connection.model("m-1", "TABULAR", "MULTICLASS")
        ...     _ = model.build(frame, {"p": 1}, ground_truth_column="y")
        ...     _ = model.save()
        ...     model.reference_data(columns=["age"])
           age
        0   31
        1   47
        """
        from modelgroups.reference.reading import read_frame, wanted_columns

        if self.id is None and self.reference_dataframe is not None:
            return _part_of(_as_frame(self.reference_dataframe), wanted_columns(columns))
        return read_frame(self._registry, self._require_saved("reference_data"), columns)

    def reference_table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the reference data as an Arrow table; see `reference_data`.

        Parameters
        ----------
        columns
            Only these columns are read; all of them when None.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.reference_table(["age"]).to_pydict()
        {'age': [31, 47, 52]}
        """
        import pyarrow as pa

        from modelgroups.reference.reading import read_tables

        tables = read_tables(self._registry, self._require_saved("reference_table"), columns)
        return pa.concat_tables(tables, promote_options="permissive")

    def reference_batches(
        self, columns: Sequence[str] | None = None, *, batch_size: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """Yield the reference data as Arrow record batches, for data larger than memory.

        Parameters
        ----------
        columns
            Only these columns are read.
        batch_size
            The most rows of a batch.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     [batch.num_rows for batch in model.reference_batches(batch_size=2)]
        [2, 1]
        """
        from modelgroups.reference.reading import read_batches

        return read_batches(
            self._registry,
            self._require_saved("reference_batches"),
            columns,
            batch_size=batch_size,
        )

    def _frame_to_save(self, *, validate: bool) -> FrameToStore | None:
        """Return the reference data that wait for `save`, compared with the schema."""
        if self.reference_dataframe is None:
            return None
        from modelgroups.reference.adding import require_known_columns
        from modelgroups.reference.intake import FrameToStore
        from modelgroups.schema.columns import check_frame

        reference = FrameToStore(_as_frame(self.reference_dataframe))
        if validate:  # which covers what `check_frame` finds
            self._validate(reference.frame, lambda _, columns: reference.keep(columns))
        else:
            check_frame(reference.frame)
        attributes: list[Attribute] = self.attributes or []
        require_known_columns(reference.frame.columns.tolist(), attributes)
        return reference


def _part_of(frame: pd.DataFrame, columns: list[str] | None) -> pd.DataFrame:
    unknown = [name for name in columns or () if name not in frame.columns]
    if unknown:
        raise UserValueError(
            f"the reference data have no column {', '.join(map(repr, unknown))}; "
            f"choose from {', '.join(map(repr, frame.columns))}"
        )
    return frame.copy() if columns is None else frame[columns].copy()


def _as_frame(data: pd.DataFrame | pd.Series[Any]) -> pd.DataFrame:
    import pandas as pd

    if isinstance(data, pd.Series):
        return data.to_frame()
    if not isinstance(data, pd.DataFrame):
        raise UnexpectedTypeError(
            f"reference data must be a pandas DataFrame or Series, got {type(data).__name__}"
        )
    return data
