"""The time helpers give what the SDK gives, and an error where the SDK fails oddly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelgroups.arthurai import util
from modelgroups.arthurai.common.exceptions import UserTypeError, UserValueError

NAIVE = datetime(2024, 1, 1)  # noqa: DTZ001  # what needs a zone
END = datetime(2024, 1, 8, tzinfo=UTC)
EAST = timezone(timedelta(hours=-5))


@pytest.fixture(autouse=True)
def numpy_generator():
    state = np.random.get_state()
    yield
    np.random.set_state(state)


# --- generate_timestamps


def test_draws_are_those_of_the_sdk(goldens):
    for case in goldens["random_ints"]:
        np.random.seed(case["seed"])
        values = util.normal_random_ints_fixed_sum(*case["arguments"])
        assert values.tolist() == case["values"]


def test_timestamps_are_those_of_the_sdk(goldens):
    for case in goldens["timestamps"]:
        np.random.seed(7)
        values = util.generate_timestamps(end=END, **case["arguments"])
        assert [str(value) for value in values] == case["values"], case["arguments"]


def test_no_noise_gives_the_grid():
    values = util.generate_timestamps(8, "7d", END, noisiness=0)
    assert values == [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 9)]
    assert {type(value) for value in values} == {datetime}


def test_now_is_the_end_in_utc():
    before = datetime.now(UTC)
    first, last = util.generate_timestamps(2, "1h", "now", "h", noisiness=0)
    assert before <= last <= datetime.now(UTC)
    assert last.utcoffset() == timedelta(0)
    assert last - first == timedelta(hours=1)


def test_zone_of_the_end_is_kept():
    values = util.generate_timestamps(3, timedelta(days=2), END.astimezone(EAST), noisiness=0)
    assert {value.utcoffset() for value in values} == {timedelta(hours=-5)}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"total": 3}, "8 points"),
        ({"total": 9, "duration": "5x"}, "'5x'"),
        ({"total": 9, "duration": "ad"}, "'ad'"),
        ({"total": 9, "duration": "1.5d"}, "whole number"),
        ({"total": 9, "freq": "fortnight"}, "'fortnight'"),
        ({"total": 9, "duration": "1d", "freq": "M"}, "no point"),
        ({"total": 9, "duration": "-1d"}, "no point"),
        ({"total": 9, "noisiness": -0.1}, "-0.1"),
        ({"total": 9, "duration": "99999999d"}, "99999999d"),
        ({"total": 9, "duration": "99999999999999d"}, "99999999999999d"),
    ],
)
def test_bad_values_are_user_errors(arguments, text):
    with pytest.raises(UserValueError, match=text):
        util.generate_timestamps(end=END, **arguments)


@pytest.mark.parametrize("end", ["yesterday", 5, None, END.date()])
def test_end_must_be_now_or_a_datetime(end):
    with pytest.raises(UserTypeError, match="'now' or a datetime"):
        util.generate_timestamps(9, end=end)


@pytest.mark.parametrize(
    ("old", "new", "duration"),
    [
        ("H", "h", "2d"),
        ("2H", "2h", "2d"),
        ("30T", "30min", "2d"),
        ("M", "ME", "800d"),
        ("Q-DEC", "QE-DEC", "800d"),
        ("Y", "YE", "800d"),
    ],
)
def test_old_offset_aliases_mean_the_new_ones(old, new, duration):
    np.random.seed(1)
    expected = util.generate_timestamps(200, duration, END, new)
    np.random.seed(1)
    assert util.generate_timestamps(200, duration, END, old) == expected


@given(
    count=st.integers(1, 40),
    total=st.integers(0, 2000),
    spread=st.floats(0, 20),
    seed=st.integers(0, 2**32 - 1),
)
def test_random_ints_are_never_negative_and_have_the_sum(count, total, spread, seed):
    np.random.seed(seed)
    values = util.normal_random_ints_fixed_sum(count, total, spread)
    assert len(values) == count
    assert values.sum() == total
    assert values.min() >= 0


@pytest.mark.parametrize("arguments", [(0, 5, 0.1), (5, -1, 0.1), (5, 5, -0.1)])
def test_impossible_random_ints_are_user_errors(arguments):
    with pytest.raises(UserValueError):
        util.normal_random_ints_fixed_sum(*arguments)


# --- format_timestamp


def test_formatted_as_by_the_sdk_or_in_utc(goldens):
    inputs = {
        "naive, zone name": (NAIVE, "US/Eastern"),
        "naive in summer, zone name": (NAIVE.replace(month=7, hour=12, minute=30), "Europe/Berlin"),
        "naive, timezone": (NAIVE, EAST),
        "zoned": (NAIVE.replace(tzinfo=UTC), None),
        "text": ("2024-01-01T00:00:00+02:00", None),
        "text, Z": ("2024-01-01T00:00:00Z", None),
    }
    for name, arguments in inputs.items():
        assert util.format_timestamp(*arguments) == goldens["formatted"][name], name


def test_offsets_of_datetimes_become_utc(goldens):
    assert goldens["formatted"]["pandas"] == "2024-01-01T00:00:00-05:00"
    stamp = pd.Timestamp(NAIVE, tz="US/Eastern")
    assert util.format_timestamp(stamp) == "2024-01-01T05:00:00+00:00"


def test_hour_that_the_clock_strikes_twice_keeps_its_offset():
    first, second = pd.date_range("2024-11-03T05:30Z", periods=2, freq="h").tz_convert("US/Eastern")
    assert first.hour == second.hour
    assert util.format_timestamp(first) == "2024-11-03T05:30:00+00:00"
    assert util.format_timestamp(second) == "2024-11-03T06:30:00+00:00"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("naive", NAIVE),
        ("text, no offset", "2024-01-01"),
        ("text, no date", "today"),
        ("int", 1704067200),
        ("datetime64", np.datetime64("2024-01-01")),
        ("None", None),
    ],
)
def test_refused_as_by_the_sdk(goldens, name, value):
    expected = {"UserTypeError": UserTypeError, "UserValueError": UserValueError}
    with pytest.raises(expected[goldens["formatted"][name]["error"]], match="column 'when'"):
        util.format_timestamp(value, col_name="when")


def test_missing_time_is_a_user_error():
    with pytest.raises(UserValueError, match="NaT"):
        util.format_timestamp(pd.NaT, tz=UTC)


def test_any_tzinfo_is_a_zone():
    assert util.format_timestamp(NAIVE, UTC) == "2024-01-01T00:00:00+00:00"


def test_zones_of_pytz_are_asked_for_the_offset_at_that_time():
    class Zone(tzinfo):  # as pytz: without localize() it has the offset of 1890
        def utcoffset(self, moment):
            return timedelta(minutes=53)

        def localize(self, moment):
            return moment.replace(tzinfo=EAST)

    assert util.format_timestamp(NAIVE, Zone()) == "2024-01-01T05:00:00+00:00"


@pytest.mark.parametrize("tz", ["Mars/Olympus", "", "../etc", "US", "\0"])
def test_unknown_zone_is_a_user_error(tz):
    with pytest.raises(UserValueError, match="no time zone"):
        util.format_timestamp(NAIVE, tz)


def test_zone_of_another_type_is_a_user_error():
    with pytest.raises(UserTypeError, match="int 5"):
        util.format_timestamp(NAIVE, 5)


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
        datetime.max.replace(tzinfo=EAST),
        pd.Timestamp.min.tz_localize("UTC").replace(tzinfo=None),
    ],
)
def test_time_that_utc_cannot_name_is_a_user_error(moment):
    with pytest.raises(UserValueError, match="cannot be written in UTC"):
        util.format_timestamp(moment, timezone(timedelta(hours=5)))


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.timezones())  # noqa: DTZ001
)
def test_formatted_datetime_names_the_same_instant(moment):
    text = util.format_timestamp(moment)
    assert util.is_valid_datetime_string(text)
    assert datetime.fromisoformat(text) == moment.astimezone(UTC)


def test_datetime_strings(goldens):
    for text, valid in goldens["datetime_strings"].items():
        assert util.is_valid_datetime_string(text) is valid, text
    assert util.is_valid_datetime_string(NAIVE) is False


# --- format_timestamps


def test_rows_are_formatted_in_place():
    rows = [
        {
            "inference_timestamp": NAIVE,
            "ground_truth_timestamp": END,
            "inference_data": {
                "seen": NAIVE,
                "never": None,
                "load": [{"timestamp": NAIVE, "value": 1.0}, {"value": 2.0}],
                "text": "n/a",
            },
        },
        {"inference_data": {"load": None}},
    ]
    result = util.format_timestamps(
        rows, "UTC", ["seen", "never", "absent"], ["load", "text", "absent"]
    )
    assert result is rows
    first = "2024-01-01T00:00:00+00:00"
    assert rows == [
        {
            "inference_timestamp": first,
            "ground_truth_timestamp": "2024-01-08T00:00:00+00:00",
            "inference_data": {
                "seen": first,
                "never": None,
                "load": [{"timestamp": first, "value": 1.0}, {"value": 2.0}],
                "text": "n/a",
            },
        },
        {"inference_data": {"load": None}},
    ]


def test_reference_rows_are_formatted():
    rows = [{"reference_data": {"seen": END, "load": [{"timestamp": END}]}}]
    util.format_timestamps(
        rows,
        timestamp_attributes=["seen"],
        time_series_attributes=["load"],
        is_reference_data=True,
    )
    text = "2024-01-08T00:00:00+00:00"
    assert rows == [{"reference_data": {"seen": text, "load": [{"timestamp": text}]}}]


def test_no_rows_are_fine():
    assert util.format_timestamps([], timestamp_attributes=["a"]) == []


@pytest.mark.parametrize("row", [5, {}, {"inference_data": None}, {"reference_data": {}}])
def test_time_series_need_a_nested_row(row):
    with pytest.raises(UserValueError, match="'inference_data'"):
        util.format_time_series_attr_timestamps(row, ["load"])


# --- value types


def test_python_types(goldens):
    for value_type, name in goldens["python_types"].items():
        if name == "UserValueError":
            with pytest.raises(UserValueError, match="no Python type"):
                util.value_type_to_python_type(value_type)
        else:
            assert util.value_type_to_python_type(value_type).__name__ == name
