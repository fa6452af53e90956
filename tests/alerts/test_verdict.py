"""Whether anything drifted, in one table: PSI beside the threshold that chance explains."""

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.errors import NotFoundError, UserValueError

START = pd.Timestamp("2026-01-01T12:00:00Z")
COLUMNS = ["attribute", "psi", "threshold", "drifted", "worst", "worst_psi", "worst_threshold"]


def rows(n, seed):
    """Return people; the generator is that of the reference data too."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.normal(40, 10, n),
            "city": rng.choice(["Ulm", "Bonn", "Köln"], n),
            "p": rng.random(n),
            "y": rng.integers(0, 2, n),
        }
    )


def days(*sizes):
    frames = [rows(n, seed=day + 1) for day, n in enumerate(sizes)]
    for day, frame in enumerate(frames):
        frame["inference_timestamp"] = START + pd.Timedelta(days=day)
    return frames


@pytest.fixture
def made():
    with mg.connect(":memory:") as connection:

        def make(**kind):
            model = connection.model("people", "TABULAR", "MULTICLASS", **kind)
            model.build(rows(4_000, seed=0), {"p": 1}, ground_truth_column="y")
            model.save()
            return model

        yield make


def test_more_of_the_same_has_not_drifted(made):
    model = made()
    model.send_inferences(pd.concat(days(300, 400, 500)))
    found = model.drifted()
    assert list(found) == COLUMNS
    assert set(found["attribute"]) == {"age", "city", "p"}
    assert not found["drifted"].any()
    psi = model.drift().iloc[0]
    assert list(found["psi"]) == [psi[name] for name in found["attribute"]]
    assert (found["psi"] < found["threshold"]).all()
    assert (found["worst_psi"] < found["worst_threshold"]).all()


def test_the_attribute_that_moved_comes_first_with_its_worst_day(made):
    model = made()
    first, second, third = days(300, 400, 500)
    second["age"] += 15
    model.send_inferences(pd.concat([first, second, third]))
    found = model.drifted()
    assert list(found["drifted"]) == [True, False, False]
    assert found["attribute"][0] == "age"
    assert found["worst"][0] == pd.Timestamp("2026-01-02", tz="UTC")
    by_day = model.drift("age", every="day")["age"]
    assert found["worst_psi"][0] == by_day[1]
    assert not model.drifted(until="2026-01-02")["drifted"].any()
    assert list(model.drifted("city", every="week")["attribute"]) == ["city"]


def test_what_goes_to_and_fro_drifted_in_a_day_though_not_over_all_of_the_time(made):
    model = made()
    first, second = days(400, 400)
    both = pd.concat([first, second]).sort_values("age", ignore_index=True)
    both["inference_timestamp"] = sorted(both["inference_timestamp"])  # the young, then the old
    model.send_inferences(both)
    found = model.drifted("age").iloc[0]
    assert found["psi"] < found["threshold"]
    assert found["worst_psi"] > found["worst_threshold"]
    assert found["drifted"]


def test_a_higher_confidence_asks_for_more_drift(made):
    model = made()
    model.send_inferences(pd.concat(days(300, 300)))
    usual, surer = (model.drifted(confidence=c).set_index("attribute") for c in (0.95, 0.999))
    assert (surer["threshold"] > usual.loc[surer.index, "threshold"]).all()
    assert (surer["worst_threshold"] > usual.loc[surer.index, "worst_threshold"]).all()
    with pytest.raises(UserValueError, match="confidence must be more than 0"):
        model.drifted(confidence=95)


def test_batches_are_the_intervals_of_a_batch_model(made):
    model = made(is_batch=True)
    same, moved = days(300, 300)
    moved["age"] += 15
    model.send_inferences(same, batch_id="one")
    model.send_inferences(moved, batch_id="two")
    assert model.drifted("age")["worst"].tolist() == ["two"]


def test_too_few_rows_say_nothing(made):
    model = made()
    assert model.drifted()["drifted"].isna().all()
    model.send_inferences(rows(2, seed=1).assign(age=900.0))
    found = model.drifted("age")
    assert found["psi"][0] > 1
    assert found["threshold"].isna().all()
    assert found["drifted"].isna().all()


def test_what_cannot_be_compared_is_refused(made):
    with pytest.raises(UserValueError, match="did you mean 'age'"):
        made().drifted("agee")
    with mg.connect(":memory:") as connection:
        model = connection.model("people", "TABULAR", "MULTICLASS")
        model.build(rows(9, 0), {"p": 1}, ground_truth_column="y", set_reference_data=False)
        model.save()
        with pytest.raises(NotFoundError, match="no reference data"):
            model.drifted()
