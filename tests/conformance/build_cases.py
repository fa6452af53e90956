"""`build`, for every output type, errors included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .harness import Case, Column, Frame, Record, Step, call, column, frame

if TYPE_CHECKING:
    from collections.abc import Iterator

MULTICLASS = ("TABULAR", "MULTICLASS")
REGRESSION = ("TABULAR", "REGRESSION")
RANKED = ("TABULAR", "RANKED_LIST")

COLUMNS = {
    "aa": column("int64", 1, 2, 3, 1),
    "bb": column("object", "x", "y", "x", "y"),
    "nn": column("float64", 0.1, 0.2, 0.3, 0.4),
    "pred_0": column("float64", 0.1, 0.2, 0.7, 0.6),
    "pred_1": column("float64", 0.9, 0.8, 0.3, 0.4),
    "pred_2": column("float64", 0.0, 0.0, 0.0, 0.0),
    "gt_0": column("int64", 0, 0, 1, 1),
    "gt_1": column("int64", 1, 1, 0, 0),
    "gt_2": column("int64", 0, 0, 0, 0),
    "gt": column("int64", 1, 1, 0, 0),
    "label": column("object", "cat", "dog", "cat", "emu"),
}

B13 = "B13: regression with one ground truth column is refused with a clear error"
B4 = "B4: one rule for names: an ASCII letter or underscore first, one character is enough"
NO_NAME = (
    "6.4: a None key stands for a prediction that is not there; the SDK names an attribute None"
)
AS_WRITTEN = "6.4: the class 1 is linked as the schema writes it, also where the map says 1.0"
FIRST_SEEN = "6.3: categories of equal count are in the order in which they appear"
AT_FAULT = "6.4: the message names the column at fault, not both"


def _differences() -> Iterator[tuple[str, tuple[str, Record]]]:
    """Yield the cases in which modelgroups departs from the SDK: case, why, and our outcome."""

    def categories(
        name: str, value_type: str, stage: str, *values: str, position: int = 0
    ) -> Record:
        return {
            "name": name,
            "value_type": value_type,
            "stage": stage,
            "position": position,
            "categorical": True,
            "categories": list(values),
        }

    aa = categories("aa", "INTEGER", "PIPELINE_INPUT", "1", "2", "3")
    bb = categories("bb", "STRING", "PIPELINE_INPUT", "x", "y", position=1)
    gt = categories("gt", "INTEGER", "GROUND_TRUTH_CLASS", "1", "0")
    fraction = {"value_type": "FLOAT", "stage": "PIPELINE_INPUT"}
    nn = {"name": "nn", "position": 2, "min_range": 0.1, "max_range": 0.4, **fraction}
    pred_0 = {"name": "pred_0", "position": 1, "min_range": 0.1, "max_range": 0.7, **fraction}
    pred_1 = {
        "name": "pred_1",
        "value_type": "FLOAT",
        "stage": "PREDICTED_VALUE",
        "position": 1,
        "min_range": 0,
        "max_range": 1,
        "gt_class_link": "1",
        "is_positive_predicted_attribute": True,
    }
    refused: Record = {"error": "UserValueError", "mentions": [[]]}
    yield "class, None for the other", (NO_NAME, {"attributes": [aa, pred_0, gt, pred_1]})
    yield "class, label as float", (AS_WRITTEN, {"attributes": [aa, bb, nn, gt, pred_1]})
    yield "class as category of int", (FIRST_SEEN, {"attributes": [aa, gt, pred_1]})
    yield "name: one letter", (B4, {"attributes": [{**aa, "name": "x"}, gt, pred_1]})
    yield "name: line end", (B4, refused)
    yield "name: a number", (B4, refused)
    yield "regression, one truth column", (B13, refused)
    yield "ranked, 101 recommendations", (AT_FAULT, {**refused, "mentions": [["recs"]]})
    yield "ranked, 101 relevant items", (AT_FAULT, {**refused, "mentions": [["rel"]]})


DIFFERENCES = dict(_differences())


def data(*names: str, **more: Column) -> Frame:
    """Return the frame of these columns, and more."""
    return frame(**{name: COLUMNS[name] for name in names}, **more)


def build(
    case_id: str,
    frame: Frame,
    mapping: dict[Any, Any],
    model: tuple[str, str] = MULTICLASS,
    *,
    then: tuple[Step, ...] = (),
    before: tuple[Step, ...] = (),
    options: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Case:
    """Return the case of one build."""
    why, ours = DIFFERENCES.get(case_id, (None, None))
    steps = (*before, call("build", frame, mapping, **kwargs), *then)
    return Case(
        case_id, model, steps, options=options or {}, returns=bool(then), differs=why, ours=ours
    )


def look(name: str) -> Step:
    """Return the step that reads an attribute of the model."""
    return call("__getattribute__", name)


def _one_column() -> Iterator[Case]:
    """Classification with a column of class labels."""
    one, single = data("aa", "bb", "nn", "pred_1", "gt"), {"pred_1": 1}
    two, both = data("aa", "pred_0", "pred_1", "gt"), {"pred_0": 0, "pred_1": 1}
    gt: dict[str, Any] = {"ground_truth_column": "gt"}
    yield build("class, one prediction", one, single, non_input_columns=["nn"], **gt)
    yield build("class, threshold", one, single, **gt, then=(look("classifier_threshold"),))
    yield build("class, truth stage", one, single, **gt, then=(look("ground_truth_type"),))
    yield build("class, str", one, single, non_input_columns=["nn"], **gt, then=(call("__str__"),))
    yield build(
        "class, review", one, single, non_input_columns=["nn"], **gt, then=(call("review"),)
    )
    yield build("class, the other label", one, {"pred_1": 0}, **gt)
    yield build("class, None for the other", two, {"pred_1": 1, None: 0}, **gt)
    yield build("class, positive named", one, single, positive_predicted_attr="pred_1", **gt)
    yield build("class, positive unknown", one, single, positive_predicted_attr="zzz", **gt)
    yield build("class, no reference", one, single, set_reference_data=False, **gt)
    yield build("class, two", two, both, positive_predicted_attr="pred_1", **gt)
    yield build("class, two, other positive", two, both, positive_predicted_attr="pred_0", **gt)
    yield build("class, two, positive unknown", two, both, positive_predicted_attr="zzz", **gt)
    yield build("class, two, no positive", two, both, **gt)
    flipped = {"pred_1": 1, "pred_0": 0}
    yield build("class, two, map order", two, flipped, positive_predicted_attr="pred_1", **gt)
    three = data("aa", "pred_0", "pred_1", "pred_2", "label")
    labels = {"pred_0": "cat", "pred_1": "dog", "pred_2": "emu"}
    yield build("class, three", three, labels, ground_truth_column="label")
    yield build(
        "class, three, positive",
        three,
        labels,
        ground_truth_column="label",
        positive_predicted_attr="pred_1",
    )
    nlp = ("NLP", "MULTICLASS")
    yield build("class, NLP", three, labels, nlp, ground_truth_column="label")
    yield build("class, Image", three, labels, ("IMAGE", "MULTICLASS"), ground_truth_column="label")
    yield build("class, text labels, one", three, {"pred_0": "cat"}, ground_truth_column="label")
    yield build("class, absent label", one, {"pred_1": 5}, **gt)
    yield build("class, label of another type", one, {"pred_1": "1"}, **gt)
    yield build("class, label as float", one, {"pred_1": 1.0}, **gt)
    yield build("class, without the column", one, single)
    yield build("class, column absent", data("aa", "pred_1"), single, **gt)
    for kind, spec in {
        "float": column("float64", 1, 1, 0, 0),
        "bool": column("bool", True, True, False, False),
        "Int64": column("Int64", 1, 1, 0, 0),
        "string": column("string", "1", "1", "0", "0"),
        "category of int": column("category of int64", 1, 1, 0, 0),
        "null": column("object", "1", None, "0", "0"),
        "nulls in floats": column("float64", 1.0, None, 0.0, 0.0),
        "nulls in Int64": column("Int64", 1, None, 0, 0),
    }.items():
        key: Any = {"float": 1.0, "nulls in floats": 1.0, "bool": True}.get(kind, 1)
        key = "1" if kind in {"string", "null"} else key
        yield build(f"class as {kind}", data("aa", "pred_1", gt=spec), {"pred_1": key}, **gt)
    many = Column("int64", [*range(15), *range(15)])
    wide = frame(aa=many, pred_1=Column("float64", [0.5] * 30), gt=many)
    yield build("class, fifteen labels", wide, {"pred_1": 1}, **gt)
    ids = Column("int64", list(range(30)))
    unique = frame(aa=ids, pred_1=Column("float64", [0.5] * 30), gt=ids)
    yield build("class, labels all different", unique, {"pred_1": 1}, **gt)
    integers = data("aa", "gt", pred_1=column("int64", 1, 0, 1, 0))
    yield build("class, integer predictions", integers, {"pred_1": 1}, **gt)
    for dtype in ("float32", "Float64", "Float32", "object", "bool"):
        values = (True, False) if dtype == "bool" else (0.5, 0.25)
        spec = column(dtype, *values * 2)
        predictions = data("aa", "gt", pred_1=spec)
        yield build(f"class, predictions as {dtype}", predictions, {"pred_1": 1}, **gt)


def _column_map() -> Iterator[Case]:
    """Classification with a ground truth column for each prediction."""
    two = data("aa", "pred_0", "pred_1", "gt_0", "gt_1")
    both = {"pred_0": "gt_0", "pred_1": "gt_1"}
    positive: dict[str, Any] = {"positive_predicted_attr": "pred_1"}
    threshold = (look("classifier_threshold"),)
    yield build("map, two", two, both, **positive)
    yield build("map, two, threshold", two, both, **positive, then=threshold)
    given = {"classifier_threshold": 0.7}
    yield build("map, two, own threshold", two, both, **positive, then=threshold, options=given)
    yield build("map, truth stage", two, both, **positive, then=(look("ground_truth_type"),))
    yield build("map, two, no positive", two, both)
    yield build("map, two, positive unknown", two, both, positive_predicted_attr="zz")
    single = data("aa", "pred_1", "gt_0", "gt_1")
    yield build("map, one", single, {"pred_1": "gt_1"})
    yield build("map, None for the other", single, {"pred_1": "gt_1", None: "gt_0"})
    yield build("map, None first", single, {None: "gt_0", "pred_1": "gt_1"})
    yield build("map, None as truth", two, {"pred_1": "gt_1", "pred_0": None}, **positive)
    three = data("aa", "pred_0", "pred_1", "pred_2", "gt_0", "gt_1", "gt_2")
    all_three = {**both, "pred_2": "gt_2"}
    yield build("map, three", three, all_three)
    yield build("map, three, positive", three, all_three, **positive)
    yield build("map, three, threshold", three, all_three, then=threshold)
    yield build("map, one truth absent", two, {"pred_0": "gt_0", "pred_1": "gt_9"}, **positive)
    yield build("map, truths absent", two, {"pred_0": "gt_8", "pred_1": "gt_9"}, **positive)
    yield build("map, prediction absent", two, {"pred_0": "gt_0", "pred_9": "gt_1"}, **positive)
    yield build(
        "map, prediction and non-input absent",
        two,
        {"pred_0": "gt_0", "pred_9": "gt_1"},
        **positive,
        non_input_columns=["nn", "oo"],
    )
    yield build("map, non-input absent", two, both, **positive, non_input_columns=["nn"])
    yield build("map, empty", two, {})
    yield build("map, only None", two, {None: "gt_0"})
    order = data("gt_1", "bb", "pred_1", "nn", "aa", "pred_0", "gt_0")
    yield build("map, columns mixed", order, both, **positive, non_input_columns=["nn", "bb"])
    yield build(
        "map, non-inputs in their order", order, both, **positive, non_input_columns=["bb", "nn"]
    )
    outputs = data("pred_0", "pred_1", "gt_0", "gt_1")
    yield build("map, no input", outputs, both, **positive)
    earlier = (call("add_attribute", "old", "FLOAT", "PIPELINE_INPUT"),)
    yield build("map, earlier schema dropped", two, both, **positive, before=earlier)
    again = (call("build", data("aa", "pred_1", "gt"), {"pred_1": 1}, ground_truth_column="gt"),)
    yield build("map, built twice", two, both, **positive, before=again)
    yield build(
        "map, no rows",
        frame(
            aa=Column("int64", []),
            pred_1=Column("float64", []),
            gt_0=Column("int64", []),
            gt_1=Column("int64", []),
        ),
        {"pred_1": "gt_1", None: "gt_0"},
    )
    yield build("map, unknown argument", two, both, foo=1)
    naive = data("pred_1", "gt", when=column("datetime64[ns]", *("2024-01-01",) * 4))
    yield build("naive datetimes", naive, {"pred_1": 1}, ground_truth_column="gt")


def _names() -> Iterator[Case]:
    """Column names that are not acceptable."""
    specs = {"aa": COLUMNS["aa"], "pred_1": COLUMNS["pred_1"], "gt": COLUMNS["gt"]}
    for case_id, bad in {
        "digit first": "1st",
        "dash": "a-b",
        "space": "a b",
        "empty": "",
        "umlaut": "größe",
        "line end": "ok\n",
        "two at once": ("a-b", "c d"),
        "unused column": "a.b",
    }.items():
        names = bad if isinstance(bad, tuple) else (bad,)
        columns = {**specs, **dict.fromkeys(names, COLUMNS["nn"])}
        yield _named(case_id, *columns.items())
    yield _named("a number", *specs.items(), (7, COLUMNS["nn"]))
    yield _named("one letter", ("x", COLUMNS["aa"]), *list(specs.items())[1:])


def _named(case_id: str, *columns: tuple[Any, Column]) -> Case:
    return build(f"name: {case_id}", Frame(columns), {"pred_1": 1}, ground_truth_column="gt")


def _regression() -> Iterator[Case]:
    pp, gg = column("float64", 1.5, 2.5, 0.0), column("float64", 2.0, 3.0, -1.0)
    aa = column("int64", 1, 2, 3)
    ints = column("int64", 1, 2, 0)
    one = {"pp": "gg"}
    floats = frame(aa=aa, pp=pp, gg=gg)
    yield build("regression", floats, one, REGRESSION)
    yield build("regression, str", floats, one, REGRESSION, then=(call("__str__"),))
    yield build("regression, integers", frame(aa=aa, pp=ints, gg=ints), one, REGRESSION)
    yield build("regression, float truth of ints", frame(aa=aa, pp=ints, gg=gg), one, REGRESSION)
    yield build(
        "regression, nullable",
        frame(aa=aa, pp=column("Float64", 1, None, 2), gg=gg),
        one,
        REGRESSION,
    )
    yield build(
        "regression, nulls", frame(aa=aa, pp=pp, gg=column("float64", 1, None, 4)), one, REGRESSION
    )
    texts = column("object", "a", "c", "b")
    yield build("regression, texts", frame(aa=aa, pp=texts, gg=texts), one, REGRESSION)
    bools = column("bool", True, False, True)
    yield build("regression, booleans", frame(aa=aa, pp=bools, gg=bools), one, REGRESSION)
    deltas = column("timedelta64[ns]", 1, 2, 3)
    yield build("regression, timedelta", frame(aa=aa, pp=deltas, gg=gg), one, REGRESSION)
    two = {"pp": "gg", "qq": "hh"}
    both = frame(aa=aa, pp=pp, gg=gg, qq=gg, hh=pp)
    yield build("regression, two", both, two, REGRESSION)
    mixed = frame(aa=aa, pp=pp, gg=gg, qq=ints, hh=pp)
    yield build("regression, two types", mixed, two, REGRESSION)
    yield build(
        "regression, one truth column",
        floats,
        {"pp": 2.0},
        REGRESSION,
        ground_truth_column="gg",
    )
    yield build("regression, NLP", frame(tt=texts, pp=pp, gg=gg), one, ("NLP", "REGRESSION"))
    points = column("object", *([{"timestamp": "2024-01-01T00:00:00Z", "value": 1.0}],) * 3)
    series = ("TIME_SERIES", "REGRESSION")
    yield build("regression, time series", frame(ts=points, pp=pp, gg=gg), one, series)
    yield build(
        "regression, time series and more", frame(aa=aa, ts=points, pp=pp, gg=gg), one, series
    )
    yield build("regression, time series missing", floats, one, series)
    yield build(
        "regression, time series as non-input",
        frame(aa=aa, ts=points, pp=pp, gg=gg),
        one,
        series,
        non_input_columns=["ts"],
    )


def cases() -> Iterator[Case]:
    """Yield the cases of building."""
    for group in (
        _one_column,
        _column_map,
        _names,
        _regression,
    ):
        yield from group()
