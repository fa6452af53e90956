"""What a comparison says: its sentence, table, frame and picture; and what is refused."""

import html
import json
import sys

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.errors import (
    MissingDependencyError,
    NotFoundError,
    UserTypeError,
    UserValueError,
)
from modelgroups.experiments.comparison import Comparison, Line
from modelgroups.experiments.effect import Effect, Interval

from .versions import add, binary, linked, send, with_attributes

FREE = "Predicted Positive Rate', 'Average Prediction', 'Missing Prediction Rate"


@pytest.fixture(scope="module")
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


def scores(n, hits, seed=0):
    """Return ids, scores and truths, of which the first are right."""
    truth = np.arange(n) % 2
    right = np.arange(n) < hits
    noise = np.random.default_rng(seed).random(n) * 0.2
    return range(n), np.where(truth == right, 0.75, 0.25) + noise - 0.1, truth


def group_of(connection, **sent):
    group = None
    for label, given in sent.items():
        model = binary(connection, label, group)
        group = connection.get_model_group(model)
        if given is not None:
            ids, p, y = given
            columns = {"p": p, "mean_texture": np.arange(len(p)), "mean_concavity": 1.0}
            columns |= {"size": np.where(np.arange(len(p)) % 4 < 2, "<b>&", "small")}
            if y is not None:
                columns["y"] = y
            send(model, ids, **columns)
    return group


@pytest.fixture(scope="module")
def group(connection):
    return group_of(
        connection,
        V1=scores(400, 300),
        V2=scores(400, 390, seed=1),
        none=None,
        untrue=(*scores(400, 300)[:2], None),
        close=scores(400, 303, seed=2),
    )


# --- words -----------------------------------------------------------------------------------


def test_the_sentence_says_what_is_better_and_by_how_much(group):
    found = group.compare("V1", "V2", metrics=["Accuracy Rate", "Brier Score"])
    assert found.sentence.startswith(
        "V2 is better than V1 on Accuracy Rate (0.9750 against 0.7500, a difference of +0.2250, "
        "95 % interval +0."
    )
    assert found.sentence.endswith("p < 0.001), and on Brier Score.")
    assert group.compare("V2", "V1", metrics=["AUC"]).sentence.startswith(
        "V1 is worse than V2 on AUC"
    )


def test_with_too_little_data_the_sentence_says_how_many_more_it_takes(group):
    found = group.compare("V1", "close", metrics=["Accuracy Rate"])
    (line,) = found.lines
    more = found.more_needed(line)
    n = 400 + more
    shrunk = line.effect.error * (400 / n) ** 0.5
    assert line.effect.difference / shrunk == pytest.approx(1.959964 + 0.841621, rel=0.01)
    assert found.sentence.startswith(
        "400 pairs of inferences do not tell close from V1: if Accuracy Rate really differs by "
        "+0.0075, as it does here, it takes about "
    )
    assert found.sentence.endswith(" more to establish that.")


def test_versions_that_say_the_same_are_not_told_apart_and_nothing_would_help(connection):
    same = group_of(connection, A=scores(50, 40), B=scores(50, 40))
    found = same.compare("A", "B")
    assert {found.more_needed(line) for line in found.lines} == {None}
    assert found.sentence == (
        "50 pairs of inferences do not tell B from A: no row has it in one version only."
    )
    assert "nan" not in f"{found!r}{found._repr_html_()}".lower()


def test_a_single_class_gives_no_area_and_a_reason_and_no_nan(connection):
    ids, p, y = scores(40, 30)
    one_class = group_of(connection, A=(ids, p, 0 * y), B=(ids, p[::-1], 0 * y))
    found = one_class.compare("A", "B")
    effect = found["AUC"].effect
    assert (effect.first, effect.other, effect.p_value) == (None, None, None)
    assert "one class only" in effect.reason
    assert "one class only" in repr(found)
    assert "nan" not in f"{found!r}{found._repr_html_()}".lower()
    json.dumps(found.to_dict(), allow_nan=False)


def line(metric, difference, p, sign=1, segment=None):
    interval = Interval(difference - 0.01, difference + 0.01)
    effect = Effect(0.5, 0.5 + difference, 9, 9, "m", False, interval, p, 0.01)
    return Line(segment or {}, metric, sign, "A", "B", effect, p)


BETTER_AND_WORSE = (
    "B is better than A on AUC (0.6000 against 0.5000, a difference of +0.1000, 95 % interval "
    "+0.0900 to +0.1100, p = 0.010), but worse on F1 ("
)
DIFFERENT = (
    "B is neither better nor worse than A as far as can be told, but differs from it in "
    "Average Prediction ("
)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([line("AUC", 0.1, 0.01), line("F1", -0.1, 0.01)], BETTER_AND_WORSE),
        (
            [line("AUC", 0.1, 0.01), line("F1", -0.1, 0.01), line("Recall", -0.1, 0.01)],
            "B is worse than A on F1 (0.4000 against 0.5000, ",  # what holds of more comes first
        ),
        ([line("RMSE", -0.1, 0.01, sign=-1)], "B is better than A on RMSE"),
        ([line("Average Prediction", -0.1, 0.01, sign=0)], DIFFERENT),
        ([line(f"m{i}", 0.1, 0.01) for i in range(6)], "and on m1, m2, m3 and 2 more."),
        (
            [line("AUC", 0.1, 0.01, segment={"sex": 1, "at": None})],
            "AUC where sex is 1 and at is missing",
        ),
        ([line("AUC", 0.1, 0.2)], "9 inferences of each do not tell B from A: if AUC really "),
    ],
)
def test_the_sentence_fits_what_was_found(lines, told):
    assert told in Comparison(("A", "B"), lines, 0.95, (), []).sentence


# --- tables ----------------------------------------------------------------------------------


def test_the_table_has_a_line_for_each_metric(group):
    lines = repr(group.compare("V1", "V2", metrics=["AUC", "Recall"])).splitlines()
    assert lines[1] == ""
    assert lines[2].split() == [
        "metric", "V1", "V2", "difference", "95", "%", "interval", "p", "n", "method"]  # fmt: skip
    assert lines[3].startswith("AUC ")
    assert lines[3].endswith("DeLong, paired                         better")
    assert lines[5] == "p by Holm's correction for 2 tests"
    several = repr(group.compare("V1", "V2", "close", metrics=["AUC"]))
    assert several.splitlines()[2].split()[:4] == ["metric", "version", "V1", "other"]


def test_html_holds_the_texts_of_users_as_texts(group):
    found = group.compare("V1", "V2", metrics=["AUC"], by="size")
    shown = found._repr_html_()
    assert "<b>" not in shown
    assert html.escape("<b>&") in shown
    assert shown.count("<tr>") == 3


def test_a_dict_and_a_frame_hold_the_same_numbers(group):
    found = group.compare("V1", "V2", metrics=["AUC", "Missing Prediction Rate"], by="size")
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["versions"] == ["V1", "V2"]
    assert record["sentence"] == found.sentence
    frame = found.to_frame()
    assert list(frame.columns[:4]) == ["size", "metric", "first", "other"]
    for row, one in zip(frame.to_dict("records"), record["differences"], strict=True):
        assert row["size"] == one.pop("segment")["size"]
        for name, value in one.items():
            assert (pd.isna(row[name]) and value is None) or row[name] == value
    assert frame["p_value"].isna().tolist() == [False, True, False, True]
    assert found["AUC"].segment == {"size": "<b>&"}
    with pytest.raises(KeyError, match="'F1' was not compared; these were: AUC, Missing"):
        found["F1"]


# --- pictures --------------------------------------------------------------------------------


def test_the_picture_has_a_panel_for_each_metric_and_a_line_for_each_version(group, tmp_path):
    pytest.importorskip("matplotlib")
    figure = group.compare("V1", "V2", "close", metrics=["AUC", "Brier Score"]).plot()
    assert [axis.get_title(loc="left") for axis in figure.axes] == [
        "AUC", "Brier Score (less is better)"]  # fmt: skip
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["close", "V2"]
    found = group.compare("V1", "V2", "close", metrics=["AUC", "Brier Score"])
    for axis, metric in zip(figure.axes, ("AUC", "Brier Score"), strict=True):
        drawn = [list(line.get_xdata()) for line in axis.lines if line.get_label() != "_version"]
        wanted = [each.effect for each in found.lines if each.metric == metric][::-1]
        assert drawn == [
            [0, 0],
            *(part for effect in wanted for part in (
                [effect.interval.low, effect.interval.high], [effect.difference])),
        ]  # fmt: skip
        assert all(bool(effect.difference) for effect in wanted)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "better", "not established"]  # fmt: skip
    looks = {(mark.get_color(), mark.get_marker()) for mark in figure.legends[0].get_lines()}
    assert len({marker for _, marker in looks}) == len(looks) == 2  # also without colour
    figure.savefig(tmp_path / "comparison.png")
    assert (tmp_path / "comparison.png").stat().st_size > 5_000


def test_the_name_of_the_only_other_version_is_said_once(group):
    pytest.importorskip("matplotlib")
    figure = group.compare("V1", "V2", metrics=["AUC", "Brier Score"]).plot()
    assert figure.get_suptitle() == "Difference of V2 from V1, with 95 % intervals"
    assert [len(axis.get_yticklabels()) for axis in figure.axes] == [0, 0]
    figure.draw_without_rendering()
    right = figure.bbox.width
    for axis in figure.axes:
        assert axis.get_tightbbox().x1 < right - 5


def test_texts_with_dollars_and_undefined_metrics_can_be_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    nothing = Effect(None, None, 0, 0, "m", False, reason="there are no such rows")
    lines = [Line({"a": "$x$ $"}, "$m$ $", 1, "A", "B", nothing), line("AUC", 0.1, 0.01)]
    Comparison(("A", "B"), lines, 0.95, ("a",), []).plot().savefig(tmp_path / "all.svg")
    assert "no such rows" in (tmp_path / "all.svg").read_text()


def test_without_matplotlib_the_error_names_the_extra(group, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependencyError, match=r"modelgroups\[viz\]"):
        group.compare("V1", "V2", metrics=["AUC"]).plot()


# --- what versions are called ----------------------------------------------------------------


def test_a_version_is_named_by_its_label_its_number_its_id_or_itself(group):
    model = group.get_version(label="V2")
    wanted = group.compare("V1", "V2", metrics=["AUC"]).to_dict()
    for first, other in ((1, 2), ("V1", model), (1, model.id), (group.get_version(1), "V2")):
        assert group.compare(first, other, metrics=["AUC"]).to_dict() == wanted


@pytest.mark.parametrize(
    ("versions", "error", "told"),
    [
        (("V1",), UserValueError, "two versions or more, got 1"),
        ((), UserValueError, "two versions or more, got 0"),
        (("V1", "V3"), NotFoundError, "no version .* 'V3', did you mean 'V1'|'V2'"),
        (
            ("V1", 9),
            NotFoundError,
            "no version with the number 9, the last is 5;",
        ),
        (("V1", 1), UserValueError, "'V1' is named twice"),
        (("V1", "V2", "V1"), UserValueError, "'V1' is named twice"),
        (("V1", 2.0), UserTypeError, "by its label, its number, or a Model, got float 2.0"),
        (("V1", True), UserTypeError, "got bool True"),
        (("V1", None), UserTypeError, "got NoneType None"),
        (("V1", "none"), UserValueError, "'none' has no inferences; there is nothing to compare"),
        (("V1", "untrue"), UserValueError, f"400 .* 'untrue' have no ground truth yet; .*{FREE}"),
    ],
)
def test_versions_that_cannot_be_compared_are_refused(group, versions, error, told):
    with pytest.raises(error, match=told):
        group.compare(*versions)


def test_without_ground_truth_the_metrics_that_need_none_can_be_compared(group):
    found = group.compare("V1", "untrue", metrics=["Predicted Positive Rate", "Average Prediction"])
    assert found["Average Prediction"].effect.n_first == 400


def test_a_model_that_is_not_saved_or_of_another_group_is_no_version(connection, group):
    with pytest.raises(UserValueError, match=r"is not a version yet; save\(\) it first"):
        group.compare("V1", connection.model("m", "TABULAR", "MULTICLASS"))
    with pytest.raises(NotFoundError, match="no version"):
        group.compare("V1", binary(connection, "V2"))


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ({"metrics": ["AUCC"]}, UserValueError, "metrics: no metric .* 'AUCC'; did you mean 'AUC'"),
        ({"metrics": ["Root Mean Squared Error"]}, UserValueError, "of a MULTICLASS model"),
        ({"metrics": ["AUC", "AUC"]}, UserValueError, "'AUC' is named twice"),
        ({"metrics": []}, UserValueError, "name at least one of 'Accuracy Rate'"),
        ({"metrics": 5}, UserTypeError, "metrics must be a list of names"),
        ({"metrics": [1]}, UserTypeError, "metrics must hold names only"),
        ({"by": "sice"}, UserValueError, "by: in 'V1' no attribute 'sice'; did you mean 'size'"),
        ({"by": ["size", "size"]}, UserValueError, "'size' is named twice"),
        ({"by": "partner_inference_id"}, UserValueError, "makes 400 segments, more than 200"),
        ({"by": 5}, UserTypeError, "by must be a list of names"),
        ({"confidence": 95}, UserValueError, "more than 0 and less than 1, got 95"),
        ({"confidence": float("nan")}, UserValueError, "more than 0 and less than 1, got nan"),
        ({"confidence": "high"}, UserTypeError, "confidence must be a number"),
        ({"since": "2026-01-01T00:00"}, UserValueError, "since"),
        ({"until": 5}, UserTypeError, "until"),
        ({"until": "1999-01-01T00:00:00Z"}, UserValueError, "'V1' has no inferences in that time"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(group, arguments, error, told):
    with pytest.raises(error, match=told):
        group.compare("V1", "V2", **arguments)


def test_versions_that_predict_something_else_are_refused(connection):
    build = with_attributes(*linked("p", "y"))
    first = add(connection, "A", build, output_type="REGRESSION")
    group = connection.get_model_group(first)
    add(connection, "B", with_attributes(*linked("q", "y")), group, output_type="REGRESSION")
    binary(connection, "C", group)
    with pytest.raises(UserValueError, match="'p' is FLOAT in 'A' and not there in 'B'"):
        group.compare("A", "B")
    with pytest.raises(UserValueError, match="'A' is a REGRESSION model and 'C' a MULTICLASS"):
        group.compare("A", "C")


def test_the_positive_class_must_be_the_same(connection):
    frame = pd.DataFrame({"x": [1.0, 2.0], "p": [0.1, 0.9], "y": ["yes", "no"]})
    first = add(connection, "A", lambda m: m.build(frame, {"p": "yes"}, ground_truth_column="y"))
    group = connection.get_model_group(first)
    add(connection, "B", lambda m: m.build(frame, {"p": "no"}, ground_truth_column="y"), group)
    with pytest.raises(UserValueError, match=r"of the class 'yes'.* and .*of the class 'no'"):
        group.compare("A", "B")


def test_nested_attributes_make_no_segments(connection):
    def build(model):
        model.add_attribute("x", "FLOAT", "PIPELINE_INPUT")
        model.add_ranked_list_output_attributes("recommended", "relevant")

    group = None
    for label in "AB":
        model = add(connection, label, build, group, output_type="RANKED_LIST")
        group = connection.get_model_group(model)
    with pytest.raises(UserValueError, match="'recommended' holds lists, which make no segments"):
        group.compare("A", "B", by="recommended")


def test_an_archived_version_can_still_be_compared(connection):
    group = group_of(connection, A=scores(30, 20), B=scores(30, 25))
    group.get_version(label="A").archive()
    assert group.compare("A", "B")["AUC"].effect.n_first == 30
