"""Parquet files: what goes in comes out, small, hashed, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import tracemalloc
import uuid
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelgroups.errors import SnapshotCorruptError, SnapshotMissingError, UserValueError
from modelgroups.storage import digest
from modelgroups.storage.digest import digest_file, sha256_of_file
from modelgroups.storage.parquet import (
    iter_batches,
    open_parquet,
    read_table,
    write_parquet,
    write_table,
)

MICROSECONDS_A_DAY = 86_400_000_000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "staging.parquet"


def columns_by_kind(n, seed=0):
    """One column of each kind of data that people keep, named."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=n)
    pick = rng.integers(0, 20, n)
    customers = rng.integers(0, n // 20 + 1, n)
    words = ["card", "used", "at", "night", "shop", "abroad", "twice"]
    times = pa.timestamp("us", tz="UTC")
    return {
        "random floats": pa.array(normal),
        "random float32": pa.array(normal.astype("f4")),
        **{f"rounded to {d}": pa.array(normal.round(d)) for d in range(1, 5)},
        **{f"thousands to {d}": pa.array((1000 * normal).round(d)) for d in range(1, 5)},
        "whole floats": pa.array(rng.integers(0, 1000, n).astype(float)),
        "half zeros": pa.array(np.where(rng.random(n) < 0.5, 0.0, normal)),
        "half nulls": pa.array(normal, mask=rng.random(n) < 0.5),
        "floats seen twice": pa.array(np.repeat(normal, 2)[:n]),
        "few distinct floats": pa.array(normal[:7][rng.integers(0, 7, n)]),
        "many distinct floats": pa.array(normal[: n // 2][rng.integers(0, n // 2, n)]),
        **{f"integers below {m}": pa.array(rng.integers(0, m, n)) for m in (2, 300, 10**5, 10**9)},
        "full range integers": pa.array(rng.integers(-(2**62), 2**62, n)),
        "int8": pa.array(rng.integers(-128, 127, n).astype("i1")),
        "uint64": pa.array(rng.integers(0, 2**64, n, dtype="u8")),
        "mostly zero integers": pa.array(
            np.where(rng.random(n) < 0.9, 0, rng.integers(0, 10**6, n))
        ),
        "sorted integers": pa.array(np.sort(rng.integers(0, 10**9, n))),
        "sorted few integers": pa.array(np.sort(rng.integers(0, 50, n))),
        "runs of integers": pa.array(np.repeat(rng.integers(0, 10**6, n), 50)[:n]),
        "row numbers": pa.array(np.arange(n)),
        "regular times": pa.array(np.arange(n) * 1_000_000 + 1_700_000_000_000_000, times),
        "random times": pa.array(rng.integers(0, 10**15, n), times),
        "days": pa.array(rng.integers(0, 365, n) * MICROSECONDS_A_DAY, times),
        "one day": pa.array(np.full(n, MICROSECONDS_A_DAY), times),
        "dates": pa.array(rng.integers(0, 10_000, n).astype("i4"), pa.date32()),
        "durations": pa.array(rng.integers(0, 10**6, n), pa.duration("us")),
        "booleans": pa.array(rng.random(n) < 0.5),
        "categories": pa.array(pick.astype(str)).dictionary_encode(),
        "few strings": pa.array([f"cat{i}" for i in pick]),
        "many strings": pa.array([f"customer {i}" for i in customers]),
        "unique strings": pa.array([f"user-{i:08d}" for i in range(n)]),
        "uuids": pa.array([str(uuid.UUID(bytes=rng.bytes(16))) for _ in range(n)]),
        "sentences": pa.array([" ".join(rng.choice(words, 6)) for _ in range(n)]),
        "random bytes": pa.array([rng.bytes(12) for _ in range(n)]),
        "empty strings": pa.array([""] * n),
        "rare strings": pa.array([None] * (n - 1) + ["here"]),
        "no values": pa.nulls(n, pa.float64()),
        "lists": pa.array([[x, x] for x in normal.tolist()]),
        "structs": pa.array([{"a": i, "b": str(i % 7)} for i in range(n)]),
    }


KINDS = list(columns_by_kind(8))


@pytest.fixture(scope="module", params=[300, 30_000])
def columns(request):
    return columns_by_kind(request.param)


def small_table(n=400):
    kinds = ["random floats", "thousands to 2", "integers below 100000", "few strings", "uuids"]
    kinds += ["random times", "booleans", "categories", "half nulls"]
    by_kind = columns_by_kind(n)
    return pa.table({kind: by_kind[kind] for kind in kinds})


def large_table():
    """Four megabytes that stay four megabytes."""
    rng = np.random.default_rng(0)
    return pa.table({f"f{i}": rng.random(60_000) for i in range(8)})


def by_default(table):
    """The bytes that pyarrow's defaults make of a table."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def encodings(path):
    """The encoding of each column's data pages, None standing for a dictionary."""
    group = pq.read_metadata(path).row_group(0)
    chunks = [group.column(i) for i in range(group.num_columns)]
    return {
        chunk.path_in_schema: None
        if chunk.has_dictionary_page
        else next(e for e in chunk.encodings if e != "RLE")
        for chunk in chunks
    }


@contextmanager
def largest_file(n_bytes):
    """Let no file of this process grow beyond a size, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def memory_pool():
    """Count what pyarrow allocates from here on."""
    before = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(before)
    pa.set_memory_pool(pool)
    try:
        yield pool
    finally:
        pa.set_memory_pool(before)


class TestSize:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_column_takes_no_more_room_than_with_the_defaults(self, columns, kind, path):
        table = pa.table({"x": columns[kind]})
        assert write_table(table, path, durable=False).size <= len(by_default(table))

    def test_a_table_of_everything_takes_no_more_room(self, columns, path):
        table = pa.table(columns)
        share = 1.0 if len(table) <= 2_000 else 0.8  # few rows: what costs time is left alone
        assert write_table(table, path, durable=False).size <= share * len(by_default(table))

    @pytest.mark.parametrize("distinct", [1, 200, 999, 1_000])
    def test_a_small_table_drops_dictionaries_of_floats_that_all_differ(self, distinct, path):
        floats = np.random.default_rng(0).random(distinct)[np.arange(1_000) % distinct]
        table = pa.table({"x": floats, "label": ["a", "b"] * 500, "boxes": [[0.5]] * 1_000})
        assert write_table(table, path, durable=False).size <= len(by_default(table))
        assert encodings(path)["x"] == ("PLAIN" if distinct == 1_000 else None)

    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.5])
    @pytest.mark.parametrize("make", [np.float64, np.int64, str])
    def test_no_share_of_distinct_values_makes_the_file_larger(self, make, share, seed, path):
        rng = np.random.default_rng(seed)
        distinct = rng.integers(-(2**40), 2**40, int(20_000 * share)).astype(np.float64)
        values = (distinct / 7)[rng.integers(0, len(distinct), 20_000)].astype(make)
        table = pa.table({"x": pa.array(values.tolist() if make is str else values)})
        assert write_table(table, path, durable=False).size <= len(by_default(table))

    def test_columns_that_repeat_keep_their_dictionary_and_others_lose_it(self, path):
        write_table(small_table(4_000), path, durable=False)
        assert encodings(path) == {
            "random floats": "PLAIN",
            "thousands to 2": "PLAIN",
            "integers below 100000": "DELTA_BINARY_PACKED",
            "few strings": None,
            "uuids": "DELTA_LENGTH_BYTE_ARRAY",
            "random times": "DELTA_BINARY_PACKED",
            "booleans": "PLAIN",
            "categories": None,
            "half nulls": "PLAIN",
        }

    def test_the_choice_does_not_depend_on_the_order_of_chunks(self, path):
        table = small_table(4_000)
        chunked = pa.concat_tables([table.slice(i, 37) for i in range(0, len(table), 37)])
        assert encodings(write_table(table, path).path) == encodings(
            write_table(chunked, path).path
        )

    def test_columns_that_share_a_name_are_written_as_pyarrow_would(self, path):
        table = pa.table(
            [pa.array([{"b": i} for i in range(99)]), list("ab") * 49 + ["c"]], ["a", "a.b"]
        )
        write_table(table, path)
        with open_parquet(path) as file:
            assert file.read().equals(table)


class TestRoundTrip:
    @pytest.mark.parametrize("kind", KINDS)
    def test_values_types_and_nulls_come_back(self, columns, kind, path):
        table = pa.table({"x": columns[kind]})
        write_table(table, path, durable=False)
        assert read_table(path).equals(table)
        assert pa.Table.from_batches(iter_batches(path, batch_size=1000)).equals(table)

    def test_every_bit_of_a_float_comes_back(self, path):
        bits = np.array([0, 1 << 63, 0x7FF0 << 48, 0x7FF8 << 48, 0x7FF8 << 48 | 5, 1], "u8")
        floats = np.tile(bits.view("f8"), 50)
        for values in (floats, np.concatenate([floats, np.random.default_rng(0).random(9999)])):
            write_table(pa.table({"x": values}), path, durable=False)
            assert read_table(path)["x"].to_numpy().tobytes() == values.tobytes()

    def test_extreme_integers_come_back(self, path):
        rng = np.random.default_rng(0)
        columns = {}
        for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
            limits = np.iinfo(name)
            ends = np.array([limits.min, limits.max], name)
            many = rng.integers(limits.min, limits.max, 3000, name, endpoint=True)
            columns[name] = np.concatenate([np.tile(ends, 500), many])
        table = pa.table(columns)
        write_table(table, path, durable=False)
        assert read_table(path).equals(table)

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(data=st.data())
    def test_any_table_comes_back(self, path, data):
        values = {
            pa.int64(): st.integers(-(2**63), 2**63 - 1),
            pa.int8(): st.integers(-128, 127),
            pa.float64(): st.floats(allow_nan=False),
            pa.string(): st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
            pa.binary(): st.binary(max_size=9),
            pa.bool_(): st.booleans(),
            pa.timestamp("ns", tz="UTC"): st.integers(-(2**62), 2**62),
            pa.date32(): st.integers(-(10**6), 10**6),
            pa.duration("us"): st.integers(-(10**12), 10**12),
            pa.dictionary(pa.int32(), pa.string()): st.sampled_from(["a", "b", "", "é"]),
            pa.list_(pa.float64()): st.lists(st.floats(allow_nan=False), max_size=3),
        }
        n = data.draw(st.integers(0, 60))
        types = data.draw(st.lists(st.sampled_from(list(values)), min_size=1, max_size=5))
        arrays = [
            pa.array(data.draw(st.lists(st.none() | values[t], min_size=n, max_size=n)), t)
            for t in types
        ]
        names = data.draw(
            st.lists(st.text(min_size=1), min_size=len(types), max_size=len(types), unique=True)
        )
        table = pa.table(
            arrays, names=[name.encode(errors="ignore").decode() or "_" for name in names]
        )
        cut = data.draw(st.integers(0, n))
        parts = [table.slice(0, cut), table.slice(cut)]
        written = write_parquet(parts, table.schema, path, durable=False)
        assert written.n_rows == table.num_rows
        assert read_table(path, digest=written.digest).equals(table)
        assert [*iter_batches(path)] == [] or pa.Table.from_batches(iter_batches(path)).equals(
            table
        )

    def test_metadata_of_the_schema_and_its_fields_are_kept(self, path):
        field = pa.field("x", pa.int64(), metadata={"unit": "EUR"})
        schema = pa.schema([field], metadata={"modelgroups": '{"é": 1}'})
        write_table(pa.table({"x": [1]}, schema=schema), path)
        assert read_table(path).schema.equals(schema, check_metadata=True)
        assert next(iter_batches(path)).schema.equals(schema, check_metadata=True)

    def test_no_tables_make_a_file_without_rows(self, path):
        schema = pa.schema([("x", pa.int64()), ("l", pa.list_(pa.string()))])
        assert write_parquet([], schema, path).n_rows == 0
        assert read_table(path).equals(schema.empty_table())

    def test_batches_are_taken_as_tables_are(self, path):
        table = small_table()
        written = write_parquet(iter(table.to_batches(100)), table.schema, path)
        assert written.n_rows == len(table)
        assert read_table(path).equals(table)

    def test_each_table_becomes_a_row_group(self, path):
        table = small_table()
        write_parquet([table, table.slice(0, 5)], table.schema, path)
        metadata = pq.read_metadata(path)
        groups = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        assert groups == [len(table), 5]


class TestColumns:
    @pytest.fixture
    def table(self, path):
        table = pa.table({"a": [1, 2], "a.b": [3, 4], "s": [{"a": 5, "b": 6}] * 2, "é": ["x", "y"]})
        write_table(table, path)
        return table

    @pytest.mark.parametrize("names", [["a"], ["a.b", "a"], ["é", "s"], []])
    def test_those_asked_for_come_in_the_order_asked(self, table, names, path):
        assert read_table(path, names).equals(table.select(names))
        (batch,) = iter_batches(path, names)
        assert batch.schema.names == names
        assert batch.num_rows == 2

    @pytest.mark.parametrize("read", [read_table, lambda *given: list(iter_batches(*given))])
    def test_unknown_ones_are_refused_with_those_there_are(self, table, read, path):
        with pytest.raises(UserValueError, match=r"no column 'b', 's.a'; choose from 'a', 'a.b'"):
            read(path, ["a", "b", "s.a"])


class TestDigest:
    def test_it_is_the_sha_256_of_the_bytes(self, path):
        for table in (small_table(10), large_table()):
            written = write_table(table, path)
            data = path.read_bytes()
            assert written.path == path
            assert written.digest == hashlib.sha256(data).hexdigest() == sha256_of_file(path)
            assert (written.size, written.n_rows) == (len(data), len(table))

    def test_it_covers_writes_of_all_sizes(self, path):
        rng = np.random.default_rng(0)
        pieces = [rng.bytes(int(n)) for n in rng.choice([0, 1, 70_000, 3 << 20], 40)]
        with digest_file(path) as file:
            for piece in pieces:
                assert file.write(piece) == len(piece)
        assert path.read_bytes() == b"".join(pieces)
        assert file.digest == hashlib.sha256(b"".join(pieces)).hexdigest()

    def test_only_large_files_start_a_thread(self, path, monkeypatch):
        started = []

        class Pool(digest.ThreadPoolExecutor):
            def __init__(self, *given):
                started.append(self)
                super().__init__(*given)

        monkeypatch.setattr(digest, "ThreadPoolExecutor", Pool)
        write_table(small_table(), path)
        assert started == []
        write_table(large_table(), path)
        assert len(started) == 1

    def test_equal_tables_give_equal_bytes(self, path):
        table = small_table(1000)
        shifted = pa.concat_tables([table.slice(0, 7), table]).combine_chunks().slice(7)
        chunked = pa.concat_tables([table.slice(0, 333), table.slice(333, 1), table.slice(334)])
        assert table.equals(shifted)
        assert table.equals(chunked)
        digests = {
            write_table(t, path).digest for t in (table, shifted, chunked, small_table(1000))
        }
        assert len(digests) == 1

    def test_a_longer_file_that_stood_there_leaves_nothing(self, path):
        table = small_table()
        fresh = write_table(table, path).digest
        path.write_bytes(b"x" * 1_000_000)
        assert write_table(table, path).digest == fresh == sha256_of_file(path)

    def test_a_durable_file_is_synced_complete(self, path, monkeypatch):
        sizes = []
        monkeypatch.setattr(os, "fsync", lambda fd: sizes.append(os.fstat(fd).st_size))
        write_table(small_table(), path, durable=False)
        assert sizes == []
        assert [write_table(small_table(), path).size] == sizes


class TestFailure:
    @pytest.mark.parametrize("error", [ValueError("bad part"), KeyboardInterrupt()])
    @pytest.mark.parametrize("make", [small_table, large_table])
    def test_an_error_between_two_tables_leaves_no_file(self, error, make, path):
        table = make()

        def parts():
            yield table
            assert path.exists()
            raise error

        with pytest.raises(type(error)):
            write_parquet(parts(), table.schema, path)
        assert not path.exists()

    @pytest.mark.parametrize(
        ("make", "limit"), [(small_table, 500), (large_table, 500), (large_table, 2_500_000)]
    )
    def test_a_disk_that_takes_no_more_is_an_os_error_and_leaves_no_file(self, make, limit, path):
        table = make()
        with largest_file(limit), pytest.raises(OSError, match="File too large") as caught:
            write_table(table, path)
        assert caught.value.errno == errno.EFBIG
        assert not path.exists()
        assert write_table(table, path).n_rows == len(table)  # and with room again it is written

    def test_a_failed_sync_leaves_no_file(self, path, monkeypatch):
        def fail(fd):
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            write_table(small_table(), path)
        assert not path.exists()

    def test_a_table_with_another_schema_leaves_no_file(self, path):
        table = small_table()
        with pytest.raises(ValueError, match="schema"):
            write_parquet([table, table.select(["uuids"])], table.schema, path)
        assert not path.exists()

    def test_a_missing_folder_is_an_os_error(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            write_table(small_table(), tmp_path / "no" / "where")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    table = small_table(200)
    return table, write_table(table, tmp_path_factory.mktemp("damage") / "good.parquet")


class TestDamage:
    def flips(self, data, *, stop, n, seed):
        """Yield the data n times, each time with another bit of its first bytes changed."""
        rng = np.random.default_rng(seed)
        for place, bit in zip(rng.integers(0, stop, n), rng.integers(0, 8, n), strict=True):
            changed = bytearray(data)
            changed[place] ^= 1 << int(bit)
            yield int(place), bytes(changed)

    def test_a_changed_bit_in_a_value_is_an_error_in_every_reader(self, stored, path):
        _, written = stored
        data = written.path.read_bytes()
        group = pq.read_metadata(written.path).row_group(0)
        values = sorted(group.column(0).total_compressed_size - k for k in range(1, 1000))
        for place in values[::40]:
            path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
            with pytest.raises(SnapshotCorruptError, match=r"CRC.*restore it from a backup"):
                read_table(path)
            with pytest.raises(SnapshotCorruptError, match=r"staging\.parquet is damaged"):
                list(iter_batches(path))
            with open_parquet(path) as file, pytest.raises(SnapshotCorruptError, match="CRC"):
                file.read()

    def test_a_changed_bit_in_the_pages_is_an_error_or_changes_nothing(self, stored, path):
        table, written = stored
        data = written.path.read_bytes()
        footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        errors = 0
        for place, changed in self.flips(data, stop=footer, n=400, seed=1):
            path.write_bytes(changed)
            try:
                back = read_table(path)
            except SnapshotCorruptError:
                errors += 1
            else:
                assert back.equals(table), f"silently different after a change at byte {place}"
        assert errors > 350  # a few bits of a page's head have no meaning

    def test_with_the_digest_a_changed_bit_anywhere_is_an_error(self, stored, path):
        _, written = stored
        data = written.path.read_bytes()
        for _, changed in self.flips(data, stop=len(data), n=200, seed=2):
            path.write_bytes(changed)
            with pytest.raises(SnapshotCorruptError, match=f"not {written.digest}"):
                read_table(path, digest=written.digest)

    def test_without_it_a_changed_footer_gives_no_other_exception(self, stored, path):
        _, written = stored
        data = written.path.read_bytes()
        footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        errors = 0
        for _, changed in self.flips(data[::-1], stop=len(data) - footer, n=300, seed=3):
            path.write_bytes(changed[::-1])
            try:
                read_table(path)
            except SnapshotCorruptError:
                errors += 1
        assert errors > 100

    @pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
    def test_a_cut_file_is_an_error_in_every_reader(self, stored, share, path):
        _, written = stored
        path.write_bytes(written.path.read_bytes()[: int(written.size * share)])
        for read in (open_parquet, read_table, lambda path: list(iter_batches(path))):
            with pytest.raises(SnapshotCorruptError, match="restore it from a backup"):
                read(path)

    def test_a_missing_file_is_another_error(self, path):
        for read in (open_parquet, read_table, lambda path: list(iter_batches(path))):
            with pytest.raises(SnapshotMissingError, match=r"no file .*staging\.parquet"):
                read(path)

    def test_a_changed_file_is_not_opened_with_its_digest(self, stored, path):
        _, written = stored
        path.write_bytes(written.path.read_bytes() + b"x")
        for read in (open_parquet, read_table, lambda *a, **k: list(iter_batches(*a, **k))):
            assert read(written.path, digest=written.digest)
            with pytest.raises(SnapshotCorruptError, match="SHA-256"):
                read(path, digest=written.digest)


class TestMemory:
    def test_writing_a_stream_holds_a_part_at_a_time(self, path):
        def parts(pool):
            for seed in range(30):
                yield pa.table({"x": np.random.default_rng(seed).random(200_000)})
                held.append(pool.bytes_allocated())

        held = []
        schema = pa.schema([("x", pa.float64())])
        tracemalloc.start()
        try:
            with memory_pool() as pool:
                written = write_parquet(parts(pool), schema, path, durable=False)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert written.size > 45_000_000
        assert max(held) < 8_000_000
        assert peak < 12_000_000  # a part of 1.6 MB, and the lots on their way to the disk

    def test_writing_a_table_needs_less_than_half_its_size(self, path):
        n = 400_000
        rng = np.random.default_rng(0)
        few = pa.array(rng.choice([f"cat{i}" for i in range(20)], n))
        floats = {f"f{i}": rng.normal(size=n) for i in range(5)}
        table = pa.table({**floats, "few": few, "id": np.arange(n)})
        tracemalloc.start()
        try:
            with memory_pool() as pool:
                write_table(table, path, durable=False)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert pool.max_memory() + peak < 0.5 * table.nbytes

    def test_reading_batches_does_not_load_a_row_group(self, path):
        table = pa.table({f"f{i}": np.random.default_rng(i).random(300_000) for i in range(8)})
        write_table(table, path, durable=False)
        with memory_pool() as pool:
            rows = sum(batch.num_rows for batch in iter_batches(path, batch_size=10_000))
        assert rows == len(table)
        assert pool.max_memory() < 0.4 * table.nbytes
