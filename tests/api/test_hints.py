"""What is written nearly right is understood where it can mean one thing only, else corrected."""

import copy
from datetime import date, datetime

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.errors import (
    MissingParameterError,
    NotFoundError,
    UserError,
    UserTypeError,
    UserValueError,
)
from modelgroups.testing import example_model

NAIVE = datetime(2026, 10, 2)  # noqa: DTZ001
DATES = {
    "text": "2026-10-02",
    "date": date(2026, 10, 2),
    "Timestamp": pd.Timestamp("2026-10-02"),
    "zoned": pd.Timestamp("2026-10-02 02:00", tz="Europe/Berlin"),
}


@pytest.fixture(scope="module")
def used():
    """Return a version with an inference at noon of each of three days."""
    with example_model() as model:
        times = pd.date_range("2026-10-01T12:00:00Z", periods=3)
        model.send_inferences({"age": [1, 2, 3], "p": [0.1, 0.2, 0.3]}, inference_timestamps=times)
        yield model


@pytest.mark.parametrize("day", DATES.values(), ids=DATES)
def test_a_date_is_its_midnight_in_utc(used, day):
    assert used.inferences(since=day)["age"].tolist() == [2, 3]
    assert used.inferences(until=day)["age"].tolist() == [1]
    assert used.summary(since=day).n_inferences == 2
    assert used.metrics("Inference Count", every=None, since=day).iloc[0, -1] == 2
    assert used.drift(["age"], since=day, every=None).notna().all().all()
    assert used.get_alerts(start_time=day, end_time=day) == []
    assert used.evaluate_alerts(day) == 0


def test_dates_are_taken_where_versions_and_moves_are_asked_for(used):
    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", "NLP", "TOKEN_SEQUENCE")
        model.build_token_sequence_model("question", "answer")
        model.save()
        group = connection.get_model_group(model)
        for day in DATES.values():
            assert connection.models(created_after=date(2020, 1, 1), created_before=day) is not None
        group.promote(1, at=date(2020, 3, 1))
        assert group.champion(at="2020-03-01") == model
        assert group.champion(at=date(2020, 2, 29)) is None


@pytest.mark.parametrize(
    ("moment", "error", "told"),
    [
        ("2026-02-31", UserValueError, "'2026-02-31', which is no time: day is out of range"),
        ("2026-13-01 12:00", UserValueError, "which is no time: month must be in 1..12"),
        ("soon", UserValueError, "'soon', which is not ISO 8601 with an offset"),
        (NAIVE, UserValueError, "since='2026-10-02T00:00:00' has no time zone"),
        (pd.Timestamp("2026-10-02 12:00"), UserValueError, "as a plain date for midnight in UTC"),
        (
            "2026-10-02T12:00:00",
            UserValueError,
            "write it as '2026-10-02T12:00:00Z' if",
        ),
        (20261002, UserTypeError, "got int 20261002"),
    ],
)
def test_other_times_without_a_zone_are_refused(used, moment, error, told):
    with pytest.raises(error, match=told):
        used.inferences(since=moment)


@pytest.mark.parametrize("until", ["2026-10-01", "2026-10-01T23:59:59Z"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda model, **span: model.inferences(**span),
        lambda model, **span: model.metrics(["Inference Count"], **span),
        lambda model, **span: model.drifted(**span),
        lambda model, **span: model.drift(**span),
        lambda model, **span: model.report("page.html", **span),
    ],
)
def test_a_span_that_ends_before_it_begins_is_refused(used, ask, until, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserValueError, match=r"since='2026-10-02' is after until="):
        ask(used, since="2026-10-02", until=until)
    assert len(used.inferences()) == 3
    assert len(used.inferences(since="2026-10-02", until="2026-10-02")) == 0
    assert not list(tmp_path.iterdir())


def test_metrics_are_found_whatever_their_case(used):
    assert list(used.metrics("auc", every=None)) == ["AUC"]
    assert list(used.metrics(["inference count", "AUC"], every=None)) == ["Inference Count", "AUC"]
    with pytest.raises(NotFoundError, match=r"'AUCC'; did you mean 'AUC'\?; no metric 'F11'"):
        used.metrics(["AUCC", "auc", "F11"])
    rule = used.create_alert_rule("inference count", "upper", 5, "warning")
    assert rule.metric_id == used.get_metrics(metric_name="Inference Count")[0].id
    with pytest.raises(NotFoundError, match=r"no metric 'AUCC'; did you mean 'AUC'\?"):
        used.create_alert_rule("AUCC", "upper", 5, "warning")
    used.delete_alert_rule(rule.id)


@pytest.mark.parametrize("written", ["Multiclass", "multiclass", "MULTI_CLASS", "multi-class"])
@pytest.mark.parametrize("input_type", ["tabular", "Tabular", "TABULAR"])
def test_types_are_known_in_any_case(written, input_type):
    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", input_type, written)
        assert (model.input_type, model.output_type) == ("TABULAR", "MULTICLASS")
        assert connection.model("m-2", "time series", "ranked list").input_type == "TIME_SERIES"
        model.add_attribute("age", "integer", "pipeline input")
        assert model.get_attribute("age").value_type == "INTEGER"


@pytest.mark.parametrize("written", ["binary", "Binary Classification", "classifier"])
def test_a_binary_model_is_told_what_it_is(written):
    with mg.connect(":memory:") as connection:
        with pytest.raises(UserValueError, match=r"OutputType\.Multiclass, also with two classes"):
            connection.model("m-1", "TABULAR", written)
        with pytest.raises(UserValueError, match="is not one of TABULAR") as caught:
            connection.model("m-1", written, "REGRESSION")
        assert "Multiclass" not in str(caught.value)


@pytest.fixture
def faces(used):
    """Return a connection, a group, a version, and what is below a version."""
    with example_model() as model, mg.connect(":memory:") as connection:
        group = connection.model("m-1", "NLP", "TOKEN_SEQUENCE")
        group.build_token_sequence_model("question", "answer")
        group.save()
        yield {
            "connection": connection,
            "group": connection.get_model_group(group),
            "version": model,
            "pictures": model.viz,
            "fairness": model.bias,
        }


MEANT = [
    (
        "connection",
        "get_versions",
        "a group has it: connection.get_model_group(model).get_versions",
    ),
    ("connection", "save", "a version has it: group.get_version(label=…).save"),
    ("connection", "get_modell", "did you mean 'get_model'?"),
    ("group", "save", "a version has it"),
    ("group", "get_lates_version", "did you mean 'get_latest_version'?"),
    ("version", "promote", "a group has it"),
    ("version", "sent_inferences", "did you mean 'send_inferences'?"),
    ("version", "predict", "models run where you run them: send_inferences() stores"),
    ("connection", "register_model", "build() and save() of a model store a version"),
    ("version", "_repr_png_", None),
    ("version", "qqq", None),
    ("pictures", "metrics_series", "did you mean 'metric_series'?"),
    ("fairness", "metric", "did you mean 'metrics'?"),
]


@pytest.mark.parametrize(("face", "name", "hint"), MEANT)
def test_a_name_that_is_not_there_is_corrected(faces, face, name, hint):
    item = faces[face]
    with pytest.raises(AttributeError) as caught:
        getattr(item, name)
    message = f"{type(item).__name__!r} object has no attribute {name!r}"
    assert str(caught.value).startswith(message)
    assert caught.value.name == name
    if hint is None:
        assert str(caught.value) == message
    else:
        assert f"{message}; {hint}" in str(caught.value)
    assert not hasattr(item, name)


@pytest.mark.parametrize(
    ("face", "name", "hint"),
    [
        ("version", "label", "did you mean 'version_label'?"),
        ("version", "version_labl", "did you mean 'version_label'?"),
        ("group", "nmae", "did you mean 'name'?"),
        ("version", "qqq", ""),
    ],
)
def test_a_field_that_is_not_there_cannot_be_set(faces, face, name, hint):
    with pytest.raises(AttributeError, match=f"no field {name!r} that could be set") as caught:
        setattr(faces[face], name, "V1")
    assert str(caught.value).endswith(hint)
    assert name not in vars(faces[face])


def test_fields_that_are_there_are_set(faces):
    model = faces["connection"].model("m-2", "TABULAR", "REGRESSION")
    for name, value in {"version_label": "V9", "tags": ["a"], "attributes": None}.items():
        setattr(model, name, value)
        assert getattr(model, name) == value
    model.reference_dataframe = pd.DataFrame({"a": [1]})
    model._note = "private names are nobody else's"


def test_a_keyword_that_is_not_there_is_corrected(faces):
    with pytest.raises(MissingParameterError, match=r"'tgas'; did you mean 'tags'\?"):
        faces["connection"].model("m-1", "TABULAR", "REGRESSION", tgas=["a"])
    with pytest.raises(MissingParameterError, match="did you mean 'predictions'"):
        faces["version"].send_inferences([{"age": 1}], prediction=[0.5])
    with pytest.raises(MissingParameterError, match=r"'qqq'; it takes model, label$"):
        faces["group"].add_version(faces["version"], qqq=1)


def test_objects_are_copied_as_before(faces):
    for each in ("group", "version"):
        assert copy.copy(faces[each]) == faces[each]


def test_a_group_and_a_column_that_are_not_there_are_corrected(faces):
    connection, name = faces["connection"], faces["group"].name
    with pytest.raises(NotFoundError, match=f"did you mean {name!r}"):
        connection.get_model_group(name.lower() + "s")
    data = pd.DataFrame({"amount": [1.5, 2.5], "p": [0.1, 0.2], "y": [0, 1]})
    build = connection.model("columns", "TABULAR", "MULTICLASS").build
    for wrong in (
        {"pred_to_ground_truth_map": {"p": 1}, "ground_truth_column": "yy"},
        {"pred_to_ground_truth_map": {"pp": 1}, "ground_truth_column": "y"},
        {
            "pred_to_ground_truth_map": {"p": 1},
            "ground_truth_column": "y",
            "non_input_columns": ["amuont"],
        },
    ):
        with pytest.raises(UserValueError, match=r"not in the data: .* \(did you mean '\w+'\?\)$"):
            build(data, **wrong)


def test_ground_truth_that_is_not_there_is_corrected_with_ground_truth(faces):
    version = faces["version"]
    (truth, *_) = [a.name for a in version.get_attributes() if a.stage == "GROUND_TRUTH_CLASS"]
    predicted = [a.name for a in version.get_attributes("PREDICTED_VALUE")]
    for name in (*(f"{name}_" for name in predicted), "outcome"):
        frame = pd.DataFrame({"partner_inference_id": ["a"], name: [1]})
        for send in (
            version.update_inference_ground_truths,
            lambda rows: version.send_bulk_ground_truths(data=rows),
        ):
            with pytest.raises(
                UserError, match=rf"'{name}' \((did you mean|the ground truth is)"
            ) as e:
                send(frame)
            assert f"{truth!r}" in str(e.value)
