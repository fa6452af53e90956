"""When a rule looks, at which stretch of time, and when it raises an alert.

Times are minutes since 1970 in UTC. A rule looks at ticks: the multiples of its wait time, or of
its lookback period where it does not wait. At a tick it sees the window before it, as long as
the lookback period.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

__all__ = ["Schedule", "due"]


@dataclass(frozen=True)
class Schedule:
    """The ticks of a rule.

    Parameters
    ----------
    lookback
        Minutes of a window.
    wait
        Minutes before the next alert; 0 for none.
    """

    lookback: int
    wait: int

    @property
    def step(self) -> int:
        """Minutes from tick to tick."""
        return self.wait or self.lookback

    def offsets(self) -> list[int]:
        """Return where windows begin, beside the multiples of their length.

        Windows whose ends lie a multiple of their length apart do not overlap, so that one
        query can group rows by them; there is one such query for each offset.

        >>> Schedule(lookback=60, wait=0).offsets(), Schedule(lookback=60, wait=20).offsets()
        ([0], [0, 20, 40])
        """
        n_offsets = self.lookback // math.gcd(self.lookback, self.step)
        return sorted(number * self.step % self.lookback for number in range(n_offsets))

    def ticks(self, after: float, until: float) -> range:
        """Return the ticks behind one moment, up to and with another.

        >>> list(Schedule(lookback=5, wait=0).ticks(7.5, 20))
        [10, 15, 20]
        """
        first = (math.floor(after / self.step) + 1) * self.step
        return range(first, math.floor(until) + 1, self.step)


def due(
    ticks: Iterable[int], crosses: Callable[[int], bool], raised: AbstractSet[int], wait: int
) -> Iterator[int]:
    """Yield the ticks at which an alert is to be raised.

    Parameters
    ----------
    ticks
        In order.
    crosses
        Whether the threshold is crossed at a tick.
    raised
        Ticks at which there is an alert already.
    wait
        Minutes in which no other alert follows one.

    Examples
    --------
    >>> list(due(range(0, 60, 10), lambda tick: tick != 20, raised={10}, wait=20))
    [0, 30, 50]
    """
    quiet_until = -math.inf
    for tick in ticks:
        if tick in raised:
            quiet_until = tick + wait
        elif tick >= quiet_until and crosses(tick):
            yield tick
            quiet_until = tick + wait
