"""The SDK's own ways to an explainer, and its checks of the order of predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.arthurai.common.exceptions import UserValueError
from modelgroups.arthurai.core.enrichment_status_waiter import await_enrichments_ready
from modelgroups.arthurai.explainability.explanation_packager import ExplanationPackager
from modelgroups.arthurai.explainability.validation import (
    validate_predicted_attribute_order_matches_dataframe as matches_dataframe,
)
from modelgroups.arthurai.explainability.validation import (
    validate_predicted_attribute_order_matches_remote as matches_remote,
)

FRAME = pd.DataFrame(
    {"x": [0.1, 0.4, 0.7], "no": [0.9, 0.6, 0.3], "yes": [0.1, 0.4, 0.7], "y": [0, 1, 1]}
)


@pytest.fixture
def model():
    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", "TABULAR", "MULTICLASS")
        model.build(
            FRAME, {"no": 0, "yes": 1}, ground_truth_column="y", positive_predicted_attr="yes"
        )
        model.save()
        yield model


def test_an_explainer_is_made_by_the_documented_recipe(model, tmp_path):
    pytest.importorskip("lime")
    (tmp_path / "entry.py").write_text(
        "def predict(rows):\n    return [[1 - row[0], row[0]] for row in rows]\n"
    )
    config = {
        "df": FRAME,
        "project_directory": str(tmp_path),
        "user_predict_function_import_path": "entry",
        "requirements_file": "requirements.txt",
        "explanation_nsamples": 100,
    }
    packager = ExplanationPackager(model, **config)
    assert packager.contains_file_fields() == (True, True)
    assert ExplanationPackager(model).contains_file_fields() == (False, False)
    packager.create()
    (scores,) = packager.explainer.explain_tabular("lime", [[0.5]])
    assert scores[1][0] == pytest.approx(-scores[0][0])
    assert scores[1][0] == pytest.approx(FRAME["x"].std(ddof=0), rel=0.02)  # the slope is 1
    assert packager.get_request_config()["explanation_nsamples"] == 100
    assert await_enrichments_ready(model) is None


def test_predictions_are_compared_in_order_of_position(model):
    predicted = model.get_attributes("PREDICTED_VALUE")
    right = FRAME[["no", "yes"]].to_numpy()
    assert matches_dataframe(right + 0.009, FRAME, predicted) is None
    assert matches_dataframe(right, FRAME[["yes"]], predicted) is None  # the other is 1 - yes
    for wrong in (right[:, ::-1], right + 0.011, np.full_like(right, np.nan)):
        with pytest.raises(UserValueError, match="in order of position: no, yes"):
            matches_dataframe(wrong, FRAME, predicted)
    with pytest.raises(UserValueError, match="no column no, yes"):
        matches_dataframe(right, FRAME[["x"]], predicted)


def test_positions_are_compared_with_those_that_are_stored(model):
    assert matches_remote(model) is None
    model.swap_predicted_attribute_positions(persist_if_saved=False)
    with pytest.raises(UserValueError, match=r"model\.update\(\)"):
        matches_remote(model)
    model.update()
    assert matches_remote(model) is None
