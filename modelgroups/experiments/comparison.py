"""`Comparison`: what comparing versions found, as a table, a sentence, a picture or data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelgroups.experiments.effect import Effect
from modelgroups.experiments.sizes import more_needed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Comparison", "Line"]


@dataclass
class Line:
    """How one version differs from the first in one metric.

    Parameters
    ----------
    segment
        The attributes whose values the rows share; empty for all rows.
    metric
        Its name.
    sign
        1 where more is better, -1 where less is, 0 where neither is.
    first, other
        The versions.
    effect
        Their values, the difference, its interval and p-value.
    p_corrected
        The p-value by Holm's correction over all lines of the comparison.

    Examples
    --------
    >>> line = Line({}, "AUC", 1, "V1", "V2", Effect(0.5, 0.75, 8, 8, "DeLong", False), 0.01)
    >>> line.effect.difference
    0.25
    """

    segment: dict[str, Any]
    metric: str
    sign: int
    first: str
    other: str
    effect: Effect
    p_corrected: float | None = None

    def verdict(self, confidence: float) -> str:
        """Return ``better``, ``worse`` or ``different``, or ``""`` where nothing is established.

        Parameters
        ----------
        confidence
            Of the comparison, 0 to 1.

        Examples
        --------
        >>> line = Line({}, "AUC", 1, "V1", "V2", Effect(0.5, 0.75, 8, 8, "DeLong", False), 0.01)
        >>> line.verdict(0.95), line.verdict(0.999)
        ('better', '')
        """
        difference = self.effect.difference
        if self.p_corrected is None or not difference or self.p_corrected > 1 - confidence:
            return ""
        gain = difference * self.sign
        return "better" if gain > 0 else "worse" if gain < 0 else "different"

    def more_needed(self, confidence: float, n_lines: int) -> int | None:
        """Return how many more inferences of either version would establish what was seen.

        With a power of 80 %, at the level that is left to one of so many lines.

        Parameters
        ----------
        confidence
            Of the comparison, 0 to 1.
        n_lines
            How many lines are tested together.

        Examples
        --------
        >>> effect = Effect(0.5, 0.55, 100, 100, "DeLong", False, p_value=0.3, error=0.05)
        >>> Line({}, "AUC", 1, "V1", "V2", effect, 0.3).more_needed(0.95, n_lines=1)
        685
        """
        effect = self.effect
        if effect.p_value is None or self.verdict(confidence):
            return None
        level = 1 - (1 - confidence) / max(n_lines, 1)
        n = min(effect.n_first, effect.n_other)
        found = more_needed(effect.difference, effect.error, n, level)
        return None if found is None else max(found, 1)


@dataclass(repr=False)
class Comparison:
    """How versions of a group differ from the first of them.

    Parameters
    ----------
    versions
        Their names.
    lines
        A `Line` for each metric of each other version, in each segment.
    confidence
        Of the intervals, and of all verdicts together.
    by
        The attributes that make the segments.
    notes
        What else there is to know.
    numbers
        The sequence numbers of the versions, which decide on their colours in `plot`.

    Examples
    --------
    >>> line = Line({}, "AUC", 1, "V1", "V2", Effect(0.5, 0.75, 8, 8, "DeLong", False), 0.01)
    >>> Comparison(("V1", "V2"), [line], 0.95, (), []).to_dict()["differences"][0]["difference"]
    0.25
    """

    versions: tuple[str, ...]
    lines: list[Line]
    confidence: float
    by: tuple[str, ...]
    notes: list[str]
    numbers: tuple[int, ...] = ()

    @property
    def sentence(self) -> str:
        """What was found, in one sentence.

        Examples
        --------
        >>> line = Line({}, "AUC", 1, "V1", "V2", Effect(0.5, 0.75, 8, 8, "DeLong", False), 0.01)
        >>> found = Comparison(("V1", "V2"), [line], 0.95, (), [])
        >>> print(found.sentence[:33])
        V2 is better than V1 on AUC (0.75
        """
        from modelgroups.experiments.wording import sentence_of

        return sentence_of(self)

    def __getitem__(self, metric: str) -> Line:
        """Return the first line of a metric."""
        found = [line for line in self.lines if line.metric == metric]
        if not found:
            known = ", ".join(dict.fromkeys(line.metric for line in self.lines))
            raise KeyError(f"{metric!r} was not compared; these were: {known}")
        return found[0]

    def verdict(self, line: Line) -> str:
        """Return ``better``, ``worse``, ``different`` or ``""`` for one of the lines.

        Parameters
        ----------
        line
            One of `lines`.

        Examples
        --------
        >>> line = Line({}, "AUC", 1, "V1", "V2", Effect(0.5, 0.75, 8, 8, "DeLong", False), 0.01)
        >>> found = Comparison(("V1", "V2"), [line], 0.95, (), [])
        >>> found.verdict(line)
        'better'
        """
        return line.verdict(self.confidence)

    def more_needed(self, line: Line) -> int | None:
        """Return how many more inferences of either version would establish what a line shows.

        Parameters
        ----------
        line
            One of `lines`.

        Examples
        --------
        >>> effect = Effect(0.5, 0.55, 100, 100, "DeLong", False, p_value=0.3, error=0.05)
        >>> line = Line({}, "AUC", 1, "V1", "V2", effect, 0.3)
        >>> Comparison(("V1", "V2"), [line], 0.95, (), []).more_needed(line)
        685
        """
        n_tests = sum(each.effect.p_value is not None for each in self.lines)
        return line.more_needed(self.confidence, n_tests)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain JSON; what is not defined is None.

        Examples
        --------
        >>> line = Line({}, "AUC", 1, "V1", "V2", Effect(0.5, 0.75, 8, 8, "DeLong", False), 0.01)
        >>> found = Comparison(("V1", "V2"), [line], 0.95, (), [])
        >>> found.to_dict()["differences"][0]["verdict"]
        'better'
        """
        return {
            "versions": list(self.versions),
            "confidence": self.confidence,
            "by": list(self.by),
            "sentence": self.sentence,
            "notes": list(self.notes),
            "differences": [self._record(line) for line in self.lines],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the lines as a frame: the segment's attributes, then the numbers of `to_dict`.

        Examples
        --------
        >>> line = Line({}, "AUC", 1, "V1", "V2", Effect(0.5, 0.75, 8, 8, "DeLong", False), 0.01)
        >>> found = Comparison(("V1", "V2"), [line], 0.95, (), [])
        >>> found.to_frame()[["metric", "difference", "verdict"]]
          metric  difference verdict
        0    AUC        0.25  better
        """
        import pandas as pd

        from modelgroups.drawing.frames import fitting

        records = [self._record(line) for line in self.lines]
        flat = [line.segment | record for line, record in zip(self.lines, records, strict=True)]
        frame = pd.DataFrame(flat).drop(columns="segment")
        numbers = ("first_value", "other_value", "difference", "low", "high", "p_value")
        for name in (*numbers, "p_corrected"):
            frame[name] = frame[name].astype("Float64")
        frame["more_needed"] = frame["more_needed"].astype("Int64")
        telling = ("metric", "other", "verdict", "difference", "first_value", "other_value")
        return fitting(frame, *self.by, *telling, "low", "high", "p_corrected", "first")

    def plot(self) -> Figure:
        """Draw each difference with its interval, a panel for each metric.

        Returns
        -------
        matplotlib.figure.Figure
            Colours say better and worse; grey is what is not established.

        Raises
        ------
        MissingDependencyError
            matplotlib is not installed.

        Examples
        --------
        >>> line = Line({}, "AUC", 1, "V1", "V2", Effect(0.5, 0.75, 8, 8, "DeLong", False), 0.01)
        >>> found = Comparison(("V1", "V2"), [line], 0.95, (), [])
        >>> [axis.get_title(loc="left") for axis in found.plot().axes]
        ['AUC']
        """
        from modelgroups.experiments.plot import figure_of

        return figure_of(self)

    def _record(self, line: Line) -> dict[str, Any]:
        effect, interval = line.effect, line.effect.interval
        return {
            "segment": {name: _plain(value) for name, value in line.segment.items()},
            "metric": line.metric,
            "first": line.first,
            "other": line.other,
            "first_value": effect.first,
            "other_value": effect.other,
            "difference": effect.difference,
            "low": None if interval is None else interval.low,
            "high": None if interval is None else interval.high,
            "p_value": effect.p_value,
            "p_corrected": line.p_corrected,
            "n_first": effect.n_first,
            "n_other": effect.n_other,
            "is_paired": effect.is_paired,
            "method": effect.method,
            "verdict": self.verdict(line),
            "more_needed": self.more_needed(line),
            "reason": effect.reason,
        }

    def __repr__(self) -> str:
        from modelgroups.experiments.wording import text_of

        return text_of(self)

    def _repr_html_(self) -> str:
        from modelgroups.experiments.wording import html_of

        return html_of(self)


def _plain(value: Any) -> Any:
    """Return the value of an attribute as plain JSON."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
