"""Functions that make several rows of one: each is a body of its own inside the one that asks.

The inner body chooses and groups the rows, and has the function's values as one column; they are
spread over rows, and the outer body orders and cuts these. Loads Ibis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from modelgroups.inferences.layout import TOKENS_TYPE
from modelgroups.query.compile import Relation, finished
from modelgroups.query.faults import Faults
from modelgroups.query.library.registry import known
from modelgroups.query.names import ORDER, column_name
from modelgroups.query.subject import Subject
from modelgroups.query.tree import Body, Item

__all__ = ["Split", "split"]

_IMPORTANCES: Final = "regionalFeatureImportances"
_ATTRIBUTE: Final = "explainer_attribute"
_IMPORTANCE: Final = "regionalFeatureImportance"
_INFERENCE: Final = "inference_id"

_EXPLANATIONS_TYPE: Final = pa.list_(
    pa.struct(
        {
            "algorithm": pa.string(),
            "predicted_attribute_name": pa.string(),
            "importance_scores": pa.list_(
                pa.struct({"attribute_name": pa.string(), "tokens": TOKENS_TYPE})
            ),
        }
    )
)


@dataclass(frozen=True)
class Split:
    """A body with such a function, taken apart.

    Parameters
    ----------
    inner
        What is asked of the source.
    spread
        From its answer to the rows.
    outer
        What is asked of them.
    """

    inner: Body
    spread: Callable[[Relation], Relation]
    outer: Body


def split(subject: Subject, body: Body, faults: Faults, path: str) -> Split | None:
    """Return a body taken apart, or None where it has no such function.

    What may not stand beside one goes to `faults`.
    """
    places = [number for number, item in enumerate(body.select) if _makes_rows(item)]
    if not places:
        return None
    item = body.select[places[0]]
    is_listing = item.function != _IMPORTANCES
    keys = [] if is_listing else _keys(body)
    for number, other in enumerate(body.select):
        if other is not item and other.key not in keys:
            place = f"{path}.select[{number}]" if path else f"select[{number}]"
            beside = "" if is_listing else " but what the rows are grouped by"
            faults.add(place, f"nothing may stand beside {item.function}{beside}")
    if is_listing and body.group_by:
        place = f"{path}.group_by" if path else "group_by"
        faults.add(place, f"{item.function} makes rows of each inference; they have no groups")
    return _listing(subject, body, item) if is_listing else _ranking(subject, body, item)


def _makes_rows(item: Item) -> bool:
    found = known(item.function) if item.function is not None else None
    return found is not None and found.makes_rows


def _keys(body: Body) -> list[str]:
    """Return the entries of select that the rows are grouped by."""
    grouped = {(key.property, key.alias) for key in body.group_by}
    return [
        item.key
        for item in body.select
        if (item.property is not None and (item.property, None) in grouped)
        or (None, item.key) in grouped
    ]


def _asked(keys: Iterable[str]) -> list[Item]:
    return [Item(property=key) for key in keys]


# --- the importance of each input ------------------------------------------------------------


def _ranking(subject: Subject, body: Body, item: Item) -> Split:
    """Split a body that asks for the importance of each input."""
    value = item.alias or _IMPORTANCE
    keys = [each.key for each in body.select if each is not item]
    parts = subject.recipient.layout.explanations
    names = list(dict.fromkeys(part.attribute for part in parts))

    def spread(relation: Relation) -> Relation:
        return Relation(_ranked(relation.table, keys, column_name(item.key), names, value))

    shown = {each.property: each.key for each in body.select if each.property is not None}
    order = [
        each.model_copy(update={"property": shown[each.property]})
        if each.property in shown
        else each
        for each in body.order_by
    ]
    outer = Body(
        select=_asked([*keys, _ATTRIBUTE, value]),
        order_by=order,
        limit=body.limit,
        offset=body.offset,
    )
    inner = body.model_copy(update={"order_by": [], "limit": None, "offset": None})
    return Split(inner, spread, outer)


def _ranked(table: Any, keys: Sequence[str], scores: str, names: list[str], value: str) -> Any:
    """Return a row for each input, the largest score of a group first, then by position."""
    import ibis

    table = table.mutate(**{"#input": ibis.range(len(names)).unnest()})
    rows = table.select(
        *[column_name(key) for key in keys],
        "#input",
        **{
            column_name(_ATTRIBUTE): ibis.array(names)[table["#input"]],
            column_name(value): table[scores][table["#input"]],
            "#group": table[ORDER],
        },
    )
    largest = ibis.desc(rows[column_name(value)], nulls_first=False)
    rank = ibis.row_number().over(order_by=[rows["#group"], largest, rows["#input"]])
    return rows.mutate(**{ORDER: rank}).drop("#input", "#group")


# --- the tokens of texts ---------------------------------------------------------------------


def _listing(subject: Subject, body: Body, item: Item) -> Split:
    """Split a body that asks for the tokens of texts."""

    def spread(relation: Relation) -> Relation:
        from modelgroups.query.engines.memory import memory_table

        rows = finished(relation, [_INFERENCE, item.key], subject.engine)
        found = _by_inference(rows, item.key)
        columns = {
            _INFERENCE: pa.array(list(found), pa.string()),
            item.key: pa.array(list(found.values()), _EXPLANATIONS_TYPE),
        }
        table = pa.table({column_name(name): column for name, column in columns.items()})
        table = table.append_column(ORDER, pa.array(range(len(found)), pa.int64()))
        return Relation(memory_table(table))

    inner = body.model_copy(
        update={"select": [item, Item(property=_INFERENCE)], "limit": None, "offset": None}
    )
    outer = Body(select=_asked([_INFERENCE, item.key]), limit=body.limit, offset=body.offset)
    return Split(inner, spread, outer)


def _by_inference(rows: Sequence[Mapping[str, Any]], key: str) -> dict[str, list[dict[str, Any]]]:
    """Return the tokens of each inference: as they are ordered, and inferences by their first."""
    found: dict[str, dict[tuple[str, str], dict[str, list[Any]]]] = {}
    for row in rows:
        token = row[key]
        explained = found.setdefault(row[_INFERENCE], {})
        of_what = (token["algorithm"], token["predicted_attribute_name"])
        tokens = explained.setdefault(of_what, {}).setdefault(token["attribute_name"], [])
        tokens.append({name: token[name] for name in ("token", "position", "value")})
    return {
        inference: [
            {
                "algorithm": algorithm,
                "predicted_attribute_name": predicted,
                "importance_scores": [
                    {"attribute_name": name, "tokens": tokens} for name, tokens in texts.items()
                ],
            }
            for (algorithm, predicted), texts in explained.items()
        ]
        for inference, explained in found.items()
    }
