"""What differs between two versions."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import entropy

import modelgroups as mg
from modelgroups import VersionDiff
from modelgroups.errors import NotFoundError, UserTypeError, UserValueError

from .conftest import group_of

RANDOM = np.random.default_rng(7)
N = 400


def frame(shift=0.0, **columns):
    return pd.DataFrame(
        {
            "amount": RANDOM.normal(100 + shift, 10, N),
            "country": RANDOM.choice(["DE", "FR", "US"], N, p=[0.6, 0.3, 0.1]),
            **columns,
            "p": RANDOM.random(N),
            "y": np.arange(N) % 2,
        }
    )


FIRST = frame(old=np.arange(N) % 3)
SECOND = frame(5.0, new=[f"text {i % 4}" for i in range(N)])
SECOND["country"] = RANDOM.choice(["DE", "FR", "US"], N, p=[0.3, 0.3, 0.4])


@pytest.fixture
def versions(connection):
    """Return a group with two versions that differ."""
    group = None
    for label, data in (("V1", FIRST), ("V2", SECOND)):
        model = connection.model(
            display_name="Card <fraud>", input_type="TABULAR", output_type="MULTICLASS"
        )
        model.build(data, {"p": 1}, ground_truth_column="y")
        if group is not None:
            model.description, model.tags = "<b>better</b>", ["eu"]
            model.classifier_threshold = 0.75
            model.get_attribute("amount").set(min_range=0, max_range=500, label="Amount")
            group.add_version(model)
        model.version_label = label
        model.save()
        group = connection.get_model_group(model)
    return group


def test_a_diff_names_what_was_added_removed_and_changed(versions):
    diff = versions.diff("V1", "V2")
    assert isinstance(diff, VersionDiff)
    assert (diff.first, diff.second) == ("V1", "V2")
    assert [attribute.name for attribute in diff.added] == ["new"]
    assert [attribute.name for attribute in diff.removed] == ["old"]
    amount = versions.get_version(label="V1").get_attribute("amount")
    assert diff.changed["amount"] == {
        "label": (None, "Amount"),
        "min_range": (amount.min_range, 0),
        "max_range": (amount.max_range, 500),
    }
    assert diff.metadata == {
        "description": (None, "<b>better</b>"),
        "classifier_threshold": (0.5, 0.75),
        "tags": (None, ["eu"]),
    }
    assert diff


def test_a_diff_turned_round_has_the_other_side_first(versions):
    there, back = versions.diff("V1", "V2"), versions.diff("V2", "V1")
    assert back.added == there.removed
    assert back.removed == there.added
    assert back.metadata == {name: pair[::-1] for name, pair in there.metadata.items()}
    assert back.changed == {
        name: {key: pair[::-1] for key, pair in properties.items()}
        for name, properties in there.changed.items()
    }


def test_a_version_does_not_differ_from_itself(versions):
    versions.promote("V1")
    diff = versions.diff("champion", 1)
    assert not diff
    said = "no difference in attributes, metadata, artifacts, provenance and dependencies; drift()"
    assert repr(diff).startswith(f"V1 → V1: {said}")
    assert diff._repr_html_().startswith(f"<p><b>V1 → V1</b>: {said}")
    assert len(diff.to_frame()) == 0
    assert diff.drift()["country"] == pytest.approx(0.0)


def test_a_diff_reads_well(versions):
    lines = repr(versions.diff("V1", "V2")).splitlines()
    assert lines[0].startswith("V1 → V2: ")
    assert "  + new: STRING, PIPELINE_INPUT" in lines
    assert "  - old: INTEGER, PIPELINE_INPUT" in lines
    assert "  ~ amount.label: None → Amount" in lines
    assert "  ~ classifier_threshold: 0.5 → 0.75" in lines
    assert len(lines) == int(lines[0].split()[3]) + 1


def test_a_diff_is_shown_as_html_that_runs_nothing(versions):
    shown = versions.diff("V1", "V2")._repr_html_()
    assert "&lt;b&gt;better&lt;/b&gt;" in shown
    assert "<b>better" not in shown


def test_a_diff_becomes_a_frame_and_plain_json(versions):
    diff = versions.diff("V1", "V2")
    table = diff.to_frame()
    assert list(table.columns) == ["part", "name", "property", "before", "after"]
    assert len(table) == len(repr(diff).splitlines()) - 1
    plain = json.loads(json.dumps(diff.to_dict()))
    assert plain["metadata"]["classifier_threshold"] == [0.5, 0.75]
    assert plain["changed"]["amount"]["label"] == [None, "Amount"]
    assert [attribute["name"] for attribute in plain["added"]] == ["new"]


def test_the_drift_between_reference_sets_is_that_of_plain_numpy(versions):
    drift = versions.diff("V1", "V2").drift("JSDivergence")
    assert {"amount", "country", "p"} <= set(drift.index)
    assert not {"old", "new", "y"} & set(drift.index)
    old, new = (
        data["country"].value_counts(normalize=True).reindex(["DE", "FR", "US"])
        for data in (FIRST, SECOND)
    )
    middle = (old + new) / 2
    wanted = entropy(middle) - (entropy(old) + entropy(new)) / 2
    assert drift["country"] == pytest.approx(wanted, abs=1e-12)


def test_the_drift_has_a_direction(versions):
    there = versions.diff("V1", "V2").drift("WassersteinDistance")
    assert set(there.index) == {"amount", "p"}
    assert there["amount"] == pytest.approx(
        np.abs(np.sort(FIRST["amount"]) - np.sort(SECOND["amount"])).mean()
    )
    rates = versions.diff("V1", "V2").drift("NewCategoryRate")
    assert rates["country"] == 0.0


def test_inferences_drift_from_what_an_alias_was_built_on(versions):
    versions.promote("V1")
    model = versions.get_version(label="V2")
    model.send_inferences(SECOND.drop(columns="y"))
    names = ["country", "p"]
    by_label = model.drift(names, against="V1")
    pd.testing.assert_frame_equal(model.drift(names, against="champion"), by_label)
    assert by_label["country"].iloc[0] > 0.1
    with pytest.raises(UserValueError, match=r"id, label or alias 'champio'.*'champion'"):
        model.drift(names, against="champio")


def test_drift_that_cannot_be_is_refused(connection, versions):
    with pytest.raises(UserValueError, match="did you mean 'PSI'"):
        versions.diff("V1", "V2").drift("PSY")
    model = connection.model("bare", "TABULAR", "MULTICLASS")
    model.build(FIRST, {"p": 1}, ground_truth_column="y", set_reference_data=False)
    versions.add_version(model, label="V3")
    model.save()
    diff = versions.diff("V1", "V3")
    with pytest.raises(NotFoundError, match="reference"):
        diff.drift()


def test_an_attribute_of_another_kind_has_no_drift_and_is_told(connection, versions):
    model = connection.model("other", "TABULAR", "MULTICLASS")
    data = FIRST.assign(country=np.arange(N) / 7)
    model.build(data, {"p": 1}, ground_truth_column="y")
    versions.add_version(model, label="V3")
    model.save()
    diff = versions.diff("V1", "V3")
    assert diff.changed["country"]["value_type"] == ("STRING", "FLOAT")
    assert "country" not in diff.drift()


def test_versions_are_named_in_any_way(versions):
    model = versions.get_version(label="V2")
    for name in (2, "V2", model, model.id):
        assert versions.diff("V1", name).second == "V2"
    with pytest.raises(UserTypeError, match="second must be a version"):
        versions.diff("V1", None)
    with pytest.raises(NotFoundError, match="no version with the number 7, the last is"):
        versions.diff(7, "V1")


def test_every_property_of_an_attribute_is_compared(connection):
    group = group_of(connection, "V1", "V2")
    model = group.get_version(label="V2")
    attribute = model.get_attribute("age")
    attribute.set(
        categorical=False, categories=None, min_range=1, max_range=9, bins=[None, 3, None]
    )
    attribute.monitor_for_bias = True
    model.update()
    changed = group.diff("V1", "V2").changed["age"]
    assert {"categorical", "categories", "bins", "min_range", "max_range", "monitor_for_bias"} == (
        set(changed)
    )
    assert json.dumps(group.diff("V1", "V2").to_dict())


def test_a_diff_outlives_nothing_it_does_not_need(tmp_path):
    with mg.connect(tmp_path) as connection:
        diff = group_of(connection, "V1", "V2").diff("V1", "V2")
    assert not diff.to_dict()["added"]


def test_what_the_versions_were_saved_with_is_compared(tmp_path, monkeypatch):
    group = None
    for python, packages in (("3.12.1", {"a": "1", "b": "1"}), ("3.13.0", {"a": "2", "c": "1"})):
        told = json.dumps({"python": python, "packages": packages, "script": "train.py"})
        found = (python.ljust(64, "0"), told)
        monkeypatch.setattr("modelgroups.lifecycle.saving.gather", lambda _, found=found: found)
        with mg.connect(tmp_path) as connection:
            model = connection.model(
                display_name="m", input_type="NLP", output_type="TOKEN_SEQUENCE"
            )
            model.build_token_sequence_model("question", "answer")
            model.model_group_id = group
            model.save()
            group = model.model_group_id
    with mg.connect(tmp_path) as connection:
        diff = connection.get_model_group(group).diff(1, 2)
    assert diff.provenance == {
        "python": ("3.12.1", "3.13.0"),
        "a": ("1", "2"),
        "b": ("1", None),
        "c": (None, "1"),
    }
    assert "~ a: 1 → 2" in repr(diff)
    assert diff.to_dict()["provenance"]["python"] == ["3.12.1", "3.13.0"]
    assert set(diff.to_frame()["part"]) == {"provenance"}


def test_a_diff_names_the_files_that_differ(connection):
    group = group_of(connection, "V1", "V2")
    one, two = (group.get_version(label=label) for label in ("V1", "V2"))
    one.add_artifact(b"first", name="model.bin")
    one.add_artifact(b"gone", name="notes.txt")
    two.add_artifact(b"second", name="model.bin")
    for version in (one, two):
        version.add_artifact(b"both", name="same.bin")
    digests = {artifact.name: artifact.digest for artifact in one.artifacts()}
    other = {artifact.name: artifact.digest for artifact in two.artifacts()}
    diff = group.diff("V1", "V2")
    assert diff.artifacts == {
        "model.bin": (digests["model.bin"], other["model.bin"]),
        "notes.txt": (digests["notes.txt"], None),
    }
    assert diff.to_dict()["artifacts"]["notes.txt"] == [digests["notes.txt"], None]
    lines = repr(diff).splitlines()
    assert lines[0] == "V1 → V2: 2 differences"
    assert f"  ~ model.bin: {digests['model.bin'][:12]} → {other['model.bin'][:12]}" in lines
    assert f"  - notes.txt: {digests['notes.txt'][:12]}" in lines
    assert set(diff.to_frame()["part"]) == {"artifact"}
    assert not group.diff("V1", "V1")
