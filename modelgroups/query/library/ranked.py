"""How good ranked lists are: the mean over the inferences that have a list and a ground truth.

L is the list, R the set of relevant items, and a rank counts from 1. An inference without any
relevant item counts 0 for precision and reciprocal rank, and is left out elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelgroups.query.library.pairs import pair_of_columns
from modelgroups.query.library.registry import Call, Kind, Parameter, Takes, function

__all__: list[str] = []

_NAME = Parameter(Takes.TEXT, None)
_PAIR = {"predicted_property": _NAME, "ground_truth_property": _NAME}
_AT_K = {"k": Parameter(Takes.WHOLE, least=1), **_PAIR}


@dataclass(frozen=True)
class _Lists:
    """Ibis columns: length of the list, number of relevant items, ranks of those in the list."""

    length: Any
    n_relevant: Any
    ranks: Any

    def ranks_to(self, k: int) -> Any:
        """Return the ranks from 1 to k."""
        return self.ranks.filter(lambda rank: rank <= k)


def _lists(call: Call, predicted: str | None, truth: str | None) -> _Lists | None:
    import ibis

    found = pair_of_columns(call, predicted, truth, part="_item_id")
    if found is None:
        return None
    items, relevant = found
    if not (items.type().is_array() and relevant.type().is_array()):
        call.blame("", "a ranked list and a list of relevant items are wanted")
        return None
    relevant = relevant.filter(lambda item: item.notnull())
    marked = items.map(lambda item, i: ibis.ifelse(relevant.contains(item), i + 1, None))
    return _Lists(
        items.length(),
        relevant.unique().length(),
        marked.filter(lambda rank: rank.notnull()),
    )


def _share(part: Any, whole: Any) -> Any:
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def _total(numbers: Any) -> Any:
    """Return the sum of a list; of an empty one, 0."""
    import ibis

    return ibis.ifelse(numbers.isnull(), None, numbers.sums().fill_null(0).cast("float64"))


@function("precisionAtK", Kind.EVALUATION, _AT_K)
def precision_at_k(call: Call, k: int, predicted_property: Any, ground_truth_property: Any) -> Any:
    """Relevant items among the first k / k, also for shorter lists."""
    lists = _lists(call, predicted_property, ground_truth_property)
    if lists is None:
        return None
    return _where_known(lists, lists.ranks_to(k).length().cast("float64") / k).mean()


def _where_known(lists: _Lists, value: Any) -> Any:
    import ibis

    return ibis.ifelse(lists.length.notnull() & lists.n_relevant.notnull(), value, None)


@function("recallAtK", Kind.EVALUATION, _AT_K)
def recall_at_k(call: Call, k: int, predicted_property: Any, ground_truth_property: Any) -> Any:
    """Relevant items among the first k / all relevant items."""
    lists = _lists(call, predicted_property, ground_truth_property)
    if lists is None:
        return None
    return _where_known(lists, _share(lists.ranks_to(k).length(), lists.n_relevant)).mean()


@function("mapAtK", Kind.EVALUATION, _AT_K)
def map_at_k(call: Call, k: int, predicted_property: Any, ground_truth_property: Any) -> Any:
    """Sum of the precisions at the relevant items among the first k / min(k, size of R)."""
    lists = _lists(call, predicted_property, ground_truth_property)
    if lists is None:
        return None
    precisions = lists.ranks_to(k).map(lambda rank, i: (i + 1) / rank)
    return _where_known(lists, _share(_total(precisions), _ideal(lists, k))).mean()


def _ideal(lists: _Lists, k: int) -> Any:
    import ibis

    return ibis.least(lists.n_relevant, ibis.literal(k, type="int64"))


@function("nDCGAtK", Kind.EVALUATION, _AT_K)
def ndcg_at_k(call: Call, k: int, predicted_property: Any, ground_truth_property: Any) -> Any:
    """Sum of 1 / log2(rank + 1) of the relevant items among the first k / the largest possible."""
    import ibis

    lists = _lists(call, predicted_property, ground_truth_property)
    if lists is None:
        return None
    gain = lists.ranks_to(k).map(lambda rank: 1 / (rank + 1).log2())
    best = ibis.range(1, _ideal(lists, k) + 1).map(lambda rank: 1 / (rank + 1).log2())
    return _where_known(lists, _share(_total(gain), _total(best))).mean()


@function("rankedListAUC", Kind.EVALUATION, _PAIR)
def ranked_list_auc(call: Call, predicted_property: Any, ground_truth_property: Any) -> Any:
    """Share of the pairs of a relevant and another item of the list that stand in right order.

    With n relevant items of ranks r among m others: 1 − (Σ r − n·(n + 1) / 2) / (n·m), after
    Mann and Whitney (1947).
    """
    lists = _lists(call, predicted_property, ground_truth_property)
    if lists is None:
        return None
    n = lists.ranks.length()
    wrong = _total(lists.ranks) - n * (n + 1) / 2
    return _where_known(lists, 1 - _share(wrong, n * (lists.length - n))).mean()


@function("meanReciprocalRank", Kind.EVALUATION, _PAIR)
def mean_reciprocal_rank(call: Call, predicted_property: Any, ground_truth_property: Any) -> Any:
    """1 / rank of the first relevant item, 0 if there is none."""
    lists = _lists(call, predicted_property, ground_truth_property)
    if lists is None:
        return None
    return _where_known(lists, (1 / lists.ranks[0]).fill_null(0.0)).mean()
