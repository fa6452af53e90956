"""Models of every kind, random rows for them, and what the log must hold afterwards."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

import modelgroups as mg
from modelgroups import Stage, ValueType

FEW = 256
"""Up to so many rows of a call lie in the catalog first; more go into a file at once."""

START = datetime(2024, 1, 1, tzinfo=UTC)
FRAME = pd.DataFrame({"age": [31, 47, 52], "p": [0.2, 0.9, 0.4], "y": [0, 1, 0]})


def counts(success, failure=0):
    return {"success": success, "failure": failure, "total": success + failure}


def day(number):
    return START + timedelta(days=number)


def classifier(connection, *, is_batch=False, name="Card fraud"):
    """Return a saved binary classifier: input `age`, prediction `p`, true class `y`."""
    model = connection.model(
        display_name=name, input_type="TABULAR", output_type="MULTICLASS", is_batch=is_batch
    )
    model.build(FRAME, {"p": 1}, ground_truth_column="y")
    model.save()
    return model


def two_truths(connection):
    """Return a saved model with two ground truths, which may come one without the other."""
    model = connection.model(display_name="Prices", input_type="TABULAR", output_type="REGRESSION")
    model.add_attribute("age", "INTEGER", "PIPELINE_INPUT")
    model.add_regression_output_attributes({"p": "y", "q": "z"}, "FLOAT")
    model.save()
    return model


def log_of(model, *columns):
    """Return the rows of a log by id, without what is null."""
    frame = model.inferences(columns=["partner_inference_id", *columns] if columns else None)
    rows = {}
    for row in frame.astype(object).to_dict("records"):
        id_ = row.pop("partner_inference_id")
        assert id_ not in rows
        rows[id_] = {name: value for name, value in row.items() if not is_missing(value)}
    return rows


def is_missing(value):
    return not isinstance(value, list) and pd.isna(value)


# --- kinds of models ----------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of model: its attributes and how it is made.

    Parameters
    ----------
    fields
        Of `Connection.model`.
    inputs, predictions, truths
        Value types by name. Of the inputs any may be null.
    add_outputs
        Adds the attributes of predictions and ground truths.
    """

    fields: dict[str, Any]
    inputs: dict[str, str]
    predictions: dict[str, str]
    truths: dict[str, str]
    add_outputs: Any

    @property
    def types(self):
        return self.inputs | self.predictions | self.truths

    def save(self, connection):
        model = connection.model(display_name="m", **self.fields)
        for name, value_type in self.inputs.items():
            if value_type == ValueType.Image:
                model.add_image_attribute(name)
            else:
                model.add_attribute(name, value_type, input_stage(name))
        self.add_outputs(model)
        model.save()
        return model


def input_stage(name):
    return Stage.NonInputData if name.startswith("note") else Stage.ModelPipelineInput


def kind(input_type, output_type, inputs, predictions, truths, add_outputs, **more):
    fields = {"input_type": input_type, "output_type": output_type} | more
    return Kind(fields, inputs, predictions, truths, add_outputs)


SCALARS = {
    "whole": "INTEGER",
    "real": "FLOAT",
    "flag": "BOOLEAN",
    "text": "STRING",
    "at": "TIMESTAMP",
    "note_text": "STRING",
    "note_real": "FLOAT",
}
CLASS = ({"p": "FLOAT"}, {"y": "INTEGER"})
WORDS = ({"p": "FLOAT"}, {"y": "STRING"})


def add_class(*classes):
    data = pd.DataFrame({"p": [0.1, 0.9], "y": classes})
    return lambda model: model.add_classifier_output_attributes_gtclass(
        {"p": classes[1]}, "y", data
    )


def add_labels(model):
    for i, name in enumerate("ab"):
        for own, link, stage, type_ in (
            (f"p_{name}", f"is_{name}", Stage.PredictedValue, "FLOAT"),
            (f"is_{name}", f"p_{name}", Stage.GroundTruth, "INTEGER"),
        ):
            attribute = mg.Attribute(own, type_, stage, position=i, attribute_link=link)
            model.add_attribute(arthur_attribute=attribute)


def add_tokens(model):
    words = ["output", "output_tokens", "likely", "truth", "truth_tokens"]
    model.build_token_sequence_model("words", words[0], None, *words[1:])


KINDS = {
    "class": kind("TABULAR", "MULTICLASS", SCALARS, *CLASS, add_class(0, 1)),
    "batches": kind("TABULAR", "MULTICLASS", SCALARS, *CLASS, add_class(0, 1), is_batch=True),
    "regression": kind(
        "TABULAR",
        "REGRESSION",
        SCALARS,
        {"p": "FLOAT", "q": "FLOAT"},
        {"y": "FLOAT", "z": "FLOAT"},
        lambda model: model.add_regression_output_attributes({"p": "y", "q": "z"}, "FLOAT"),
    ),
    "multiclass": kind(
        "TABULAR",
        "MULTICLASS",
        SCALARS,
        {f"p{i}": "FLOAT" for i in range(3)},
        {f"y{i}": "INTEGER" for i in range(3)},
        lambda model: model.add_multiclass_classifier_output_attributes(
            {f"p{i}": f"y{i}" for i in range(3)}
        ),
    ),
    "multilabel": kind(
        "TABULAR",
        "MULTILABEL",
        {"real": "FLOAT"},
        {"p_a": "FLOAT", "p_b": "FLOAT"},
        {"is_a": "INTEGER", "is_b": "INTEGER"},
        add_labels,
    ),
    "text": kind("NLP", "MULTICLASS", {"words": "UNSTRUCTURED_TEXT"}, *WORDS, add_class("a", "é")),
    "tokens": kind(
        "NLP",
        "TOKEN_SEQUENCE",
        {},
        {
            "words": "UNSTRUCTURED_TEXT",
            "output": "UNSTRUCTURED_TEXT",
            "output_tokens": "TOKENS",
            "likely": "TOKEN_LIKELIHOODS",
        },
        {"truth": "UNSTRUCTURED_TEXT", "truth_tokens": "TOKENS"},
        add_tokens,
    ),
    "ranked list": kind(
        "TABULAR",
        "RANKED_LIST",
        {"real": "FLOAT"},
        {"recommended": "RANKED_LIST"},
        {"relevant": "STRING_ARRAY"},
        lambda model: model.add_ranked_list_output_attributes("recommended", "relevant"),
    ),
    "boxes": kind(
        "IMAGE",
        "OBJECT_DETECTION",
        {"picture": "IMAGE"},
        {"boxes": "BOUNDING_BOX"},
        {"true_boxes": "BOUNDING_BOX"},
        lambda model: model.add_object_detection_output_attributes("boxes", "true_boxes", ["cat"]),
        pixel_height=8,
        pixel_width=8,
    ),
    "series": kind(
        "TIME_SERIES",
        "REGRESSION",
        {"series": "TIME_SERIES"},
        {"p": "FLOAT"},
        {"y": "FLOAT"},
        lambda model: model.add_regression_output_attributes({"p": "y"}, "FLOAT"),
    ),
}


# --- random rows --------------------------------------------------------------------------

REALS = st.floats(allow_nan=False, allow_infinity=False, width=64)
WORDS_ = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
TIMES = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001  # the zone comes with `timezones`
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, UTC]),
)
ITEMS = st.fixed_dictionaries({"item_id": WORDS_, "label": WORDS_, "score": REALS})
POINTS = st.fixed_dictionaries({"timestamp": TIMES, "value": REALS})
PICTURES = [b"GIF89a" + bytes([i]) for i in range(3)]

VALUES = {
    "FLOAT": REALS,
    "INTEGER": st.integers(-(2**63), 2**63 - 1),
    "BOOLEAN": st.booleans(),
    "STRING": WORDS_,
    "UNSTRUCTURED_TEXT": WORDS_,
    "TIMESTAMP": TIMES,
    "TOKENS": st.lists(WORDS_, max_size=3),
    "STRING_ARRAY": st.lists(WORDS_, max_size=3),
    "TOKEN_LIKELIHOODS": st.lists(
        st.dictionaries(WORDS_, REALS, min_size=1, max_size=2), max_size=2
    ),
    "RANKED_LIST": st.lists(ITEMS, max_size=2),
    "BOUNDING_BOX": st.lists(st.lists(REALS, min_size=6, max_size=6), max_size=2),
    "TIME_SERIES": st.lists(POINTS, max_size=2),
    "IMAGE": st.sampled_from(range(len(PICTURES))),
}


@dataclass(frozen=True)
class Row:
    """One inference, as its sender knows it; values are never null, but may be absent."""

    id: str
    at: datetime
    values: dict[str, Any]
    truth: dict[str, Any]
    truth_at: datetime | None
    batch: str | None


@st.composite
def rows(draw, of, *, max_size=8):
    """Draw the rows of a kind of model; each has an input or a prediction."""
    size = draw(st.integers(1, max_size))
    batches = draw(st.lists(st.sampled_from(["b-1", "b-2", "Größe"]), min_size=size, max_size=size))
    drawn = []
    for number in range(size):
        values = {}
        needed = next(iter(of.predictions))
        for name, type_ in (of.inputs | of.predictions).items():
            if name == needed or draw(st.booleans()):
                values[name] = draw(VALUES[type_])
        truth = {n: draw(VALUES[t]) for n, t in of.truths.items() if draw(st.booleans())}
        batch = batches[number] if of.fields.get("is_batch") else None
        truth_at = draw(TIMES) if truth else None
        drawn.append(Row(f"id {number:02}é", draw(TIMES), values, truth, truth_at, batch))
    return drawn


def tiled(block, size):
    """Return the rows of a block over and over, each time with new ids."""
    tiles = -(-size // len(block))
    return [
        Row(f"{row.id}/{tile:03}", row.at, row.values, row.truth, row.truth_at, row.batch)
        for tile in range(tiles)
        for row in block
    ]


# --- what the log must hold ---------------------------------------------------------------


def expected_frame(of, sent, *, names):
    """Return the frame that `Model.inferences` must give, sorted by id, by pandas alone."""
    sent = sorted(sent, key=lambda row: row.id)
    columns = {
        "partner_inference_id": pd.Series([row.id for row in sent]),
        "inference_timestamp": times_of([row.at for row in sent]),
        "batch_id": pd.Series([row.batch for row in sent], dtype=object),
        "ground_truth_timestamp": times_of([row.truth_at for row in sent]),
    }
    for name, type_ in of.types.items():
        half = [row.truth if name in of.truths else row.values for row in sent]
        columns[name] = column_of(type_, [values.get(name) for values in half])
    return pd.DataFrame({name: columns[name] for name in names})


def column_of(type_, values):
    """Return values as the column of a frame that is read from the log."""
    is_null = [value is None for value in values]
    if type_ == "TIMESTAMP":
        return times_of(values)
    if type_ == "FLOAT":
        return pd.Series([np.nan if value is None else value for value in values], dtype="float64")
    if type_ in {"INTEGER", "BOOLEAN"}:
        plain, nullable = {"INTEGER": ("int64", "Int64"), "BOOLEAN": ("bool", "boolean")}[type_]
        return pd.Series(values, dtype=nullable if any(is_null) else plain)
    if type_ == "IMAGE":
        values = [None if v is None else sha256(PICTURES[v]).hexdigest() for v in values]
    return pd.Series(values, dtype=object)


def times_of(values):
    return pd.Series(pd.to_datetime(values, utc=True)).astype("datetime64[us, UTC]")


def assert_frames_equal(found, expected):
    """Compare two frames; only the dtype of texts may differ, as pandas 2 and 3 do."""
    assert list(found.columns) == list(expected.columns)
    for name in found.columns:
        one, other = found[name], expected[name]
        if other.dtype == object or pd.api.types.is_string_dtype(other.dtype):
            assert plain(one) == plain(other), name
        else:
            pd.testing.assert_series_equal(one, other, check_exact=True)


def plain(column):
    return [None if is_missing(value) else value for value in column]


ARROW_TYPES = {
    "FLOAT": pa.float64(),
    "INTEGER": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "STRING": pa.string(),
    "UNSTRUCTURED_TEXT": pa.string(),
    "IMAGE": pa.string(),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
    "TOKENS": pa.list_(pa.string()),
    "STRING_ARRAY": pa.list_(pa.string()),
    "BOUNDING_BOX": pa.list_(pa.list_(pa.float64())),
    "TOKEN_LIKELIHOODS": pa.list_(pa.map_(pa.string(), pa.float64())),
}
