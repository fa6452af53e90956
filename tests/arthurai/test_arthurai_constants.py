"""Enumerations and constants have the SDK's members and values."""

from __future__ import annotations

import json
import pickle

import pytest

from modelgroups.arthurai.common import constants
from modelgroups.arthurai.core import alerts

# Published documents use these names, which the SDK itself lacks.
ALSO = {"ValueType": {"UnstructuredText": "UNSTRUCTURED_TEXT"}}


def enumeration(name):
    return getattr(constants, name, None) or getattr(alerts, name)


def test_members_and_values(goldens):
    for name, members in goldens["enumerations"].items():
        found = {member: str(value) for member, value in enumeration(name).__members__.items()}
        assert found == members | ALSO.get(name, {}), name


def test_list_is_sorted(goldens):
    for name, members in goldens["enumerations"].items():
        assert enumeration(name).list() == sorted(members.values())


def test_members_behave_as_their_text(goldens):
    for name, members in goldens["enumerations"].items():
        for member, value in members.items():
            ours = getattr(enumeration(name), member)
            assert isinstance(ours, str)
            assert ours == value
            assert f"{ours}" == str(ours) == value
            assert json.dumps({ours: ours}) == json.dumps({value: value})
            assert {value: 1}[ours] == 1
            assert pickle.loads(pickle.dumps(ours)) == value


def test_other_constants(goldens):
    for name, value in goldens["constants"].items():
        assert getattr(constants, name) == value, name


@pytest.mark.parametrize("kind", ["ONBOARDING", "ENRICHMENTS"])
@pytest.mark.parametrize("moment", ["SPINNER", "UPDATE"])
def test_messages_are_texts(kind, moment):
    assert isinstance(getattr(constants, f"{kind}_{moment}_MESSAGE"), str)
