"""Whether the fields of a model, and of its attributes, hold what the catalog can keep."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

from modelgroups.arguments import is_unicode
from modelgroups.errors import BadRequestError, UserTypeError
from modelgroups.model.fields import ExplainabilityParameters, ModelFields
from modelgroups.schema.attribute import Attribute
from modelgroups.types import InputType, OutputType, Stage, ValueType

__all__ = ["check_fields", "sound_attributes"]

_MAX_TEXT = 255
_MAX_PIXELS = 2**31 - 1

_TYPES: dict[str, tuple[type, ...]] = {
    "partner_model_id": (str,),
    "display_name": (str,),
    "description": (str,),
    "text_delimiter": (str,),
    "version_label": (str,),
    "model_group_id": (str,),
    "is_batch": (bool,),
    "classifier_threshold": (Real,),
    "expected_throughput_gb_per_day": (Real,),
    "pixel_height": (Integral,),
    "pixel_width": (Integral,),
    "tags": (list, tuple),
    "image_class_labels": (list, tuple),
    "explainability": (ExplainabilityParameters,),
}
_NAMES: dict[type, str] = {Real: "a number", Integral: "a whole number"}

_ATTRIBUTE_TYPES: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "label": (str,),
    "position": (int,),
    "min_range": (bool, int, float, str),
    "max_range": (bool, int, float, str),
    "attribute_link": (str,),
    "gt_class_link": (str,),
    "token_attribute_link": (str,),
}
_FLAGS = (
    "categorical",
    "monitor_for_bias",
    "is_unique",
    "is_positive_predicted_attribute",
    "implicit",
)
_MAYBE_NUMPY = ("position", "min_range", "max_range", *_FLAGS)
_VALUE_TYPES, _STAGES = ValueType.list(), Stage.list()


def check_fields(model: ModelFields) -> None:
    """Raise if a field of a model cannot be stored.

    Raises
    ------
    UserTypeError
        Fields of the wrong type, all of them in one message.
    BadRequestError
        Fields with values that are not valid, all of them in one message.
    """
    wrong = _wrong_types(model)
    if wrong:
        raise UserTypeError(f"the model cannot be saved: {'; '.join(wrong)}")
    problems = [*_text_problems(model), *_kind_problems(model), *_number_problems(model)]
    if problems:
        raise BadRequestError(f"the model is not valid: {'; '.join(problems)}")


def sound_attributes(attributes: list[Attribute]) -> list[Attribute]:
    """Make plain numbers of NumPy's, in place, and raise for fields that cannot be stored.

    Raises
    ------
    BadRequestError
        Lists what is wrong with every attribute.
    """
    problems = []
    for attribute in attributes:
        _make_plain(attribute)
        problems += [f"{attribute.name!r}: {fault}" for fault in _faults(attribute)]
    if problems:
        raise BadRequestError(f"the attributes are not valid: {'; '.join(problems)}")
    return attributes


def _make_plain(attribute: Attribute) -> None:
    for name in _MAYBE_NUMPY:
        value = getattr(attribute, name)
        if (plain := _plain(value)) is not value:
            setattr(attribute, name, plain)
    for cut in attribute.bins or ():
        cut.continuous_start = _plain(cut.continuous_start)
        cut.continuous_end = _plain(cut.continuous_end)


def _plain(value: Any) -> Any:
    """Return what a NumPy scalar holds; anything else is returned as it is."""
    return value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value


def _faults(attribute: Attribute) -> Iterable[str]:
    """Yield what is wrong with an attribute."""
    for name, wanted in _ATTRIBUTE_TYPES.items():
        value = getattr(attribute, name)
        if value is not None and not _fits(value, wanted):
            yield f"{name}={value!r} is of type {type(value).__name__}"
    for name in _FLAGS:
        if not isinstance(getattr(attribute, name), bool):
            yield f"{name}={getattr(attribute, name)!r} is not True or False"
    for cut in attribute.bins or ():
        for end in (cut.continuous_start, cut.continuous_end):
            if end is not None and type(end) not in (int, float):
                yield f"the cut-off {end!r} of its bins is not a number"
    if attribute.categories and attribute.bins:
        yield "it has categories and bins, and may have one of the two"
    if attribute.value_type not in _VALUE_TYPES:
        yield f"value_type={attribute.value_type!r} is not one of {', '.join(ValueType.list())}"
    if attribute.stage not in _STAGES:
        yield f"stage={attribute.stage!r} is not one of {', '.join(Stage.list())}"
    if isinstance(attribute.position, int) and attribute.position < 0:
        yield f"position={attribute.position!r} is below 0"
    if isinstance(attribute.label, str) and len(attribute.label) > _MAX_TEXT:
        yield f"label has {len(attribute.label)} characters, at most {_MAX_TEXT} are allowed"
    links = (attribute.attribute_link, attribute.gt_class_link, attribute.token_attribute_link)
    texts = [attribute.label, attribute.id, *links]
    for category in attribute.categories or ():
        texts += [category.value, category.label]
    broken = next((t for t in texts if isinstance(t, str) and not is_unicode(t)), None)
    if broken is not None:
        yield f"{broken!r} holds half of a surrogate pair, which is not valid Unicode"


def _wrong_types(model: ModelFields) -> list[str]:
    problems = []
    if model.partner_model_id is None:
        problems.append("partner_model_id must be str, and is None")
    for name, wanted in _TYPES.items():
        value = getattr(model, name)
        if not _fits(value, wanted):
            names = " or ".join(_NAMES.get(kind, kind.__name__) for kind in wanted)
            problems.append(f"{name} must be {names}, got {type(value).__name__} {value!r}")
    for name in ("tags", "image_class_labels"):
        strangers = [item for item in _items(getattr(model, name)) if not isinstance(item, str)]
        if strangers:
            problems.append(f"{name} must hold texts only, got {strangers[0]!r}")
    return problems


def _fits(value: object, wanted: tuple[type, ...]) -> bool:
    """Return whether a value is None or of a type; True and False are numbers only by name."""
    if isinstance(value, bool):
        return bool in wanted
    return value is None or isinstance(value, wanted)


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _text_problems(model: ModelFields) -> list[str]:
    problems = []
    for name in ("partner_model_id", "display_name", "description", "version_label"):
        value = getattr(model, name)
        if value is not None and len(value) > _MAX_TEXT:
            problems.append(f"{name} has {len(value)} characters, at most {_MAX_TEXT} are allowed")
    problems += [
        f"{name} is empty"
        for name in ("partner_model_id", "version_label", "model_group_id")
        if getattr(model, name) == ""
    ]
    for name, wanted in _TYPES.items():
        value = getattr(model, name)
        for text in _items(value) if list in wanted else [value] if str in wanted else []:
            if text is not None and "\0" in text:
                problems.append(f"{name} holds a NUL character")
            if text is not None and not is_unicode(text):
                problems.append(f"{name} holds half of a surrogate pair: {text!r}")
    return problems


def _kind_problems(model: ModelFields) -> list[str]:
    return [
        f"{name}={value!r} is not one of {', '.join(kind.list())}"
        for name, value, kind in (
            ("input_type", model.input_type, InputType),
            ("output_type", model.output_type, OutputType),
        )
        if value not in kind.list()
    ]


def _number_problems(model: ModelFields) -> list[str]:
    problems = []
    threshold = model.classifier_threshold
    if threshold is not None and not 0 <= threshold <= 1:
        problems.append(f"classifier_threshold={threshold!r} is not between 0 and 1")
    throughput = model.expected_throughput_gb_per_day
    if throughput is not None and not 0 < throughput < math.inf:
        problems.append(f"expected_throughput_gb_per_day={throughput!r} is not a number above 0")
    for name in ("pixel_height", "pixel_width"):
        value = getattr(model, name)
        if value is not None and not 0 < value <= _MAX_PIXELS:
            problems.append(f"{name}={value!r} is not a whole number from 1 to {_MAX_PIXELS}")
    return problems
