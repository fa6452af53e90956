"""Artifacts of versions in the catalog."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select
from sqlmodel import Session

from modelgroups.catalog.prepared import Prepared, inserting
from modelgroups.catalog.records import Artifact
from modelgroups.catalog.tables import ArtifactRow, table

__all__ = ["add", "everywhere", "find", "live", "of_model"]

_ARTIFACT = table(ArtifactRow).c

_OF_MODEL = (
    select(*(_ARTIFACT[name] for name in Artifact._fields))
    .where(_ARTIFACT.model_id == bindparam("model"))
    .order_by(_ARTIFACT.name)
)
_ONE = _OF_MODEL.where(_ARTIFACT.name == bindparam("key"))
_INSERT = Prepared(inserting(table(ArtifactRow)))


def find(session: Session, model_id: str, name: str) -> Artifact | None:
    """Return the artifact of a version with that name, or None."""
    row = session.execute(_ONE, {"model": model_id, "key": name}).first()
    return Artifact._make(row) if row else None


def of_model(session: Session, model_id: str) -> list[Artifact]:
    """Return the artifacts of a version, by name."""
    return list(map(Artifact._make, session.execute(_OF_MODEL, {"model": model_id})))


def everywhere(session: Session) -> list[tuple[str, Artifact]]:
    """Return every artifact, with the version that holds it."""
    columns = (_ARTIFACT[name] for name in Artifact._fields)
    rows = session.execute(select(_ARTIFACT.model_id, *columns))
    return [(row[0], Artifact._make(row[1:])) for row in rows]


def add(session: Session, model_id: str, artifact: Artifact) -> None:
    """Insert an artifact, whose file is in the object store by the end of this transaction."""
    _INSERT.run(session, artifact._asdict() | {"model_id": model_id})


def live(session: Session) -> dict[str, int]:
    """Return the digest of every file that a version holds, with the size that was recorded."""
    sizes = select(_ARTIFACT.digest, func.max(_ARTIFACT.size)).group_by(_ARTIFACT.digest)
    return {row[0]: row[1] for row in session.execute(sizes.order_by(_ARTIFACT.digest))}
