"""How the values of attributes are distributed, in the reference data and in use.

The engine counts; what comes here is a number for each bin or category.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modelgroups.drawing.texts import list_text
from modelgroups.progress import tracked
from modelgroups.query.drift.classes import text_of
from modelgroups.query.drift.measures import Form
from modelgroups.query.drift.request import form_of
from modelgroups.report.charts import Histogram, histogram_of
from modelgroups.report.subjects import Version
from modelgroups.report.words import plain, share_text, short_number
from modelgroups.types import Stage, ValueType

if TYPE_CHECKING:
    from modelgroups.schema.attribute import Attribute

__all__ = [
    "Category",
    "Distribution",
    "Distributions",
    "distributions_of",
    "has_distribution",
    "is_id",
]

MOST: Final = 40
MOST_COUNTED: Final = 2_000
_N_BINS: Final = 24
_MOST_CATEGORIES: Final = 8
_TAIL: Final = 0.005
_AT_ONCE: Final = 20
_EXACT: Final = 2**52


@dataclass(frozen=True)
class Category:
    """A category, with the share of the rows on either side; None without inferences."""

    name: str
    reference: float
    inferences: float | None


@dataclass(frozen=True)
class Distribution:
    """One attribute.

    Parameters
    ----------
    name, label, stage
        Of the attribute.
    histogram
        Of numbers, with `rows` of the same in numbers: bin, share on either side.
    categories
        Of categories, the most frequent ones first.
    facts
        What else there is to say, in words.
    drift
        PSI of all inferences, None where that is not known.
    """

    name: str
    label: str | None
    stage: str
    histogram: Histogram | None
    rows: tuple[tuple[float, float, float, float | None], ...]
    categories: tuple[Category, ...]
    facts: tuple[str, ...]
    drift: float | None


@dataclass(frozen=True)
class Distributions:
    """Those that are shown, and the names of the attributes that have none; `n_others` are cut."""

    shown: tuple[Distribution, ...]
    without: tuple[str, ...]
    n_others: int
    n_reference: int

    @property
    def numbers(self) -> list[Distribution]:
        """Those of numbers."""
        return [each for each in self.shown if not each.categories]

    @property
    def categories(self) -> list[Distribution]:
        """Those of categories."""
        return [each for each in self.shown if each.categories]


def has_distribution(attribute: Attribute) -> bool:
    """Return whether an attribute has few categories, or numbers."""
    form = form_of(attribute)
    return form in (Form.CATEGORICAL, Form.CONTINUOUS) and not is_id(attribute) and (
        attribute.value_type != ValueType.Timestamp
    )  # fmt: skip


def is_id(attribute: Attribute) -> bool:
    """Return whether each value of an attribute names a row, and is no measured number."""
    return bool(attribute.is_unique) and attribute.value_type != ValueType.Float


def distributions_of(
    version: Version, held: Collection[str], drift: Mapping[str, float | None], *, is_used: bool
) -> Distributions:
    """Return how the attributes are distributed.

    Parameters
    ----------
    version
        The model.
    held
        The columns that its reference data has.
    drift
        PSI by attribute.
    is_used
        Whether there are inferences.
    """
    attributes = [each for each in version.get_attributes() if each.name in held]
    fitting = [each for each in attributes if has_distribution(each)]
    shown = fitting
    if len(fitting) > MOST:
        drifted = sorted(fitting, key=lambda each: -(drift.get(each.name) or 0.0))
        kept = {each.name for each in drifted[:MOST]}
        shown = [each for each in fitting if each.name in kept]
    asked = _Asked(version, is_used, shown)
    found = [
        asked.distribution(attribute, drift.get(attribute.name))
        for attribute in tracked(shown, "Counting values", total=len(shown))
    ]
    without = [each.name for each in attributes if not has_distribution(each)]
    return Distributions(
        tuple(found), tuple(without), len(fitting) - len(shown), asked.n_reference
    )  # fmt: skip


class _Asked:
    """What is asked of one version, attribute by attribute."""

    def __init__(self, version: Version, is_used: bool, shown: Sequence[Attribute]) -> None:
        self._version = version
        self._is_used = is_used
        (row,) = version.query({"select": [_count()], "from": "reference"})
        self.n_reference = int(row["n"])
        numbers = [each.name for each in shown if form_of(each) is Form.CONTINUOUS]
        self._ends: dict[str, dict[str, float]] = {}
        for names in _lots(numbers):
            self._ends |= _ends_of(version, names)
        named = [each.name for each in shown if form_of(each) is Form.CATEGORICAL]
        self._n_categories: dict[str, int] = {}
        for names in _lots(named):
            self._n_categories |= _n_categories(version, names, is_used=is_used)

    def distribution(self, attribute: Attribute, drift: float | None) -> Distribution:
        """Return that of one attribute."""
        histogram: Histogram | None = None
        rows: tuple[tuple[float, float, float, float | None], ...] = ()
        categories: tuple[Category, ...] = ()
        facts: list[str] = []
        n_categories = self._n_categories.get(attribute.name, 0)
        if n_categories > MOST_COUNTED:
            facts.append(f"{n_categories:,} categories are too many to be counted one by one")
        elif form_of(attribute) is Form.CATEGORICAL:
            categories = self._categories(attribute, facts)
        elif attribute.name in self._ends:
            histogram, rows = self._histogram(attribute, facts)
        else:
            facts.append("the reference data has no value of it")
        return Distribution(
            attribute.name, attribute.label, str(attribute.stage), histogram, rows, categories,
            tuple(facts), drift,
        )  # fmt: skip

    def _both(self, select: Mapping[str, Any]) -> tuple[dict[Any, int], dict[Any, int] | None]:
        """Return how many rows there are of each value, in the reference data and in use."""
        body = {"select": [{**select, "alias": "value"}, _count()],
                "group_by": [{"alias": "value"}]}  # fmt: skip
        reference = self._version.query(body | {"from": "reference"})
        inferences = self._version.query(body) if self._is_used else None
        return _counted(reference), None if inferences is None else _counted(inferences)

    def _categories(self, attribute: Attribute, facts: list[str]) -> tuple[Category, ...]:
        reference, inferences = self._both({"property": attribute.name})
        if inferences and attribute.stage in (Stage.GroundTruth, Stage.GroundTruthClass):
            unknown = _share_missing(inferences)
            inferences = {key: n for key, n in inferences.items() if key is not None}
            facts += _told("have none yet", {"inferences": unknown})
        labels = {each.value: each.label for each in attribute.categories or () if each.label}
        both = {key: reference.get(key, 0) + (inferences or {}).get(key, 0)
                for key in {**reference, **(inferences or {})}}  # fmt: skip
        ranked = sorted(both, key=lambda key: (key is None, -both[key], str(text_of(key))))
        kept, rest = ranked[:_MOST_CATEGORIES], ranked[_MOST_CATEGORIES:]
        found = [_category(_labelled(key, labels), [key], reference, inferences) for key in kept]
        if rest:
            found.append(
                _category(
                    f"{len(rest):,} other{'s' if len(rest) > 1 else ''}",
                    rest,
                    reference,
                    inferences,
                )
            )
        new = [key for key in both if key is not None and key not in reference]
        if new:
            names = ", ".join(_labelled(key, labels) for key in new[:3])
            facts.append(f"not in the reference data: {names}{', …' if len(new) > 3 else ''}")
        return tuple(found)

    def _histogram(
        self, attribute: Attribute, facts: list[str]
    ) -> tuple[Histogram, tuple[tuple[float, float, float, float | None], ...]]:
        ends = self._ends[attribute.name]
        low, high = ends["least"], ends["most"]
        is_cut = ends["high"] > ends["low"] and ends["high"] - ends["low"] < (high - low) / 2
        if is_cut:
            low, high = ends["low"], ends["high"]
        is_whole = attribute.value_type == ValueType.Integer
        edges = _edges(low, high, is_whole=is_whole)
        parameters = {"property": attribute.name, "bin_thresholds": edges}
        reference, inferences = self._both({"function": "binContinuous", "parameters": parameters})
        inside = range(1 + 1, len(edges) + 1)  # the first bin is that of what lies below
        one = _shares(reference, inside)
        two = None if inferences is None else _shares(inferences, inside)
        spread = [short_number(ends[key]) for key in ("middle", "least", "most")]
        facts.append("median {}, from {} to {}".format(*spread))
        sides = {"reference data": reference, "inferences": inferences}
        missing = {side: _share_missing(counts) for side, counts in sides.items()}
        outside = {side: _share_outside(counts, inside) for side, counts in sides.items()}
        facts += _told("are missing", missing)
        facts += _told("lie outside of what is drawn", outside)
        rows = [
            (edges[place], edges[place + 1], one[place], None if two is None else two[place])
            for place in range(len(edges) - 1)
        ]
        return histogram_of(edges, one, two), tuple(rows)


def _count() -> dict[str, Any]:
    return {"function": "count", "alias": "n"}


def _counted(rows: Sequence[Mapping[str, Any]]) -> dict[Any, int]:
    return {row["value"]: int(row["n"]) for row in rows}


def _lots(names: Sequence[str]) -> list[Sequence[str]]:
    """Return names a few at a time: as many as are asked for at once."""
    return [names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)]


def _n_categories(version: Version, names: Sequence[str], *, is_used: bool) -> dict[str, int]:
    """Return how many categories attributes have, on the side that has more."""
    select = [
        {"function": "categoriesCount", "alias": f"n_{place}", "parameters": {"property": name}}
        for place, name in enumerate(names)
    ]
    rows = version.query({"select": select, "from": "reference"})
    rows += version.query({"select": select}) if is_used else []
    return {
        name: max(int(row[f"n_{place}"] or 0) for row in rows) for place, name in enumerate(names)
    }


def _ends_of(version: Version, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the extremes of numbers, their middle, and where their tails begin."""
    wanted: dict[str, tuple[str, dict[str, float]]] = {
        "least": ("min", {}),
        "most": ("max", {}),
        "low": ("quantile", {"level": _TAIL}),
        "middle": ("quantile", {"level": 0.5}),
        "high": ("quantile", {"level": 1 - _TAIL}),
    }
    select = [
        {
            "function": function,
            "alias": f"{key}_{place}",
            "parameters": {"property": name, **more},
        }
        for place, name in enumerate(names)
        for key, (function, more) in wanted.items()
    ]
    (row,) = version.query({"select": select, "from": "reference"})
    found = {}
    for place, name in enumerate(names):
        ends = {key: plain(row[f"{key}_{place}"]) for key in wanted}
        known = {key: value for key, value in ends.items() if value is not None}
        if len(known) == len(wanted):
            found[name] = known
    return found


def _edges(low: float, high: float, *, is_whole: bool) -> list[float]:
    """Return the edges of bins of equal width; those of whole numbers lie between them.

    >>> _edges(0, 2, is_whole=True), len(_edges(0, 1, is_whole=False))
    ([-0.5, 0.5, 1.5, 2.5], 25)
    """
    if is_whole and max(abs(low), abs(high)) < _EXACT:
        width = max(1, math.ceil((high - low + 1) / _N_BINS))
        n_bins = int((high - low) // width) + 1
        return [math.ceil(low) - 0.5 + width * place for place in range(n_bins + 1)]
    if low == high:
        margin = abs(low) / 2 or 0.5
        low, high = low - margin, high + margin
    step = (high - low) / _N_BINS
    inner = [low + step * place for place in range(_N_BINS)]
    return [*inner, math.nextafter(high, math.inf)]  # the largest value is in the last bin


def _shares(counts: Mapping[Any, int], keys: Sequence[Any]) -> list[float]:
    """Return the share of each key in the rows that have a value."""
    n = sum(count for key, count in counts.items() if key is not None)
    return [counts.get(key, 0) / n if n else 0.0 for key in keys]


def _share_missing(counts: Mapping[Any, int] | None) -> float:
    n = sum((counts or {}).values())
    return (counts or {}).get(None, 0) / n if n else 0.0


def _share_outside(counts: Mapping[Any, int] | None, inside: Sequence[int]) -> float:
    """Return the share of the rows with a value that lie in none of the bins."""
    known = any(key is not None for key in counts or ())
    return 1 - sum(_shares(counts or {}, inside)) if known else 0.0


def _told(what: str, shares: Mapping[str, float]) -> list[str]:
    r"""Return in words what is true of some rows on either side, if it is of any.

    >>> _told("are missing", {"reference data": 0.0, "inferences": 1.0})
    ['100\xa0% of the inferences are missing']
    """
    some = [f"{share_text(share)} of the {side}" for side, share in shares.items() if share > 5e-4]
    return [f"{list_text(some)} {what}"] if some else []


def _labelled(key: Any, labels: Mapping[str, str | None]) -> str:
    text = text_of(key)
    if text is None:
        return "missing"
    label = labels.get(text)
    return text if label is None else f"{label} ({text})"


def _category(
    name: str,
    keys: Sequence[Any],
    reference: Mapping[Any, int],
    inferences: Mapping[Any, int] | None,
) -> Category:
    return Category(name, _of_all(keys, reference), None if inferences is None
                    else _of_all(keys, inferences))  # fmt: skip


def _of_all(keys: Sequence[Any], counts: Mapping[Any, int]) -> float:
    n = sum(counts.values())
    return sum(counts.get(key, 0) for key in keys) / n if n else 0.0
