"""What a name stands for, and what is said where it stands for nothing or for several things."""

import pytest

import modelgroups as mg
from modelgroups.cli.names import find_group, find_version, version_in
from modelgroups.errors import ConflictError, NotFoundError


def save(connection, name, label=None, group=None):
    model = connection.model(display_name=name, input_type="NLP", output_type="TOKEN_SEQUENCE")
    model.build_token_sequence_model("question", "answer")
    model.version_label = label
    if group is not None:
        connection.get_model_group(group).add_version(model)
    model.save()
    return model


@pytest.fixture
def connection():
    with mg.connect(":memory:") as opened:
        yield opened


@pytest.fixture
def versions(connection):
    first = save(connection, "Card fraud", "V1")
    return [first, *(save(connection, "Card fraud", label, first) for label in ("1", None))]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Card fraud", 3),
        ("card FRAUD", 3),
        ("Card fraud@V1", 1),
        ("Card fraud@1", 2),
        ("Card fraud#1", 1),
        ("Card fraud#3", 3),
    ],
)
def test_a_version_has_names(connection, versions, name, number):
    assert find_version(connection, name).version_sequence_num == number


@pytest.mark.parametrize("length", [36, 12])
def test_an_id_or_its_start_names_a_version_and_a_group(connection, versions, length):
    for version in versions:
        assert find_version(connection, version.id[:length]).id == version.id
        group = version.model_group_id
        assert find_group(connection, group[:length]).id == group
        assert find_version(connection, f"{group[:length]}@V1").id == versions[0].id


def test_too_little_of_an_id_names_nothing(connection, versions):
    with pytest.raises(NotFoundError):
        find_version(connection, versions[0].id[:3])


def test_marks_may_be_in_the_names_themselves(connection):
    odd = save(connection, "me@home#2", "a@b#c")
    save(connection, "me", "home")
    assert find_version(connection, "me@home#2").id == odd.id
    assert find_version(connection, "me@home#2@a@b#c").id == odd.id
    assert find_version(connection, "me@home").display_name == "me"


def test_an_active_group_goes_before_an_archived_one_of_its_name(connection):
    save(connection, "Card fraud")
    old = find_group(connection, "Card fraud")
    old.archive()
    assert find_group(connection, "Card fraud").id == old.id
    save(connection, "Card fraud")
    assert find_group(connection, "Card fraud").id != old.id


def test_a_name_of_several_groups_is_refused_with_their_ids(connection):
    groups = {save(connection, "Card fraud").model_group_id for _ in range(2)}
    for find in (find_group, find_version):
        with pytest.raises(ConflictError) as caught:
            find(connection, "Card fraud")
        assert all(group in str(caught.value) for group in groups)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Card frad", "no model 'Card frad'; the nearest is 'Card fraud'"),
        ("Card fraud@v1", "the group 'Card fraud' has no version '@v1'; the nearest are"),
        ("Card fraud#9", "the group 'Card fraud' has no version '#9'; "),
        ("Card fraud@", "the group 'Card fraud' has no version '@'; "),
        ("zzz", "no model 'zzz'; there is 'Card fraud'"),
        ("", "no model ''; there is 'Card fraud'"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_ones(connection, versions, name, told):
    with pytest.raises(NotFoundError) as caught:
        find_version(connection, name)
    assert told in str(caught.value)


def test_an_empty_registry_says_that_it_is(connection):
    with pytest.raises(NotFoundError, match="there are none yet"):
        find_group(connection, "Card fraud")


def test_the_latest_version_is_the_latest_that_is_not_archived(connection, versions):
    versions[2].archive()
    assert find_version(connection, "Card fraud").version_sequence_num == 2
    with pytest.raises(NotFoundError, match="'Card fraud#3' is archived; bring it back"):
        find_version(connection, "Card fraud#3")
    versions[0].archive()
    with pytest.raises(NotFoundError, match="'Card fraud@V1' is archived"):
        version_in(connection.get_model_group(versions[0]), "V1")
    assert find_version(connection, "Card fraud#3", include_archived=True).id == versions[2].id
