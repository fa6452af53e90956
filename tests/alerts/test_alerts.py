"""Rules over real logs, beside pandas' account of the same windows."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.arthurai.core.alerts import AlertRule
from modelgroups.errors import (
    BadRequestError,
    MethodNotApplicableError,
    NotFoundError,
    ReadOnlyError,
    UserError,
    UserTypeError,
    UserValueError,
)
from modelgroups.testing import example_model

START = pd.Timestamp("2026-01-01", tz="UTC")


def metric_id(model, name):
    (metric,) = model.get_metrics(metric_name=name)
    return metric.id


def traffic(n=600, minutes=2_000, seed=0):
    """Return inferences at whole seconds of some minutes, with ids and late labels."""
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.choice(60 * minutes, n, replace=False))
    return pd.DataFrame(
        {
            "age": rng.choice([31, 47], n),
            "p": rng.random(n).round(3),
            "y": rng.integers(0, 2, n),
            "partner_inference_id": [f"i{number}" for number in range(n)],
            "inference_timestamp": START + pd.to_timedelta(seconds, unit="s"),
        }
    )


def windows(frame, lookback, wait, value, until=None):
    """Return the value at each tick with rows in its window."""
    step = pd.Timedelta(minutes=wait or lookback)
    ticks = pd.date_range(START, (until or START + pd.Timedelta("3D")), freq=step)
    times, length = frame["inference_timestamp"], pd.Timedelta(minutes=lookback)
    found = {}
    for tick in ticks[ticks > times.min()]:
        rows = frame[(times >= tick - length) & (times < tick)]
        if len(rows):
            found[tick] = value(rows)
    return found


def fired(values, crosses, wait):
    last, found = None, {}
    for tick, value in values.items():
        quiet = last is not None and tick < last + pd.Timedelta(minutes=wait)
        if value is not None and crosses(value) and not quiet:
            found[tick] = value
            last = tick
    return found


def raised(model, **wanted):
    return {pd.Timestamp(a.window_end): a.metric_value for a in model.get_alerts(**wanted)}


@pytest.mark.parametrize(("lookback", "wait"), [(60, 0), (7, 0), (60, 20), (10, 45), (45, 30)])
def test_alerts_are_those_of_a_plain_account(lookback, wait):
    frame = traffic()
    with example_model() as model:
        rule = model.create_alert_rule(
            metric_id(model, "Accuracy Rate"),
            "lower",
            0.45,
            "warning",
            lookback_period=lookback,
            subsequent_alert_wait_time=wait,
        )
        model.send_inferences(frame)
        ours = raised(model)
        again = model.evaluate_alerts()
        alert = model.get_alerts(page_size=1)[0]
    values = windows(frame, lookback, wait, lambda r: ((r["p"] >= 0.5) == r["y"]).mean())
    expected = fired(values, lambda value: value < 0.45, wait)
    assert list(ours) == sorted(expected, reverse=True)
    assert ours == pytest.approx(expected)
    assert again == 0
    assert (alert.alert_rule, alert.status, alert.model_id) == (rule, "new", model.id)
    length = pd.Timestamp(alert.window_end) - pd.Timestamp(alert.window_start)
    assert length == pd.Timedelta(minutes=lookback)
    assert alert.timestamp == alert.window_end


def test_traffic_in_parts_raises_what_it_raises_at_once():
    frame = traffic()
    rule = {"bound": "upper", "threshold": 0.6, "severity": "critical"}
    times = {"lookback_period": 30, "subsequent_alert_wait_time": 90}
    oldest = {"select": [{"function": "avg", "parameters": {"property": "p"}}]}
    found = []
    for n_parts in (1, 4):
        with example_model() as model:
            mean = model.create_metric("Mean", oldest)
            model.create_alert_rule(mean, **rule, **times)
            for part in np.array_split(np.arange(len(frame)), n_parts):
                model.send_inferences(frame.iloc[part])
                end = frame["inference_timestamp"].iloc[part[-1]].floor("30min")
                model.evaluate_alerts(now=end.to_pydatetime())
            model.evaluate_alerts()
            found.append(raised(model))
    values = windows(frame, 30, 90, lambda rows: rows["p"].mean())
    expected = fired(values, lambda value: value > 0.6, 90)
    assert found[0] == found[1] == pytest.approx(expected)


def test_labels_that_come_late_raise_the_alerts_of_their_windows():
    frame = traffic(200)
    with example_model() as model:
        model.create_alert_rule(
            metric_id(model, "Accuracy Rate"), "lower", 0.3, "warning", lookback_period=30
        )
        model.send_inferences(frame.drop(columns="y"))
        assert model.get_alerts() == []
        model.update_inference_ground_truths(frame[["partner_inference_id", "y"]].head(100))
        half = raised(model)
        model.update_inference_ground_truths(frame[["partner_inference_id", "y"]])
        whole = raised(model)
    values = windows(frame, 30, 0, lambda r: ((r["p"] >= 0.5) == r["y"]).mean())
    expected = fired(values, lambda value: value < 0.3, 0)
    assert set(half) < set(whole)
    assert set(expected) <= set(whole)


def test_silence_is_seen_by_a_rule_for_a_count():
    frame = traffic(50, minutes=600)
    until = START + pd.Timedelta(hours=20)
    with example_model() as model:
        model.create_alert_rule(
            metric_id(model, "Inference Count"), "lower", 3, "critical", lookback_period=60
        )
        model.send_inferences(frame)
        model.evaluate_alerts(now=until.to_pydatetime())
        ours = raised(model)
    counts = frame.groupby(frame["inference_timestamp"].dt.floor("h")).size()
    hours = pd.date_range(frame["inference_timestamp"].min().floor("h"), until, freq="h")[:-1]
    counts = counts.reindex(hours, fill_value=0)
    expected = {hour + pd.Timedelta("1h"): n for hour, n in counts.items() if n < 3}
    assert ours == expected


def test_filters_and_parameters_reach_the_metric():
    frame = traffic()
    share = {
        "select": [
            {
                "function": "rate",
                "parameters": {"property": "p", "comparator": "gte", "value": "{{ bound }}"},
            }
        ]
    }
    with example_model() as model:
        sure = model.create_metric("Sure", share, parameters=[{"name": "bound"}])
        model.create_alert_rule(
            sure,
            "upper",
            0.3,
            "warning",
            lookback_period=60,
            metric_parameters={"bound": [0.8]},
            filters=[{"property": "age", "comparator": "eq", "value": 47}],
        )
        model.send_inferences(frame)
        ours = raised(model)
    values = windows(frame[frame["age"] == 47], 60, 0, lambda rows: (rows["p"] >= 0.8).mean())
    assert ours == pytest.approx(fired(values, lambda value: value > 0.3, 0))


def test_drift_is_watched_window_by_window():
    frame = traffic(300, minutes=4_000)
    with example_model() as model:
        drift = metric_id(model, "Prediction Drift: p")
        model.create_alert_rule(drift, "upper", 1.0, "warning", lookback_period=1_440)
        model.send_inferences(frame)
        ours = raised(model)
        by_day = model.drift(["p"], every="day")
    days = by_day.set_index("timestamp")["p"]
    expected = {day + pd.Timedelta("1D"): value for day, value in days.items() if value > 1}
    assert ours == pytest.approx(expected)


def test_a_batch_is_looked_at_once_it_is_closed():
    rows = [
        {"age": 31, "p": p, "y": 1, "batch_id": batch}
        for batch, scores in {"good": [0.9, 0.8], "bad": [0.2, 0.9], "open": [0.1]}.items()
        for p in scores
    ]
    with example_model(is_batch=True) as model:
        model.create_alert_rule(metric_id(model, "Accuracy Rate"), "lower", 0.9, "critical")
        model.send_inferences(rows, complete_batch=False)
        assert model.get_alerts() == []
        for batch in ("good", "bad"):
            model.close_batch(batch)
        (alert,) = model.get_alerts()
        assert (alert.batch_id, alert.metric_value, alert.window_start) == ("bad", 0.5, None)
        assert alert.message == "Accuracy Rate was 0.5, below 0.9, in the batch 'bad'"
        model.close_batch("open")
        assert [a.batch_id for a in model.get_alerts(batch_id="open")] == ["open"]
        assert len(model.get_alerts()) == 2


def test_a_rule_that_is_changed_looks_ahead_only():
    frame = traffic(400)
    first, second = frame.iloc[:200], frame.iloc[200:]
    with example_model() as model:
        mean = {"select": [{"function": "avg", "parameters": {"property": "p"}}]}
        rule = model.create_alert_rule(
            model.create_metric("Mean", mean), "upper", 2.0, "warning", lookback_period=60
        )
        model.send_inferences(first)
        assert model.get_alerts() == []
        rule.threshold, rule.name = 0.5, "high"
        changed = model.update_alert_rule(rule)
        assert (changed.threshold, changed.name, rule.id) == (0.5, "high", changed.id)
        assert model.get_alerts() == []
        model.send_inferences(second)
        ours = raised(model)
        rule.enabled = False
        model.update_alert_rule(rule)
        model.send_inferences(frame.assign(partner_inference_id=None).tail(1))
        kept = model.get_alert_rules()[0]
        assert kept == replace(changed, enabled=False)
    assert ours
    assert min(ours) > first["inference_timestamp"].max()


def test_alerts_are_found_acknowledged_and_paged(tmp_path):
    frame = traffic(300)
    with mg.connect(tmp_path) as connection:
        model = connection.model(display_name="m", input_type="TABULAR", output_type="MULTICLASS")
        model.build(frame[["age", "p", "y"]], {"p": 1}, ground_truth_column="y")
        model.save()
        rules = [
            model.create_alert_rule(
                metric_id(model, "Inference Count"), "upper", n, "warning", lookback_period=60
            )
            for n in (5, 8)
        ]
        model.send_inferences(frame)
        alerts = model.get_alerts()
        both = [len(model.get_alerts(alert_rule_id=rule.id)) for rule in rules]
        assert len(alerts) == sum(both)
        assert both[0] > both[1] > 0
        pages = [model.get_alerts(page=page, page_size=7) for page in range(1, 10)]
        assert [alert for page in pages for alert in page] == alerts[:63]
        done = model.update_alert("acknowledged", alerts[0].id)
        assert done.status == "acknowledged"
        assert model.get_alerts(status="acknowledged") == [done]
        middle = alerts[len(alerts) // 2].timestamp
        late, early = model.get_alerts(start_time=middle), model.get_alerts(end_time=middle)
        assert late + early == model.get_alerts()
        naive = datetime.fromisoformat(middle).replace(tzinfo=None)  # is in UTC
        assert model.get_alerts(start_time=naive) == late
        assert model.get_alert_rules(page=2, page_size=1) == rules[1:]
        first = model.get_alert_rules(page_size=1)
        title, heads, row = repr(first).splitlines()
        assert title.startswith("1 alert rule and more; page=2 has the next")
        assert heads.split()[:3] == ["rule", "bound", "threshold"]
        assert row.startswith(first[0].name)
        assert first._repr_html_().count("<tr>") == 2
        assert repr(model.get_alert_rules(page=99)) == "[]"
        everything = model.get_alert_rules(page_size=100)
        assert "and more" not in repr(everything)
        assert everything == list(everything)
        model_id = model.id
    with mg.connect(tmp_path, read_only=True) as connection:
        model = connection.get_model(model_id)
        assert len(model.get_alerts()) == len(alerts)
        with pytest.raises(ReadOnlyError):
            model.evaluate_alerts()


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda m, i: m.create_alert_rule("none", "upper", 1, "warning"), NotFoundError, "none"),
        (
            lambda m, i: m.create_alert_rule(i, "above", np.nan, "odd", lookback_period=0.5),
            BadRequestError,
            "bound='above'.*severity='odd'.*threshold=nan.*lookback_period=0.5",
        ),
        (
            lambda m, i: m.create_alert_rule(i, "upper", 1, "warning", metric_parameters={"a": {}}),
            UserError,
            "'a'",
        ),
        (
            lambda m, i: m.create_alert_rule(
                i, "upper", 1, "warning", filters=[{"property": "agee", "comparator": "NotNull"}]
            ),
            UserValueError,
            "did you mean 'age'",
        ),
        (
            lambda m, i: m.create_alert_rule(i, "upper", 1, "warning", filters="x"),
            UserTypeError,
            "c",
        ),
        (
            lambda m, i: m.update_alert_rule(AlertRule("upper", 1, i, "x")),
            MethodNotApplicableError,
            "no id",
        ),
        (lambda m, i: m.update_alert_rule("x"), UserTypeError, "AlertRule"),
        (lambda m, i: m.update_alert("done", "a"), UserValueError, "acknowledged"),
        (lambda m, i: m.update_alert("a", "resolved"), UserValueError, "the status comes first"),
        (lambda m, i: m.update_alert("resolved", "a"), NotFoundError, "no alert 'a'"),
        (lambda m, i: m.get_alerts(page=0), UserValueError, "page=0"),
        (lambda m, i: m.get_alerts(start_time="yesterday"), UserValueError, "start_time"),
    ],
)
def test_what_cannot_be_is_told(call, error, told):
    with example_model() as model:
        with pytest.raises(error, match=told):
            call(model, metric_id(model, "AUC"))
        assert model.get_alert_rules() == []
