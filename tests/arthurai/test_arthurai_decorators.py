"""`log_prediction`: what a decorated function sends, and what its caller gets back."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.arthurai.common.exceptions import (
    ArthurUserError,
    ExpectedParameterNotFoundError,
    MethodNotApplicableError,
    ResponseClientError,
    UserTypeError,
    UserValueError,
)
from modelgroups.arthurai.core.decorators import log_prediction
from modelgroups.testing import example_model

ROW = pd.DataFrame({"age": [31]})
ROWS = pd.DataFrame({"age": [25, 50, 75]}, index=[7, 7, 3])


@pytest.fixture
def model():
    with example_model() as model:
        yield model


@pytest.fixture
def predict(model):
    """Return a decorated function that gives its keyword ``output``, or the age / 100."""

    @log_prediction(model)
    def predict(rows, output=None):
        """Predict."""
        return rows["age"] / 100 if output is None else output

    return predict


def sent(model):
    frame = model.inferences(columns=["partner_inference_id", "age", "p"])
    return frame.set_index("partner_inference_id").to_dict("index")


def test_the_function_keeps_its_name(predict):
    assert predict.__name__ == "predict"
    assert predict.__doc__ == "Predict."


def test_one_row_is_logged_under_a_new_id(model, predict):
    before = datetime.now(UTC)
    output, id_ = predict(ROW)
    assert output.tolist() == [0.31]
    assert str(UUID(id_)) == id_
    stored = model.inference(id_)
    assert (stored["age"], stored["p"], stored["y"]) == (31, 0.31, None)
    assert before - timedelta(seconds=1) < stored["inference_timestamp"] <= datetime.now(UTC)


def test_the_keywords_of_the_decorator_do_not_reach_the_function(model, predict):
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    output, id_ = predict(ROW, output=0.5, inference_timestamp=moment, partner_inference_id="mine")
    assert (output, id_) == (0.5, "mine")
    assert model.inference("mine")["inference_timestamp"] == moment


def test_every_row_is_logged_and_has_an_id(model, predict):
    output, ids = predict(ROWS)
    assert output.tolist() == [0.25, 0.5, 0.75]
    assert sent(model) == {
        id_: {"age": age, "p": age / 100} for id_, age in zip(ids, ROWS["age"], strict=True)
    }


def test_ids_and_times_are_given_for_each_row(model, predict):
    times = pd.Series(pd.date_range("2024-01-01", periods=3, tz="UTC"), index=[3, 2, 1])
    _, ids = predict(ROWS, partner_inference_id=pd.Series(list("abc")), inference_timestamp=times)
    assert ids == ["a", "b", "c"]
    assert [model.inference(id_)["inference_timestamp"].day for id_ in ids] == [1, 2, 3]


def test_a_list_of_one_id_gives_a_list(predict):
    assert predict(ROW, partner_inference_id=["a"])[1] == ["a"]


def test_ids_may_stand_in_the_frame(model, predict):
    _, ids = predict(ROWS.assign(partner_inference_id=["a", None, "c"]))
    assert (ids[0], ids[2]) == ("a", "c")
    assert UUID(ids[1])
    assert list(sent(model)) == ids


def test_no_rows_are_not_logged(model, predict):
    output, ids = predict(ROWS.head(0))
    assert (len(output), ids) == (0, [])
    assert model.summary().n_inferences == 0


@pytest.mark.parametrize(
    "output",
    [
        0.75,
        np.float64(0.75),
        np.array(0.75),
        [0.75],
        np.array([0.75]),
        np.array([[0.75]]),
        pd.Series([0.75], index=["x"]),
        {"p": 0.75},
        {"p": [0.75]},
        [{"p": 0.75}],
        pd.DataFrame({"p": [0.75]}),
        [0.25, 0.75],
        (0.25, 0.75),
        [[0.25, 0.75]],
        np.array([[0.25, 0.75]]),
        np.array([0.25, 0.75]),
    ],
    ids=repr,
)
def test_every_shape_of_one_prediction_is_stored_alike(model, predict, output):
    given, id_ = predict(ROW, output=output)
    assert given is output
    assert model.inference(id_)["p"] == 0.75


@pytest.mark.parametrize(
    "output",
    [
        [0.25, 0.5, 0.75],
        np.array([0.25, 0.5, 0.75]),
        np.array([[0.25], [0.5], [0.75]]),
        np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]]),
        [[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]],
        pd.Series([0.25, 0.5, 0.75], index=[3, 1, 2]),
        pd.DataFrame({"p": [0.25, 0.5, 0.75], "p_negative": [0.75, 0.5, 0.25]}),
        {"p": [0.25, 0.5, 0.75]},
    ],
    ids=repr,
)
def test_every_shape_of_many_predictions_is_stored_alike(model, predict, output):
    _, ids = predict(ROWS, output=output)
    assert [model.inference(id_)["p"] for id_ in ids] == [0.25, 0.5, 0.75]


def test_a_generator_is_returned_as_the_list_that_was_logged(model, predict):
    output, ids = predict(ROWS, output=(age / 100 for age in ROWS["age"]))
    assert output == [0.25, 0.5, 0.75]
    assert [model.inference(id_)["p"] for id_ in ids] == output


def test_predictions_go_over_a_column_of_their_name(model, predict):
    _, id_ = predict(ROW.assign(p=0.125), output=0.5)
    assert model.inference(id_)["p"] == 0.5


def test_columns_unknown_to_the_model_are_left_out_with_a_warning(model, predict, caplog):
    frame = ROWS.assign(shoe=1, hat=2)
    with caplog.at_level(logging.WARNING):
        predict(frame)
        predict(frame)
    [record] = caplog.records
    assert "['shoe', 'hat']" in record.getMessage()
    assert list(frame.columns) == ["age", "shoe", "hat"]
    assert model.summary().n_inferences == 6


def test_the_function_is_not_called_for_anything_but_one_frame(model):
    calls = []
    decorated = log_prediction(model)(lambda *args, **options: calls.append(args))
    for arguments in [(), (5,), ({"age": 1},), (ROW, ROW), (ROW["age"],)]:
        with pytest.raises(MethodNotApplicableError, match="one DataFrame by position"):
            decorated(*arguments)
    with pytest.raises(MethodNotApplicableError, match="got nothing"):
        decorated(rows=ROW)
    assert calls == []


def test_too_few_ids_times_or_predictions_are_refused(model, predict):
    with pytest.raises(UserValueError, match="1 ids for 3 rows"):
        predict(ROWS, partner_inference_id="a")
    with pytest.raises(UserValueError, match="inference_timestamps has 1 values for 3 rows"):
        predict(ROWS, inference_timestamp=[datetime.now(UTC)])
    with pytest.raises(UserValueError, match="predictions has 2 rows for 3"):
        predict(ROWS, output=[0.5, 0.5])
    with pytest.raises(UserValueError, match="vectors of 3 values"):
        predict(ROW, output=[0.5, 0.25, 0.25])
    with pytest.raises(UserTypeError, match="inference_timestamp"):
        predict(ROW, inference_timestamp=5)
    with pytest.raises(UserValueError, match="no time zone"):
        predict(ROW, inference_timestamp=datetime(2024, 1, 1))  # noqa: DTZ001  # that is it
    assert model.summary().n_inferences == 0


def test_a_row_that_cannot_be_stored_is_an_error(model, predict):
    predict(ROW, partner_inference_id="a")
    assert predict(ROW, partner_inference_id="a")[1] == "a"
    with pytest.raises(ResponseClientError, match="409"):
        predict(ROW, output=0.75, partner_inference_id="a")
    assert model.summary().n_inferences == 1


def test_errors_of_the_function_pass_and_nothing_is_logged(model):
    @log_prediction(model)
    def fail(rows):
        raise KeyError(rows.shape)

    with pytest.raises(KeyError):
        fail(ROW)
    assert model.summary().n_inferences == 0


def test_a_call_leaves_the_batch_open():
    with example_model(is_batch=True) as model:
        decorated = log_prediction(model)(lambda rows: rows["age"] / 100)
        for _ in range(2):
            decorated(ROWS.assign(batch_id="b"))
        [batch] = model.batches().to_dict("records")
        assert (batch["n_inferences"], pd.isna(batch["closed_at"])) == (6, True)
        with pytest.raises(ResponseClientError, match="batch_id is missing"):
            decorated(ROWS)


def test_a_regression_with_two_predictions_gets_vectors():
    frame = pd.DataFrame({"x": [1, 2], "a": [0.5, 1.5], "b": [2.5, 3.5], "c": 0.0, "d": 0.0})
    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", "TABULAR", "REGRESSION")
        model.build(frame, {"a": "c", "b": "d"})
        model.save()
        decorated = log_prediction(model)(lambda rows: rows[["a", "b"]].to_numpy())
        _, ids = decorated(frame[["x", "a", "b"]])
        assert [model.inference(id_)["b"] for id_ in ids] == [2.5, 3.5]
        model.get_attribute("b").position = None
        with pytest.raises(ExpectedParameterNotFoundError, match="'b'"):
            decorated(frame[["x", "a", "b"]])


@pytest.mark.parametrize("output_type", ["TOKEN_SEQUENCE", "RANKED_LIST", "OBJECT_DETECTION"])
def test_other_output_types_are_refused_at_decoration(output_type):
    with pytest.raises(MethodNotApplicableError, match=output_type):
        log_prediction(mg.Model("m-1", "TABULAR", output_type))


def test_a_model_that_is_not_saved_logs_nothing():
    model = mg.Model("m-1", "TABULAR", "REGRESSION", attributes=[])
    with pytest.raises(ArthurUserError):
        log_prediction(model)(lambda rows: 0.5)(ROW)
