"""Reference frames, and models with a schema built from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from modelgroups import Connection, Model

__all__ = ["built_classifier", "built_model", "make_frame", "schema_only_model"]

_WORDS = np.array([f"category {i:02d}" for i in range(20)])


def make_frame(
    n_rows: int, *, n_floats: int, n_texts: int, n_words: int = 20, kind: str = "random"
) -> pd.DataFrame:
    """Return inputs, a probability `p` and a true class `y` of 0 or 1.

    Parameters
    ----------
    n_rows
        The number of rows.
    n_floats
        The number of float columns, `p` and `y` among them.
    n_texts
        The number of columns of text.
    n_words
        The number of different texts in each.
    kind
        ``"random"`` floats, floats ``"rounded"`` to cents, or ``"categorical"``: of 50 values.
    """
    rng = np.random.default_rng(7)
    floats = {f"f{i}": rng.normal(50, 10, n_rows) for i in range(n_floats - 2)}
    if kind == "rounded":
        floats = {name: values.round(2) for name, values in floats.items()}
    if kind == "categorical":
        floats = {name: rng.integers(0, 50, n_rows) / 2 for name in floats}
    texts = {f"s{i}": rng.choice(_WORDS[:n_words], n_rows) for i in range(n_texts)}
    outputs = {"p": rng.random(n_rows), "y": rng.integers(0, 2, n_rows).astype(float)}
    return pd.DataFrame({**floats, **texts, **outputs})


def built_model(connection: Connection, frame: pd.DataFrame) -> Model:
    """Return an unsaved model of a frame that `make_frame` made."""
    model = connection.model(
        display_name="Card fraud", input_type="TABULAR", output_type="REGRESSION"
    )
    model.build(frame, {"p": "y"})
    return model


def built_classifier(connection: Connection, frame: pd.DataFrame) -> Model:
    """Return an unsaved model that predicts whether ``y`` is 1, of such a frame."""
    model = connection.model(
        display_name="Card fraud", input_type="TABULAR", output_type="MULTICLASS"
    )
    model.build(
        frame.assign(other=1 - frame["y"]).astype({"y": int, "other": int}),
        {"p": "y", None: "other"},
    )
    return model


def schema_only_model(connection: Connection, *, n_attributes: int) -> Model:
    """Return an unsaved model with as many attributes, which has no reference data."""
    frame = make_frame(50, n_floats=n_attributes - 5, n_texts=5, n_words=5)
    model = built_model(connection, frame)
    model.reference_dataframe = None
    return model
