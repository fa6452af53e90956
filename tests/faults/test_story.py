"""A year in the life of a credit model in small: shadow, canary, A/B test and a rollback.

Each deployment is resumed by another process, weeks of traffic are told as of their days, and
what was true is known some days later.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import crew
import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.errors import ConflictError

ACCURACY = "Accuracy Rate"
PER_DAY, DELAY = 400, 2
FIRST = pd.Timestamp("2024-01-01T00:00:00Z")
SHADOW, CANARY, TEST, PROMOTED, ROLLED_BACK, END = 2, 9, 21, 27, 29, 31
STEPS = {12: 0.4, 15: 0.7, 18: 1.0}


def day(number: int) -> pd.Timestamp:
    return FIRST + pd.Timedelta(days=number)


Task = tuple[pd.DataFrame, np.ndarray, dict[str, np.ndarray]]


def make_task() -> Task:
    """Return traffic, what was true of it, and what three fitted classifiers say of it."""
    from sklearn.datasets import make_classification  # the other processes do without
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    x, y = make_classification(
        2000 + PER_DAY * END,
        n_features=6,
        n_informative=4,
        n_redundant=1,
        n_clusters_per_class=4,
        class_sep=1.4,
        flip_y=0.03,
        weights=[0.7],
        random_state=3,
    )
    columns = ["limit", "age", "pay_1", "pay_2", "bill_1", "bill_2"]
    frame = pd.DataFrame(x, columns=columns).assign(sex=np.arange(len(y)) % 2 + 1)
    classifiers = {
        "logistic": LogisticRegression(),
        "forest": RandomForestClassifier(15, random_state=0),
        "boosting": GradientBoostingClassifier(n_estimators=40, max_depth=5, random_state=0),
    }
    scores = {
        name: classifier.fit(frame[:2000], y[:2000]).predict_proba(frame)[:, 1]
        for name, classifier in classifiers.items()
    }
    return frame, y, scores


def save_all(root: Path, task: Task) -> None:
    frame, y, scores = task
    with mg.connect(root) as connection:
        group = None
        for label in scores:
            model = connection.model(
                display_name="Default", input_type="TABULAR", output_type="MULTICLASS"
            )
            reference = frame[:2000].assign(p=scores[label][:2000], default=y[:2000])
            model.build(reference, {"p": 1}, ground_truth_column="default")
            model.version_label = label
            if group is not None:
                group.add_version(model)
            model.save()
            group = connection.get_model_group(model)
        assert group is not None
        group.promote("logistic", reason="the first", at=day(0))


def answer(group: mg.ModelGroup, task: Task, number: int) -> None:
    """Answer the requests of a day, and learn what was true of those of some days before."""
    frame, y, scores = task
    rows = 2000 + np.arange(number * PER_DAY, (number + 1) * PER_DAY)
    ids = np.array([f"loan-{row}" for row in rows], object)
    times = day(number) + pd.to_timedelta(np.arange(PER_DAY) * 60, unit="s")
    live = group.deploy.live()
    champion = group.champion(at=day(number))
    assert champion is not None
    routed = np.full(PER_DAY, champion.version_label) if live is None else live.route_many(ids)
    shadow = None if live is None else live.shadow
    for label in scores:
        own = np.full(PER_DAY, label == shadow) | (routed == label)
        version = group.get_version(label=label)
        if own.any():
            version.send_inferences(
                frame.iloc[rows[own]].assign(p=scores[label][rows[own]]),
                partner_inference_ids=ids[own].tolist(),
                inference_timestamps=times[own],
            )
        then = day(number - DELAY)
        known = version.inferences(
            columns=["partner_inference_id"], since=then, until=then + pd.Timedelta(days=1)
        )["partner_inference_id"].tolist()
        if known:
            truth = y[[int(key.removeprefix("loan-")) for key in known]]
            version.update_inference_ground_truths(truth.tolist(), partner_inference_ids=known)


def act(group: mg.ModelGroup, number: int) -> None:
    """Do what is decided on a day."""
    at = day(number)
    live: Any = group.deploy.live()
    if number == SHADOW:
        group.deploy.shadow("forest", metric=ACCURACY, reason="a forest was trained", at=at)
    elif number == CANARY:
        assert live.evaluate(at=at).promote == "forest"
        live.conclude(promote=None, reason="a canary comes first", at=at)
        group.deploy.canary("forest", steps=[0.2, *STEPS.values()], guardrails={ACCURACY: 0.15},
                            salt="canary", at=at)  # fmt: skip
    elif number in STEPS:
        live.advance(at=at)
        assert live.weights["forest"] == pytest.approx(STEPS[number])
    elif number == TEST:
        live.conclude(at=at)
        weights = {"forest": 0.5, "boosting": 0.5}
        group.deploy.ab(weights, metric=ACCURACY, planned=2000, salt="test", at=at)
    elif number == PROMOTED:
        found = live.evaluate(at=at)
        assert (found.decision, found.split.is_broken) == ("keep", False)
        live.conclude(promote="boosting", reason="cheaper", at=at)
    elif number == ROLLED_BACK:
        group.rollback(reason="complaints", at=at)


def live_through(root: Path, task: Task, first: int, last: int) -> None:
    """Decide and answer, from one day to another."""
    with mg.connect(root) as connection:
        (group,) = connection.model_groups()
        for number in range(first, last):
            act(group, number)
            answer(group, task, number)


def champion_on(number: int) -> str:
    if number < TEST:
        return "logistic"
    return "boosting" if PROMOTED <= number < ROLLED_BACK else "forest"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the registry after all of it."""
    root = tmp_path_factory.mktemp("story") / "registry"
    task = make_task()
    save_all(root, task)
    for first, last in pairwise([0, SHADOW + 3, CANARY + 4, TEST + 2, END]):
        crew.in_child(live_through, root, task, first, last)
    with mg.connect(root) as connection:
        for version in connection.models():
            version.compact()  # rows that came a few at a time have their event then
    return root


def test_the_champion_is_right_on_every_day(told: Path) -> None:
    with mg.connect(told) as connection:
        (group,) = connection.model_groups()
        assert group.champion(at=day(0) - pd.Timedelta(seconds=1)) is None
        for number in range(END):
            for hours in (0, 23.99):
                found = group.champion(at=day(number) + pd.Timedelta(hours=hours))
                assert found is not None
                assert found.version_label == champion_on(number)


def test_the_audit_trail_tells_all_of_it_and_verifies(told: Path) -> None:
    with mg.connect(told) as connection:
        (group,) = connection.model_groups()
        report = connection.verify()
        assert report, str(report)
        events = connection.audit(group=group, category=["alias", "deployment"])
        days = [(pd.Timestamp(after["at"]) - FIRST).days for after in events["after"]]
        assert list(zip(days, events["type"], strict=True)) == [
            (0, "alias.moved"),
            (SHADOW, "deployment.started"),
            (CANARY, "deployment.concluded"),
            (CANARY, "deployment.started"),
            *((number, "deployment.advanced") for number in STEPS),
            (TEST, "alias.moved"),
            (TEST, "deployment.concluded"),
            (TEST, "deployment.started"),
            (PROMOTED, "alias.moved"),
            (PROMOTED, "deployment.concluded"),
            (ROLLED_BACK, "alias.moved"),
        ]
        assert events["reason"].iloc[-1] == "complaints"
        assert events["actor"].nunique() == 5  # the parent, and four processes
        received = connection.audit(group=group, type="inferences.received")["after"]
        n_due = PER_DAY * (END + CANARY - SHADOW)
        assert sum(after.get("inferences", 0) for after in received) == n_due
        with pytest.raises(ConflictError, match="nothing more happens to it"):
            group.deploy.history()[-1].conclude(promote=None)


def scored(group: mg.ModelGroup, label: str, first: int, last: int) -> pd.DataFrame:
    version = group.get_version(label=label)
    found = version.inferences(since=day(first), until=day(last)).dropna(subset="default")
    found = found.set_index("partner_inference_id")
    hit = (found["p"] >= 0.5) == (found["default"] == 1)
    return pd.DataFrame({"hit": hit, "error": (found["p"] - found["default"]) ** 2})


def test_the_comparisons_are_those_of_scipy(told: Path) -> None:
    from scipy import stats

    with mg.connect(told) as connection:
        (group,) = connection.model_groups()
        metrics = [ACCURACY, "Brier Score"]
        paired = group.compare(
            "logistic", "forest", since=day(SHADOW), until=day(CANARY), metrics=metrics
        )
        one, two = (scored(group, name, SHADOW, CANARY) for name in ("logistic", "forest"))
        assert len(one) == len(two) == PER_DAY * (CANARY - SHADOW)
        two = two.loc[one.index]
        lost, won = int((one["hit"] & ~two["hit"]).sum()), int((~one["hit"] & two["hit"]).sum())
        accuracy, brier = paired.to_dict()["differences"]
        squared = (lost - won) ** 2 / (lost + won)
        assert accuracy["p_value"] == pytest.approx(stats.chi2.sf(squared, 1), rel=1e-9)
        wanted = stats.ttest_rel(two["error"], one["error"]).pvalue
        assert brier["p_value"] == pytest.approx(wanted, rel=1e-9)

        apart = group.compare("forest", "boosting", since=day(TEST), until=day(PROMOTED),
                              metrics=metrics)  # fmt: skip
        one, two = (scored(group, name, TEST, PROMOTED) for name in ("forest", "boosting"))
        accuracy, brier = apart.to_dict()["differences"]
        table = [[each["hit"].sum(), (~each["hit"]).sum()] for each in (one, two)]
        wanted = stats.chi2_contingency(table, correction=False).pvalue
        assert accuracy["p_value"] == pytest.approx(wanted, rel=1e-9)
        wanted = stats.ttest_ind(two["error"], one["error"], equal_var=False).pvalue
        assert brier["p_value"] == pytest.approx(wanted, rel=1e-9)
