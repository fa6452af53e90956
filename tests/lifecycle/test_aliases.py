"""Aliases: where they point, what they may be called, and what they did."""

import time
from datetime import UTC, datetime

import pytest

import modelgroups as mg
from modelgroups.errors import (
    ClosedError,
    ConflictError,
    NotFoundError,
    ReadOnlyError,
    UserTypeError,
    UserValueError,
)

from .conftest import group_of, unsaved


def label(model):
    return None if model is None else model.version_label


def moves(group, alias=None):
    frame = group.alias_history(alias)
    return list(frame[["move", "before", "after"]].itertuples(index=False, name=None))


# --- pointing -----------------------------------------------------------------------------


def test_an_alias_points_at_one_version_and_moves(group):
    assert group.aliases() == {}
    assert label(group.set_alias("challenger", "V2")) == "V2"
    assert label(group.get_version(alias="challenger")) == "V2"
    group.set_alias("challenger", "V3")
    group.set_alias("shadow", "V1")
    assert {name: label(model) for name, model in group.aliases().items()} == {
        "challenger": "V3",
        "shadow": "V1",
    }
    group.delete_alias("challenger", reason="no longer needed")
    assert list(group.aliases()) == ["shadow"]
    with pytest.raises(NotFoundError, match="alias 'challenger'"):
        group.get_version(alias="challenger")


def test_a_version_is_named_in_every_way(group):
    version = group.get_version(label="V2")
    group.set_alias("second", "V2")
    for name in (2, "V2", "second", version.id, version):
        assert group.set_alias("champion", name).id == version.id
        group.delete_alias("champion")


def test_versions_are_compared_by_alias(group):
    rows = {"age": [31, 47], "p": [0.2, 0.9], "y": [0, 1], "partner_inference_id": ["a", "b"]}
    for name in ("V1", "V2"):
        group.get_version(label=name).send_inferences(rows)
    group.promote("V1")
    group.set_alias("challenger", "V2")
    by_alias = group.compare("champion", "challenger", metrics=["Accuracy Rate"])
    assert by_alias.to_dict() == group.compare("V1", "V2", metrics=["Accuracy Rate"]).to_dict()
    with pytest.raises(NotFoundError, match="did you mean 'champion'"):
        group.compare("champin", "V2")


def test_a_model_as_it_is_returned_is_whole(group):
    model = group.promote("V2")
    assert model == group.get_version(label="V2")
    assert model.attributes


def test_aliases_of_two_groups_are_apart(connection, group):
    other = group_of(connection, "V1")
    group.promote("V2")
    other.promote("V1")
    assert (label(group.champion()), label(other.champion())) == ("V2", "V1")
    with pytest.raises(UserValueError, match="belongs to the group"):
        group.promote(other.champion())
    with pytest.raises(NotFoundError, match="no version"):
        group.promote(other.champion().id)


# --- promoting and rolling back --------------------------------------------------------------


def test_promotions_and_rollbacks_walk_through_the_history(group):
    for version in ("V1", "V2", "V3"):
        group.promote(version)
    assert [label(group.rollback()), label(group.rollback())] == ["V2", "V1"]
    with pytest.raises(ConflictError, match="'V1' is the first champion"):
        group.rollback()
    group.promote("V3", reason="again")
    assert label(group.rollback(reason="worse")) == "V1"
    assert moves(group) == [
        ("promote", None, "V1"),
        ("promote", "V1", "V2"),
        ("promote", "V2", "V3"),
        ("rollback", "V3", "V2"),
        ("rollback", "V2", "V1"),
        ("promote", "V1", "V3"),
        ("rollback", "V3", "V1"),
    ]
    history = group.alias_history("champion")
    assert list(history["reason"])[-2:] == ["again", "worse"]
    assert set(history["actor"]) == {"tests"}
    assert history["timestamp"].is_monotonic_increasing


def test_a_rollback_goes_to_a_version_further_back(group):
    for version in ("V1", "V2", "V1", "V3", 4):
        group.promote(version)
    assert label(group.rollback(to="V1")) == "V1"
    assert label(group.rollback()) == "V2"  # the V1 that was nearest
    with pytest.raises(ConflictError, match="V3 is not among the versions that 'V2' followed"):
        group.rollback(to="V3")
    with pytest.raises(ConflictError, match="'V2' is the champion now"):
        group.rollback(to="V2")


def test_promoting_the_champion_changes_nothing(connection, group):
    group.promote("V1")
    before = connection.audit_head()
    assert label(group.promote("V1", reason="once more")) == "V1"
    assert connection.audit_head() == before
    with pytest.raises(ConflictError, match="first champion"):
        group.rollback()


def test_an_alias_that_was_deleted_begins_anew(group):
    group.promote("V1")
    group.promote("V2")
    group.delete_alias("champion")
    assert group.champion() is None
    with pytest.raises(NotFoundError, match="no alias of the group"):
        group.rollback()
    group.promote("V3")
    with pytest.raises(ConflictError, match="'V3' is the first champion"):
        group.rollback()
    assert moves(group)[2:] == [("delete", "V2", None), ("promote", None, "V3")]


def test_a_group_knows_its_champion_of_every_moment(group):
    moments = [datetime.now(UTC)]
    for step in (
        lambda: group.promote("V1"),
        lambda: group.promote("V2"),
        lambda: group.set_alias("challenger", "V3"),
        group.rollback,
        lambda: group.delete_alias("champion"),
        lambda: group.promote(4),
    ):
        step()
        time.sleep(0.002)
        moments.append(datetime.now(UTC))
    found = [group.champion(at=moment) for moment in moments]
    numbers = [model and model.version_sequence_num for model in found]
    assert numbers == [None, 1, 2, 2, 1, None, 4]
    assert group.champion(at=moments[2].isoformat()).version_label == "V2"
    assert group.champion().version_sequence_num == 4


def test_a_moment_is_checked(group):
    with pytest.raises(UserValueError, match=r"at=.* has no time zone"):
        group.champion(at="2026-01-01T00:00:00")
    with pytest.raises(UserTypeError, match="at must be a datetime"):
        group.champion(at=5)
    with pytest.raises(UserValueError, match="outside the years"):
        group.champion(at="0001-01-01T00:00:00+14:00")


# --- compare and set -------------------------------------------------------------------------


def test_a_move_happens_only_if_the_alias_is_where_it_was_seen(group):
    group.promote("V1", if_current=None)
    with pytest.raises(ConflictError, match="points at 'V1', and if_current says no version"):
        group.promote("V2", if_current=None)
    with pytest.raises(ConflictError, match="points at 'V1', and if_current says V3"):
        group.promote("V2", if_current="V3")
    group.promote("V2", if_current="V1")
    with pytest.raises(ConflictError, match="somebody else moved it"):
        group.promote("V2", if_current="V1")  # also where it is what was wanted
    with pytest.raises(ConflictError, match="if_current says V1"):
        group.rollback(if_current=1)
    group.rollback(if_current=group.get_version(label="V2"))
    with pytest.raises(ConflictError, match="points at no version"):
        group.set_alias("challenger", "V3", if_current="V1")
    assert list(group.aliases()) == ["champion"]


def test_an_expectation_that_names_nothing_is_refused(group):
    with pytest.raises(NotFoundError, match="'V9'"):
        group.promote("V1", if_current="V9")


# --- archived ----------------------------------------------------------------------------------


def test_an_archived_version_cannot_be_promoted(group):
    group.get_version(label="V2").archive()
    with pytest.raises(ConflictError, match=r"V2 .*archived.*model.restore\(\)"):
        group.promote("V2")


def test_a_champion_cannot_be_archived(group):
    model = group.promote("V2")
    with pytest.raises(ConflictError, match=r"'champion'.*group.promote\(.*delete_alias\('champ"):
        model.archive()
    group.promote("V1")
    model.archive()
    with pytest.raises(NotFoundError, match="archived"):
        group.get_version(label="V2")


def test_a_version_behind_another_alias_cannot_be_archived(group):
    model = group.set_alias("challenger", "V2")
    with pytest.raises(ConflictError, match=r"group.set_alias\('challenger', ...\)"):
        model.archive()


def test_a_rollback_to_an_archived_version_is_refused(group):
    for version in ("V1", "V2", "V3"):
        group.promote(version)
    group.get_version(label="V2").archive()
    with pytest.raises(ConflictError, match=r"V2 .* is archived"):
        group.rollback()
    assert label(group.rollback(to="V1")) == "V1"


def test_a_group_is_archived_with_its_champion_and_comes_back_with_it(group):
    group.promote("V2")
    group.archive()
    assert label(group.champion()) == "V2"
    for attempt in (
        lambda: group.promote("V1"),
        group.rollback,
        lambda: group.delete_alias("champion"),
    ):
        with pytest.raises(ConflictError, match=r"archived.*group.restore\(\)"):
            attempt()
    group.restore()
    assert group.get_version(alias="champion").version_label == "V2"
    group.promote("V1")


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["1", "007", "2.5", "1e3", "nan", "inf", "-3", "１２", "½", "1_000"]
)
def test_an_alias_may_not_look_like_a_number(group, name):
    with pytest.raises(UserValueError, match="looks like the number of a version"):
        group.set_alias(name, "V1")
    assert group.aliases() == {}


@pytest.mark.parametrize("name", ["V1", "v1"])
def test_an_alias_may_not_look_like_a_label(group, name):
    with pytest.raises(ConflictError, match=r"version 1 of the group .* has the label 'V1'"):
        group.set_alias(name, "V2")


@pytest.mark.parametrize("name", ["", " ", "x ", "\tx", "a\nb", "a\0b", "x" * 256])
def test_an_alias_has_a_printable_name(group, name):
    with pytest.raises(UserValueError, match="cannot be an alias"):
        group.set_alias(name, "V1")


def test_an_alias_may_not_look_like_an_id(group):
    with pytest.raises(UserValueError, match="looks like the id"):
        group.set_alias(group.get_version(label="V2").id, "V1")


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE alias; --", "%", "größer 😀", "<b>", "../..", "V10"]
)
def test_any_other_text_is_an_alias(group, name):
    group.set_alias(name, "V1")
    group.set_alias(name, "V2")
    assert label(group.get_version(alias=name)) == "V2"
    assert len(moves(group, name)) == 2


@pytest.mark.parametrize("taken", ["champion", "Champion"])
def test_a_label_may_not_look_like_an_alias(connection, group, taken):
    group.promote("V1")
    model = unsaved(connection, group.id, taken)
    with pytest.raises(ConflictError, match="looks like the alias 'champion'"):
        model.save()
    model.version_label = "V5"
    model.save()


def test_unknown_names_are_refused_with_the_nearest(group):
    group.promote("V1")
    with pytest.raises(NotFoundError, match="did you mean 'V1'"):
        group.promote("V11")
    with pytest.raises(NotFoundError, match="number 9"):
        group.promote(9)
    with pytest.raises(NotFoundError, match="number -1"):
        group.promote(-1)
    with pytest.raises(NotFoundError, match="did you mean 'champion'"):
        group.delete_alias("champoin")
    with pytest.raises(NotFoundError, match="did you mean 'champion'"):
        group.get_version(alias="champoin")
    with pytest.raises(NotFoundError, match="did you mean 'champion'"):
        group.diff("V1", "champiom")


def test_arguments_of_the_wrong_kind_are_refused(connection, group):
    before = connection.audit_head()
    for attempt, words in (
        (lambda: group.promote(None), "version must be a version: its number"),
        (lambda: group.promote(1.5), "version must be a version"),
        (lambda: group.promote(True), "version must be a version"),
        (lambda: group.set_alias(5, "V1"), "alias must be a str"),
        (lambda: group.promote("V1", reason=5), "reason must be a str"),
        (lambda: group.promote("V1", if_current=1.5), "if_current must be a version"),
        (lambda: group.rollback(to=1.5), "to must be a version"),
    ):
        with pytest.raises(UserTypeError, match=words):
            attempt()
    for reason in ("x" * 4001, "a\0b"):
        with pytest.raises(UserValueError, match="a reason has at most"):
            group.promote("V1", reason=reason)
    with pytest.raises(UserValueError, match="is not saved"):
        group.promote(unsaved(connection))
    with pytest.raises(UserValueError, match="not 2 of them"):
        group.get_version(label="V1", alias="champion")
    assert connection.audit_head() == before


def test_a_read_only_registry_tells_and_moves_nothing(tmp_path):
    with mg.connect(tmp_path) as connection:
        group = group_of(connection, "V1", "V2")
        group.promote("V1")
    with mg.connect(tmp_path, read_only=True) as connection:
        group = connection.get_model_group(group.id)
        assert label(group.champion()) == "V1"
        assert len(group.alias_history()) == 1
        for attempt in (lambda: group.promote("V2"), lambda: group.delete_alias("champion")):
            with pytest.raises(ReadOnlyError):
                attempt()
    with pytest.raises(ClosedError):
        group.champion()
