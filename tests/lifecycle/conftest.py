"""A group with four versions."""

import logging

import pandas as pd
import pytest

import modelgroups as mg

FRAME = pd.DataFrame({"age": [31, 47, 52], "p": [0.2, 0.9, 0.4], "y": [0, 1, 0]})


def unsaved(connection, group_id=None, label=None, *, reference=True):
    model = connection.model(
        display_name="Card fraud", input_type="TABULAR", output_type="MULTICLASS"
    )
    model.build(FRAME, {"p": 1}, ground_truth_column="y", set_reference_data=reference)
    model.model_group_id, model.version_label = group_id, label
    return model


def group_of(connection, *labels):
    group_id = None
    for label in labels:
        model = unsaved(connection, group_id, label)
        model.save()
        group_id = model.model_group_id
    return connection.get_model_group(group_id)


@pytest.fixture(autouse=True)
def _quiet():
    logging.getLogger("modelgroups.schema").setLevel(logging.ERROR)


@pytest.fixture
def connection():
    with mg.connect(":memory:", actor="tests") as connection:
        yield connection


@pytest.fixture
def group(connection):
    return group_of(connection, "V1", "V2", "V3", None)
