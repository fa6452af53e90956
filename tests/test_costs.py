"""What an operation costs does not grow with the number of versions, nor does its answer differ.

Costs are counted, not timed: the statements that an operation sends, and that SQLite
answers each by searching an index, never by going through all the versions.
"""

from contextlib import contextmanager

import pandas as pd
import pytest
from sqlalchemy import Engine, event

import modelgroups as mg

FRAME = pd.DataFrame({"age": [31, 47], "p": [0.2, 0.9], "y": [0, 1]})


def unsaved(connection, number=0, **fields):
    model = connection.model(
        f"m-{number}", "TABULAR", "MULTICLASS", display_name="Card fraud", **fields
    )
    model.build(FRAME, {"p": 1}, ground_truth_column="y", set_reference_data=False)
    return model


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@contextmanager
def statements():
    """Collect the statements that SQLite runs, with the values in place."""
    traced, sent = [], []

    def trace(connection):
        raw = connection.connection.dbapi_connection
        raw.set_trace_callback(sent.append)
        traced.append(raw)

    event.listen(Engine, "engine_connect", trace)
    try:
        yield sent
    finally:
        event.remove(Engine, "engine_connect", trace)
        for raw in traced:
            raw.set_trace_callback(None)


def plans(connection, sent) -> list[str]:
    found = []
    with connection.registry.catalog.read() as session:
        raw = session.connection().connection.dbapi_connection
        for statement in sent:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                steps = raw.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
                found += [step[3] for step in steps]
    return found


def save_one(connection, group, number):
    model = unsaved(connection, number)
    group.add_version(model, label=f"V{number}")
    model.save()
    return model


def change_tags(connection, group):
    version = group.get_version(sequence_num=1)
    version.tags = ["new"]
    version.update()


def archive_and_restore(connection, group):
    version = group.get_version(sequence_num=1)
    version.archive()
    version.restore()


def promote_and_roll_back(connection, group):
    for number in (1, 2):
        group.promote(number, if_current=None if number == 1 else 1)
    group.rollback()


OPERATIONS = {
    "promote and roll back": promote_and_roll_back,
    "get the champion": lambda connection, group: group.champion(),
    "get by alias": lambda connection, group: group.get_version(alias="challenger"),
    "get by label": lambda connection, group: group.get_version(label="V1"),
    "get by number": lambda connection, group: group.get_version(sequence_num=1),
    "get the latest": lambda connection, group: group.get_latest_version(),
    "get by id": lambda connection, group: connection.get_model(group.get_latest_version().id),
    "get by partner id": lambda connection, group: connection.get_model("m-1", "partner_model_id"),
    "get the group": lambda connection, group: connection.get_model_group(group.id),
    "get the group by name": lambda connection, group: connection.get_model_group("Card fraud"),
    "rename the group": lambda connection, group: setattr(group, "description", "new"),
    "tag": change_tags,
    "archive and restore": archive_and_restore,
    "save": lambda connection, group: save_one(connection, group, 10_000),
    "find by label": lambda connection, group: connection.models(label="V1"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_sends_as_many_statements_to_many_versions_as_to_few(name):
    counts = []
    for n_versions in (2, 40):
        with mg.connect(":memory:") as connection:
            first = unsaved(connection, 1)
            first.version_label = "V1"
            first.save()
            group = connection.get_model_group(first)
            for number in range(2, n_versions + 1):
                save_one(connection, group, number)
            group.set_alias("challenger", 2)
            with statements() as sent:
                OPERATIONS[name](connection, group)
            counts.append(len(sent))
            scans = [step for step in plans(connection, sent) if step.startswith("SCAN")]
            assert scans == []
    assert counts[0] == counts[1] > 0


def test_a_search_and_a_get_give_the_same_record(connection):
    model = unsaved(connection, 1, tags=["cards"], description="first")
    model.version_label = "V1"
    model.save()
    group = connection.get_model_group(model)
    ways = [
        connection.get_model(model.id),
        connection.get_model("m-1", "partner_model_id"),
        *connection.models(tag="cards"),
        *group.get_versions(),
        *group.list_versions(),
        group.get_version(label="V1"),
        group.get_version(sequence_num=1),
        group.get_latest_version(),
    ]
    assert len(ways) == 8
    assert all(found == model for found in ways)


def test_the_latest_version_is_the_last_that_was_saved_however_fast(connection):
    first = unsaved(connection, 0)
    first.save()
    group = connection.get_model_group(first)
    for number in range(1, 50):
        saved = save_one(connection, group, number)
        assert group.get_latest_version().id == saved.id
    numbers = [version.version_sequence_num for version in group.get_versions()]
    assert numbers == list(range(50, 0, -1))
