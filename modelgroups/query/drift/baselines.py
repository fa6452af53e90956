"""What reference data come to, remembered by this process: they never change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from modelgroups.query.drift.distributions import Binned, Distribution, Labelled
from modelgroups.query.drift.request import Request
from modelgroups.query.drift.sums import Counted
from modelgroups.reference.reading import current_set
from modelgroups.storage.lock import thread_lock

__all__ = ["recall", "remember"]

Key: TypeAlias = tuple[Any, ...]

_MOST: Final = 1_000
"""Distributions that are remembered."""

_MOST_BUCKETS: Final = 1_000
"""Buckets of one that is."""

_known: OrderedDict[Key, tuple[Any, Counted]] = OrderedDict()
_lock = thread_lock()


def recall(request: Request, distributions: Sequence[Distribution]) -> list[Distribution]:
    """Fill distributions with what their base came to before; return those of an unknown base."""
    unknown: list[Distribution] = []
    for each, key in zip(distributions, _keys(request, distributions), strict=True):
        with _lock:
            known = None if key is None else _known.get(key)
            if known is not None and key is not None:
                _known.move_to_end(key)
        if known is None:
            unknown.append(each)
        elif isinstance(each, Binned):
            each.buckets, counts = dict(known[0]), known[1]
            each.base.add(counts)
        elif isinstance(each, Labelled):
            each.values.number_each(known[0])
            each.base.add(known[1])
    return unknown


def remember(request: Request, distributions: Sequence[Distribution]) -> None:
    """Note what the base of distributions came to."""
    for each, key in zip(distributions, _keys(request, distributions), strict=True):
        if key is None or not isinstance(each, Binned | Labelled):
            continue
        if each.n_buckets <= _MOST_BUCKETS:
            gist = each.buckets if isinstance(each, Binned) else list(each.values.values)
            with _lock:
                _known[key] = (gist, each.base.total())
                while len(_known) > _MOST:
                    _known.popitem(last=False)


def _keys(request: Request, distributions: Sequence[Distribution]) -> list[Key | None]:
    """Return what the base of each depends on, by content; None where it may change."""
    base = request.base
    if base.source != "reference" or base.conditions or request.groups:
        return [None] * len(distributions)
    to = base.subject.recipient
    digests = tuple(file.digest for file in current_set(to.registry, to.model_id).files)
    keys: list[Key | None] = []
    for each in distributions:
        column = base.columns.get(each.measured.column)
        attribute = None if column is None else column.attribute
        if attribute is None or attribute.implicit or column is None or column.is_derived:
            keys.append(None)
        elif isinstance(each, Binned):
            keys.append((digests, column.name, attribute.value_type, each.num_bins))
        elif isinstance(each, Labelled):
            form = each.measured.form
            keys.append((digests, column.name, attribute.value_type, form, each.in_text))
        else:
            keys.append(None)
    return keys
