"""Models and reference data of every kind, and what a registry holds as comparable values."""

import contextlib
import hashlib
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
from sqlalchemy import inspect, text

import modelgroups as mg
from modelgroups import InputType, OutputType, Stage, ValueType

N = 12
HOSTILE = [
    "%",
    "_",
    "100%_off",
    "*",
    "\\",
    "'; DROP TABLE model; --",
    '" OR 1=1 --',
    'it\'s "quoted"',
    "😀 naïve Größe",
    "<b>&amp;</b>",
    "../../etc/passwd",
    "-rf",
    "a\nb\tc",
    " ",
    "NULL",
    "x" * 255,
]
"""Texts that may not mean anything to SQL, patterns, HTML or file systems."""

FRAME = pd.DataFrame({"age": [31, 47, 52], "p": [0.2, 0.9, 0.4], "y": [0, 1, 0]})


def new_model(connection, name="Card fraud", *, built=True, **fields):
    """Return an unsaved binary classifier with reference data."""
    kinds = {"input_type": InputType.Tabular, "output_type": OutputType.Multiclass}
    model = connection.model(display_name=name, **kinds, **fields)
    if built:
        model.build(FRAME, {"p": 1}, ground_truth_column="y")
    return model


def saved_model(connection, name="Card fraud", **fields):
    """Return such a model after `save`; with ``group=`` as a version of that group."""
    group, label = fields.pop("group", None), fields.pop("label", None)
    model = new_model(connection, name, **fields)
    model.version_label = label
    if group is not None:
        group.add_version(model)
    model.save()
    return model


def contents(connection):
    """Return every row of the catalog and the hash of every file beside it."""
    rows = {}
    with connection.registry.catalog.read() as session:
        for name in inspect(session.connection()).get_table_names():
            rows[name] = session.execute(text(f'SELECT * FROM "{name}"')).all()
    objects = connection.registry.objects.root
    files = {
        str(path.relative_to(objects)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(objects.rglob("*"))
        if path.is_file()
    }
    return rows, files


def stored_files(connection):
    """Return the names of the snapshot files."""
    return sorted(contents(connection)[1])


@contextlib.contextmanager
def second_process():
    """Offer a function that calls a function of this module in one other Python process."""
    with ProcessPoolExecutor(
        1, get_context("spawn"), initializer=warnings.simplefilter, initargs=("error",)
    ) as pool:

        def run(function, *arguments):
            call = {"path": __file__, "name": function.__name__, "arguments": arguments}
            pool.submit(exec, _CALL, call).result()

        yield run


_CALL = "import runpy; runpy.run_path(path)[name](*arguments)"


def assert_stored(location, model_id, fields, frame):
    """Read a model from a registry and compare it with what was saved."""
    with mg.connect(location) as connection:
        model = connection.get_model(model_id)
        assert model.to_dict(skip_none=False) == fields
        if frame is not None:
            pd.testing.assert_frame_equal(model.reference_data(), frame)
        assert connection.verify()


# --- inputs -------------------------------------------------------------------------------


def _tabular():
    whole = np.arange(N)
    return pd.DataFrame(
        {
            "whole": whole,
            "real": np.where(whole % 5, whole / 7, np.nan),
            "text": [f"naïve 😀 {i % 3}" for i in whole],
            "flag": whole % 2 == 0,
            "category": pd.Categorical(["b", "a", None] * 4, categories=["c", "b", "a"]),
            "zoned": pd.date_range("2024-03-30", periods=N, freq="h", tz="Europe/Berlin"),
            "nullable": pd.array([None, 3, 4] * 4, dtype="Int64"),
            "arrow": pd.array([0.5, None, 2.5] * 4, dtype="double[pyarrow]"),
            "objects": pd.Series([None, True, False] * 4, dtype=object),
        }
    )


def _series(i):
    return [{"timestamp": f"2024-01-0{d}T00:00:00Z", "value": i + d / 2} for d in range(1, 4)]


INPUTS = {
    InputType.Tabular: _tabular,
    InputType.NLP: lambda: pd.DataFrame({"words": [f"text number {i}" for i in range(N)]}),
    InputType.Image: lambda: pd.DataFrame({"picture": [f"images/{i}.png" for i in range(N)]}),
    InputType.TimeSeries: lambda: pd.DataFrame({"series": [_series(i) for i in range(N)]}),
}


# --- outputs: each adds the attributes to a model and returns the columns ----------------


def _unit(seed=0):
    return np.random.default_rng(seed).random(N)


def regression(n):
    """Return the maker of `n` predicted quantities."""

    def add(model):
        columns = {f"pred_{i}": _unit(i) for i in range(n)}
        columns |= {f"true_{i}": _unit(n + i) for i in range(n)}
        data = pd.DataFrame(columns)
        outputs = {f"pred_{i}": f"true_{i}" for i in range(n)}
        model.add_regression_output_attributes(outputs, ValueType.Float, data)
        return data

    return add


def by_class(n, classes):
    """Return the maker of `n` probabilities and one column with the true class."""

    def add(model):
        data = pd.DataFrame({f"pred_{i}": _unit(i) for i in range(n)})
        data["truth"] = [classes[i % len(classes)] for i in range(N)]
        outputs = {f"pred_{i}": classes[i] for i in range(n)}
        positive = "pred_1" if n == 2 else None
        model.add_classifier_output_attributes_gtclass(outputs, "truth", data, positive)
        return data

    return add


def by_column(n, *, lone=False):
    """Return the maker of probabilities and 0/1 truths; with `lone` one of the former only."""

    def add(model):
        data = pd.DataFrame({f"true_{i}": np.arange(N) % n == i for i in range(n)}).astype(int)
        outputs = {f"pred_{i}": f"true_{i}" for i in range(n)}
        if lone:
            outputs = {"pred_0": "true_0", None: "true_1"}
        for name in filter(None, outputs):
            data[name] = _unit(len(name))
        if n == 2:
            model.add_binary_classifier_output_attributes("pred_0", outputs, threshold=0.25)
        else:
            model.add_multiclass_classifier_output_attributes(outputs)
        return data

    return add


def multilabel(model):
    """Add two labels that may both be true."""
    data = {}
    for i, name in enumerate(("spam", "rude")):
        for prefix, other, stage, kind in (
            ("p", "is", Stage.PredictedValue, ValueType.Float),
            ("is", "p", Stage.GroundTruth, ValueType.Integer),
        ):
            attribute = mg.Attribute(
                f"{prefix}_{name}", kind, stage, position=i, attribute_link=f"{other}_{name}"
            )
            [added] = model.add_attribute(arthur_attribute=attribute)
            assert added is attribute
        data |= {f"p_{name}": _unit(i), f"is_{name}": np.arange(N) % (i + 2)}
    return pd.DataFrame(data)


def object_detection(model):
    """Add bounding boxes, none in the first image."""
    model.add_object_detection_output_attributes("boxes", "true_boxes", ["cat", "dog"])
    boxes = [[[j % 2, 0.5, 1.0, 2.0, 10.5, 20.5] for j in range(i % 3)] for i in range(N)]
    return pd.DataFrame({"boxes": boxes, "true_boxes": boxes[::-1]})


def ranked_list(model):
    """Add recommendations with scores."""
    model.add_ranked_list_output_attributes("recommended", "relevant")
    items = [
        [{"item_id": f"i{j}", "label": f"Item {j}", "score": j / 8} for j in range(1 + i % 3)]
        for i in range(N)
    ]
    return pd.DataFrame({"recommended": items, "relevant": [[f"i{i}", "i0"] for i in range(N)]})


def token_sequence(model):
    """Add text, tokens and likelihoods to a model that has its inputs already."""
    words = {"output": "answer", "truth": "answers"}
    text = {"value_type": ValueType.Unstructured_Text, "position": 0, "categorical": True}
    for stage, prefix in ((Stage.PredictedValue, "output"), (Stage.GroundTruth, "truth")):
        for suffix, fields in (
            ("text", text),
            ("tokens", {"value_type": ValueType.Tokens, "position": 1}),
        ):
            attribute = mg.Attribute(f"{prefix}_{suffix}", stage=stage, **fields)
            model.add_attribute(arthur_attribute=attribute)
    likely = mg.Attribute("likely", ValueType.TokenLikelihoods, Stage.PredictedValue, position=2)
    model.add_attribute(arthur_attribute=likely)
    columns = {f"{k}_text": [f"{w} {i}" for i in range(N)] for k, w in words.items()}
    columns |= {f"{k}_tokens": [[w, str(i)] for i in range(N)] for k, w in words.items()}
    columns["likely"] = [[{"answer": 0.75, "reply": 0.25}, {str(i): 1.0}] for i in range(N)]
    return pd.DataFrame(columns)


OUTPUTS = {
    OutputType.Regression: {
        "1 prediction": regression(1),
        "2 predictions": regression(2),
        "7 predictions": regression(7),
    },
    OutputType.Multiclass: {
        "class column, 1 prediction": by_class(1, [1, 0]),
        "class column, 2 predictions": by_class(2, ["no", "yes"]),
        "class column, 5 predictions": by_class(5, ["a", "b", "c", "d", "e-é"]),
        "2 truth columns": by_column(2),
        "2 truth columns, 1 prediction": by_column(2, lone=True),
        "4 truth columns": by_column(4),
    },
    OutputType.Multilabel: {"2 labels": multilabel},
    OutputType.ObjectDetection: {"boxes": object_detection},
    OutputType.RankedList: {"ranked list": ranked_list},
    OutputType.TokenSequence: {"tokens": token_sequence},
}

KINDS = [
    (input_type, output_type, variant)
    for input_type in INPUTS
    for output_type, variants in OUTPUTS.items()
    for variant in variants
    if input_type == InputType.Image or output_type != OutputType.ObjectDetection
]


def model_of_kind(connection, input_type, output_type, variant):
    """Return an unsaved model of a kind, and the reference data that it was given."""
    model = connection.model(
        display_name=f"{input_type} {output_type}", input_type=input_type, output_type=output_type
    )
    inputs = INPUTS[input_type]()
    model.infer_schema(inputs, Stage.ModelPipelineInput)
    outputs = OUTPUTS[output_type][variant](model)
    note = pd.Series(["kept", "for", "people"] * (N // 3), name="note")
    model.infer_schema(note, Stage.NonInputData)
    frame = pd.concat([inputs, note, outputs], axis=1)
    model.set_reference_data(data=frame)
    return model, frame
