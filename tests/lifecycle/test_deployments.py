"""Deployments: A/B test, canary, shadow, replace; on real classifiers, with late ground truth."""

import json
import re
import subprocess
import sys
import textwrap
import threading
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

import modelgroups as mg
from modelgroups.errors import (
    ConflictError,
    NotFoundError,
    ResponseClientError,
    UserTypeError,
    UserValueError,
)

from .conftest import FRAME, group_of

ACCURACY = "Accuracy Rate"
COLUMNS = ["x0", "x1", "x2", "x3"]


@cache
def task():
    """Return classifiers, what they were fitted to, and traffic with its truth."""
    x, y = make_classification(
        9000, 4, n_informative=3, n_redundant=0, class_sep=1.2, flip_y=0.02, random_state=7
    )
    classifiers = {
        "poor": DummyClassifier(strategy="prior"),
        "linear": LogisticRegression(),
        "forest": RandomForestClassifier(15, random_state=0),
        "twin": LogisticRegression(C=0.9),
    }
    for classifier in classifiers.values():
        classifier.fit(x[:1000], y[:1000])
    return classifiers, x[:1000], y[:1000], x[1000:], y[1000:]


class World:
    """A group of classifiers on one task, and traffic whose truth comes later."""

    def __init__(self, connection):
        self.classifiers, x, y, traffic, self.truth = task()
        self.traffic = pd.DataFrame(traffic, columns=COLUMNS)
        self.ids = np.array([f"tx-{n}" for n in range(8000)], object)
        self.group = None
        for label, classifier in self.classifiers.items():
            frame = pd.DataFrame(x, columns=COLUMNS)
            frame["p"], frame["y"] = classifier.predict_proba(x)[:, 1], y
            model = connection.model(
                display_name="Fraud", input_type="TABULAR", output_type="MULTICLASS"
            )
            model.build(frame, {"p": 1}, ground_truth_column="y")
            model.version_label = label
            if self.group is not None:
                model.model_group_id = self.group.id
            model.save()
            self.group = connection.get_model_group(model)

    def scores(self, label, rows):
        inputs = self.traffic.iloc[rows].to_numpy()
        return self.classifiers[label].predict_proba(inputs)[:, 1]

    def send(self, deployment, rows, *, truth=True):
        """Answer some requests as a deployment says, and tell the truth of them later."""
        routed = deployment.route_many(self.ids[rows])
        for label in deployment.versions:
            seen = rows if label == deployment.shadow else rows[routed == label]
            if len(seen):
                self._log(label, seen)
                if truth:
                    self.tell(label, seen)
        return routed

    def _log(self, label, rows):
        version = self.group.get_version(label=label)
        frame = self.traffic.iloc[rows].assign(p=self.scores(label, rows))
        version.send_inferences(frame, partner_inference_ids=self.ids[rows].tolist())

    def tell(self, label, rows):
        version = self.group.get_version(label=label)
        version.update_inference_ground_truths(self.truth[rows].tolist(), self.ids[rows].tolist())


@pytest.fixture
def world(connection):
    made = World(connection)
    made.group.promote("linear")
    return made


def label(model):
    return model.version_label


def told(connection):
    events = connection.audit(category="deployment")
    return list(events["type"].str.removeprefix("deployment."))


# --- the patterns, from start to end ------------------------------------------------------------


def test_an_ab_test_promotes_the_better_version_once_its_truth_is_known(connection, world):
    world.group.promote("poor")
    test = world.group.deploy.ab({"linear": 0.5, "poor": 0.5}, metric=ACCURACY, salt="s")
    rows = np.arange(1000)
    routed = world.send(test, rows, truth=False)
    found = test.evaluate()
    assert (found.decision, found.promote) == ("continue", None)
    unknown = r"cannot be compared yet \(no ground truth of '(linear|poor)' and '.*' is known yet"
    assert re.search(unknown, found.reason)
    world.tell("poor", rows[routed == "poor"])
    assert "no ground truth of 'linear' is known yet" in test.evaluate().reason
    with pytest.raises(ConflictError, match=r"cannot be concluded yet.*promote=None"):
        test.conclude()
    world.tell("linear", rows[routed == "linear"])
    found = test.evaluate()
    assert (found.decision, found.promote) == ("promote", "linear")
    [line] = found.findings
    for value, name in ((line.effect.first, "poor"), (line.effect.other, "linear")):
        seen = rows[routed == name]
        wanted = accuracy_score(world.truth[seen], world.scores(name, seen) >= 0.5)
        assert value == pytest.approx(wanted, abs=1e-12)
    assert found.counts == {name: int((routed == name).sum()) for name in ("poor", "linear")}
    test.conclude(reason="far better")
    assert label(world.group.champion()) == "linear"
    assert (test.state, test.weights) == ("concluded", {"poor": 0.0, "linear": 1.0})
    assert set(test.route_many(world.ids)) == {"linear"}
    assert world.group.deploy.live() is None
    assert told(connection) == ["started", "concluded"]
    event = connection.audit(type="deployment.concluded").iloc[0]
    assert event["reason"] == "far better"
    assert event["after"]["decision"]["decision"] == "promote"
    assert connection.verify()


def test_an_ab_test_of_equals_is_kept_open_and_then_ends_as_planned(world):
    test = world.group.deploy.ab({"linear": 0.5, "twin": 0.5}, planned=3000)
    world.send(test, np.arange(2000))
    assert test.evaluate().decision == "continue"
    world.send(test, np.arange(2000, 3000))
    found = test.evaluate()
    assert (found.decision, found.promote) == ("keep", None)
    test.conclude()
    assert label(world.group.champion()) == "linear"
    assert test.weights == {"linear": 1.0, "twin": 0.0}


def test_a_canary_goes_step_by_step_while_its_guardrails_hold(connection, world):
    guardrails = {ACCURACY: 0.1}
    canary = world.group.deploy.canary(  # another salt could by chance split them otherwise
        "forest", steps=[0.2, 0.5, 1.0], guardrails=guardrails, planned=1500, salt="steps"
    )
    bounds = np.linspace(0, 8000, 4).astype(int)
    before = None
    for step, share in enumerate((0.2, 0.5, 1.0)):
        assert canary.step == step
        assert canary.weights["forest"] == pytest.approx(share, abs=1e-12)
        rows = np.arange(bounds[step], bounds[step + 1])
        world.send(canary, rows)
        where = canary.route_many(world.ids) == "forest"
        assert abs(where.mean() - share) < 4 * np.sqrt(share * (1 - share) / 8000) + 1e-9
        assert before is None or not (before & ~where).any()  # who had it keeps it
        before = where
        found = canary.evaluate()
        assert found.decision == ("promote" if share == 1 else "continue"), found
        if share < 1:
            canary.advance()
    with pytest.raises(ConflictError, match=r"last step; conclude\(\)"):
        canary.advance()
    canary.conclude()
    assert label(world.group.champion()) == "forest"
    assert told(connection) == ["started", "advanced", "advanced", "concluded"]
    assert list(connection.audit(type="deployment.advanced")["after"].iloc[0]["weights"]) == [
        "linear",
        "forest",
    ]


def test_a_broken_guardrail_aborts_a_canary_at_the_next_evaluation(connection, world):
    canary = world.group.deploy.canary("poor", steps=[0.3, 1.0], guardrails={ACCURACY: 0.02})
    world.send(canary, np.arange(3000))
    found = canary.evaluate()
    assert found.decision == "abort"
    assert "'Accuracy Rate' of 'poor' is broken" in found.reason
    assert canary.state == "aborted"
    assert set(canary.route_many(world.ids)) == {"linear"}
    assert label(world.group.champion()) == "linear"
    assert told(connection) == ["started", "aborted"]
    with pytest.raises(ConflictError, match="was aborted at"):
        canary.advance()


def test_a_canary_does_not_advance_on_too_little(world):
    canary = world.group.deploy.canary("forest", guardrails={ACCURACY: 0.05})
    world.send(canary, np.arange(500))
    with pytest.raises(ConflictError, match=r"not known yet.*override=True"):
        canary.advance()
    assert canary.step == 0
    assert canary.advance(override=True, reason="a quiet week").step == 1


def test_a_shadow_answers_nobody_and_is_compared_in_pairs(connection, world):
    world.group.promote("poor")
    shadow = world.group.deploy.shadow("forest", metric=ACCURACY)
    rows = np.arange(600)
    assert set(world.send(shadow, rows)) == {"poor"}
    found = shadow.evaluate()
    assert found.decision == "promote"
    assert found.split is None
    assert found.findings[0].effect.is_paired
    assert found.counts == {"poor": 600, "forest": 600}
    shadow.conclude()
    assert label(world.group.champion()) == "forest"


def test_replace_is_done_at_once(connection, world):
    done = world.group.deploy.replace("forest", reason="hotfix")
    assert (done.kind, done.state) == ("replace", "concluded")
    assert set(done.route_many(world.ids)) == {"forest"}
    assert label(world.group.champion()) == "forest"
    assert label(world.group.rollback()) == "linear"
    assert told(connection) == ["started", "concluded"]
    assert [each.id for each in world.group.deploy.history()] == [done.id]


# --- traffic ----------------------------------------------------------------------------------


def test_nothing_is_concluded_of_broken_traffic(world):
    world.group.promote("poor")
    test = world.group.deploy.ab({"linear": 0.5, "poor": 0.5})
    rows = np.arange(2000)
    lost = test.route_many(world.ids[rows]) == "linear"
    world.send(test, rows[~lost | (rows % 3 > 0)])  # a third of it never arrives
    found = test.evaluate()
    assert found.split.is_broken
    assert found.decision == "abort"
    for attempt in (lambda: test.conclude(), lambda: test.conclude(promote="linear")):
        with pytest.raises(ConflictError, match="traffic was not divided as planned"):
            attempt()
    assert test.state == "live"
    assert test.evaluate(counts={"linear": 1000, "poor": 1000}).decision == "promote"
    test.conclude(promote=None)
    assert label(world.group.champion()) == "poor"


def test_new_weights_move_only_what_must_move(connection, world):
    test = world.group.deploy.ab({"linear": 0.5, "forest": 0.3, "twin": 0.2}, salt="x")
    before = test.route_many(world.ids)
    test.reweight({"linear": 0.5, "forest": 0.1, "twin": 0.4}, reason="the forest is slow")
    after = test.route_many(world.ids)
    moved = before != after
    assert abs(moved.mean() - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 8000)
    assert set(before[moved]) == {"forest"}
    assert set(after[moved]) == {"twin"}
    assert [test.route(key) for key in world.ids[:50]] == list(after[:50])
    assert told(connection) == ["started", "reweighted"]
    with pytest.raises(UserValueError, match="no inference since"):
        test.evaluate()


def test_inferences_from_before_do_not_count(world):
    early = world.group.deploy.ab({"linear": 0.5, "twin": 0.5})
    world.send(early, np.arange(300))
    early.abort()
    late = world.group.deploy.ab({"linear": 0.5, "twin": 0.5})
    told = r"no inference since .* hold [0-9,]+ inferences of other times: compare\(\) takes those"
    with pytest.raises(UserValueError, match=told):
        late.evaluate()
    world.send(late, np.arange(300, 400))
    assert sum(late.evaluate().counts.values()) == 100


# --- serving ---------------------------------------------------------------------------------


def test_serving_routes_predicts_and_logs(group):
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5})
    with test.serve({"V1": lambda row: 0.1, "V2": lambda row: {"p": np.float64(0.7)}}) as answer:
        for n in range(40):
            given = answer(f"key-{n}", {"age": n}, partner_inference_id=f"id-{n}")
            assert given == (0.1 if test.route(f"key-{n}") == "V1" else {"p": 0.7})
    logs = {v: group.get_version(label=v).inferences() for v in ("V1", "V2")}
    assert len(logs["V1"]) + len(logs["V2"]) == 40
    for version, log in logs.items():
        assert set(log["p"]) == {0.1 if version == "V1" else 0.7}
        for id_, age in zip(log["partner_inference_id"], log["age"], strict=True):
            assert id_ == f"id-{age}"
            assert test.route(f"key-{age}") == version
    assert sum(test.evaluate().counts.values()) == 40


def test_a_failing_shadow_is_recorded_and_never_felt(group, caplog):
    group.promote("V1")
    shadow = group.deploy.shadow("V2")

    def fails(row):
        if row["age"] == 1:
            raise ZeroDivisionError("no luck")
        return "not a number" if row["age"] == 2 else 0.9

    with shadow.serve({"V1": lambda row: 0.1, "V2": fails}) as answer:
        assert [answer(n, {"age": n}, partner_inference_id=str(n)) for n in range(4)] == [0.1] * 4
        answer.wait()
        n_failures, last = shadow.refresh().failures
    assert n_failures == 2
    assert "p" in last
    assert "no luck" in caplog.text
    assert list(group.get_version(label="V1").inferences()["p"]) == [0.1] * 4
    assert sorted(group.get_version(label="V2").inferences()["partner_inference_id"]) == ["0", "3"]


def test_a_shadow_that_hangs_is_never_waited_for(group):
    group.promote("V1")
    shadow = group.deploy.shadow("V2")
    go_on = threading.Event()
    with shadow.serve({"V1": lambda row: 0.1, "V2": lambda row: go_on.wait() and 0.9}) as answer:
        answer._room = threading.BoundedSemaphore(2)
        assert [answer(n, {"age": n}) for n in range(5)] == [0.1] * 5
        n_failures, last = shadow.refresh().failures
        assert (n_failures, "requests wait for it already" in last) == (3, True)
        go_on.set()
        answer.wait()
        assert len(group.get_version(label="V2").inferences()) == 2


def test_a_server_knows_attributes_that_were_added_meanwhile(tmp_path):
    with mg.connect(tmp_path) as connection, mg.connect(tmp_path) as elsewhere:
        group = group_of(connection, "V1", "V2")
        test = group.deploy.ab({"V1": 0.5, "V2": 0.5})
        with test.serve({"V1": lambda row: 0.1, "V2": lambda row: 0.1}) as answer:
            with pytest.raises(UserValueError, match="the key is missing"):
                answer(None, {"age": 5})  # the versions are known now
            for model in elsewhere.get_model_group(group.id).get_versions():
                model.add_attribute(name="note", value_type="STRING", stage="NON_INPUT_DATA")
                model.update()
            answer("k", {"age": 5, "note": "new"})
        log = group.get_version(label=test.route("k")).inferences()
        assert list(log["note"]) == ["new"]


def test_a_server_follows_what_others_do(group):
    group.promote("V1")
    shadow = group.deploy.shadow("V2")
    with shadow.serve({"V1": lambda row: 0.1, "V2": lambda row: 0.9}) as answer:
        assert answer("k", {"age": 1}) == 0.1
        answer.wait()
        group.deploy.live().conclude(promote="V2")
        assert answer("k", {"age": 1}) == 0.9
    assert len(group.get_version(label="V2").inferences()) == 2


def test_the_tokens_of_a_text_are_logged_with_it(connection):
    group_id = None
    for label in ("V1", "V2"):
        model = connection.model(
            display_name="Assistant", input_type="NLP", output_type="TOKEN_SEQUENCE"
        )
        model.model_group_id, model.version_label = group_id, label
        model.build_token_sequence_model("question", "answer", input_token_column="asked")
        model.save()
        group_id = model.model_group_id
    group = connection.get_model_group(group_id)
    group.promote("V1")
    shadow = group.deploy.shadow("V2")
    functions = {"V1": lambda row: "four", "V2": lambda row: " ".join(row["asked"])}
    with shadow.serve(functions) as answer:
        given = answer("k", {"question": "2 + 2", "asked": ["2", "+", "2"]})
        assert given == "four"
        answer.wait()
    for label, said in (("V1", "four"), ("V2", "2 + 2")):
        [row] = group.get_version(label=label).inferences().to_dict("records")
        assert (row["question"], list(row["asked"]), row["answer"]) == (
            "2 + 2",
            ["2", "+", "2"],
            said,
        )


def test_serving_checks_what_it_is_given(group):
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5})
    good = {"V1": lambda row: 0.1, "V2": lambda row: 0.7}
    for bad, error, message in (
        ({"V1": good["V1"]}, UserValueError, "'V2' has none"),
        (good | {"V3": good["V1"]}, UserValueError, "no version of the deployment 'V3'"),
        (good | {"V2": 5}, UserTypeError, "must be a function"),
        (good | {"V9": good["V1"]}, NotFoundError, "V9"),
        ([good["V1"]], UserTypeError, "dict of functions"),
    ):
        with pytest.raises(error, match=message):
            test.serve(bad)
    with test.serve(good) as answer:
        with pytest.raises(UserValueError, match="did you mean 'age'"):
            answer("k", {"agee": 5})
        with pytest.raises(UserValueError, match="missing"):
            answer(None, {"age": 5})
        with pytest.raises(ResponseClientError):
            answer("k", {"age": "old"})
        with pytest.raises(UserTypeError, match="inputs must be a dict"):
            answer("k", [5])
    assert sum(len(group.get_version(label=v).inferences()) for v in good) == 0


# --- bad input, and what must not happen -----------------------------------------------------


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [
        (lambda d: d.ab({"V1": 0.5, "V2": 0.4}), UserValueError, "must sum to 1"),
        (lambda d: d.ab({"V2": 0.5, 2: 0.5}), UserValueError, "'V2' twice"),
        (lambda d: d.ab({"V1": 1.0}), UserValueError, "two versions or more"),
        (lambda d: d.ab({"V1": 1.0, "V2": 0.0}), UserValueError, "above 0"),
        (lambda d: d.ab({"V1": 0.5, "V22": 0.5}), NotFoundError, "did you mean 'V2'"),
        (lambda d: d.ab(["V1", "V2"]), UserTypeError, "weights must be a dict"),
        (lambda d: d.ab({"V1": 0.5, "V4": 0.5}), ConflictError, "archived"),
        (lambda d: d.ab({"V1": 0.5, "V2": 0.5}, metric="RMSE"), UserValueError, "no metric"),
        (
            lambda d: d.ab({"V1": 0.5, "V2": 0.5}, metric="Average Prediction"),
            UserValueError,
            "can be a guardrail",
        ),
        (lambda d: d.ab({"V1": 0.5, "V2": 0.5}, confidence=95), UserValueError, "confidence"),
        (lambda d: d.ab({"V1": 0.5, "V2": 0.5}, planned=0), UserValueError, "planned"),
        (lambda d: d.ab({"V1": 0.5, "V2": 0.5}, reason=5), UserTypeError, "reason"),
        (lambda d: d.canary("V1", guardrails={ACCURACY: 0.1}), UserValueError, "champion already"),
        (lambda d: d.canary("V2", guardrails={}), UserValueError, "guardrails must name"),
        (lambda d: d.canary("V2", guardrails={ACCURACY: -1}), UserValueError, "0 or more"),
        (lambda d: d.canary("V2", guardrails={"Acc": 0.1}), UserValueError, "no metric"),
        (
            lambda d: d.canary("V2", guardrails={ACCURACY: 0.1}, steps=[0.5, 0.2]),
            UserValueError,
            "that grow",
        ),
        (
            lambda d: d.canary("V2", guardrails={ACCURACY: 0.1}, steps=[]),
            UserValueError,
            "one share at least",
        ),
        (lambda d: d.shadow("V4"), ConflictError, "archived"),
        (lambda d: d.replace("V4"), ConflictError, "archived"),
        (lambda d: d.replace("other"), NotFoundError, "'other'"),
    ],
)
def test_what_cannot_be_deployed_is_refused_before_anything_is_written(
    connection, start, error, message
):
    group = group_of(connection, "V1", "V2", "V3", "V4")
    group.promote("V1")
    group.get_version(label="V4").archive()
    before = connection.audit_head()
    with pytest.raises(error, match=message):
        start(group.deploy)
    assert connection.audit_head() == before
    assert group.deploy.history() == []


def test_an_unsaved_version_is_not_deployed(connection, group):
    group.promote("V1")
    with pytest.raises(UserValueError, match=r"save\(\) it first"):
        group.deploy.shadow(connection.model("new", "TABULAR", "MULTICLASS"))


def test_versions_that_cannot_share_inputs_are_not_deployed_together(connection, group):
    for label, frame in (
        ("text", FRAME.assign(age=["a", "b", "c"])),
        ("strange", FRAME.rename(columns={"age": "height"})),
    ):
        model = connection.model(label, "TABULAR", "MULTICLASS")
        model.build(frame, {"p": 1}, ground_truth_column="y")
        group.add_version(model, label)
        model.save()
    with pytest.raises(UserValueError, match="cannot share inputs: 'age' is INTEGER in 'V1'"):
        group.deploy.ab({"V1": 0.5, "text": 0.5})
    with pytest.raises(UserValueError, match="'V1' and 'strange' have none in common"):
        group.deploy.ab({"V1": 0.5, "strange": 0.5})


def test_a_group_has_one_live_deployment(group):
    group.promote("V1")
    group.delete_alias("champion")
    with pytest.raises(ConflictError, match="no champion"):
        group.deploy.shadow("V2")
    group.promote("V1")
    first = group.deploy.shadow("V2")
    for start in (
        lambda: group.deploy.ab({"V1": 0.5, "V2": 0.5}),
        lambda: group.deploy.replace("V3"),
    ):
        with pytest.raises(ConflictError, match=r"live deployment already: the shadow .*abort\(\)"):
            start()
    assert group.deploy.live().id == first.id
    with pytest.raises(ConflictError, match="live shadow deployment"):
        group.get_version(label="V2").archive()
    with pytest.raises(ConflictError, match=r"live shadow deployment .*group\.deploy\.live\(\)"):
        group.archive()
    assert not group.archived
    first.abort(reason="enough")
    group.get_version(label="V2").archive()
    assert [each.state for each in group.deploy.history()] == ["aborted"]


def test_a_deployment_ends_once(group):
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5})
    test.conclude(promote=None)
    for attempt in (
        test.conclude,
        test.abort,
        test.evaluate,
        test.advance,
        lambda: test.reweight({"V1": 0.1, "V2": 0.9}),
    ):
        with pytest.raises(ConflictError, match="was concluded at"):
            attempt()


def test_who_saw_an_older_state_changes_nothing(connection, group):
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5})
    stale = group.deploy.live()
    test.reweight({"V1": 0.4, "V2": 0.6})
    before = connection.audit_head()
    with pytest.raises(ConflictError, match=r"changed by somebody else.*refresh\(\)"):
        stale.abort()
    assert connection.audit_head() == before
    stale.refresh().abort()
    assert test.refresh().state == "aborted"


def test_a_champion_that_was_changed_meanwhile_stays(group):
    group.promote("V1")
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5})
    rows = {"age": [5] * 200, "p": [0.9] * 200, "y": [1] * 200}
    ids = np.array([str(n) for n in range(400)], object)
    for version in ("V1", "V2"):
        own = ids[test.route_many(ids) == version][:150].tolist()
        part = {name: values[:150] for name, values in rows.items()}
        group.get_version(label=version).send_inferences(part, partner_inference_ids=own)
    group.promote("V3")
    with pytest.raises(ConflictError, match="points at 'V3'"):
        test.conclude(promote="V2")
    assert group.deploy.live().id == test.id  # nothing is half done
    assert label(group.champion()) == "V3"


def test_an_evaluation_shows_itself(world):
    world.group.promote("poor")
    test = world.group.deploy.ab(
        {"linear": 0.5, "poor": 0.5}, guardrails={"AUC": 0.1}, metric=ACCURACY
    )
    world.send(test, np.arange(600))
    found = test.evaluate()
    assert "Accuracy Rate" in repr(found)
    assert "holds" in repr(found)
    assert "<table>" in found._repr_html_()
    record = found.to_dict()
    assert record["decision"] == "promote"
    assert record["guardrails"][0]["state"] == "holds"
    assert record["findings"][0]["low"] > 0
    json.dumps(record, allow_nan=False)


def test_versions_that_are_called_alike_go_by_their_ids(connection):
    group = group_of(connection, "2", None)  # the label of one is the number of the other
    one, two = (group.get_version(number) for number in (1, 2))
    test = group.deploy.ab({one.id: 0.5, two.id: 0.5})
    assert test.versions == [one.id, two.id]
    rng = np.random.default_rng(3)
    for model, rate in ((one, 0.5), (two, 0.9)):
        hits = rng.random(300) < rate
        ids = [f"{model.id}-{n}" for n in range(300)]
        rows = {"age": [5] * 300, "p": np.where(hits, 0.9, 0.1), "y": [1] * 300}
        model.send_inferences(rows, partner_inference_ids=ids)
    found = test.evaluate()
    assert found.counts == {one.id: 300, two.id: 300}
    assert (found.decision, found.promote) == ("promote", two.id)
    test.conclude()
    assert group.champion().id == two.id


# --- other processes --------------------------------------------------------------------------


def run(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_another_process_routes_in_the_same_way(tmp_path):
    code = """
        import sys, modelgroups as mg
        with mg.connect(sys.argv[1], read_only=True) as connection:
            [group] = connection.model_groups()
            print(*group.deploy.live().route_many([f"k{n}" for n in range(200)]))
    """
    with mg.connect(tmp_path) as connection:
        test = group_of(connection, "V1", "V2").deploy.ab({"V1": 0.3, "V2": 0.7})
        out, error = run(code, tmp_path).communicate(timeout=60)
        assert out.split() == [test.route(f"k{n}") for n in range(200)], error
