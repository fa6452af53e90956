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
    from modelgroups.connection import Connection, connect
    from modelgroups.errors import ModelGroupsError
    from modelgroups.group import ModelGroup
    from modelgroups.model import Model
    from modelgroups.query.engines.embedded import DuckDB
    from modelgroups.schema.attribute import Attribute, AttributeBin, AttributeCategory
    from modelgroups.types import (
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
    "Connection": "connection",
    "DuckDB": "query.engines.embedded",
    "InputType": "types",
    "Model": "model",
    "ModelGroup": "group",
    "ModelGroupsError": "errors",
    "ModelStatus": "types",
    "OutputType": "types",
    "Stage": "types",
    "TextDelimiter": "types",
    "ValueType": "types",
    "connect": "connection",
}

__all__ = [
    "Attribute",
    "AttributeBin",
    "AttributeCategory",
    "Connection",
    "DuckDB",
    "InputType",
    "Model",
    "ModelGroup",
    "ModelGroupsError",
    "ModelStatus",
    "OutputType",
    "Stage",
    "TextDelimiter",
    "ValueType",
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
