"""A bulk call of more rows than fit into memory: in pieces, and yet as if it were one."""

import tracemalloc
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modelgroups as mg
from modelgroups.inferences import accept, bulk

from .samples import classifier, day, log_of

SCHEMA = pa.schema(
    {
        "partner_inference_id": pa.string(),
        "age": pa.int64(),
        "p": pa.float64(),
        "y": pa.int64(),
        "inference_timestamp": pa.timestamp("us", "UTC"),
        "ground_truth_timestamp": pa.timestamp("us", "UTC"),
    }
)
ROWS = st.builds(
    lambda number, age, p, y, at: {
        "partner_inference_id": f"id {number}",
        "age": age,
        "p": p,
        "y": y,
        "inference_timestamp": day(0),
        "ground_truth_timestamp": None if y is None else day(at),
    },
    st.integers(0, 3),
    st.sampled_from([31, 31, 31, 47, None]),
    st.sampled_from([0.25, 0.25, 0.25, None]),
    st.sampled_from([0, 1, None]),
    st.integers(1, 3),
)
TABLES = st.lists(ROWS, max_size=8)


@contextmanager
def pieces_of(n_rows):
    """Take in so few rows at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "ROWS_PER_PIECE", n_rows)
        patch.setattr(bulk, "_FEW_TOGETHER", 0)
        patch.setattr(accept, "FEW", 0)
        yield


def stream(rows, n_rows, meanwhile=lambda: None):
    """Return rows as a stream of batches; before the last something else happens."""
    table = pa.Table.from_pylist(rows, SCHEMA)
    batches = table.to_batches(max_chunksize=n_rows)

    def flow():
        yield from batches[:-1]
        meanwhile()
        yield from batches[-1:]

    return pa.RecordBatchReader.from_batches(SCHEMA, flow())


def known_of(model):
    """Return all that a log says."""
    summary = model.summary()
    counts = summary.n_inferences, summary.n_ground_truths, summary.n_waiting
    return counts, log_of(model)


def send(model, rows):
    if rows:
        table = pa.Table.from_pylist(rows, SCHEMA)
        model.send_bulk_inferences(data=table, ignore_join_errors=True)


def send_truths(model, rows):
    found = [row for row in rows if row["y"] is not None]
    if found:
        table = pa.Table.from_pylist(found, SCHEMA)
        names = ["partner_inference_id", "y", "ground_truth_timestamp"]
        model.send_bulk_ground_truths(data=table.select(names))


def compare(before, truths, sent, n_rows, meanwhile=()):
    """Send rows in one piece and in several, and let both logs be equal."""
    with mg.connect(":memory:") as connection:
        whole, parted = (classifier(connection, name=name) for name in ("whole", "parted"))
        for model in (whole, parted):
            send(model, before)
            send_truths(model, truths)
        send(whole, meanwhile)
        expected = whole.send_bulk_inferences(data=stream(sent, 100), ignore_join_errors=True)
        with pieces_of(n_rows):
            rows = stream(sent, n_rows, lambda: send(parted, meanwhile))
            answer = parted.send_bulk_inferences(data=rows, ignore_join_errors=True)
        assert answer == expected
        assert known_of(parted) == known_of(whole)


@settings(deadline=None, max_examples=50)
@given(before=TABLES, truths=TABLES, sent=TABLES.filter(len), n_rows=st.integers(1, 4))
def test_a_call_in_pieces_does_what_it_does_in_one(before, truths, sent, n_rows):
    compare(before, truths, sent, n_rows)


@settings(deadline=None, max_examples=50)
@given(before=TABLES, sent=TABLES.filter(len), meanwhile=TABLES, n_rows=st.integers(1, 4))
def test_what_another_call_brings_meanwhile_came_before(before, sent, meanwhile, n_rows):
    contents = {}  # a call that contradicts itself could fail by more rows than in one piece
    sent = [contents.setdefault(row["partner_inference_id"], row) for row in sent]
    later = [row | {"ground_truth_timestamp": row["y"] and day(9)} for row in meanwhile]
    compare(before, [], sent, n_rows, [row | {"y": row["y"] or None} for row in later])


def test_a_call_holds_only_a_piece_in_memory(connection):
    held = []
    size = 4_000
    columns = {"age": np.arange(size), "p": np.full(size, 0.5), "y": np.ones(size, dtype=int)}

    def flow():
        for piece in range(40):
            held.append(tracemalloc.get_traced_memory()[0] + pa.total_allocated_bytes())
            ids = [f"a rather long id of {piece} {row}" for row in range(size)]
            yield pa.RecordBatch.from_pydict({"partner_inference_id": ids} | columns)

    first = next(flow())
    held.clear()
    reader = pa.RecordBatchReader.from_batches(first.schema, flow())
    tracemalloc.start()
    try:
        with pieces_of(size):
            model = classifier(connection)
            model.send_bulk_inferences(data=reader, ignore_join_errors=True)
    finally:
        tracemalloc.stop()
    assert model.summary().n_ground_truths == 40 * size
    assert (held[35] - held[10]) / 25 < first.nbytes / 4
