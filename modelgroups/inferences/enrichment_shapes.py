"""The shapes in which a caller may give enrichments, brought into long form.

A dict from ids to their scores, a list of dicts, a table with anomaly scores, or a table with a
row for each score of an explanation. Loads pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.inferences.columns import Column
from modelgroups.inferences.explanations import ANOMALY, RAW_ANOMALY
from modelgroups.inferences.layout import ID
from modelgroups.inferences.shapes import columns_of

__all__ = [
    "ALGORITHM",
    "ATTRIBUTE",
    "NAMED",
    "OF_EXPLANATION",
    "PREDICTED",
    "SCORE",
    "SCORES",
    "TOKENS",
    "LongForm",
    "long_form",
]

SCORES: Final = {"anomaly_score": ANOMALY, "raw_anomaly_score": RAW_ANOMALY}
ALGORITHM, PREDICTED, ATTRIBUTE = "algo", "predicted_attribute", "attribute"
NAMED: Final = (ALGORITHM, PREDICTED, ATTRIBUTE)
SCORE, TOKENS = "score", "tokens"
OF_EXPLANATION: Final = (*NAMED, SCORE, TOKENS)
_LONG: Final = {f"explainer_{name}": name for name in OF_EXPLANATION}
"""The names of an explanation's parts as columns, and within the dict of one."""


@dataclass
class LongForm:
    """Scores in long form: a row says something of an id, and may hold a part of an explanation.

    Parameters
    ----------
    columns
        By their names in the dicts; `ID` among them.
    place
        Says in words where a row stands in what the caller gave.
    """

    columns: dict[str, Column]
    place: Callable[[int], str]

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.columns[ID])


def long_form(data: object) -> LongForm:
    """Return enrichments in long form, whatever their shape.

    Raises
    ------
    UserTypeError
        The shape is none of those.
    UserValueError
        A name is unknown or missing.

    Examples
    --------
    >>> long_form({"a": {"anomaly_score": 0.4}}).columns["anomaly_score"]
    [0.4]
    """
    if isinstance(data, Mapping) and not (ID in data and _is_column(data[ID])):
        return _from_entries(list(data.items()), "the dict")
    if isinstance(data, list) and all(isinstance(row, Mapping) for row in data):
        return _from_entries([(row.get(ID), _without_id(row)) for row in data], "a row")
    columns = columns_of(data, "the enrichments")
    if columns is None:
        raise UserTypeError(
            "enrichments must be a dict from partner_inference_id to scores, a list of dicts, a "
            f"DataFrame or an Arrow table, got {type(data).__name__}"
        )
    names = {ID: ID, **{name: name for name in SCORES}, **_LONG}
    _require_known(columns, names, "column")
    if ID not in columns:
        raise UserValueError(
            "the enrichments have no column 'partner_inference_id', which says what they belong to"
        )
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise UserValueError(f"the columns differ in length: {sorted(lengths)}")
    _require_whole(columns)
    return LongForm({names[n]: column for n, column in columns.items()}, lambda row: f"row {row}")


def _is_column(value: object) -> bool:
    return not isinstance(value, Mapping) and hasattr(value, "__len__")


def _without_id(row: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in row.items() if name != ID}


def _require_known(names: Iterable[object], known: Iterable[str], what: str) -> None:
    choices = list(known)
    for name in names:
        if name not in choices:
            near = get_close_matches(str(name), choices, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there is {', '.join(choices)}"
            raise UserValueError(f"enrichments have no {what} {name!r}; {hint}")


def _require_whole(columns: Mapping[str, Column]) -> None:
    """Raise unless explanations are there with all their columns, or not at all."""
    given = [name for name in _LONG if name in columns]
    needed = [name for name, part in _LONG.items() if part in NAMED]
    missing = [name for name in needed if name not in columns]
    if given and not {f"explainer_{SCORE}", f"explainer_{TOKENS}"}.intersection(columns):
        missing.append(f"explainer_{SCORE}")
    if given and missing:
        raise UserValueError(
            f"the enrichments have a column {given[0]!r}, and none named "
            f"{', '.join(map(repr, missing))}; a part of an explanation needs them all"
        )


def _from_entries(entries: Sequence[tuple[object, object]], what: str) -> LongForm:
    """Return what dicts say of ids: a row for the id, and one for each part of an explanation."""
    columns: dict[str, list[Any]] = {name: [] for name in (ID, *SCORES, *OF_EXPLANATION)}
    places: list[tuple[object, int | None]] = []
    for id_, entry in entries:
        for number, row in _rows_of_entry(id_, entry, what):
            places.append((id_, number))
            for name, cells in columns.items():
                cells.append(id_ if name == ID else row.get(name))

    def place(row: int) -> str:
        id_, number = places[row]
        return repr(id_) if number is None else f"{id_!r}.explanations[{number}]"

    return LongForm(dict(columns), place)


def _rows_of_entry(
    id_: object, entry: object, what: str
) -> Iterator[tuple[int | None, Mapping[Any, Any]]]:
    if not isinstance(entry, Mapping):
        raise UserTypeError(
            f"enrichments: {what} must hold a dict for {id_!r} (anomaly_score, explanations), got "
            f"{type(entry).__name__}"
        )
    _require_known(entry, (*SCORES, "explanations", *_LONG), f"key for {id_!r}")
    long = {part: entry[name] for name, part in _LONG.items() if name in entry}
    yield None, {name: entry.get(name) for name in SCORES} | long
    explanations = entry.get("explanations")
    if explanations is None:
        return
    if not isinstance(explanations, list | tuple):
        raise UserTypeError(
            f"enrichments: {id_!r}.explanations must be a list of dicts, got "
            f"{type(explanations).__name__}"
        )
    for number, part in enumerate(explanations):
        where = f"{id_!r}.explanations[{number}]"
        if not isinstance(part, Mapping):
            raise UserTypeError(f"enrichments: {where} must be a dict, got {type(part).__name__}")
        _require_known(part, OF_EXPLANATION, f"key in {where}")
        yield number, part
