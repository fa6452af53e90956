"""What is written nearly right is understood where it can mean one thing only, else corrected."""

from datetime import date, datetime

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.testing import saved_model

NAIVE = datetime(2026, 10, 2)  # noqa: DTZ001
DATES = {
    "text": "2026-10-02",
    "date": date(2026, 10, 2),
    "Timestamp": pd.Timestamp("2026-10-02"),
    "zoned": pd.Timestamp("2026-10-02 02:00", tz="Europe/Berlin"),
}


@pytest.fixture(scope="module")
def used():
    """Return a version with an inference at noon of each of three days."""
    with saved_model() as model:
        times = pd.date_range("2026-10-01T12:00:00Z", periods=3)
        model.send_inferences({"age": [1, 2, 3], "p": [0.1, 0.2, 0.3]}, inference_timestamps=times)
        yield model


@pytest.mark.parametrize("day", DATES.values(), ids=DATES)
def test_a_date_is_its_midnight_in_utc(used, day):
    assert used.inferences(since=day)["age"].tolist() == [2, 3]
    assert used.inferences(until=day)["age"].tolist() == [1]
    assert used.summary(since=day).n_inferences == 2
    assert used.metrics("Inference Count", every=None, since=day).iloc[0, -1] == 2
    assert used.drift(["age"], since=day, every=None).notna().all().all()
    assert used.get_alerts(start_time=day, end_time=day) == []
    assert used.evaluate_alerts(day) == 0


def test_dates_are_taken_where_versions_and_moves_are_asked_for(used):
    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", "NLP", "TOKEN_SEQUENCE")
        model.build_token_sequence_model("question", "answer")
        model.save()
        group = connection.get_model_group(model)
        for day in DATES.values():
            assert connection.models(created_after=date(2020, 1, 1), created_before=day) is not None
        group.promote(1, at=date(2020, 3, 1))
        assert group.champion(at="2020-03-01") == model
        assert group.champion(at=date(2020, 2, 29)) is None


@pytest.mark.parametrize(
    ("moment", "error", "told"),
    [
        ("2026-02-31", UserValueError, "2026-02-31"),
        (NAIVE, UserValueError, "since='2026-10-02T00:00:00' has no time zone"),
        (pd.Timestamp("2026-10-02 12:00"), UserValueError, "as a plain date for midnight in UTC"),
        ("2026-10-02T12:00:00", UserValueError, "ISO 8601 with an offset"),
        (20261002, UserTypeError, "got int 20261002"),
    ],
)
def test_other_times_without_a_zone_are_refused(used, moment, error, told):
    with pytest.raises(error, match=told):
        used.inferences(since=moment)


@pytest.mark.parametrize("written", ["Multiclass", "multiclass", "MULTI_CLASS", "multi-class"])
@pytest.mark.parametrize("input_type", ["tabular", "Tabular", "TABULAR"])
def test_types_are_known_in_any_case(written, input_type):
    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", input_type, written)
        assert (model.input_type, model.output_type) == ("TABULAR", "MULTICLASS")
        assert connection.model("m-2", "time series", "ranked list").input_type == "TIME_SERIES"
        model.add_attribute("age", "integer", "pipeline input")
        assert model.get_attribute("age").value_type == "INTEGER"


@pytest.mark.parametrize("written", ["binary", "Binary Classification", "classifier"])
def test_a_binary_model_is_told_what_it_is(written):
    with mg.connect(":memory:") as connection:
        with pytest.raises(UserValueError, match=r"OutputType\.Multiclass, also with two classes"):
            connection.model("m-1", "TABULAR", written)
        with pytest.raises(UserValueError, match="is not one of TABULAR") as caught:
            connection.model("m-1", written, "REGRESSION")
        assert "Multiclass" not in str(caught.value)
