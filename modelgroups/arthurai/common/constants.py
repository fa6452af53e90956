"""The SDK's enumerations and constants."""

from __future__ import annotations

from modelgroups.types import (
    AccuracyMetric,
    Enrichment,
    EnrichmentStatus,
    ImageContentType,
    ImageResponseType,
    InferenceType,
    InputType,
    ListableStrEnum,
    ModelStatus,
    OutputType,
    Role,
    Stage,
    TextDelimiter,
    TimestampInferenceType,
    ValueType,
)

__all__ = [
    "API_PREFIX",
    "API_PREFIX_V4",
    "DEFAULT_SERVICE_ACCOUNT",
    "ENRICHMENTS_SPINNER_MESSAGE",
    "ENRICHMENTS_UPDATE_MESSAGE",
    "ENRICHMENT_READY_OR_FAILED_STATES",
    "IMAGE_FILE_EXTENSION_MAP",
    "ONBOARDING_SPINNER_MESSAGE",
    "ONBOARDING_UPDATE_MESSAGE",
    "PARQUET_INGESTIBLE_INPUT_TYPES",
    "PARQUET_INGESTIBLE_OUTPUT_TYPES",
    "AccuracyMetric",
    "Enrichment",
    "EnrichmentStatus",
    "ImageContentType",
    "ImageResponseType",
    "InferenceType",
    "InputType",
    "ListableStrEnum",
    "ModelStatus",
    "OutputType",
    "Role",
    "Stage",
    "TextDelimiter",
    "TimestampInferenceType",
    "ValueType",
]

API_PREFIX = "/api/v3"
API_PREFIX_V4 = "/api/v4"

DEFAULT_SERVICE_ACCOUNT = "default_sdk_service_account"

IMAGE_FILE_EXTENSION_MAP = {
    ImageContentType.Png: ".png",
    ImageContentType.Jpeg: ".jpg",
    ImageContentType.Gif: ".gif",
    ImageContentType.Tiff: ".tff",  # as the SDK has it
}

ENRICHMENT_READY_OR_FAILED_STATES = [
    EnrichmentStatus.EnrichmentStatusDisabled,
    EnrichmentStatus.EnrichmentStatusTraining,
    EnrichmentStatus.EnrichmentStatusReady,
    EnrichmentStatus.EnrichmentStatusFailed,
]

PARQUET_INGESTIBLE_INPUT_TYPES = [InputType.Tabular, InputType.Image, InputType.NLP]
PARQUET_INGESTIBLE_OUTPUT_TYPES = [
    OutputType.Regression,
    OutputType.Multiclass,
    OutputType.Multilabel,
    OutputType.ObjectDetection,
    OutputType.TokenSequence,
]

ONBOARDING_SPINNER_MESSAGE = "Preparing the model for inferences."
ONBOARDING_UPDATE_MESSAGE = "The model is still being prepared for inferences."
ENRICHMENTS_SPINNER_MESSAGE = "Preparing the model's enrichments for inferences."
ENRICHMENTS_UPDATE_MESSAGE = "The model's enrichments are still being prepared for inferences."
