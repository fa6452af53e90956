"""Whether the rows of an inference log have the columns that the schema of their version has.

Loads pyarrow: import it lazily.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from modelgroups.catalog.documents import load_attributes
from modelgroups.catalog.transfer import Content
from modelgroups.errors import SnapshotCorruptError
from modelgroups.inferences.layout import Layout, layout_of
from modelgroups.inferences.records import table_of
from modelgroups.storage.parquet import open_parquet

__all__ = ["problems_of_parcels", "require_columns"]


def require_columns(path: Path, kind: str, attributes: str) -> None:
    """Raise unless a file of a log has columns of the log, each with its type.

    It may lack some: those that no row of it has a value of.

    Parameters
    ----------
    path
        The Parquet file.
    kind
        What it holds: inferences, ground truths or enrichments.
    attributes
        The schema of the version, as the catalog has it.

    Raises
    ------
    SnapshotCorruptError
        Names the first column that is wrong, and what it should be.
    """
    with open_parquet(path) as file:
        problem = _problem_of(file.schema_arrow, _layout(attributes).schema(kind))
    if problem is not None:
        raise SnapshotCorruptError(f"a segment of the kind {kind} {problem}")


def problems_of_parcels(content: Content) -> Iterator[str]:
    """Yield what is wrong with the rows that are not in files yet."""
    layouts = _layouts(content)
    for row in content["parcel"]:
        schema = layouts[row["log"]].schema(row["kind"])
        records = json.loads(row["rows"])
        problem = _problem_of_names(list(set().union(*records)), schema)
        if problem is None:
            try:
                table_of(records, schema)
            except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
                problem = f"holds values of other types than the model's: {error}"
        if problem is not None:
            yield f"a row of parcel, of the kind {row['kind']}, {problem}"


def _layouts(content: Content) -> dict[int, Layout]:
    """Return the layout of each log, by the serial of the log."""
    schemas = {row["id"]: row["attributes"] for row in content["model"]}
    return {row["serial"]: _layout(schemas[row["model_id"]]) for row in content["inference_log"]}


def _layout(attributes: str) -> Layout:
    return layout_of(load_attributes(attributes))


def _problem_of(found: pa.Schema, wanted: pa.Schema) -> str | None:
    problem = _problem_of_names(found.names, wanted)
    if problem is not None:
        return problem
    for field in found:
        type_ = wanted.field(field.name).type
        if not field.type.equals(type_):
            return (
                f"has a column {field.name!r} of the type {field.type}, and the model's schema "
                f"says {type_}"
            )
    return None


def _problem_of_names(names: Sequence[str], wanted: pa.Schema) -> str | None:
    known = set(wanted.names)
    strangers = sorted(repr(name) for name in set(names) - known)
    if strangers:
        return f"has columns that the model's schema does not: {', '.join(strangers[:3])}"
    if len(set(names)) < len(names):
        return "has a column twice"
    absent = [f.name for f in wanted if not f.nullable and f.name not in names]
    return f"lacks the column {absent[0]!r}" if absent else None
