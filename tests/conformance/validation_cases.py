"""`validate_reference_data`: value types against kinds of columns, and whole frames."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np

from .harness import Case, Column, Frame, Record, Step, call, column, frame

if TYPE_CHECKING:
    from collections.abc import Iterator

# not written to Parquet by the SDK, so that only the type check speaks
BARE = ("TIME_SERIES", "REGRESSION")
TABULAR = ("TABULAR", "MULTICLASS")
NAN, INF = math.nan, math.inf
ZONED = datetime(2024, 1, 2, tzinfo=UTC)
NAIVE = datetime(2024, 1, 2)  # noqa: DTZ001  # what the SDK refuses

VALUE_TYPES = (
    "STRING",
    "INTEGER",
    "FLOAT",
    "IMAGE",
    "BOOLEAN",
    "TIMESTAMP",
    "UNSTRUCTURED_TEXT",
    "BOUNDING_BOX",
    "TOKENS",
    "TOKEN_LIKELIHOODS",
    "RANKED_LIST",
    "ARRAY(STRING)",
    "TIME_SERIES",
)
BOX = [1, 0.9, 10, 20, 30, 40]

NUMBERS = {
    "int64": column("int64", 1, 2),
    "int8": column("int8", 1, 2),
    "uint64": column("uint64", 1, 2),
    "Int64": column("Int64", 1, 2),
    "Int64 and null": column("Int64", 1, None),
    "object int": column("object", 1, 2),
    "object int and null": column("object", None, 1, 2),
    "float64": column("float64", 0.5, 1.5),
    "float64 whole": column("float64", 1, 2),
    "float64 and null": column("float64", NAN, 0.5),
    "float64 whole and null": column("float64", 1, NAN),
    "float64 whole and inf": column("float64", INF, 2),
    "float32": column("float32", 0.5, 1.5),
    "Float64": column("Float64", 0.5, 1.5),
    "Float64 whole": column("Float64", 1, 2),
    "Float64 whole and null": column("Float64", 1, None),
    "object float": column("object", 0.5, 1.5),
    "object float whole": column("object", 1.0, 2.0),
    "object int and float": column("object", 1, 2.5),
    "bool": column("bool", True, False),
    "boolean": column("boolean", True, False),
    "boolean and null": column("boolean", None, False),
    "object bool": column("object", True, False),
    "object bool and null": column("object", None, True),
    "zeros and ones": column("int64", 1, 0),
    "NumPy scalars": column("object", np.float64(1.5), np.float64(2.5)),
    "complex": column("complex128", 1j, 2j),
    "Arrow int": column("int64[pyarrow]", 1, None),
    "Arrow float": column("double[pyarrow]", 0.5, None),
    "Arrow bool": column("bool[pyarrow]", True, None),
}
TEXTS = {
    "text": column("text", "a", "b"),
    "object str": column("object", "a", "b"),
    "object str and null": column("object", None, "b"),
    "string": column("string", "a", "b"),
    "string and null": column("string", None, "b"),
    "category of text": column("category of object", "a", "b", "a"),
    "Arrow string": column("large_string[pyarrow]", "a", None),
    "category of int": column("category of int64", 1, 2, 1),
    "str first, then int": column("object", "a", 1),
    "int first, then str": column("object", 1, "a"),
    "numeric text": column("object", "1", "2.5"),
    "empty text": column("object", "", ""),
    "ISO dates": column("object", "2024-01-02", "2024-01-03"),
    "ISO times": column("object", "2024-01-02T03:04:05Z", "2024-01-03T03:04:05+00:00"),
    "dates with slashes": column("object", "31/12/2023", "01/02/2024"),
    "date first, then other": column("object", "2024-01-02", "none"),
    "other first, then date": column("object", "none", "2024-01-02"),
    "digits like a date": column("object", "20200101", "20200102"),
    "six digits": column("object", "010203", "040506"),
    "version numbers": column("object", "1.2.3", "1.2.4"),
    "short fractions": column("object", "5/6/7", "8/9/7"),
    "month and year": column("object", "Jan 2024", "Feb 2024"),
    "bytes": column("object", b"a", b"b"),
}
TIMES = {
    "zoned": column("zoned UTC", "2024-01-02", "2024-01-03"),
    "zoned Berlin": column("zoned Europe/Berlin", "2024-01-02", "2024-01-03"),
    "zoned and null": column("zoned UTC", None, "2024-01-03"),
    "object zoned": column("object", ZONED, ZONED),
    "naive": column("datetime64[ns]", "2024-01-02", "2024-01-03"),
    "object naive": column("object", NAIVE, NAIVE),
    "date": column("object", date(2024, 1, 2), date(2024, 1, 3)),
    "timedelta": column("timedelta64[ns]", 1, 2),
}
NESTED = {
    "lists of str": column("object", ["a", "b"], ["c"]),
    "arrays of str": column("object", np.array(["a", "b", "c"]), np.array(["d"])),
    "lists of int": column("object", [1, 2], [3]),
    "empty list first": column("object", [], ["a"]),
    "list that starts with None": column("object", [None, "a"], ["a"]),
    "empty lists": column("object", [], []),
    "lists of None": column("object", [None], [None]),
    "null, then lists of str": column("object", None, ["a"]),
    "lists of str, then of int": column("object", ["a"], [1]),
    "likelihoods": column("object", [{"a": 0.5}], [{"b": 1}]),
    "likelihoods, empty dict": column("object", [{}], [{"a": 0.5}]),
    "likelihoods, int key": column("object", [{1: 0.5}], [{1: 0.5}]),
    "likelihoods, text value": column("object", [{"a": "x"}], [{"a": "x"}]),
    "likelihoods, None value": column("object", [{"a": None}], [{"a": 0.5}]),
    "boxes": column("object", [BOX, BOX], [BOX]),
    "boxes of five": column("object", [BOX[:5]], [BOX[:5]]),
    "boxes, empty inside": column("object", [[]], [BOX]),
    "boxes, None inside": column("object", [[None, *BOX[1:]]], [BOX]),
    "boxes of text": column("object", [["a"] * 6], [["a"] * 6]),
    "dicts": column("object", {"a": 1}, {"a": 2}),
    "recommendations": column("object", [{"item_id": "i", "score": 0.5}], [{"item_id": "i"}]),
    "points": column("object", [{"timestamp": "2024-01-02T00:00:00Z", "value": 1.0}]),
    "sets": column("object", {1}, {2}),
}
NULLS = {
    "object, all null": column("object", None, None),
    "float64, all null": column("float64", NAN, NAN),
    "float64, all inf": column("float64", INF, -INF),
    "Int64, all null": column("Int64", None, None),
    "string, all null": column("string", None, None),
    "zoned, all null": column("zoned UTC", None, None),
}
KINDS = {**NUMBERS, **TEXTS, **TIMES, **NESTED, **NULLS}

PASSES: Record = {"returns": None}
ONE_ERROR: Record = {"error": "UserTypeError", "mentions": [["vv"]]}
B14 = "B14: text is refused as dates only if every value is a date with separators and a full year"
ALL_VALUES = "6.6: object columns are judged by all values that are not null"
ARRAYS = "6.4a: a cell may be an array; the SDK fails on them while it looks for infinities"
B4 = "B4: one rule for names: an ASCII letter or underscore first, one character is enough"
B33 = "B33: duplicates are counted"
TOLD_ONCE = "6.6: duplicates are one error; the SDK adds Parquet's complaint about the same columns"


def _differences() -> Iterator[tuple[str, tuple[str, Record]]]:
    """Yield the cases in which modelgroups departs from the SDK: case, why, and our outcome."""
    for kind in (
        "date first, then other",
        "digits like a date",
        "six digits",
        "version numbers",
        "short fractions",
    ):
        yield f"STRING: {kind}", (B14, PASSES)
    for value_type in ("STRING", "IMAGE", "UNSTRUCTURED_TEXT"):
        yield f"{value_type}: str first, then int", (ALL_VALUES, ONE_ERROR)
    yield "INTEGER: int first, then str", (ALL_VALUES, ONE_ERROR)
    yield "TOKENS: lists of str, then of int", (ALL_VALUES, ONE_ERROR)
    yield "FLOAT: object int and null", (ALL_VALUES, ONE_ERROR)
    for value_type in ("BOUNDING_BOX", "TOKEN_LIKELIHOODS"):
        for kind in ("empty list first", "list that starts with None"):
            yield f"{value_type}: {kind}", (ALL_VALUES, ONE_ERROR)
    for value_type in VALUE_TYPES:
        listed = value_type in {"TOKENS", "RANKED_LIST", "ARRAY(STRING)", "TIME_SERIES"}
        yield f"{value_type}: arrays of str", (ARRAYS, PASSES if listed else ONE_ERROR)
    yield "frame: one-letter extra", (B4, _errors(["x"]))
    yield "frame: numbered extra", (B4, _errors([], []))
    yield "frame: duplicate, Tabular", (TOLD_ONCE, _errors(["aa"]))
    yield "frame: triplicate", (B33, _errors(["aa"]))
    yield "frame: mixed objects, Tabular", (ALL_VALUES, _errors(["ss"], ["ss"]))
    yield "frame: mixed objects, TimeSeries", (ALL_VALUES, _errors(["ss"]))


def _errors(*mentions: list[str]) -> Record:
    return {"error": "UserTypeError", "mentions": list(mentions)}


DIFFERENCES = dict(_differences())


def _matrix() -> Iterator[Case]:
    for value_type in VALUE_TYPES:
        for kind, spec in KINDS.items():
            case_id = f"{value_type}: {kind}"
            steps = (call("add_attribute", "vv", value_type, "PIPELINE_INPUT"), validate(vv=spec))
            yield _case(case_id, steps, BARE)


def validate(**columns: Column) -> Step:
    """Return the call that validates a frame of these columns."""
    return call("validate_reference_data", frame(**columns))


def _case(case_id: str, steps: tuple[Step, ...], model: tuple[str, str] = TABULAR) -> Case:
    why, ours = DIFFERENCES.get(case_id, (None, None))
    return Case(case_id, model, steps, returns=True, attributes=False, differs=why, ours=ours)


def _frames() -> Iterator[Case]:
    ints, floats, texts = (
        column("int64", 1, 2),
        column("float64", 0.5, 1.5),
        column("text", "a", "b"),
    )
    schema = (
        call("add_attribute", "aa", "INTEGER", "PIPELINE_INPUT"),
        call("add_attribute", "ff", "FLOAT", "PIPELINE_INPUT"),
        call("add_attribute", "ss", "STRING", "NON_INPUT_DATA"),
        call("add_regression_output_attributes", {"pp": "gg"}, "FLOAT"),
    )
    good = {"aa": ints, "ff": floats, "ss": texts, "pp": floats, "gg": floats}

    def with_(case_id: str, model: tuple[str, str] = TABULAR, **columns: Column | None) -> Case:
        chosen = {**good, **columns}
        specs = {name: spec for name, spec in chosen.items() if spec is not None}
        return _case(case_id, (*schema, validate(**specs)), model)

    yield with_("frame: good")
    yield with_("frame: good, NLP", ("NLP", "MULTICLASS"))
    yield with_("frame: one missing", ff=None)
    yield with_("frame: ground truth missing", gg=None)
    yield with_("frame: several missing", ff=None, ss=None, gg=None)
    yield with_("frame: one extra", extra=ints)
    yield with_("frame: missing and extra", ff=None, extra=ints)
    yield with_("frame: missing, extra and wrong", ff=None, extra=ints, aa=floats, ss=ints)
    yield with_("frame: several wrong", aa=texts, ff=ints, pp=texts)
    yield with_("frame: None column for the missing", ff=column("object", None, None))
    yield _case("frame: badly named extra", (*schema, _pairs(good, ("a b", ints))))
    yield _case("frame: one-letter extra", (*schema, _pairs(good, ("x", ints))))
    yield _case("frame: numbered extra", (*schema, _pairs(good, (7, ints))), BARE)
    yield _case("frame: duplicate", (*schema, _pairs(good, ("aa", ints))), BARE)
    yield _case("frame: duplicate, Tabular", (*schema, _pairs(good, ("aa", ints))))
    yield _case("frame: triplicate", (*schema, _pairs(good, ("aa", ints), ("aa", ints))), BARE)
    yield _case(
        "frame: two duplicates", (*schema, _pairs(good, ("aa", ints), ("ff", floats))), BARE
    )
    duplicate_and_extra = _pairs(good, ("aa", ints), ("extra", ints))
    yield _case("frame: duplicate and extra", (*schema, duplicate_and_extra), BARE)
    duplicate_and_wrong = _pairs({**good, "ss": ints}, ("aa", ints))
    yield _case("frame: duplicate and wrong", (*schema, duplicate_and_wrong), BARE)
    mixed = column("object", "a", 1)
    yield with_("frame: mixed objects, Tabular", ss=mixed)
    yield with_("frame: mixed objects, TimeSeries", BARE, ss=mixed)
    yield with_("frame: sets, Tabular", ss=column("object", {1}, {2}))
    yield with_("frame: sets, TimeSeries", BARE, ss=column("object", {1}, {2}))
    yield with_("frame: complex, Tabular", ss=column("complex128", 1j, 2j))
    for case_id, value in {"None": None, "dict": {"aa": [1]}, "list": [1]}.items():
        yield _case(f"frame: {case_id}", (*schema, call("validate_reference_data", value)))
    yield _case("frame: empty", (*schema, validate(aa=Column("int64", []))))
    yield _case("frame: no schema", (validate(aa=ints),))
    yield _case("frame: no argument", (*schema, call("validate_reference_data")))


def _pairs(columns: dict[str, Column], *more: tuple[object, Column]) -> Step:
    return call("validate_reference_data", Frame((*columns.items(), *more)))


def cases() -> Iterator[Case]:
    """Yield the cases of validation."""
    yield from _matrix()
    yield from _frames()
