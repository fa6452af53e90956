"""The quality of what a version received, in words, and what of it is worth a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma
from typing import TYPE_CHECKING, Final

from modelgroups.drawing.texts import number_of_things
from modelgroups.report.distributions import is_id
from modelgroups.report.subjects import Version
from modelgroups.report.words import count_text, plain, share_text, short, stage_text
from modelgroups.types import Stage

if TYPE_CHECKING:
    from modelgroups.inferences.quality import AttributeQuality
    from modelgroups.inferences.summary import LogSummary

__all__ = ["QualityRow", "quality_of"]

_RARE: Final = 0.05
"""How often any attribute of a version is marked by chance, at the most."""

_MOST_NAMES: Final = 3


@dataclass(frozen=True)
class QualityRow:
    """The quality of an attribute, in words; a remark where there is something to look at."""

    name: str
    stage: str
    nulls: str
    new_categories: str
    out_of_range: str
    is_remarkable: bool


@dataclass(frozen=True)
class _Observed:
    """How many reference rows a range was seen in."""

    low: float | None
    high: float | None
    n_rows: int


def quality_of(version: Version, summary: LogSummary, *, has_reference: bool) -> list[QualityRow]:
    """Return the quality of each attribute of a version that has inferences."""
    attributes = {each.name: each for each in version.get_attributes()}
    found = summary.attributes or ()
    ids = {name for name, each in attributes.items() if is_id(each)}
    outside = [each.name for each in found if each.n_out_of_range and each.name not in ids]
    observed = _observed(version, outside) if has_reference and outside else {}
    n_looks = sum(each.n_out_of_range is not None for each in found)
    rows = []
    for each in found:
        attribute, seen = attributes[each.name], observed.get(each.name)
        is_seen = seen and (seen.low, seen.high) == (attribute.min_range, attribute.max_range)
        n_reference = seen.n_rows if seen and is_seen else None
        rows.append(_row(each, n_reference, n_looks, is_id=each.name in ids))
    return rows


def _observed(version: Version, names: Sequence[str]) -> Mapping[str, _Observed]:
    """Return the ranges of attributes in the reference data."""
    select = [
        {"function": function, "alias": f"{function}_{place}", "parameters": {"property": name}}
        for place, name in enumerate(names)
        for function in ("min", "max")
    ]
    count = {"function": "count", "alias": "n"}
    (row,) = version.query({"select": [*select, count], "from": "reference"})
    return {
        name: _Observed(plain(row[f"min_{place}"]), plain(row[f"max_{place}"]), int(row["n"]))
        for place, name in enumerate(names)
    }


def chance_outside(n_outside: int, n_rows: int, n_reference: int) -> float:
    """Return how probable it is that so many rows lie outside the range of a reference sample.

    It is that of so many or more of rows drawn as the sample was: with k = `n_outside`, m =
    `n_reference`, and N = `n_rows` + m values in a random order, of which the sample has any m,
    [(k + 1) C(N − k − 1, m − 1) + C(N − k − 1, m)] / C(N, m). The share that is expected outside
    is 2 / (m + 1). Where values are equal, both are less.

    Examples
    --------
    >>> chance_outside(0, 100, 5000), round(chance_outside(1, 100, 5000), 3)
    (1.0, 0.039)
    >>> chance_outside(2, 2, 2), chance_outside(900, 1000, 5000) < 1e-9
    (0.5, True)
    """
    if n_reference < 2:
        return 1.0
    whole, k, m = n_rows + n_reference, n_outside, n_reference
    log_all = _log_choose(whole, m)
    found = (k + 1) * exp(_log_choose(whole - k - 1, m - 1) - log_all)
    if whole - k - 1 >= m:
        found += exp(_log_choose(whole - k - 1, m) - log_all)
    return min(1.0, round(found, 12))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _row(
    found: AttributeQuality, n_reference: int | None, n_looks: int, *, is_id: bool
) -> QualityRow:
    """Return the quality of one attribute.

    Parameters
    ----------
    found
        What was counted.
    n_reference
        The rows in which its range was seen; None where that was set.
    n_looks
        How many attributes have a range.
    is_id
        Whether its values are ids, of which new ones are always outside.
    """
    is_truth = found.stage in (Stage.GroundTruth, Stage.GroundTruthClass)
    rate = plain(found.null_rate)
    nulls = count_text(found.n_nulls) + (f" ({share_text(rate)})" if found.n_nulls else "")
    outside, is_far = "", False
    if is_id:
        outside = "all are different"
    elif found.n_out_of_range is not None:
        outside = count_text(found.n_out_of_range)
        if found.n_out_of_range:
            outside += f" ({share_text(found.n_out_of_range / found.n_rows)})"
            is_far = n_reference is None or (
                chance_outside(found.n_out_of_range, found.n_rows, n_reference) < _RARE / n_looks
            )
    is_remarkable = bool(found.n_new_category) or is_far or (bool(found.n_nulls) and not is_truth)
    return QualityRow(
        found.name, stage_text(found.stage), nulls, _new_text(found), outside, is_remarkable
    )


def _new_text(found: AttributeQuality) -> str:
    """Return which categories are new, and in how many rows; empty where there are none."""
    if found.n_new_category is None:
        return ""
    named = [(short(name, 20), n) for name, n in [*found.new_categories.items()][:_MOST_NAMES]]
    if not named:
        return count_text(found.n_new_category)
    total = number_of_things(found.n_new_category, "row")
    if len(found.new_categories) == 1:
        return f"category {named[0][0]} in {total}"
    more = ", …" if len(found.new_categories) > len(named) else ""
    return f"{total}: category {', '.join(f'{name} in {n:,}' for name, n in named)}{more}"
