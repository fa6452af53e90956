"""`save`: what is checked before, and what is refused after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .build_cases import data
from .harness import Case, Step, call

if TYPE_CHECKING:
    from collections.abc import Iterator

MULTICLASS = ("TABULAR", "MULTICLASS")

INPUT = call("add_attribute", "aa", "INTEGER", "PIPELINE_INPUT")
BINARY = call("add_binary_classifier_output_attributes", "p1", {"p0": "g0", "p1": "g1"})
REGRESSION = call("add_regression_output_attributes", {"pp": "gg"}, "FLOAT")
BUILT = call("build", data("aa", "pred_1", "gt"), {"pred_1": 1}, ground_truth_column="gt")
SAVE = call("save")
SAVED = call("model_is_saved")
TEXTS = {"input_column": "in_text", "output_text_column": "out_text"}


def _case(case_id: str, *steps: Step, model: tuple[str, str] = MULTICLASS) -> Case:
    return Case(case_id, model, steps, returns=True, attributes=False)


def _incomplete() -> Iterator[Case]:
    """Schemas that cannot be saved, and the least that can."""
    remove = {name: call("remove_attribute", name) for name in ("aa", "p0", "p1", "g0", "g1", "gg")}
    yield _case("no schema", SAVE)
    yield _case("empty schema", INPUT, remove["aa"], SAVE)
    yield _case("only an input", INPUT, SAVE)
    yield _case("no input", BINARY, SAVE)
    yield _case("no prediction", INPUT, BINARY, remove["p0"], remove["p1"], SAVE)
    yield _case("no truth", INPUT, BINARY, remove["g0"], remove["g1"], SAVE)
    yield _case(
        "regression, no truth",
        INPUT,
        REGRESSION,
        remove["gg"],
        SAVE,
        model=("TABULAR", "REGRESSION"),
    )
    texts, sequence = call("build_token_sequence_model", **TEXTS), ("NLP", "TOKEN_SEQUENCE")
    yield _case("token sequence, no truth", texts, SAVE, SAVED, model=sequence)
    yield _case("binary", INPUT, BINARY, SAVE, SAVED)
    not_positive = call("p1:__setattr__", "is_positive_predicted_attribute", False)
    yield _case("binary, none positive", INPUT, BINARY, not_positive, SAVE)
    two = data("aa", "pred_0", "pred_1", "gt")
    unknown = call("build", two, {"pred_0": 0, "pred_1": 1}, "zzz", ground_truth_column="gt")
    yield _case("class, two, positive unknown", unknown, SAVE)
    single = call("add_classifier_output_attributes_gtclass", {"pred_1": 1}, "gt", data("gt"))
    flag = call("__getattribute__", "is_positive_predicted_attribute")
    positive = Step(f"pred_1:{flag.call}", flag.args)
    yield _case("class, one, not flagged before", INPUT, single, positive)
    yield _case("class, one, flagged by saving", INPUT, single, SAVE, positive)


def _reference() -> Iterator[Case]:
    """The reference data is checked before the model is saved."""
    without = Step(BUILT.call, BUILT.args, {**BUILT.kwargs, "set_reference_data": False})
    yield _case("built, no reference", without, SAVE, SAVED)
    lacking = call("set_reference_data", data=data("aa", "pred_1"))
    yield _case("reference lacks a column", BUILT, lacking, SAVE)
    extra = call("set_reference_data", data=data("aa", "pred_1", "gt", "nn"))
    yield _case("reference has one more", BUILT, extra, SAVE)
    changed = call("aa:set", value_type="FLOAT", categorical=False, categories=[])
    yield _case("reference of another type", BUILT, changed, SAVE)
    yield _case("no reference given", BUILT, call("set_reference_data"))
    yield _case("reference without data", BUILT, call("set_reference_data", directory_path="x"))


def _afterwards() -> Iterator[Case]:
    """A saved model is a version for ever."""
    for case_id, step in {
        "save again": SAVE,
        "build again": BUILT,
        "remove": call("remove_attribute", "aa"),
    }.items():
        yield _case(f"saved: {case_id}", INPUT, BINARY, SAVE, step)
    threshold = call("__getattribute__", "classifier_threshold")
    yield _case("saved: threshold", INPUT, BINARY, SAVE, threshold)
    for case_id, step in {
        "update": call("update"),
        "archive": call("archive"),
        "await": call("await_model_ready"),
    }.items():
        yield _case(f"unsaved: {case_id}", INPUT, BINARY, step)


def cases() -> Iterator[Case]:
    """Yield the cases of saving."""
    for group in (_incomplete, _reference, _afterwards):
        yield from group()
