"""A local, embedded model registry: groups, versioned models, reference snapshots.

>>> import modelgroups as mg
>>> with mg.connect(":memory:") as connection:
...     connection.model_groups()
[]

Importing this package loads nothing heavy; each public name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelgroups.catalog.events import AuditHead, Event
    from modelgroups.cautions import ModelGroupsWarning
    from modelgroups.connection import Connection, connect
    from modelgroups.errors import ModelGroupsError
    from modelgroups.group import ModelGroup
    from modelgroups.lifecycle.diff import VersionDiff
    from modelgroups.model import Model
    from modelgroups.query.engines.embedded import DuckDB
    from modelgroups.schema.attribute import Attribute, AttributeBin, AttributeCategory
    from modelgroups.types import (
        EventType,
        InputType,
        ModelStatus,
        OutputType,
        Stage,
        TextDelimiter,
        ValueType,
    )

__version__ = "0.1.0"

_HOME = {
    "Attribute": "schema.attribute",
    "AttributeBin": "schema.attribute",
    "AttributeCategory": "schema.attribute",
    "AuditHead": "catalog.events",
    "Connection": "connection",
    "DuckDB": "query.engines.embedded",
    "Event": "catalog.events",
    "EventType": "types",
    "InputType": "types",
    "Model": "model",
    "ModelGroup": "group",
    "ModelGroupsError": "errors",
    "ModelGroupsWarning": "cautions",
    "ModelStatus": "types",
    "OutputType": "types",
    "Stage": "types",
    "TextDelimiter": "types",
    "ValueType": "types",
    "VersionDiff": "lifecycle.diff",
    "connect": "connection",
}

__all__ = [
    "Attribute",
    "AttributeBin",
    "AttributeCategory",
    "AuditHead",
    "Connection",
    "DuckDB",
    "Event",
    "EventType",
    "InputType",
    "Model",
    "ModelGroup",
    "ModelGroupsError",
    "ModelGroupsWarning",
    "ModelStatus",
    "OutputType",
    "Stage",
    "TextDelimiter",
    "ValueType",
    "VersionDiff",
    "__version__",
    "connect",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'modelgroups' has no attribute {name!r}")
    value = getattr(import_module(f"modelgroups.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
