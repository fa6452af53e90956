"""Assignment: stable, in proportion, and moving no more keys than it must."""

import subprocess
import sys
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.experiments.assign import WHOLE, Assignment, checked_weights

HALVES = {"V1": 0.5, "V2": 0.5}
KEYS = [f"customer-{number}" for number in range(20_000)]

parts = st.lists(st.integers(0, 100), min_size=1, max_size=6).filter(any)
keys = st.text() | st.integers() | st.binary() | st.uuids()


def weights_of(sizes):
    return {f"V{i}": size / sum(sizes) for i, size in enumerate(sizes)}


def test_a_key_gets_what_it_got_in_every_process_and_release():
    wanted = ["V2", "V1", "V1", "V2", "V2", "V1"]
    several = ["customer-17", "customer-18", 17, b"\xff\x00", UUID(int=5), "naïve 😀"]
    half = Assignment.of(HALVES, salt="checkout")
    assert [half.route(key) for key in several] == wanted
    code = (
        "from modelgroups.experiments.assign import Assignment\n"
        f"a = Assignment.of({HALVES}, salt='checkout'); print(a.route('customer-17'), a.route(17))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["V2", "V1"]


@example(keys=[2**63, -(2**70)], salt="", sizes=[1, 1])
@example(keys=["\ud83d", "a"], salt="", sizes=[1, 1])
@given(keys=st.lists(keys, max_size=12), salt=st.text(max_size=8), sizes=parts)
def test_many_keys_are_routed_as_each_alone(keys, salt, sizes):
    division = Assignment.of(weights_of(sizes), salt=salt)
    assert list(division.route_many(keys)) == [division.route(key) for key in keys]


@pytest.mark.parametrize(
    "column",
    [
        [str(number) for number in range(500)],
        range(500),
        np.arange(500),
        np.arange(500, dtype=np.uint8).astype(object) * 0 + np.arange(500),
        pd.Series(range(500), index=range(500, 1000)),
        pd.Series([str(number) for number in range(500)]),
        pd.Series(range(500), dtype="Int64"),
        pd.Series([str(number) for number in range(500)], dtype="category"),
        pa.array([str(number) for number in range(500)], pa.large_string()),
        pa.chunked_array([range(200), range(200, 500)]),
        [str(number).encode() for number in range(500)],
        [number if number % 2 else str(number) for number in range(500)],
        (number for number in range(500)),
    ],
    ids=lambda column: type(column).__name__,
)
def test_a_number_and_its_text_are_one_key_in_whatever_column(column):
    half = Assignment.of(HALVES, salt="s")
    assert list(half.route_many(column)) == [half.route(number) for number in range(500)]


def test_uuids_are_their_texts():
    half = Assignment.of(HALVES, salt="s")
    ids = [uuid4() for _ in range(200)]
    texts = [str(each) for each in ids]
    assert list(half.route_many(ids)) == list(half.route_many(texts))


@pytest.mark.parametrize("keys", [KEYS, range(20_000)], ids=["texts", "numbers"])
@pytest.mark.parametrize("salt", ["", "checkout", "checkout2"])
def test_shares_are_within_binomial_bounds(keys, salt):
    weights = {"V1": 0.01, "V2": 0.24, "V3": 0.75}
    routed = Assignment.of(weights, salt=salt).route_many(keys)
    for version, weight in weights.items():
        n = int((routed == version).sum())
        assert stats.binomtest(n, len(keys), weight).pvalue > 1e-4


def test_salts_divide_independently():
    one, two = (Assignment.of(HALVES, salt=salt).route_many(KEYS) for salt in ("a", "b"))
    table = pd.crosstab(one, two)
    assert stats.chi2_contingency(table).pvalue > 1e-4


@given(parts)
def test_every_version_owns_its_share_of_the_line(sizes):
    weights = weights_of(sizes)
    division = Assignment.of(weights, salt="")
    assert division.pieces[-1][0] == WHOLE
    assert [end for end, _ in division.pieces] == sorted({end for end, _ in division.pieces})
    wanted = {version: weight for version, weight in weights.items() if weight}
    assert division.weights == pytest.approx(wanted, abs=1e-12)


@given(st.lists(parts, min_size=2, max_size=6))
def test_reweighting_moves_the_least_share_that_it_can(history):
    division = Assignment.of(weights_of(history[0]), salt="s")
    for sizes in history[1:]:
        before, weights = division, weights_of(sizes)
        division = before.reweighted(weights)
        own, had = division.weights, before.weights
        wanted = {version: weight for version, weight in weights.items() if weight}
        assert own == pytest.approx(wanted, abs=1e-12)
        least = sum(max(share - own.get(version, 0.0), 0.0) for version, share in had.items())
        assert division.moved_from(before) == pytest.approx(least, abs=1e-14)
        assert division.pieces[-1][0] == WHOLE
        assert all(a[1] != b[1] for a, b in zip(division.pieces, division.pieces[1:], strict=False))


@given(parts, parts)
def test_keys_leave_only_what_shrinks_and_join_only_what_grows(sizes, others):
    before = Assignment.of(weights_of(sizes), salt="s")
    after = before.reweighted(weights_of(others))
    old, new = before.weights, after.weights
    for was, now in zip(before.route_many(KEYS[:500]), after.route_many(KEYS[:500]), strict=True):
        if was != now:
            assert new.get(was, 0.0) < old[was]
            assert new[now] > old.get(now, 0.0)


def test_the_steps_of_a_canary_only_add_keys_and_going_back_gives_them_back():
    division = Assignment.of({"V1": 1.0}, salt="s")
    start, reached = division, np.zeros(len(KEYS), bool)
    for step in (0.01, 0.05, 0.25, 1.0):
        division = division.reweighted({"V1": 1 - step, "V2": step})
        has_it = division.route_many(KEYS) == "V2"
        assert (has_it | ~reached).all()
        assert stats.binomtest(int(has_it.sum()), len(KEYS), step).pvalue > 1e-4
        reached = has_it
    assert division.reweighted({"V1": 1.0}).pieces == start.pieces


@pytest.mark.parametrize(
    ("weights", "error", "told"),
    [
        ({}, UserTypeError, "a dict of shares"),
        (["V1"], UserTypeError, "a dict of shares"),
        ({"V1": 0.5, "V2": 0.4}, UserValueError, "must sum to 1, got 0.9"),
        ({"V1": 1.5, "V2": -0.5}, UserValueError, "'V2' must be from 0 to 1, got -0.5"),
        ({"V1": float("nan")}, UserValueError, "'V1' must be from 0 to 1, got nan"),
        ({"V1": "1"}, UserValueError, "'V1' must be from 0 to 1, got '1'"),
        ({"V1": True}, UserValueError, "'V1' must be from 0 to 1, got True"),
    ],
)
def test_weights_that_are_no_shares_are_refused(weights, error, told):
    with pytest.raises(error, match=told):
        checked_weights(weights)


@pytest.mark.parametrize("key", [None, float("nan"), np.float64("nan"), pd.NA, pd.NaT])
def test_a_missing_key_is_refused(key):
    half = Assignment.of(HALVES, salt="s")
    with pytest.raises(UserValueError, match="the key is missing"):
        half.route(key)
    with pytest.raises(UserValueError, match="the key in row 1 is missing"):
        half.route_many(["a", key])


@pytest.mark.parametrize("key", [1.5, True, ("a",), object()])
def test_a_key_of_another_type_is_refused(key):
    half = Assignment.of(HALVES, salt="s")
    with pytest.raises(UserTypeError, match="the key must be a str, an int, bytes or a UUID"):
        half.route(key)
    with pytest.raises(UserTypeError, match="the key in row 0 must be"):
        half.route_many([key])


def test_whole_numbers_with_gaps_are_refused_with_their_row():
    half = Assignment.of(HALVES, salt="s")
    with pytest.raises(UserValueError, match="row 1 is missing"):
        half.route_many(pd.Series([1, None, 3], dtype="Int64"))
    with pytest.raises(UserTypeError, match=r"row 0 .* float 1\.0; a column of whole numbers"):
        half.route_many(pd.Series([1, None, 3]))
    with pytest.raises(UserTypeError, match="route\\(\\) takes one"):
        half.route_many("customer-17")
