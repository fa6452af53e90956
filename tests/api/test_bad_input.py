"""Whatever is wrong, the right error names it, nothing is written, and the model can be saved."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups import Attribute, AttributeBin, Stage
from modelgroups.errors import (
    BadRequestError,
    ConflictError,
    FrameError,
    MethodNotApplicableError,
    MissingParameterError,
    NotFoundError,
    UnexpectedTypeError,
    UserError,
    UserTypeError,
    UserValueError,
)

from .samples import FRAME, HOSTILE, contents, new_model, saved_model

SURROGATE = "\ud800"
TWO = pd.DataFrame(
    {"age": [31, 47, 52], "p0": [0.8, 0.1, 0.6], "p1": [0.2, 0.9, 0.4], "y": [0, 1, 0]}
)


class World:
    """A registry with a version, an archived group, and a model that is ready to be saved."""

    def __init__(self, connection):
        self.connection = connection
        self.saved = saved_model(connection, partner_model_id="taken", label="V1")
        self.group = connection.get_model_group(self.saved)
        gone = saved_model(connection, "Gone", partner_model_id="gone")
        self.archived = connection.get_model_group(gone)
        self.archived.archive()
        self.model = new_model(connection, "Ready", partner_model_id="ready")

    def raw(self, input_type="TABULAR", output_type="MULTICLASS", **fields):
        """Return a model without a schema in place of the one that is ready."""
        self.model = self.connection.model("raw", input_type, output_type, **fields)
        return self.model


class Bad(NamedTuple):
    """One thing that users do wrong.

    `prepare` makes the model be as wrong as it is to be, `act` is refused, and `repair`
    puts right what `prepare` did.
    """

    what: str
    act: Callable[[World], Any]
    error: type[Exception]
    names: list[str]
    prepare: Callable[[World], Any] = lambda world: None
    repair: Callable[[World], Any] = lambda world: None


def build(frame, outputs=None, **options):
    """Return the act of building the schema again, from a frame that is not in order."""
    options = {"ground_truth_column": "y"} | options
    outputs = {"p": 1} if outputs is None else outputs
    return lambda world: world.model.build(frame, outputs, **options)


def save(world):
    return world.model.save()


def setting(**fields):
    """Return how fields of the model are set."""

    def prepare(world):
        for name, value in fields.items():
            setattr(world.model, name, value)

    return prepare


def with_age(**fields):
    """Return how fields of an attribute are set, past its `set`."""

    def prepare(world):
        for name, value in fields.items():
            setattr(world.model.get_attribute("age"), name, value)

    return prepare


def rebuilt(world):
    """Give the model a schema again."""
    frame = FRAME if world.model.output_type == "MULTICLASS" else FRAME[["age", "p"]].assign(y=0.5)
    if world.model.output_type == "MULTICLASS":
        world.model.build(frame, {"p": 1}, ground_truth_column="y")
    else:
        world.model.build(frame, {"p": "y"})


def without(*stages):
    """Return how attributes of some stages are taken away."""

    def prepare(world):
        world.model.attributes = [a for a in world.model.attributes if a.stage not in stages]

    return prepare


def mixed(*values):
    return FRAME.assign(age=pd.Series(values, dtype=object))


def wrong_field(field, value, error, *names):
    """Return the saving of a model with a field that cannot be stored."""
    good = {"partner_model_id": "ready", "display_name": "Ready"}
    good |= {"input_type": "TABULAR", "output_type": "MULTICLASS", "is_batch": False}
    shown = repr(value) if len(repr(value)) < 50 else "long"
    return Bad(
        f"{field} is {shown}",
        save,
        error,
        [field, *names],
        setting(**{field: value}),
        setting(**{field: good.get(field)}),
    )


def wrong_attribute(field, value, *names, error=BadRequestError):
    """Return the saving of an attribute with a field that cannot be stored."""
    good = getattr(Attribute("age", "INTEGER", "PIPELINE_INPUT", position=0), field)
    return Bad(
        f"an attribute's {field} is {value!r}"[:60],
        save,
        error,
        ["'age'", *names],
        with_age(**{field: value}),
        with_age(**{field: good}),
    )


FRAMES = [
    Bad("a frame with no rows", build(FRAME.iloc[:0]), UserValueError, ["no rows"]),
    Bad("a frame with no columns", build(FRAME[[]]), UserValueError, ["no columns"]),
    Bad("no frame at all", build({"age": [1]}), UserTypeError, ["DataFrame", "dict"]),
    Bad(
        "columns of one name",
        build(pd.concat([FRAME, FRAME[["age", "p"]]], axis=1)),
        UserValueError,
        ["'age', 'p'", "keep one"],
    ),
    Bad(
        "columns in two levels",
        build(FRAME.set_axis(pd.MultiIndex.from_product([["a"], ["b", "c", "d"]]), axis=1)),
        UserValueError,
        ["2 levels"],
    ),
    Bad(
        "a number for a name",
        build(FRAME.assign(x=1).rename(columns={"x": 7})),
        UserValueError,
        ["7 (int"],
    ),
    Bad(
        "None for a name",
        build(FRAME.rename(columns={"age": None})),
        UserValueError,
        ["not a text"],
    ),
    Bad("a name beyond ASCII", build(FRAME.assign(Größe=1)), UserValueError, ["'Größe'"]),
    Bad("an empty name", build(FRAME.rename(columns={"age": ""})), UserValueError, ["'' (empty)"]),
    Bad(
        "a name of 256 letters",
        build(FRAME.rename(columns={"age": "x" * 256})),
        UserValueError,
        ["256"],
    ),
    *(
        Bad(f"the name {name!r}", build(FRAME.assign(**{name: 1})), UserValueError, [repr(name)])
        for name in ["2nd", "a b", "a-b", "x.y", "a\0", *HOSTILE[:-1]]
        if not name.isidentifier()
    ),
    *(
        Bad(
            f"the reserved name {name}",
            build(FRAME.assign(**{name: 1})),
            UserValueError,
            [name, "reserved"],
        )
        for name in (
            "inference_timestamp",
            "partner_inference_id",
            "batch_id",
            "ground_truth_timestamp",
            "inference_data",
            "ground_truth_data",
        )
    ),
    Bad(
        "a null in the ground truth class",
        build(FRAME.assign(y=["a", None, "b"]), {"p": "a"}),
        UserValueError,
        ["1 of 3", "'y'", "index 1"],
    ),
    Bad(
        "NaN in the ground truth class",
        build(FRAME.assign(y=pd.array([0, 1, None], dtype="Int64")), {"p": 1}),
        UserValueError,
        ["1 of 3", "'y'", "index 2"],
    ),
    Bad(
        "text among numbers",
        build(mixed(1, 2, "old")),
        UserValueError,
        ["'age'", "'old'", "index 2"],
    ),
    Bad(
        "bytes among text",
        build(mixed("a", b"b", None)),
        UserValueError,
        ["'age'", "b'b'", "index 1"],
    ),
    Bad(
        "booleans among numbers",
        build(mixed(1, True, 2)),
        UserValueError,
        ["'age'", "True", "index 1"],
    ),
    Bad("lists among text", build(mixed("a", ["b"], "c")), UserValueError, ["'age'", "index 1"]),
    Bad(
        "mixed values at a label of the index",
        build(mixed(1, "old", 2).set_axis(["r1", "r2", "r3"])),
        UserValueError,
        ["'age'", "'r2'"],
    ),
    Bad(
        "times without a zone",
        build(FRAME.assign(at=pd.date_range("2024-01-01", periods=3))),
        UserValueError,
        ["'at'", "no time zone", "index 0"],
    ),
    Bad(
        "broken times among zoned ones",
        build(FRAME.assign(at=["2024-01-01T00:00:00Z", "soon", "2024-01-01T00:00:00Z"])),
        UserValueError,
        ["'at'", "'soon'", "index 1"],
    ),
    Bad(
        "every problem of a frame at once",
        build(
            pd.concat([FRAME, FRAME[["age"]]], axis=1).assign(**{"2nd": 1, "batch_id": 1}).iloc[:0]
        ),
        UserValueError,
        ["'age'", "'2nd'", "'batch_id'", "no rows"],
    ),
    Bad(
        "every problem of the columns at once",
        build(mixed(1, "old", 2).assign(at=pd.date_range("2024-01-01", periods=3))),
        UserValueError,
        ["'age'", "'old'", "'at'", "no time zone"],
    ),
]

OUTPUTS = [
    Bad("a prediction that is not there", build(FRAME, {"q": 1}), UserValueError, ["'q'"]),
    Bad(
        "predictions, truths and non-inputs that are not there",
        build(FRAME, {"q": 1, "r": 0}, ground_truth_column="z", non_input_columns=["n", "m"]),
        UserValueError,
        ["'q', 'r'", "'z'", "'n', 'm'"],
    ),
    Bad(
        "a truth column that is not there",
        build(FRAME, ground_truth_column="z"),
        UserValueError,
        ["'z'"],
    ),
    Bad(
        "a class for a column",
        build(FRAME, {"p": 1}, ground_truth_column=None),
        UserValueError,
        ["1", "ground_truth_column"],
    ),
    Bad("no outputs", build(FRAME, {}), UserValueError, ["pred_to_ground_truth_map"]),
    Bad(
        "outputs in a list",
        build(FRAME, ["p"]),
        UserTypeError,
        ["pred_to_ground_truth_map", "list"],
    ),
    Bad(
        "whole numbers for probabilities",
        build(FRAME.assign(p=[0, 1, 1])),
        UserTypeError,
        ["'p'", "int64"],
    ),
    Bad("text for probabilities", build(FRAME.assign(p=["a", "b", "c"])), UserTypeError, ["'p'"]),
    Bad(
        "booleans for probabilities",
        build(FRAME.assign(p=[True, False, True])),
        UserTypeError,
        ["'p'", "bool"],
    ),
    Bad(
        "a class that does not occur", build(FRAME, {"p": 5}), UserValueError, ["5", "'y'", "0, 1"]
    ),
    Bad("a class of another type", build(FRAME, {"p": "1"}), UserValueError, ["'1'", "'y'"]),
    Bad("floats for classes", build(FRAME.assign(y=[0.5, 1, 0.5])), UserError, ["'y'", "float"]),
    Bad(
        "booleans for classes",
        build(FRAME.assign(y=[True, False, True]), {"p": True}),
        UserError,
        ["'y'", "bool"],
    ),
    Bad(
        "two classes, none positive",
        build(TWO, {"p0": 0, "p1": 1}),
        UserTypeError,
        ["'p0'", "'p1'"],
    ),
    Bad(
        "two truth columns, none positive",
        build(TWO.assign(z=1), {"p0": "y", "p1": "z"}, ground_truth_column=None),
        UserTypeError,
        ["'p0'", "'p1'"],
    ),
    Bad(
        "two truth columns, another positive",
        build(
            TWO.assign(z=1),
            {"p0": "y", "p1": "z"},
            ground_truth_column=None,
            positive_predicted_attr="q",
        ),
        UserValueError,
        ["'q'", "'p0'"],
    ),
    Bad(
        "one truth column",
        build(FRAME, {"p": "y"}, ground_truth_column=None),
        UserValueError,
        ["'y'", "ground_truth_column"],
    ),
    Bad(
        "a non-input twice",
        build(FRAME, non_input_columns=["age", "age"]),
        UserValueError,
        ["'age'"],
    ),
    Bad(
        "non-inputs as a text",
        build(FRAME, non_input_columns="age"),
        UserTypeError,
        ["non_input_columns"],
    ),
    Bad(
        "a regression by class",
        build(FRAME),
        UserValueError,
        ["ground_truth_column", "REGRESSION"],
        lambda w: w.raw(output_type="REGRESSION"),
        rebuilt,
    ),
    Bad(
        "predictions of two types",
        build(TWO.assign(p0=[1, 2, 3]), {"p0": "y", "p1": "age"}, ground_truth_column=None),
        UserValueError,
        ["'p0' INTEGER", "'p1' FLOAT"],
        lambda w: w.raw(output_type="REGRESSION"),
        rebuilt,
    ),
    Bad(
        "a time series model without time series",
        build(FRAME[["age", "p"]].assign(y=0.5), {"p": "y"}, ground_truth_column=None),
        UserValueError,
        ["TIME_SERIES", "'timestamp'"],
        lambda w: w.raw("TIME_SERIES", "REGRESSION"),
        lambda w: w.model.build(
            FRAME[["p"]].assign(y=0.5, age=[[], [], []]), {"p": "y"}, set_reference_data=False
        ),
    ),
    *(
        Bad(
            f"building a model of {kind}",
            build(FRAME, {"p": "y"}, ground_truth_column=None),
            MethodNotApplicableError,
            [kind],
            lambda w, kind=kind: w.raw(output_type=kind),
            lambda w: (setting(output_type="MULTICLASS")(w), rebuilt(w)),
        )
        for kind in ("MULTILABEL", "OBJECT_DETECTION", "TOKEN_SEQUENCE")
    ),
    Bad(
        "inferring an output",
        lambda w: w.model.infer_schema(FRAME, Stage.PredictedValue),
        MethodNotApplicableError,
        ["PREDICTED_VALUE"],
    ),
]


def two_classes(world):
    world.raw().build(TWO, {"p0": 0, "p1": 1}, "unknown", ground_truth_column="y")


SAVES = [
    Bad(
        "saving without a schema",
        save,
        UnexpectedTypeError,
        ["attributes", "None"],
        World.raw,
        rebuilt,
    ),
    Bad(
        "saving an empty schema",
        save,
        MissingParameterError,
        ["no attributes"],
        setting(attributes=[], reference_dataframe=None),
        rebuilt,
    ),
    Bad(
        "saving without ground truth",
        save,
        MissingParameterError,
        ["ground truth"],
        lambda w: (setting(reference_dataframe=None)(w), without("GROUND_TRUTH_CLASS")(w)),
        rebuilt,
    ),
    Bad(
        "saving without predictions",
        save,
        MissingParameterError,
        ["prediction", "PREDICTED_VALUE"],
        lambda w: (setting(reference_dataframe=None)(w), without("PREDICTED_VALUE")(w)),
        rebuilt,
    ),
    Bad(
        "saving without inputs",
        save,
        MissingParameterError,
        ["input", "PIPELINE_INPUT"],
        lambda w: (setting(reference_dataframe=None)(w), without("PIPELINE_INPUT")(w)),
        rebuilt,
    ),
    Bad(
        "saving inputs alone",
        save,
        MissingParameterError,
        ["ground truth", "prediction"],
        lambda w: w.raw().infer_schema(FRAME, "PIPELINE_INPUT"),
        rebuilt,
    ),
    Bad(
        "a binary model without a positive attribute",
        save,
        MethodNotApplicableError,
        ["p0", "p1", "positive"],
        two_classes,
        lambda w: setattr(w.model.get_attribute("p1"), "is_positive_predicted_attribute", True),
    ),
    Bad(
        "two positive attributes",
        save,
        UserValueError,
        ["p0, p1"],
        lambda w: (
            two_classes(w),
            [
                a.set(is_positive_predicted_attribute=True)
                for a in w.model.get_attributes("PREDICTED_VALUE")
            ],
        ),
        lambda w: w.model.get_attribute("p0").set(is_positive_predicted_attribute=False),
    ),
    Bad(
        "a name in two stages",
        save,
        UserValueError,
        ["2 attributes are named 'age'"],
        lambda w: w.model.add_attribute("age", "INTEGER", "NON_INPUT_DATA"),
        lambda w: w.model.remove_attribute("age", "NON_INPUT_DATA"),
    ),
    Bad(
        "reference data that lack columns and have others",
        save,
        UserTypeError,
        ["2 Validation Error(s)", "'age'", "'zz'"],
        setting(reference_dataframe=FRAME.rename(columns={"age": "zz"})),
        setting(reference_dataframe=FRAME),
    ),
    Bad(
        "reference data of other types",
        save,
        UserTypeError,
        ["2 Validation Error(s)", "'age'", "INTEGER", "'p'", "index 0"],
        setting(reference_dataframe=FRAME.assign(age="x", p=1)),
        setting(reference_dataframe=FRAME),
    ),
    Bad(
        "reference data without rows",
        save,
        UserTypeError,
        ["no rows"],
        setting(reference_dataframe=FRAME.iloc[:0]),
        rebuilt,
    ),
    Bad(
        "reference data that are no frame",
        save,
        UnexpectedTypeError,
        ["list"],
        setting(reference_dataframe=[1]),
        rebuilt,
    ),
    Bad(
        "unknown columns without validation",
        lambda w: w.model.save(skip_validation=True),
        BadRequestError,
        ["400", "'zz'"],
        setting(reference_dataframe=FRAME.assign(zz=1)),
        setting(reference_dataframe=FRAME),
    ),
    Bad(
        "mixed values without validation",
        lambda w: w.model.save(skip_validation=True),
        FrameError,
        ["'age'", "row 1", "'old'"],
        setting(reference_dataframe=mixed(1, "old", 2)),
        setting(reference_dataframe=FRAME),
    ),
    Bad(
        "a flag that is none",
        lambda w: w.model.save("no"),
        UserTypeError,
        ["skip_validation", "'no'"],
    ),
    Bad(
        "a label that is taken",
        save,
        ConflictError,
        ["409", "'V1'", "version 1"],
        lambda w: w.group.add_version(w.model, label="V1"),
        setting(version_label="V2"),
    ),
    Bad(
        "a group that does not exist",
        save,
        NotFoundError,
        ["404", "'nowhere'"],
        setting(model_group_id="nowhere"),
        setting(model_group_id=None),
    ),
    Bad(
        "a group that is archived",
        save,
        ConflictError,
        ["409", "'Gone'", "archived"],
        lambda w: w.archived.add_version(w.model),
        setting(model_group_id=None),
    ),
    Bad(
        "a partner id that is taken",
        save,
        ConflictError,
        ["409", "'taken'"],
        setting(partner_model_id="taken"),
        setting(partner_model_id="free"),
    ),
    Bad(
        "saving twice",
        lambda w: w.saved.save(),
        MethodNotApplicableError,
        ["saved already", "update()"],
    ),
    Bad(
        "building after saving",
        lambda w: w.saved.build(FRAME, {"p": 1}, ground_truth_column="y"),
        MethodNotApplicableError,
        ["build()", "immutable"],
    ),
    Bad(
        "building text after saving",
        lambda w: w.saved.build_token_sequence_model("a", "b"),
        MethodNotApplicableError,
        ["build_token_sequence_model()"],
    ),
    Bad(
        "removing after saving",
        lambda w: w.saved.remove_attribute("age"),
        MethodNotApplicableError,
        ["remove_attribute()"],
    ),
    *(
        Bad(
            f"{method} before saving",
            lambda w, m=method: getattr(w.model, m)(),
            MethodNotApplicableError,
            [f"{method}()", "save()"],
        )
        for method in ("update", "archive", "restore", "await_model_ready")
    ),
]

FIELDS = [
    wrong_field("partner_model_id", None, UserTypeError),
    wrong_field("partner_model_id", 5, UserTypeError, "int 5"),
    wrong_field("partner_model_id", "", BadRequestError, "empty"),
    wrong_field("display_name", "x" * 256, BadRequestError, "256"),
    wrong_field("description", "a\0b", BadRequestError, "NUL"),
    wrong_field("display_name", SURROGATE, BadRequestError, "surrogate"),
    wrong_field("version_label", "", BadRequestError, "empty"),
    wrong_field("version_label", 5, UserTypeError, "int 5"),
    wrong_field("model_group_id", 5, UserTypeError, "int 5"),
    wrong_field("model_group_id", "", BadRequestError, "empty"),
    wrong_field("input_type", "TABLE", BadRequestError, "'TABLE'", "TABULAR"),
    wrong_field("output_type", 5, BadRequestError, "5", "MULTICLASS"),
    wrong_field("tags", "fraud", UserTypeError, "'fraud'"),
    wrong_field("tags", ["a", 5], UserTypeError, "5"),
    wrong_field("tags", [SURROGATE], BadRequestError, "surrogate"),
    wrong_field("tags", ["a\0"], BadRequestError, "NUL"),
    wrong_field("is_batch", "yes", UserTypeError, "'yes'"),
    wrong_field("classifier_threshold", "high", UserTypeError, "'high'"),
    wrong_field("classifier_threshold", True, UserTypeError, "True"),
    wrong_field("classifier_threshold", 1.5, BadRequestError, "1.5"),
    wrong_field("classifier_threshold", float("nan"), BadRequestError, "nan"),
    wrong_field("text_delimiter", 5, UserTypeError, "int 5"),
    wrong_field("text_delimiter", "\0", BadRequestError, "NUL"),
    wrong_field("expected_throughput_gb_per_day", -1, BadRequestError, "-1"),
    wrong_field("expected_throughput_gb_per_day", float("inf"), BadRequestError, "inf"),
    wrong_field("pixel_height", 0, BadRequestError, "0"),
    wrong_field("pixel_width", 2**70, BadRequestError),
    wrong_field("pixel_width", 2.5, UserTypeError, "2.5"),
    wrong_field("image_class_labels", [1], UserTypeError, "1"),
    wrong_field("explainability", "lime", UserTypeError, "'lime'"),
    wrong_field("explainability", {"enabled": True}, UserTypeError, "dict"),
    Bad(
        "attributes as a text",
        save,
        UserTypeError,
        ["attributes", "str"],
        setting(attributes="age"),
        rebuilt,
    ),
    Bad(
        "attributes as dicts",
        save,
        UserTypeError,
        ["attributes", "dict"],
        setting(attributes=[{"name": "age"}]),
        rebuilt,
    ),
    Bad(
        "every wrong type at once",
        save,
        UserTypeError,
        ["tags", "pixel_width", "is_batch"],
        setting(tags=5, pixel_width="x", is_batch=1),
        setting(tags=None, pixel_width=None, is_batch=False),
    ),
    Bad(
        "every wrong value at once",
        save,
        BadRequestError,
        ["version_label", "classifier_threshold", "pixel_width"],
        setting(version_label="", classifier_threshold=2, pixel_width=-1),
        setting(version_label=None, classifier_threshold=None, pixel_width=None),
    ),
    wrong_attribute("value_type", "NUMBER", "'NUMBER'", "INTEGER"),
    wrong_attribute("position", "first", "'first'"),
    wrong_attribute("position", -1, "-1"),
    wrong_attribute("position", True, "True"),
    wrong_attribute("label", 5, "5"),
    wrong_attribute("label", "x" * 256, "256"),
    wrong_attribute("label", SURROGATE, "surrogate"),
    wrong_attribute("categories", [SURROGATE], "surrogate"),
    wrong_attribute("categories", "abc", "'abc'", error=UserValueError),
    wrong_attribute("bins", 5, "5", error=UserValueError),
    wrong_attribute("bins", [AttributeBin("a", "b")], "'a'"),
    wrong_attribute("min_range", [1], "[1]"),
    wrong_attribute("max_range", float("inf"), "max_range", error=UserValueError),
    wrong_attribute("min_range", np.float64("nan"), "min_range", error=UserValueError),
    wrong_attribute("is_unique", "yes", "'yes'"),
    wrong_attribute("attribute_link", 5, "5"),
]

LOOKUPS = [
    Bad(
        "an unknown model",
        lambda w: w.connection.get_model("nope"),
        NotFoundError,
        ["404", "'nope'"],
    ),
    Bad(
        "an unknown partner id",
        lambda w: w.connection.get_model("nope", "partner_model_id"),
        NotFoundError,
        ["404", "'nope'"],
    ),
    Bad(
        "the partner id of an archived model",
        lambda w: w.connection.get_model("gone", "partner_model_id"),
        NotFoundError,
        ["404", "'gone'"],
    ),
    Bad(
        "an unknown group",
        lambda w: w.connection.get_model_group("nope"),
        NotFoundError,
        ["404", "'nope'"],
    ),
    Bad(
        "the group of an unsaved model",
        lambda w: w.connection.get_model_group(w.model),
        UserValueError,
        ["'Ready'"],
    ),
    Bad(
        "an unknown kind of id",
        lambda w: w.connection.get_model("x", "name"),
        UserValueError,
        ["'name'"],
    ),
    Bad("an unknown number", lambda w: w.group.get_version(7), NotFoundError, ["404", "number 7"]),
    Bad(
        "an unknown label",
        lambda w: w.group.get_version(label="V7"),
        NotFoundError,
        ["404", "'V7'"],
    ),
    Bad(
        "neither number nor label",
        lambda w: w.group.get_version(),
        UserValueError,
        ["none was given"],
    ),
    Bad(
        "both number and label",
        lambda w: w.group.get_version(1, "V1"),
        UserValueError,
        ["not 2 of them"],
    ),
    Bad(
        "a number as a text",
        lambda w: w.group.get_version("1"),
        UserTypeError,
        ["sequence_num", "'1'"],
    ),
    Bad(
        "a label as a number", lambda w: w.group.get_version(label=1), UserTypeError, ["label", "1"]
    ),
    Bad("a group's empty name", lambda w: setattr(w.group, "name", ""), UserValueError, ["name"]),
    Bad("a version that is no model", lambda w: w.group.add_version("V2"), UserTypeError, ["str"]),
    Bad(
        "a label that is no text",
        lambda w: w.group.add_version(w.model, 2),
        UserTypeError,
        ["label", "2"],
    ),
    Bad(
        "a version of a second group",
        lambda w: w.archived.add_version(w.saved),
        UserValueError,
        ["belongs to"],
    ),
    Bad("archiving twice", lambda w: w.archived.archive(), NotFoundError, ["404", "restore()"]),
    Bad(
        "restoring what is not archived",
        lambda w: w.saved.restore(),
        ConflictError,
        ["409", "not archived"],
    ),
    Bad(
        "a surplus argument",
        lambda w: w.model.save(depth=2),
        MissingParameterError,
        ["save()", "'depth'"],
    ),
    Bad(
        "a missing argument",
        lambda w: w.model.build(FRAME),
        MissingParameterError,
        ["build()", "'pred_to_ground_truth_map'"],
    ),
    Bad(
        "data for a saved model that it cannot have",
        lambda w: w.saved.set_reference_data(data=FRAME.assign(zz=1)),
        BadRequestError,
        ["400", "'zz'"],
    ),
    Bad(
        "no reference data",
        lambda w: w.model.set_reference_data(),
        MissingParameterError,
        ["data="],
    ),
]

TABLE = [*FRAMES, *OUTPUTS, *SAVES, *FIELDS, *LOOKUPS]


def state(model):
    """Return all that a model holds, comparable."""
    fields = {field.name: repr(getattr(model, field.name)) for field in dataclasses.fields(model)}
    attributes = [repr(getattr(each, "__dict__", each)) for each in model.attributes or ()]
    return fields | {"reference_dataframe": id(model.reference_dataframe), "attributes": attributes}


@pytest.fixture
def world():
    with mg.connect(":memory:") as connection:
        yield World(connection)


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.what.encode("unicode_escape").decode())
def test_bad_input_is_named_and_leaves_everything_as_it_was(world, bad):
    bad.prepare(world)
    model = world.model
    before = contents(world.connection), state(model), state(world.saved), repr(world.group)
    data = model.reference_dataframe
    copied = data.copy() if isinstance(data, pd.DataFrame) else data

    with pytest.raises(bad.error) as caught:
        bad.act(world)

    assert [name for name in bad.names if name not in str(caught.value)] == [], str(caught.value)
    assert contents(world.connection) == before[0]
    assert (state(model), state(world.saved), repr(world.group)) == before[1:]
    if isinstance(data, pd.DataFrame):
        pd.testing.assert_frame_equal(data, copied)

    bad.repair(world)
    in_group = model.model_group_id == world.group.id
    model.save()
    assert model.version_sequence_num == (2 if in_group else 1)
    assert world.connection.get_model(model.id) == model
    assert world.connection.verify()


def test_the_names_of_the_cases_are_unique():
    assert len({bad.what for bad in TABLE}) == len(TABLE)


# --- what is odd and allowed --------------------------------------------------------------


def test_probabilities_outside_0_to_1_are_only_warned_of(world, caplog):
    frame = FRAME.assign(p=[-0.5, 0.5, 1.5])
    world.model.build(frame, {"p": 1}, ground_truth_column="y")
    world.model.save()
    assert "2 of 3 values of the prediction 'p' are not between 0 and 1" in caplog.text
    pd.testing.assert_frame_equal(world.model.reference_data(), frame)


@pytest.mark.parametrize("column", ["age", "p"])
def test_nulls_in_inputs_and_predictions_are_stored(world, column):
    frame = FRAME.astype({"age": "float64"})
    frame.loc[1, column] = np.nan
    world.model.build(frame, {"p": 1}, ground_truth_column="y")
    world.model.save()
    pd.testing.assert_frame_equal(world.model.reference_data(), frame)


def test_a_column_of_nulls_is_warned_of(world, caplog):
    frame = FRAME.assign(nothing=pd.Series([None] * 3, dtype=object))
    world.model.build(frame, {"p": 1}, ground_truth_column="y")
    world.model.save()
    assert "'nothing' holds only nulls" in caplog.text
    pd.testing.assert_frame_equal(world.model.reference_data(), frame)


def test_a_frame_may_have_any_index_and_one_row(world):
    frame = FRAME.iloc[1:2].set_index(pd.MultiIndex.from_tuples([("a", 1)], names=["x", "y2"]))
    world.model.build(frame, {"p": 1}, ground_truth_column="y")
    world.model.save()
    pd.testing.assert_frame_equal(world.model.reference_data(), frame)


def test_infinities_are_stored(world):
    frame = FRAME.assign(real=[np.inf, -np.inf, 0.5])
    world.model.build(frame, {"p": 1}, ground_truth_column="y")
    world.model.save()
    pd.testing.assert_frame_equal(world.model.reference_data(), frame)
    assert world.model.get_attribute("real").max_range == 0.5
