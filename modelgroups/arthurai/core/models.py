"""The model classes under the SDK's names."""

from __future__ import annotations

from modelgroups.group import ModelGroup as ArthurModelGroup
from modelgroups.model import ExplainabilityParameters
from modelgroups.model import Model as ArthurModel
from modelgroups.model.fields import MAX_ATTRIBUTES_TO_SHOW

__all__ = [
    "AUTO_CATEGORICAL_MAX",
    "INFERENCE_DATA_RETRIES",
    "MAX_ATTRIBUTES_TO_SHOW",
    "ArthurModel",
    "ArthurModelGroup",
    "ExplainabilityParameters",
]

AUTO_CATEGORICAL_MAX = 25
INFERENCE_DATA_RETRIES = 3
