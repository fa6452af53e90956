"""Ground truths of a call that belong to no inference: told where the ids look mistaken.

Ground truth may come first. But where a log has inferences, and many ids of a call are all unknown
to it, they were likely changed on their way, as ``20001`` becomes ``20001.0``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modelgroups.cautions import warn
from modelgroups.inferences.layout import ID

if TYPE_CHECKING:
    from modelgroups.inferences.deliver import Delivery
    from modelgroups.inferences.recipient import Recipient

__all__ = ["tell_unmatched"]

_FEWEST: Final = 10
"""Of fewer rows it is no surprise that all are early."""


def tell_unmatched(to: Recipient, delivery: Delivery, n_rows: int) -> None:
    """Warn where none of the ids of a call with ground truths only is known.

    Parameters
    ----------
    to
        The model that they are sent to.
    delivery
        With all rows of the call; none is stored yet.
    n_rows
        How many rows there are.
    """
    if n_rows < _FEWEST or delivery.count_waiting() < n_rows:
        return
    known = _known_id(to)
    if known is not None:
        warn(
            f"{to.name}: no inference has the partner_inference_id of any of these {n_rows:,} "
            f"ground truths, which are like {delivery.first_id!r}; an inference has one like "
            f"{known!r}. They are kept until such inferences arrive; if the ids are mistaken, "
            "send the ground truths again with those of the inferences"
        )


def _known_id(to: Recipient) -> str | None:
    """Return the id of an inference of the log, None without any."""
    from modelgroups.inferences.read import Selection, read_tables

    wanted = Selection(columns=[ID], with_ground_truth=False, limit=1)
    parts = read_tables(to.registry, to.model_id, to.layout, wanted, is_batch=to.is_batch)
    for table in parts:
        if len(table):
            return str(table[ID][0].as_py())
    return None
