"""The queries that the SDK's plots, bias metrics and counts send, as they send them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, f1_score

import modelgroups as mg
from modelgroups import Attribute
from tests.query.lab import START, assert_close

DAY = timedelta(days=1)


def attributes(*, many):
    letters = "abc" if many else "01"
    return [
        Attribute("SEX", "INTEGER", "NON_INPUT_DATA", position=0, categorical=True),
        Attribute("BILL", "FLOAT", "PIPELINE_INPUT", position=0),
        *(
            Attribute(
                f"p_{c}",
                "FLOAT",
                "PREDICTED_VALUE",
                position=i,
                attribute_link=f"gt_{c}",
                is_positive_predicted_attribute=c == "1",
            )
            for i, c in enumerate(letters)
        ),
        *(
            Attribute(f"gt_{c}", "INTEGER", "GROUND_TRUTH", position=i, attribute_link=f"p_{c}")
            for i, c in enumerate(letters)
        ),
    ]


def data(n_rows, letters):
    rng = np.random.default_rng(3)
    scores = rng.dirichlet(np.ones(len(letters)), n_rows)
    truth = rng.integers(0, len(letters), n_rows)
    frame = pd.DataFrame(
        {
            "SEX": rng.integers(1, 3, n_rows),
            "BILL": rng.normal(100, 30, n_rows),
            "inference_timestamp": [START + i * DAY / 20 for i in range(n_rows)],
            "batch_id": [f"b{i // 40}" for i in range(n_rows)],
        }
    )
    for number, letter in enumerate(letters):
        frame[f"p_{letter}"] = scores[:, number]
        frame[f"gt_{letter}"] = (truth == number).astype(int)
    return frame


def model_of(connection, frame, *, many, is_batch):
    model = connection.model(
        display_name="SDK", input_type="TABULAR", output_type="MULTICLASS", is_batch=is_batch
    )
    model.attributes = attributes(many=many)
    model.save(skip_validation=True)
    sent = frame if is_batch else frame.drop(columns="batch_id")
    rows = sent.assign(partner_inference_id=[f"i{n}" for n in range(len(frame))])
    model.send_inferences(rows.to_dict("records"), complete_batch=False)
    return model


@pytest.fixture(scope="module", params=[60, 400], ids=["in the catalog", "in segments"])
def made(request):
    """Return the frames and models: of two classes and of three, streaming and in batches."""
    with mg.connect(":memory:") as connection:
        found = {}
        for kind, letters in (("two", "01"), ("three", "abc")):
            frame = data(request.param, letters)
            for way in ("stream", "batch"):
                model = model_of(connection, frame, many=kind == "three", is_batch=way == "batch")
                found[kind, way] = (frame, model)
        yield found


def rounded(resolution):
    parameters = {"property": "inference_timestamp", "time_interval": resolution}
    return {"function": "roundTimestamp", "alias": resolution, "parameters": parameters}


LATEST = {
    "function": "max",
    "alias": "timestamp",
    "parameters": {"property": "inference_timestamp"},
}
BY_BATCH = {
    "group_by": [{"property": "batch_id"}],
    "order_by": [{"alias": "timestamp", "direction": "desc"}],
}


def by_time(resolution):
    return {
        "group_by": [{"alias": resolution}],
        "order_by": [{"alias": resolution, "direction": "desc"}],
    }


def days_of(frame):
    return frame.groupby(frame["inference_timestamp"].dt.floor("D"))


def text_of(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def metric(name, threshold):
    parameters = {
        "ground_truth_property": "gt_1",
        "predicted_property": "p_1",
        "threshold": threshold,
    }
    return {"function": name, "alias": name, "parameters": parameters}


@pytest.mark.parametrize("threshold", [0.5, None])
@pytest.mark.parametrize("name", ["accuracyRate", "auc", "f1", "rmse"])
def test_metric_series(made, name, threshold):
    frame, model = made["two", "stream"]
    answer = model.query({"select": [metric(name, threshold), rounded("day")], **by_time("day")})
    groups = {text_of(day): group for day, group in days_of(frame)}
    assert [row["day"] for row in answer] == sorted(groups, reverse=True)
    for row in answer:
        group = groups[row["day"]]
        if name == "f1":
            expected = f1_score(group["gt_1"], group["p_1"] >= 0.5)
            assert_close(row[name], float(expected))
        elif name == "rmse":
            expected = np.sqrt(((group["gt_1"] - group["p_1"]) ** 2).mean())
            assert_close(row[name], float(expected))
        elif name == "accuracyRate":
            expected = ((group["p_1"] >= 0.5) == group["gt_1"]).mean()
            assert_close(row[name], float(expected))
    frame, model = made["two", "batch"]
    answer = model.query(
        {"select": [metric(name, threshold), LATEST, {"property": "batch_id"}], **BY_BATCH}
    )
    latest = frame.groupby("batch_id")["inference_timestamp"].max().sort_values(ascending=False)
    assert [(row["batch_id"], row["timestamp"]) for row in answer] == [
        (batch, text_of(moment)) for batch, moment in latest.items()
    ]


def test_timelines_of_a_quantity(made):
    item = {
        "function": "distribution",
        "alias": "distribution",
        "parameters": {"property": "BILL", "num_bins": 50},
    }
    frame, model = made["two", "stream"]
    answer = model.query({"select": [item, rounded("day")], **by_time("day")})
    groups = {text_of(day): group["BILL"] for day, group in days_of(frame)}
    for row in answer:
        values = groups[row["day"]]
        counts, edges = np.histogram(values, bins=min(50, values.nunique()))
        assert [bucket["count"] for bucket in row["distribution"]] == counts.tolist()
        assert [bucket["lower"] for bucket in row["distribution"]] == edges[:-1].tolist()
    frame, model = made["two", "batch"]
    answer = model.query({"select": [item, LATEST, {"property": "batch_id"}], **BY_BATCH})
    assert len(answer) == frame["batch_id"].nunique()
    assert sum(b["count"] for row in answer for b in row["distribution"]) == len(frame)


def test_timelines_of_a_category(made):
    frame, model = made["two", "stream"]
    answer = model.query(
        {
            "select": [{"property": "SEX"}, {"function": "count"}, rounded("day")],
            "group_by": [{"property": "SEX"}, {"alias": "day"}],
            "order_by": [{"property": "SEX"}, {"alias": "day", "direction": "desc"}],
        }
    )
    sizes = frame.groupby(["SEX", frame["inference_timestamp"].dt.floor("D")]).size()
    expected = [(sex, text_of(day), int(n)) for (sex, day), n in sizes.items()]
    expected.sort(key=lambda row: row[1], reverse=True)
    expected.sort(key=lambda row: row[0])
    assert [(row["SEX"], row["day"], row["count"]) for row in answer] == expected
    frame, model = made["two", "batch"]
    answer = model.query(
        {
            "select": [
                {"property": "SEX"},
                {"function": "count"},
                {"property": "batch_id"},
                LATEST,
            ],
            "group_by": [{"property": "SEX"}, {"property": "batch_id"}],
            "order_by": [{"property": "SEX"}, {"alias": "timestamp", "direction": "desc"}],
        }
    )
    assert {(row["SEX"], row["batch_id"]): row["count"] for row in answer} == {
        key: int(n) for key, n in frame.groupby(["SEX", "batch_id"]).size().items()
    }
    times = [row["timestamp"] for row in answer if row["SEX"] == 1]
    assert times == sorted(times, reverse=True)


def test_times_of_batches(made):
    _, model = made["two", "batch"]
    answer = model.query({"select": [LATEST, {"property": "batch_id"}], **BY_BATCH})
    times = [row["timestamp"] for row in answer]
    assert times == sorted(times, reverse=True)


def matrix_query(item):
    return {"select": [{"property": "SEX"}, item], "group_by": [{"property": "SEX"}]}


def time_filter(comparator, moment):
    return [
        {
            "property": "inference_timestamp",
            "comparator": comparator,
            "value": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    ]


@pytest.mark.parametrize("kept", ["all", "batch", "from", "until"])
def test_confusion_matrices_and_positivity_of_groups(made, kept):
    frame, model = made["two", "batch" if kept == "batch" else "stream"]
    matrix = {
        "function": "confusionMatrixRate",
        "alias": "confusion_matrix",
        "parameters": {"threshold": 0.5},
    }
    positive = {
        "function": "rate",
        "alias": "positive_rate",
        "parameters": {"property": "p_1", "comparator": "gte", "value": 0.5},
    }
    moment = datetime(2024, 3, 2, tzinfo=UTC)
    filters = {
        "all": None,
        "batch": [{"property": "batch_id", "comparator": "eq", "value": "b0"}],
        "from": time_filter("gte", moment),
        "until": time_filter("lte", moment),
    }
    rows = {
        "all": frame,
        "batch": frame[frame["batch_id"] == "b0"],
        "from": frame[frame["inference_timestamp"] >= moment],
        "until": frame[frame["inference_timestamp"] <= moment],
    }[kept]
    extra = {} if filters[kept] is None else {"filter": filters[kept]}
    matrices = model.query(matrix_query(matrix) | extra)
    rates = model.query(matrix_query(positive) | extra)
    assert {row["SEX"] for row in matrices} == set(rows["SEX"])
    for row, rate in zip(matrices, rates, strict=True):
        group = rows[rows["SEX"] == row["SEX"]]
        guess = (group["p_1"] >= 0.5).astype(int)
        (_, fp), (fn, tp) = confusion_matrix(group["gt_1"], guess, labels=[0, 1]).tolist()
        found = row["confusion_matrix"]
        assert len(found) == 8
        assert_close(found["f1"], 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None)
        assert_close(found["accuracy_rate"], float((guess == group["gt_1"]).mean()))
        assert rate["SEX"] == row["SEX"]
        assert_close(rate["positive_rate"], float(guess.mean()))


def test_confusion_matrices_of_one_of_several_classes(made):
    frame, model = made["three", "stream"]
    item = {
        "function": "confusionMatrixRateMulticlass",
        "alias": "confusion_matrix",
        "parameters": {"predicted_property": "p_b"},
    }
    guess = frame[["p_a", "p_b", "p_c"]].idxmax(axis=1) == "p_b"
    for row in model.query(matrix_query(item)):
        group = frame["SEX"] == row["SEX"]
        expected = f1_score(frame.loc[group, "gt_b"], guess[group].astype(int))
        assert_close(row["confusion_matrix"]["f1"], float(expected))


def test_the_number_of_inferences_with_ground_truth(made):
    frame, model = made["three", "stream"]
    count = {"select": [{"function": "count"}]}
    assert model.query(count) == [{"count": len(frame)}]
    known = [{"property": f"gt_{c}", "comparator": "NotNull"} for c in "abc"]
    with_truth = count | {"from": "ground_truth", "filter": known}
    assert model.query(with_truth) == [{"count": len(frame)}]
