"""Between the object that a user holds and the record that the catalog keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid5

from modelgroups.catalog.documents import documents_of, dump, dump_attributes
from modelgroups.catalog.records import ModelRecord
from modelgroups.model.checks import check_fields
from modelgroups.model.fields import ExplainabilityParameters, ModelFields
from modelgroups.registry import Registry
from modelgroups.schema.attribute import Attribute
from modelgroups.types import ModelStatus

__all__ = ["fill", "from_record", "to_record", "with_ids"]

M = TypeVar("M", bound=ModelFields)


def with_ids(attributes: Iterable[Attribute], model_id: str) -> list[Attribute]:
    """Give each attribute without an id one that follows from the model's id and its name."""
    named, namespace = list(attributes), UUID(model_id)
    for attribute in named:
        if attribute.id is None:
            attribute.id = str(uuid5(namespace, f"{attribute.stage}:{attribute.name}"))
    return named


def to_record(model: ModelFields, model_id: str, attributes: Iterable[Attribute]) -> ModelRecord:
    """Return a model as a record, after checking every field.

    Raises
    ------
    UserTypeError
        Fields of the wrong type, all of them in one message.
    BadRequestError
        Fields with values that are not valid, all of them in one message.
    """
    check_fields(model)
    explainability = model.explainability
    return ModelRecord(
        id=model_id,
        group_id=model.model_group_id or "",
        sequence_num=model.version_sequence_num or 0,
        label=model.version_label,
        partner_model_id=model.partner_model_id,
        display_name=model.display_name,
        description=model.description,
        input_type=str(model.input_type),
        output_type=str(model.output_type),
        is_batch=bool(model.is_batch),
        classifier_threshold=_as_float(model.classifier_threshold),
        text_delimiter=_as_text(model.text_delimiter),
        expected_throughput_gb_per_day=_as_float(model.expected_throughput_gb_per_day),
        pixel_height=_as_int(model.pixel_height),
        pixel_width=_as_int(model.pixel_width),
        image_class_labels=_as_json(model.image_class_labels),
        explainability=dump(explainability.to_dict()) if explainability else None,
        tags=_as_json(model.tags),
        created_at=model.created_at or "",
        updated_at=model.updated_at or "",
        archived_at=None,
        attributes=dump_attributes(attributes),
    )


def from_record(cls: type[M], record: ModelRecord, registry: Registry) -> M:
    """Return a fresh model for a record, without running its constructor."""
    model = cls.__new__(cls)
    model._registry_or_none = registry  # noqa: SLF001  # the other half of the constructor
    fill(model, record)
    return model


def fill(model: ModelFields, record: ModelRecord) -> None:
    """Set every field of a model from a record.

    Attributes are decoded, or read where the record leaves them out, when they are first used.
    """
    with documents_of(record.id):
        state = _state(record)
    if record.attributes is not None:
        state["_attributes_document"] = record.attributes
        if "attributes" in model.__dict__:  # drop it in one step with the rest: Ctrl-C may come
            kept = {name: value for name, value in vars(model).items() if name != "attributes"}
            model.__dict__ = kept | state
            return
    model.__dict__.update(state)


def _state(record: ModelRecord) -> dict[str, Any]:
    archived = record.archived_at is not None
    return {
        "partner_model_id": record.partner_model_id,
        "input_type": record.input_type,
        "output_type": record.output_type,
        "explainability": _explainability(record.explainability),
        "id": record.id,
        "display_name": record.display_name,
        "description": record.description,
        "is_batch": record.is_batch,
        "archived": archived,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "tags": json.loads(record.tags) if record.tags else None,
        "classifier_threshold": record.classifier_threshold,
        "text_delimiter": record.text_delimiter,
        "expected_throughput_gb_per_day": record.expected_throughput_gb_per_day,
        "pixel_height": record.pixel_height,
        "pixel_width": record.pixel_width,
        "image_class_labels": (
            json.loads(record.image_class_labels) if record.image_class_labels else None
        ),
        "status": ModelStatus.Archived if archived else ModelStatus.Ready,
        "model_group_id": record.group_id,
        "version_sequence_num": record.sequence_num,
        "version_label": record.label,
    }


def _explainability(document: str | None) -> ExplainabilityParameters | None:
    return ExplainabilityParameters.from_json(document) if document else None


def _as_float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _as_int(value: int | None) -> int | None:
    return None if value is None else int(value)


def _as_text(value: str | None) -> str | None:
    return None if value is None else str(value)


def _as_json(values: Sequence[str] | None) -> str | None:
    return None if values is None else dump([str(value) for value in values])
