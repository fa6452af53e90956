"""Schema inference: one column at a time, over dtypes, distinct counts, stages and input types."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from .harness import Case, Column, Frame, Record, Series, Step, call, column, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "cc"
TABULAR = ("TABULAR", "MULTICLASS")
INPUT_TYPES = ("TABULAR", "IMAGE", "NLP", "TIME_SERIES")
STAGES = ("PIPELINE_INPUT", "PREDICT_FUNCTION_INPUT", "NON_INPUT_DATA")
THRESHOLDS = (1, 2, 9, 10, 11, 19, 20, 21, 24, 25, 26, 27, 50)  # around 10, 20 and 25
ZONES = ("Europe/Berlin", "Asia/Singapore", "America/Indiana/Indianapolis")
NAN = math.nan
POINT = {"timestamp": "2024-01-01T00:00:00Z", "value": 1.0}


def _day(i: int) -> datetime:
    return datetime(2024, 1, 1) + timedelta(days=i)  # noqa: DTZ001  # zoned by the column


def _zoned(i: int) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=i)


# kind → (dtype, the i-th distinct value)
NUMBERS: dict[str, tuple[str, Callable[[int], Any]]] = {
    "int64": ("int64", lambda i: i),
    "Int64": ("Int64", lambda i: i - 5),
    "uint8": ("uint8", lambda i: i + 200),
    "object int": ("object", lambda i: i),
    "float64 whole": ("float64", lambda i: float(i - 5)),
    "Float64 whole": ("Float64", float),
    "object float whole": ("object", float),
    "float64": ("float64", lambda i: i + 0.25),
}
TEXTS: dict[str, tuple[str, Callable[[int], Any]]] = {
    "object str": ("object", lambda i: f"v{i:02}"),
    "text": ("text", lambda i: f"v{i:02}"),
    "string": ("string", lambda i: f"v{i:02}"),
    "category of text": ("category of text", lambda i: f"v{i:02}"),
    "category of int": ("category of int64", lambda i: i),
    "datetime UTC": ("zoned UTC", _day),
}
MORE: dict[str, tuple[str, Callable[[int], Any]]] = {
    **{d: (d, lambda i: i) for d in ("int8", "int16", "int32", "uint16", "uint32", "uint64")},
    **{d: (d, lambda i: i) for d in ("Int8", "Int16", "Int32", "UInt8", "UInt32", "UInt64")},
    "int64 negative": ("int64", lambda i: -i),
    "int64 huge": ("int64", lambda i: 2**62 + i),
    "float32 whole": ("float32", float),
    "float32": ("float32", lambda i: i + 0.5),
    "float16": ("float16", lambda i: i + 0.5),
    "Float32": ("Float32", lambda i: i + 0.5),
    "Float64": ("Float64", lambda i: i + 0.5),
    "object float": ("object", lambda i: i + 0.5),
    "numeric text": ("object", str),
    "date text": ("object", lambda i: f"2024-01-{i % 28 + 1:02}"),
    "zoned date text": ("object", lambda i: f"2024-01-{i % 28 + 1:02}T00:00:00+00:00"),
    "datetime US/Eastern": ("zoned US/Eastern", _day),
    "object datetime": ("object", _zoned),
    "datetime naive": ("datetime64[ns]", _day),
    "category of object int": ("category of object", lambda i: i),
    "category of datetime": ("category of zoned UTC", _day),
}
NOT_SUPPORTED: dict[str, tuple[str, Callable[[int], Any]]] = {
    "timedelta": ("timedelta64[ns]", lambda i: i),
    "period": ("period[D]", lambda i: f"2024-01-{i % 28 + 1:02}"),
    "complex": ("complex128", complex),
    "bytes": ("object", lambda i: f"v{i}".encode()),
    "date": ("object", lambda i: date(2024, 1, i % 28 + 1)),
    "dict": ("object", lambda i: {"a": i}),
    "list": ("object", lambda i: [i, i + 1]),
    "set": ("object", lambda i: {i}),
}
ARROW: dict[str, Column] = {
    "Arrow int": column("int64[pyarrow]", 3, None, 3, 1),
    "Arrow float": column("double[pyarrow]", 0.5, None, 1.5),
    "Arrow bool": column("bool[pyarrow]", True, None, True, False),
    "Arrow-backed string": column("string[pyarrow]", "a", None, "a", "b"),
    "Arrow large string": column("large_string[pyarrow]", "a", None, "a", "b"),
    "Arrow date": column("date32[day][pyarrow]", date(2024, 1, 1), date(2024, 1, 2)),
    "Arrow naive datetime": column("timestamp[us][pyarrow]", _zoned(0).replace(tzinfo=None)),
    "decimal": column("object", Decimal("0.5"), Decimal("1.5"), Decimal("0.5")),
}
BOOLEANS = {"bool": "bool", "boolean": "boolean", "object bool": "object"}

B3 = "B3: a dtype is judged by type predicates, not by a pattern in its name"
B3_CATEGORY = "B3: the values of a category are judged as such; the SDK takes min() of the category"
MIXED = "a column of values of several types is refused, for no snapshot can keep it"
B3_OBJECT = "B3: object columns are judged on all values that are not null"
NULL_RANGE = "6.3 step 3: the range of no values is None"
ARRAYS = "6.3 step 2: cells may be arrays; the SDK fails on them while it looks for infinities"


def attribute(value_type: str, stage: str = "PIPELINE_INPUT", **more: Any) -> Record:
    """Return the record of the only attribute of a case."""
    return {"name": NAME, "value_type": value_type, "stage": stage, "position": 0, **more}


def one(value_type: str, **more: Any) -> Record:
    """Return the outcome of a case whose column became an attribute."""
    return {"attributes": [attribute(value_type, **more)]}


def _differences() -> Iterator[tuple[str, tuple[str, Record]]]:
    """Yield the cases in which modelgroups departs from the SDK: case, why, and our outcome."""
    for zone in ZONES:
        yield f"datetime {zone}", (B3, one("TIMESTAMP"))
    yield "interval", (B3, {"attributes": []})
    floats = one("FLOAT", min_range=0.5, max_range=1.5)
    yield "category of float", (B3_CATEGORY, floats)
    for k in (21, 24, 25, 26, 27, 50):
        limits: Record = {"min_range": 0, "max_range": k - 1}
        yield f"category of int, {k} repeated", (B3_CATEGORY, one("INTEGER", **limits))
        unique = one("INTEGER", is_unique=True, **limits)
        yield f"category of int, {k} different", (B3_CATEGORY, unique)
    ints = one("INTEGER", min_range=0, max_range=25)
    yield "category of object int, 26 repeated", (B3_CATEGORY, ints)
    ints = one("INTEGER", categorical=True, categories=["1", "0"])
    yield "object int, 2 repeated and nulls", (B3_OBJECT, ints)
    ints = one("INTEGER", min_range=0, max_range=20)
    yield "object int, 21 repeated and nulls", (B3_OBJECT, ints)
    ints = one("INTEGER", categorical=True, is_unique=True)
    yield "object int, 11 different and nulls", (B3_OBJECT, ints)
    booleans = one("BOOLEAN", categorical=True, categories=["True", "False"])
    yield "object bool and nulls", (B3_OBJECT, booleans)
    empty = one("STRING", categorical=True, categories=[])
    yield "object, all NaN", (B3_OBJECT, empty)
    yield "Float64, all null", (NULL_RANGE, one("FLOAT"))
    halves = one("FLOAT", min_range=0.5, max_range=1.5)
    yield "Arrow float", (B3, halves)
    yield "decimal", (B3_OBJECT, halves)
    yield "Arrow bool", (B3, booleans)
    yield "Arrow large string", (B3, one("STRING", categorical=True, categories=["a", "b"]))
    yield "Arrow naive datetime", (B3, {"error": "UserValueError", "mentions": [[NAME]]})
    for mixed in (
        "object str first, then int",
        "object int first, then str",
        "object bool and int",
    ):
        yield mixed, (MIXED, {"error": "UserValueError", "mentions": [[NAME]]})
    for input_type in INPUT_TYPES:
        for stage in STAGES:
            ours: Record = {"attributes": []}
            if (input_type, stage) == ("TIME_SERIES", "PIPELINE_INPUT"):
                ours = one("TIME_SERIES", is_unique=True)
            yield f"{input_type} {stage}: arrays", (ARRAYS, ours)


DIFFERENCES = dict(_differences())


def infer(
    case_id: str, spec: Column, *, input_type: str = "TABULAR", stage: str = "PIPELINE_INPUT"
) -> Case:
    """Return the case of one column."""
    steps = (call("infer_schema", frame(**{NAME: spec}), stage),)
    why, ours = DIFFERENCES.get(case_id, (None, None))
    return Case(case_id, (input_type, "MULTICLASS"), steps, differs=why, ours=ours)


def repeated(value: Callable[[int], Any], k: int) -> list[Any]:
    """Return k distinct values with different counts, the rarest first: no ties to break."""
    return [value(i) for i in range(k) for _ in range(i + 2)]


def different(value: Callable[[int], Any], k: int) -> list[Any]:
    """Return k values that are all different."""
    return [value(i) for i in range(k)]


PATTERNS = {"repeated": repeated, "different": different}


def _thresholds() -> Iterator[Case]:
    for kind, (dtype, value) in (NUMBERS | TEXTS).items():
        for pattern, values in PATTERNS.items():
            for k in THRESHOLDS:
                yield infer(f"{kind}, {k} {pattern}", Column(dtype, values(value, k)))


def _kinds() -> Iterator[Case]:
    for kind, (dtype, value) in MORE.items():
        for k, pattern in ((3, "repeated"), (12, "different"), (26, "repeated")):
            yield infer(f"{kind}, {k} {pattern}", Column(dtype, PATTERNS[pattern](value, k)))
    for kind, (dtype, value) in NOT_SUPPORTED.items():
        yield infer(kind, Column(dtype, different(value, 3)))
    for kind, dtype in BOOLEANS.items():
        yield infer(f"{kind}, both", column(dtype, False, True, True))
        yield infer(f"{kind}, one", column(dtype, True, True))
        yield infer(f"{kind}, a single row", column(dtype, True))
        yield infer(f"{kind}, many rows", Column(dtype, [True] * 5 + [False] * 9))
    yield infer("category of bool", column("category of bool", True, False, True))
    for kind, spec in ARROW.items():
        yield infer(kind, spec)


def _nulls() -> Iterator[Case]:
    for kind, (dtype, value) in {**NUMBERS, **TEXTS, "float32": MORE["float32"]}.items():
        if dtype.endswith(("int64", "uint8")):
            continue  # they cannot hold nulls
        for pattern, k in (("repeated", 2), ("repeated", 21), ("different", 11)):
            spec = Column(dtype, [None, *PATTERNS[pattern](value, k), None])
            yield infer(f"{kind}, {k} {pattern} and nulls", spec)
    yield infer("boolean and nulls", column("boolean", None, True, False, True))
    yield infer("object bool and nulls", column("object", None, True, False, True))
    for dtype in ("float64", "Float64", "Int64", "boolean", "object", "string", "datetime64[ns]"):
        yield infer(f"{dtype}, all null", column(dtype, None, None, None))
    yield infer("zoned, all null", column("zoned UTC", None, None))
    yield infer("category, all null", column("category of object", None, None))
    yield infer("object, all NaN", column("object", NAN, NAN))


def _infinities() -> Iterator[Case]:
    inf = math.inf
    yield infer("float64 with inf", column("float64", 0.5, inf, 1.5, -inf))
    yield infer("float64 whole with inf", column("float64", 1.0, inf, 2.0, 1.0))
    yield infer("float64, all inf", column("float64", inf, -inf))
    yield infer("float32 with inf", column("float32", 0.5, inf, 1.5))
    yield infer("object float with inf", column("object", 0.5, inf, 1.5))
    yield infer("float64 with inf and nan", column("float64", inf, NAN, 0.25, 0.75))


def _mixtures() -> Iterator[Case]:
    yield infer("object int and float", column("object", 1, 2.5, 1))
    yield infer("object int and whole float", column("object", 1, 2.0, 1))
    yield infer("object str first, then int", column("object", "a", 1, "a"))
    yield infer("object int first, then str", column("object", 1, "a", "a"))
    yield infer("object bool and int", column("object", True, 2, 2))
    yield infer("NumPy scalars", column("object", np.int64(3), np.int64(4), np.int64(3)))
    yield infer("NumPy str", column("object", np.str_("a"), np.str_("b"), np.str_("a")))
    yield infer("zoned text, then other text", column("object", "2024-01-01T00:00:00Z", "no"))
    yield infer("other text, then zoned text", column("object", "no", "2024-01-01T00:00:00Z"))
    yield infer("category with unused categories", column("category of text", "a", "b", "a", None))
    yield infer("spec example of order", column("object", *"bacacd"))
    yield infer("spec example of whole floats", column("float64", 3.0, 1.0, 1.0, 2.0))
    yield infer("spec example of nulls", column("float64", 1, 2, NAN, 1))
    for k in (20, 21):
        spec = Column("int64", [i for _ in range(3) for i in range(k)])
        yield infer(f"int64, {k} in turn", spec)
    spec = Column("object", [f"v{i}" for _ in range(3) for i in (7, 3, 9, 1, 5, 8, 2, 6, 4, 0)])
    yield infer("ties over many rows", spec)


def _zones() -> Iterator[Case]:
    for zone in ZONES:
        yield infer(f"datetime {zone}", Column(f"zoned {zone}", different(_day, 3)))
    yield infer("interval", column("interval", (0, 1), (1, 2)))
    yield infer("category of float", column("category of float64", 0.5, 1.5, 1.5))


STAGED = {
    "text": column("text", "a", "b", "a"),
    "unique text": Column("object", different(TEXTS["text"][1], 30)),
    "many texts": Column("object", repeated(TEXTS["text"][1], 30)),
    "string": column("string", "a", "b", "a"),
    "category": column("category of object", "a", "b", "a"),
    "int64": column("int64", 1, 2, 1),
    "float64": column("float64", 0.5, 1.5, 0.5),
    "bool": column("bool", True, False, True),
    "zoned": Column("zoned UTC", different(_day, 3)),
    "list of points": column("object", [POINT], [POINT, POINT]),
    "empty lists": column("object", [], []),
    "arrays": column("object", np.arange(2.0), np.arange(3.0)),
    "list of points and nulls": column("object", None, [POINT], [POINT]),
    "all null": column("object", None, None),
    "float all null": column("float64", None, None),
}


def _stages() -> Iterator[Case]:
    for input_type in INPUT_TYPES:
        for stage in STAGES:
            for kind, spec in STAGED.items():
                case_id = f"{input_type} {stage}: {kind}"
                yield infer(case_id, spec, input_type=input_type, stage=stage)
        for stage in ("PREDICTED_VALUE", "GROUND_TRUTH", "GROUND_TRUTH_CLASS"):
            yield infer(f"{input_type} {stage}", STAGED["text"], input_type=input_type, stage=stage)


def _calls() -> Iterator[Case]:
    two = frame(aa=column("int64", 1, 2), bb=column("object", "x", "y"))
    more = frame(dd=column("int64", 1, 2), ee=column("float64", 0.5, 1.5))
    gap = frame(
        aa=column("int64", 1, 2),
        tt=column("timedelta64[ns]", 1, 2),
        bb=column("int64", 1, 2),
    )
    bad = frame(aa=column("int64", 1), when=column("datetime64[ns]", _day(0)))
    stage, other = "PIPELINE_INPUT", "NON_INPUT_DATA"
    yield _case("two calls on one stage", call("infer_schema", two, stage), more, stage)
    yield _case("two calls on two stages", call("infer_schema", two, stage), more, other)
    yield _case("a dropped column leaves a gap", call("infer_schema", gap, stage), more, stage)
    yield _case("a Series", call("infer_schema", Series("ss", STAGED["text"]), stage), more, stage)
    yield _case("the deprecated name", call("from_dataframe", two, stage), more, stage)
    steps: dict[str, Step] = {
        "a column error": call("infer_schema", bad, stage),
        "no rows": call("infer_schema", frame(aa=Column("int64", [])), stage),
        "no frame at all": call("infer_schema", [1, 2], stage),
        "a dict": call("infer_schema", {"aa": [1, 2]}, stage),
        "without stage": call("infer_schema", two),
        "unknown argument": call("infer_schema", two, stage, depth=2),
        "keywords": call("infer_schema", data=two, stage=stage),
    }
    for case_id, step in steps.items():
        yield Case(case_id, TABULAR, (step,))
    whole = frame(cc=column("float64", 1.0, NAN, 3.0))
    ints = frame(cc=column("int64", 1, 2, 3))
    yield Case(
        "Integer before, whole floats with nulls now",
        TABULAR,
        (call("infer_schema", ints, stage), call("infer_schema", whole, other)),
    )


def _case(case_id: str, first: Step, second: Frame, stage: str) -> Case:
    return Case(case_id, TABULAR, (first, call("infer_schema", second, stage)))


def cases() -> Iterator[Case]:
    """Yield the cases of schema inference."""
    for group in (
        _thresholds,
        _kinds,
        _nulls,
        _infinities,
        _mixtures,
        _zones,
        _stages,
        _calls,
    ):
        yield from group()
