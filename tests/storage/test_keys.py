"""Keys of ids and their indexes, beside plain dicts."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelgroups.errors import SnapshotCorruptError
from modelgroups.storage import joins
from modelgroups.storage.key_runs import merge_indexes, sharing_parts
from modelgroups.storage.keys import KEY_BYTES, KeyIndex, Keys, keys_of

FEW_IDS = st.lists(st.sampled_from("abcdefgh"), max_size=12)
ANY_IDS = st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=12)
IDS = st.one_of(FEW_IDS, ANY_IDS)


def rows_by_id(ids):
    rows = defaultdict(list)
    for row, id_ in enumerate(ids):
        rows[id_].append(row)
    return rows


def collided(ids):
    """Return keys whose first halves are all alike: only the second tell ids apart."""
    keys = keys_of(ids)
    return Keys(np.zeros_like(keys.high), keys.low)


# --- keys ---------------------------------------------------------------------------------


@given(ANY_IDS)
def test_keys_are_equal_where_ids_are(ids):
    keys = keys_of(ids).as_bytes()
    assert {len(key) for key in keys} <= {KEY_BYTES}
    for one, key in zip(ids, keys, strict=True):
        for other, its in zip(ids, keys, strict=True):
            assert (one == other) == (key == its)


@given(ANY_IDS)
def test_keys_do_not_depend_on_how_ids_lie_in_memory(ids):
    expected = keys_of(ids).as_bytes()
    array = pa.array(ids, pa.string())
    padded = pa.array(["x", *ids, "y"], pa.string())
    for same in (
        array,
        padded.slice(1, len(ids)),
        pa.chunked_array([array]),
        pa.chunked_array([array.slice(0, 1), array.slice(1)]),
        array.cast(pa.large_string()),
    ):
        assert keys_of(same).as_bytes() == expected
    assert [keys_of([id_]).as_bytes()[0] for id_ in ids] == expected


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=8))
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_few_ids_have_the_keys_that_they_have_among_many(kind, ids):
    many = pa.array([*ids, *map(str, range(20))], kind)
    expected = keys_of(many).as_bytes()
    assert keys_of(many[: len(ids)]).as_bytes() == expected[: len(ids)]
    assert keys_of(many[len(ids) : len(ids) + 3]).as_bytes() == expected[len(ids) :][:3]


def test_ids_that_are_alike_have_other_keys():
    ids = ["", "\0", "\0\0", "a", "a\0", "a" * 8, "a" * 9, "a" * 16, "aaaaaaaa\0", "é", "e\u0301"]
    ids += [f"{number}" for number in range(20_000)] + [f"{number:010}" for number in range(20_000)]
    keys = keys_of(ids)
    assert len(set(keys.as_bytes())) == len(ids)
    assert len(np.unique(keys.high)) == len(np.unique(keys.low)) == len(ids)


@given(IDS)
def test_bytes_are_keys_again(ids):
    keys = keys_of(ids)
    again = Keys.from_bytes(keys.as_bytes())
    assert again.high.tolist() == keys.high.tolist()
    assert again.low.tolist() == keys.low.tolist()


@given(IDS)
def test_the_bytes_of_keys_sort_as_keys_do(ids):
    keys = keys_of(ids)
    by_bytes = sorted(keys.as_bytes())
    assert keys[keys.order].as_bytes() == by_bytes


@given(st.lists(FEW_IDS, max_size=4))
def test_parts_are_joined_in_their_order(parts):
    joined = Keys.concat([keys_of(part) for part in parts])
    assert joined.as_bytes() == keys_of([id_ for part in parts for id_ in part]).as_bytes()


@pytest.mark.parametrize("make", [keys_of, collided])
@given(ids=IDS)
def test_repeats_are_the_rows_whose_id_came_before(make, ids):
    later, first = make(ids).repeats()
    expected = [(row, rows[0]) for rows in rows_by_id(ids).values() for row in rows[1:]]
    assert list(zip(later.tolist(), first.tolist(), strict=True)) == sorted(expected)


# --- indexes ------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [keys_of, collided])
@given(ids=IDS, wanted=FEW_IDS, twice=st.booleans())
def test_an_index_finds_the_rows_of_ids(make, ids, wanted, twice):
    wanted = [*wanted, *ids[::2]] * (1 + twice)
    known = rows_by_id(ids)
    index = KeyIndex.of(make(ids))
    which, rows = index.matches(make(wanted))
    pairs = [(n, row) for n, id_ in enumerate(wanted) for row in known.get(id_, [])]
    assert list(zip(which.tolist(), rows.tolist(), strict=True)) == pairs
    firsts = [known[id_][0] if id_ in known else -1 for id_ in wanted]
    assert index.rows(make(wanted)).tolist() == firsts
    assert [int(index.rows(make([id_]))[0]) for id_ in wanted] == firsts
    assert len(index) == len(ids)


@settings(max_examples=50)
@given(ids=IDS)
def test_an_index_is_read_as_it_was_written(tmp_path_factory, ids):
    path = tmp_path_factory.mktemp("keys") / "index.npy"
    KeyIndex.of(keys_of(ids)).write(path, durable=False)
    assert KeyIndex.load(path).rows(keys_of(ids)).tolist() == [ids.index(id_) for id_ in ids]


@pytest.mark.parametrize("n_pieces", [1, 3])
@settings(max_examples=50)
@given(parts=st.lists(st.tuples(IDS, st.integers(0, 2**12 - 1)), min_size=1, max_size=4))
def test_merged_indexes_know_the_rows_that_are_left(tmp_path_factory, n_pieces, parts):
    path = tmp_path_factory.mktemp("keys") / "merged.npy"
    given_, left = [], []
    for ids, deleted in parts:
        kept = np.array([not deleted >> row & 1 for row in range(len(ids))], dtype=bool)
        offset = len(left)
        index = KeyIndex.of(keys_of(ids))
        if kept.all():
            given_.append((index, offset))
        else:
            given_.append((index, np.where(kept, offset + np.cumsum(kept) - 1, -1)))
        left += [id_ for id_, stays in zip(ids, kept, strict=True) if stays]
    with pytest.MonkeyPatch.context() as patch:
        n_entries = sum(len(ids) for ids, _ in parts)
        limit = max(1, n_entries // n_pieces)
        patch.setattr("modelgroups.storage.key_runs.ENTRIES_AT_ONCE", limit)
        merge_indexes(path, given_, len(left), durable=False)
    merged = KeyIndex.load(path)
    which, rows = merged.matches(keys_of(left))
    known = rows_by_id(left)
    expected = [(n, row) for n, id_ in enumerate(left) for row in known[id_]]
    assert list(zip(which.tolist(), rows.tolist(), strict=True)) == expected
    gone = {id_ for ids, _ in parts for id_ in ids} - set(left)
    assert (merged.rows(keys_of(sorted(gone))) == -1).all()


@pytest.mark.parametrize("content", [b"", b"not an index", b"\x93NUMPY"])
def test_a_file_that_is_no_index_is_told(tmp_path, content):
    path = tmp_path / "index.npy"
    path.write_bytes(content)
    with pytest.raises(SnapshotCorruptError, match=r"index\.npy"):
        KeyIndex.load(path)


@pytest.mark.parametrize(
    "array", [np.zeros((3, 2)), np.zeros((2, 2), np.uint64), np.zeros(3, np.uint64)]
)
def test_an_array_that_is_no_index_is_told(tmp_path, array):
    np.save(tmp_path / "index.npy", array)
    with pytest.raises(SnapshotCorruptError, match=r"index\.npy"):
        KeyIndex.load(tmp_path / "index.npy")


# --- joins --------------------------------------------------------------------------------


def expected_pairs(ours, theirs):
    """Return the pairs of rows with one id, by plain dicts."""
    rows = rows_by_id(theirs)
    return sorted((row, other) for row, id_ in enumerate(ours) for other in rows[id_])


@given(IDS, IDS, st.sampled_from([keys_of, collided]), st.sampled_from([1, 3, 1 << 21]))
def test_a_join_finds_every_pair_of_rows_with_one_id(ours, theirs, make, limit):
    index, other = KeyIndex.of(make(ours)), KeyIndex.of(make(theirs))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modelgroups.storage.keys.ENTRIES_AT_ONCE", limit)
        rows, others = index.join(other)
    assert sorted(zip(rows.tolist(), others.tolist(), strict=True)) == expected_pairs(ours, theirs)


def test_joins_are_kept_within_bounds(monkeypatch):
    monkeypatch.setattr(joins, "_MOST_PAIRS", 5)
    files = {name: KeyIndex.of(keys_of(["a", "b", "c"][:n])) for n, name in enumerate("_xyz")}
    kept = joins.Joins()

    def pairs(left, right):
        return kept.pairs(left, files[left], right, files[right])

    first, second = pairs("x", "z"), pairs("y", "z")
    assert [len(rows) for rows in first] == [1, 1]
    assert [len(rows) for rows in second] == [2, 2]
    assert pairs("x", "z") is first
    assert len(pairs("z", "z")[0]) == 3  # which is too much beside both
    assert pairs("x", "z") is first
    assert pairs("y", "z") is not second


@pytest.mark.parametrize("limit", [3, 1 << 21])
@given(
    parts=st.lists(
        st.fixed_dictionaries({}, optional={"x": FEW_IDS, "y": FEW_IDS}), min_size=1, max_size=5
    )
)
def test_parts_that_share_ids_are_found(limit, parts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modelgroups.storage.key_runs.ENTRIES_AT_ONCE", limit)
        indexes = [
            {what: KeyIndex.of(keys_of(ids)) for what, ids in part.items()} for part in parts
        ]
        found = sharing_parts(indexes)
    expected = set()
    for later, part in enumerate(parts):
        for id_ in {id_ for ids in part.values() for id_ in ids}:
            for what in ("x", "y"):
                holders = [n for n in range(later) if id_ in parts[n].get(what, [])]
                expected |= {(first, later) for first in holders[:1]}
    assert found == sorted(expected)
