"""The picture of a deployment: its lines are the traffic, its intervals those of `evaluate`."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.drawing.looks import colour_of
from modelgroups.errors import MissingDependencyError
from modelgroups.testing import example_group

pytest.importorskip("matplotlib")
from matplotlib.dates import date2num


@pytest.fixture
def group():
    with example_group("V1", "V2") as found:
        found.promote("V1")
        yield found


@pytest.fixture
def send():
    """Sends inferences of the next five minutes."""
    return partial(send_from, pd.Timestamp.now("UTC").floor("s"))


def send_from(now, group, label, n, seed=0, ids="tx"):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    scores = np.clip(0.1 + 0.3 * truth + 0.6 * rng.random(n) - 0.05 * seed, 0, 1)
    frame = pd.DataFrame({"age": rng.integers(20, 60, n), "p": scores, "y": truth})
    at = now + pd.to_timedelta(np.arange(n) % 5 + 1, "min")
    group.get_version(label=label).send_inferences(
        frame, partner_inference_ids=[f"{ids}-{k}" for k in range(n)], inference_timestamps=at
    )


def lines_of(axis):
    return {line.get_label(): line for line in axis.lines if not line.get_label().startswith("_")}


def test_the_shares_of_an_ab_test_are_those_of_its_inferences(group, send):
    test = group.deploy.ab({"V1": 0.75, "V2": 0.25}, metric="AUC")
    send(group, "V1", 90, ids="one")
    send(group, "V2", 60, seed=1, ids="two")
    course = test.course()
    assert (course.interval, len(course.starts)) == ("minute", 5)
    assert course.counts == {"V1": (18,) * 5, "V2": (12,) * 5}
    figure = test.plot()
    traffic, auc = figure.axes
    drawn = lines_of(traffic)
    assert drawn["V1"].get_ydata() == pytest.approx([0.6] * 5)
    assert drawn["V2"].get_ydata() == pytest.approx([0.4] * 5)
    thin = [line.get_ydata()[0] for line in traffic.lines if line.get_label().startswith("_")]
    assert sorted(thin) == pytest.approx([0.25, 0.75])
    (found,) = test.evaluate().findings
    interval, point = auc.lines[0], auc.lines[1]
    assert list(interval.get_xdata()) == [found.effect.interval.low, found.effect.interval.high]
    assert list(point.get_xdata()) == [found.effect.difference]
    assert figure.get_suptitle() == "A/B test of V1, V2: live"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["V1", "V2"]


@pytest.mark.parametrize("champion", ["V1", "V2"])
def test_a_version_has_its_colour_whichever_is_the_baseline(champion, group, send):
    group.promote(champion)
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, metric="AUC")
    for seed, label in enumerate(("V1", "V2")):
        send(group, label, 90, seed=seed, ids=label)
    colours = {"V1": colour_of(1), "V2": colour_of(2)}
    traffic, auc = test.plot().axes
    assert {name: line.get_color() for name, line in lines_of(traffic).items()} == colours
    (finding,) = test.evaluate().findings
    assert finding.candidate != champion
    assert auc.lines[1].get_color() == colours[finding.candidate]


def test_no_two_versions_look_alike_even_without_colour(group, send):
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5})
    for label in ("V1", "V2"):
        send(group, label, 10, ids=label)
    looks = [(line.get_linestyle(), line.get_marker())
             for line in lines_of(test.plot().axes[0]).values()]  # fmt: skip
    assert len(set(looks)) == 2


def test_a_shadow_shows_numbers_and_how_far_a_guardrail_lets_it_go(group, send):
    shadow = group.deploy.shadow("V2", metric="AUC", guardrails={"Accuracy Rate": 0.2})
    for seed, label in enumerate(("V1", "V2")):
        send(group, label, 80, seed=seed)
    figure = shadow.plot()
    traffic, _, rail = figure.axes
    assert list(lines_of(traffic)["V2"].get_ydata()) == [16] * 5
    bounds = [line.get_xdata()[0] for line in rail.lines if line.get_linestyle() == "--"]
    assert bounds == [-0.2]  # more would be better
    (found,) = shadow.evaluate().guardrails
    assert [text.get_text() for text in rail.get_yticklabels()] == [f"V2 ({found.state})"]


def test_what_was_divided_anew_and_ended_is_still_there_to_be_seen(group):
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, metric="AUC")
    test.reweight({"V1": 0.25, "V2": 0.75})
    test.abort()
    course = test.course()
    assert [each.weights for each in course.divisions] == [{"V1": 0.5, "V2": 0.5},
                                                           {"V1": 0.25, "V2": 0.75}]  # fmt: skip
    first, second = course.divisions
    assert first.end == second.start <= second.end
    figure = test.plot()
    assert [text.get_text() for text in figure.axes[0].texts] == ["no inferences"]
    assert figure.legends == []
    assert figure.get_suptitle().endswith("aborted")


def test_what_began_a_moment_ago_shows_its_data_and_its_plan(group):
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5})
    at = pd.Timestamp.now("UTC")
    for label in ("V1", "V2"):
        rows = {"age": [31] * 6, "p": [0.5] * 6}
        group.get_version(label=label).send_inferences(rows, inference_timestamps=[at] * 6)
    axis = test.plot().axes[0]
    low, high = axis.get_xlim()
    for line in axis.lines:
        places = [(place - low) / (high - low) for place in date2num(line.get_xdata())]
        assert 0.1 < min(places) <= max(places) < 0.9
        if line.get_label().startswith("_"):
            assert max(places) - min(places) > 0.4
    widths = [line.get_linewidth() for line in axis.lines if line.get_label().startswith("_")]
    assert len(set(widths)) == 2  # they lie on one another


def test_no_version_of_a_shadow_hides_behind_another(group, send):
    shadow = group.deploy.shadow("V2")
    for label in ("V1", "V2"):
        send(group, label, 80)
    figure = shadow.plot()
    drawn = lines_of(figure.axes[0])
    assert list(drawn["V1"].get_ydata()) == list(drawn["V2"].get_ydata())
    assert drawn["V1"].get_markersize() > 1.8 * drawn["V2"].get_markersize()
    assert drawn["V1"].get_markerfacecolor() == "none"
    assert drawn["V1"].get_linewidth() > 2 * drawn["V2"].get_linewidth()
    assert max(drawn["V1"].get_ydata()) < figure.axes[0].get_ylim()[1]
    assert figure.get_suptitle() == "V2 as a shadow of V1: live"


def test_where_no_difference_can_be_told_there_is_no_scale(group, send):
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, metric="Recall")
    for label in ("V1", "V2"):
        send(group, label, 8, ids=label)  # the same scores: the difference does not vary
    _, recall = test.plot().axes
    (finding,) = test.evaluate().findings
    assert finding.effect.interval is None
    assert [text.get_text() for text in recall.texts] == [finding.effect.reason]
    assert list(recall.lines) == []
    assert list(recall.get_xticks()) == []


def test_a_replacement_has_one_version_and_no_metric(group):
    figure = group.deploy.replace("V2").plot()
    assert len(figure.axes) == 1


def test_a_picture_comes_out_of_it_and_hostile_names_are_text(tmp_path, send):
    from modelgroups.testing import example_version

    with mg.connect(":memory:") as connection:
        versions = [example_version(connection, label) for label in ("$x^2$", "<b>\n")]
        group = connection.get_model_group(versions[0])
        test = group.deploy.ab({1: 0.5, 2: 0.5}, metric="AUC")
        for label in ("$x^2$", "<b>\n"):
            send(group, label, 10, ids=label)
        test.plot().savefig(tmp_path / "picture.png")
        assert (tmp_path / "picture.png").read_bytes()[1:4] == b"PNG"


def test_without_matplotlib_the_error_names_the_extra(group, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependencyError, match=r"modelgroups\[viz\]"):
        group.deploy.ab({"V1": 0.5, "V2": 0.5}).plot()
