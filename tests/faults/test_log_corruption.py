"""What was altered in the files of a log is noticed, named, and harms no other log."""

from __future__ import annotations

import random
from contextlib import suppress

import crew
import log_crew
import numpy as np
import pytest
from log_crew import check_log, id_of

import modelgroups as mg
from modelgroups.catalog import logs, segments
from modelgroups.errors import ModelGroupsError, SnapshotCorruptError, SnapshotMissingError

N = 600
ALL = dict.fromkeys(range(N + 5), 0)


@pytest.fixture
def models(root):
    """Two logs, each with a segment of inferences and one of ground truths, and some parcels."""
    with mg.connect(root) as connection:
        models = [crew.save_version(connection, seed) for seed in (0, 0)]
        for model in models:
            model.send_inferences(log_crew.inferences(range(N)))
            model.update_inference_ground_truths(log_crew.truths(range(N)))
            model.send_inferences(log_crew.inferences(range(N, N + 5)))
            model.update_inference_ground_truths(log_crew.truths(range(N, N + 5)))
        return models


def paths(connection, model, kind):
    """The rows and the index of the one segment of a kind."""
    with connection.registry.catalog.read() as session:
        log = logs.find(session, model.id)
        [found] = [s for s in segments.live(session, log.serial) if s.kind == kind]
    folder = connection.registry.root / "inferences" / model.id
    return folder / f"{found.id}.parquet", folder / f"{found.id}.keys.npy"


def check_told(connection, broken, other, path):
    """verify() names the file, and the other log answers."""
    (problem,) = connection.verify().problems
    assert path.name in problem
    check_log(connection.get_model(other.id), ALL, ALL)
    with pytest.raises((SnapshotCorruptError, SnapshotMissingError), match=path.stem[:32]):
        connection.get_model(broken.id).compact()


def read_all(model):
    return model.inferences([*log_crew.COLUMNS, *log_crew.TRUTHS])


@pytest.mark.parametrize("kind", ["inference", "ground_truth"])
def test_any_flipped_bit_of_the_rows_is_noticed(root, models, kind):
    broken, other = models
    chance = random.Random(kind)
    with mg.connect(root) as connection:
        path, _ = paths(connection, broken, kind)
        content = path.read_bytes()
        places = [0, len(content) - 1, len(content) - 6]
        places += [chance.randrange(len(content)) for _ in range(60)]
        expected = read_all(connection.get_model(broken.id))
        n_refused = 0
        for place in places:
            altered = bytearray(content)
            altered[place] ^= 1 << chance.randrange(8)
            path.write_bytes(altered)
            (problem,) = connection.verify().problems
            assert path.name in problem
            try:  # the bit may be one that is not read, such as of an id
                assert read_all(connection.get_model(broken.id)).equals(expected)
            except SnapshotCorruptError:
                n_refused += 1
        assert n_refused > 30
        check_told(connection, broken, other, path)


@pytest.mark.parametrize("size", [0, 4, 1_000])
def test_rows_that_were_cut_off_are_noticed(root, models, size):
    broken, other = models
    with mg.connect(root) as connection:
        path, _ = paths(connection, broken, "inference")
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(SnapshotCorruptError, match=path.name):
            read_all(connection.get_model(broken.id))
        check_told(connection, broken, other, path)


@pytest.mark.parametrize("which", [0, 1], ids=["rows", "index"])
@pytest.mark.parametrize("kind", ["inference", "ground_truth"])
def test_a_file_that_is_gone_is_noticed(root, models, which, kind):
    broken, other = models
    with mg.connect(root) as connection:
        path = paths(connection, broken, kind)[which]
        path.unlink()
        model = connection.get_model(broken.id)
        for use in (
            lambda: read_all(model),
            lambda: model.inference(id_of(1)),
            lambda: model.delete_inferences([id_of(1)]),
        ):
            with pytest.raises(SnapshotMissingError, match=path.name):
                use()
        check_told(connection, broken, other, path)


@pytest.mark.parametrize("size", [0, 50, 127, 1_000])
def test_an_index_that_was_cut_off_is_noticed(root, models, size):
    broken, other = models
    with mg.connect(root) as connection:
        _, path = paths(connection, broken, "inference")
        path.write_bytes(path.read_bytes()[:size])
        model = connection.get_model(broken.id)
        for use in (
            lambda: read_all(model),
            lambda: model.send_inferences(log_crew.inferences(range(300))),
            lambda: log_crew.send_one(model, 1),
        ):
            with pytest.raises(SnapshotCorruptError, match=path.name):
                use()
        check_told(connection, broken, other, path)


def test_damaged_indexes_raise_errors_of_ours_only_and_never_hang(root, models):
    """They are hashed by verify() and before they are merged, for a look into one must be short."""
    broken, other = models
    chance = random.Random(0)
    with mg.connect(root) as connection:
        _, path = paths(connection, broken, "inference")
        content = path.read_bytes()
    for _ in range(40):
        altered = bytearray(content)
        for _ in range(30):
            altered[chance.randrange(128, len(content))] = chance.randrange(256)
        path.write_bytes(altered)
        with mg.connect(root) as connection:
            model = connection.get_model(broken.id)
            (problem,) = connection.verify().problems
            assert path.name in problem
            for use in (
                lambda model=model: model.inference(id_of(chance.randrange(N))),
                lambda model=model: model.send_inferences(log_crew.inferences(range(300))),
            ):
                with suppress(ModelGroupsError):
                    use()
    with mg.connect(root) as connection:
        with pytest.raises(SnapshotCorruptError, match=path.name):
            connection.get_model(broken.id).compact()
        check_log(connection.get_model(other.id), ALL, ALL)


@pytest.mark.parametrize("row", [3, N, 2**40, 2**64 - 1])
def test_an_index_that_names_wrong_rows_is_told_by_a_retry(root, models, row):
    """Looking for ids ends, also where the index leads to rows of others for ever."""
    broken, _ = models
    with mg.connect(root) as connection:
        _, path = paths(connection, broken, "inference")
        lines = np.load(path)
        lines[2] = np.where(lines[2] < 400, row, lines[2])
        np.save(path.with_suffix(""), lines)
        assert path.stat().st_size == 128 + lines.nbytes
        model = connection.get_model(broken.id)
        for numbers in ([1], range(300)):
            with pytest.raises(SnapshotCorruptError, match=path.stem[:32]):
                model.send_inferences(log_crew.inferences(numbers))


def test_upkeep_that_meets_damage_goes_on_for_others(root, models):
    broken, other = models
    with mg.connect(root) as connection:
        path, _ = paths(connection, broken, "inference")
        content = bytearray(path.read_bytes())
        content[200] ^= 255
        path.write_bytes(content)
        for model in (connection.get_model(broken.id), connection.get_model(other.id)):
            for turn in range(1, 10):
                model.send_inferences(log_crew.inferences(range(turn * 1_000, turn * 1_000 + 300)))
        connection.registry.upkeep.wait()
        good, bad = (connection.get_model(m.id).summary(attributes=False) for m in (other, broken))
        assert good.n_inferences == bad.n_inferences == N + 5 + 9 * 300
        assert good.n_segments < bad.n_segments
