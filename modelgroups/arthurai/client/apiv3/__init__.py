"""The import paths of the SDK's version 2, deprecated there and here.

Importing it logs one warning that names the present paths.
"""

from __future__ import annotations

import logging

from modelgroups.arthurai.common.constants import (
    InputType,
    ListableStrEnum,
    OutputType,
    Stage,
    TextDelimiter,
    ValueType,
)
from modelgroups.arthurai.core import decorators
from modelgroups.arthurai.core.attributes import AttributeBin, AttributeCategory
from modelgroups.arthurai.explainability import arthur_explainer, explanation_packager

__all__ = [
    "AttributeBin",
    "AttributeCategory",
    "InputType",
    "ListableStrEnum",
    "OutputType",
    "Stage",
    "TextDelimiter",
    "ValueType",
    "arthur_explainer",
    "decorators",
    "explanation_packager",
]

logging.getLogger(__name__).warning(
    "arthurai.client.apiv3 is deprecated: import enumerations from arthurai.common.constants, "
    "attribute classes from arthurai.core.attributes, decorators from arthurai.core and "
    "explainers from arthurai.explainability"
)
