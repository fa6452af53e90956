"""Where versions come from, in the catalog: what they were saved with, and their parents."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import bindparam, select
from sqlmodel import Session

from modelgroups.catalog.prepared import Prepared, inserting
from modelgroups.catalog.tables import OriginRow, ParentRow, ProvenanceRow, table

__all__ = [
    "add_parents",
    "all_parents",
    "altered",
    "digest_of",
    "note_provenance",
    "parents",
    "provenance",
]

_DOCUMENT = table(ProvenanceRow).c
_ORIGIN = table(OriginRow).c
_PARENT = table(ParentRow).c

_OF_MODEL = (
    select(_DOCUMENT.document)
    .join(table(OriginRow), _ORIGIN.digest == _DOCUMENT.digest)
    .where(_ORIGIN.model_id == bindparam("model"))
)
_PARENTS = (
    select(_PARENT.parent_id)
    .where(_PARENT.model_id == bindparam("model"))
    .order_by(_PARENT.ordinal)
)
_KNOWN = Prepared(select(_DOCUMENT.digest).where(_DOCUMENT.digest == bindparam("key")))
_INSERT_DOCUMENT = Prepared(inserting(table(ProvenanceRow)))
_INSERT_ORIGIN = Prepared(inserting(table(OriginRow)))
_INSERT_PARENT = Prepared(inserting(table(ParentRow)))


def digest_of(document: str) -> str:
    """Return the name of a document: the SHA-256 of its text."""
    return sha256(document.encode("utf-8", "surrogateescape")).hexdigest()


def note_provenance(session: Session, model_id: str, digest: str, document: str) -> None:
    """Say what a version was saved with; the document is stored once for all that share it."""
    if _KNOWN.first(session, {"key": digest}) is None:
        _INSERT_DOCUMENT.run(session, {"digest": digest, "document": document})
    _INSERT_ORIGIN.run(session, {"model_id": model_id, "digest": digest})


def provenance(session: Session, model_id: str) -> str | None:
    """Return what a version was saved with, as JSON, or None where that was not recorded."""
    return session.execute(_OF_MODEL, {"model": model_id}).scalar_one_or_none()


def altered(session: Session) -> list[str]:
    """Return the digests of documents whose text has another one; there should be none."""
    rows = session.execute(select(_DOCUMENT.digest, _DOCUMENT.document))
    return [digest for digest, document in rows if digest_of(str(document)) != digest]


def add_parents(session: Session, model_id: str, parent_ids: Sequence[str]) -> None:
    """Say which versions a new one was made from."""
    for ordinal, parent_id in enumerate(parent_ids):
        values = {"model_id": model_id, "ordinal": ordinal, "parent_id": parent_id}
        _INSERT_PARENT.run(session, values)


def parents(session: Session, model_id: str) -> tuple[str, ...]:
    """Return the ids of the versions that a version was made from."""
    return tuple(session.execute(_PARENTS, {"model": model_id}).scalars())


def all_parents(session: Session) -> dict[str, set[str]]:
    """Return the parents of every version that has any."""
    found: dict[str, set[str]] = {}
    for model_id, parent_id in session.execute(select(_PARENT.model_id, _PARENT.parent_id)):
        found.setdefault(model_id, set()).add(parent_id)
    return found
