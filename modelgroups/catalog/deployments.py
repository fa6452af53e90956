"""Deployments in the catalog: how versions of a group share its traffic, now and before."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Select, bindparam, func, select, update
from sqlmodel import Session

from modelgroups.catalog.prepared import Prepared, inserting
from modelgroups.catalog.tables import DeploymentRow, table

__all__ = [
    "DeploymentRecord",
    "create",
    "every",
    "find",
    "fingerprint",
    "last_changed",
    "live",
    "note_failure",
    "of_group",
    "rewrite",
]

_DEPLOYMENT = table(DeploymentRow).c


class DeploymentRecord(NamedTuple):
    """A deployment. `plan` is JSON; `revision` counts its changes."""

    id: str
    group_id: str
    kind: str
    state: str
    revision: int
    plan: str
    created_at: str
    updated_at: str
    concluded_at: str | None
    n_failures: int
    last_failure: str | None


def _select() -> Select[tuple[object, ...]]:
    return select(*(_DEPLOYMENT[name] for name in DeploymentRecord._fields))


# Built once: building a statement takes longer than SQLite takes to answer it.
_BY_ID = Prepared(_select().where(_DEPLOYMENT.id == bindparam("key")))
_LIVE = Prepared(_select().where(_DEPLOYMENT.live_group_id == bindparam("group")))
_OF_GROUP = Prepared(
    _select().where(_DEPLOYMENT.group_id == bindparam("group")).order_by(_DEPLOYMENT.serial)
)
_LAST = Prepared(
    select(func.max(_DEPLOYMENT.updated_at)).where(_DEPLOYMENT.group_id == bindparam("group"))
)
_INSERT = Prepared(inserting(table(DeploymentRow), but="serial"))
_REWRITE = Prepared(
    update(table(DeploymentRow))
    .where(_DEPLOYMENT.id == bindparam("key"), _DEPLOYMENT.revision == bindparam("seen"))
    .values(
        live_group_id=bindparam("new_live"),
        state=bindparam("new_state"),
        revision=bindparam("new_revision"),
        plan=bindparam("new_plan"),
        updated_at=bindparam("new_updated_at"),
        concluded_at=bindparam("new_concluded_at"),
    )
    .returning(_DEPLOYMENT.revision)
)
_FAILED = Prepared(
    update(table(DeploymentRow))
    .where(_DEPLOYMENT.id == bindparam("key"))
    .values(n_failures=_DEPLOYMENT.n_failures + 1, last_failure=bindparam("failure"))
)


def create(session: Session, record: DeploymentRecord) -> None:
    """Insert a deployment."""
    live_group = None if record.concluded_at else record.group_id
    _INSERT.run(session, record._asdict() | {"live_group_id": live_group})


def find(session: Session, deployment_id: str) -> DeploymentRecord | None:
    """Return the deployment with that id, or None."""
    row = _BY_ID.first(session, {"key": deployment_id})
    return DeploymentRecord._make(row) if row else None


def live(session: Session, group_id: str) -> DeploymentRecord | None:
    """Return the deployment of a group that goes on, or None."""
    row = _LIVE.first(session, {"group": group_id})
    return DeploymentRecord._make(row) if row else None


def of_group(session: Session, group_id: str) -> list[DeploymentRecord]:
    """Return the deployments of a group, in order of starting."""
    return list(map(DeploymentRecord._make, _OF_GROUP.rows(session, {"group": group_id})))


def last_changed(session: Session, group_id: str) -> str | None:
    """Return when a deployment of a group was changed last, or None if there was none."""
    moment = _LAST.scalar(session, {"group": group_id})
    return None if moment is None else str(moment)


def every(session: Session) -> list[tuple[DeploymentRecord, str | None]]:
    """Return every deployment, with the group of which it is the live one."""
    rows = session.execute(_select().add_columns(_DEPLOYMENT.live_group_id))
    return [(DeploymentRecord._make(row[:-1]), row[-1]) for row in rows]


def fingerprint(record: DeploymentRecord) -> str:
    """Return a hash over all that is a deployment but for its failures, which are none of it."""
    told = [value for name, value in record._asdict().items() if "failure" not in name]
    return sha256(json.dumps(told).encode()).hexdigest()


def rewrite(session: Session, record: DeploymentRecord, *, seen: int | None = None) -> bool:
    """Store a changed deployment, if that seen is its revision by now; return whether it was.

    If it is not given, that is the one before.
    """
    row = _REWRITE.first(
        session,
        {
            "key": record.id,
            "seen": record.revision - 1 if seen is None else seen,
            "new_live": None if record.concluded_at else record.group_id,
            "new_state": record.state,
            "new_revision": record.revision,
            "new_plan": record.plan,
            "new_updated_at": record.updated_at,
            "new_concluded_at": record.concluded_at,
        },
    )
    return row is not None


def note_failure(session: Session, deployment_id: str, failure: str) -> None:
    """Count a failure of a shadow and keep what it was; this is no change of the deployment."""
    _FAILED.run(session, {"key": deployment_id, "failure": failure})
