"""Versions in the catalog: one model row each, and the tables that find it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, null, select, update
from sqlmodel import Session

from modelgroups.catalog.documents import dump, load_tags
from modelgroups.catalog.matching import common_conditions
from modelgroups.catalog.prepared import Prepared, inserting
from modelgroups.catalog.records import ModelRecord
from modelgroups.catalog.tables import AttributeRow, ModelRow, SchemaRow, TagRow, table

__all__ = [
    "Entries",
    "ModelFilter",
    "archive",
    "archive_all",
    "attributes_document",
    "count_versions",
    "create",
    "entries_of",
    "find",
    "find_by_partner_id",
    "find_version",
    "fingerprint",
    "index",
    "is_as_saved",
    "latest_version",
    "list_matching",
    "list_versions",
    "number_and_label",
    "partner_id_is_taken",
    "restore",
    "restore_all",
    "rewrite",
    "stored_fingerprints",
]

_MODEL = table(ModelRow).c
_ATTRIBUTE = table(AttributeRow).c
_SCHEMA = table(SchemaRow).c
_TAG = table(TagRow).c

_FINGERPRINTED = tuple(
    name for name in ModelRecord._fields if name not in {"updated_at", "archived_at"}
)


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """Which versions to list. None asks for nothing; `archived=None` lists both kinds."""

    name: str | None = None
    group_id: str | None = None
    tag: str | None = None
    input_type: str | None = None
    output_type: str | None = None
    label: str | None = None
    attribute: str | None = None
    partner_model_id: str | None = None
    archived: bool | None = False
    created_after: str | None = None
    created_before: str | None = None


class Entries(NamedTuple):
    """What finds a version: the names of its attributes, with the digest of them, and its tags."""

    names: tuple[str, ...]
    schema_digest: str
    tags: tuple[str, ...]


def _select(*, with_attributes: bool = True) -> Select[tuple[Any, ...]]:
    columns = [_MODEL[name] for name in ModelRecord._fields if name != "attributes"]
    return select(*columns, _MODEL.attributes if with_attributes else null())


# Built once: building a statement takes longer than SQLite takes to answer it.
_BY_ID = _select().where(_MODEL.id == bindparam("key"))
_BY_PARTNER_ID = _select().where(_MODEL.active_partner_model_id == bindparam("key"))
_OF_GROUP = _select().where(_MODEL.group_id == bindparam("group"))
_BY_NUMBER = _OF_GROUP.where(_MODEL.sequence_num == bindparam("key"))
_BY_LABEL = _OF_GROUP.where(_MODEL.label == bindparam("key"))
_LATEST = _OF_GROUP.order_by(_MODEL.sequence_num.desc()).limit(1)
_LATEST_ACTIVE = _LATEST.where(_MODEL.archived_at.is_(None))
_ATTRIBUTES = select(_MODEL.attributes).where(_MODEL.id == bindparam("key"))
_NUMBER = Prepared(select(_MODEL.sequence_num, _MODEL.label).where(_MODEL.id == bindparam("key")))
_HOLDER = Prepared(select(_MODEL.id).where(_MODEL.active_partner_model_id == bindparam("key")))
_INSERT = Prepared(inserting(table(ModelRow), but="serial").returning(_MODEL.serial))
_KNOWN_SCHEMA = Prepared(
    select(_ATTRIBUTE.name).where(
        _ATTRIBUTE.name == bindparam("name"), _ATTRIBUTE.schema_digest == bindparam("digest")
    )
)
_INSERT_ATTRIBUTE = Prepared(inserting(table(AttributeRow)))
_INSERT_SCHEMA = Prepared(inserting(table(SchemaRow)))
_INSERT_TAG = Prepared(inserting(table(TagRow)))


def _first(
    session: Session, statement: Select[tuple[Any, ...]], **values: object
) -> ModelRecord | None:
    row = session.execute(statement, values).first()
    return ModelRecord._make(row) if row else None


def find(session: Session, model_id: str) -> ModelRecord | None:
    """Return the version with that id, or None."""
    return _first(session, _BY_ID, key=model_id)


def find_by_partner_id(session: Session, partner_model_id: str) -> ModelRecord | None:
    """Return the active version with that partner id, or None."""
    return _first(session, _BY_PARTNER_ID, key=partner_model_id)


def find_version(
    session: Session,
    group_id: str,
    *,
    sequence_num: int | None = None,
    label: str | None = None,
) -> ModelRecord | None:
    """Return the version of a group with that number or label, archived or not, or None."""
    if label is None:
        return _first(session, _BY_NUMBER, group=group_id, key=sequence_num)
    return _first(session, _BY_LABEL, group=group_id, key=label)


def latest_version(
    session: Session, group_id: str, *, include_archived: bool
) -> ModelRecord | None:
    """Return the version of a group that was saved last, or None."""
    return _first(session, _LATEST if include_archived else _LATEST_ACTIVE, group=group_id)


def list_versions(
    session: Session, group_id: str, *, include_archived: bool, with_attributes: bool = True
) -> list[ModelRecord]:
    """Return the versions of a group, newest first."""
    statement = _select(with_attributes=with_attributes).where(_MODEL.group_id == group_id)
    if not include_archived:
        statement = statement.where(_MODEL.archived_at.is_(None))
    rows = session.execute(statement.order_by(_MODEL.sequence_num.desc())).all()
    return list(map(ModelRecord._make, rows))


def count_versions(session: Session, group_id: str) -> int:
    """Return how many versions a group has that are not archived."""
    counted = select(func.count()).where(_MODEL.group_id == group_id)
    return int(session.execute(counted.where(_MODEL.archived_at.is_(None))).scalar_one())


def list_matching(
    session: Session, wanted: ModelFilter, *, after: str | None = None, limit: int | None = None
) -> list[ModelRecord]:
    """Return the versions that match, in order of saving, without their attributes.

    Parameters
    ----------
    session
        An open session.
    wanted
        What to look for.
    after
        Continue behind the version with this id.
    limit
        The most versions to return.
    """
    statement = _select(with_attributes=False).where(*_conditions(wanted, after))
    rows = session.execute(statement.order_by(_MODEL.serial).limit(limit)).all()
    return list(map(ModelRecord._make, rows))


def _conditions(wanted: ModelFilter, after: str | None) -> list[ColumnElement[bool]]:
    conditions = common_conditions(_MODEL, _MODEL.display_name, wanted, after)
    for name in ("group_id", "input_type", "output_type", "label", "partner_model_id"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(_MODEL[name] == value)
    if wanted.tag is not None:
        tagged = select(_TAG.tag).where(_TAG.model_serial == _MODEL.serial)
        conditions.append(tagged.where(_TAG.tag == wanted.tag).exists())
    if wanted.attribute is not None:
        schemas = select(_ATTRIBUTE.schema_digest).where(_ATTRIBUTE.name == wanted.attribute)
        holders = select(_SCHEMA.model_serial).where(_SCHEMA.schema_digest.in_(schemas))
        conditions.append(_MODEL.serial.in_(holders))
    return conditions


def attributes_document(session: Session, model_id: str) -> str | None:
    """Return the schema of a version as JSON text, or None if there is no such version."""
    return session.execute(_ATTRIBUTES, {"key": model_id}).scalar_one_or_none()


def number_and_label(session: Session, model_id: str) -> tuple[int, str | None]:
    """Return the number and the label of a version."""
    row = _NUMBER.first(session, {"key": model_id})
    if row is None:
        raise LookupError(f"no model has the id {model_id!r}")
    return int(row[0]), row[1]


def partner_id_is_taken(session: Session, partner_model_id: str) -> bool:
    """Return whether an active version has that partner id."""
    return _HOLDER.first(session, {"key": partner_model_id}) is not None


def entries_of(record: ModelRecord) -> Entries:
    """Return what a version is to be found by."""
    names = _names_in(record.attributes)
    return Entries(names, _digest(names), tuple(dict.fromkeys(load_tags(record.tags))))


def _names_in(attributes: str | None) -> tuple[str, ...]:
    return tuple(sorted({attribute["name"] for attribute in json.loads(attributes or "[]")}))


def _digest(names: Sequence[str]) -> str:
    return sha256(dump(names).encode()).hexdigest()


def create(session: Session, record: ModelRecord, entries: Entries | None = None) -> str:
    """Insert a version and return its fingerprint.

    It is found by `entries_of` it, which may be at hand already.
    """
    mark = fingerprint(record)
    values = record._asdict() | {
        "active_partner_model_id": record.partner_model_id,
        "fingerprint": mark,
    }
    serial = int(_INSERT.scalar(session, values))
    index(session, serial, entries_of(record) if entries is None else entries)
    return mark


def rewrite(session: Session, record: ModelRecord) -> str:
    """Replace the columns of a version, and what finds it; return its fingerprint."""
    mark = fingerprint(record)
    values = record._asdict() | {"fingerprint": mark}
    del values["id"]  # SQLite would look whether rows of other tables name it
    before = _names_in(attributes_document(session, record.id))
    statement = update(table(ModelRow)).where(_MODEL.id == record.id).values(**values)
    serial = int(session.execute(statement.returning(_MODEL.serial)).scalar_one())
    left = delete(table(SchemaRow)).where(_SCHEMA.schema_digest == _digest(before))
    session.execute(left.where(_SCHEMA.model_serial == serial))
    session.execute(delete(table(TagRow)).where(_TAG.model_serial == serial))
    index(session, serial, entries_of(record))
    return mark


def archive(session: Session, model_id: str, at: str) -> None:
    """Archive a version; its partner id becomes free."""
    _archive(session, _MODEL.id == model_id, at)


def archive_all(session: Session, group_id: str, at: str) -> int:
    """Archive every active version of a group; return how many they were."""
    return _archive(session, (_MODEL.group_id == group_id) & _MODEL.archived_at.is_(None), at)


def _archive(session: Session, condition: ColumnElement[bool], at: str) -> int:
    values = {"archived_at": at, "updated_at": at, "active_partner_model_id": None}
    statement = update(table(ModelRow)).where(condition).values(values).returning(_MODEL.serial)
    return len(session.execute(statement).all())


def restore(session: Session, model_id: str, at: str) -> None:
    """Bring an archived version back, with its partner id."""
    _restore(session, _MODEL.id == model_id, at)


def restore_all(session: Session, group_id: str, archived_at: str, at: str) -> None:
    """Bring back the versions of a group that were archived at one moment."""
    _restore(session, (_MODEL.group_id == group_id) & (_MODEL.archived_at == archived_at), at)


def _restore(session: Session, condition: ColumnElement[bool], at: str) -> None:
    statement = update(table(ModelRow)).where(condition)
    session.execute(
        statement.values(
            archived_at=None, updated_at=at, active_partner_model_id=_MODEL.partner_model_id
        )
    )


def is_as_saved(record: ModelRecord, stored: str) -> bool:
    """Return whether a version has the fingerprint that was stored with it."""
    try:
        return fingerprint(record) == stored
    except (TypeError, ValueError):  # values that were never saved: blobs, infinity, no UTF-8
        return False


def fingerprint(record: ModelRecord) -> str:
    """Return the SHA-256 over what a version is: every column but when it last changed."""
    values = [getattr(record, name) for name in _FINGERPRINTED]
    return sha256(dump(values).encode()).hexdigest()


def stored_fingerprints(session: Session) -> Iterable[tuple[ModelRecord, str]]:
    """Yield every version with the fingerprint that was stored with it."""
    statement = _select().add_columns(_MODEL.fingerprint).order_by(_MODEL.serial)
    for row in session.execute(statement.execution_options(yield_per=500)):
        yield ModelRecord._make(row[:-1]), row[-1]


def index(session: Session, serial: int, entries: Entries) -> None:
    """Insert the rows that find a version by its attributes and tags."""
    names, digest, tags = entries
    if names:
        if _KNOWN_SCHEMA.first(session, {"name": names[0], "digest": digest}) is None:
            rows = [{"name": name, "schema_digest": digest} for name in names]
            _INSERT_ATTRIBUTE.run_many(session, rows)
        _INSERT_SCHEMA.run(session, {"schema_digest": digest, "model_serial": serial})
    if tags:
        _INSERT_TAG.run_many(session, [{"tag": tag, "model_serial": serial} for tag in tags])
