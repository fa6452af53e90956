"""What a column may be called, and which frames can be read."""

from __future__ import annotations

import string

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.schema.columns import RESERVED_NAMES, check_columns, check_frame, check_names

LETTERS = string.ascii_letters + "_"

legal_names = st.builds(
    str.__add__,
    st.sampled_from(LETTERS),
    st.text(LETTERS + string.digits, max_size=254),
).filter(lambda name: name not in RESERVED_NAMES)


def refusal(check, *args, **kwargs):
    with pytest.raises(UserValueError) as caught:
        check(*args, **kwargs)
    return str(caught.value)


@settings(deadline=None)
@given(st.lists(legal_names))
def test_letters_digits_and_underscores_are_accepted(names):
    check_names(names)


@settings(deadline=None)
@given(st.text(st.characters(blacklist_characters=LETTERS), min_size=1, max_size=1), legal_names)
def test_any_other_first_character_is_refused(first, rest):
    assert repr(first + rest) in refusal(check_names, [first + rest])


@pytest.mark.parametrize(
    "name", ["x", "_", "A", "a1", "_1", "a" * 255], ids=["x", "_", "A", "a1", "_1", "255"]
)
def test_short_and_long_names_are_accepted(name):
    check_names([name])


@pytest.mark.parametrize(
    "name",
    ["", "1a", "a b", "a-b", "a.b", "é", "aé", "a\n", " a", "a" * 256, 1, 1.5, None, ("a", "b")],
)
def test_other_names_are_refused(name):
    assert repr(name) in refusal(check_names, [name])


def test_names_that_the_log_uses_are_refused():
    assert {
        "inference_timestamp",
        "partner_inference_id",
        "batch_id",
        "ground_truth_timestamp",
        "inference_data",
        "ground_truth_data",
        "received_timestamp",
        "inference_id",
    } == RESERVED_NAMES
    for name in RESERVED_NAMES:
        assert "reserved" in refusal(check_names, [name])


def test_every_offender_is_listed():
    message = refusal(check_names, ["ok", "2nd", 3, "batch_id", "a b"])
    assert "4 names" in message
    for shown in ("'2nd'", "3 (int", "'batch_id'", "'a b'"):
        assert shown in message
    assert "'ok'" not in message


def test_a_frame_with_legal_names_and_rows_is_accepted():
    check_frame(pd.DataFrame({"x": [1], "y": ["a"]}))


@pytest.mark.parametrize("data", [None, [1], {"a": [1]}, pd.Series([1], name="a")])
def test_what_is_no_frame_is_a_type_error(data):
    with pytest.raises(UserTypeError, match=type(data).__name__):
        check_frame(data)


def test_repeated_columns_are_named():
    frame = pd.DataFrame([[1, 2, 3, 4, 5]], columns=["a", "b", "a", "a", "c"])
    message = refusal(check_frame, frame)
    assert "'a'" in message
    assert "'b'" not in message


def test_column_levels_are_refused():
    frame = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    assert "2 levels" in refusal(check_frame, frame)


def test_a_frame_without_columns_is_accepted_on_request():
    frame = pd.DataFrame(index=[0, 1])
    assert "no columns" in refusal(check_frame, frame)
    check_frame(frame, allow_no_columns=True)


def test_all_problems_of_a_frame_are_in_one_message():
    frame = pd.DataFrame([], columns=["a", "a", "1st", 2])
    message = refusal(check_frame, frame)
    for part in ("more than one column", "'1st'", "2 (int", "no rows"):
        assert part in message


def test_needed_columns_must_be_there_once():
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "b"])
    check_columns(frame, ["a"])
    message = refusal(check_columns, frame, ["a", "b", "c"])
    assert message.startswith("columns 'b', 'c' must")
    with pytest.raises(UserTypeError, match="list"):
        check_columns([1], ["a"])


def test_a_refused_column_comes_with_the_call_that_renames_it():
    frame = pd.DataFrame({"age": [1], "default payment next month": [0], "x-1": [2]})
    with pytest.raises(UserValueError) as caught:
        check_frame(frame)
    call = str(caught.value).split(", as with ")[1]
    renamed = eval(call, {"data": frame})
    assert renamed.columns.tolist() == ["age", "default_payment_next_month", "x_1"]
    check_frame(renamed)


@pytest.mark.parametrize("columns", [["a b", "a_b"], ["a b", "a-b"], ["é", "a"], ["", "a"]])
def test_no_call_is_offered_that_would_not_help(columns):
    with pytest.raises(UserValueError, match=r"rename (it|them)$"):
        check_frame(pd.DataFrame([[1, 2]], columns=columns))
