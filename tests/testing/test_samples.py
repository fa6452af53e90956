"""Sample models of every kind: they can be saved, sent to and asked, and are the same each time."""

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.errors import UserValueError
from modelgroups.testing import KINDS, sample_frame, sample_inferences, sample_model


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_model_takes_its_sample_rows(kind):
    with mg.connect(":memory:") as connection:
        model = sample_model(connection, kind, n_rows=30)
        model.save()
        pd.testing.assert_frame_equal(model.reference_data(), sample_frame(kind, 30))
        rows = sample_inferences(kind, 20)
        answer = model.send_inferences(rows)
        assert answer["counts"] == {"success": 20, "failure": 0, "total": 20}
        assert model.metrics(["Inference Count"], every=None)["Inference Count"].item() == 20


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_rows(kind):
    first, again, other = (sample_frame(kind, 25, seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
    assert len(sample_frame(kind, 1)) == 1


def test_a_kind_that_is_unknown_is_told():
    with pytest.raises(UserValueError, match="did you mean 'regression'"):
        sample_frame("regresion")
    with pytest.raises(UserValueError, match="n_rows: 0 rows"):
        sample_frame("regression", 0)


def test_rows_to_send_have_the_times_that_are_asked_for():
    rows = sample_inferences(n_rows=3, start="2026-03-01T12:00:00+01:00", every="1D")
    assert rows["inference_timestamp"].dt.tz_convert("UTC").dt.strftime("%d %H").tolist() == [
        "01 11",
        "02 11",
        "03 11",
    ]
    assert rows["partner_inference_id"].is_unique
    with pytest.raises(UserValueError, match="every='often'"):
        sample_inferences(every="often")
