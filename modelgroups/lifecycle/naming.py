"""What a version of a group may be called by: its label, number, alias or id, or itself.

Whatever takes a version takes all of these, by way of `find_version`.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias, runtime_checkable

from modelgroups.catalog.records import ModelRecord
from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.lifecycle.lookup import require_version
from modelgroups.registry import Registry

__all__ = ["Named", "VersionName", "find_version", "name_of"]


@runtime_checkable
class Named(Protocol):
    """What has the id of a version, as a `Model` does once it is saved."""

    id: str | None


VersionName: TypeAlias = str | int | Named


def find_version(registry: Registry, group_id: str, version: object) -> ModelRecord:
    """Return the version of a group that somebody means, archived or not.

    Parameters
    ----------
    registry, group_id
        Where.
    version
        A `VersionName`: its label, its number, an alias, its id, or a model.

    Raises
    ------
    NotFoundError
        The group has no such version; the nearest name is told.
    UserValueError
        The model is not saved.
    UserTypeError
        It is none of these.
    """
    if isinstance(version, Named):
        if version.id is None:
            raise UserValueError(f"{version!r} is not a version yet; save() it first")
        wanted: str | int = version.id
    elif isinstance(version, str | int) and not isinstance(version, bool):
        wanted = version
    else:
        raise UserTypeError(
            "a version is named by its label, its number, or a Model, got "
            f"{type(version).__name__} {version!r}"
        )
    with registry.catalog.read() as session:
        return require_version(session, group_id, wanted)


def name_of(record: ModelRecord) -> str:
    """Return the name that `find_version` takes: its label, or its number if it has none.

    In a sentence, `lookup.version_name` reads better: "version 3".
    """
    return record.label or str(record.sequence_num)
