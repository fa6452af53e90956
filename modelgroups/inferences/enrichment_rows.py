"""Enrichments as rows of the log, one for each id, once all of them are checked.

Whatever is wrong is told at once. Loads pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from numbers import Real
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from modelgroups.arguments import is_unicode
from modelgroups.errors import MethodNotApplicableError, UserValueError
from modelgroups.inferences.accept import id_array, id_texts
from modelgroups.inferences.cells import is_null
from modelgroups.inferences.columns import Column, as_list
from modelgroups.inferences.enrichment_shapes import (
    ALGORITHM,
    ATTRIBUTE,
    NAMED,
    OF_EXPLANATION,
    PREDICTED,
    SCORE,
    SCORES,
    TOKENS,
    LongForm,
    long_form,
)
from modelgroups.inferences.explanations import ALGORITHMS, Explanation
from modelgroups.inferences.layout import ID, TOKENS_TYPE
from modelgroups.lazy import lazy
from modelgroups.types import InputType, OutputType

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.inferences.recipient import Recipient

__all__ = ["parse_enrichments"]

_TOKEN_KEYS: Final = ("token", "position", "value")
_UNEXPLAINED: Final = (OutputType.ObjectDetection, OutputType.TokenSequence)
_ONLY_LIME: Final = (InputType.NLP, InputType.Image)
_MOST_TOLD: Final = 20

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass
class _Faults:
    told: list[str] = field(default_factory=list)

    def add(self, rows: Iterable[Any], place: Callable[[int], str], message: str) -> None:
        """Note what is wrong with some rows: where the first stands, and how many there are."""
        numbers = list(rows)
        if numbers:
            more = f" (and {len(numbers) - 1:,} more)" if len(numbers) > 1 else ""
            self.told.append(f"{place(int(numbers[0]))}: {message}{more}")

    def raise_if_any(self) -> None:
        if self.told:
            shown = "; ".join(self.told[:_MOST_TOLD])
            n = len(self.told)
            rest = f"; and {n - _MOST_TOLD} more" if n > _MOST_TOLD else ""
            noun = "fault" if n == 1 else "faults"
            raise UserValueError(
                f"the enrichments have {n} {noun}, and none is stored: {shown}{rest}"
            )


def parse_enrichments(data: object, to: Recipient, output_type: str) -> pa.Table:
    """Return enrichments as a row for each id, with those columns of the log that are given.

    Parameters
    ----------
    data
        In any shape.
    to
        The model that they are of.
    output_type
        Its `OutputType`.

    Raises
    ------
    UserTypeError
        The shape is none of those.
    UserValueError
        Lists every fault.
    MethodNotApplicableError
        Models of the kind have no explanations.
    """
    long, faults = long_form(data), _Faults()
    faults.raise_if_any()
    ids = _ids(long, faults)
    numbers = {name: _numbers(long, name, faults) for name in (*SCORES, SCORE)}
    reader = _Explained(long, to, output_type, faults)
    slots = reader.slots()
    tokens = reader.tokens(slots)
    _check_scores(long, numbers, reader.given, tokens, faults)
    faults.raise_if_any()
    encoded = ids.dictionary_encode()
    rows, known = encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary
    columns = {ID: known}
    for name, column in SCORES.items():
        values = _for_each_id(long, rows, len(known), numbers[name], name, faults)
        if not np.isnan(values).all():
            columns[column] = pa.array(values, mask=np.isnan(values))
    columns |= _pivoted(
        long, ids, rows, len(known), slots, numbers[SCORE], tokens, to.layout.explanations, faults
    )
    faults.raise_if_any()
    return _said(pa.table(columns))


# --- cells ---------------------------------------------------------------------------------


def _ids(long: LongForm, faults: _Faults) -> pa.Array:
    found = id_array(long.columns[ID])
    if found is not None:
        return found
    texts = id_texts(long.columns[ID])
    missing = [row for row, text in enumerate(texts) if not text]
    faults.add(missing, long.place, "partner_inference_id is missing")
    return pa.array(texts, pa.string())


def _numbers(long: LongForm, name: str, faults: _Faults) -> Floats:
    """Return a column of numbers, NaN where it says nothing."""
    column = long.columns.get(name)
    if column is None:
        return np.full(long.n_rows, np.nan)
    values = _as_floats(column)
    if values is None:
        values, strangers = np.full(long.n_rows, np.nan), []
        for row, cell in enumerate(as_list(column)):
            if isinstance(cell, Real) and not isinstance(cell, bool | np.bool_):
                values[row] = float(cell)
            elif not is_null(cell):
                strangers.append(row)
        faults.add(strangers, long.place, f"{name} is not a number")
    faults.add(np.flatnonzero(np.isinf(values)), long.place, f"{name} is not finite")
    return values


def _as_floats(column: Column) -> Floats | None:
    """Return a column whose type says that it holds numbers, or None."""
    array = _as_array(column)
    if array is None or not (
        pat.is_floating(array.type) or pat.is_integer(array.type) or pat.is_null(array.type)
    ):
        return None
    floats: Floats = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return floats.astype(np.float64)


def _as_array(column: Column) -> pa.Array | None:
    try:
        array = pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):  # its cells are of many kinds
        return None
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


# --- explanations --------------------------------------------------------------------------


@dataclass
class _Explained:
    """Reads which part of which explanation each row holds."""

    long: LongForm
    to: Recipient
    output_type: str
    faults: _Faults

    def slots(self) -> NDArray[np.int64]:
        """Return for each row its number among `Layout.explanations`, or -1."""
        absent = np.full(self.long.n_rows, -1, dtype=np.int64)
        if not any(name in self.long.columns for name in NAMED):
            return absent
        given = self.given
        if not given.any():
            return absent
        if self.output_type in _UNEXPLAINED:
            raise MethodNotApplicableError(
                f"a {self.output_type} model has no explanations; add anomaly scores alone"
            )
        parts = {part: self._codes(part, given) for part in NAMED}
        known = self._known()
        slots, good = np.zeros(self.long.n_rows, dtype=np.int64), given.copy()
        for part, codes in parts.items():
            slots = slots * len(known[part]) + codes
            good &= codes >= 0
        return np.where(good, slots, absent)

    @lazy
    def given(self) -> NDArray[np.bool_]:
        """Return which rows hold a part of an explanation: those that say anything of one."""
        given = np.zeros(self.long.n_rows, dtype=bool)
        for part in OF_EXPLANATION:
            column = self.long.columns.get(part)
            if column is not None:
                array = _as_array(column)
                if array is None:
                    given |= np.array([not is_null(cell) for cell in as_list(column)], dtype=bool)
                else:
                    given |= ~np.asarray(array.is_null(nan_is_null=True))
        return given

    def _known(self) -> dict[str, list[str]]:
        """Return the words that each name may be, in the order of `Layout.explanations`."""
        parts = self.to.layout.explanations
        return {
            ALGORITHM: list(ALGORITHMS),
            PREDICTED: list(dict.fromkeys(each.predicted for each in parts)),
            ATTRIBUTE: list(dict.fromkeys(each.attribute for each in parts)),
        }

    def _codes(self, part: str, given: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return for each row the number of a name, or -1; blame those that have none."""
        array = _as_array(self.long.columns[part])
        if array is not None and pat.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        if array is None or not (pat.is_string(array.type) or pat.is_large_string(array.type)):
            cells = as_list(self.long.columns[part])
            texts = [cell if isinstance(cell, str) and is_unicode(cell) else None for cell in cells]
            array = pa.array(texts, pa.string())
        encoded = array.dictionary_encode()
        words = encoded.dictionary.to_pylist()
        numbers = np.array([*(self._code(part, word) for word in words), -1], dtype=np.int64)
        places = pc.fill_null(encoded.indices, len(words)).to_numpy(zero_copy_only=False)
        codes: NDArray[np.int64] = numbers[places]
        blank = given & (places == len(words))
        self.faults.add(np.flatnonzero(blank), self.long.place, f"{part} is missing, or no text")
        for number, word in enumerate(words):
            if numbers[number] < 0:
                rows = np.flatnonzero(given & (places == number))
                self.faults.add(rows, self.long.place, self._refusal(part, word))
        return codes

    def _code(self, part: str, word: str) -> int:
        choices = self._known()[part]
        if part == ALGORITHM:
            word = word.lower()
            if word != ALGORITHMS[0] and self.to.input_type in _ONLY_LIME:
                return -1
        return choices.index(word) if word in choices else -1

    def _refusal(self, part: str, word: str) -> str:
        choices = self._known()[part]
        if part == ALGORITHM and self.to.input_type in _ONLY_LIME:
            return f"{part} {word!r}: a model of {self.to.input_type} is explained by 'lime' only"
        near = get_close_matches(word, choices, n=1)
        shown = ", ".join(map(repr, choices[:_MOST_TOLD]))
        hint = f"did you mean {near[0]!r}?" if near else f"it is one of {shown}"
        kinds = {PREDICTED: "predicted attribute", ATTRIBUTE: "input attribute"}
        return f"no {kinds.get(part, 'algorithm')} {word!r}; {hint}"

    def tokens(self, slots: NDArray[np.int64]) -> dict[int, list[dict[str, Any]]]:
        """Return the tokens of the rows that have any."""
        column = self.long.columns.get(TOKENS)
        found: dict[int, list[dict[str, Any]]] = {}
        for row, cell in enumerate(as_list(column) if column is not None else ()):
            if slots[row] < 0 or is_null(cell):
                continue
            if not self.to.layout.explanations[slots[row]].has_tokens:
                self.faults.add([row], self.long.place, "only a text attribute has tokens")
                continue
            try:
                found[row] = [_token(token, position) for position, token in enumerate(cell)]
            except (TypeError, ValueError) as error:
                self.faults.add([row], self.long.place, str(error))
        return found


def _token(token: Any, position: int) -> dict[str, Any]:
    where = f"tokens[{position}]"
    if not isinstance(token, Mapping) or not set(token) <= set(_TOKEN_KEYS):
        raise ValueError(f"{where} must be a dict of {', '.join(_TOKEN_KEYS)}")
    text, value = token.get("token"), token.get("value")
    if not isinstance(text, str) or not is_unicode(text):
        raise ValueError(f"{where}.token must be a text, got {text!r}")
    number = _finite(value)
    if number is None:
        raise ValueError(f"{where}.value must be a finite number, got {value!r}")
    at: object = token.get("position", position)
    if isinstance(at, bool) or not isinstance(at, int | np.integer) or at < 0:
        raise ValueError(f"{where}.position must be a whole number from 0 on, got {at!r}")
    return {"token": text, "position": int(at), "value": number}


def _finite(value: object) -> float | None:
    """Return a finite number as a float, or None for anything else."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


# --- what is wrong, and a row for each id ----------------------------------------------------


def _check_scores(
    long: LongForm,
    numbers: Mapping[str, Floats],
    explained: NDArray[np.bool_],
    tokens: Mapping[int, Any],
    faults: _Faults,
) -> None:
    anomaly = numbers["anomaly_score"]
    with np.errstate(invalid="ignore"):
        outside = np.flatnonzero((anomaly < 0) | (anomaly > 1))
    faults.add(outside, long.place, "anomaly_score must lie from 0 to 1")
    bare = explained & np.isnan(numbers[SCORE])
    bare[list(tokens)] = False
    faults.add(np.flatnonzero(bare), long.place, "score is missing")


def _for_each_id(
    long: LongForm,
    rows: NDArray[np.int64],
    n_ids: int,
    values: Floats,
    name: str,
    faults: _Faults,
) -> Floats:
    """Return the value of each id; blame ids that are given several."""
    found = np.full(n_ids, np.nan)
    said = np.flatnonzero(~np.isnan(values))
    found[rows[said[::-1]]] = values[said[::-1]]  # of several the first stays
    others = said[found[rows[said]] != values[said]]
    faults.add(others, long.place, f"{name} differs from another one of the same id")
    return found


def _pivoted(
    long: LongForm,
    ids: pa.Array,
    rows: NDArray[np.int64],
    n_ids: int,
    slots: NDArray[np.int64],
    scores: Floats,
    tokens: Mapping[int, list[dict[str, Any]]],
    parts: Sequence[Explanation],
    faults: _Faults,
) -> dict[str, pa.Array]:
    """Return a column for each part of an explanation that is given."""
    explained = np.flatnonzero(slots >= 0)
    used, column = np.unique(slots[explained], return_inverse=True)
    places = column * n_ids + rows[explained]
    order = np.argsort(places, kind="stable")
    again = explained[order[1:][np.diff(places[order]) == 0]]
    if len(again):
        faults.add(again, long.place, f"{ids[int(again[0])].as_py()!r} has that explanation twice")
        return {}
    found = np.full(len(used) * n_ids, np.nan)
    found[places] = scores[explained]
    lists: list[Any] = [None] * (len(used) * n_ids if tokens else 0)
    for row, place in zip(explained, places, strict=True) if tokens else ():
        lists[place] = tokens.get(int(row))
    columns = {}
    for number, slot in enumerate(used):
        part = parts[slot]
        cells = slice(number * n_ids, (number + 1) * n_ids)
        absent = np.isnan(found[cells])
        if not absent.all():
            columns[part.column] = pa.array(found[cells], mask=absent)
        if any(cell is not None for cell in lists[cells]):
            columns[part.tokens_column] = pa.array(lists[cells], TOKENS_TYPE)
    return columns


def _said(table: pa.Table) -> pa.Table:
    """Return the ids of which anything is said."""
    full = np.zeros(len(table), dtype=bool)
    for name in table.column_names:
        if name != ID:
            full |= table[name].is_valid().to_numpy()
    return table.filter(pa.array(full))
