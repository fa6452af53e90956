"""Inputs and predictions that no row of a call has: told before the rows are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from modelgroups.cautions import warn
from modelgroups.drawing.texts import number_of_things
from modelgroups.inferences.cells import is_null
from modelgroups.inferences.layout import Layout
from modelgroups.types import Stage

if TYPE_CHECKING:
    from modelgroups.inferences.columns import Column
    from modelgroups.inferences.recipient import Recipient

__all__ = ["columns_with_values", "tell_missing"]

_MOST_NAMED: Final = 5


def columns_with_values(columns: Mapping[str, Column]) -> set[str]:
    """Return the columns that say something, as far as that is known without reading them.

    One that was given counts; of rows given as dicts, one that is null in all of several rows
    does not. A null in the only row is a value that is missing, and no slip.

    >>> sorted(columns_with_values({"a": [None, None], "b": [None, 1], "c": [None]}))
    ['b', 'c']
    """
    return {
        name
        for name, column in columns.items()
        if not isinstance(column, list) or len(column) == 1 or not all(map(is_null, column))
    }


def tell_missing(to: Recipient, present: set[str], n_rows: int) -> None:
    """Warn of inputs and predictions that the inferences of one call lack.

    Parameters
    ----------
    to
        The model that they are sent to.
    present
        The attributes that some row has.
    n_rows
        How many rows the call has.
    """
    missing = _missing(to.layout, present)
    if missing:
        rows = number_of_things(n_rows, "row")
        warn(
            f"{to.name}: {rows} came without {_listed(missing)}; null is stored there, and an "
            "inference that is stored stays as it is: delete_inferences(partner_inference_ids=…) "
            "removes it, so that it can be sent again. Send all inputs and predictions in one "
            "call; predictions=… takes these apart, and only ground truths may come later"
        )


def _missing(layout: Layout, present: set[str]) -> list[str]:
    """Return what rows lack, predictions first; non-inputs are for those who have them."""
    lacking = [
        attribute
        for name, attribute in layout.inference_attributes.items()
        if name not in present and not attribute.implicit and attribute.stage != Stage.NonInputData
    ]
    lacking.sort(key=lambda attribute: attribute.stage != Stage.PredictedValue)
    return [
        repr(attribute.name)
        + (" (a prediction)" if attribute.stage == Stage.PredictedValue else "")
        for attribute in lacking
    ]


def _listed(names: Sequence[str]) -> str:
    """Name some, and say how many more there are.

    >>> _listed(["'a'", "'b'"]), _listed(list("abcdefgh"))
    ("'a' and 'b'", 'a, b, c, d, e and 3 more')
    """
    shown, more = list(names[:_MOST_NAMED]), len(names) - _MOST_NAMED
    last = f"{more} more" if more > 0 else shown.pop()
    return f"{', '.join(shown)} and {last}" if shown else last
