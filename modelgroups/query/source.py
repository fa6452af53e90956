"""The rows that a query asks about, as an Arrow table of the columns that it needs.

The inference log with its ground truth, or the reference data: whatever is particular to them
(rows still in the catalog, deleted rows, which ground truth holds, columns that are derived) is
settled here, so that any engine may work on the result. Loads pyarrow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from modelgroups.inferences.layout import (
    BATCH,
    ID,
    INFERENCE_TIME,
    RECEIVED,
    TRUTH_TIME,
    arrow_type,
)
from modelgroups.inferences.read import Selection, read_tables
from modelgroups.query.names import ORDER
from modelgroups.query.subject import Subject
from modelgroups.reference.reading import column_names, open_set
from modelgroups.storage.arrays import as_arrow, as_numpy
from modelgroups.types import Stage, ValueType

if TYPE_CHECKING:
    from modelgroups.inferences.view import View
    from modelgroups.reference.reading import OpenSet
    from modelgroups.schema.attribute import Attribute

__all__ = [
    "BOX_FIELDS",
    "Column",
    "available",
    "class_of",
    "load",
    "load_parts",
    "origin_of",
    "stored_names",
]

BOX_FIELDS: Final = ("class_id", "confidence", "top_left_x", "top_left_y", "width", "height")

_INFERENCE_ID: Final = "inference_id"
_NAIVE: Final = pa.timestamp("us")
_TIMES: Final = (INFERENCE_TIME, RECEIVED, TRUTH_TIME)
_TEXT_PARTS: Final = ("tokens", "item_id", "label")


@dataclass(frozen=True)
class Column:
    """A column that a query may name.

    Parameters
    ----------
    name
        What it is called.
    attribute
        The attribute that it holds, or is derived from; None for metadata.
    is_derived
        Whether it is one of several columns of its attribute.
    """

    name: str
    attribute: Attribute | None = None
    is_derived: bool = False

    @property
    def stored_name(self) -> str:
        """What the column is called that holds it, or that it is derived from."""
        if self.attribute is not None:
            return self.attribute.name
        return ID if self.name == _INFERENCE_ID else self.name


def available(subject: Subject, source: str) -> dict[str, Column]:
    """Return the columns of a source by name: attributes, what is derived of them, metadata."""
    columns: dict[str, Column] = {}
    names = None if source != "reference" else _reference_columns(subject)
    for name, attribute in subject.attributes.items():
        if names is None or name in names or attribute.implicit:
            columns[name] = Column(name, attribute)
            for derived in _derived_names(attribute):
                columns[derived] = Column(derived, attribute, is_derived=True)
    return columns | {name: Column(name) for name in _metadata(subject, names)}


def column_type(column: Column) -> pa.DataType:
    """Return the Arrow type that a column is loaded in."""
    if column.attribute is None:
        return _NAIVE if column.name in _TIMES else pa.string()
    if not column.is_derived:
        type_ = arrow_type(column.attribute.value_type)
        return _NAIVE if pat.is_timestamp(type_) else type_
    part = column.name[len(column.attribute.name) + 1 :]
    return pa.list_(pa.string() if part in _TEXT_PARTS else pa.float64())


def _reference_columns(subject: Subject) -> set[str]:
    return column_names(subject.recipient.registry, subject.recipient.model_id)


def _metadata(subject: Subject, held: set[str] | None) -> list[str]:
    names = [_INFERENCE_ID, ID, INFERENCE_TIME, RECEIVED]
    if subject.has_ground_truth:
        names.append(TRUTH_TIME)
    if subject.recipient.is_batch:
        names.append(BATCH)
    return names if held is None else [name for name in names if name in held]


def _derived_names(attribute: Attribute) -> list[str]:
    name = attribute.name
    if attribute.value_type == ValueType.TokenLikelihoods:
        return [f"{name}_tokens", f"{name}_likelihoods"]
    if attribute.value_type == ValueType.RankedList:
        return [f"{name}_item_id", f"{name}_label", f"{name}_score"]
    if attribute.value_type == ValueType.BoundingBox:
        return [f"{name}.{field}" for field in BOX_FIELDS]
    return []


def load(
    subject: Subject,
    source: str,
    names: Iterable[str],
    selection: Selection | None = None,
    enrichments: Iterable[str] = (),
) -> pa.Table:
    """Return columns of a source whole; see `load_parts`."""
    return pa.concat_tables(load_parts(subject, source, names, selection, enrichments))


def load_parts(
    subject: Subject,
    source: str,
    names: Iterable[str],
    selection: Selection | None = None,
    enrichments: Iterable[str] = (),
    view: View | None = None,
    reference: OpenSet | None = None,
) -> Iterator[pa.Table]:
    """Yield columns of a source, and the hidden order of storing, some rows at a time.

    Parameters
    ----------
    subject
        The model.
    source
        ``inference``, ``enriched``, ``ground_truth`` or ``reference``.
    names
        Columns that `available` names.
    selection
        What of the log is needed at most; the query filters exactly.
    enrichments
        Columns of enrichments; those that the log has stand beside the others as they are.
    view, reference
        The log, or the reference data, if already open.
    """
    wanted = list(dict.fromkeys(names))
    known = available(subject, source)
    needed = stored_names(subject, [known[name] for name in wanted])
    if source == "reference":
        tables = _reference(subject, needed, reference)
    else:
        narrowed = replace(selection or Selection(), enrichments=list(enrichments))
        tables = _inferences(subject, source, needed, narrowed, view)
    start = 0
    for table in tables:
        columns = {name: _column(subject, known[name], table) for name in wanted}
        columns |= {name: table[name] for name in enrichments if name in table.column_names}
        columns[ORDER] = as_arrow(np.arange(start, start + len(table), dtype=np.int64))
        start += len(table)
        yield pa.table(columns)


def stored_names(subject: Subject, columns: Iterable[Column]) -> list[str]:
    """Return which columns must be read for those that are asked for."""
    names: list[str] = []
    for column in columns:
        names.append(column.stored_name)
        attribute = column.attribute
        if attribute is None:
            continue
        origin = origin_of(subject, attribute)
        if origin is not None:
            names.append(origin.name)
        if column.is_derived and attribute.token_attribute_link in subject.attributes:
            names.append(str(attribute.token_attribute_link))
    return list(dict.fromkeys(names))


def _inferences(
    subject: Subject, source: str, needed: list[str], selection: Selection, view: View | None
) -> Iterator[pa.Table]:
    to = subject.recipient
    truths = list(to.layout.truth_attributes) if source == "ground_truth" else []
    read = list(dict.fromkeys([*needed, *truths])) or [INFERENCE_TIME]
    narrowed = replace(selection, columns=read)
    for table in read_tables(
        to.registry, to.model_id, to.layout, narrowed, is_batch=to.is_batch, view=view
    ):
        if not truths:
            yield table
            continue
        known = np.zeros(len(table), dtype=bool)
        for name in truths:
            known |= as_numpy(table[name].is_valid())
        yield table.filter(as_arrow(known))


def _reference(
    subject: Subject, needed: list[str], reference: OpenSet | None
) -> Iterator[pa.Table]:
    from modelgroups.inferences.columns import read_column  # loads pandas

    to = subject.recipient
    with nullcontext(reference) if reference else open_set(to.registry, to.model_id) as opened:
        for table in opened.tables([name for name in needed if name in opened.names]):
            columns = {}
            for name in needed:
                attribute = subject.attributes.get(name)
                type_ = arrow_type(attribute.value_type) if attribute else pa.string()
                if name not in table.column_names:
                    columns[name] = pa.nulls(len(table), type_)
                elif attribute is None:
                    columns[name] = table[name]
                else:
                    cells = _parsed(table[name], attribute.value_type)
                    columns[name], _ = read_column(cells, attribute.value_type, name, None)
            yield pa.table(columns) if columns else table.select([])


def _parsed(column: pa.ChunkedArray, value_type: str) -> pa.ChunkedArray:
    """Return lists of dicts, which snapshots keep as lists of JSON where their keys differ."""
    type_ = column.type
    is_json = pat.is_list(type_) and pat.is_string(type_.value_type)
    if not is_json or value_type not in (ValueType.TokenLikelihoods, ValueType.RankedList):
        return column
    lists = column.to_pylist()
    cells = [None if texts is None else [json.loads(text) for text in texts] for texts in lists]
    if value_type == ValueType.TokenLikelihoods:
        cells = [cell and [list(step.items()) for step in cell] for cell in cells]
    return pa.chunked_array([pa.array(cells, arrow_type(value_type))])


# --- derived columns -----------------------------------------------------------------------


def _column(subject: Subject, column: Column, table: pa.Table) -> pa.Array | pa.ChunkedArray:
    attribute, found = column.attribute, table[column.stored_name]
    if attribute is not None and column.is_derived:
        return _part(subject, column, attribute, table)
    origin = None if attribute is None else origin_of(subject, attribute)
    if attribute is not None and origin is not None:
        derived = _derive(subject, attribute, table[origin.name])
        found = pc.coalesce(found, derived) if derived is not None else found
    return found.cast(_NAIVE) if pat.is_timestamp(found.type) else found


def origin_of(subject: Subject, attribute: Attribute) -> Attribute | None:
    """Return what an attribute follows from where nobody sent it; None if it is not implicit."""
    if not attribute.implicit:
        return None
    if attribute.stage == Stage.PredictedValue:
        return next((a for a in subject.predicted() if not a.implicit), None)
    return subject.truth_class()


def class_of(subject: Subject, attribute: Attribute) -> str | None:
    """Return the class that an implicit ground truth stands for."""
    linked = subject.attributes.get(str(attribute.attribute_link))
    return None if linked is None else linked.gt_class_link


def _derive(subject: Subject, attribute: Attribute, origin: pa.ChunkedArray) -> Any:
    """Return the complement of a probability, or whether the true class is one."""
    if attribute.stage == Stage.PredictedValue:
        one = as_arrow(np.ones(1))[0]  # `pyarrow.scalar` loads pandas
        return pc.subtract(one, origin)
    class_ = class_of(subject, attribute)
    return None if class_ is None else pc.equal(origin.cast(pa.string()), class_).cast(pa.int64())


def _part(subject: Subject, column: Column, attribute: Attribute, table: pa.Table) -> pa.Array:
    """Return a column of tokens, of a ranked list, or of boxes."""
    name, lists = column.name, table[attribute.name]
    part = name[len(attribute.name) + 1 :]
    if attribute.value_type == ValueType.RankedList:
        return _of_elements(lists, lambda items: pc.struct_field(items, part))
    if attribute.value_type == ValueType.BoundingBox:
        place = BOX_FIELDS.index(part)
        return _of_elements(lists, lambda boxes: pc.list_element(boxes, place))
    cells = lists.to_pylist()
    chosen = _chosen_tokens(subject, attribute, table, cells)
    if part == "tokens":
        return _each(chosen, lambda cell: [token for token, _ in cell], pa.string())
    return _each(chosen, lambda cell: [value for _, value in cell], pa.float64())


def _of_elements(lists: pa.ChunkedArray, read: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Return lists with something read from each of their elements."""
    whole = lists.combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(whole), 0).to_numpy(zero_copy_only=False)
    ends = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    read_values = read(whole.flatten())
    return pa.ListArray.from_arrays(ends, read_values, mask=whole.is_null())


def _each(cells: list[Any], read: Callable[[Any], list[Any]], kind: pa.DataType) -> pa.Array:
    return pa.array([None if cell is None else read(cell) for cell in cells], pa.list_(kind))


def _chosen_tokens(
    subject: Subject, attribute: Attribute, table: pa.Table, cells: list[Any]
) -> list[Any]:
    """Return for each position the linked token, else the most likely one, with its likelihood."""
    link = attribute.token_attribute_link
    linked = subject.attributes.get(str(link))
    tokens: list[Any] = [None] * len(cells)
    if linked is not None and linked.value_type == ValueType.Tokens:
        tokens = table[linked.name].to_pylist()
    return [
        None if cell is None else [_chosen(dict(c), t) for c, t in _paired(cell, given)]
        for cell, given in zip(cells, tokens, strict=True)
    ]


def _paired(cell: list[Any], given: list[str] | None) -> list[tuple[Any, str | None]]:
    words: list[str | None] = [*(given or [])]
    return list(zip(cell, [*words, *[None] * len(cell)], strict=False))


def _chosen(likelihoods: Mapping[str, float], token: str | None) -> tuple[str | None, float | None]:
    if token is not None:
        return token, likelihoods.get(token)
    if not likelihoods:
        return None, None
    best = max(likelihoods, key=lambda word: likelihoods[word])
    return best, likelihoods[best]
