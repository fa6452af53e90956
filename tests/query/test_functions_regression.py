"""Evaluation of regressions beside scikit-learn."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

import modelgroups as mg
from modelgroups import Attribute
from tests.query.lab import (
    ROUNDS,
    SOURCES,
    Lab,
    assert_close,
    function,
    groups_of,
    number_or_none,
)


@pytest.fixture(scope="module")
def lab():
    with mg.connect(":memory:") as connection:
        yield Lab(connection, [Attribute("site", "STRING", "NON_INPUT_DATA", position=0)])


LEAST = 1e-100  # the square of a much smaller number is zero


def tables(scale):
    values = (
        st.none()
        | st.sampled_from([0.0, 1.0, 1.0, math.nan, math.inf])
        | st.floats(-100, 100).map(lambda value: value * scale if abs(value) > LEAST else 0.0)
    )
    row = {"pred": values, "actual": values, "site": st.sampled_from(["a", "b", None])}
    return st.lists(st.fixed_dictionaries(row), min_size=1, max_size=12)


SELECT = [
    function("rmse"),
    function("mae"),
    function("rSquared"),
    function("mae", "least", aggregation="min"),
    function("mae", "most", aggregation="max", threshold=0.5),
    function("mae", "normal", normalizationMin="-10", normalizationMax=30),
    function("rmse", "named", predicted_property="pred", ground_truth_property="actual"),
    function("rmse", "swapped", predicted_property="actual", ground_truth_property="pred"),
]


def assert_regression(answer, rows):
    pairs = [(number_or_none(row["actual"]), number_or_none(row["pred"])) for row in rows]
    pairs = np.array([pair for pair in pairs if None not in pair], dtype=float).reshape(-1, 2)
    truth, predicted = pairs.T
    if not len(truth):
        assert {answer[item.get("alias") or item["function"]] for item in SELECT} == {None}
        return
    error = abs(truth - predicted)
    rmse = math.sqrt(mean_squared_error(truth, predicted))
    for name in ("rmse", "named", "swapped"):
        assert_close(answer[name], rmse)
    assert_close(answer["mae"], mean_absolute_error(truth, predicted))
    assert_close(answer["least"], error.min())
    assert_close(answer["most"], error.max())
    assert_close(answer["normal"], error.mean() / 40)
    varies = (
        len(set(truth.tolist())) > 1 and np.square(truth - truth.mean()).sum() > 0
    )  # no underflow
    expected = r2_score(truth, predicted) if varies else None
    if expected is None or np.ptp(truth) > 1e-6 * abs(truth).max():
        assert_close(answer["rSquared"], expected, 1.0, told="rSquared")


@ROUNDS
@given(rows=st.sampled_from([1.0, 1e-100, 1e100]).flatmap(tables), where=st.sampled_from(SOURCES))
def test_regression_metrics_are_those_of_scikit_learn(lab, rows, where):
    assert_regression(lab.values(rows, SELECT, where), rows)
    groups = groups_of(rows, "site")
    answer = lab.ask(rows, [{"property": "site"}, *SELECT], where, group_by=[{"property": "site"}])
    assert {row["site"] for row in answer} == set(groups)
    for row in answer:
        assert_regression(row, groups[row["site"]])


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (function("rmse", predicted_property="prod"), "did you mean 'pred'?"),
        (function("rmse", predicted_property="site"), "ground_truth_property: it must be given"),
        (function("mae", aggregation="median"), "aggregation: no such word 'median'"),
        (function("mae", normalizationMin=1, normalizationMax=1), "it must differ"),
        (function("rmse", ground_truth_property="site"), "numbers are wanted"),
    ],
)
def test_what_makes_no_sense_is_told(lab, item, told):
    with pytest.raises(mg.ModelGroupsError) as caught:
        lab.ask([{"pred": 1.0}], [item])
    assert told in str(caught.value)
