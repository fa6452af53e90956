"""Statements that go straight to the driver give what SQLAlchemy's own way gives."""

import pytest
from sqlalchemy import bindparam, create_engine, event, select, update
from sqlalchemy.dialects import postgresql
from sqlmodel import Session

from modelgroups.catalog.log_tables import METADATA
from modelgroups.catalog.prepared import Prepared, _Compiled, inserting
from modelgroups.catalog.tables import GroupRow, table

GROUP = table(GroupRow)
ROW = {
    "id": "g-1",
    "name": "Card fraud",
    "description": None,
    "last_sequence_num": 4,
    "created_at": "2026-01-31",
    "updated_at": "2026-01-31",
    "archived_at": None,
}
INSERT = inserting(GROUP, but="serial").returning(GROUP.c.serial)
NEXT = (
    update(GROUP)
    .where(GROUP.c.id == bindparam("key"))
    .values(last_sequence_num=GROUP.c.last_sequence_num + 1)
    .returning(GROUP.c.last_sequence_num)
)


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_a_row_is_inserted_changed_and_read(session):
    serial = Prepared(INSERT).scalar(session, ROW)
    assert Prepared(NEXT).scalar(session, {"key": "g-1"}) == 5
    found = session.execute(select(GROUP)).one()._asdict()
    assert found == ROW | {"serial": serial, "last_sequence_num": 5}


def test_an_answer_without_a_row_is_none_or_an_error(session):
    assert Prepared(NEXT).first(session, {"key": "g-2"}) is None
    with pytest.raises(LookupError, match="no row came back from UPDATE model_group"):
        Prepared(NEXT).scalar(session, {"key": "g-2"})


def test_many_rows_go_at_once_and_back_with_the_transaction(session):
    insertion = Prepared(inserting(GROUP, but="serial"))
    insertion.run_many(session, [ROW | {"id": f"g-{number}"} for number in range(3)])
    assert session.execute(select(GROUP.c.id)).scalars().all() == ["g-0", "g-1", "g-2"]
    session.rollback()
    assert session.execute(select(GROUP)).all() == []


def test_rows_are_read_one_by_one(session):
    insertion = Prepared(inserting(GROUP, but="serial"))
    insertion.run_many(session, [ROW | {"id": f"g-{number}"} for number in range(3)])
    every = Prepared(select(GROUP.c.id).order_by(GROUP.c.serial))
    assert list(every.rows(session, {})) == [("g-0",), ("g-1",), ("g-2",)]
    assert next(every.rows(session, {})) == ("g-0",)


def test_a_value_that_is_not_given_is_an_error_not_a_null(session):
    with pytest.raises(KeyError, match="name"):
        Prepared(INSERT).run(session, {key: ROW[key] for key in ROW if key != "name"})


def test_it_takes_part_in_the_transaction_of_the_session(session):
    begun = []
    event.listen(session.get_bind(), "begin", begun.append)
    Prepared(INSERT).run(session, ROW)
    session.execute(select(GROUP))
    assert len(begun) == 1


def test_it_is_written_in_the_words_of_other_databases_too():
    compiled = _Compiled(NEXT, postgresql.dialect())
    assert "%(key)s" in compiled.text
    assert compiled.arranged({"key": "g-1"}) == {"key": "g-1", "last_sequence_num_1": 1}
