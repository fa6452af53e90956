"""The versioning flow of the platform's documentation, word for word, against a folder."""

import pandas as pd
import pytest

from modelgroups.arthurai import ArthurAI
from modelgroups.arthurai.common.constants import InputType, OutputType


@pytest.fixture
def connection(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELGROUPS_HOME", str(tmp_path / "registry"))
    arthur = ArthurAI(url="https://app.arthur.ai", login="me", password="secret")
    yield arthur
    arthur.client.connection.close()


def frame(seed: int) -> pd.DataFrame:
    labels = ["cat", "dog", "fox"]
    rows = [(seed + i, labels[i % 3]) for i in range(12)]
    data = pd.DataFrame(rows, columns=["feature", "label"])
    for i, name in enumerate(labels):
        data[f"p_{name}"] = [0.8 if row % 3 == i else 0.1 for row in range(12)]
    return data


def test_the_seed_example(connection):
    ref_df_1, ref_df_2 = frame(0), frame(100)
    pred_map = {"p_cat": "cat", "p_dog": "dog", "p_fox": "fox"}
    arthur_model_v1 = connection.model(
        display_name="Magic_Model",
        input_type=InputType.Tabular,
        output_type=OutputType.Multiclass,
    )
    arthur_model_v1.build(ref_df_1, ground_truth_column="label", pred_to_ground_truth_map=pred_map)
    arthur_model_v1.save()

    model_group = connection.get_model_group(arthur_model_v1)
    arthur_model_v2 = connection.model(
        display_name="Magic_Model",
        input_type=InputType.Tabular,
        output_type=OutputType.Multiclass,
    )
    arthur_model_v2.build(ref_df_2, ground_truth_column="label", pred_to_ground_truth_map=pred_map)
    arthur_model_v2.get_attribute("label").set(
        categorical=True, categories=list(ref_df_2["label"].unique())
    )
    arthur_model_v2.review()
    arthur_model_v2.model_group_id = model_group.id
    arthur_model_v2.version_label = "V2"
    model_id = arthur_model_v2.save()

    assert [v.id for v in model_group.get_versions()] == [model_id, arthur_model_v1.id]
    version = model_group.get_version(label="V2")
    assert version.version_sequence_num == 2
    assert [c.value for c in version.get_attribute("label").categories] == ["cat", "dog", "fox"]
    pd.testing.assert_frame_equal(version.reference_data(), ref_df_2)
    pd.testing.assert_frame_equal(
        model_group.get_version(sequence_num=1).reference_data(), ref_df_1
    )
