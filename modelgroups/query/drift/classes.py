"""The class of each row: predicted, or true. Loads pyarrow."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelgroups.query.drift.request import Classes
from modelgroups.query.subject import Subject

__all__ = ["as_text", "classes_of", "text_of"]

Floats: TypeAlias = NDArray[np.float64]

_DEFAULT_THRESHOLD: Final = 0.5


def classes_of(which: Classes | None, subject: Subject, table: pa.Table) -> pa.Array:
    """Return the class of each row as text, null for a row without one."""
    if which is Classes.PREDICTED:
        return _predicted(subject, table)
    truth = subject.truth_class()
    if truth is not None:
        return as_text(table[truth.name])
    names = [attribute.name for attribute in subject.truths()]
    return _named(names, _first_of([_numbers(table[name]) == 1 for name in names]))


def _predicted(subject: Subject, table: pa.Table) -> pa.Array:
    """Return the positive class where its score reaches the threshold; of many, the likeliest."""
    predicted = subject.predicted()
    positive = subject.positive()
    if positive is None or len(predicted) > 2:
        names = [attribute.name for attribute in predicted]
        scores = [_numbers(table[name]) for name in names]
        best = np.fmax.reduce(scores)
        return _named(names, _first_of([score == best for score in scores]))
    others = [attribute.name for attribute in predicted if attribute.name != positive.name]
    names = [positive.name, *(others or [f"not_{positive.name}"])]
    limit = _DEFAULT_THRESHOLD if subject.threshold is None else subject.threshold
    score = _numbers(table[positive.name])
    return _named(names, _first_of([score >= limit, score < limit]))


def _numbers(column: pa.ChunkedArray) -> Floats:
    numbers: Floats = column.cast(pa.float64()).to_numpy()
    return numbers


def _first_of(conditions: list[NDArray[np.bool_]]) -> NDArray[np.int64]:
    """Return the number of the first condition that holds in each row, -1 where none does."""
    return np.select(conditions, list(range(len(conditions))), -1)


def _named(names: list[str], codes: NDArray[np.int64]) -> pa.Array:
    indices = pa.array(codes, mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names)).cast(pa.string())


def as_text(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return a column of categories as text."""
    encoded = column.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    texts = pa.array([text_of(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(encoded.indices, texts).cast(pa.string())


def text_of(value: Any) -> str | None:
    """Return a category as text.

    >>> text_of(True), text_of(2), text_of("MI"), text_of(None)
    ('true', '2', 'MI', None)
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
