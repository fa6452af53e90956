"""Timestamps for inferences that have none. Imports pandas, and is itself imported lazily."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from modelgroups.errors import UserTypeError, UserValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["generate_timestamps", "normal_random_ints_fixed_sum"]

# pandas renamed these offset aliases in 2.2 and refuses the old ones since 3.0.
_NEW_ALIASES = {
    "H": "h",
    "T": "min",
    "S": "s",
    "L": "ms",
    "U": "us",
    "N": "ns",
    "BH": "bh",
    "CBH": "cbh",
    "M": "ME",
    "BM": "BME",
    "CBM": "CBME",
    "SM": "SME",
    "Q": "QE",
    "BQ": "BQE",
    "Y": "YE",
    "A": "YE",
    "BY": "BYE",
    "BA": "BYE",
    "AS": "YS",
    "BAS": "BYS",
}
_ALIAS = re.compile(r"(?<![A-Za-z-])[A-Z]+(?![A-Za-z])")  # "2H", not the anchor in "Q-DEC"
_DURATION = re.compile(r"([+-]?\d+)([dh])")
_DURATION_UNITS = {"d": "days", "h": "hours"}


def generate_timestamps(
    total: int,
    duration: str | timedelta = "7d",
    end: str | datetime = "now",
    freq: str | pd.DateOffset = "D",
    noisiness: float = 0.3,
) -> list[datetime]:
    """Return timestamps spread over a period, for inferences that have none of their own.

    They lie on a regular grid; each point is repeated a random number of times, drawn from
    NumPy's global generator.

    Parameters
    ----------
    total
        How many to return.
    duration
        The time from the first to the last, such as ``"7d"`` or ``"12h"``.
    end
        The last one, or ``"now"``.
    freq
        The step of the grid, a pandas offset or its alias; those of older pandas do too.
    noisiness
        How unequal the repetitions are: their standard deviation, relative to their mean.

    Returns
    -------
    list of datetime
        In ascending order, in the time zone of `end`, or in UTC for ``"now"``.

    Raises
    ------
    UserTypeError
        `end` is neither ``"now"`` nor a datetime.
    UserValueError
        `duration` or `freq` cannot be read, `noisiness` is negative, or the grid is empty or
        has more points than `total`.

    Examples
    --------
    >>> end = datetime(2024, 1, 3, tzinfo=UTC)
    >>> [str(t) for t in generate_timestamps(3, "2d", end, noisiness=0)]
    ['2024-01-01 00:00:00+00:00', '2024-01-02 00:00:00+00:00', '2024-01-03 00:00:00+00:00']
    """
    last = _end_of_grid(end)
    step = _ALIAS.sub(_new_alias, freq) if isinstance(freq, str) else freq
    try:
        length = _parse_duration(duration) if isinstance(duration, str) else duration
        grid = pd.date_range(start=last - length, end=last, freq=step).to_pydatetime()
    except UserValueError:
        raise
    except (ValueError, OverflowError) as error:
        raise UserValueError(
            f"there is no grid of step {freq!r} and duration {duration!r}: {error}"
        ) from error
    if len(grid) == 0:
        raise UserValueError(
            f"no point of a grid of step {freq!r} lies in the {length} before {last}; "
            "take a finer step or a longer duration"
        )
    if len(grid) > total:
        raise UserValueError(
            f"a grid of step {freq!r} has {len(grid)} points in the {length} before {last}, more "
            f"than the total of {total}; raise the total, or take a coarser step or a shorter "
            "duration"
        )
    repeats = normal_random_ints_fixed_sum(len(grid), total, noisiness)
    timestamps: list[datetime] = grid.repeat(repeats).tolist()
    return timestamps


def normal_random_ints_fixed_sum(
    num_values: int, total_sum: int, relative_std_dev: float = 0.5
) -> NDArray[np.int64]:
    """Return roughly normal, non-negative integers with a given sum.

    Parameters
    ----------
    num_values
        How many.
    total_sum
        Their sum.
    relative_std_dev
        Their standard deviation, relative to their mean.

    Raises
    ------
    UserValueError
        There is no such set of numbers.

    Examples
    --------
    >>> normal_random_ints_fixed_sum(4, 12, relative_std_dev=0).tolist()
    [3, 3, 3, 3]
    """
    if num_values < 1 or total_sum < 0 or relative_std_dev < 0:
        raise UserValueError(
            "num_values must be at least 1, total_sum and relative_std_dev at least 0; got "
            f"{num_values}, {total_sum} and {relative_std_dev}"
        )
    mean = total_sum / num_values
    # The global generator, so that numpy.random.seed works as it does with the SDK.
    drawn = np.random.normal(mean, mean * relative_std_dev, num_values)
    values = np.clip(np.round(drawn).astype(np.int64), 0, None)
    values -= (int(values.sum()) - total_sum) // num_values
    surplus = int(values.sum()) - total_sum  # at least 0, less than num_values
    values[np.random.choice(num_values, surplus, replace=False)] -= 1
    return _without_negatives(values, total_sum)


def _without_negatives(values: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Raise negative values to 0 and shrink the others in proportion, keeping the sum."""
    if values.min() >= 0:
        return values
    shares = np.clip(values, 0, None)
    scaled = shares * (total / shares.sum())
    result: NDArray[np.int64] = np.floor(scaled).astype(np.int64)
    largest_remainders = np.argsort(result - scaled, kind="stable")[: total - result.sum()]
    result[largest_remainders] += 1
    return result


def _end_of_grid(end: object) -> datetime:
    if isinstance(end, datetime):
        return end
    if isinstance(end, str) and end == "now":
        return datetime.now(UTC)
    raise UserTypeError(f"end must be 'now' or a datetime, got {type(end).__name__} {end!r}")


def _parse_duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise UserValueError(
            f"duration {text!r} must be a whole number of days or hours, such as '7d' or '12h'"
        )
    return timedelta(**{_DURATION_UNITS[match[2]]: int(match[1])})


def _new_alias(match: re.Match[str]) -> str:
    return _NEW_ALIASES.get(match[0], match[0])
