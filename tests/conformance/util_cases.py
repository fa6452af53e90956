"""`arthurai.util`: timestamps and small conversions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from .harness import Case, Record, call

if TYPE_CHECKING:
    from collections.abc import Iterator

MULTICLASS = ("TABULAR", "MULTICLASS")

NAIVE = datetime(2024, 1, 1)  # noqa: DTZ001  # what needs a zone
ZONED = datetime(2024, 1, 8, tzinfo=UTC)
EAST = timezone(timedelta(hours=-5))
B9 = "B9: an empty grid and a negative repeat are user errors; old aliases are understood"


def _case(
    case_id: str,
    function: str,
    *args: Any,
    differs: str | None = None,
    ours: Record | None = None,
    **kwargs: Any,
) -> Case:
    step = call(f"util.{function}", *args, **kwargs)
    return Case(
        case_id, MULTICLASS, (step,), returns=True, attributes=False, differs=differs, ours=ours
    )


def _format() -> Iterator[Case]:
    for case_id, args in {
        "naive with zone name": (NAIVE, "US/Eastern"),
        "naive with timezone": (NAIVE, EAST),
        "naive": (NAIVE,),
        "naive, summer": (NAIVE.replace(month=7), "US/Eastern"),
        "UTC": (ZONED,),
        "microseconds": (ZONED.replace(microsecond=5),),
        "text": ("2024-01-01T00:00:00+00:00",),
        "text with Z": ("2024-01-01T00:00:00Z",),
        "text with another zone": ("2024-01-01T00:00:00-05:00",),
        "text without zone": ("2024-01-01T00:00:00",),
        "text without time": ("2024-01-01",),
        "other text": ("yesterday",),
        "number": (1704067200,),
        "None": (None,),
    }.items():
        yield _case(f"format: {case_id}", "format_timestamp", *args)
    yield _case("format: column named", "format_timestamp", NAIVE, col_name="when")
    for text in (
        "2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00+01:00",
        "2024-01-01T00:00:00",
        "2024-01-01",
        "no",
        5,
        None,
    ):
        yield _case(f"valid: {text!r}", "is_valid_datetime_string", text)


def _generate() -> Iterator[Case]:
    generate = "generate_timestamps"
    still: dict[str, Any] = {"noisiness": 0}
    yield _case("days", generate, 8, "7d", ZONED, **still)
    yield _case("days, twice", generate, 16, "7d", ZONED, **still)
    yield _case("hours", generate, 5, "4h", ZONED, freq="h", **still)
    yield _case("hours, from timedelta", generate, 5, timedelta(hours=4), ZONED, freq="h", **still)
    yield _case("months", generate, 3, "75d", ZONED, freq="MS", **still)
    yield _case("too few", generate, 3, "7d", ZONED, **still)
    yield _case("unknown unit", generate, 10, "5x", ZONED, **still)
    yield _case("no number", generate, 10, "ad", ZONED, **still)
    yield _case("end as text", generate, 10, "7d", "yesterday", **still)
    yield _case("unknown frequency", generate, 10, "7d", ZONED, freq="fortnight", **still)
    refused = {"error": "UserValueError", "mentions": [[]]}
    yield _case(
        "empty grid",
        generate,
        5,
        "1d",
        datetime(2024, 1, 15, tzinfo=UTC),
        freq="MS",
        differs=B9,
        ours=refused,
    )


def _types() -> Iterator[Case]:
    for value_type in ("TIMESTAMP", "TOKENS", "whatever"):
        yield _case(f"python type of {value_type}", "value_type_to_python_type", value_type)


def cases() -> Iterator[Case]:
    """Yield the cases of the utilities."""
    for group in (_format, _generate, _types):
        yield from group()
