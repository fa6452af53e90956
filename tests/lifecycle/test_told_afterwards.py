"""History that is told afterwards: promotions and deployments as of moments in the past."""

import numpy as np
import pandas as pd
import pytest

from modelgroups.errors import ConflictError, UserTypeError, UserValueError

MONDAY, TUESDAY, FRIDAY = (f"2024-03-{day:02}T09:00:00+00:00" for day in (4, 5, 8))


def test_the_champion_of_each_day_is_the_one_that_was_told(connection, group):
    group.promote("V1", at=MONDAY)
    group.promote("V2", at=pd.Timestamp(TUESDAY))
    group.rollback(reason="alarms", at=FRIDAY)
    labels = [group.champion(at=f"2024-03-{day:02}T12:00:00Z") for day in range(3, 10)]
    assert [None if each is None else each.version_label for each in labels] == [
        None, "V1", "V2", "V2", "V2", "V1", "V1",
    ]  # fmt: skip
    history = group.alias_history("champion")
    assert list(history["timestamp"]) == list(map(pd.Timestamp, (MONDAY, TUESDAY, FRIDAY)))
    events = connection.audit(type="alias.moved")
    assert (events["timestamp"] > pd.Timestamp.now(tz="UTC") - pd.Timedelta(hours=1)).all()
    assert [pd.Timestamp(after["at"]) for after in events["after"]] == list(history["timestamp"])
    assert connection.verify()


def test_a_deleted_alias_has_its_day_too(connection, group):
    group.set_alias("challenger", "V2", at=MONDAY)
    group.delete_alias("challenger", at=FRIDAY)
    with pytest.raises(ConflictError, match="changed at 2024-03-08T09"):
        group.set_alias("challenger", "V3", at=TUESDAY)
    group.set_alias("challenger", "V3", at=FRIDAY)
    assert list(group.alias_history()["after"]) == ["V2", None, "V3"]
    assert connection.verify()


def test_what_an_alias_means_now_is_not_told_of_a_day_before_its_last_move(connection, group):
    group.promote("V1", at=MONDAY)
    group.promote("V2", at=TUESDAY)
    group.promote("V1", at=FRIDAY)
    before = len(connection.audit())
    for act in (group.promote, lambda version, at: group.set_alias("champion", version, at=at)):
        with pytest.raises(ConflictError, match="changed at 2024-03-08T09"):
            act("V1", at="2024-03-06T00:00:00Z")
    assert group.promote("V1", at=FRIDAY) == group.champion()
    assert len(connection.audit()) == before
    assert group.champion(at="2024-03-07T00:00:00Z").version_label == "V2"


@pytest.mark.parametrize(
    ("at", "error", "told"),
    [
        ("2999-01-01T00:00:00Z", UserValueError, "still to come"),
        ("2024-03-02T00:00", UserValueError, "has no time zone"),
        (5, UserTypeError, "at must be a datetime"),
    ],
)
def test_a_moment_that_cannot_be_is_refused(group, at, error, told):
    for act in (
        lambda: group.promote("V1", at=at),
        lambda: group.deploy.replace("V1", at=at),
        lambda: group.deploy.ab({"V1": 0.5, "V2": 0.5}, at=at),
    ):
        with pytest.raises(error, match=told):
            act()
    assert group.aliases() == {}
    assert group.deploy.history() == []


def test_history_is_told_in_its_order(connection, group):
    group.promote("V1", at=TUESDAY)
    before = len(connection.audit())
    for act in (
        lambda: group.promote("V2", at=MONDAY),
        lambda: group.deploy.replace("V2", at=MONDAY),
        lambda: group.deploy.shadow("V2", at=MONDAY),
    ):
        with pytest.raises(ConflictError, match="in the order in which it happened"):
            act()
    assert len(connection.audit()) == before
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, at=FRIDAY)
    for act in (
        lambda: test.abort(at=TUESDAY),
        lambda: test.reweight({"V1": 0.1, "V2": 0.9}, at=TUESDAY),
        lambda: test.conclude(promote=None, at=TUESDAY),
    ):
        with pytest.raises(ConflictError, match="in the order in which it happened"):
            act()
    test.reweight({"V1": 0.1, "V2": 0.9}, at=FRIDAY).abort()
    assert (test.created_at, test.concluded_at > FRIDAY) == (
        "2024-03-08T09:00:00.000000+00:00",
        True,
    )
    with pytest.raises(ConflictError, match="in the order in which it happened"):
        group.deploy.shadow("V2", at=FRIDAY)
    assert connection.verify()


def test_an_evaluation_as_of_a_day_counts_what_was_there_by_then(connection, group):
    group.promote("V1", at=MONDAY)
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, metric="Accuracy Rate", salt="s", at=TUESDAY)
    times = pd.date_range(MONDAY, periods=1200, freq="5min")
    y = np.arange(1200) % 2
    keys = np.array([f"k-{n}" for n in range(1200)], object)
    routed = test.route_many(keys)
    for label, wrong in (("V1", 0.5), ("V2", 0.0)):
        rows = np.flatnonzero(routed == label)
        said = np.where(rows % 10 < 10 * wrong, 1 - y[rows], y[rows])
        frame = pd.DataFrame({"age": 31, "p": said * 0.8 + 0.1, "y": y[rows]})
        group.get_version(label=label).send_inferences(
            frame, partner_inference_ids=keys[rows].tolist(), inference_timestamps=times[rows]
        )
    with pytest.raises(UserValueError, match=r"no inference since 2024-03-05.* and before"):
        test.evaluate(at=TUESDAY)
    early = test.evaluate(at="2024-03-05T10:00:00Z")
    assert sum(early.counts.values()) == 12
    assert early.decision == "continue"
    with pytest.raises(ConflictError, match="cannot be concluded yet"):
        test.conclude(at="2024-03-05T10:00:00Z")
    late = test.evaluate(at=FRIDAY)
    assert sum(late.counts.values()) == 1152 - 288
    test.conclude(at=FRIDAY)
    assert group.champion(at=FRIDAY).version_label == "V2"
    assert group.champion(at="2024-03-08T08:59:59Z").version_label == "V1"
    assert connection.verify()
