"""How values are written on a page. Loads nothing."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final

from modelgroups.experiments.wording import number_text, p_text
from modelgroups.types import Stage

__all__ = [
    "NOTHING",
    "brief_count",
    "bytes_text",
    "count_text",
    "day_text",
    "moment_of",
    "moment_text",
    "number_text",
    "p_text",
    "plain",
    "share_text",
    "short",
    "short_number",
    "stage_text",
    "value_text",
]

NOTHING: Final = "–"
_UNITS: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_STAGES: Final = {
    Stage.ModelPipelineInput: "input",
    Stage.PredictFunctionInput: "input",
    Stage.NonInputData: "not an input",
    Stage.PredictedValue: "prediction",
    Stage.GroundTruth: "ground truth",
    Stage.GroundTruthClass: "ground truth",
}


def plain(value: Any) -> float | None:
    """Return a number of a frame as a float, or None where there is none.

    >>> plain(0.5), plain(float("nan")), plain(None)
    (0.5, None, None)
    """
    try:
        number = float(value)
    except TypeError:  # None, and pandas' NA
        return None
    return number if math.isfinite(number) else None


def count_text(value: float | None) -> str:
    """Return a whole number with thousands set apart.

    >>> count_text(1234567), count_text(None)
    ('1,234,567', '–')
    """
    return NOTHING if value is None else f"{value:,.0f}"


def share_text(value: float | None) -> str:
    """Return a share of rows in percent, of which small ones are not told apart.

    >>> [share_text(share).split() for share in (0.1234, 1e-5, 0.0, None)]
    [['12.3', '%'], ['<0.1', '%'], ['0', '%'], ['–']]
    """
    if value is None:
        return NOTHING
    digits = f"{100 * value:.1f}" if 0 < value < 1 else f"{100 * value:g}"
    return f"{'<0.1' if 0 < value < 0.001 else digits}\N{NO-BREAK SPACE}%"


def short_number(value: float | None) -> str:
    """Return a number with three digits, and a letter for its thousands.

    >>> short_number(1250000), short_number(0.04567), short_number(-12.0), short_number(0)
    ('1.25M', '0.0457', '−12', '0')
    """
    if value is None:
        return NOTHING
    size = abs(value)
    unit, letter = next(((u, name) for u, name in _UNITS if size >= u), (1.0, ""))
    digits = f"{size / unit:.3g}"
    return f"−{digits}{letter}" if value < 0 else f"{digits}{letter}"


def brief_count(count: int) -> str:
    """Return a count with two digits and a letter for its thousands, for narrow cells.

    >>> brief_count(48), brief_count(999), brief_count(1234), brief_count(56789)
    ('48', '999', '1.2k', '57k')
    """
    for unit, letter in _UNITS:
        if count >= unit:
            size = count / unit
            return f"{size:.1f}{letter}" if size < 9.95 else f"{size:.0f}{letter}"
    return str(count)


def bytes_text(size: int) -> str:
    """Return a size in bytes.

    >>> bytes_text(0), bytes_text(123456)
    ('0 bytes', '123kB')
    """
    return f"{size} bytes" if size < 1000 else f"{short_number(size)}B"


def moment_of(text: str | None) -> datetime | None:
    """Return a stored time."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def moment_text(moment: datetime | str | None) -> str:
    """Return a time in UTC, to the minute.

    >>> moment_text("2026-03-01T09:30:15+01:00"), moment_text(None)
    ('2026-03-01 08:30', '–')
    """
    known = moment_of(moment) if isinstance(moment, str) else moment
    return NOTHING if known is None else f"{known.astimezone(UTC):%Y-%m-%d %H:%M}"


def day_text(moment: datetime) -> str:
    """Return a day as short as it is clear without its year.

    >>> day_text(datetime(2026, 3, 1))
    '1 Mar'
    """
    return f"{moment.day} {moment:%b}"


def stage_text(stage: str) -> str:
    """Return what an attribute is for, in words.

    >>> stage_text("PIPELINE_INPUT"), stage_text("GROUND_TRUTH_CLASS")
    ('input', 'ground truth')
    """
    return _STAGES.get(Stage(stage), str(stage))


def short(value: Any, most: int = 40) -> str:
    """Return a text that is cut where it is long.

    >>> short("a long category", 7), short(None)
    ('a long…', 'missing')
    """
    text = value_text(value)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def value_text(value: Any) -> str:
    """Return a value of an attribute as text.

    >>> value_text(3.0), value_text("3"), value_text(None), value_text(True)
    ('3', '3', 'missing', 'yes')
    """
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "missing" if math.isnan(value) else f"{value:g}"
    return str(value)
