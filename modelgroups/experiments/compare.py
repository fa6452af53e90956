"""Comparing versions of a group over their inference logs.

Inferences that two versions scored under one partner_inference_id are pairs, and compared as such
where at least half of the inferences of the one with fewer are. Fewer pairs than that are left out,
so that what is compared as independent is. Loads numpy, pandas and pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from modelgroups.errors import UserValueError
from modelgroups.experiments.comparison import Comparison, Line
from modelgroups.experiments.effect import Effect, finite
from modelgroups.experiments.measures import Measure, chosen_measures, measures_of
from modelgroups.experiments.outcomes import Outcomes, Target, names_of, outcomes_of
from modelgroups.experiments.pair import Pair
from modelgroups.experiments.several import holm
from modelgroups.inferences.layout import ID
from modelgroups.inferences.read import Selection
from modelgroups.lifecycle.naming import VersionName, find_version, name_of
from modelgroups.query.faults import nearest
from modelgroups.query.source import available, column_type, load
from modelgroups.query.subject import Subject, subject_of
from modelgroups.storage.keys import KeyIndex, Keys, keys_of
from modelgroups.types import OutputType

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.registry import Registry

__all__ = ["MOST_SEGMENTS", "Differences", "compare", "differences", "require_shared"]

MOST_SEGMENTS: Final = 200

_PAIRED_FROM: Final = 0.5  # of the inferences of the version with fewer

_AT_ONCE: Final = 2  # sorting and reading do not hold the interpreter up

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class _Log:
    """What a version said of each of its inferences."""

    name: str
    subject: Subject
    table: pa.Table
    outcomes: dict[Target, Outcomes]

    def __len__(self) -> int:
        return len(self.table)


def compare(
    registry: Registry,
    group_id: str,
    versions: Sequence[VersionName],
    *,
    metrics: Sequence[str] | None,
    selection: Selection,
    by: Sequence[str],
    confidence: float,
) -> Comparison:
    """Return how versions differ from the first of them.

    Raises
    ------
    NotFoundError
        There is no such version.
    UserValueError
        A version is named twice, they do not share the prediction, a metric or attribute is
        unknown, or there are no inferences or no ground truths to compare.
    """
    names, subjects, numbers = _versions(registry, group_id, versions)
    measures = chosen_measures(subjects[0], metrics)
    for name, subject in zip(names[1:], subjects[1:], strict=True):
        require_shared(names[0], subjects[0], name, subject)
    for name, subject in zip(names, subjects, strict=True):
        _require_segments(name, subject, by)
    logs = _each(
        lambda version: _read(*version, measures, selection, by),
        list(zip(names, subjects, strict=True)),
    )
    _require_inferences(logs, selection)
    _require_truths(logs, measures)
    lines: list[Line] = []
    notes: list[str] = []
    for other in logs[1:]:
        lines += _lines(logs[0], other, measures, by, confidence, notes)
    corrected = holm([line.effect.p_value for line in lines])
    for line, p_value in zip(lines, corrected, strict=True):
        line.p_corrected = p_value
    return Comparison(tuple(names), lines, confidence, tuple(by), notes, tuple(numbers))


@dataclass(frozen=True)
class Differences:
    """How versions differ from the first of them, as far as that can be told.

    Parameters
    ----------
    counts
        The inferences of each version.
    lines
        Of each other version a `Line` for each metric.
    notes
        What else there is to know.
    """

    counts: list[int]
    lines: list[list[Line]]
    notes: list[str]


def differences(
    registry: Registry,
    group_id: str,
    versions: Sequence[VersionName],
    *,
    metrics: Sequence[str],
    selection: Selection,
) -> Differences:
    """Return how versions differ from the first, also where there is little or nothing yet.

    Effects without inferences or ground truths have None for what is not known, and a reason.

    Raises
    ------
    NotFoundError, UserValueError
        As `compare`, but for a lack of inferences and ground truths.
    """
    names, subjects, _ = _versions(registry, group_id, versions)
    measures = chosen_measures(subjects[0], metrics)
    logs = _each(
        lambda version: _read(*version, measures, selection, ()),
        list(zip(names, subjects, strict=True)),
    )
    notes: list[str] = []
    lines = [list(_lines(logs[0], other, measures, (), 0.95, notes)) for other in logs[1:]]
    return Differences([len(log) for log in logs], lines, notes)


# --- what is compared --------------------------------------------------------------------------


def _versions(
    registry: Registry, group_id: str, versions: Sequence[VersionName]
) -> tuple[list[str], list[Subject], list[int]]:
    """Return the names of versions, the models that queries are about, and their numbers."""
    records = [find_version(registry, group_id, version) for version in versions]
    names = [name_of(record) for record in records]
    if len(records) < 2:
        raise UserValueError(f"compare() takes two versions or more, got {len(records)}")
    ids = [record.id for record in records]
    for place, id_ in enumerate(ids):
        if id_ in ids[:place]:
            raise UserValueError(f"the version {names[place]!r} is named twice; name another one")
    subjects = [subject_of(registry, record) for record in records]
    return names, subjects, [record.sequence_num for record in records]


def require_shared(name: str, subject: Subject, other_name: str, other: Subject) -> None:
    """Raise unless two versions predict the same.

    Raises
    ------
    UserValueError
        Their output types or their predicted attributes differ.
    """
    if subject.output_type != other.output_type:
        raise UserValueError(
            f"{name!r} is a {subject.output_type} model and {other_name!r} a {other.output_type} "
            "model; only versions that predict the same can be compared"
        )
    one, two = _prediction(subject), _prediction(other)
    if one != two:
        told = [
            f"{key!r} is {one.get(key, 'not there')} in {name!r} and "
            f"{two.get(key, 'not there')} in {other_name!r}"
            for key in one | two
            if one.get(key) != two.get(key)
        ]
        raise UserValueError(
            "only versions that predict the same can be compared: predicted attribute "
            + "; ".join(told)
            + _remedy(one, other_name, two)
        )


def _remedy(one: Mapping[str, str], other_name: str, two: Mapping[str, str]) -> str:
    """Return what to do where only the names of what is predicted differ."""
    left, right = ([(n, a[n]) for n in a if n not in b] for a, b in ((one, two), (two, one)))
    if len(one) != len(two) or [what for _, what in left] != [what for _, what in right]:
        return ""
    names = {new: old for (old, _), (new, _) in zip(left, right, strict=True)}
    return (
        f"; to compare them, build {other_name!r} again from columns of the same names: "
        f"frame.rename(columns={names}), or in a terminal build "
        + " ".join(f"--rename {new}={old}" for new, old in names.items())
    )


def _prediction(subject: Subject) -> dict[str, str]:
    """Return what each predicted attribute is, in words."""
    positive = subject.positive() if subject.output_type == OutputType.Multiclass else None
    found = {}
    for attribute in subject.predicted():
        of_class = f" of the class {attribute.gt_class_link!r}" if attribute.gt_class_link else ""
        role = ", the positive one" if positive is not None and attribute == positive else ""
        if not attribute.implicit:
            found[attribute.name] = f"{attribute.value_type}{of_class}{role}"
    return found


def _require_segments(name: str, subject: Subject, by: Sequence[str]) -> None:
    columns = available(subject, "inference")
    for attribute in by:
        if attribute not in columns:
            raise UserValueError(f"by: in {name!r} {nearest(attribute, columns, 'attribute')}")
        if pat.is_nested(column_type(columns[attribute])):
            raise UserValueError(f"by: {attribute!r} holds lists, which make no segments")
        if by.count(attribute) > 1:
            raise UserValueError(f"by: {attribute!r} is named twice")


def _read(
    name: str,
    subject: Subject,
    measures: Sequence[Measure],
    selection: Selection,
    by: Sequence[str],
) -> _Log:
    targets = {measure.target for measure in measures}
    columns = [column for target in targets for column in names_of(subject, target)]
    table = load(subject, "inference", [ID, *sorted(columns), *by], selection)
    return _Log(
        name, subject, table, {target: outcomes_of(subject, target, table) for target in targets}
    )


def _require_inferences(logs: Sequence[_Log], selection: Selection) -> None:
    bounds = selection.since is not None or selection.until is not None
    when = " in that time" if bounds else ""
    for log in logs:
        if not len(log):
            raise UserValueError(
                f"the version {log.name!r} has no inferences{when}; there is nothing to compare"
            )


def _require_truths(logs: Sequence[_Log], measures: Sequence[Measure]) -> None:
    targets = {measure.target for measure in measures if measure.needs_truth}
    for log in logs:
        if targets and all(np.isnan(log.outcomes[target].truth).all() for target in targets):
            free = [m.name for m in measures_of(log.subject) if not m.needs_truth]
            raise UserValueError(
                f"the {len(log):,} inferences of the version {log.name!r} have no ground truth "
                "yet; send it with update_inference_ground_truths(), or compare what needs none: "
                f"metrics={free!r}"
            )


# --- side by side ------------------------------------------------------------------------------


def _lines(
    first: _Log,
    other: _Log,
    measures: Sequence[Measure],
    by: Sequence[str],
    confidence: float,
    notes: list[str],
) -> Iterator[Line]:
    """Yield the differences of one version from the first, metric by metric in each segment."""
    rows, others, is_paired, note = _aligned(first, other)
    notes += note
    n_conflicts = 0
    for segment, some, some_others in _segments(first, other, rows, others, by, is_paired):
        pairs = {
            target: Pair(
                _taken(first.outcomes[target], some),
                _taken(other.outcomes[target], some_others),
                is_paired,
            )
            for target in first.outcomes
        }
        with_truth = {measure.target for measure in measures if measure.needs_truth}
        n_conflicts += max((pairs[target].n_conflicts for target in with_truth), default=0)
        names = (first.name, other.name)
        effects = _each(partial(_effect, names, pairs, confidence), measures)
        for measure, effect in zip(measures, effects, strict=True):
            yield Line(segment, measure.name, measure.sign, first.name, other.name, effect)
    if n_conflicts:
        notes.append(
            f"left out where it matters: {n_conflicts:,} with one ground truth in {first.name!r} "
            f"and another in {other.name!r}"
        )


def _each(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Return the results for some items, of which two are worked on at a time."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(work, items))


def _effect(
    names: tuple[str, str], pairs: Mapping[Target, Pair], confidence: float, measure: Measure
) -> Effect:
    pair = pairs[measure.target]
    with np.errstate(over="ignore", invalid="ignore"):
        effect = finite(measure.test(pair, confidence))
    if effect.difference is not None or not measure.needs_truth:
        return effect
    sides = zip(names, (pair.scored.first, pair.scored.other), strict=True)
    unknown = [repr(name) for name, side in sides if len(side) and np.isnan(side.truth).all()]
    if not unknown:
        return effect
    return effect.without_test(
        f"no ground truth of {' and '.join(unknown)} is known yet; send it with "
        "update_inference_ground_truths()"
    )


def _taken(outcomes: Outcomes, rows: NDArray[np.int64] | None) -> Outcomes:
    return outcomes if rows is None else outcomes.take(rows)


def _aligned(
    first: _Log, other: _Log
) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None, bool, list[str]]:
    """Return which rows of two logs are compared, None for all; whether in pairs; and a note."""
    if first.table[ID].equals(other.table[ID]):
        return None, None, True, []
    keys, others = _each(lambda log: keys_of(log.table[ID]), [first, other])
    if not _overlap(keys, others):
        return None, None, False, []
    found = KeyIndex.of(others).rows(keys)
    rows = np.flatnonzero(found >= 0)
    shared = found[rows]
    n_shared, fewer = len(rows), min(len(first), len(other))
    if n_shared >= _PAIRED_FROM * fewer:
        alone = [(first, len(first) - n_shared), (other, len(other) - n_shared)]
        told = ", ".join(f"{n:,} of {log.name!r} alone" for log, n in alone if n)
        return rows, shared, True, [f"left out of the pairs: {told}"] if told else []
    both = f"{first.name!r} and {other.name!r}"
    note = [f"left out: {n_shared:,} of both {both}, so that the rest is independent"]
    is_alone = np.ones(len(other), bool)
    is_alone[shared] = False
    return np.flatnonzero(found < 0), np.flatnonzero(is_alone), False, note


def _overlap(keys: Keys, others: Keys) -> bool:
    """Return whether two logs may share an id, which sorting tells sooner than looking each up."""
    both = np.sort(np.concatenate([keys.high, others.high]))
    return bool((both[1:] == both[:-1]).any())


def _segments(
    first: _Log,
    other: _Log,
    rows: NDArray[np.int64] | None,
    others: NDArray[np.int64] | None,
    by: Sequence[str],
    is_paired: bool,
) -> Iterator[tuple[dict[str, Any], NDArray[np.int64] | None, NDArray[np.int64] | None]]:
    """Yield each segment with its rows in either log; of a pair the first version says which."""
    import pandas as pd

    if not by:
        yield {}, rows, others
        return
    rows = np.arange(len(first)) if rows is None else rows
    others = np.arange(len(other)) if others is None else others
    parts = [first.table.select(by).take(rows)]
    if not is_paired:
        parts.append(other.table.select(by).take(others))
    frame = pd.concat(
        [part.to_pandas(integer_object_nulls=True) for part in parts], ignore_index=True
    )
    groups = frame.groupby(list(by), sort=True, dropna=False, observed=True)
    if groups.ngroups > MOST_SEGMENTS:
        raise UserValueError(
            f"by={list(by)} makes {groups.ngroups:,} segments, more than {MOST_SEGMENTS}; compare "
            "by an attribute with few values"
        )
    codes = groups.ngroup().to_numpy()
    heads = frame.iloc[np.unique(codes, return_index=True)[1]].to_dict("records")
    of_first = _split(codes[: len(rows)], groups.ngroups)
    of_other = of_first if is_paired else _split(codes[len(rows) :], groups.ngroups)
    for head, one, two in zip(heads, of_first, of_other, strict=True):
        segment = {name: None if pd.isna(value) else value for name, value in head.items()}
        yield segment, rows[one], others[two]


def _split(codes: NDArray[np.int64], n: int) -> list[NDArray[np.int64]]:
    """Return the places of each code."""
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.searchsorted(codes[order], np.arange(1, n)))
