"""What a comparison comes to, before its numbers: who is ahead, on what, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modelgroups.drawing.texts import list_text

__all__ = ["Standing", "advice_of"]

_MOST: Final = 4


@dataclass(frozen=True)
class Standing:
    """On which metrics one version is established to be better or worse than the first.

    Parameters
    ----------
    first, other
        The versions.
    better, worse
        Metrics, as they stand in the table; of `other`.
    """

    first: str
    other: str
    better: tuple[str, ...]
    worse: tuple[str, ...]

    @property
    def gain(self) -> int:
        """On how many more metrics the other one is better than worse."""
        return len(self.better) - len(self.worse)

    @property
    def text(self) -> str:
        """Who is ahead, beginning with the one that is.

        Examples
        --------
        >>> Standing("V1", "V2", ("AUC",), ("Recall", "F1")).text
        'V1 is ahead: better than V2 on Recall and F1; worse on AUC.'
        >>> Standing("V1", "V2", ("AUC",), ("Recall",)).text
        'Neither is ahead: V1 is better on Recall, V2 on AUC.'
        >>> Standing("V1", "V2", (), ()).text
        'Neither is ahead: no metric is established to be better or worse.'
        """
        if not self.better and not self.worse:
            return "Neither is ahead: no metric is established to be better or worse."
        first, other = _listed(self.worse), _listed(self.better)
        if not self.gain:
            return f"Neither is ahead: {self.first} is better on {first}, {self.other} on {other}."
        ahead, behind, wins, losses = self.other, self.first, other, first
        if self.gain < 0:
            ahead, behind, wins, losses = self.first, self.other, first, other
        but = f"; worse on {losses}" if losses else ", and worse on nothing"
        return f"{ahead} is ahead: better than {behind} on {wins}{but}."


def advice_of(standings: Sequence[Standing], *, is_champion: bool) -> str:
    """Return what to do, in a sentence.

    Parameters
    ----------
    standings
        Of each version against the same first one; at least one.
    is_champion
        Whether that one is the champion.

    Examples
    --------
    >>> worse, better = Standing("V1", "V2", (), ("AUC",)), Standing("V1", "V3", ("AUC",), ())
    >>> advice_of([worse], is_champion=True)
    'Keep V1, the champion: it is ahead of V2.'
    >>> advice_of([Standing("V1", "V2", (), ())], is_champion=True)
    'Keep V1, the champion: V2 is not shown to be better on any metric.'
    >>> advice_of([worse, better], is_champion=True)
    'Promote V3: it is better than V1, the champion, on AUC, and worse on nothing.'
    """
    first = standings[0].first
    best = max(standings, key=lambda each: (bool(each.better) and not each.worse, each.gain))
    than = f"{first}, the champion," if is_champion else first
    if best.better and not best.worse:
        wins = _listed(best.better)
        return f"Promote {best.other}: it is better than {than} on {wins}, and worse on nothing."
    if best.gain > 0:
        wins, losses = _listed(best.better), _listed(best.worse)
        return (
            f"Promote {best.other} if {wins} matter more to you than {losses}: it is better than "
            f"{than} on the former, and worse on the latter."
        )
    keep = f"Keep {first}, the champion" if is_champion else f"Stay with {first}"
    if len(standings) == 1 and best.gain < 0:
        return f"{keep}: it is ahead of {best.other}."
    who = f"{best.other} is not" if len(standings) == 1 else "no other version is"
    if any(each.better or each.worse for each in standings):
        return f"{keep}: {who} ahead of it."
    return f"{keep}: {who} shown to be better on any metric."


def _listed(metrics: Sequence[str]) -> str:
    """Return the first few metrics.

    >>> _listed(["AUC", "F1"]), _listed(["a", "b", "c", "d", "e"]), _listed([])
    ('AUC and F1', 'a, b, c and 2 more', '')
    """
    if len(metrics) > _MOST:
        metrics = [*metrics[: _MOST - 1], f"{len(metrics) - _MOST + 1} more"]
    return list_text(list(metrics)) if metrics else ""
