"""The JSON documents inside catalog columns: attributes, tags, labels of image classes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from modelgroups.errors import CatalogCorruptError
from modelgroups.schema.attribute import Attribute, AttributeBin, AttributeCategory

__all__ = ["documents_of", "dump", "dump_attributes", "load_attributes", "load_tags"]

_DEFAULTS = {field.name: field.default for field in fields(Attribute)}


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def dump(value: Any) -> str:
    """Return `value` as compact JSON; NaN and infinity are refused, for JSON has neither."""
    return _encode(value)


def dump_attributes(attributes: Iterable[Attribute]) -> str:
    """Return attributes as JSON, each without the fields that have their default."""
    return dump([_slim(attribute) for attribute in attributes])


def _slim(attribute: Attribute) -> dict[str, Any]:
    record = {
        name: value
        for name, default in _DEFAULTS.items()
        if (value := getattr(attribute, name)) is not default
    }
    for name in ("categories", "bins"):
        if name in record:
            record[name] = [vars(item) for item in record[name]]
    return record


@contextmanager
def documents_of(model_id: str) -> Iterator[None]:
    """Tell whose documents are damaged where those that the block loads are.

    >>> with documents_of("m-1"):
    ...     load_tags("[")
    Traceback (most recent call last):
    modelgroups.errors.CatalogCorruptError: the row of model m-1 is damaged (Expecting value: ...
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CatalogCorruptError(
            f"the row of model {model_id} is damaged ({error}); restore the catalog from a backup"
        ) from error


def load_attributes(document: str) -> list[Attribute]:
    """Return the attributes in a document, each a fresh object.

    >>> load_attributes('[{"name": "x", "value_type": "FLOAT", "stage": "PIPELINE_INPUT"}]')[0].name
    'x'
    """
    attributes = [Attribute(**record) for record in json.loads(document)]
    for attribute in attributes:
        if attribute.categories:
            attribute.categories = [AttributeCategory(**record) for record in attribute.categories]  # type: ignore[arg-type]  # still the document's dicts
        if attribute.bins:
            attribute.bins = [AttributeBin(**record) for record in attribute.bins]  # type: ignore[arg-type]  # still the document's dicts
    return attributes


def load_tags(document: str | None) -> list[str]:
    """Return the tags in a document; none for None."""
    return list(json.loads(document)) if document else []
