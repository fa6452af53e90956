"""A month of three trained classifiers, asked as a user would, beside pandas and scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import modelgroups as mg
from tests.test_replay import LABEL, START, accounts

CLASSIFIERS = {
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "random forest": RandomForestClassifier(20, min_samples_leaf=5, random_state=0),
    "gradient boosting": HistGradientBoostingClassifier(max_iter=20, random_state=0),
}
N_TRAIN, N_LIVE, N_DAYS = 1_500, 3_000, 30
CATEGORICAL = ["SEX", "EDUCATION", "MARRIAGE", *(f"PAY_{m}" for m in "023456")]
WEEK = {"since": START + pd.Timedelta(7, "D"), "until": START + pd.Timedelta(14, "D")}


def exact(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), 1e-9, 1e-9)


class Month:
    """What was sent, as plain frames, and the versions that it was sent to."""

    def __init__(self, group):
        data = accounts(N_TRAIN + N_LIVE)
        random = np.random.default_rng(3)
        risk = 1 / (1 + np.exp(2 - data["PAY_0"] / 2 - data["SEX"] / 4))
        data[LABEL] = (random.random(len(data)) < risk).astype(int)
        self.group = group
        self.inputs = [name for name in data if name not in ("ID", LABEL)]
        self.train = data[:N_TRAIN]
        self.live = data[N_TRAIN:].reset_index(drop=True)
        share = np.sort(random.random(N_LIVE)) * N_DAYS * 86_400_000_000
        self.at = pd.Series(START + pd.to_timedelta(share.astype(np.int64), "us"))
        self.day = self.at.dt.floor("D")
        self.ids = "account-" + self.live["ID"].astype(str)
        self.sent, self.base = {}, {}

    def score(self, label, classifier):
        """Train a classifier and keep what it says; some values get lost on the way to us."""
        classifier.fit(self.train[self.inputs], self.train[LABEL])
        for kept, rows in ((self.base, self.train), (self.sent, self.live)):
            scores = classifier.predict_proba(rows[self.inputs])[:, 1]
            kept[label] = rows[[*self.inputs, LABEL]].assign(p_default=scores)
        lost = self.sent[label].index % 40 == 3
        self.sent[label].loc[lost, ["BILL_AMT2", "EDUCATION"]] = np.nan
        self.sent[label].loc[self.sent[label].index % 500 == 7, "MARRIAGE"] = 9

    def scored(self, label):
        """Return day, truth, score, decision and sex of each inference."""
        sent = self.sent[label]
        facts = {"day": self.day, "y": sent[LABEL], "p": sent["p_default"], "sex": sent["SEX"]}
        return pd.DataFrame(facts).assign(says=sent["p_default"] >= 0.5)


@pytest.fixture(scope="module")
def month():
    with mg.connect(":memory:") as connection:
        month = Month(None)
        for label, classifier in CLASSIFIERS.items():
            month.score(label, classifier)
            version = connection.model(
                display_name="Credit card default", input_type="TABULAR", output_type="MULTICLASS"
            )
            version.build(month.base[label], {"p_default": 1}, ground_truth_column=LABEL)
            version.set_attribute_as_sensitive("SEX")
            if month.group is not None:
                month.group.add_version(version, label=label)
            else:
                version.version_label = label
            version.save()
            month.group = month.group or connection.get_model_group(version)
            send(version, month, label)
        yield month


def send(version, month, label):
    rows = month.sent[label].drop(columns=LABEL)
    for part in np.array_split(np.arange(N_LIVE), 7):
        version.send_inferences(
            rows.iloc[part],
            partner_inference_ids=month.ids.iloc[part],
            inference_timestamps=month.at.iloc[part],
        )
    late = np.random.default_rng(4).permutation(N_LIVE)
    version.update_inference_ground_truths(
        month.live[LABEL].iloc[late], partner_inference_ids=month.ids.iloc[late]
    )


@pytest.fixture(params=list(CLASSIFIERS))
def label(request):
    return request.param


@pytest.fixture
def version(month, label):
    return month.group.get_version(label=label)


def false_positive_rate(rows):
    return (rows["says"] & (rows["y"] == 0)).sum() / (rows["y"] == 0).sum()


ORACLES = {
    "Accuracy Rate": lambda rows: sk.accuracy_score(rows["y"], rows["says"]),
    "AUC": lambda rows: sk.roc_auc_score(rows["y"], rows["p"]),
    "False Positive Rate": false_positive_rate,
}


def test_performance_by_day(month, version, label):
    found = version.metrics([*ORACLES], every="day")
    days = month.scored(label).groupby("day")
    assert found["timestamp"].tolist() == list(days.groups)
    for name, oracle in ORACLES.items():
        exact(found[name], [oracle(rows) for _, rows in days])


def test_performance_by_group_within_a_window(month, version, label):
    found = version.metrics([*ORACLES], every="week", by="SEX", **WEEK)
    rows = month.scored(label)
    rows = rows[(rows["day"] >= WEEK["since"]) & (rows["day"] < WEEK["until"])]
    monday = rows["day"] - pd.to_timedelta(rows["day"].dt.day_of_week, "D")
    groups = rows.groupby([monday, "sex"])
    assert list(zip(found["timestamp"], found["SEX"], strict=True)) == list(groups.groups)
    for name, oracle in ORACLES.items():
        exact(found[name], [oracle(group) for _, group in groups])


def psi(base, target, *, is_categorical):
    """Return Σ (P − Q)(ln P − ln Q), with half a row for a bucket that is empty on one side."""
    if not is_categorical:
        edges = [-np.inf, *np.unique(np.quantile(base, np.arange(1, 20) / 20)), np.inf]
        base, target = (pd.cut(side, edges, right=False) for side in (base, target))
    counts = pd.concat(
        [base.value_counts(dropna=False), target.value_counts(dropna=False)], axis=1
    ).fillna(0)
    counts = counts[(counts > 0).any(axis=1)].replace(0, 0.5)
    p, q = (counts.iloc[:, side] / n for side, n in enumerate((len(base), len(target))))
    return ((p - q) * np.log(p / q)).sum()


def test_drift_of_every_attribute_by_day(month, version, label):
    found = version.drift(every="day")
    names = [*month.inputs, "p_default"]
    assert list(found.columns) == ["timestamp", *names]
    assert found["timestamp"].tolist() == sorted(month.day.unique())
    for name in names:
        is_categorical = name in CATEGORICAL
        assert version.get_attribute(name).categorical == is_categorical
        days = month.sent[label][name].groupby(month.day)
        base = month.base[label][name]
        exact(found[name], [psi(base, day, is_categorical=is_categorical) for _, day in days])


def test_parity_of_the_sexes(month, version, label):
    rows = month.scored(label)
    expected = rows.groupby("sex")["says"].mean()
    found = version.bias.metrics.demographic_parity("SEX")
    assert list(found) == expected.index.tolist()
    exact(list(found.values()), expected)


def test_the_distribution_of_the_bill(month, version, label):
    bins = {"property": "BILL_AMT1", "num_bins": 12}
    ((answer),) = version.query({"select": [{"function": "distribution", "parameters": bins}]})
    buckets = answer["distribution"]
    counts, edges = np.histogram(month.live["BILL_AMT1"], 12)
    assert [bucket["count"] for bucket in buckets] == counts.tolist()
    exact([bucket["lower"] for bucket in buckets], edges[:-1])
    exact([bucket["upper"] for bucket in buckets], edges[1:])


def test_the_summary_says_what_was_lost_and_what_is_new(month, version, label):
    sent, base = month.sent[label], month.base[label]
    quality = version.summary().to_frame()
    assert quality["nulls"].to_dict() == sent.isna().sum().to_dict()
    exact(quality["null_rate"], sent[quality.index].isna().mean())
    assert quality.loc["MARRIAGE", "new_categories"] == {9: (sent["MARRIAGE"] == 9).sum()}
    ranged = quality["out_of_range"].dropna()
    assert set(ranged.index) == {*month.inputs, "p_default"} - set(CATEGORICAL)
    low, high = base[ranged.index].min(), base[ranged.index].max()
    outside = (sent[ranged.index] < low) | (sent[ranged.index] > high)
    assert ranged.to_dict() == outside.sum().to_dict() | {
        "p_default": int(((sent["p_default"] < 0) | (sent["p_default"] > 1)).sum())
    }
