"""The list of the functions, and functions that a user adds."""

import pytest

import modelgroups as mg
import modelgroups.query as query
from modelgroups.testing import example_model
from tests.query.lab import function


def scaled_range(property, scale: float = 1.0):
    """Largest less smallest value, times a scale."""
    return (property.max() - property.min()) * scale


@pytest.fixture
def model():
    with example_model() as model:
        model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]})
        yield model


@pytest.fixture
def added():
    query.register_function("scaledRange", scaled_range)
    yield
    query.unregister_function("scaledRange")


def test_every_function_has_a_signature_and_says_what_it_computes():
    table = query.functions()
    assert table.loc["quantile", "signature"] == "quantile(property, level)"
    assert table.index.is_unique
    assert set(table["kind"]) == {"aggregate", "per row", "evaluation", "explanation"}
    assert (table["doc"].str.len() > 5).all()


def test_an_added_function_is_listed_and_answers(model, added):
    listed = query.functions().loc["scaledRange"]
    assert listed["signature"] == "scaledRange(property, [scale])"
    assert listed["doc"] == "Largest less smallest value, times a scale."
    item = function("scaledRange", property="age", scale="2")
    assert model.query({"select": [item]}) == [{"scaledRange": 32.0}]
    with pytest.raises(mg.ModelGroupsError, match="'scale'"):
        model.query({"select": [function("scaledRange", property="age", scael=2)]})


def test_a_function_per_row(model):
    query.register_function("twice", lambda column: column * 2, kind="per row")
    try:
        item = function("twice", column="age")
        assert model.query({"select": [item]}) == [{"twice": 62}, {"twice": 94}]
    finally:
        query.unregister_function("twice")


def test_a_name_is_given_once(added):
    for name in ("scaledRange", "avg"):
        with pytest.raises(mg.ModelGroupsError, match="already"):
            query.register_function(name, scaled_range)


def test_what_cannot_be_a_function_is_told(model):
    with pytest.raises(mg.ModelGroupsError, match="is not one of"):
        query.register_function("f", scaled_range, kind="window")
    with pytest.raises(mg.ModelGroupsError, match="any number"):
        query.register_function("f", lambda *columns: columns[0])
    with pytest.raises(mg.ModelGroupsError, match="a text"):
        query.register_function("", scaled_range)
    with pytest.raises(mg.ModelGroupsError, match="was added"):
        query.unregister_function("avg")
    query.register_function("rows", lambda column: column + 1)
    try:
        with pytest.raises(mg.ModelGroupsError, match="one value for all rows"):
            model.query({"select": [function("rows", column="age")]})
    finally:
        query.unregister_function("rows")
