"""The words of the domain: enumerations and the small value types.

Every enumeration is a ``StrEnum``, so a member is its text wherever text is
expected, and any equal text is accepted where a member is.

>>> InputType.Tabular == "TABULAR", f"{Stage.NonInputData}"
(True, 'NON_INPUT_DATA')
>>> OutputType.list()[:2]
['MULTICLASS', 'MULTILABEL']
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "AccuracyMetric",
    "AlertRuleBound",
    "AlertRuleSeverity",
    "AlertStatus",
    "Enrichment",
    "EnrichmentStatus",
    "EventType",
    "ImageContentType",
    "ImageResponseType",
    "InferenceType",
    "InputType",
    "ListableStrEnum",
    "MetricType",
    "ModelStatus",
    "OutputType",
    "ProvenancePart",
    "Role",
    "Stage",
    "TextDelimiter",
    "TimestampInferenceType",
    "ValueType",
]


_Values = list[str]


class ListableStrEnum(StrEnum):
    """A ``StrEnum`` that can list its values."""

    @classmethod
    def list(cls) -> _Values:
        """Return the values in alphabetical order."""
        return sorted(member.value for member in cls)


class InputType(ListableStrEnum):
    """What a model takes in.

    Examples
    --------
    >>> InputType.Tabular == "TABULAR", InputType.list()
    (True, ['IMAGE', 'NLP', 'TABULAR', 'TIME_SERIES'])
    """

    Tabular = "TABULAR"
    Image = "IMAGE"
    NLP = "NLP"
    TimeSeries = "TIME_SERIES"


class OutputType(ListableStrEnum):
    """What a model gives out.

    Examples
    --------
    >>> OutputType.Multiclass == "MULTICLASS", OutputType("RANKED_LIST").name
    (True, 'RankedList')
    """

    Regression = "REGRESSION"
    Multiclass = "MULTICLASS"
    Multilabel = "MULTILABEL"
    ObjectDetection = "OBJECT_DETECTION"
    TokenSequence = "TOKEN_SEQUENCE"
    RankedList = "RANKED_LIST"


class ValueType(ListableStrEnum):
    """The type of an attribute's values.

    Examples
    --------
    >>> ValueType.Float == "FLOAT", ValueType.Unstructured_Text is ValueType.UnstructuredText
    (True, True)
    """

    String = "STRING"
    Integer = "INTEGER"
    Float = "FLOAT"
    Image = "IMAGE"
    Boolean = "BOOLEAN"
    Timestamp = "TIMESTAMP"
    Unstructured_Text = "UNSTRUCTURED_TEXT"
    UnstructuredText = "UNSTRUCTURED_TEXT"
    BoundingBox = "BOUNDING_BOX"
    Tokens = "TOKENS"
    TokenLikelihoods = "TOKEN_LIKELIHOODS"
    RankedList = "RANKED_LIST"
    StringArray = "ARRAY(STRING)"
    TimeSeries = "TIME_SERIES"


class Stage(ListableStrEnum):
    """The role of an attribute in the model.

    Examples
    --------
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     model.get_attribute_names(stage=Stage.ModelPipelineInput)
    ['age']
    """

    ModelPipelineInput = "PIPELINE_INPUT"
    PredictFunctionInput = "PREDICT_FUNCTION_INPUT"
    PredictedValue = "PREDICTED_VALUE"
    NonInputData = "NON_INPUT_DATA"
    GroundTruth = "GROUND_TRUTH"
    GroundTruthClass = "GROUND_TRUTH_CLASS"


class TextDelimiter(ListableStrEnum):
    """Regular expressions that split a text attribute into tokens.

    Examples
    --------
    >>> import re
    >>> re.split(TextDelimiter.WHITESPACE, "late  refund")
    ['late', 'refund']
    """

    NOT_WORD = r"\W+"
    WHITESPACE = r"\s+"
    COMMA = r","
    COMMA_PLUS = r",+"
    PIPE = r"\|"
    PIPE_PLUS = r"\|+"


class ModelStatus(ListableStrEnum):
    """Where a saved model is in its life.

    Examples
    --------
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     model.status is ModelStatus.Ready
    True
    """

    Ready = "Ready"
    CreationFailed = "CreationFailed"
    Creating = "Creating"
    Pending = "Pending"
    Archived = "Archived"
    Archiving = "Archiving"
    ArchiveFailed = "ArchiveFailed"
    Unknown = "Unknown"


class ProvenancePart(ListableStrEnum):
    """What `save` can record of where a version comes from."""

    Python = "python"
    Platform = "platform"
    Packages = "packages"
    Code = "code"
    Script = "script"


class Enrichment(ListableStrEnum):
    """What can be computed about inferences after they arrive."""

    AnomalyDetection = "anomaly_detection"
    BiasMitigation = "bias_mitigation"
    Explainability = "explainability"
    Hotspots = "hotspots"


class EnrichmentStatus(ListableStrEnum):
    """The state of an enrichment."""

    EnrichmentStatusDisabled = "Disabled"
    EnrichmentStatusPending = "Pending"
    EnrichmentStatusTraining = "Training"
    EnrichmentStatusReady = "Ready"
    EnrichmentStatusFailed = "Failed"


class ImageResponseType(ListableStrEnum):
    """Which rendering of a stored image to return."""

    RawImage = "raw_image"
    ResizedImage = "resized_image"
    Thumbnail = "thumbnail"
    LimeExplanation = "lime_explanation"


class ImageContentType(ListableStrEnum):
    """The image formats that a model accepts."""

    Png = "image/png"
    Jpeg = "image/jpeg"
    Gif = "image/gif"
    Tiff = "image/tiff"


class AccuracyMetric(ListableStrEnum):
    """The measures that hot spots can be ranked by."""

    Accuracy = "accuracy"
    Recall = "recall"
    F1 = "f1"
    Precision = "precision"


class Role(ListableStrEnum):
    """What a service account may do on the platform."""

    User = "User"
    ModelOwner = "Model Owner"
    Administrator = "Administrator"


class InferenceType(ListableStrEnum):
    """The kinds of rows that a dataset can hold."""

    INFERENCE_DATA = "inference_data"
    REFERENCE_DATA = "reference_data"
    GROUND_TRUTH_DATA = "ground_truth_data"


class TimestampInferenceType(ListableStrEnum):
    """The names of the two timestamps of an inference."""

    INFERENCE_TIMESTAMP = "inference_timestamp"
    GROUND_TRUTH_TIMESTAMP = "ground_truth_timestamp"


class AlertRuleBound(ListableStrEnum):
    """Which side of a threshold raises an alert."""

    Upper = "upper"
    Lower = "lower"


class AlertRuleSeverity(ListableStrEnum):
    """How grave an alert is."""

    Warning = "warning"
    Critical = "critical"


class AlertStatus(ListableStrEnum):
    """What has been done about an alert."""

    Resolved = "resolved"
    Acknowledged = "acknowledged"


class MetricType(ListableStrEnum):
    """What a metric measures."""

    ModelOutputMetric = "model_output_metric"
    ModelInputDataMetric = "model_input_data_metric"
    ModelPerformanceMetric = "model_performance_metric"
    ModelDataDriftMetric = "model_data_drift_metric"


class EventType(ListableStrEnum):
    """What an audit event tells of; the part before the dot is its category.

    >>> EventType.ModelSaved, EventType.ModelSaved.category
    (<EventType.ModelSaved: 'model.saved'>, 'model')
    """

    AlertRaised = "alert.raised"
    AlertUpdated = "alert.updated"
    AliasDeleted = "alias.deleted"
    AliasMoved = "alias.moved"
    ArtifactAdded = "artifact.added"
    BatchClosed = "batch.closed"
    DeploymentAborted = "deployment.aborted"
    DeploymentAdvanced = "deployment.advanced"
    DeploymentConcluded = "deployment.concluded"
    DeploymentImported = "deployment.imported"
    DeploymentReweighted = "deployment.reweighted"
    DeploymentStarted = "deployment.started"
    EnrichmentUpdated = "enrichment.updated"
    GroupArchived = "group.archived"
    GroupCreated = "group.created"
    GroupImported = "group.imported"
    GroupRestored = "group.restored"
    GroupUpdated = "group.updated"
    InferencesCompacted = "inferences.compacted"
    InferencesDeleted = "inferences.deleted"
    InferencesReceived = "inferences.received"
    MetricCreated = "metric.created"
    ModelArchived = "model.archived"
    ModelImported = "model.imported"
    ModelRestored = "model.restored"
    ModelSaved = "model.saved"
    ModelUpdated = "model.updated"
    ReferenceAdded = "reference.added"
    RegistryCleaned = "registry.cleaned"
    RegistryMigrated = "registry.migrated"
    RuleCreated = "rule.created"
    RuleDeleted = "rule.deleted"
    RuleUpdated = "rule.updated"

    @property
    def category(self) -> str:
        """What kind of thing it happened to."""
        return self.value.partition(".")[0]
