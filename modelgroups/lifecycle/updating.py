"""What may be changed of a saved version, and changing it."""

from __future__ import annotations

from modelgroups.catalog import models
from modelgroups.catalog.clock import now
from modelgroups.catalog.documents import dump, load_tags
from modelgroups.catalog.records import ModelRecord
from modelgroups.errors import BadRequestError, ConflictError
from modelgroups.lifecycle.lookup import require_model
from modelgroups.registry import Registry

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

    Raises
    ------
    NotFoundError
        There is no such version.
    ConflictError
        It is archived.
    BadRequestError
        Fixed fields differ from what is stored; each is named.
    """
    with registry.catalog.write() as session:
        stored = require_model(session, changed.id)
        if stored.archived_at is not None:
            raise ConflictError(
                f"the model {stored.id} is archived and cannot be changed; "
                "bring it back first with model.restore()"
            )
        _require_fixed(stored, changed)
        tags = list(dict.fromkeys([*load_tags(stored.tags), *load_tags(changed.tags)]))
        record = stored._replace(
            **{name: getattr(changed, name) for name in _CHANGEABLE},
        )._replace(tags=dump(tags) if tags else None, updated_at=now())
        models.rewrite(session, record)
        return record


def _require_fixed(stored: ModelRecord, changed: ModelRecord) -> None:
    fixed = [
        name for name in ModelRecord._fields if name not in _CHANGEABLE | _KEPT_BY_THE_REGISTRY
    ]
    problems = [
        f"{_NAMES.get(name, name)} is {getattr(stored, name)!r} and cannot become "
        f"{getattr(changed, name)!r}"
        for name in fixed
        if getattr(stored, name) != getattr(changed, name)
    ]
    if problems:
        raise BadRequestError(
            f"a saved version is fixed but for its names, tags, threshold and attributes: "
            f"{'; '.join(problems)}. Make a new version instead: connection.model(...)"
        )
