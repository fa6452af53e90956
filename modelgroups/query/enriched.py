"""Enriched rows: inferences with their anomaly scores and explanations.

Explanations stand beside each inference as lists, or make a row of each of their parts: of each
score, or of each token of a text. What a body asks for decides which. Loads pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelgroups.inferences.explanations import ALGORITHMS, ANOMALY, RAW_ANOMALY, Explanation
from modelgroups.inferences.layout import TOKENS_TYPE, Kind
from modelgroups.inferences.view import open_view
from modelgroups.query.library.registry import Kind as FunctionKind
from modelgroups.query.library.registry import known
from modelgroups.query.names import ORDER, column_name, hidden_name
from modelgroups.query.subject import Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.query.tree import Body

__all__ = ["ENRICHED", "Wanted", "absent_columns", "held_columns", "shaped", "wanted_of"]

_ANOMALIES: Final = {"anomaly_score": ANOMALY, "raw_anomaly_score": RAW_ANOMALY}
_IMPORTANCES: Final = {f"{algorithm}_importance": algorithm for algorithm in ALGORITHMS}
_PARTS: Final = (
    "explainer_algo",
    "explainer_predicted_attribute",
    "explainer_attribute",
    "explainer_score",
)
_TOKENS: Final = {
    "nlp_explanation.token": "token",
    "nlp_explanation.location": "position",
    "nlp_explanation.value": "value",
}
ENRICHED: Final = (*_ANOMALIES, *_IMPORTANCES, *_PARTS)
"""The columns that enriched rows have beside those of inferences."""

_IMPORTANCE_TYPE: Final = pa.list_(
    pa.struct(
        {
            "predicted_attribute_name": pa.string(),
            "importance_scores": pa.list_(
                pa.struct({"attribute_name": pa.string(), "value": pa.float64()})
            ),
        }
    )
)
_CHOOSING: Final = {
    "predicted_attribute_name": "predicted",
    "nlp_predicted_attribute": "predicted",
    "attribute_name": "attribute",
    "explanation_algorithm": "algorithm",
    "nlp_explainer": "algorithm",
}
"""Which parts of explanations a function reads, by its parameters."""

_NOT_NAMES: Final = ("alias", "value", "comparator", "direction", "stage", "function")


@dataclass(frozen=True)
class Wanted:
    """What a body asks of enrichments.

    Parameters
    ----------
    names
        The enriched columns that it names.
    scores
        The parts of explanations of which functions read the scores.
    tokens
        The parts of which it lists the tokens; None if it lists none.
    """

    names: frozenset[str] = frozenset()
    scores: tuple[Explanation, ...] = ()
    tokens: tuple[Explanation, ...] | None = None
    has_functions: bool = False

    def __bool__(self) -> bool:
        return bool(self.names) or self.has_functions

    @property
    def multiplies(self) -> bool:
        """Whether an inference becomes several rows, or none."""
        return self.tokens is not None or not self.names.isdisjoint(_PARTS)

    def columns(self, parts: Iterable[Explanation]) -> list[str]:
        """Return the columns of enrichments to read."""
        columns = [column for name, column in _ANOMALIES.items() if name in self.names]
        algorithms = {a for name, a in _IMPORTANCES.items() if name in self.names}
        is_long = not self.names.isdisjoint(_PARTS)
        chosen = {*self.scores, *(self.tokens or ())}
        for part in parts:
            if is_long or part.algorithm in algorithms or part in chosen:
                columns.append(part.column)
                if part.has_tokens:
                    columns.append(part.tokens_column)
        return columns


def wanted_of(subject: Subject, body: Body) -> Wanted:
    """Return what a body asks of enrichments, if it is asked of inferences."""
    calls: list[Mapping[str, Any]] = []
    named: set[str] = set()
    stack: list[Any] = [body.model_dump(exclude={"subquery"})]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            named.add(value)
        elif isinstance(value, Mapping):
            if value.get("function") is not None:
                calls.append(value)
            stack += [each for key, each in value.items() if key not in _NOT_NAMES]
        elif isinstance(value, list | tuple):
            stack += value
    explaining = [call for call in calls if _explains(call)]
    names = named.intersection(ENRICHED).difference(subject.attributes)
    listing = [call for call in explaining if call["function"] == "nlp_explanation"]
    return Wanted(
        frozenset(names),
        _read_by(subject, [call for call in explaining if call not in listing]),
        tuple(p for p in _read_by(subject, listing) if p.has_tokens) if listing else None,
        bool(explaining),
    )


def _explains(call: Mapping[str, Any]) -> bool:
    found = known(str(call["function"]))
    return found is not None and found.kind is FunctionKind.EXPLANATION


def _read_by(subject: Subject, calls: Sequence[Mapping[str, Any]]) -> tuple[Explanation, ...]:
    """Return the parts of explanations that calls read."""
    found: dict[Explanation, None] = {}
    for call in calls:
        chosen = {"algorithm": subject.explanation_algorithm}
        parameters = call.get("parameters")
        for name, value in (parameters if isinstance(parameters, Mapping) else {}).items():
            if name in _CHOOSING and value is not None:
                chosen[_CHOOSING[name]] = value
        for part in subject.recipient.layout.explanations:
            if all(getattr(part, name) == value for name, value in chosen.items()):
                found[part] = None
    return tuple(found)


def held_columns(subject: Subject) -> set[str]:
    """Return the columns of enrichments of which the log has any value."""
    to = subject.recipient
    with open_view(to.registry, to.model_id, to.layout) as view:
        return view.columns(Kind.ENRICHMENT)


def absent_columns(wanted: Wanted) -> dict[str, Any]:
    """Return the wanted columns as nulls for Ibis, for a log without enrichments."""
    import ibis

    lists = ibis.dtype(
        "array<struct<predicted_attribute_name: string, importance_scores: "
        "array<struct<attribute_name: string, value: float64>>>>"
    )
    return {
        column_name(name): ibis.null("float64" if name in _ANOMALIES else lists)
        for name in wanted.names
    }


# --- from columns of the log to those of the query -------------------------------------------


def shaped(subject: Subject, table: pa.Table, names: Iterable[str], wanted: Wanted) -> pa.Table:
    """Return rows under the names of the engine, with all that is wanted of enrichments.

    Parameters
    ----------
    subject
        The model.
    table
        Rows of inferences with columns of enrichments, where the log has them.
    names
        The columns of inferences.
    wanted
        What is asked.
    """
    parts = [p for p in subject.recipient.layout.explanations if p.column in table.column_names]
    texts = [
        p
        for p in subject.recipient.layout.explanations
        if p.has_tokens and p.tokens_column in table.column_names
    ]
    parts = [p for p in subject.recipient.layout.explanations if p in parts or p in texts]
    columns = {column_name(name): table[name] for name in names}
    for name, column in _ANOMALIES.items():
        if name in wanted.names:
            columns[column_name(name)] = _column(table, column)
    for name, algorithm in _IMPORTANCES.items():
        if name in wanted.names:
            chosen = [part for part in parts if part.algorithm == algorithm]
            columns[column_name(name)] = _importances(_Entries.of(table, chosen), len(table))
    rows = pa.table(columns) if columns else table.select([])
    if wanted.multiplies:
        chosen = parts if wanted.tokens is None else [p for p in texts if p in wanted.tokens]
        return _numbered(_multiplied(rows, table, _Entries.of(table, chosen), wanted))
    for part in wanted.scores:
        if part in parts:
            score = _column(table, part.column)
            rows = rows.append_column(hidden_name(part.column), score)
    return _numbered(rows, len(table))


def _column(table: pa.Table, name: str) -> pa.Array | pa.ChunkedArray:
    if name in table.column_names:
        return table[name]
    return pa.nulls(len(table), pa.float64())


def _numbered(table: pa.Table, n_rows: int | None = None) -> pa.Table:
    """Return rows with their order in the hidden column for it."""
    order = pa.array(np.arange(len(table) if n_rows is None else n_rows))
    return table.append_column(ORDER, order) if table.num_columns else pa.table({ORDER: order})


@dataclass(frozen=True)
class _Entries:
    """Parts of explanations one below the other: by inference, then in the order of the parts.

    Parameters
    ----------
    parts
        What they are of.
    rows
        For each entry the inference.
    part
        For each the number of its part.
    scores
        The scores, NaN where there are only tokens.
    """

    parts: Sequence[Explanation]
    rows: NDArray[np.int64]
    part: NDArray[np.int64]
    scores: NDArray[np.float64]

    @classmethod
    def of(cls, table: pa.Table, parts: Sequence[Explanation]) -> _Entries:
        rows, numbers, scores = [], [], []
        for number, part in enumerate(parts):
            column = _column(table, part.column)
            held = np.asarray(column.is_valid())
            if part.has_tokens and part.tokens_column in table.column_names:
                held = held | np.asarray(table[part.tokens_column].is_valid())
            which = np.flatnonzero(held)
            rows.append(which)
            numbers.append(np.full(len(which), number))
            scores.append(column.to_numpy(zero_copy_only=False)[which].astype(np.float64))
        if not rows:
            nothing = np.empty(0, dtype=np.int64)
            return cls(parts, nothing, nothing, nothing.astype(np.float64))
        order = np.lexsort((np.concatenate(numbers), np.concatenate(rows)))
        return cls(
            parts,
            np.concatenate(rows)[order],
            np.concatenate(numbers)[order],
            np.concatenate(scores)[order],
        )

    def names(self, field: str) -> pa.Array:
        """Return for each entry a name of its part."""
        words = pa.array([getattr(part, field) for part in self.parts], pa.string())
        return words.take(pa.array(self.part))

    def values(self) -> pa.Array:
        """Return the scores, null where there are only tokens."""
        return pa.array(self.scores, mask=np.isnan(self.scores))


def _importances(entries: _Entries, n_rows: int) -> pa.Array:
    """Return for each inference the list of its predictions with the scores of the inputs."""
    predicted = [part.predicted for part in entries.parts]
    numbers = np.unique(predicted, return_inverse=True)[1] if predicted else np.empty(0, np.int64)
    which = numbers[entries.part]
    is_first = np.ones(len(which), dtype=bool)
    is_first[1:] = (np.diff(entries.rows) != 0) | (np.diff(which) != 0)
    first = np.flatnonzero(is_first)
    inner_type = _IMPORTANCE_TYPE.value_type.field("importance_scores").type
    scores = pa.StructArray.from_arrays(
        [entries.names("attribute"), entries.values()], fields=list(inner_type.value_type)
    )
    inner = pa.ListArray.from_arrays(_offsets([*first, len(which)]), scores)
    names = entries.names("predicted").take(pa.array(first))
    outer = pa.StructArray.from_arrays([names, inner], fields=list(_IMPORTANCE_TYPE.value_type))
    counts = np.bincount(entries.rows[first], minlength=n_rows)
    ends = _offsets(np.concatenate([[0], np.cumsum(counts)]))
    return pa.ListArray.from_arrays(ends, outer, mask=pa.array(counts == 0))


def _offsets(ends: Any) -> pa.Array:
    return pa.array(np.asarray(ends, dtype=np.int64), pa.int32())


def _multiplied(rows: pa.Table, table: pa.Table, entries: _Entries, wanted: Wanted) -> pa.Table:
    """Return a row for each part of an explanation, or for each token of it."""
    repeat = np.arange(len(entries.rows))
    tokens = None
    if wanted.tokens is not None:
        tokens, repeat = _tokens_of(table, entries)
    taken = pa.array(repeat)
    columns = dict(zip(rows.column_names, rows.columns, strict=True))
    which = pa.array(entries.rows[repeat])
    columns = {name: column.take(which) for name, column in columns.items()}
    fields = ("algorithm", "predicted", "attribute")
    for name, field in zip(_PARTS, fields, strict=False):
        columns[column_name(name)] = entries.names(field).take(taken)
    columns[column_name(_PARTS[-1])] = entries.values().take(taken)
    if tokens is not None:
        for name, field in _TOKENS.items():
            columns[column_name(name)] = pc.struct_field(tokens, field)
    for part in wanted.scores:  # each is read in its own row, so that none counts twice
        if part in entries.parts:
            mine = entries.part[repeat] == entries.parts.index(part)
            scores = entries.scores[repeat]
            hidden = pa.array(scores, mask=~mine | np.isnan(scores))
            columns[hidden_name(part.column)] = hidden
    return pa.table(columns)


def _tokens_of(table: pa.Table, entries: _Entries) -> tuple[pa.Array, NDArray[np.int64]]:
    """Return all tokens of the entries, and the entry that each is of."""
    found, owners = [], []
    for number, part in enumerate(entries.parts):
        mine = np.flatnonzero(entries.part == number)
        lists = table[part.tokens_column].take(pa.array(entries.rows[mine])).combine_chunks()
        found.append(pc.list_flatten(lists))
        owners.append(mine[np.asarray(pc.list_parent_indices(lists))])
    if not found:
        return pa.array([], TOKENS_TYPE.value_type), np.empty(0, dtype=np.int64)
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    return pa.concat_arrays(found).take(pa.array(order)), owner[order]
