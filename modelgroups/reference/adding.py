"""Giving reference data to a saved model: rows are checked, staged, then committed at once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from modelgroups.catalog import models, references
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record as record_event
from modelgroups.errors import BadRequestError, ConflictError, NotFoundError, UserValueError
from modelgroups.progress import tracked
from modelgroups.reference.files import SourceFile
from modelgroups.reference.intake import (
    FrameToStore,
    StagedSnapshot,
    staged_frame,
    staged_tables,
)
from modelgroups.registry import Registry, require_writable
from modelgroups.schema.attribute import Attribute
from modelgroups.schema.columns import check_frame
from modelgroups.schema.misfits import misfits
from modelgroups.types import EventType

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Outcome", "add_files", "add_frame", "require_known_columns"]

logger = logging.getLogger("modelgroups")

MAX_FAILURES_LISTED = 1_000
"""Rows of one file whose faults are told one by one; all are counted."""


class Outcome:
    """What became of the rows: counts, and the faults of the rows that were left out."""

    def __init__(self) -> None:
        self.n_rows = 0
        self.n_failed = 0
        self.failures: list[list[dict[str, Any]]] = []

    def as_result(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return the pair that the SDK returns."""
        counts = {
            "success": self.n_rows - self.n_failed,
            "failure": self.n_failed,
            "total": self.n_rows,
        }
        closed = {"dataset_close_result": {"message": "success"}}
        return {"counts": counts, "failures": self.failures}, None if self.n_failed else closed


def require_known_columns(names: Iterable[object], attributes: Iterable[Attribute]) -> None:
    """Raise if a column is not an attribute of the model."""
    known = {attribute.name for attribute in attributes}
    unknown = [str(name) for name in names if name not in known]
    if unknown:
        raise BadRequestError(
            f"the model has no attribute {', '.join(map(repr, unknown))}; drop such columns, or "
            "add them to a new version of the model"
        )


def add_frame(
    registry: Registry, model_id: str, attributes: Sequence[Attribute], frame: pd.DataFrame
) -> Outcome:
    """Store a frame as the model's reference data; rows that do not fit are left out."""
    check_frame(frame)
    require_known_columns(frame.columns, attributes)
    outcome = Outcome()
    bad = _note_misfits(outcome, [], frame, attributes)
    good = _without(frame, bad) if bad.any() else frame
    _commit(registry, model_id, outcome, staged_frame(registry.objects, FrameToStore(good)))
    return outcome


def _without(frame: pd.DataFrame, bad: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the other rows; where the rows were numbered, they are numbered anew."""
    good = frame[~bad]
    if isinstance(frame.index, pd.RangeIndex):
        return good.set_axis(pd.RangeIndex(len(good), name=frame.index.name))
    return good


def add_files(
    registry: Registry,
    model_id: str,
    attributes: Sequence[Attribute],
    files: Sequence[SourceFile],
) -> Outcome:
    """Store files as the model's reference data, without loading any of them whole.

    The files become one snapshot with the columns of all of them.
    """
    for file in files:
        require_known_columns(file.schema.names, attributes)
    schema = _common_schema(files)
    outcome = Outcome()
    tables = _good_rows(outcome, files, attributes, schema)
    _commit(registry, model_id, outcome, staged_tables(registry.objects, tables, schema))
    return outcome


def _commit(
    registry: Registry,
    model_id: str,
    outcome: Outcome,
    staging: AbstractContextManager[StagedSnapshot],
) -> None:
    require_writable(registry)
    with staging as staged:
        if outcome.n_rows == 0:
            raise UserValueError("the reference data have no rows; give at least one")
        with registry.catalog.write() as session:
            record = models.find(session, model_id)
            if record is None:
                raise NotFoundError(f"no model has the id {model_id!r}")
            if record.archived_at is not None:
                raise ConflictError(
                    f"the model {model_id} is archived and takes no reference data; "
                    "bring it back first with model.restore()"
                )
            files = [staged.snapshot] if staged.snapshot.n_rows else []
            if files:
                registry.objects.publish(staged.path, staged.snapshot.digest)
            at = now()
            references.add_files(session, model_id, files, close=not outcome.n_failed, at=at)
            record_event(
                session,
                EventType.ReferenceAdded,
                at=at,
                group_id=record.group_id,
                model_id=model_id,
                after={
                    "files": [file.digest for file in files],
                    "rows": staged.snapshot.n_rows,
                    "failed": outcome.n_failed,
                },
            )
    if outcome.n_failed:
        logger.warning(
            "%d of %d rows of the reference data of model %s do not fit its schema and were left "
            "out; the set stays open until rows come without a fault",
            outcome.n_failed,
            outcome.n_rows,
            model_id,
        )


def _good_rows(
    outcome: Outcome,
    files: Iterable[SourceFile],
    attributes: Sequence[Attribute],
    schema: pa.Schema,
) -> Iterator[pa.Table]:
    for file in files:
        faults: list[dict[str, Any]] = []
        outcome.failures.append(faults)
        start = 0
        for batch in tracked(file.batches(), f"Taking in {file.name}"):
            table = pa.Table.from_batches([batch])
            frame = table.to_pandas(types_mapper=pd.ArrowDtype)
            strangers = {r - start: told for r, told in file.strangers.items() if r >= start}
            bad = _note_misfits(
                outcome, faults, frame, attributes, start=start, strangers=strangers
            )
            start += table.num_rows
            if bad.any():
                table = table.filter(pa.array(~bad))
            yield _conformed(table, schema)


def _note_misfits(
    outcome: Outcome,
    faults: list[dict[str, Any]],
    frame: pd.DataFrame,
    attributes: Sequence[Attribute],
    *,
    start: int = 0,
    strangers: Mapping[int, str] = MappingProxyType({}),
) -> NDArray[np.bool_]:
    """Count the rows of a frame, note those that do not fit, and return a mask of them."""
    if not outcome.failures:
        outcome.failures.append(faults)
    found = misfits(frame, attributes)
    bad = np.zeros(len(frame), dtype=bool)
    for mask in found.values():
        bad |= mask
    bad[[row for row in strangers if row < len(bad)]] = True
    outcome.n_rows += len(frame)
    outcome.n_failed += int(bad.sum())
    types = {attribute.name: attribute.value_type for attribute in attributes}
    for row in np.flatnonzero(bad)[: MAX_FAILURES_LISTED - len(faults)]:
        columns = [name for name, mask in found.items() if mask[row]]
        told = [
            f"{name!r} is {types[name]} and cannot be {frame[name].iloc[row]!r}" for name in columns
        ] + ([strangers[row]] if row in strangers else [])
        faults.append({"row": start + int(row), "status": 400, "message": "; ".join(told)})
    return bad


def _common_schema(files: Sequence[SourceFile]) -> pa.Schema:
    plain = [_without_dictionaries(file.schema) for file in files]
    if all(file.schema.equals(files[0].schema) for file in files):
        return files[0].schema
    try:
        return pa.unify_schemas(plain, promote_options="permissive")
    except pa.ArrowException as error:
        names = ", ".join(file.name for file in files)
        raise BadRequestError(
            f"the files {names} hold one column in types that do not go together: {error}"
        ) from error


def _without_dictionaries(schema: pa.Schema) -> pa.Schema:
    return pa.schema(
        [
            pa.field(field.name, field.type.value_type)
            if pa.types.is_dictionary(field.type)
            else pa.field(field.name, field.type)
            for field in schema
        ]
    )


def _conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with the columns of the schema, null where it has none."""
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
