"""What was altered on the disk is noticed, named, and harms nothing else."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import crew
import pytest

import modelgroups as mg
from modelgroups.errors import (
    CatalogCorruptError,
    NotARegistryError,
    SnapshotCorruptError,
    SnapshotMissingError,
    UnexpectedError,
)

N = 3


@pytest.fixture
def versions(root):
    """Three versions of one group."""
    with mg.connect(root) as connection:
        first = crew.save_version(connection, 1)
        rest = [crew.save_version(connection, i, first.model_group_id) for i in range(2, N + 1)]
        return [first, *rest]


def snapshot(root, model):
    with mg.connect(root) as connection:
        catalog = sqlite3.connect(connection.registry.catalog.path)
        with closing(catalog):
            statement = (
                "SELECT digest FROM reference_file JOIN reference_set ON set_serial = serial "
                "WHERE model_id = ?"
            )
            (digest,) = catalog.execute(statement, (model.id,)).fetchone()
        return connection.registry.objects.path(digest)


def alter(root, statement, *values):
    """Change the catalog behind the library's back."""
    with closing(sqlite3.connect(root / "catalog.db")) as catalog, catalog:
        assert catalog.execute(statement, values).rowcount == 1


def check_others(connection, versions, *, but):
    """The other versions are as they were."""
    for seed, version in enumerate(versions, start=1):
        if version.id != but.id:
            found = connection.get_model(version.id)
            assert crew.is_whole(found, seed)
            group = connection.get_model_group(found)
            assert group.get_version(sequence_num=seed) == found
            assert len(group.list_versions()) == len(versions)


def test_any_flipped_bit_of_a_snapshot_is_noticed(root, versions):
    path = snapshot(root, versions[1])
    content = path.read_bytes()
    chance = random.Random(0)
    places = [0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(60))]
    with mg.connect(root) as connection:
        model = connection.get_model(versions[1].id)
        for place in places:
            altered = bytearray(content)
            altered[place] ^= 1 << chance.randrange(8)
            path.write_bytes(altered)
            with pytest.raises(SnapshotCorruptError, match=path.stem):
                model.reference_data()
            with pytest.raises(SnapshotCorruptError, match=path.stem):
                list(model.reference_batches())
        (problem,) = connection.verify().problems
        assert path.stem in problem
        check_others(connection, versions, but=model)


@pytest.mark.parametrize("size", [0, 4, 1000])
def test_a_snapshot_that_was_cut_off_is_noticed(root, versions, size):
    path = snapshot(root, versions[1])
    path.write_bytes(path.read_bytes()[:size])
    with mg.connect(root) as connection:
        with pytest.raises(SnapshotCorruptError):
            connection.get_model(versions[1].id).reference_data()
        assert len(connection.verify().problems) == 1


def test_a_snapshot_that_was_exchanged_for_another_one_is_noticed(root, versions):
    path = snapshot(root, versions[1])
    path.write_bytes(snapshot(root, versions[0]).read_bytes())
    with mg.connect(root) as connection:
        with pytest.raises(SnapshotCorruptError):
            connection.get_model(versions[1].id).reference_data()
        check_others(connection, versions, but=versions[1])


def test_a_snapshot_that_is_gone_is_noticed(root, versions):
    path = snapshot(root, versions[1])
    path.unlink()
    with mg.connect(root) as connection:
        with pytest.raises(SnapshotMissingError, match=path.stem):
            connection.get_model(versions[1].id).reference_data()
        (problem,) = connection.verify().problems
        assert path.stem in problem
        check_others(connection, versions, but=versions[1])


def test_a_snapshot_that_is_a_folder_is_noticed(root, versions):
    path = snapshot(root, versions[1])
    path.unlink()
    path.mkdir()
    with mg.connect(root) as connection:
        with pytest.raises(UnexpectedError, match=path.stem):
            connection.get_model(versions[1].id).reference_data()
        assert len(connection.verify().problems) == 1


@pytest.mark.parametrize("damage", ["altered", "gone"])
def test_saving_an_equal_frame_mends_a_damaged_snapshot(root, versions, damage):
    path = snapshot(root, versions[1])
    if damage == "altered":
        path.write_bytes(b"PAR1")
    else:
        path.unlink()
    with mg.connect(root) as connection:
        assert not connection.verify()
        crew.save_version(connection, 2, versions[0].model_group_id)
        assert crew.is_whole(connection.get_model(versions[1].id), 2)
        crew.check_sound(connection)


@pytest.mark.parametrize(
    "change",
    [
        "display_name = 'Other'",
        "description = 'Other'",
        "label = 'Other'",
        "sequence_num = 9",
        "partner_model_id = 'other'",
        "output_type = 'REGRESSION'",
        "is_batch = 1",
        "is_batch = 'perhaps'",
        "classifier_threshold = 0.6",
        "classifier_threshold = 9e999",
        "tags = '[\"other\"]'",
        "created_at = '2020-01-01T00:00:00.000000+00:00'",
        "attributes = replace(attributes, 'amount', 'amounT')",
        "attributes = '[]'",
        "display_name = x'ff'",
        "display_name = CAST(x'ff' AS TEXT)",
        "fingerprint = 'other'",
    ],
)
def test_a_row_that_was_changed_is_named(root, versions, change):
    alter(root, f"UPDATE model SET {change} WHERE id = ?", versions[1].id)
    with mg.connect(root) as connection:
        found = connection.verify()
        assert not found
        assert any(versions[1].id in problem for problem in found.problems)


@pytest.mark.parametrize(
    "change",
    [
        "attributes = '{'",
        "attributes = '[{}]'",
        'attributes = \'[{"name": "x"\'',
        "attributes = '[1]'",
        "attributes = 'null'",
        "tags = '['",
        "explainability = '{'",
    ],
)
def test_a_row_that_cannot_be_read_is_told_and_does_not_hide_the_others(root, versions, change):
    alter(root, f"UPDATE model SET {change} WHERE id = ?", versions[1].id)
    with mg.connect(root) as connection:
        with pytest.raises(CatalogCorruptError, match=versions[1].id):
            _ = connection.get_model(versions[1].id).attributes
        for seed in (1, 3):
            assert crew.is_whole(connection.get_model(versions[seed - 1].id), seed)
        assert any(versions[1].id in problem for problem in connection.verify().problems)


@pytest.mark.parametrize("digest", ["../../stranger", "/etc/hostname", "", "x" * 64, b"x"])
def test_a_snapshot_of_a_name_that_we_never_gave_is_not_looked_for(root, versions, digest):
    path = snapshot(root, versions[1])
    with closing(sqlite3.connect(root / "catalog.db")) as catalog, catalog:
        for table in ("snapshot", "reference_file"):
            catalog.execute(f"UPDATE {table} SET digest = ? WHERE digest = ?", (digest, path.stem))
    with mg.connect(root) as connection:
        with pytest.raises(CatalogCorruptError, match="SHA-256"):
            connection.get_model(versions[1].id).reference_data()
        assert len(connection.verify().problems) == 1
        check_others(connection, versions, but=versions[1])


def test_a_version_that_was_deleted_behind_the_back_is_noticed(root, versions):
    alter(root, "DELETE FROM model WHERE id = ?", versions[1].id)
    with mg.connect(root) as connection:
        assert not connection.verify()
        assert crew.is_whole(connection.get_model(versions[0].id), 1)


def test_a_reference_set_that_was_deleted_behind_the_back_is_noticed(root, versions):
    statement = (
        "DELETE FROM reference_file WHERE set_serial = "
        "(SELECT serial FROM reference_set WHERE model_id = ?)"
    )
    alter(root, statement, versions[1].id)
    with mg.connect(root) as connection:
        assert any(versions[1].id in problem for problem in connection.verify().problems)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", NotARegistryError),
        (b"a text\n", NotARegistryError),
        (b"SQLite format 3\x00" + bytes(20), NotARegistryError),
    ],
)
def test_a_catalog_that_is_something_else_is_refused_and_left_alone(root, versions, content, error):
    (root / "catalog.db").write_bytes(content)
    before = crew.listing(root)
    for read_only in (False, True):
        with pytest.raises(error, match=r"catalog\.db"):
            mg.connect(root, read_only=read_only)
    assert crew.listing(root) == before


def test_a_catalog_of_another_program_is_refused_and_left_alone(root, versions):
    path = root / "catalog.db"
    path.unlink()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE model (id)")
    before = crew.listing(root)
    with pytest.raises(NotARegistryError, match="another program"):
        mg.connect(root)
    assert crew.listing(root) == before


def is_told(root):
    """Whether a damaged catalog is refused, or else verify() finds it damaged."""
    try:
        with mg.connect(root) as connection:
            return not connection.verify()
    except CatalogCorruptError as error:
        return "catalog.db" in str(error)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_catalog_that_was_cut_off_is_told(root, versions, share):
    path = root / "catalog.db"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert is_told(root)


def test_damaged_pages_of_the_catalog_raise_errors_of_ours_only(root, versions):
    """Whatever is read from a damaged catalog is told, or is as it was."""
    path = root / "catalog.db"
    content = path.read_bytes()
    chance = random.Random(3)
    for _ in range(60):
        altered = bytearray(content)
        for _ in range(20):
            altered[chance.randrange(100, len(content))] = chance.randrange(256)
        path.write_bytes(altered)
        for rest in root.glob("catalog.db-*"):
            rest.unlink()
        try:
            with mg.connect(root) as connection:
                connection.verify()
                for seed, version in enumerate(versions, start=1):
                    crew.is_whole(connection.get_model(version.id), seed)
        except mg.errors.ModelGroupsError:
            pass
