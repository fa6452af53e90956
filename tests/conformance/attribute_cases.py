"""Attributes: adding them, `set`, their text forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .harness import Case, Make, Record, Step, call

if TYPE_CHECKING:
    from collections.abc import Iterator

MULTICLASS = ("TABULAR", "MULTICLASS")
PIPELINE = "PIPELINE_INPUT"

NUM: Record = {"name": "num", "value_type": "FLOAT", "stage": PIPELINE}
CAT: Record = {
    "name": "cat",
    "value_type": "STRING",
    "stage": PIPELINE,
    "categorical": True,
    "categories": ["a", "b"],
}
UNI: Record = {
    "name": "uni",
    "value_type": "STRING",
    "stage": PIPELINE,
    "categorical": True,
    "is_unique": True,
}
BASE = (
    call("add_attribute", "num", "FLOAT", PIPELINE),
    call("add_attribute", "cat", "STRING", PIPELINE, categorical=True, categories=["a", "b"]),
    call("add_attribute", "uni", "STRING", PIPELINE, categorical=True, is_unique=True),
)
SET = "4: `set` accepts what it can understand, and checks before it assigns"
B4 = "B4: one rule for names"
B7 = "B7: no categories are printed as an empty list"
B8 = "B8: zero is a value"
ASSIGNED = "4: plain strings assigned as categories are read as categories"
NAMES_UNIQUE = "6.2: a name occurs once in a stage"


def error(name: str, *mentions: str) -> Record:
    """Return the outcome of a call that raises."""
    return {"error": name, "mentions": [list(mentions)]}


def case(
    case_id: str,
    *steps: Step,
    model: tuple[str, str] = MULTICLASS,
    differs: str | None = None,
    ours: Record | None = None,
    **options: Any,
) -> Case:
    """Return a case whose last step's result counts."""
    return Case(case_id, model, steps, options, returns=True, differs=differs, ours=ours)


def _set() -> Iterator[Case]:
    """`Attribute.set`: attribute, changes, and where we differ the reason and the outcome."""
    lab = Make("Category", {"value": "z", "label": "lab"})
    bins = [Make("Bin", {"continuous_end": 5}), Make("Bin", {"continuous_start": 5})]
    changes: list[tuple[str, Record, Any]] = [
        ("num", {}, None),
        ("num", {"label": "lab", "position": 3, "monitor_for_bias": True}, None),
        ("num", {"name": "other"}, None),
        ("num", {"stage": "NON_INPUT_DATA", "value_type": "INTEGER"}, None),
        ("num", {"min_range": 0, "max_range": 1}, None),
        ("num", {"min_range": -1.5, "max_range": -1.5}, None),
        ("num", {"min_range": 1}, None),
        ("num", {"max_range": 1}, None),
        ("num", {"min_range": 5, "max_range": 1}, None),
        ("num", {"min_range": 0}, (B8, error("MissingParameterError"))),
        ("num", {"max_range": 0}, (B8, error("MissingParameterError"))),
        ("num", {"min_range": 5, "max_range": 0}, (B8, error("UserValueError"))),
        ("num", {"min_range": 0, "max_range": -1}, (B8, error("UserValueError"))),
        ("num", {"range": [0, 1]}, (SET, _with(NUM, min_range=0, max_range=1))),
        ("num", {"categories": ["a"]}, None),
        ("num", {"categories": []}, None),
        ("num", {"categorical": True}, None),
        ("num", {"categorical": True, "is_unique": True}, None),
        ("num", {"categorical": True, "categories": ["a", 1, 2.5, True]}, None),
        ("num", {"categorical": True, "categories": []}, None),
        ("num", {"foo": 1}, None),
        ("num", {"label": "lab", "foo": 1}, None),
        ("num", {"id": "some id"}, None),
        ("num", {"bins": [None, 35, 55, None]}, None),
        ("num", {"bins": [0, 10]}, None),
        ("num", {"bins": [5]}, None),
        ("num", {"bins": []}, None),
        ("num", {"bins": None}, (SET, _with(NUM))),
        ("num", {"bins": bins}, (SET, _with(NUM, bins=[[None, 5], [5, None]]))),
        ("num", {"attribute_link": "g", "gt_class_link": "c", "token_attribute_link": "t"}, None),
        ("num", {"is_positive_predicted_attribute": True, "implicit": True}, None),
        ("cat", {"categories": ["z"]}, None),
        ("cat", {"categories": ("z", 1)}, None),
        ("cat", {"categories": []}, None),
        (
            "cat",
            {"categories": [lab]},
            (SET, _with(CAT, categories=[{"label": "lab", "value": "z"}])),
        ),
        (
            "cat",
            {"categories": [{"value": 1, "label": "one"}, {"value": 2}]},
            (SET, _with(CAT, categories=[{"label": "one", "value": "1"}, "2"])),
        ),
        ("cat", {"categories": None}, (SET, _with(CAT, categories=None))),
        ("cat", {"categorical": False}, None),
        ("cat", {"categorical": False, "categories": []}, None),
        (
            "cat",
            {"categorical": False, "categories": None},
            (SET, _with(CAT, categories=None, categorical=False)),
        ),
        ("cat", {"categorical": False, "categories": [], "bins": [None, 35, 55, None]}, None),
        ("cat", {"is_unique": True}, None),
        ("cat", {"monitor_for_bias": True}, None),
        ("cat", {"min_range": 5, "max_range": 1}, None),
        ("uni", {"categorical": True}, None),
        ("uni", {"is_unique": False}, (SET, _with(UNI, is_unique=False))),
        ("uni", {"categories": ["a"]}, None),
        ("uni", {"categorical": False}, None),
    ]
    for name, kwargs, difference in changes:
        why, ours = difference or (None, None)
        shown = ", ".join(f"{key}={_shown(value)}" for key, value in kwargs.items())
        yield case(
            f"set: {name}, {shown or 'nothing'}",
            *BASE,
            call(f"{name}:set", **kwargs),
            differs=why,
            ours=ours,
        )


def _with(base: Record, **changes: Any) -> Record:
    """Return the outcome of a `set` that changes the base attribute."""
    merged = {**base, **changes}
    after = {
        key: value for key, value in merged.items() if value is not None and value is not False
    }
    attributes = [after if item is base else item for item in (NUM, CAT, UNI)]
    return {"attributes": attributes, "returns": after}


def _shown(value: Any) -> str:
    if isinstance(value, Make):
        return value.kind
    if isinstance(value, list):
        return f"[{', '.join(_shown(item) for item in value)}]"
    return repr(value)


def _texts() -> Iterator[Case]:
    def of(**values: Any) -> Step:
        base = {"name": "x", "value_type": "INTEGER", "stage": PIPELINE}
        return call("add_attribute", arthur_attribute=Make("Attribute", {**base, **values}))

    def categories(n: int) -> list[Make]:
        return [Make("Category", {"value": i}) for i in range(n)]

    empty = "PIPELINE_INPUT[None]:x\n\tCategorical: []"
    bare: Record = {"name": "x", "value_type": "INTEGER", "stage": PIPELINE, "categorical": True}
    for n in (1, 2, 5, 6, 7):
        step = of(categorical=True, categories=categories(n), position=2, label="lab")
        yield case(f"str: {n} categories", step, call("x:__str__"))
    yield case(
        "str: no categories",
        of(categorical=True, categories=[]),
        call("x:__str__"),
        differs=B7,
        ours={"attributes": [{**bare, "categories": []}], "returns": empty},
    )
    yield case(
        "str: categories None",
        of(categorical=True),
        call("x:__str__"),
        differs=B7,
        ours={"attributes": [bare], "returns": empty},
    )
    labelled = [Make("Category", {"value": 1, "label": "one"})]
    yield case("str: labelled", of(categorical=True, categories=labelled), call("x:__str__"))
    yield case("str: range", of(min_range=0, max_range=1.5), call("x:__str__"))
    yield case("str: no range", of(), call("x:__str__"))
    links = of(attribute_link="g", gt_class_link="1")
    yield case("str: links", links, call("x:__str__"))
    step = of(
        categorical=True, categories=categories(7), position=2, label="lab", attribute_link="g"
    )
    yield case("str: everything", step, call("x:__str__"))
    yield case("short name", of(position=0, label=""), call("x:short_name"))
    yield case("to_dict", step, call("x:to_dict"))
    yield case(
        "to_dict with None",
        of(bins=[Make("Bin", {"continuous_end": 5})]),
        call("x:to_dict", skip_none=False),
    )
    yield case("to_json", of(bins=[Make("Bin", {"continuous_end": 5})]), call("x:to_json"))
    assigned = of(categorical=True), call("x:__setattr__", "categories", ["n/a"])
    yield case("assigned categories, str", *assigned, call("x:__str__"))
    row = ["x", PIPELINE, "INTEGER", True, False, ["{value: n/a}"], None, "[None, None]", False]
    columns = [
        "name",
        "stage",
        "value_type",
        "categorical",
        "is_unique",
        "categories",
        "bins",
        "range",
        "monitor_for_bias",
    ]
    yield case(
        "assigned categories, review",
        *assigned,
        call("review"),
        differs=ASSIGNED,
        ours={
            "attributes": [{**bare, "categories": ["n/a"]}],
            "returns": {"columns": columns, "rows": [row]},
        },
    )


def _add() -> Iterator[Case]:
    def add(
        case_id: str, *args: Any, differs: Any = None, before: tuple[Step, ...] = (), **kwargs: Any
    ) -> Case:
        why, ours = differs or (None, None)
        step = call("add_attribute", *args, **kwargs)
        return case(f"add: {case_id}", *before, step, differs=why, ours=ours)

    everything: Record = {
        "label": "lab",
        "position": 4,
        "min_range": 0,
        "max_range": 9,
        "monitor_for_bias": True,
        "is_unique": True,
        "is_positive_predicted_attribute": True,
        "attribute_link": "other",
    }
    yield add("least", "aa", "FLOAT", PIPELINE)
    yield add("everything", "aa", "FLOAT", PIPELINE, **everything)
    mixed = ["a", 1, Make("Category", {"value": "z", "label": "lab"})]
    yield add("categories", "aa", "STRING", PIPELINE, categorical=True, categories=mixed)
    yield add("no categories", "aa", "STRING", PIPELINE, categorical=True, categories=[])
    yield add("bins", "aa", "FLOAT", PIPELINE, bins=[None, 18, 65, None])
    yield add("ready bins", "aa", "FLOAT", PIPELINE, bins=[Make("Bin", {"continuous_end": 5})])
    for missing in ("name", "value_type", "stage"):
        given: Record = {"name": "aa", "value_type": "FLOAT", "stage": PIPELINE}
        yield add(f"no {missing}", **{k: v for k, v in given.items() if k != missing})
    for stage in (
        "PREDICTED_VALUE",
        "GROUND_TRUTH",
        "GROUND_TRUTH_CLASS",
        "NON_INPUT_DATA",
        "PREDICT_FUNCTION_INPUT",
    ):
        yield add(f"to {stage}", "aa", "FLOAT", stage)
    yield add("a map", "aa", "FLOAT", PIPELINE, gt_pred_attrs_map={"aa": "bb"})
    refused = (B4, error("UserValueError"))
    for bad in ("1a", "a b", "a-b", "a.b"):
        yield add(f"name {bad!r}", bad, "FLOAT", PIPELINE)
    for good in ("x", "_", "_1", "A9"):
        yield add(f"name {good!r}", good, "FLOAT", PIPELINE)
    for bad in ("größe", "", "a" * 256):
        shown = f"{bad[:9]!r} of {len(bad)}"
        yield add(f"name {shown}", bad, "FLOAT", PIPELINE, differs=refused)
    yield add("a name that is a number", 5, "FLOAT", PIPELINE, differs=refused)
    ready: Record = {"name": "aa", "value_type": "FLOAT", "stage": "PREDICTED_VALUE", "position": 7}
    yield add("an attribute", arthur_attribute=Make("Attribute", ready))
    yield add(
        "an attribute of a bad name",
        differs=refused,
        arthur_attribute=Make("Attribute", {**ready, "name": "a b"}),
    )
    first = (call("add_attribute", "aa", "FLOAT", PIPELINE),)
    yield add(
        "name taken",
        "aa",
        "STRING",
        PIPELINE,
        before=first,
        differs=(NAMES_UNIQUE, error("UserValueError", "aa")),
    )
    yield add("unknown argument", "aa", "FLOAT", PIPELINE, depth=1)
    image = ("IMAGE", "MULTICLASS")
    add_image = call("add_image_attribute", "img")
    yield case("image", add_image, model=image)
    yield case("image, twice", add_image, call("add_image_attribute", "img2"), model=image)
    yield case("image, no name", call("add_image_attribute"), model=image)
    yield case("get image", add_image, call("get_image_attribute"), model=image)
    yield case("get image, none", call("get_image_attribute"), model=image)
    yield case("get image, other attributes", *BASE, call("get_image_attribute"), model=image)


def cases() -> Iterator[Case]:
    """Yield the cases of attributes."""
    for group in (_set, _texts, _add):
        yield from group()
