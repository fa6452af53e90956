"""All cases, by the name of their golden file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import (
    attribute_cases,
    build_cases,
    inference_cases,
    model_cases,
    output_cases,
    save_cases,
    util_cases,
    validation_cases,
)

if TYPE_CHECKING:
    from .harness import Case

__all__ = ["GROUPS"]

GROUPS: dict[str, list[Case]] = {
    "attributes": list(attribute_cases.cases()),
    "builds": list(build_cases.cases()),
    "inference": list(inference_cases.cases()),
    "models": list(model_cases.cases()),
    "outputs": list(output_cases.cases()),
    "saving": list(save_cases.cases()),
    "util": list(util_cases.cases()),
    "validation": list(validation_cases.cases()),
}
