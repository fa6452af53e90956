"""Comparing versions end to end: real classifiers, numbers of scipy and scikit-learn."""

import json
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics

import modelgroups as mg
from modelgroups.experiments.rates import Pairs, newcombe, newcombe_paired

from .test_areas import placements
from .versions import add, binary, cancer, diabetes, iris, linked, send, with_attributes

CLOSE = {"rel": 1e-9, "abs": 1e-12}
DEFAULTS = [
    "Accuracy Rate",
    "Balanced Accuracy Rate",
    "AUC",
    "Recall",
    "Precision",
    "Specificity (TNR)",
    "F1",
    "Brier Score",
    "Predicted Positive Rate",
    "Average Prediction",
]


@pytest.fixture(scope="module")
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture(scope="module")
def shadow(connection):
    """Return a group of three versions that scored the same inferences, the last in reverse."""
    inputs, y, scores = cancer()
    group = None
    for label, p in scores.items():
        model = binary(connection, label, group)
        group = connection.get_model_group(model)
        order = np.arange(len(y))[:: -1 if label == "tree" else 1]
        send(
            model, order, p=p[order], y=y[order], **{n: inputs[n].to_numpy()[order] for n in inputs}
        )
    return group


@pytest.fixture(scope="module")
def split(connection):
    """Return a group of two versions that scored different inferences."""
    inputs, y, scores = cancer()
    half = np.arange(len(y)) % 2 == 0
    group = None
    for label, rows in (("logistic", half), ("tree", ~half)):
        model = binary(connection, label, group)
        group = connection.get_model_group(model)
        send(model, np.flatnonzero(rows), p=scores[label][rows], y=y[rows],
             **inputs[rows].to_dict("list"))  # fmt: skip
    return group


def assert_agree(line, *, first, other, p_value, interval=None):
    effect = line.effect
    assert (effect.first, effect.other) == pytest.approx((first, other), **CLOSE)
    assert effect.p_value == pytest.approx(p_value, **CLOSE)
    if interval is not None:
        found = (effect.interval.low, effect.interval.high)
        assert found == pytest.approx(tuple(interval), **CLOSE)


def sign_test(first_only, other_only):
    """McNemar's test by scipy."""
    if first_only + other_only < 25:
        return stats.binomtest(other_only, first_only + other_only).pvalue
    return stats.chi2.sf((first_only - other_only) ** 2 / (first_only + other_only), 1)


def delong(y, first, other=None):
    """Return the variance of an area, or of the difference of two areas of the same rows."""
    parts = [placements(score, y == 1) for score in ([first] if other is None else [first, other])]
    if other is None:
        ((v, w),) = parts
    else:
        v, w = (two - one for one, two in zip(*parts, strict=True))
    return v.var(ddof=1) / len(v) + w.var(ddof=1) / len(w)


# --- pairs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["forest", "tree"])
def test_pairs_of_a_real_classifier_agree_with_scipy_and_scikit_learn(shadow, other):
    _, y, scores = cancer()
    p, q = scores["logistic"], scores[other]
    c, d = p >= 0.5, q >= 0.5
    found = shadow.compare("logistic", other)
    assert [line.metric for line in found.lines] == DEFAULTS
    assert all(line.effect.is_paired for line in found.lines)

    for name, rows, one, two in (
        ("Accuracy Rate", y >= 0, c == y, d == y),
        ("Recall", y == 1, c, d),
        ("Specificity (TNR)", y == 0, ~c, ~d),
        ("Predicted Positive Rate", y >= 0, c, d),
    ):
        a, b = one[rows], two[rows]
        table = Pairs(*(int(n) for n in ((a & b).sum(), (a & ~b).sum(), (~a & b).sum(),
                                         (~a & ~b).sum())))  # fmt: skip
        limits = newcombe_paired(table)
        line = found[name]
        assert_agree(line, first=a.mean(), other=b.mean(),
                     p_value=sign_test(table.first_only, table.other_only),
                     interval=(limits.low, limits.high))  # fmt: skip
        assert line.effect.n_first == line.effect.n_other == rows.sum()

    auc = [metrics.roc_auc_score(y, score) for score in (p, q)]
    z = (auc[1] - auc[0]) / math.sqrt(delong(y, p, q))
    assert_agree(found["AUC"], first=auc[0], other=auc[1], p_value=2 * stats.norm.sf(abs(z)))

    for name, one, two in (
        ("Brier Score", (p - y) ** 2, (q - y) ** 2),
        ("Average Prediction", p, q),
    ):
        test = stats.ttest_rel(two, one)
        assert_agree(found[name], first=one.mean(), other=two.mean(), p_value=test.pvalue,
                     interval=test.confidence_interval())  # fmt: skip

    for name, score in (
        ("Precision", metrics.precision_score),
        ("F1", metrics.f1_score),
        ("Balanced Accuracy Rate", metrics.balanced_accuracy_score),
    ):
        effect = found[name].effect
        assert (effect.first, effect.other) == pytest.approx((score(y, c), score(y, d)), **CLOSE)


def test_ratios_of_the_confusion_matrix_vary_as_resampled_rows_do(shadow):
    _, y, scores = cancer()
    p, q = (scores[label] >= 0.5 for label in ("logistic", "tree"))
    counts = np.bincount(4 * y + 2 * p + q, minlength=8)
    drawn = np.random.default_rng(3).multinomial(len(y), counts / len(y), 4000).reshape(-1, 2, 2, 2)
    ratios = {
        "Precision": lambda c: c[:, 1, 1] / c[:, :, 1].sum(1),
        "F1": lambda c: 2 * c[:, 1, 1] / (c[:, :, 1].sum(1) + c[:, 1].sum(1)),
        "Balanced Accuracy Rate": lambda c: (c[:, 1, 1] / c[:, 1].sum(1)
                                             + c[:, 0, 0] / c[:, 0].sum(1)) / 2,
    }  # fmt: skip
    found = shadow.compare("logistic", "tree", metrics=list(ratios))
    for name, ratio in ratios.items():
        difference = ratio(drawn.sum(axis=2)) - ratio(drawn.sum(axis=3))
        assert found[name].effect.error == pytest.approx(difference.std(), rel=0.06), name


def test_all_p_values_are_corrected_together(shadow):
    found = shadow.compare("logistic", "forest", "tree")
    assert len(found.lines) == 2 * len(DEFAULTS)
    raw = [line.effect.p_value for line in found.lines]
    known = [p for p in raw if p is not None]
    least = min(known)
    corrected = [line.p_corrected for line in found.lines]
    assert corrected[raw.index(least)] == pytest.approx(min(least * len(known), 1.0))
    assert all(p is None or p <= c for p, c in zip(raw, corrected, strict=True))


# --- independent samples -----------------------------------------------------------------------


def test_different_inferences_are_compared_as_independent_samples(split):
    _, y, scores = cancer()
    half = np.arange(len(y)) % 2 == 0
    y1, p, y2, q = y[half], scores["logistic"][half], y[~half], scores["tree"][~half]
    found = split.compare("logistic", "tree", confidence=0.9)
    assert not any(line.effect.is_paired for line in found.lines)

    a, b = (p >= 0.5) == y1, (q >= 0.5) == y2
    table = [[a.sum(), (~a).sum()], [b.sum(), (~b).sum()]]
    limits = newcombe(int(a.sum()), len(a), int(b.sum()), len(b), 0.9)
    assert_agree(found["Accuracy Rate"], first=a.mean(), other=b.mean(),
                 p_value=stats.chi2_contingency(table, correction=False).pvalue,
                 interval=(limits.low, limits.high))  # fmt: skip
    auc = [metrics.roc_auc_score(*each) for each in ((y1, p), (y2, q))]
    z = (auc[1] - auc[0]) / math.sqrt(delong(y1, p) + delong(y2, q))
    assert_agree(found["AUC"], first=auc[0], other=auc[1], p_value=2 * stats.norm.sf(abs(z)))
    test = stats.ttest_ind((q - y2) ** 2, (p - y1) ** 2, equal_var=False)
    assert_agree(found["Brier Score"], first=((p - y1) ** 2).mean(), other=((q - y2) ** 2).mean(),
                 p_value=test.pvalue, interval=test.confidence_interval(0.9))  # fmt: skip
    f1 = [metrics.f1_score(*each) for each in ((y1, p >= 0.5), (y2, q >= 0.5))]
    assert found["F1"].effect.first == pytest.approx(f1[0], **CLOSE)
    assert found["F1"].effect.other == pytest.approx(f1[1], **CLOSE)


def test_values_are_those_of_the_metrics_of_a_version(shadow, split):
    for group in (shadow, split):
        found = group.compare("logistic", "tree", metrics=[
            *DEFAULTS[:7], "False Positive Rate", "False Negative Rate"])  # fmt: skip
        for label in ("logistic", "tree"):
            version = group.get_version(label=label)
            values = version.metrics([line.metric for line in found.lines], every=None).iloc[0]
            for line in found.lines:
                effect = line.effect
                ours = effect.first if label == "logistic" else effect.other
                assert ours == pytest.approx(values[line.metric], **CLOSE), line.metric


# --- other kinds of models ---------------------------------------------------------------------


def test_regressions_are_compared_by_their_errors(connection):
    truth, predictions = diabetes()
    group = None
    for label, p in zip("AB", predictions, strict=True):
        build = with_attributes(*linked("p", "y"))
        model = add(connection, label, build, group, output_type="REGRESSION")
        group = connection.get_model_group(model)
        send(model, range(len(truth)), x=np.zeros(len(truth)), p=p, y=truth)
    found = group.compare("A", "B")
    p, q = predictions
    assert [line.metric for line in found.lines] == [
        "Root Mean Squared Error",
        "Mean Absolute Error",
        "R Squared",
        "Average Prediction",
    ]
    test = stats.ttest_rel(abs(q - truth), abs(p - truth))
    assert_agree(found["Mean Absolute Error"], first=abs(p - truth).mean(),
                 other=abs(q - truth).mean(), p_value=test.pvalue,
                 interval=test.confidence_interval())  # fmt: skip
    for name, score in (
        ("Root Mean Squared Error", metrics.root_mean_squared_error),
        ("R Squared", metrics.r2_score),
    ):
        effect = found[name].effect
        wanted = score(truth, p), score(truth, q)
        assert (effect.first, effect.other) == pytest.approx(wanted, **CLOSE)
        assert effect.method == "paired bootstrap"
        random = np.random.default_rng(5)
        rows = random.integers(0, len(truth), (400, len(truth)))
        drawn = [score(truth[r], q[r]) - score(truth[r], p[r]) for r in rows]
        assert effect.error == pytest.approx(np.std(drawn), rel=0.15)
    values = group.get_version(label="A").metrics(every=None).iloc[0]
    for line in found.lines:
        assert line.effect.first == pytest.approx(values[line.metric], **CLOSE)


def test_many_rows_of_a_regression_need_no_resampling(connection):
    random = np.random.default_rng(4)
    n = 2500
    truth = random.normal(size=n)
    group = None
    for label, noise in (("A", 1.0), ("B", 0.9)):
        build = with_attributes(*linked("p", "y"))
        model = add(connection, label, build, group, output_type="REGRESSION")
        group = connection.get_model_group(model)
        send(model, range(n), x=np.zeros(n), p=truth + noise * random.normal(size=n), y=truth)
    found = group.compare("A", "B", metrics=["Root Mean Squared Error", "R Squared"])
    assert {line.effect.method for line in found.lines} == {"delta method, paired"}
    assert {found.verdict(line) for line in found.lines} == {"better"}


def test_several_classes_are_compared_as_a_whole_and_one_by_one(connection):
    truth, scores = iris()
    names = ["setosa", "versicolor", "virginica"]
    group = None
    for label, p in zip("AB", scores, strict=True):

        def build(model):
            reference = pd.DataFrame({"x": [0.0] * 3, "y": names})
            reference[[f"p_{name}" for name in names]] = np.eye(3)
            model.build(reference, {f"p_{name}": name for name in names}, ground_truth_column="y")

        model = add(connection, label, build, group)
        group = connection.get_model_group(model)
        columns = {f"p_{name}": p[:, i] for i, name in enumerate(names)}
        send(model, range(len(truth)), x=np.zeros(len(truth)), y=np.array(names)[truth], **columns)
    found = group.compare("A", "B")
    a, b = (p.argmax(axis=1) == truth for p in scores)
    assert_agree(found["Overall Accuracy Rate"], first=a.mean(), other=b.mean(),
                 p_value=sign_test(int((a & ~b).sum()), int((~a & b).sum())))  # fmt: skip
    assert [line.metric for line in found.lines][1:4] == [
        "AUC: p_setosa", "Recall: p_setosa", "Precision: p_setosa"]  # fmt: skip
    wanted = metrics.roc_auc_score(truth == 1, scores[0][:, 1])
    assert found["AUC: p_versicolor"].effect.first == pytest.approx(wanted, **CLOSE)
    values = group.get_version(label="B").metrics(every=None).iloc[0]
    for line in found.lines:
        assert line.effect.other == pytest.approx(values[line.metric], **CLOSE), line.metric
    sums = group.compare("A", "B", metrics=[f"Predicted Positive Rate: p_{n}" for n in names])
    assert sum(line.effect.first for line in sums.lines) == pytest.approx(1.0)


def test_labels_are_compared_one_by_one(connection):
    random = np.random.default_rng(7)
    truth = random.integers(0, 2, (80, 2))
    group = None
    for label in "AB":
        attributes = [*linked("p_a", "is_a"), *linked("p_b", "is_b", position=1)]
        model = add(connection, label, with_attributes(*attributes), group,
                    output_type="MULTILABEL")  # fmt: skip
        group = connection.get_model_group(model)
        p = np.clip(truth * 0.4 + random.random((80, 2)) * 0.6, 0, 1)
        send(model, range(80), x=np.zeros(80), p_a=p[:, 0], p_b=p[:, 1], is_a=truth[:, 0] * 1.0,
             is_b=truth[:, 1] * 1.0)  # fmt: skip
    found = group.compare("A", "B", metrics=["F1: p_a", "AUC: p_b"])
    values = group.get_version(label="B").metrics(["F1: p_a", "AUC: p_b"], every=None).iloc[0]
    for line in found.lines:
        assert line.effect.other == pytest.approx(values[line.metric], **CLOSE)


def test_other_kinds_of_models_are_compared_by_whether_they_predict_at_all(connection):
    group = None
    for label, n_missing in (("A", 0), ("B", 30)):

        def build(model):
            model.add_attribute("x", "FLOAT", "PIPELINE_INPUT")
            model.add_ranked_list_output_attributes("recommended", "relevant")

        model = add(connection, label, build, group, output_type="RANKED_LIST")
        group = connection.get_model_group(model)
        items = [{"item_id": "a", "label": "a", "score": 1.0}]
        rows = [
            {"x": 1.0, "partner_inference_id": str(i)}
            | ({} if i < n_missing else {"recommended": items})
            for i in range(100)
        ]
        model.send_inferences(rows)
    (line,) = group.compare("A", "B").lines
    assert line.metric == "Missing Prediction Rate"
    assert (line.effect.first, line.effect.other) == (0.0, 0.3)
    assert line.effect.p_value == pytest.approx(sign_test(0, 30), **CLOSE)
    assert line.verdict(0.95) == "worse"


# --- which rows ------------------------------------------------------------------------------


def versions(connection, **sent):
    """Return a group with a version for each table of id, p, y (None for none yet)."""
    group = None
    for label, rows in sent.items():
        model = binary(connection, label, group)
        group = connection.get_model_group(model)
        ids, p, y = zip(*rows, strict=True)
        model.send_inferences(
            pd.DataFrame({"p": p, "mean_texture": 1.0, "mean_concavity": 1.0, "size": "small"}),
            partner_inference_ids=list(ids),
        )
        known = [{"partner_inference_id": i, "y": t} for i, t in zip(ids, y, strict=True)
                 if t is not None]  # fmt: skip
        if known:
            model.update_inference_ground_truths(known)
    return group


def rows_of(start, stop, p=0.7):
    return [(f"r{i}", p if i % 3 else 1 - p, i % 2) for i in range(start, stop)]


def test_mostly_shared_inferences_are_compared_in_pairs_and_the_others_left_out(connection):
    group = versions(connection, A=rows_of(0, 60), B=rows_of(30, 80, p=0.2))
    found = group.compare("A", "B", metrics=["Accuracy Rate"])
    effect = found["Accuracy Rate"].effect
    assert (effect.is_paired, effect.n_first, effect.n_other) == (True, 30, 30)
    assert found.notes == ["left out of the pairs: 30 of 'A' alone, 20 of 'B' alone"]
    assert repr(found).endswith(found.notes[0])


def test_few_shared_inferences_are_left_out_of_independent_samples(connection):
    group = versions(connection, A=rows_of(0, 60), B=rows_of(50, 100, p=0.2))
    found = group.compare("A", "B", metrics=["Accuracy Rate"])
    effect = found["Accuracy Rate"].effect
    assert (effect.is_paired, effect.n_first, effect.n_other) == (False, 50, 40)
    assert "left out: 10 of both 'A' and 'B', so that the rest is indep" in repr(found)


def test_pairs_count_where_both_versions_know_the_same_truth(connection):
    a = [("r0", 0.9, 1), ("r1", 0.9, 0), ("r2", 0.1, None), ("r3", 0.1, 1), ("r4", 0.2, 0)]
    b = [("r4", 0.1, 0), ("r0", 0.2, 1), ("r1", 0.9, 0), ("r2", 0.9, 1), ("r3", 0.1, 0)]
    found = versions(connection, A=a, B=b).compare("A", "B")
    accuracy, positives = found["Accuracy Rate"].effect, found["Predicted Positive Rate"].effect
    assert (accuracy.n_first, accuracy.first, accuracy.other) == (3, 2 / 3, 1 / 3)
    assert (positives.n_first, positives.first, positives.other) == (5, 2 / 5, 2 / 5)
    assert "1 with one ground truth in 'A' and another in 'B'" in repr(found)


def test_ground_truth_that_comes_later_counts_from_then_on(connection):
    late = [(i, p, None) for i, p, _ in rows_of(0, 40)]
    group = versions(connection, A=rows_of(0, 40), B=late)
    version = group.get_version(label="B")
    version.update_inference_ground_truths(
        [{"partner_inference_id": i, "y": y} for i, _, y in rows_of(0, 25)]
    )
    assert group.compare("A", "B", metrics=["AUC"])["AUC"].effect.n_first == 25
    version.update_inference_ground_truths(
        [{"partner_inference_id": i, "y": y} for i, _, y in rows_of(25, 40)]
    )
    assert group.compare("A", "B", metrics=["AUC"])["AUC"].effect.n_first == 40


def test_only_inferences_of_a_time_are_compared(connection):
    start = datetime(2026, 3, 1, tzinfo=UTC)
    group = None
    for label in "AB":
        model = binary(connection, label, group)
        group = connection.get_model_group(model)
        model.send_inferences(
            pd.DataFrame({"p": np.linspace(0, 1, 48), "y": [0, 1] * 24, "mean_texture": 1.0}),
            partner_inference_ids=[str(i) for i in range(48)],
            inference_timestamps=[start + timedelta(hours=i) for i in range(48)],
        )
    found = group.compare("A", "B", since=start + timedelta(hours=12), until="2026-03-02T00:00:00Z")
    assert found["Accuracy Rate"].effect.n_first == 12


def test_deleted_inferences_do_not_count(connection):
    group = versions(connection, A=rows_of(0, 300), B=rows_of(0, 300, p=0.2))
    group.get_version(label="B").delete_inferences([f"r{i}" for i in range(100)])
    assert group.compare("A", "B")["AUC"].effect.n_first == 200


def test_ids_in_another_order_and_of_several_calls_find_their_pairs(connection):
    rows = rows_of(0, 700)
    group = versions(connection, A=rows, B=rows[::-1])
    assert all(
        line.effect.difference == 0
        for line in group.compare("A", "B").lines
        if line.effect.difference is not None
    )
    assert group.compare("A", "B")["AUC"].effect.n_first == 700


def test_comparing_only_reads(connection, tmp_path):
    with mg.connect(tmp_path) as writer:
        group = versions(writer, A=rows_of(0, 300), B=rows_of(0, 300, p=0.2))
        wanted = group.compare("A", "B").to_dict()
    with mg.connect(tmp_path, read_only=True) as reader:
        assert reader.get_model_group(group.id).compare("A", "B").to_dict() == wanted


# --- segments --------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["shadow", "split"])
def test_segments_are_compared_each_by_itself(which, request):
    group = request.getfixturevalue(which)
    inputs, y, scores = cancer()
    half = np.arange(len(y)) % 2 == 0
    one, two = (half, ~half) if which == "split" else (half | True, half | True)
    found = group.compare("logistic", "tree", metrics=["AUC", "Accuracy Rate"], by="size")
    sizes = sorted(set(inputs["size"]))
    assert [line.segment for line in found.lines[::2]] == [{"size": size} for size in sizes]
    size = inputs["size"].to_numpy()
    for line in found.lines[1::2]:
        here = size == line.segment["size"]
        a = ((scores["logistic"] >= 0.5) == y)[here & one]
        b = ((scores["tree"] >= 0.5) == y)[here & two]
        assert (line.effect.first, line.effect.other) == pytest.approx((a.mean(), b.mean()))
        assert (line.effect.n_first, line.effect.n_other) == (len(a), len(b))
    known = [line.effect.p_value for line in found.lines if line.effect.p_value is not None]
    corrected = [line.p_corrected for line in found.lines if line.p_corrected is not None]
    assert min(corrected) == pytest.approx(min(1.0, min(known) * len(known)))


def test_a_missing_value_is_a_segment_and_one_that_a_version_lacks_says_so(connection):
    group = None
    for label, sizes in (("A", ["small", None, "large"]), ("B", ["small", None, None])):
        model = binary(connection, label, group)
        group = connection.get_model_group(model)
        n = 60
        send(model, [f"{label}{i}" for i in range(n)], p=np.linspace(0, 1, n), y=[0, 1] * (n // 2),
             mean_texture=1.0, mean_concavity=1.0, size=sizes * (n // 3))  # fmt: skip
    found = group.compare("A", "B", metrics=["Accuracy Rate", "AUC"], by=["size"])
    assert [line.segment["size"] for line in found.lines] == [
        "large", "large", "small", "small", None, None]  # fmt: skip
    lacking = found.lines[0].effect
    assert (lacking.n_first, lacking.n_other, lacking.other, lacking.p_value) == (20, 0, None, None)
    assert "no such rows" in lacking.reason
    assert "missing" in repr(found)
    assert "nan" not in repr(found).lower()


def test_whole_numbers_make_segments_as_they_are_though_some_are_missing(connection):
    group = None
    for label in "AB":
        build = with_attributes(*linked("p", "y"))
        model = add(connection, label, build, group, output_type="REGRESSION")
        group = connection.get_model_group(model)
        send(model, range(4), x=[1.0, 2.0, 1.0, 2.0], p=[1.0, 2.0, 3.0, 4.0], y=[0.0] * 4)
    found = group.compare("A", "B", metrics=["Average Prediction"], by="x")
    assert [line.segment["x"] for line in found.lines] == [1.0, 2.0]

    whole = versions(connection, A=rows_of(0, 30), B=rows_of(0, 30))
    found = whole.compare("A", "B", metrics=["AUC"], by="y")
    assert [line.segment["y"] for line in found.lines] == [0, 1]
    assert {type(line.segment["y"]) for line in found.lines} == {int}


def test_values_too_large_to_compute_with_give_none(connection):
    group = None
    for label, largest in (("A", 1e200), ("B", 1e300)):
        build = with_attributes(*linked("p", "y"))
        model = add(connection, label, build, group, output_type="REGRESSION")
        group = connection.get_model_group(model)
        send(model, range(3), x=[0.0] * 3, p=[largest, 2.0, -largest], y=[0.0, 0.0, 1.0])
    found = group.compare("A", "B")
    effect = found["Root Mean Squared Error"].effect
    assert (effect.first, effect.other, effect.p_value) == (None, None, None)
    json.dumps(found.to_dict(), allow_nan=False)
    assert found["Mean Absolute Error"].effect.first == pytest.approx(2e200 / 3)


def test_a_regression_of_whole_numbers_beyond_doubles_is_compared_all_the_same(connection):
    group = None
    for label in "AB":
        attributes = [a.set(value_type="INTEGER") for a in linked("p", "y")]
        model = add(connection, label, with_attributes(*attributes), group,
                    output_type="REGRESSION")  # fmt: skip
        group = connection.get_model_group(model)
        send(model, range(3), x=[0.0] * 3, p=[2**53 + 1, 5, 7], y=[2**53, 4, 9])
    found = group.compare("A", "B", metrics=["Mean Absolute Error"])
    assert found.lines[0].effect.first == pytest.approx(1.0)
