"""The part of `Model` that reads a schema from data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from modelgroups.arguments import (
    require_flag,
    require_member,
    require_names,
    require_text,
)
from modelgroups.calls import checked_calls
from modelgroups.errors import MissingParameterError, UserTypeError
from modelgroups.model.declaring import OutputDeclaring
from modelgroups.types import Stage, ValueType

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SchemaBuilding"]


@checked_calls
class SchemaBuilding(OutputDeclaring):
    """Schemas from data."""

    def build(
        self,
        data: pd.DataFrame,
        pred_to_ground_truth_map: Mapping[Any, Any],
        positive_predicted_attr: str | None = None,
        non_input_columns: Sequence[str] | None = None,
        ground_truth_column: str | None = None,
        set_reference_data: bool = True,
    ) -> pd.DataFrame:
        """Read the whole schema from reference data, in place of any earlier one.

        Parameters
        ----------
        data
            Reference data: one row an example, with inputs, predictions and ground truth.
        pred_to_ground_truth_map
            From each column of predictions to its column of ground truth or, where
            `ground_truth_column` is given, to the class whose probability it holds. A key None
            stands for the prediction of the negative class that the data lacks.
        positive_predicted_attr
            The column with the probability of the positive class of a binary classifier.
        non_input_columns
            Columns that are not inputs of the model.
        ground_truth_column
            The column that holds the true class.
        set_reference_data
            Keep `data` as the reference data that `save` stores.

        Returns
        -------
        DataFrame
            The `review` table.

        Raises
        ------
        MethodNotApplicableError
            The model is saved, or its output type is declared by another method.
        UserValueError, UserTypeError
            The data or the map do not fit; every problem of the data in one message, and the
            model is as it was.

        Examples
        --------
        >>> import pandas as pd, modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "MULTICLASS")
        >>> frame = pd.DataFrame({"age": [31, 47], "p": [0.2, 0.9], "y": [0, 1]})
        >>> model.build(frame, {"p": 1}, ground_truth_column="y")[["name", "stage", "range"]]
          name               stage         range
        0  age      PIPELINE_INPUT  [None, None]
        1    y  GROUND_TRUTH_CLASS  [None, None]
        2    p     PREDICTED_VALUE        [0, 1]
        """
        from modelgroups.schema.build import plan_build, require_outputs_map

        self._require_unsaved("build")
        keep = require_flag(set_reference_data, "set_reference_data")
        require_outputs_map(pred_to_ground_truth_map)
        if positive_predicted_attr is not None:
            require_text(positive_predicted_attr, "positive_predicted_attr")
        built = plan_build(
            data,
            pred_to_ground_truth_map,
            input_type=self.input_type,
            output_type=self.output_type,
            classifier_threshold=self.classifier_threshold,
            positive_predicted_attr=positive_predicted_attr,
            non_input_columns=_names_or_none(non_input_columns, "non_input_columns"),
            ground_truth_column=ground_truth_column,
        )
        self.attributes = list(built.attributes)
        self.classifier_threshold = built.classifier_threshold
        if keep:
            self.reference_dataframe = data
        return self._review_table()

    def build_token_sequence_model(
        self,
        input_column: str | Sequence[str],
        output_text_column: str,
        input_token_column: str | None = None,
        output_token_column: str | None = None,
        output_likelihood_column: str | None = None,
        ground_truth_text_column: str | None = None,
        ground_truth_tokens_column: str | None = None,
        data: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Add the attributes of a model that writes text.

        Parameters
        ----------
        input_column
            The input text or image; for tabular and time series models the input columns.
        output_text_column
            The text that the model writes.
        input_token_column, output_token_column
            The same texts as lists of tokens.
        output_likelihood_column
            For each output token a dict of likelihoods.
        ground_truth_text_column, ground_truth_tokens_column
            The text that it should have written.
        data
            Data to read the inputs of a tabular or time series model from.

        Returns
        -------
        DataFrame
            The `review` table.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "NLP", "TOKEN_SEQUENCE")
        >>> list(model.build_token_sequence_model("question", "answer")["name"])
        ['question', 'answer']
        """
        from modelgroups.schema.outputs import token_sequence

        self._require_unsaved("build_token_sequence_model")
        if not isinstance(input_column, str):
            input_column = require_names(input_column, "input_column")
        self._extend(
            token_sequence(
                input_column,
                output_text_column,
                input_token_column=input_token_column,
                output_token_column=output_token_column,
                output_likelihood_column=output_likelihood_column,
                ground_truth_text_column=ground_truth_text_column,
                ground_truth_tokens_column=ground_truth_tokens_column,
                data=data,
                existing=self.attributes or [],
                input_type=self.input_type,
                output_type=self.output_type,
            )
        )
        return self._review_table()

    def infer_schema(self, data: pd.DataFrame | pd.Series[Any], stage: str) -> None:
        """Add an attribute for each column of `data`, all in one stage.

        Parameters
        ----------
        data
            A frame, or one named column.
        stage
            The role of all the columns; not an output stage.

        Raises
        ------
        MethodNotApplicableError
            The stage is a predicted value or ground truth.
        UserTypeError, UserValueError
            The data do not fit; every bad column is named, and the model is as it was.

        Examples
        --------
        >>> import pandas as pd, modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION")
        >>> model.infer_schema(pd.DataFrame({"age": [31, 47]}), mg.Stage.ModelPipelineInput)
        >>> model.get_attribute("age").categories
        [AttributeCategory(value='31', label=None), AttributeCategory(value='47', label=None)]
        """
        from modelgroups.schema.infer import infer_attributes

        stage = require_member(Stage, stage, "stage")
        existing = self.get_attributes(stage)
        self._extend(
            infer_attributes(
                data,
                stage,
                input_type=self.input_type,
                taken=[a.position for a in existing if a.position is not None],
                known_integers=[
                    name
                    for name, value_type in self.attributes_type_dict.items()
                    if value_type == ValueType.Integer
                ],
            )
        )

    def from_dataframe(self, data: pd.DataFrame | pd.Series[Any], stage: str) -> None:
        """Do what `infer_schema` does; the older name of it.

        Parameters
        ----------
        data, stage
            As of `infer_schema`.

        Examples
        --------
        >>> import pandas as pd, modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION")
        >>> model.from_dataframe(pd.DataFrame({"age": [31.5, 47.0]}), "PIPELINE_INPUT")
        >>> model.get_attribute_names()
        ['age']
        """
        self.infer_schema(data, stage)

    def review(
        self,
        stage: str | None = None,
        props: Sequence[str] | None = None,
        print_df: bool = False,
    ) -> pd.DataFrame | None:
        """Return the schema as a table, one row an attribute, to be checked before saving.

        Printed, it leaves out columns for which the terminal is too narrow, and names them; the
        frame has them all.

        Parameters
        ----------
        stage
            Only the attributes of this stage.
        props
            Fields of `Attribute` to show, or ``range``.
        print_df
            Display the table and return nothing.

        Raises
        ------
        MissingParameterError
            The model has no schema yet.
        UnexpectedValueError
            A property is not a field of an attribute; the nearest one is told.
        UserTypeError, UserValueError
            There is no such stage.

        Examples
        --------
        >>> import pandas as pd, modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION")
        >>> model.infer_schema(pd.DataFrame({"age": [31.5, 47.0]}), "PIPELINE_INPUT")
        >>> model.review(props=["value_type", "range"])
          name           stage value_type         range
        0  age  PIPELINE_INPUT      FLOAT  31.5 to 47.0
        """
        table = self._review_table(stage, props)
        if not print_df:
            return table
        _display(table)
        return None

    def _review_table(
        self, stage: str | None = None, props: Sequence[str] | None = None
    ) -> pd.DataFrame:
        from modelgroups.schema.review import review_table

        if self.attributes is None and stage is None:
            raise MissingParameterError(
                "review() needs a schema and this model has none yet; "
                "call build() or infer_schema() first"
            )
        names = _names_or_none(props, "props")
        if stage is not None and not isinstance(stage, str):
            raise UserTypeError(
                f"stage must be a text, got {type(stage).__name__} {stage!r}; properties are "
                "named by props: review(props=[...])"
            )
        stage = None if stage is None else require_member(Stage, stage, "stage")
        return review_table(self.attributes or (), stage=stage, properties=names)


def _names_or_none(value: object, parameter: str) -> list[str] | None:
    return None if value is None else require_names(value, parameter)


def _display(table: pd.DataFrame) -> None:
    """Show a table: as a notebook would where there is one, else as text."""
    try:
        display = import_module("IPython.display").display
    except ImportError:
        display = print
    display(table)
