"""What the audit events tell of versions, aliases, deployments, artifacts and imports.

It is compared with the rows that there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlmodel import Session

from modelgroups.catalog import aliases, artifacts, deployments
from modelgroups.catalog.events import StoredEvent
from modelgroups.types import EventType

__all__ = ["NOTED", "Told"]

_FINGERPRINTED = frozenset({EventType.ModelSaved, EventType.ModelUpdated, EventType.ModelImported})
_ALIASES = frozenset({EventType.AliasMoved, EventType.AliasDeleted})
_STATES = {
    EventType.DeploymentStarted: "live",
    EventType.DeploymentAdvanced: "live",
    EventType.DeploymentReweighted: "live",
    EventType.DeploymentAborted: "aborted",
    EventType.DeploymentConcluded: "concluded",
}
_IMPORTED = EventType.DeploymentImported  # which tells the state itself
NOTED = (
    _FINGERPRINTED
    | _ALIASES
    | _STATES.keys()
    | {_IMPORTED, EventType.ArtifactAdded, EventType.GroupImported, EventType.RegistryMigrated}
)
"""The types of events that the rest of the catalog is compared with."""


class Told:
    """What events tell: `note` takes each in turn, the rest compares it with the rows."""

    def __init__(self) -> None:
        self._moves: dict[int, StoredEvent] = {}
        self._models: dict[str, str] = {}
        self._deployments: dict[str, tuple[int, Any, str | None]] = {}
        self._artifacts: dict[tuple[str | None, Any], tuple[Any, Any]] = {}
        self._imports: dict[int, tuple[Any, Any]] = {}

    def note(self, event: StoredEvent) -> None:
        """Keep what an event tells."""
        if event.type in _ALIASES:
            self._moves[event.serial] = event
        elif event.type == EventType.ArtifactAdded:
            after = _loaded(event.after)
            told = (after.get("digest"), after.get("size"))
            self._artifacts[event.model_id, after.get("name")] = told
        elif event.type in _STATES or event.type == _IMPORTED:
            after = _loaded(event.after)
            state = (
                after.get("state") if event.type == _IMPORTED else _STATES[EventType(event.type)]
            )
            last = (event.serial, state, after.get("fingerprint"))
            self._deployments[str(after.get("deployment"))] = last
        elif event.type == EventType.GroupImported:
            history = _loaded(event.after).get("history")
            if isinstance(history, dict):  # else it is of before they came with their groups
                self._imports[event.serial] = (history.get("events"), history.get("sha256"))
        elif event.type == EventType.RegistryMigrated:
            self._note_found(_loaded(event.after))
        elif event.model_id is not None and event.after is not None:
            self._models[event.model_id] = event.after

    def _note_found(self, after: dict[str, Any]) -> None:
        """Keep what was found by a migration, of which nothing was told before."""
        for model_id, fingerprint in dict(after.get("fingerprints", {})).items():
            self._models[model_id] = json.dumps({"fingerprint": fingerprint})
        for model_id, name, digest, size in after.get("artifacts", []):
            self._artifacts[model_id, name] = (digest, size)

    def imports(self) -> dict[int, tuple[Any, Any]]:
        """Return how many events each import brought, and their seal, by its own event."""
        return self._imports

    def fingerprints(self) -> dict[str, str]:
        """Return the fingerprint of each version, as the last event of it has it."""
        told = {key: _loaded(after) for key, after in self._models.items()}
        return {key: after["fingerprint"] for key, after in told.items() if "fingerprint" in after}

    def problems(self, session: Session) -> Iterator[str]:
        """Yield what of the rows is not as the events have it."""
        yield from self._of_aliases(session)
        yield from self._of_deployments(session)
        yield from self._of_artifacts(session)

    def _of_aliases(self, session: Session) -> Iterator[str]:
        last: dict[tuple[str, str], aliases.AliasMove] = {}
        moves = dict(self._moves)
        for made in aliases.moves_everywhere(session):
            event = moves.pop(made.event, None)
            if event is None or not _tells_of(event, made):
                yield (
                    f"move {made.serial} of the alias {made.name!r} of group {made.group_id} is "
                    f"not what audit event {made.event} tells of"
                )
            last[made.group_id, made.name] = made
        for event in moves.values():
            yield f"the move of an alias that audit event {event.serial} tells of is gone"
        held = {(g, n): (m, s) for g, n, m, s in aliases.live_everywhere(session)}
        told = {k: (m.model_id, m.serial) for k, m in last.items() if m.model_id is not None}
        for group_id, name in sorted(held.keys() | told.keys()):
            if held.get((group_id, name)) != told.get((group_id, name)):
                yield (
                    f"the alias {name!r} of group {group_id} does not point where its last move "
                    "put it"
                )

    def _of_deployments(self, session: Session) -> Iterator[str]:
        told = dict(self._deployments)
        for record, live_group in deployments.every(session):
            serial, state, mark = told.pop(record.id, (0, "", None))
            if not serial:
                yield f"no audit event tells of the deployment {record.id}"
                continue
            is_live = record.concluded_at is None
            sound = record.state == state
            sound &= is_live == (record.state == "live")
            sound &= live_group == (record.group_id if is_live else None)
            if not sound or mark not in {None, deployments.fingerprint(record)}:
                yield (
                    f"the row of the deployment {record.id} of group {record.group_id} was "
                    f"changed since audit event {serial}"
                )
        for id_, (serial, _, _) in told.items():
            yield f"the deployment {id_} that audit event {serial} tells of is gone"

    def _of_artifacts(self, session: Session) -> Iterator[str]:
        told = dict(self._artifacts)
        for model_id, found in artifacts.everywhere(session):
            if (model_id, found.name) not in told:
                yield f"no audit event tells of the artifact {found.name!r} of model {model_id}"
            elif told.pop((model_id, found.name)) != (found.digest, found.size):
                yield (
                    f"the artifact {found.name!r} of model {model_id} is not the one that the "
                    "audit events tell of"
                )
        for model, name in told:
            yield f"the artifact {name!r} of model {model} that the audit events tell of is gone"


def _tells_of(event: StoredEvent, made: aliases.AliasMove) -> bool:
    after, before = _loaded(event.after), _loaded(event.before)
    since = after.get("at", event.at)  # where it was told afterwards
    told = (event.group_id, since, after.get("alias", before.get("alias")))
    if told != (made.group_id, made.at, made.name):
        return False
    if event.type == EventType.AliasDeleted:
        return made.model_id is None and made.parent is None
    return (event.model_id, after.get("move"), after.get("parent")) == (
        made.model_id,
        made.kind,
        made.parent,
    )


def _loaded(document: Any) -> dict[str, Any]:
    try:
        found = json.loads(document)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
