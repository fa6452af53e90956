"""What `get_alerts` returns: the SDK's list, short to look at however many alerts there are."""

import copy
import json
import pickle
from pprint import pformat

import pandas as pd
import pytest

from modelgroups.testing import example_model


@pytest.fixture(scope="module")
def alerts():
    """Return those of two rules over nine days, of which some were dealt with."""
    with example_model() as model:
        (count,) = model.get_metrics(metric_name="Inference Count")
        (rate,) = model.get_metrics(metric_name="Accuracy Rate")
        model.create_alert_rule(count.id, "upper", 1, "warning", name="<busy>", lookback_period=60)
        model.create_alert_rule(rate.id, "lower", 0.9, "critical", lookback_period=24 * 60)
        days = pd.date_range("2025-03-01T09:30Z", periods=9)
        at = [day for number, day in enumerate(days) for _ in range(2 + number)]
        rows = {"age": [31] * len(at), "p": [0.9] * len(at), "y": [0] * (len(at) - 1) + [1]}
        model.send_inferences(rows, inference_timestamps=at)
        (first, *_) = model.get_alerts(alert_rule_id=model.get_alert_rules()[0].id)
        model.update_alert("resolved", first.id)
        yield model.get_alerts()


def test_it_is_the_list_that_it_was(alerts):
    plain = list(alerts)
    assert isinstance(alerts, list)
    assert alerts == plain
    assert len(alerts) == 18
    assert type(alerts[:2]) is list
    assert [each.id for each in pickle.loads(pickle.dumps(alerts))] == [each.id for each in plain]
    assert copy.deepcopy(alerts) == plain
    assert json.dumps([each.to_dict() for each in alerts])


def test_it_shows_a_line_for_each_rule(alerts):
    pretty = pytest.importorskip("IPython.lib.pretty").pretty
    title, heads, *rows = repr(alerts).splitlines()
    assert title == "18 alerts of 2 rules; a list, the latest first"
    assert heads.split() == ["rule", "severity", "alerts", "worst", "first", "last", "status"]
    assert [" ".join(row.split()) for row in rows] == [
        "Accuracy Rate lower bound critical 9 0.0000 2025-03-01 2025-03-09 new",
        "<busy> warning 9 10.0000 2025-03-01 09:00 2025-03-09 09:00 1 resolved, 8 new",
    ]
    assert repr(alerts) == str(alerts) == pformat(alerts) == pretty(alerts)


def test_a_notebook_shows_the_same_as_a_table(alerts):
    page = alerts._repr_html_()
    assert page.count("<tr>") == 3
    assert "&lt;busy&gt;" in page
    assert "<busy>" not in page


def test_a_few_are_shown_as_they_are(alerts):
    few = type(alerts)(alerts[:2])
    assert repr(few) == repr(alerts[:2])
    assert few._repr_html_() is None


def test_of_many_rules_the_first_are_shown(alerts, monkeypatch):
    monkeypatch.setattr("modelgroups.alerts.listed._MOST_RULES", 1)
    assert repr(alerts).endswith("new\nand 1 more rules")
    assert "<busy>" not in repr(alerts)
