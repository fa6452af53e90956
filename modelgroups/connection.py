"""`connect` and `Connection`: the front door, where the parts are put together."""

from __future__ import annotations

import html
import os
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from modelgroups.arguments import (
    require_member,
    require_text,
)
from modelgroups.calls import checked_call, checked_calls
from modelgroups.custody import Custody
from modelgroups.errors import MissingParameterError, UserTypeError, UserValueError
from modelgroups.group import ModelGroup
from modelgroups.hints import Hinting, hinted
from modelgroups.lifecycle.lookup import (
    get_group,
    get_model,
    get_model_by_partner_id,
)
from modelgroups.lifecycle.provenance import wanted_parts
from modelgroups.maintaining import Maintaining
from modelgroups.model import Model
from modelgroups.model.records import from_record
from modelgroups.query.engines import require_engine
from modelgroups.registry import open_registry
from modelgroups.searching import Searching
from modelgroups.types import InputType, OutputType

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

    from modelgroups.query.engines.embedded import DuckDB

__all__ = ["Connection", "connect"]

_GROUPS_SHOWN = 50  # in a notebook
_MOST_OF_A_NAME = 220  # characters, so that a time and a suffix still fit into a partner id


@checked_call
def connect(
    location: str | os.PathLike[str] | None = None,
    *,
    read_only: bool = False,
    engine: DuckDB | BaseBackend | None = None,
    actor: str | None = None,
    provenance: bool | Collection[str] | None = None,
) -> Connection:
    """Open a registry; make it if it is not there.

    Parameters
    ----------
    location
        A folder; ``":memory:"`` for a registry that vanishes when it is closed; or None for the
        folder in the environment variable ``MODELGROUPS_HOME``, else the user's data folder.
    read_only
        Never write, not even to make or to migrate the registry.
    engine
        What runs queries: a `DuckDB` with options for the engine in this process; a connected
        Ibis backend, such as ``ibis.pyspark.connect(session)``; or None for DuckDB with all cores.
    actor
        Who makes the changes, for the audit events; the user, the host and the process if it is
        not given.
    provenance
        What `Model.save` records of where a version comes from: True for all, False for
        nothing, or some of ``"python"``, ``"platform"``, ``"packages"``, ``"code"`` and
        ``"script"``. None for what the environment variable ``MODELGROUPS_PROVENANCE`` says
        (``all``, ``none``, or some, with commas), else all.

    Returns
    -------
    Connection
        Close it, or use it in a ``with`` statement.

    Raises
    ------
    NotARegistryError
        The location holds something else, or, read-only, nothing.
    CatalogTooNewError
        A newer release of modelgroups made the registry.
    ReadOnlyError
        The registry must be made or migrated, and the place cannot be written.
    UserTypeError, MethodNotApplicableError, MissingDependencyError
        The engine is none, or a Spark session of Connect, or of a release before 4.

    Examples
    --------
    >>> with connect(":memory:") as connection:
    ...     connection
    <Connection ':memory:'>
    """
    kept, parts = require_engine(engine), wanted_parts(provenance)
    registry = open_registry(location, read_only=read_only, actor=actor)
    registry.engine, registry.provenance = kept, parts
    return Connection(registry)


@hinted("a connection has it: mg.connect(…).{name}")
@checked_calls
class Connection(Searching, Maintaining, Custody, Hinting):
    """An open registry.

    Threads may share it, and a forked child may go on using it. Any number of connections
    and processes may have one registry open, and write, at the same time.

    Parameters
    ----------
    registry
        The open registry; `connect` makes it.

    Examples
    --------
    >>> from modelgroups.testing import example_version
    >>> with connect(":memory:") as connection:
    ...     _ = example_version(connection, "V1")
    ...     [group.name for group in connection.model_groups()]
    ['Card fraud']
    """

    @property
    def location(self) -> str:
        """What the registry was opened with: a folder, or ``":memory:"``.

        Examples
        --------
        >>> with connect(":memory:") as connection:
        ...     connection.location, connection.read_only
        (':memory:', False)
        """
        return self._registry.location

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written.

        Examples
        --------
        >>> with connect(":memory:") as connection:
        ...     connection.read_only
        False
        """
        return self._registry.read_only

    def close(self) -> None:
        """Release everything; what was made by this connection cannot be used any more.

        Examples
        --------
        >>> connection = connect(":memory:")
        >>> connection.close()
        >>> connection.models()
        Traceback (most recent call last):
        modelgroups.errors.ClosedError: the connection to this registry was closed; open it
        again with modelgroups.connect()
        """
        self._registry.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = ", read-only" if self.read_only else ""
        state += ", closed" if self._registry.catalog.closed else ""
        return f"<Connection {self.location!r}{state}>"

    def _repr_html_(self) -> str:
        if self._registry.catalog.closed:
            return html.escape(repr(self))
        groups = self.model_groups(limit=_GROUPS_SHOWN + 1)
        items = [
            f"<li>{html.escape(group.name)} <code>{html.escape(group.id)}</code></li>"
            for group in groups[:_GROUPS_SHOWN]
        ]
        if len(groups) > _GROUPS_SHOWN:
            items.append("<li>…</li>")
        return f"<b>modelgroups</b> {html.escape(self.location)}<ul>{''.join(items)}</ul>"

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write a page about the registry, all groups at a glance: an HTML file of its own.

        Parameters
        ----------
        path
            The file; one that is there is replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        UserTypeError, UserValueError
            No file can be there.
        MissingDependencyError
            Jinja2 is not installed.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> from modelgroups.testing import example_version
        >>> with TemporaryDirectory() as folder, connect(":memory:") as connection:
        ...     _ = example_version(connection, "V1")
        ...     page = connection.report(f"{folder}/registry.html")
        ...     "Card fraud" in page.read_text()
        True
        """
        from modelgroups.report.overview import report_registry

        groups, versions = self.model_groups(archived=None), self.models()
        return report_registry(groups, versions, self._registry, path)

    def model(
        self,
        partner_model_id: str | None = None,
        input_type: str | None = None,
        output_type: str | None = None,
        model_type: str | None = None,
        display_name: str | None = None,
        description: str | None = None,
        tags: list[str] | None = None,
        classifier_threshold: float | None = None,
        is_batch: bool = False,
        text_delimiter: str | None = None,
        expected_throughput_gb_per_day: float | None = None,
        pixel_height: int | None = None,
        pixel_width: int | None = None,
    ) -> Model:
        """Return a new model; nothing is stored before `Model.save`.

        Parameters
        ----------
        partner_model_id
            The user's own id of the model; made from the display name and the time if absent.
        input_type, output_type
            An `InputType` and an `OutputType`, or their text; both are needed.
        model_type
            The older name of `output_type`.
        display_name
            What people read; the partner id if absent. One of the two is needed.
        description, tags
            What else people read, and find the model by.
        classifier_threshold
            The probability from which on a class is predicted, 0 to 1.
        is_batch
            Whether inferences come in batches.
        text_delimiter
            Regular expression that splits texts into tokens, a `TextDelimiter`.
        expected_throughput_gb_per_day
            Kept for the record.
        pixel_height, pixel_width
            Size of the images of an image model.

        Raises
        ------
        MissingParameterError
            The input type, the output type, or every name is missing.
        UserTypeError, UserValueError
            A type is not one of those there are.

        Examples
        --------
        >>> with connect(":memory:") as connection:
        ...     connection.model("fraud-1", InputType.Tabular, OutputType.Multiclass)
        <Model 'fraud-1': TABULAR → MULTICLASS, not saved>
        """
        output_type = output_type if output_type is not None else model_type
        if input_type is None or output_type is None:
            raise MissingParameterError(
                "a model needs an input_type and an output_type, for example "
                "input_type=InputType.Tabular, output_type=OutputType.Multiclass"
            )
        if partner_model_id is None and display_name is None:
            raise MissingParameterError("a model needs a display_name or a partner_model_id")
        generated = partner_model_id is None
        if partner_model_id is None:
            partner_model_id = _partner_id(display_name)
        model = Model(
            partner_model_id=partner_model_id,
            input_type=require_member(InputType, input_type, "input_type"),
            output_type=require_member(OutputType, output_type, "output_type"),
            client=self._registry,
            display_name=display_name if display_name is not None else partner_model_id,
            description=description,
            tags=tags,
            classifier_threshold=classifier_threshold,
            is_batch=is_batch,
            text_delimiter=text_delimiter,
            expected_throughput_gb_per_day=expected_throughput_gb_per_day,
            pixel_height=pixel_height,
            pixel_width=pixel_width,
        )
        model._partner_id_is_generated = generated  # noqa: SLF001  # only the maker knows
        return model

    def get_model(self, identifier: str, id_type: str = "id") -> Model:
        """Return a saved model.

        Parameters
        ----------
        identifier
            Its id, or its partner_model_id.
        id_type
            Which of the two: ``"id"`` or ``"partner_model_id"``. By id archived models are
            found too, by partner id only active ones.

        Raises
        ------
        UserTypeError, UserValueError
            The identifier is not a text, or the kind of id is not one of the two.
        NotFoundError
            There is no such model.

        Examples
        --------
        >>> from modelgroups.testing import example_version
        >>> with connect(":memory:") as connection:
        ...     model = example_version(connection, "V1")
        ...     connection.get_model(model.id).version_label
        'V1'
        """
        lookups = {"id": get_model, "partner_model_id": get_model_by_partner_id}
        lookup = lookups.get(require_text(id_type, "id_type"))
        if lookup is None:
            raise UserValueError(f"id_type must be 'id' or 'partner_model_id', got {id_type!r}")
        identifier = require_text(identifier, "identifier")
        return from_record(Model, lookup(self._registry, identifier), self._registry)

    def get_model_group(self, id_or_model: str | Model) -> ModelGroup:
        """Return a model group.

        Parameters
        ----------
        id_or_model
            The group's id, its name where no other active group has it, or a model in it.

        Raises
        ------
        UserTypeError
            Neither a text nor a model.
        UserValueError
            The model has no group.
        NotFoundError
            There is no such group.
        ConflictError
            Several groups have that name.

        Examples
        --------
        >>> from modelgroups.testing import example_version
        >>> with connect(":memory:") as connection:
        ...     model = example_version(connection, "V1")
        ...     connection.get_model_group(model).name
        'Card fraud'
        """
        if isinstance(id_or_model, Model):
            if id_or_model.model_group_id is None:
                raise UserValueError(
                    f"the model {id_or_model.display_name!r} has no group yet; save() begins one"
                )
            id_or_model = id_or_model.model_group_id
        if not isinstance(id_or_model, str):
            raise UserTypeError(
                f"a group is got by its id, its name or a model in it, got "
                f"{type(id_or_model).__name__}"
            )
        return ModelGroup._from_record(  # noqa: SLF001  # the facade's other constructor
            get_group(self._registry, require_text(id_or_model, "id_or_model")), self._registry
        )


def _partner_id(display_name: str | None) -> str:
    """Return a partner id made of the display name and the local time, as the SDK makes it."""
    display_name = require_text(display_name, "display_name")
    stamp = datetime.now().astimezone().strftime("%Y-%m-%d--%H-%M-%S")
    return f"{display_name.replace(' ', '_')[:_MOST_OF_A_NAME]}_{stamp}"
