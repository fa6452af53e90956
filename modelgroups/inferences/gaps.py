"""Inputs and predictions that no row of a call has: told before the rows are stored.

Loads pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

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
    """Return the columns that say something: those that are not null in all of several rows.

    A null in the only row is a value that is missing, and no slip.

    >>> sorted(columns_with_values({"a": [None, None], "b": [None, 1], "c": [None]}))
    ['b', 'c']
    """
    return {name for name, column in columns.items() if len(column) < 2 or _has_value(column)}


def _has_value(column: Column) -> bool:
    first = column[0] if isinstance(column, list | np.ndarray) else _first(column)
    if not is_null(first):  # nearly always
        return True
    if isinstance(column, list):
        return not all(map(is_null, column))
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return not pc.all(pc.is_null(column, nan_is_null=True)).as_py()
    return not bool(pd.isna(column).all())


def _first(column: pd.Series | pa.Array | pa.ChunkedArray) -> object:
    return column.iloc[0] if isinstance(column, pd.Series) else column[0].as_py()


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
    """Return what rows lack, predictions first."""
    lacking = layout.lacking(present)
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
