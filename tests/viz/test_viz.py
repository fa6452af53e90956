"""Pictures: what is drawn equals what the models answer, and what cannot be drawn says so."""

import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.errors import (
    MethodNotApplicableError,
    MissingDependencyError,
    MissingParameterError,
    NotFoundError,
    UserTypeError,
    UserValueError,
)
from modelgroups.testing import example_model, sample_model
from modelgroups.viz.visualizer import DataVisualizer

matplotlib = pytest.importorskip("matplotlib")


DAYS = 12
COUNTRIES = ["DE", "US", "FR"]


def rows(seed, size):
    rng = np.random.default_rng(seed)
    amount = rng.lognormal(3, 0.8, size)
    truth = (rng.random(size) < 0.4).astype(int)
    country = rng.choice([*COUNTRIES, None], size, p=[0.5, 0.3, 0.1, 0.1])
    return pd.DataFrame(
        {
            "amount": amount,
            "country": country,
            "p": np.clip(0.3 * truth + rng.random(size) * 0.7, 0, 1),
            "fraud": truth,
        }
    )


def build(connection, label, **kind):
    model = connection.model(
        display_name=kind.pop("name", "Card fraud"),
        input_type="TABULAR",
        output_type="MULTICLASS",
        **kind,
    )
    model.build(rows(0, 300), {"p": 1}, ground_truth_column="fraud")
    model.version_label = label
    return model


def fill(model, seed, skip=()):
    for day in range(DAYS):
        if day not in skip:
            frame = rows([seed, day], 40 + day)
            moment = pd.Timestamp("2026-03-01T10:30Z") + pd.Timedelta(days=day)
            model.send_inferences(frame, inference_timestamps=[moment] * len(frame))


@pytest.fixture(scope="module")
def group():
    with mg.connect(":memory:") as connection:
        first = build(connection, "V1")
        first.save()
        found = connection.get_model_group(first)
        second = build(connection, "V2")
        found.add_version(second)
        second.save()
        fill(first, 1, skip=(4, 5))
        fill(second, 2)
        yield found


@pytest.fixture(scope="module")
def batched():
    with example_model(is_batch=True) as model:
        for batch, ages in (("late", [30, 30, 47]), ("early", [31, 47])):
            scores = np.linspace(0.1, 0.9, len(ages))
            model.send_inferences(
                pd.DataFrame({"age": ages, "p": scores, "y": [0, 1, 1][: len(ages)]}),
                batch_id=batch,
            )
        yield model


def panels(figure):
    return [axis.get_title(loc="left") for axis in figure.axes]


def texts(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def drawn(line):
    from matplotlib.dates import date2num

    return date2num(line.get_xdata()), np.asarray(line.get_ydata(), float)


def expected(frame, column):
    from matplotlib.dates import date2num

    at = date2num(frame["timestamp"].dt.tz_localize(None).to_numpy())
    return at, frame[column].to_numpy(float)


def rendered(figure, tmp_path):
    figure.savefig(tmp_path / "picture.svg")
    return (tmp_path / "picture.svg").read_text()


# --- metrics and drift -----------------------------------------------------------------------


def test_the_lines_of_metrics_hold_what_the_versions_answer(group):
    figure = group.viz(labels=["V1", "V2"]).metric_series(["AUC", "falsePositiveRate"])
    assert len(figure.axes) == 1
    lines = figure.axes[0].lines
    assert [line.get_label() for line in lines] == texts(figure) == [
        "V1 · AUC",
        "V1 · falsePositiveRate",
        "V2 · AUC",
        "V2 · falsePositiveRate",
    ]  # fmt: skip
    answers = [
        (version.metrics([name]), name)
        for version in (group.get_version(1), group.get_version(2))
        for name in ("AUC", "False Positive Rate")
    ]
    assert len(lines[0].get_xdata()) == DAYS - 2
    for line, (frame, name) in zip(lines, answers, strict=True):
        for one, other in zip(drawn(line), expected(frame, name), strict=True):
            assert one == pytest.approx(other, nan_ok=True)


def test_the_lines_of_drift_hold_what_the_versions_answer(group):
    version = group.get_version(2)
    figure = version.viz.drift_series(["amount", "country"], "JSDivergence", "week")
    frame = version.drift(["amount", "country"], "JSDivergence", every="week")
    for line, name in zip(figure.axes[0].lines, ("amount", "country"), strict=True):
        assert line.get_label() == f"V2 · {name}"
        for one, other in zip(drawn(line), expected(frame, name), strict=True):
            assert one == pytest.approx(other)
    assert figure.axes[0].get_ylabel() == "JSDivergence (nats, 0 to ln 2; 0 is no drift)"
    assert figure.axes[0].get_xlabel().startswith("week (UTC)")


def test_one_name_may_be_given_as_it_is(group):
    version = group.get_version(1)
    assert texts(version.viz.metric_series("accuracyRate")) == ["V1 · accuracyRate"]
    assert texts(version.viz.drift_series("amount")) == ["V1 · amount"]


@pytest.mark.parametrize(
    ("function", "metric"),
    [
        ("auc", "AUC"),
        ("accuracyRate", "Accuracy Rate"),
        ("truePositiveRate", "Recall"),
        ("sensitivity", "Recall"),
        ("trueNegativeRate", "Specificity (TNR)"),
        ("count", "Inference Count"),
    ],
)
def test_functions_stand_for_the_metrics_that_are_made_with_them(group, function, metric):
    version = group.get_version(1)
    line = version.viz.metric_series(function).axes[0].lines[0]
    assert drawn(line)[1] == pytest.approx(version.metrics(metric)[metric].to_numpy(float))


def test_units_that_differ_have_panels_of_their_own(group):
    figure = group.viz().metric_series(["AUC", "Inference Count", "f1"])
    assert [axis.get_ylabel() for axis in figure.axes] == [
        "AUC, f1 (0 to 1)", "Inference Count (inferences)"]  # fmt: skip
    assert [len(axis.lines) for axis in figure.axes] == [4, 2]
    many = group.viz().metric_series(["AUC", "f1", "recall", "precision"])
    assert many.axes[0].get_ylabel() == "rate (0 to 1)"


def test_no_two_lines_look_alike_even_without_colour(group):
    for figure in (
        group.viz().drift_series(["amount", "country", "p"]),
        group.get_version(1).viz.metric_series(
            ["auc", "f1", "recall", "precision", "Accuracy Rate", "specificity", "sensitivity",
             "falsePositiveRate", "falseNegativeRate", "Balanced Accuracy Rate"]),
    ):  # fmt: skip
        lines = [line for axis in figure.axes for line in axis.lines]
        assert len({line.get_marker() for line in lines}) == len(lines)
        assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == len(lines)
    # each version has its colour, and each attribute its dashes
    lines = group.viz().drift_series(["amount", "country", "p"]).axes[0].lines
    assert len({line.get_color() for line in lines[:3]}) == 1
    assert len({line.get_color() for line in lines}) == 2
    dashes = [line.get_linestyle() for line in lines]
    assert dashes[:3] == dashes[3:] == ["-", "--", ":"]


def colours_by_version(figure):
    return {text.get_text()[:2]: line.get_color()
            for text, line in zip(figure.legends[0].get_texts(), figure.axes[0].lines,
                                  strict=True)}  # fmt: skip


def test_a_version_has_its_colour_whatever_is_drawn_beside_it(group):
    from modelgroups.drawing.looks import colour_of

    wanted = {"V1": colour_of(1), "V2": colour_of(2)}
    assert wanted["V1"] != wanted["V2"]
    for viz in (group.viz(), group.viz([1, 2]), group.viz(labels=["V1", "V2"])):
        assert colours_by_version(viz.metric_series("AUC")) == wanted
        assert colours_by_version(viz.drift_series("amount")) == wanted
        assert colours_by_version(viz.metric_series(["AUC", "f1", "recall"])) == wanted
        ridges = viz.timeline("amount")
        assert {axis.get_title(loc="left"): axis.lines[1].get_color()
                for axis in ridges.axes} == wanted  # fmt: skip
    for number, label in ((1, "V1"), (2, "V2")):
        for names in ("AUC", ["AUC", "f1", "recall", "precision"]):
            alone = colours_by_version(group.get_version(number).viz.metric_series(names))
            assert alone == {label: wanted[label]}
    found = group.compare("V1", "V2", metrics=["AUC"], by="country")
    swatches = [line for axis in found.plot().axes for line in axis.lines
                if line.get_label() == "_version"]  # fmt: skip
    assert {line.get_color() for line in swatches} == {wanted["V2"]}


def test_ten_versions_of_one_metric_look_alike_in_nothing_but_colour():
    from modelgroups.drawing.looks import look_of

    looks = [look_of(number) for number in range(1, 11)]
    assert len({(look["linestyle"], look["marker"]) for look in looks}) == 10
    assert len({look["color"] for look in looks}) == 8


def test_versions_of_several_models_are_called_by_those_and_long_names_are_cut(group):
    with mg.connect(":memory:") as connection:
        model = build(connection, "f" * 40, name="x" * 40)
        model.save()
        cut = "x" * 23 + "…"
        alone = model.viz.metric_series("AUC")
        assert texts(alone) == [f"v1 · {'f' * 23}… · AUC: no values"]
        assert alone.get_suptitle() == f"{cut}: AUC by day"
        beside = DataVisualizer([group.get_version(1), model]).metric_series("AUC")
        assert texts(beside) == ["Card fraud V1 · AUC",
                                 f"{cut} v1 · {'f' * 23}… · AUC: no values"]  # fmt: skip
        assert beside.get_suptitle() == "AUC by day"


@pytest.mark.parametrize("resolution", ["batch_id", "day"])
def test_batches_stand_in_the_order_in_which_they_began(batched, resolution):
    figure = batched.viz.metric_series("Inference Count", resolution)
    axis = figure.axes[0]
    order = batched.batches()["batch_id"].tolist()
    assert order == ["late", "early"]
    assert [tick.get_text() for tick in axis.get_xticklabels()] == order
    assert axis.lines[0].get_ydata().tolist() == [3, 2]
    assert axis.get_xlabel() == "batch"
    assert "by batch" in figure.get_suptitle()


def test_regression_takes_the_first_pair_and_several_classes_must_be_named():
    with mg.connect(":memory:") as connection:
        regression = sample_model(connection, "regression")
        regression.save()
        figure = regression.viz.metric_series(["rmse", "rSquared"])
        assert len(figure.axes) == 2
        assert "in the unit of" in figure.axes[0].get_ylabel()
        several = sample_model(connection, "multiclass")
        several.save()
        with pytest.raises(UserValueError, match=r"'auc' is there for each class: 'AUC: "):
            several.viz.metric_series("auc")
        each = [metric.name for metric in several.get_metrics() if metric.name.startswith("AUC: ")]
        assert len(texts(several.viz.metric_series(each))) == len(each) == 3


def test_a_few_intervals_are_written_in_full_and_many_concisely():
    with example_model() as model:
        at = [f"2026-03-{day:02}T{day:02}:20:00Z" for day in (1, 2, 4)]
        model.send_inferences({"age": [31] * 3, "p": [0.5] * 3}, inference_timestamps=at)

        def ticks(resolution):
            figure = model.viz.metric_series("count", resolution)
            figure.draw_without_rendering()
            return [tick.get_text() for tick in figure.axes[0].get_xticklabels()]

        assert ticks("day") == ["2026-03-01", "2026-03-02", "2026-03-04"]
        assert ticks("hour")[0] == "2026-03-01\n01:00:00"
        more = [f"2026-03-{day:02}T12:00:00Z" for day in range(5, 31)]
        model.send_inferences({"age": [31] * 26, "p": [0.5] * 26}, inference_timestamps=more)
        assert "2026-03-01" not in ticks("day")
        assert ticks("day")[:2] == ["1 Mar\n2026", "5 Mar"]
        assert not [text for text in ticks("day") if "Apr" in text]  # of which there is nothing


@pytest.mark.parametrize("first", ["2026-10-24", "2026-02-03", "2026-05-30"])
def test_the_texts_of_days_do_not_collide_at_the_end_of_a_month(first):
    with example_model() as model:
        at = pd.date_range(first, periods=39, tz="UTC")
        model.send_inferences({"age": [31] * 39, "p": [0.5] * 39}, inference_timestamps=at)
        figure = model.viz.metric_series("count")
        figure.draw_without_rendering()
        boxes = [tick.get_window_extent() for tick in figure.axes[0].get_xticklabels()]
    assert len(boxes) > 4
    assert all(one.x1 + 4 < two.x0 for one, two in pairwise(boxes))


def test_weeks_that_are_not_whole_have_hollow_marks():
    with example_model() as model:
        days = pd.date_range("2026-03-01T12:00Z", "2026-03-31T12:00Z")  # a Sunday, a Tuesday
        rows = {"age": [31] * len(days), "p": [0.5] * len(days)}
        model.send_inferences(rows, inference_timestamps=days)
        by_week, by_day = (model.viz.metric_series("count", each) for each in ("week", "day"))
        (axis,), (whole,) = by_week.axes, by_day.axes
        (hollow,) = axis.collections
        at, values = axis.lines[0].get_xdata(orig=False), axis.lines[0].get_ydata()
    assert axis.get_xlabel() == "week (UTC); hollow: inferences of a part of the week only"
    assert [list(pair) for pair in hollow.get_offsets()] == [
        [at[place], values[place]] for place in (0, -1)
    ]
    assert list(whole.collections) == []
    assert whole.get_xlabel() == "day (UTC)"


# --- timelines -------------------------------------------------------------------------------


def test_the_areas_are_the_counts_of_each_day(group, tmp_path):
    figure = group.viz([1, 2]).timeline("country")
    assert panels(figure) == ["V1", "V2"]
    assert texts(figure) == [*COUNTRIES, "missing"]
    for axis, number in zip(figure.axes, (1, 2), strict=True):
        frame = group.get_version(number).inferences(["country", "inference_timestamp"])
        day = frame["inference_timestamp"].dt.tz_localize(None).dt.floor("D")
        wanted = pd.crosstab(day, frame["country"].fillna("missing"))
        whole = pd.date_range("2026-03-01", periods=DAYS)
        wanted = wanted.reindex(index=whole, columns=[*COUNTRIES, "missing"], fill_value=0)
        tops = wanted.cumsum(axis=1).to_numpy().max(axis=0)
        found = [area.get_paths()[0].vertices[:, 1].max() for area in axis.collections]
        assert found == tops.tolist()
        total = wanted.sum(axis=1).to_numpy()
        assert _tops(axis.collections[-1]) == total.tolist()
        assert axis.get_ylabel() == "inferences per day"
    assert "Card fraud: country, categories by day" in rendered(figure, tmp_path)


def _tops(area):
    """Return how high an area reaches at each of its steps."""
    vertices = area.get_paths()[0].vertices
    starts = np.unique(vertices[:, 0])[:-1]
    middles = [start + 0.5 for start in starts]
    return [_height_at(vertices, middle) for middle in middles]


def _height_at(vertices, at):
    """Return the largest y of the outline at an x between its corners."""
    heights = []
    for (x0, y0), (x1, y1) in pairwise(vertices):
        if min(x0, x1) <= at <= max(x0, x1) and x0 != x1:
            heights.append(y0 + (y1 - y0) * (at - x0) / (x1 - x0))
    return max(heights)


def test_the_ridges_are_the_densities_of_each_day(group):
    from scipy.ndimage import gaussian_filter1d

    version = group.get_version(1)
    axis = version.viz.timeline("p").axes[0]
    frame = version.inferences(["p", "inference_timestamp"])
    low, high = frame["p"].min(), frame["p"].max()
    edges = np.linspace(low, high, 51)
    day = frame["inference_timestamp"].dt.floor("D")
    counts = np.array([np.histogram(part, edges)[0] for _, part in frame["p"].groupby(day)])
    smooth = gaussian_filter1d(counts.astype(float), 1.0, axis=1, mode="reflect")
    smooth /= smooth.sum(axis=1, keepdims=True) * (edges[1] - edges[0])
    ridges = axis.lines[1::2]  # each has a white line behind it
    assert len(ridges) == DAYS - 2  # two days are without inferences
    bases = np.setdiff1d(np.arange(DAYS), [4, 5])
    assert [tick.get_text() for tick in axis.get_yticklabels()][:2] == ["2026-03-01", "2026-03-02"]
    for ridge, base, wanted in zip(ridges, bases, smooth, strict=True):
        risen = base - np.asarray(ridge.get_ydata())
        assert risen / risen.sum() == pytest.approx(wanted / wanted.sum(), abs=1e-9)
        assert ridge.get_xdata() == pytest.approx((edges[:-1] + edges[1:]) / 2)
    tallest = max((b - np.asarray(r.get_ydata())).max() for b, r in zip(bases, ridges, strict=True))
    assert tallest == pytest.approx(2.4)
    lowest, highest = axis.get_ylim()
    assert lowest > highest  # time runs down


def test_long_tails_are_cut_and_whole_numbers_have_bins_of_their_own(tmp_path):
    from modelgroups.viz.timelines import bins_of

    with example_model() as model:
        model.send_inferences({"age": [20 + n % 3 for n in range(300)], "p": [0.5] * 300})
        bins = bins_of([model], model.get_attribute("age"))
        assert bins.edges.tolist() == [19.5, 20.5, 21.5, 22.5]
        assert not bins.is_cut
        model.send_inferences({"age": [10_000], "p": [0.5]})
        assert bins_of([model], model.get_attribute("age")).is_cut
        rendered(model.viz.timeline("p"), tmp_path)  # all the same value


def test_timelines_of_batch_models_go_by_batch(batched, tmp_path):
    figure = batched.viz.timeline("p")
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["late", "early"]
    figure = batched.viz.timeline("y")
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["late", "early"]
    assert _tops(figure.axes[0].collections[-1]) == [3, 2]
    rendered(figure, tmp_path)


@pytest.mark.parametrize(("n_days", "word"), [(62, "day"), (63, "week"), (500, "month")])
def test_many_days_are_drawn_as_weeks_or_months(n_days, word):
    from modelgroups.viz.timelines import coarsened

    table = pd.DataFrame({"a": 1}, index=pd.date_range("2026-03-02", periods=n_days))
    (found, empty), told = coarsened([table, table.iloc[:0]])
    assert told == word
    assert found["a"].sum() == n_days
    assert empty.empty
    assert len(found) <= 62
    if word == "week":
        assert found.index[0] == pd.Timestamp("2026-03-02")  # a Monday
        assert found["a"].iloc[0] == 7


def test_rare_categories_are_drawn_together():
    from modelgroups.viz.timelines import top_categories

    one = pd.DataFrame({"a": [5], "b": [1], "missing": [9], "c": [2]})
    other = pd.DataFrame({"d": [4]})
    first, second = top_categories([one, other], 2)
    assert first.to_dict("records") == [{"a": 5, "d": 0, "other (2)": 3, "missing": 9}]
    assert second.to_dict("records") == [{"a": 0, "d": 4, "other (2)": 0, "missing": 0}]


# --- thresholds ------------------------------------------------------------------------------


def test_threshold_curves_are_those_of_scikit_learn(group):
    metrics = pytest.importorskip("sklearn.metrics")
    version = group.get_version(2)
    axis = version.viz.threshold_curves().axes[0]
    curves = {line.get_label(): line for line in axis.lines if line.get_label()[0] != "_"}
    assert list(curves) == ["precision", "recall", "F1", "share predicted positive"]
    assert texts(axis.figure) == list(curves)
    frame = version.inferences(["p", "fraud"])
    at = curves["precision"].get_xdata()
    for place in range(0, len(at), 50):
        said = (frame["p"] >= at[place]).astype(int)
        told = {name: line.get_ydata()[place] for name, line in curves.items()}
        assert told["share predicted positive"] == pytest.approx(said.mean())
        assert told["recall"] == pytest.approx(metrics.recall_score(frame["fraud"], said))
        assert told["F1"] == pytest.approx(metrics.f1_score(frame["fraud"], said))
        if said.any():
            wanted = metrics.precision_score(frame["fraud"], said)
            assert told["precision"] == pytest.approx(wanted)
        else:
            assert np.isnan(told["precision"])


def test_the_threshold_of_the_model_is_marked_with_its_metrics():
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1", classifier_threshold=0.41234)
        model.save()
        fill(model, 3)
        axis = model.viz.threshold_curves().axes[0]
        marks = [line for line in axis.lines if len(np.atleast_1d(line.get_xdata())) == 1]
        answers = model.metrics(["Precision", "Recall", "F1"], every=None).iloc[0]
        for mark, name in zip(marks, ("Precision", "Recall", "F1"), strict=False):
            assert list(mark.get_xdata()) == [0.41234]
            assert mark.get_ydata()[0] == pytest.approx(answers[name])
        assert f"F1 {answers['F1']:.3f}" in axis.get_xlabel()


def test_scores_without_truth_count_for_the_share_alone():
    from modelgroups.viz.thresholds import curves_of

    scores, truths = np.array([0.2, 0.9, 0.9, np.nan]), np.array([0.0, 1.0, np.nan, 1.0])
    found = curves_of(scores, truths, np.array([0.5]))
    assert (found.precision[0], found.recall[0]) == (1, 1)
    assert found.share_positive[0] == pytest.approx(2 / 3)
    assert (found.n_scores, found.n_truths) == (3, 2)


def test_classes_that_are_texts_and_ground_truths_of_their_own_give_the_same_curves():
    scores, truth = np.linspace(0.05, 0.95, 40), np.arange(40) % 3 // 2
    with mg.connect(":memory:") as connection:
        found = []
        for named in (True, False):
            model = connection.model(
                display_name="m", input_type="TABULAR", output_type="MULTICLASS"
            )
            labels = np.where(truth == 1, "yes", "no")
            frame = pd.DataFrame({"x": scores, "p": scores, "q": 1 - scores})
            if named:
                frame = frame.assign(y=labels)
                model.build(frame, {"p": "yes", "q": "no"}, ground_truth_column="y",
                            positive_predicted_attr="p")  # fmt: skip
            else:
                frame = frame.assign(is_it=truth, is_not=1 - truth)
                model.build(frame, {"p": "is_it", "q": "is_not"}, positive_predicted_attr="p")
            model.save()
            model.send_inferences(frame)
            found.append(model.viz.threshold_curves().axes[0].lines)
            answer = model.metrics("F1", every=None)["F1"].iloc[0]
            assert f"F1 {answer:.3f}" in model.viz.threshold_curves().axes[0].get_xlabel()
        for one, other in zip(*found, strict=True):
            assert np.asarray(one.get_ydata()) == pytest.approx(other.get_ydata(), nan_ok=True)


# --- what is not there -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "draw",
    [
        lambda viz: viz.timeline("age"),
        lambda viz: viz.timeline("y"),
        lambda viz: viz.timeline("p"),
        lambda viz: viz.metric_series(["AUC"]),
        lambda viz: viz.drift_series(["age"]),
        lambda viz: viz.threshold_curves(),
    ],
)
def test_a_picture_without_inferences_says_so(draw, tmp_path):
    with example_model() as model:
        figure = draw(model.viz)
        assert [text.get_text() for axis in figure.axes for text in axis.texts] == [
            "no inferences yet"]  # fmt: skip
        rendered(figure, tmp_path)


def test_values_that_are_not_defined_are_said_to_be_none(tmp_path):
    with example_model() as model:
        model.send_inferences({"age": [31, 47], "p": [0.25, 0.75]})
        figure = model.viz.metric_series(["AUC", "Inference Count"])
        assert texts(figure) == ["v1 · AUC: no values", "v1 · Inference Count"]
        assert [text.get_text() for text in figure.axes[0].texts] == [
            "no value is defined, for lack of data"]  # fmt: skip
        curves = model.viz.threshold_curves()
        assert texts(curves) == ["share predicted positive"]
        assert [text.get_text() for text in curves.axes[0].texts] == ["no ground truth yet"]
        rendered(figure, tmp_path)


def test_a_version_without_inferences_is_drawn_beside_one_that_has_some(tmp_path):
    with mg.connect(":memory:") as connection:
        first = build(connection, "V1")
        first.save()
        group = connection.get_model_group(first)
        second = build(connection, "V2")
        group.add_version(second)
        second.save()
        fill(first, 1)
        viz = group.viz()
        for figure in (viz.timeline("country"), viz.timeline("amount"), viz.threshold_curves()):
            assert [text.get_text() for text in figure.axes[0].texts] == ["no inferences yet"]
            assert not figure.axes[1].texts
            assert len(figure.axes[1].get_xticks()) > 1
            rendered(figure, tmp_path)
        assert texts(viz.metric_series("auc")) == ["V2 · auc: no values", "V1 · auc"]


def test_hostile_names_are_text(tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "$\\frac$ <b> {x}\n%s", name="$\\frac$ <b> {x}\n%s")
        model.save()
        frame = rows(1, 30).assign(country="$x^{$ $")
        model.send_inferences(frame)
        for figure in (
            model.viz.timeline("country"),
            model.viz.timeline("amount"),
            model.viz.metric_series("AUC"),
            model.viz.threshold_curves(),
        ):
            rendered(figure, tmp_path)
            said = [*panels(figure), *(texts(figure) if figure.legends else [])]
            assert any(text.startswith(r"v1 · \$\frac\$ <b> {x} %s") for text in said)
            assert figure.get_suptitle().startswith(r"\$\frac\$ <b> {x} %s: ")


def test_missing_values_and_names_that_the_query_uses_itself(tmp_path):
    reference = pd.DataFrame(
        {"value": [1.5, 2.5, 4.0], "n": ["a", "b", "a"], "at": [True, False, True],
         "timestamp": [1, 2, 3], "p": [0.1, 0.9, 0.3], "y": [0, 1, 0]}
    )  # fmt: skip
    with mg.connect(":memory:") as connection:
        model = connection.model(display_name="m", input_type="TABULAR", output_type="MULTICLASS")
        model.build(reference, {"p": 1}, ground_truth_column="y")
        model.get_attribute("timestamp").set(categorical=False, categories=None)
        model.save()
        model.send_inferences(reference.assign(value=[None] * 3, y=[0, 1, None]))
        assert texts(model.viz.timeline("n")) == ["a", "b"]
        assert texts(model.viz.timeline("at")) == ["true", "false"]
        assert texts(model.viz.timeline("y")) == ["0", "1", "missing"]
        assert [text.get_text() for text in model.viz.timeline("value").axes[0].texts] == [
            "no values"]  # fmt: skip
        rendered(model.viz.timeline("timestamp"), tmp_path)


# --- errors ----------------------------------------------------------------------------------


def test_what_is_unknown_is_told_with_the_nearest_name(group):
    viz = group.get_version(1).viz
    for call, error, told in (
        (lambda: viz.timeline("amout"), UserValueError, "did you mean 'amount'"),
        (lambda: viz.drift_series("amout"), UserValueError, "did you mean 'amount'"),
        (lambda: viz.metric_series("acuracyRate"), NotFoundError, "did you mean 'accuracyRate'"),
        (lambda: viz.metric_series("AUCC"), NotFoundError, "did you mean 'AUC'"),
        (lambda: viz.metric_series("AUC", "dya"), UserValueError, "did you mean 'day'"),
        (lambda: viz.drift_series("amount", "PSY"), UserValueError, "PSI"),
        (lambda: viz.metric_series([]), UserValueError, "metric_names is empty"),
        (lambda: viz.metric_series([3]), UserTypeError, "names only"),
        (lambda: viz.timeline(3), UserTypeError, "attribute_name must be a str"),
        (lambda: viz.timeline(), MissingParameterError, "attribute_name"),
    ):  # fmt: skip
        with pytest.raises(error, match=re.escape(told)):
            call()


def test_what_has_neither_numbers_nor_categories_has_no_timeline():
    with mg.connect(":memory:") as connection:
        model = sample_model(connection, "token_sequence")
        model.save()
        for attribute in model.get_attributes("PREDICTED_VALUE"):
            with pytest.raises(UserValueError, match="have no timeline; numbers and categories"):
                model.viz.timeline(attribute.name)


def test_versions_that_differ_in_kind_have_no_timeline_in_common(group, batched):
    with pytest.raises(UserValueError, match="versions with batches and others"):
        DataVisualizer([group.get_version(1), batched]).timeline("p")


def test_more_than_ten_series_are_refused(group):
    names = ["auc", "f1", "recall", "precision", "specificity"]
    assert len(texts(group.viz().metric_series(names))) == 10
    with pytest.raises(UserValueError, match="12 series, more than the 10"):
        group.viz().metric_series([*names, "count"])
    with pytest.raises(UserValueError, match="11 series"):
        DataVisualizer([group.get_version(1)] * 11).timeline("country")


def test_a_model_must_be_saved(group):
    with mg.connect(":memory:") as connection:
        viz = build(connection, "V1").viz
        for draw in (viz.threshold_curves, lambda: viz.metric_series("AUC")):
            with pytest.raises(MethodNotApplicableError, match=r"needs a saved model; call save"):
                draw()


def test_only_binary_classifiers_have_threshold_curves():
    with mg.connect(":memory:") as connection:
        for kind in ("regression", "multiclass"):
            model = sample_model(connection, kind)
            model.save()
            with pytest.raises(MethodNotApplicableError, match="not a binary classifier"):
                model.viz.threshold_curves()


def test_versions_are_chosen_by_number_or_by_label(group):
    def order(viz):
        return [text[:2] for text in texts(viz.metric_series("AUC"))]

    assert order(group.viz()) == ["V2", "V1"]
    assert order(group.viz([1, 2])) == order(group.viz(labels=["V1", "V2"])) == ["V1", "V2"]
    with pytest.raises(UserValueError, match="not both"):
        group.viz([1], ["V1"])
    with pytest.raises(NotFoundError):
        group.viz(labels=["V3"])
    with pytest.raises(UserTypeError, match="sequence_nums must be a list, got 1"):
        group.viz(1)
    with pytest.raises(UserValueError, match="no versions to draw"):
        group.viz([])
    with pytest.raises(UserTypeError, match="list of models"):
        DataVisualizer(group.get_version(1))
    with pytest.raises(UserTypeError, match="models only"):
        DataVisualizer(["V1"])


def test_without_matplotlib_the_error_names_the_extra(group, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    viz = group.viz()
    for draw in (
        viz.threshold_curves,
        lambda: viz.timeline("country"),
        lambda: viz.timeline("amount"),
        lambda: viz.metric_series("AUC"),
        lambda: viz.drift_series("amount"),
    ):
        with pytest.raises(MissingDependencyError, match=r"modelgroups\[viz\]"):
            draw()


def test_pictures_load_no_pyplot_and_importing_the_visualizer_no_matplotlib():
    code = (
        "import sys, warnings\n"
        "before = list(warnings.filters)\n"
        "from modelgroups.arthurai.core.viz.visualizer import DataVisualizer\n"
        "from modelgroups.testing import example_model\n"
        "assert 'matplotlib' not in sys.modules and 'pandas' not in sys.modules\n"
        "with example_model() as model:\n"
        "    figure = DataVisualizer([model]).metric_series('auc')\n"
        "    assert figure._repr_png_()[1:4] == b'PNG'\n"
        "print('matplotlib.pyplot' in sys.modules, warnings.filters[-3:] == before[-3:])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False True", done.stderr


def test_large_numbers_have_a_letter_for_their_thousands(tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        frame = rows(1, 40).assign(amount=np.linspace(0, 250_000, 40))
        model.send_inferences(frame, inference_timestamps=[pd.Timestamp("2026-03-01T00:00Z")] * 40)
        figure = DataVisualizer([model]).timeline("amount")
        figure.savefig(tmp_path / "picture.png")
    shown = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert "100k" in shown


def test_a_line_breaks_where_there_was_nothing_for_long(tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        model.save()
        for day in (0, 1, 2, 3, 90, 91):
            at = [pd.Timestamp("2026-03-01T10:00Z") + pd.Timedelta(days=day)] * 10
            model.send_inferences(rows(day, 10), inference_timestamps=at)
        (line,) = DataVisualizer([model]).metric_series("Inference Count").axes[0].lines
    assert np.isnan(np.asarray(line.get_ydata(), float)).tolist() == [
        False, False, False, False, True, False, False]  # fmt: skip
