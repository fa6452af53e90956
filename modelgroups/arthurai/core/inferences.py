"""Names of the SDK's helpers that prepare inferences for sending."""

from __future__ import annotations

from modelgroups.arthurai._absent import absent
from modelgroups.types import Stage

__all__ = [
    "FALSE_DEFAULT_IGNORE_JOIN_ERRORS",
    "INFERENCE_STAGES",
    "RESERVED_COLUMNS",
    "add_inference_metadata_to_dataframe",
    "add_predictions_or_ground_truth",
    "nest_inference_and_ground_truth_data",
    "nest_reference_data",
    "parse_stage_attributes",
]

INFERENCE_STAGES = {
    Stage.ModelPipelineInput,
    Stage.PredictFunctionInput,
    Stage.NonInputData,
    Stage.PredictedValue,
}
RESERVED_COLUMNS = {
    "inference_timestamp",
    "partner_inference_id",
    "batch_id",
    "ground_truth_timestamp",
    "inference_data",
    "ground_truth_data",
}
FALSE_DEFAULT_IGNORE_JOIN_ERRORS = False

_NO_INFERENCES = "it keeps models and their reference data, and takes no inferences"

add_inference_metadata_to_dataframe = absent("add_inference_metadata_to_dataframe", _NO_INFERENCES)
add_predictions_or_ground_truth = absent("add_predictions_or_ground_truth", _NO_INFERENCES)
nest_inference_and_ground_truth_data = absent(
    "nest_inference_and_ground_truth_data", _NO_INFERENCES
)
nest_reference_data = absent(
    "nest_reference_data", "set_reference_data() takes a DataFrame as it is"
)
parse_stage_attributes = absent("parse_stage_attributes", _NO_INFERENCES)
