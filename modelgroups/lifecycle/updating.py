"""What may be changed of a saved version, and changing it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlmodel import Session

from modelgroups.catalog import logs, models, parcels, segments
from modelgroups.catalog.clock import now
from modelgroups.catalog.documents import documents_of, dump, load_attributes, load_tags
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.records import ModelRecord
from modelgroups.errors import BadRequestError, ConflictError
from modelgroups.lifecycle.attribute_changes import forbidden_changes
from modelgroups.lifecycle.diff import changed_fields
from modelgroups.lifecycle.lookup import require_model
from modelgroups.registry import Registry
from modelgroups.schema.changes import schema_changes
from modelgroups.types import EventType

__all__ = ["update_version"]

_CHANGEABLE = frozenset(
    {
        "attributes",
        "classifier_threshold",
        "description",
        "display_name",
        "explainability",
        "tags",
    }
)
_KEPT_BY_THE_REGISTRY = frozenset({"created_at", "updated_at", "archived_at"})

_NAMES = {
    "group_id": "model_group_id",
    "sequence_num": "version_sequence_num",
    "label": "version_label",
}


def update_version(registry: Registry, changed: ModelRecord) -> ModelRecord:
    """Store the allowed changes of a version; tags are added to those that it has.

    Attributes are replaced and the threshold changes until the first inference; afterwards what
    `forbidden_changes` allows.

    Raises
    ------
    NotFoundError
        There is no such version.
    ConflictError
        It is archived.
    BadRequestError
        What is fixed differs from what is stored; each is named.
    """
    with registry.catalog.write() as session:
        stored = require_model(session, changed.id)
        if stored.archived_at is not None:
            raise ConflictError(
                f"the model {stored.id} is archived and cannot be changed; "
                "bring it back first with model.restore()"
            )
        _require_fixed(stored, changed, _received(session, stored.id))
        tags = list(dict.fromkeys([*load_tags(stored.tags), *load_tags(changed.tags)]))
        record = stored._replace(
            **{name: getattr(changed, name) for name in _CHANGEABLE},
        )._replace(tags=dump(tags) if tags else None, updated_at=now())
        fingerprint = models.rewrite(session, record)
        _record(session, stored, record, fingerprint)
        registry.recipients.pop(record.id, None)  # it tells senders the attributes: hooks, which
    registry.recipients.pop(record.id, None)  # come first, and threads that looked before the end
    return record


def _record(session: Session, stored: ModelRecord, record: ModelRecord, fingerprint: str) -> None:
    """Write the event of an update; what changed of attributes is told by name only."""
    fields = changed_fields(stored, record)
    with documents_of(stored.id):
        old = load_attributes(stored.attributes or "[]")
    changes = schema_changes(old, load_attributes(record.attributes or "[]"))
    attributes = {name: sorted(properties) for name, properties in changes.changed.items()}
    attributes |= {attribute.name: ["added"] for attribute in changes.added}
    attributes |= {attribute.name: ["removed"] for attribute in changes.removed}
    after: dict[str, Any] = {name: pair[1] for name, pair in fields.items()}
    if attributes:
        after["attributes"] = attributes
    record_event(
        session,
        EventType.ModelUpdated,
        at=record.updated_at,
        group_id=record.group_id,
        model_id=record.id,
        before={name: pair[0] for name, pair in fields.items()},
        after=after | {"fingerprint": fingerprint},
    )


class _Received(NamedTuple):
    """What a version has ever received."""

    has_inferences: bool
    has_ground_truths: bool


def _received(session: Session, model_id: str) -> _Received:
    log = logs.find(session, model_id)
    if log is None:
        return _Received(has_inferences=False, has_ground_truths=False)
    found = {segment.kind for segment in segments.live(session, log.serial)}
    kinds = ("inference", "ground_truth", "enrichment")
    found.update(kind for kind in kinds if parcels.count_rows(session, log.serial, kind))
    has_inferences = "inference" in found or log.n_deletions > 0
    explained = "enrichment" in found  # its columns are named after inputs and predictions
    return _Received(has_inferences or explained, "ground_truth" in found)


def _require_fixed(stored: ModelRecord, changed: ModelRecord, received: _Received) -> None:
    fixed = [
        name for name in ModelRecord._fields if name not in _CHANGEABLE | _KEPT_BY_THE_REGISTRY
    ]
    if received.has_inferences:
        fixed.append("classifier_threshold")
    problems = [
        f"{_NAMES.get(name, name)} is {getattr(stored, name)!r} and cannot become "
        f"{getattr(changed, name)!r}"
        for name in fixed
        if getattr(stored, name) != getattr(changed, name)
    ]
    problems += _attribute_problems(stored, changed, received)
    if problems:
        what = (
            "names, tags, labels and ground truth attributes"
            if received.has_inferences
            else ("names, tags, threshold and attributes")
        )
        since = " that has inferences" if received.has_inferences else ""
        raise BadRequestError(
            f"a saved version{since} is fixed but for its {what}: "
            f"{'; '.join(problems)}. Make a new version instead: connection.model(...)"
        )


def _attribute_problems(
    stored: ModelRecord, changed: ModelRecord, received: _Received
) -> list[str]:
    if not any(received) or stored.attributes is None or changed.attributes is None:
        return []
    with documents_of(stored.id):
        before = load_attributes(stored.attributes)
    after = load_attributes(changed.attributes)
    return forbidden_changes(before, after, **received._asdict())
