"""Model groups in the catalog."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, bindparam, func, select, update
from sqlmodel import Session

from modelgroups.catalog.matching import common_conditions
from modelgroups.catalog.prepared import Prepared, inserting
from modelgroups.catalog.records import GroupRecord
from modelgroups.catalog.tables import GroupRow, ModelRow, TagRow, table

__all__ = [
    "GroupFilter",
    "create",
    "find",
    "find_by_name",
    "first_named",
    "incomplete",
    "list_matching",
    "names",
    "next_sequence_num",
    "rewrite",
]

_GROUP = table(GroupRow).c
_MODEL = table(ModelRow).c
_TAG = table(TagRow).c


@dataclass(frozen=True, slots=True)
class GroupFilter:
    """Which groups to list. None asks for nothing; `archived=None` lists both kinds."""

    name: str | None = None
    tag: str | None = None
    input_type: str | None = None
    output_type: str | None = None
    archived: bool | None = False
    created_after: str | None = None
    created_before: str | None = None


def _select() -> Select[tuple[object, ...]]:
    return select(*(_GROUP[name] for name in GroupRecord._fields))


# Built once: building a statement takes longer than SQLite takes to answer it.
_BY_ID = Prepared(_select().where(_GROUP.id == bindparam("key")))
_NAMED = Prepared(
    select(_GROUP.id)
    .where(_GROUP.name == bindparam("name"), _GROUP.archived_at.is_(None))
    .order_by(_GROUP.serial)
)
_NAMES = select(_GROUP.name).where(_GROUP.archived_at.is_(None)).order_by(_GROUP.serial)
_INSERT = Prepared(inserting(table(GroupRow), but="serial"))
_NEXT = Prepared(
    update(table(GroupRow))
    .where(_GROUP.id == bindparam("key"))
    .values(last_sequence_num=_GROUP.last_sequence_num + 1)
    .returning(_GROUP.last_sequence_num)
)


def find(session: Session, group_id: str) -> GroupRecord | None:
    """Return the group with that id, or None."""
    row = _BY_ID.first(session, {"key": group_id})
    return GroupRecord._make(row) if row else None


def find_by_name(session: Session, name: str, *, archived: bool = False) -> list[GroupRecord]:
    """Return the groups of that name that are not archived, or that are, in order of creation."""
    is_wanted = _GROUP.archived_at.is_not(None) if archived else _GROUP.archived_at.is_(None)
    statement = _select().where(_GROUP.name == name, is_wanted)
    rows = session.execute(statement.order_by(_GROUP.serial))
    return [GroupRecord._make(row) for row in rows]


def first_named(session: Session, name: str) -> str | None:
    """Return the id of the first group of that name that is not archived, or None."""
    row = _NAMED.first(session, {"name": name})
    return None if row is None else str(row[0])


def names(session: Session) -> list[str]:
    """Return the names of the active groups."""
    return [row[0] for row in session.execute(_NAMES)]


def create(session: Session, record: GroupRecord) -> None:
    """Insert a group without versions."""
    _INSERT.run(session, record._asdict() | {"last_sequence_num": 0})


def next_sequence_num(session: Session, group_id: str) -> int:
    """Issue the group's next version number; it is never issued again."""
    return int(_NEXT.scalar(session, {"key": group_id}))


def rewrite(session: Session, group_id: str, **values: str | None) -> None:
    """Set columns of a group."""
    session.execute(update(table(GroupRow)).where(_GROUP.id == group_id).values(**values))


def incomplete(session: Session) -> list[tuple[str, int, int]]:
    """Return the groups that do not have every version that was numbered, with both counts."""
    n_versions = func.count(_MODEL.serial)
    statement = (
        select(_GROUP.id, _GROUP.last_sequence_num, n_versions)
        .select_from(table(GroupRow).outerjoin(table(ModelRow), _MODEL.group_id == _GROUP.id))
        .group_by(_GROUP.id, _GROUP.last_sequence_num)
        .having(n_versions != _GROUP.last_sequence_num)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def list_matching(
    session: Session, wanted: GroupFilter, *, after: str | None = None, limit: int | None = None
) -> list[GroupRecord]:
    """Return the groups that match, in order of creation.

    Parameters
    ----------
    session
        An open session.
    wanted
        What to look for.
    after
        Continue behind the group with this id: a page that begins at a key neither
        repeats nor skips when something is written between two pages.
    limit
        The most groups to return.
    """
    conditions = common_conditions(_GROUP, _GROUP.name, wanted, after)
    versions = select(_MODEL.group_id).where(_MODEL.group_id == _GROUP.id)
    if wanted.input_type is not None:
        conditions.append(versions.where(_MODEL.input_type == wanted.input_type).exists())
    if wanted.output_type is not None:
        conditions.append(versions.where(_MODEL.output_type == wanted.output_type).exists())
    if wanted.tag is not None:
        tagged = versions.where(_TAG.model_serial == _MODEL.serial, _TAG.tag == wanted.tag)
        conditions.append(tagged.exists())
    rows = session.execute(_select().where(*conditions).order_by(_GROUP.serial).limit(limit))
    return [GroupRecord._make(row) for row in rows]
