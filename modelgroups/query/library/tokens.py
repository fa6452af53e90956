"""Sequences of tokens: how likely they are, and how long."""

from __future__ import annotations

import re
from typing import Any, Final

from modelgroups.query.library.registry import Call, Kind, Parameter, Takes, function
from modelgroups.types import TextDelimiter, ValueType

__all__: list[str] = []

_PROPERTY = {"property": Parameter(Takes.TEXT)}
_LIKELIHOODS: Final = "_likelihoods"

_RE2: Final = {
    str(TextDelimiter.NOT_WORD): r"[^\pL\pN_]+",
    str(TextDelimiter.WHITESPACE): r"[\s\v\x1c-\x1f\x{85}\pZ]+",
}
"""What Python means by a pattern, for an engine to which only ASCII has letters and blanks."""


def _likelihoods(call: Call, name: str) -> Any:
    """Return the list of the likelihoods of the tokens; blame the query where there is none."""
    linked = call.subject.attributes.get(name)
    if linked is not None and linked.value_type == ValueType.Tokens:
        name = next(
            (
                attribute.name
                for attribute in call.subject.attributes.values()
                if attribute.value_type == ValueType.TokenLikelihoods
                and attribute.token_attribute_link == name
            ),
            name,
        )
    is_derived = name.endswith(_LIKELIHOODS) and name not in call.subject.attributes
    column = call.column(name if is_derived else f"{name}{_LIKELIHOODS}")
    if column is None:
        return None
    return column.filter(lambda likelihood: likelihood.notnull())


@function("averageTokenLikelihood", Kind.EVALUATION, _PROPERTY)
def average_token_likelihood(call: Call, property: str) -> Any:
    """Mean over the inferences of the mean likelihood of their tokens."""
    likelihoods = _likelihoods(call, property)
    return None if likelihoods is None else likelihoods.means().mean()


@function("likelihoodStability", Kind.EVALUATION, _PROPERTY)
def likelihood_stability(call: Call, property: str) -> Any:
    """Mean over the inferences of the population standard deviation of the likelihoods."""
    likelihoods = _likelihoods(call, property)
    if likelihoods is None:
        return None
    middle = likelihoods.means()
    squares = likelihoods.map(lambda likelihood: (likelihood - middle) * (likelihood - middle))
    return squares.means().sqrt().mean()


@function("averageSequenceLength", Kind.EVALUATION, _PROPERTY)
def average_sequence_length(call: Call, property: str) -> Any:
    """Mean number of tokens; texts are split by the model's delimiter, empty parts left out."""
    column = call.column(property)
    if column is None:
        return None
    if column.type().is_array():
        return column.length().mean()
    if not column.type().is_string():
        call.blame("property", "tokens, their likelihoods or a text are wanted")
        return None
    delimiter = call.subject.text_delimiter or str(TextDelimiter.NOT_WORD)
    try:
        re.compile(delimiter)
    except re.error as error:
        call.blame("property", f"the delimiter of the model is not a pattern: {error}")
        return None
    words = column.re_split(_RE2.get(delimiter, delimiter))
    return words.filter(lambda word: word != "").length().mean()
