"""How the rows of a log lie in Arrow: its columns, by the model's schema.

Loads pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import pyarrow as pa

from modelgroups.inferences.explanations import (
    ANOMALY,
    RAW_ANOMALY,
    Explanation,
    explanations_of,
)
from modelgroups.lazy import lazy
from modelgroups.schema.attribute import Attribute
from modelgroups.types import Stage, ValueType

__all__ = [
    "BATCH",
    "HALVES",
    "ID",
    "INFERENCE_TIME",
    "METADATA",
    "RECEIVED",
    "SENT",
    "TIME_FILLED",
    "TIME_TYPE",
    "TOKENS_TYPE",
    "TRUTH_TIME",
    "Kind",
    "Layout",
    "arrow_type",
    "layout_of",
    "time_column",
]

ID: Final = "partner_inference_id"
BATCH: Final = "batch_id"
INFERENCE_TIME: Final = "inference_timestamp"
TRUTH_TIME: Final = "ground_truth_timestamp"
RECEIVED: Final = "received_timestamp"
TIME_FILLED: Final = "timestamp-filled"
"""Whether the time of the row is ours, for the caller gave none. No attribute has a hyphen."""

TIME_TYPE: Final = pa.timestamp("us", "UTC")
TOKENS_TYPE: Final = pa.list_(
    pa.struct({"token": pa.string(), "position": pa.int64(), "value": pa.float64()})
)

METADATA: Final = (INFERENCE_TIME, ID, BATCH, TRUTH_TIME)
"""What a row may say of itself beside the values of attributes."""

HALVES: Final = ("inference_data", "ground_truth_data")
"""The keys of nested rows, in the order of `SENT`."""

_TRUTH_STAGES = frozenset({Stage.GroundTruth, Stage.GroundTruthClass})

_ARROW_TYPES: dict[str, pa.DataType] = {
    ValueType.String: pa.string(),
    ValueType.Unstructured_Text: pa.string(),
    ValueType.Image: pa.string(),
    ValueType.Integer: pa.int64(),
    ValueType.Float: pa.float64(),
    ValueType.Boolean: pa.bool_(),
    ValueType.Timestamp: TIME_TYPE,
    ValueType.Tokens: pa.list_(pa.string()),
    ValueType.StringArray: pa.list_(pa.string()),
    ValueType.BoundingBox: pa.list_(pa.list_(pa.float64())),
    ValueType.TokenLikelihoods: pa.list_(pa.map_(pa.string(), pa.float64())),
    ValueType.RankedList: pa.list_(
        pa.struct({"item_id": pa.string(), "label": pa.string(), "score": pa.float64()})
    ),
    ValueType.TimeSeries: pa.list_(pa.struct({"timestamp": TIME_TYPE, "value": pa.float64()})),
}


class Kind(StrEnum):
    """What a part of the log holds."""

    INFERENCE = "inference"
    GROUND_TRUTH = "ground_truth"
    ENRICHMENT = "enrichment"


SENT: Final = (Kind.INFERENCE, Kind.GROUND_TRUTH)
"""The two halves of the rows that are sent; enrichments are added to them."""


@dataclass(frozen=True)
class Layout:
    """The columns of a model's log.

    Parameters
    ----------
    inference_attributes, truth_attributes
        The attributes of either half, by name, in the order of the schema.
    inferences, truths
        The Arrow schema of either half: metadata first, then the attributes.
    """

    inference_attributes: dict[str, Attribute]
    truth_attributes: dict[str, Attribute]
    inferences: pa.Schema
    truths: pa.Schema

    def attributes(self, kind: str) -> dict[str, Attribute]:
        """Return the attributes of inferences or of ground truths, by name."""
        return self.inference_attributes if kind == Kind.INFERENCE else self.truth_attributes

    def lacking(self, present: Container[str]) -> list[Attribute]:
        """Return the inputs and predictions that are not among some names.

        Implicit ones follow from others, and non-inputs are for those who have them.
        """
        return [
            attribute
            for name, attribute in self.inference_attributes.items()
            if name not in present
            and not attribute.implicit
            and attribute.stage != Stage.NonInputData
        ]

    @lazy
    def explanations(self) -> list[Explanation]:
        """What explanations of the model can be about."""
        return explanations_of(self.inference_attributes.values())

    @lazy
    def enrichments(self) -> pa.Schema:
        """The Arrow schema of enrichments; made when it is first needed, for it may be wide."""
        fields = [pa.field(name, pa.float64()) for name in (ANOMALY, RAW_ANOMALY)]
        for each in self.explanations:
            fields.append(pa.field(each.column, pa.float64()))
            if each.has_tokens:
                fields.append(pa.field(each.tokens_column, TOKENS_TYPE))
        return pa.schema([*_metadata_fields(Kind.ENRICHMENT), *fields])

    def schema(self, kind: str) -> pa.Schema:
        """Return the schema of inferences, of ground truths or of enrichments."""
        if kind == Kind.ENRICHMENT:
            return self.enrichments
        return self.inferences if kind == Kind.INFERENCE else self.truths


def arrow_type(value_type: str) -> pa.DataType:
    """Return how values of a value type lie in Arrow.

    Examples
    --------
    >>> arrow_type("FLOAT"), arrow_type("TIMESTAMP")
    (DataType(double), TimestampType(timestamp[us, tz=UTC]))
    """
    return _ARROW_TYPES[value_type]


def time_column(kind: str) -> str:
    """Return the name of the column with the time of a row: the caller's, if he gives one."""
    if kind == Kind.ENRICHMENT:
        return RECEIVED
    return INFERENCE_TIME if kind == Kind.INFERENCE else TRUTH_TIME


def layout_of(attributes: Iterable[Attribute]) -> Layout:
    """Return the columns of the log of a model with these attributes.

    Examples
    --------
    >>> layout = layout_of([Attribute("age", "INTEGER", "PIPELINE_INPUT"),
    ...                     Attribute("y", "FLOAT", "GROUND_TRUTH")])
    >>> layout.inferences.names
    ['partner_inference_id', 'inference_timestamp', 'timestamp-filled', 'received_timestamp',
     'batch_id', 'age']
    >>> layout.truths.names
    ['partner_inference_id', 'ground_truth_timestamp', 'timestamp-filled', 'received_timestamp',
     'y']
    """
    inferences: dict[str, Attribute] = {}
    truths: dict[str, Attribute] = {}
    for attribute in attributes:
        half = truths if attribute.stage in _TRUTH_STAGES else inferences
        half[attribute.name] = attribute
    return Layout(
        inference_attributes=inferences,
        truth_attributes=truths,
        inferences=_schema(Kind.INFERENCE, inferences),
        truths=_schema(Kind.GROUND_TRUTH, truths),
    )


def _schema(kind: Kind, attributes: dict[str, Attribute]) -> pa.Schema:
    fields = list(_metadata_fields(kind))
    fields += [pa.field(name, arrow_type(a.value_type)) for name, a in attributes.items()]
    return pa.schema(fields)


@lru_cache
def _metadata_fields(kind: Kind) -> tuple[pa.Field, ...]:
    if kind == Kind.ENRICHMENT:
        received = pa.field(RECEIVED, TIME_TYPE, nullable=False)
        return pa.field(ID, pa.string(), nullable=False), received
    fields = [
        pa.field(ID, pa.string(), nullable=False),
        pa.field(time_column(kind), TIME_TYPE, nullable=False),
        pa.field(TIME_FILLED, pa.bool_(), nullable=False),
        pa.field(RECEIVED, TIME_TYPE, nullable=False),
    ]
    if kind == Kind.INFERENCE:
        fields.append(pa.field(BATCH, pa.string()))
    return tuple(fields)
