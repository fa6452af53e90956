"""Looking at a schema and changing it: access, `review`, positions, encodings, whole models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .attribute_cases import BASE, CAT, MULTICLASS, NUM, PIPELINE, UNI, case, error
from .harness import Case, Make, Record, Step, call, column, frame

if TYPE_CHECKING:
    from collections.abc import Iterator

B6 = "B6: no attributes are an empty list"
B10 = "B10: an empty dictionary is a user error"
REVIEW = "6.5: the documented names of properties work"


def _access() -> Iterator[Case]:
    outputs = call("add_regression_output_attributes", {"pp": "gg"}, "FLOAT")
    for case_id, step in {
        "get": call("get_attribute", "num"),
        "get, stage": call("get_attribute", "num", PIPELINE),
        "get, another stage": call("get_attribute", "num", "NON_INPUT_DATA"),
        "get, unknown": call("get_attribute", "zzz"),
        "all": call("get_attributes"),
        "all of a stage": call("get_attributes", "PREDICTED_VALUE"),
        "all of an empty stage": call("get_attributes", "NON_INPUT_DATA"),
        "names": call("get_attribute_names"),
        "names of a stage": call("get_attribute_names", PIPELINE),
        "names of a type": call("get_attribute_names", value_type="FLOAT"),
        "names of both": call("get_attribute_names", PIPELINE, "FLOAT"),
        "remove": call("remove_attribute", "num"),
        "remove, stage": call("remove_attribute", "num", PIPELINE),
        "remove, another stage": call("remove_attribute", "num", "NON_INPUT_DATA"),
        "remove, unknown": call("remove_attribute", "zzz"),
        "rename": call("rename_attribute", "num", "renamed", PIPELINE),
        "rename, unknown": call("rename_attribute", "zzz", "renamed", PIPELINE),
        "rename, another stage": call("rename_attribute", "num", "renamed", "NON_INPUT_DATA"),
        "rename, no stage": call("rename_attribute", "num", "renamed"),
        "labels": call("set_attribute_labels", "cat", {"b": "bee", 1: "one"}),
        "labels, stage": call("set_attribute_labels", "cat", {"b": "bee"}, PIPELINE),
        "labels, unknown": call("set_attribute_labels", "zzz", {"b": "bee"}),
        "labels, empty": call("set_attribute_labels", "cat", {}),
        "sensitive": call("set_attribute_as_sensitive", "cat"),
        "sensitive, unknown": call("set_attribute_as_sensitive", "zzz"),
        "order": call("set_predict_function_input_order", ["uni", "num", "cat"]),
        "order, some": call("set_predict_function_input_order", ["cat"]),
        "order, unknown": call("set_predict_function_input_order", ["cat", "zzz"]),
        "order, an output": call("set_predict_function_input_order", ["pp"]),
        "swap, one": call("swap_predicted_attribute_positions"),
        "truth stage": call("__getattribute__", "ground_truth_type"),
        "bias, none": call("check_has_bias_attrs"),
        "is bias, no": call("check_attr_is_bias", "cat"),
        "is saved": call("model_is_saved"),
    }.items():
        yield case(f"access: {case_id}", *BASE, outputs, step)
    sensitive = call("set_attribute_as_sensitive", "cat")
    yield case("access: bias, one", *BASE, sensitive, call("check_has_bias_attrs"))
    yield case("access: is bias, yes", *BASE, sensitive, call("check_attr_is_bias", "cat"))
    relabelled = call("set_attribute_labels", "cat", {"a": "Ay"})
    yield case("access: labels, review", *BASE, relabelled, call("review", props=["categories"]))
    for case_id, step in {
        "get": call("get_attribute", "num"),
        "all": call("get_attributes"),
        "names": call("get_attribute_names"),
        "remove": call("remove_attribute", "num"),
        "truth stage": call("__getattribute__", "ground_truth_type"),
        "review": call("review"),
        "review, stage": call("review", PIPELINE),
        "order": call("set_predict_function_input_order", ["cat"]),
        "swap": call("swap_predicted_attribute_positions"),
    }.items():
        yield case(f"no schema: {case_id}", step)
    nothing: Record = {"attributes": []}
    yield case(
        "no schema: str",
        call("__str__"),
        differs=B6,
        ours={
            **nothing,
            "returns": "Tabular Multiclass Model\n\tpid:pid\n\tStage: Local\n\tAttributes: []",
        },
    )
    yield case(
        "no schema: bias",
        call("check_has_bias_attrs"),
        differs=B6,
        ours={**nothing, "returns": False},
    )


def _review() -> Iterator[Case]:
    yield case("review", *BASE, call("review"))
    yield case("review, stage", *BASE, call("review", PIPELINE))
    yield case("review, empty stage", *BASE, call("review", "NON_INPUT_DATA"))
    yield case("review, props", *BASE, call("review", props=["position", "label", "range", "id"]))
    yield case("review, no props", *BASE, call("review", props=[]))
    yield case("review, stage and props", *BASE, call("review", stage=PIPELINE, props=["bins"]))
    yield case("review, unknown prop", *BASE, call("review", props=["colour"]))
    binned = call("num:set", bins=[None, 5, None])
    yield case("review, bins", *BASE, binned, call("review"))
    removed = [call("remove_attribute", name) for name in ("num", "cat", "uni")]
    yield case("review, empty", *BASE, *removed, call("review"))
    types = [["num", PIPELINE, "FLOAT"], ["cat", PIPELINE, "STRING"], ["uni", PIPELINE, "STRING"]]
    schema = {"attributes": [NUM, CAT, UNI]}
    yield case(
        "review, data_type",
        *BASE,
        call("review", props=["data_type"]),
        differs=REVIEW,
        ours={**schema, "returns": {"columns": ["name", "stage", "data_type"], "rows": types}},
    )


def _encodings() -> Iterator[Case]:
    binary = call("add_binary_classifier_output_attributes", "p1", {"p0": "g0", "p1": "g1"})
    three = {f"p{i}": f"g{i}" for i in range(3)}
    multi = call("add_multiclass_classifier_output_attributes", three)
    regression = call("add_regression_output_attributes", {"p0": "g0", "p1": "g1"}, "FLOAT")
    for case_id, outputs, step in (
        ("binarize, positive", binary, call("binarize", {"p1": 0.25})),
        ("binarize, negative", binary, call("binarize", {"p0": 0.25})),
        ("binarize, unknown", binary, call("binarize", {"zz": 0.25})),
        ("binarize, two", binary, call("binarize", {"p0": 0.25, "p1": 0.75})),
        ("binarize, three classes", multi, call("binarize", {"p1": 0.25})),
        ("binarize, no ranges", regression, call("binarize", {"p1": 0.25})),
        ("one hot", binary, call("one_hot_encode", "g1")),
        ("one hot, three", multi, call("one_hot_encode", "g2")),
        ("one hot, unknown", binary, call("one_hot_encode", "zz")),
        ("one hot, a prediction", binary, call("one_hot_encode", "p1")),
        ("swap", binary, call("swap_predicted_attribute_positions")),
        ("swap, three", multi, call("swap_predicted_attribute_positions")),
        ("positive, binary", binary, call("get_positive_predicted_class")),
        ("positive, three", multi, call("get_positive_predicted_class")),
    ):
        yield Case(
            f"encode: {case_id}",
            MULTICLASS,
            (outputs, step),
            returns=True,
            attributes=case_id == "swap",
        )
    yield Case(
        "encode: binarize, nothing",
        MULTICLASS,
        (binary, call("binarize", {})),
        returns=True,
        differs=B10,
        ours=error("UserValueError"),
    )
    not_classes = ("TABULAR", "REGRESSION")
    yield case(
        "encode: one hot, regression", regression, call("one_hot_encode", "g1"), model=not_classes
    )
    yield case(
        "encode: positive, regression",
        regression,
        call("get_positive_predicted_class"),
        model=not_classes,
    )


def _models() -> Iterator[Case]:
    def many(n: int) -> list[Step]:
        return [call("add_attribute", f"a{i}", "FLOAT", PIPELINE, position=i) for i in range(n)]

    for n in (1, 10, 11, 25):
        yield Case(
            f"model str: {n} attributes",
            MULTICLASS,
            (*many(n), call("__str__")),
            returns=True,
            attributes=False,
        )
    named: Record = {"display_name": "Card fraud", "model_group_id": "group", "version_label": "V2"}
    yield case("model str: a version", *many(1), call("__str__"), **named)
    for model in (
        ("NLP", "TOKEN_SEQUENCE"),
        ("TIME_SERIES", "RANKED_LIST"),
        ("IMAGE", "OBJECT_DETECTION"),
    ):
        yield case(f"model str: {' '.join(model)}", *many(1), call("__str__"), model=model)
    options: Record = {
        "description": "text",
        "is_batch": True,
        "tags": ["a", "b"],
        "classifier_threshold": 0.4,
        "text_delimiter": r"\W+",
        "pixel_height": 10,
        "pixel_width": 20,
        "expected_throughput_gb_per_day": 3,
        "image_class_labels": ["cat"],
    }
    yield case("model to_dict", *many(1), call("to_dict"), **options)
    yield case("model to_dict, least", call("to_dict"))
    yield case("model to_dict with None", call("to_dict", skip_none=False))
    given = [
        Make(
            "Attribute", {"name": name, "value_type": "FLOAT", "stage": stage, "position": position}
        )
        for name, stage, position in (
            ("gt", "GROUND_TRUTH_CLASS", 0),
            ("g", "GROUND_TRUTH", 0),
            ("p1", "PREDICTED_VALUE", 1),
            ("p0", "PREDICTED_VALUE", 0),
            ("n", "NON_INPUT_DATA", None),
            ("i2", PIPELINE, 2),
            ("f", "PREDICT_FUNCTION_INPUT", 0),
            ("i0", PIPELINE, None),
        )
    ]
    yield case("constructor sorts", call("get_attribute_names"), attributes=given)
    one = call("infer_schema", frame(bb=column("int64", 1, 2)), PIPELINE)
    yield case("inference after the constructor", one, attributes=given[5:6])


def cases() -> Iterator[Case]:
    """Yield the cases of models."""
    for group in (_access, _review, _encodings, _models):
        yield from group()
