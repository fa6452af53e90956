"""From a model and what the caller says of its predict function to an explainer. Loads pandas."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from modelgroups.analysis.explainer import LIME, SHAP, Explainer
from modelgroups.analysis.user_code import UserCode
from modelgroups.errors import (
    MethodNotApplicableError,
    MissingParameterError,
    UserTypeError,
    UserValueError,
)
from modelgroups.types import InputType, Stage, TextDelimiter, ValueType

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.analysis.version import Described
    from modelgroups.schema.attribute import Attribute

__all__ = ["FILE_FIELDS", "asks_for_code", "explainer_of", "inputs_of", "kept_config"]

logger = logging.getLogger(__name__)

FILE_FIELDS: Final = (
    "project_directory",
    "user_predict_function_import_path",
    "requirements_file",
)

_RENAMED: Final = {
    "model_server_num_cpu": "model_server_cpu",
    "inference_consumer_num_cpu": "inference_consumer_cpu",
}
_NOT_KEPT: Final = ("df", "project_directory", "requirements_file", "ignore_dirs", "shap_nrows")
_STREAMING: Final = "streaming_explainability_enabled"


def asks_for_code(config: Mapping[str, Any]) -> bool:
    """Return whether a config names the predict function of the user.

    Raises
    ------
    MissingParameterError
        It does so in part.
    """
    given = [name for name in FILE_FIELDS if config.get(name) is not None]
    if given and len(given) < len(FILE_FIELDS):
        missing = [name for name in FILE_FIELDS if name not in given]
        raise MissingParameterError(f"explainability needs {', '.join(missing)} too")
    return bool(given)


def explainer_of(model: Described, config: Mapping[str, Any]) -> Explainer:
    """Return an explainer around the predict function that a config names, once it was tried.

    Parameters
    ----------
    model
        A saved model of a kind that can be explained.
    config
        `FILE_FIELDS`, ``df`` (inputs and predictions; not for images), ``seed`` and
        ``explanation_algo``.

    Raises
    ------
    UserValueError, UserError
        The folder, the module or the function is not there or fails, or its predictions are not
        those of ``df``.
    MethodNotApplicableError
        The package that explains is not installed, or cannot explain models of the kind.
    """
    is_image = model.input_type == InputType.Image
    inputs, predicted = inputs_of(model), model.get_attributes(Stage.PredictedValue)
    code = UserCode(config["project_directory"], config["user_predict_function_import_path"])
    data = predictions = None
    if not is_image:
        data, predictions = _parts(config.get("df"), inputs, predicted)
    explainer = Explainer(
        model.output_type,
        model.input_type,
        predicted,
        code.function("predict"),
        data,
        [_codes_of(attribute, data) for attribute in inputs],
        [place for place, attribute in enumerate(inputs) if attribute.categorical],
        shap_training_samples=config.get("shap_nrows") or 20,
        text_delimiter=model.text_delimiter or TextDelimiter.NOT_WORD,
        load_image_func=code.function("load_image") if is_image else None,
        predictions_df=predictions,
        seed=config.get("seed"),
    )
    explainer.require_installed(_algorithm_of(model.input_type, config))
    return explainer


def kept_config(explainer: Explainer | None, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of a config: no code, no data, and nothing that says nothing.

    >>> kept_config(None, {"seed": 0, "model_server_num_cpu": "2", "explanation_algo": "lime"})
    {'model_server_cpu': '2', 'explanation_algo': 'lime'}
    """
    kept = {
        _RENAMED.get(name, name): value
        for name, value in config.items()
        if name not in _NOT_KEPT and (value or (name == _STREAMING and value is not None))
    }
    if explainer is None:
        return kept
    kept["explanation_algo"] = _algorithm_of(explainer.model_input_type, config)
    if explainer.enable_shap and explainer.is_installed(SHAP):
        kept["shap_expected_values"] = explainer.shap_expected_values()
    return kept


def _algorithm_of(input_type: str, config: Mapping[str, Any]) -> str:
    """Return the algorithm that a config asks for: LIME by default, and for texts and images.

    >>> _algorithm_of("TABULAR", {"explanation_algo": "shap"}), _algorithm_of("TABULAR", {})
    ('shap', 'lime')
    """
    asked = str(config.get("explanation_algo") or LIME)
    if input_type == InputType.Tabular or asked == LIME:
        return asked
    logger.warning("only lime explains %s models, so explanation_algo is lime", input_type)
    return LIME


def inputs_of(model: Described) -> list[Attribute]:
    """Return the inputs of a model in order of position.

    Raises
    ------
    MethodNotApplicableError
        Inputs of the kind cannot be explained.
    """
    if model.input_type == InputType.TimeSeries:
        raise MethodNotApplicableError("models of time series have no explanations")
    found = model.get_attributes(Stage.ModelPipelineInput)
    return sorted(found, key=lambda attribute: attribute.position or 0)


def _parts(
    frame: object, inputs: list[Attribute], predicted: list[Attribute]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the inputs and the predictions of a frame."""
    import pandas as pd

    if frame is None:
        raise MissingParameterError("df is missing: rows that the model is explained with")
    if not isinstance(frame, pd.DataFrame):
        raise UserTypeError(f"df must be a DataFrame, got {type(frame).__name__}")
    names = [attribute.name for attribute in inputs]
    missing = [name for name in names if name not in frame]
    if missing:
        raise UserValueError(f"df has no column {', '.join(map(repr, missing))}")
    outputs = [attribute.name for attribute in predicted if attribute.name in frame]
    return frame[names], frame[outputs]


def _codes_of(attribute: Attribute, data: pd.DataFrame | None) -> dict[Any, int] | None:
    """Return the number of each category of texts; None for what is a number already."""
    if not attribute.categorical or attribute.value_type != ValueType.String or data is None:
        return None
    categories: list[Any] = [category.value for category in attribute.categories or ()]
    if not categories:
        categories = data[attribute.name].dropna().unique().tolist()
    return {category: number for number, category in enumerate(categories)}
