"""The attribute classes under the SDK's names."""

from __future__ import annotations

from modelgroups.schema.attribute import (
    MAX_CATEGORIES_TO_SHOW,
    AttributeBin,
    AttributeCategory,
)
from modelgroups.schema.attribute import Attribute as ArthurAttribute
from modelgroups.schema.attribute import stage_order as get_attribute_order_stage

__all__ = [
    "MAX_CATEGORIES_TO_SHOW",
    "ArthurAttribute",
    "AttributeBin",
    "AttributeCategory",
    "get_attribute_order_stage",
]
