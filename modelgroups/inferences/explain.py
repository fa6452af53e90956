"""The explanation of one inference, as it was added. Loads pyarrow: import it lazily."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from modelgroups.errors import NotFoundError, UserValueError
from modelgroups.inferences.explanations import ALGORITHMS
from modelgroups.inferences.latest import LatestReader
from modelgroups.inferences.layout import RECEIVED, Kind
from modelgroups.inferences.read import read_one
from modelgroups.inferences.recipient import Recipient
from modelgroups.inferences.view import open_view
from modelgroups.storage.keys import keys_of

__all__ = ["explanation_of"]

_SORTS: Final = ("value", "word", "location", "attribute_name")

Score = dict[str, Any]


def explanation_of(
    to: Recipient, partner_inference_id: str, algorithm: str, sort: str | None
) -> list[dict[str, Any]]:
    """Return the explanation of an inference: a dict for each predicted attribute.

    Raises
    ------
    UserValueError
        The algorithm or the order is unknown.
    NotFoundError
        There is no such inference, or no such explanation of it.
    """
    chosen = algorithm.lower()
    if chosen not in ALGORITHMS:
        raise UserValueError(f"algorithm={algorithm!r} is not one of {', '.join(ALGORITHMS)}")
    sort_scores, sort_tokens = _orders(sort)
    if not len(read_one(to.registry, to.model_id, to.layout, partner_inference_id)):
        raise NotFoundError(
            f"the model {to.model_id} has no inference with the partner_inference_id "
            f"{partner_inference_id!r}"
        )
    by_predicted: dict[str, list[Score]] = {}
    for predicted, score in _scores(to, partner_inference_id, chosen):
        score["tokens"] = sort_tokens(score["tokens"])
        by_predicted.setdefault(predicted, []).append(score)
    if not by_predicted:
        raise NotFoundError(
            f"the inference {partner_inference_id!r} has no explanation by {chosen}; store one "
            "with model.add_enrichments(...)"
        )
    return [
        {
            "algorithm": chosen,
            "predicted_attribute_name": predicted,
            "importance_scores": sort_scores(scores),
        }
        for predicted, scores in by_predicted.items()
    ]


def _scores(to: Recipient, id_: str, algorithm: str) -> Iterable[tuple[str, Score]]:
    with open_view(to.registry, to.model_id, to.layout) as view:
        held = view.columns(Kind.ENRICHMENT)
        parts = [part for part in to.layout.explanations if part.algorithm == algorithm]
        columns = [c for part in parts for c in (part.column, part.tokens_column) if c in held]
        reader = LatestReader(view, [RECEIVED, *columns], Kind.ENRICHMENT)
        (row,) = reader.of_keys(keys_of([id_])).to_pylist()
    for part in parts:
        value, tokens = row.get(part.column), row.get(part.tokens_column)
        if value is not None or tokens is not None:
            shown = [
                {"token": t["token"], "position": t["position"], "explanation_value": t["value"]}
                for t in tokens or ()
            ]
            score = {"attribute_name": part.attribute, "explanation_value": value, "tokens": shown}
            yield part.predicted, score


Order = Callable[[list[Score]], list[Score]]


def _orders(sort: str | None) -> tuple[Order, Order]:
    """Return what sorts the scores of inputs, and what sorts tokens; nulls come last."""
    if sort is None:
        return list, list
    name = sort[1:] if sort.startswith(("+", "-")) else sort
    if name not in _SORTS:
        wanted = ", ".join(_SORTS)
        raise UserValueError(f"sort={sort!r} is not one of {wanted}, with + or - before it or not")
    down = sort.startswith("-")
    of_scores = {"value": "explanation_value", "attribute_name": "attribute_name"}
    of_tokens = {"value": "explanation_value", "word": "token", "location": "position"}
    return _by(of_scores.get(name), down=down), _by(of_tokens.get(name), down=down)


def _by(key: str | None, *, down: bool) -> Order:
    def order(scores: list[Score]) -> list[Score]:
        if key is None:
            return scores
        known = [score for score in scores if score[key] is not None]
        absent = [score for score in scores if score[key] is None]
        return [*sorted(known, key=lambda score: score[key], reverse=down), *absent]

    return order
