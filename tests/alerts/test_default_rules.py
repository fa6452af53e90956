"""The rules that every model has, beside plain queries for drift and thresholds."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.alerts.chance import psi_quantile
from modelgroups.arthurai.core.alerts import AlertRule
from modelgroups.errors import BadRequestError, ConflictError, NotFoundError
from modelgroups.testing import example_model

START = pd.Timestamp("2026-01-01", tz="UTC")
DAYS = 6
SHIFTED = 3
NAMES = ["age", "city", "p"]
CONFIDENCE = 1 - 0.05 / 3


def rows(n, seed, **columns):
    rng = np.random.default_rng(seed)
    frame = {
        "age": rng.normal(40, 10, n),
        "city": rng.choice(["Ulm", "Bonn", "Köln"], n, p=[0.5, 0.3, 0.2]),
        "p": rng.random(n),
        "y": rng.integers(0, 2, n),
    }
    return pd.DataFrame(frame | columns)


def week(n=300):
    """Return inferences of some days, of which one has older people."""
    days = []
    for day in range(DAYS):
        frame = rows(n + 20 * day, seed=day + 1)
        if day == SHIFTED:
            frame["age"] += 20
        days.append(frame.assign(inference_timestamp=START + pd.Timedelta(days=day, hours=12)))
    return pd.concat(days, ignore_index=True)


def made(connection, reference=None, **kind):
    model = connection.model("people", "TABULAR", "MULTICLASS", display_name="People", **kind)
    frame = rows(2_000, seed=0) if reference is None else reference
    non_inputs = [name for name in frame if name not in ("age", "city", "p", "y")]
    model.build(frame, {"p": 1}, ground_truth_column="y", non_input_columns=non_inputs)
    model.save()
    return model


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def model(connection):
    return made(connection)


@pytest.fixture
def used(model):
    model.send_inferences(week())
    return model


def rules_of(model):
    return {rule.metric_name.partition(": ")[2]: rule for rule in model.get_alert_rules()}


def threshold(model, name, n_rows=None, confidence=CONFIDENCE):
    """Return the bound of what chance does to one attribute; its own tests are elsewhere."""
    sides = {"base": {"source": "reference"}, "target": {"source": "reference"}}
    table = model.query({"property": name, **sides}, query_type="drift_psi_bucket_table")
    counts = np.array([bucket["base_count_per_bucket"] for bucket in table])
    return psi_quantile(counts, confidence, n_rows or int(counts.sum()))


def exceeding(model, every):
    """Return which windows drift by more than their own threshold, for each attribute."""
    drift = model.drift(NAMES, every=every).set_index("timestamp" if every == "day" else "batch_id")
    counts = model.metrics(["Inference Count"], every=every).iloc[:, -1].tolist()
    return {
        (name, key): value
        for name in NAMES
        for key, value, n in zip(drift.index, drift[name], counts, strict=True)
        if value > threshold(model, name, n)
    }


def test_rules_are_there_once_there_are_inferences(model, connection):
    assert model.get_alert_rules() == []
    assert model.evaluate_alerts() == 0
    model.send_inferences(week())
    rules = rules_of(model)
    assert list(rules) == NAMES
    drifts = {metric.name: metric.id for metric in model.get_metrics() if "Drift: " in metric.name}
    for name, rule in rules.items():
        kind = "Prediction" if name == "p" else "Feature"
        assert rule == AlertRule(
            bound="upper",
            threshold=pytest.approx(threshold(model, name)),
            metric_id=drifts[f"{kind} Drift: {name}"],
            severity="warning",
            name=f"{kind} Drift: {name} upper bound",
            lookback_period=24 * 60,
            subsequent_alert_wait_time=0,
            id=rule.id,
            metric_name=f"{kind} Drift: {name}",
            confidence=CONFIDENCE,
        )
    events = connection.audit(category="rule")
    assert events["type"].tolist() == ["rule.created"] * 3
    assert [after["rule_id"] for after in events["after"]] == [r.id for r in rules.values()]


def test_each_window_is_held_against_the_threshold_of_its_size(used):
    alerts = used.get_alerts()
    found = {
        (a.alert_rule.metric_name.partition(": ")[2], pd.Timestamp(a.window_start)): a
        for a in alerts
    }
    expected = exceeding(used, "day")
    assert {key: alert.metric_value for key, alert in found.items()} == pytest.approx(expected)
    shifted = found["age", START + pd.Timedelta(days=SHIFTED)]
    own = threshold(used, "age", 300 + 20 * SHIFTED)
    assert shifted.alert_rule == replace(rules_of(used)["age"], threshold=pytest.approx(own))
    assert shifted.message == (
        f"Feature Drift: age was {shifted.metric_value:.6g}, above {own:.6g}, "
        "from 2026-01-04T00:00 to 2026-01-05T00:00 UTC"
    )
    assert used.evaluate_alerts() == 0


def test_batches_are_held_against_the_threshold_of_their_size(connection):
    model = made(connection, is_batch=True)
    frame = week().drop(columns="inference_timestamp")
    frame["batch_id"] = week()["inference_timestamp"].dt.day_name()
    for batch, part in frame.groupby("batch_id"):
        model.send_inferences(part, complete_batch=batch != "Friday")
    found = {
        (a.alert_rule.metric_name.partition(": ")[2], a.batch_id): a.metric_value
        for a in model.get_alerts()
    }
    expected = exceeding(model, "batch_id")
    assert found == pytest.approx({k: v for k, v in expected.items() if k[1] != "Friday"})
    assert ("age", "Sunday") in found


def test_data_like_the_reference_alarm_as_seldom_as_they_should(connection):
    """Of 24 attributes together, in windows with seven rows for each bucket."""
    n_days, n_rows = 300, 144
    names = [f"x{number}" for number in range(21)]
    numbers = pd.DataFrame(
        np.random.default_rng(3).normal(size=(5_000 + n_days * n_rows, len(names))), columns=names
    )
    model = made(connection, rows(5_000, seed=0).join(numbers[:5_000]))
    frame = rows(n_rows * n_days, seed=1).join(numbers[5_000:].reset_index(drop=True))
    frame["inference_timestamp"] = START + pd.to_timedelta(frame.index // n_rows, unit="D")
    model.send_inferences(frame)
    rules = model.get_alert_rules(page_size=100)
    assert {rule.confidence for rule in rules} == {1 - 0.05 / 24}
    alerts = model.get_alerts(page_size=1_000)
    assert 0.02 < len({alert.window_start for alert in alerts}) / n_days < 0.08
    drift = model.drift(NAMES, every="day")[NAMES]
    fixed = {rule.metric_name.partition(": ")[2]: rule.threshold for rule in rules}
    assert (drift > {name: fixed[name] for name in NAMES}).to_numpy().mean() > 0.5


def test_other_windows_are_seen_too(used):
    rule = rules_of(used)["age"]
    used.update_alert_rule(replace(rule, lookback_period=2 * 24 * 60))
    alerts = used.get_alerts(alert_rule_id=rule.id)
    end = pd.Timestamp(alerts[0].window_end)
    start = end - pd.Timedelta(days=2)
    drift = used.drift(["age"], since=start.to_pydatetime(), until=end.to_pydatetime(), every=None)
    n_rows = len(used.inferences(since=start.to_pydatetime(), until=end.to_pydatetime()))
    own = threshold(used, "age", n_rows)
    assert alerts[0].metric_value == pytest.approx(drift["age"].iloc[0])
    assert alerts[0].alert_rule.threshold == pytest.approx(own)


def test_a_rule_can_be_changed_and_deleted_and_does_not_come_back(used, connection):
    rules = rules_of(used)
    surer = used.update_alert_rule(replace(rules["age"], confidence=0.999))
    assert surer.threshold == pytest.approx(threshold(used, "age", confidence=0.999))
    fixed = used.update_alert_rule(replace(rules["city"], threshold=0.25))
    assert (fixed.threshold, fixed.confidence) == (0.25, None)
    used.delete_alert_rule(rules["p"].id)
    event = connection.audit(category="rule").iloc[-1]
    assert (event["type"], event["before"]["rule_id"]) == ("rule.deleted", rules["p"].id)
    assert used.get_alert_rules() == [surer, fixed]
    assert {a.alert_rule.metric_name for a in used.get_alerts()} == {"Feature Drift: age"}
    off = used.update_alert_rule(replace(surer, enabled=False))
    before = len(used.get_alerts())
    used.send_inferences(
        rows(500, 9, age=90.0).assign(inference_timestamp=START + pd.Timedelta("20D"))
    )
    assert len(used.get_alerts()) == before
    assert used.get_alert_rules() == [off, fixed]
    again = used.update_alert_rule(replace(fixed, confidence=rules["city"].confidence))
    assert again == rules["city"]
    with pytest.raises(NotFoundError, match="no alert rule"):
        used.delete_alert_rule(rules["p"].id)
    with pytest.raises(NotFoundError, match="no alert rule"):
        used.update_alert_rule(rules["p"])
    assert connection.verify()


def test_the_alerts_of_a_deleted_rule_stay(used):
    alerts = used.get_alerts()
    for rule in used.get_alert_rules():
        used.delete_alert_rule(rule.id)
    assert used.get_alerts() == alerts
    assert used.get_alert_rules() == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"confidence": 1.0}, "between 0 and 1"),
        ({"confidence": 0.99, "threshold": 0.5}, "not both"),
        ({"bound": "lower"}, "only an upper bound"),
    ],
)
def test_what_a_rule_cannot_be_is_told(used, change, told):
    rule = rules_of(used)["age"]
    with pytest.raises(BadRequestError, match=told):
        used.update_alert_rule(replace(rule, **change))
    assert rules_of(used)["age"] == rule


def test_a_rule_of_ones_own_may_have_a_confidence(used):
    [metric] = used.get_metrics(metric_name="Feature Drift: age")
    rule = used.create_alert_rule(
        metric.id, "upper", None, "critical", lookback_period=2 * 24 * 60, confidence=0.9
    )
    assert rule.threshold == pytest.approx(threshold(used, "age", confidence=0.9))
    assert rule in used.get_alert_rules()
    assert repr(rule) == (
        "<AlertRule 'Feature Drift: age upper bound': critical above what chance "
        "explains for its rows (confidence 0.9), "
        f"in windows of 2 days, id {rule.id}>"
    )
    alert = used.get_alerts(alert_rule_id=rule.id)[0]
    n_rows = 2 * 300 + 20 * (SHIFTED - 1 + SHIFTED)
    assert alert.alert_rule.threshold == threshold(used, "age", n_rows, confidence=0.9)
    assert repr(alert) == f"<Alert new critical: {alert.message}, id {alert.id}>"
    with pytest.raises(BadRequestError, match="not both; pass threshold=None"):
        used.create_alert_rule(metric.id, "upper", 0.1, "critical", confidence=0.9)
    with pytest.raises(BadRequestError, match="only an upper bound"):
        used.create_alert_rule(metric.id, "lower", None, "critical", confidence=0.9)
    with pytest.raises(BadRequestError, match="threshold=None is not a finite number"):
        used.create_alert_rule(metric.id, "lower", None, "critical")


def test_only_drift_from_the_reference_data_has_a_confidence(used):
    [metric] = used.get_metrics(metric_name="Inference Count")
    rule = used.create_alert_rule(metric.id, "upper", 10, "warning")
    with pytest.raises(BadRequestError, match="confidence is for rules of feature"):
        used.update_alert_rule(replace(rule, confidence=0.9))
    with pytest.raises(BadRequestError, match="confidence is for rules of feature"):
        used.create_alert_rule(metric.id, "upper", None, "warning", confidence=0.9)


def test_processes_at_the_same_time_make_the_same_rules(tmp_path):
    with mg.connect(tmp_path) as connection:
        model = made(connection)
        model.send_inferences(week())
    n_workers = 4
    barrier = Barrier(n_workers)

    def look(_):
        with mg.connect(tmp_path) as connection:
            found = connection.models()[0]
            barrier.wait()
            alerts = found.get_alerts()
            return found.get_alert_rules(), alerts

    with ThreadPoolExecutor(n_workers) as pool:
        answers = list(pool.map(look, range(n_workers)))
    assert all(answer == answers[0] for answer in answers)
    assert len(answers[0][0]) == 3
    with mg.connect(tmp_path) as connection:
        events = connection.audit(category=["rule", "alert"])["type"].value_counts()
        assert events.to_dict() == {"rule.created": 3, "alert.raised": len(answers[0][1])}


def test_a_reader_sees_rules_that_nobody_has_made(tmp_path):
    with mg.connect(tmp_path) as connection:
        model = made(connection)
        model.send_inferences(week())
        head = connection.audit_head()
    with mg.connect(tmp_path, read_only=True) as reader:
        model = reader.models()[0]
        seen = model.get_alert_rules()
        assert model.get_alert_rules(page=2, page_size=2) == seen[2:]
        assert model.get_alerts() == []
        assert reader.audit_head() == head
    with mg.connect(tmp_path) as connection:
        model = connection.models()[0]
        assert model.get_alert_rules() == seen
        model.delete_alert_rule(seen[0].id)
    with mg.connect(tmp_path, read_only=True) as reader:
        assert reader.models()[0].get_alert_rules() == seen[1:]


def test_what_moves_on_by_its_nature_has_no_rule(connection):
    reference = rows(500, seed=0)
    reference["when"] = pd.date_range("2025-01-01", periods=500, freq="h", tz="UTC")
    reference["number"] = range(500)
    reference["key"] = [f"k{number}" for number in range(500)]
    model = made(connection, reference)
    model.send_inferences(reference.tail(20))
    assert list(rules_of(model)) == NAMES


@pytest.mark.parametrize(("n_reference", "n_rows", "n_alerts"), [(150, 300, 0), (2_000, 15, 0)])
def test_too_few_rows_raise_nothing(connection, n_reference, n_rows, n_alerts):
    model = made(connection, rows(n_reference, seed=0))
    model.send_inferences(rows(n_rows, 1, age=1_000.0).assign(inference_timestamp=START))
    [rule] = [rule for name, rule in rules_of(model).items() if name == "age"]
    assert len(model.get_alerts(alert_rule_id=rule.id)) == n_alerts


def test_other_reference_data_are_what_is_compared_with(used):
    rules = rules_of(used)
    used.set_reference_data(data=rows(1_000, seed=7)[["age", "p"]] + 1)
    found = used.get_alerts()
    assert {a.alert_rule.metric_name.partition(": ")[2] for a in found} == {"age", "p"}
    alert = used.get_alerts(alert_rule_id=rules["age"].id)[0]
    day = (pd.Timestamp(alert.window_start) - START).days
    own = threshold(used, "age", 300 + 20 * day)
    assert alert.alert_rule.threshold == pytest.approx(own)


def test_there_may_be_more_attributes_than_a_query_takes(connection):
    names = [f"x{number:03}" for number in range(120)]
    values = np.random.default_rng(0).random((800, len(names)))
    reference = rows(400, 0).join(pd.DataFrame(values[:400], columns=names))
    model = made(connection, reference)
    seen = rows(400, 1).join(pd.DataFrame(values[400:] + 2, columns=names))
    model.send_inferences(seen.assign(inference_timestamp=START))
    alerts = model.get_alerts(page_size=1_000)
    assert {f"Feature Drift: {name}" for name in names} <= {
        a.alert_rule.metric_name for a in alerts
    }
    assert len(model.get_alert_rules(page_size=1_000)) == 123


def test_a_rule_that_another_changed_is_not_overwritten(used, monkeypatch):
    from modelgroups.alerts import keep

    rule = rules_of(used)["age"]
    real = keep._as_wanted

    def meanwhile(*arguments):
        monkeypatch.setattr(keep, "_as_wanted", real)
        used.update_alert_rule(replace(rule, name="theirs"))
        return real(*arguments)

    monkeypatch.setattr(keep, "_as_wanted", meanwhile)
    with pytest.raises(ConflictError, match="changed by another process"):
        used.update_alert_rule(replace(rule, name="ours"))
    assert rules_of(used)["age"].name == "theirs"


def test_a_model_without_reference_data_has_none():
    with mg.connect(":memory:") as connection:
        model = connection.model("m", "TABULAR", "REGRESSION")
        frame = pd.DataFrame({"x": [1.0, 2.5], "spend": [1.0, 2.0], "bill": [1.0, 2.0]})
        model.build(frame, {"spend": "bill"}, set_reference_data=False)
        model.save()
        model.send_inferences(frame)
        assert model.get_alert_rules() == []
        assert model.get_alerts() == []


def test_two_registries_raise_the_same_alerts_and_still_merge(tmp_path):
    with mg.connect(tmp_path / "a") as here, mg.connect(tmp_path / "b") as there:
        model = made(here)
        model.send_inferences(week())
        model.compact()
        bundle = here.get_model_group(model).export(tmp_path / "1.bundle", inferences=True)
        copy = there.import_bundle(bundle).get_latest_version()
        assert copy.get_alerts() == model.get_alerts() != []
        [rule] = [rule for rule in copy.get_alert_rules() if "age" in rule.name]
        copy.delete_alert_rule(rule.id)
        bundle = here.get_model_group(model).export(tmp_path / "2.bundle", inferences=True)
        there.import_bundle(bundle)
        assert rule.id not in {r.id for r in copy.get_alert_rules()}


def test_a_small_example_has_rules_and_no_false_alarms():
    with example_model() as model:
        model.send_inferences({"age": [90] * 30, "p": [0.5] * 30})
        assert list(rules_of(model)) == ["age", "p"]
        assert model.get_alerts() == []
