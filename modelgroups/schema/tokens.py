"""The attributes of a model that gives out text, token by token.

Imports pandas, so import this module only where outputs are added.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from modelgroups.errors import UserValueError
from modelgroups.schema.attribute import Attribute
from modelgroups.schema.columns import check_columns, check_names
from modelgroups.schema.infer import infer_attributes
from modelgroups.schema.positions import taken_positions
from modelgroups.types import InputType, OutputType, Stage, ValueType

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["token_sequence"]

logger = logging.getLogger("modelgroups")


def token_sequence(
    input_column: str | Sequence[str],
    output_text_column: str,
    input_token_column: str | None = None,
    output_token_column: str | None = None,
    output_likelihood_column: str | None = None,
    ground_truth_text_column: str | None = None,
    ground_truth_tokens_column: str | None = None,
    data: pd.DataFrame | None = None,
    *,
    existing: Sequence[Attribute] = (),
    input_type: str,
    output_type: str,
) -> list[Attribute]:
    """Return the attributes of a model whose output is a sequence of tokens.

    Parameters
    ----------
    input_column
        The text or image that goes in; for tabular and time series models, one or more columns.
    output_text_column
        The text that comes out.
    input_token_column, output_token_column, ground_truth_tokens_column
        The same texts as lists of tokens.
    output_likelihood_column
        For each position of the output, the likelihoods of tokens.
    ground_truth_text_column
        The text that should have come out.
    data
        Where to infer the inputs of a tabular or time series model from.
    existing
        Attributes that the model has.
    input_type, output_type
        Those of the model; another output type than TOKEN_SEQUENCE draws a warning.

    Raises
    ------
    UserValueError
        Several input columns are given for a text or image model, a name cannot be used, or an
        input column is not in `data`.

    Examples
    --------
    >>> attributes = token_sequence("question", "answer", output_token_column="answer_tokens",
    ...                             input_type="NLP", output_type="TOKEN_SEQUENCE")
    >>> [attribute.short_name() for attribute in attributes]
    ['PIPELINE_INPUT[0]:question', 'PREDICTED_VALUE[1]:answer_tokens', 'PREDICTED_VALUE[0]:answer']
    """
    inputs = [input_column] if isinstance(input_column, str) else list(input_column)
    optional = (
        input_token_column,
        output_token_column,
        output_likelihood_column,
        ground_truth_text_column,
        ground_truth_tokens_column,
    )
    check_names([*inputs, output_text_column, *(name for name in optional if name)])
    if output_type != OutputType.TokenSequence:
        logger.warning(
            "token attributes are added to a model with output type %s; they are meant for "
            "TOKEN_SEQUENCE",
            output_type,
        )
    if input_type in (InputType.Tabular, InputType.TimeSeries):
        attributes = _inferred(data, inputs, existing, input_type)
    else:
        if not isinstance(input_column, str):
            raise UserValueError(
                f"a model with input type {input_type} has one input column, got {input_column!r}; "
                "only tabular and time series models have several"
            )
        if data is not None:
            logger.warning("data is ignored: inputs of type %s are not inferred", input_type)
        attributes = _text_or_image(input_column, input_token_column, input_type)
    attributes += _output(output_text_column, output_token_column, output_likelihood_column)
    if ground_truth_text_column:
        truth = _text(ground_truth_text_column, Stage.GroundTruth)
        attributes += _with_tokens(truth, ground_truth_tokens_column, Stage.GroundTruth, 1)
    return attributes


def _inferred(
    data: pd.DataFrame | None, names: list[str], existing: Sequence[Attribute], input_type: str
) -> list[Attribute]:
    if data is None:
        return []
    check_columns(data, names)
    stage = Stage.ModelPipelineInput
    taken = taken_positions(existing, stage)
    return infer_attributes(data[names], stage, input_type=input_type, taken=taken)


def _text_or_image(name: str, tokens: str | None, input_type: str) -> list[Attribute]:
    if input_type == InputType.Image:
        return [Attribute(name, ValueType.Image, Stage.ModelPipelineInput, position=0)]
    if input_type == InputType.NLP:
        text = _text(name, Stage.ModelPipelineInput)
        return _with_tokens(text, tokens, Stage.PredictFunctionInput, 0)
    return []


def _output(name: str, tokens: str | None, likelihoods: str | None) -> list[Attribute]:
    """Return tokens, likelihoods and text; the text is linked with the first of the others."""
    text = _text(name, Stage.PredictedValue)
    *beside, text = _with_tokens(text, tokens, Stage.PredictedValue, 1)
    if likelihoods:
        attribute = Attribute(
            likelihoods,
            ValueType.TokenLikelihoods,
            Stage.PredictedValue,
            position=1 + len(beside),
        )
        if not beside:
            _link(text, attribute)
        beside.append(attribute)
    return [*beside, text]


def _text(name: str, stage: str) -> Attribute:
    return Attribute(
        name,
        ValueType.Unstructured_Text,
        stage,
        position=0,
        categorical=True,
        is_unique=stage != Stage.PredictedValue,
    )


def _with_tokens(text: Attribute, tokens: str | None, stage: str, position: int) -> list[Attribute]:
    """Return the tokens of a text, if they have a name, and the text; linked."""
    if not tokens:
        return [text]
    attribute = Attribute(tokens, ValueType.Tokens, stage, position=position)
    _link(text, attribute)
    return [attribute, text]


def _link(text: Attribute, other: Attribute) -> None:
    text.token_attribute_link, other.token_attribute_link = other.name, text.name
