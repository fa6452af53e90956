"""`Evaluation`: how a deployment does, as text, a table, or data. Loads nothing."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelgroups.experiments.decide import Decision, Finding, Guardrail
    from modelgroups.experiments.effect import Effect
    from modelgroups.experiments.traffic import Split

__all__ = ["Evaluation"]


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What was found of a deployment, and what is to be done.

    Parameters
    ----------
    kind
        ``ab``, ``canary`` or ``shadow``.
    since
        From when on inferences count: since traffic was last divided anew.
    counts
        The inferences of each version.
    findings
        How each candidate does in the metric that is to improve.
    guardrails
        Whether it is worse in something than it may be.
    split
        Whether traffic was divided as planned; None for shadows.
    decision
        ``promote``, ``keep``, ``continue`` or ``abort``.
    promote
        The version to promote.
    reason
        Why, in words.
    confidence
        Of all tests together.
    notes
        What else there is to know.

    Examples
    --------
    >>> from modelgroups.experiments.decide import Decision
    >>> found = Evaluation("shadow", "2026-03-01T00:00:00Z", {"V1": 8, "V2": 8}, (), (), None,
    ...                    Decision.CONTINUE, None, "too few inferences", 0.95)
    >>> print(found)
    continue: too few inferences
    <BLANKLINE>
    inferences since 2026-03-01T00:00:00Z: V1 8, V2 8
    """

    kind: str
    since: str
    counts: Mapping[str, int]
    findings: tuple[Finding, ...]
    guardrails: tuple[Guardrail, ...]
    split: Split | None
    decision: Decision
    promote: str | None
    reason: str
    confidence: float
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain JSON; what is not known is None.

        Examples
        --------
        >>> from modelgroups.experiments.decide import Decision
        >>> found = Evaluation("shadow", "2026-03-01T00:00:00Z", {"V1": 8, "V2": 8}, (), (), None,
        ...                    Decision.CONTINUE, None, "too few inferences", 0.95)
        >>> found.to_dict()["decision"], found.to_dict()["counts"]
        ('continue', {'V1': 8, 'V2': 8})
        """
        split = self.split
        return {
            "kind": self.kind,
            "since": self.since,
            "counts": dict(self.counts),
            "decision": self.decision.value,
            "promote": self.promote,
            "reason": self.reason,
            "confidence": self.confidence,
            "split": None
            if split is None
            else {
                "counts": dict(split.counts),
                "expected": dict(split.expected),
                "p_value": split.p_value,
                "is_broken": split.is_broken,
            },
            "findings": [
                {"metric": each.metric, "version": each.candidate}
                | _effect(each.effect)
                | {"is_established": each.is_established}
                for each in self.findings
            ],
            "guardrails": [
                {"metric": each.metric, "version": each.candidate}
                | _effect(each.effect)
                | {"tolerance": each.tolerance, "state": each.state.value}
                for each in self.guardrails
            ],
            "notes": list(self.notes),
        }

    def _rows(self) -> list[tuple[str, ...]]:
        """Return the table: a head, then a row for each finding and guardrail."""
        from modelgroups.experiments.wording import number_text, p_text

        rows: list[tuple[str, ...]] = []
        rows += [("metric", "version", "baseline", "value", "difference", "interval", "p", "state")]
        found: tuple[Finding | Guardrail, ...] = (*self.findings, *self.guardrails)
        for each in found:
            effect, interval = each.effect, each.effect.interval
            bounds = "–"
            if interval is not None:
                ends = (number_text(end, signed=True) for end in (interval.low, interval.high))
                bounds = " to ".join(ends)
            rows.append(
                (
                    each.metric,
                    each.candidate,
                    number_text(effect.first),
                    number_text(effect.other),
                    number_text(effect.difference, signed=True),
                    bounds,
                    p_text(effect.p_value),
                    _state(each),
                )
            )
        return rows

    @property
    def _told(self) -> list[str]:
        counts = ", ".join(f"{version} {n:,}" for version, n in self.counts.items())
        head = f"{self.decision}: {self.reason}"
        return [head, f"inferences since {self.since}: {counts}", *self.notes]

    def __repr__(self) -> str:
        rows = self._rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        head, *rest = self._told
        return "\n".join([head, "", *(lines if len(rows) > 1 else []), *rest])

    def _repr_html_(self) -> str:
        head, *rows = self._rows()
        table = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        told = "".join(f"<p>{html.escape(line)}</p>" for line in self._told)
        columns = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
        return f"{told}<table><thead><tr>{columns}</tr></thead><tbody>{table}</tbody></table>"


def _effect(effect: Effect) -> dict[str, Any]:
    interval = effect.interval
    return {
        "baseline_value": effect.first,
        "value": effect.other,
        "difference": effect.difference,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "p_value": effect.p_value,
        "n_baseline": effect.n_first,
        "n": effect.n_other,
        "method": effect.method,
        "reason": effect.reason,
    }


def _state(each: Finding | Guardrail) -> str:
    state = getattr(each, "state", None)
    if state is not None:
        return f"{state} (tolerated: {getattr(each, 'tolerance', 0)})"
    if not getattr(each, "is_established", False):
        return "not established"
    return "better" if getattr(each, "gain", 0) > 0 else "worse"
