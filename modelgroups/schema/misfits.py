"""Which cells of a column do not fit its attribute.

Whole numbers fit a float attribute and whole floats an integer one; text never counts as
a number, nor a number as text; only booleans fit a boolean attribute; nulls fit all.
Loads pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from modelgroups.errors import UserValueError
from modelgroups.schema.attribute import Attribute
from modelgroups.schema.clean import Kind, as_numbers, families, kind_of
from modelgroups.types import ValueType

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["misfits"]

_TEXT = frozenset({Kind.STRING})
_NESTED = frozenset({Kind.LIST})
_FITTING: dict[str, frozenset[Kind]] = {
    ValueType.Float: frozenset({Kind.FLOAT, Kind.INTEGER}),
    ValueType.Integer: frozenset({Kind.INTEGER}),
    ValueType.Boolean: frozenset({Kind.BOOLEAN}),
    ValueType.String: _TEXT,
    ValueType.Image: _TEXT,
    ValueType.Unstructured_Text: _TEXT,
    ValueType.Timestamp: frozenset({Kind.ZONED}),
    ValueType.BoundingBox: _NESTED,
    ValueType.Tokens: _NESTED,
    ValueType.TokenLikelihoods: _NESTED,
    ValueType.RankedList: _NESTED,
    ValueType.StringArray: _NESTED,
    ValueType.TimeSeries: _NESTED,
}


def misfits(frame: pd.DataFrame, attributes: Iterable[Attribute]) -> dict[str, NDArray[np.bool_]]:
    """Return for each column with cells that do not fit a mask of those cells.

    Parameters
    ----------
    frame
        Rows to be stored.
    attributes
        The schema; attributes whose column is absent are passed over.

    Raises
    ------
    UserValueError
        A timestamp column has no time zone; all such columns are named.

    Examples
    --------
    >>> import pandas as pd
    >>> found = misfits(pd.DataFrame({"x": [1.5, "a", None]}, dtype=object),
    ...                 [Attribute("x", "FLOAT", "PIPELINE_INPUT")])
    >>> found["x"].tolist()
    [False, True, False]
    """
    present = [attribute for attribute in attributes if attribute.name in frame]
    naive = [
        attribute.name
        for attribute in present
        if attribute.value_type == ValueType.Timestamp
        and kind_of(frame[attribute.name]) is Kind.NAIVE
    ]
    if naive:
        raise UserValueError(
            f"the times of {', '.join(map(repr, naive))} have no time zone; "
            "add one with frame[column].dt.tz_localize('UTC')"
        )
    found = {}
    for attribute in present:
        bad = _bad_cells(frame[attribute.name], attribute.value_type)
        if bad is not None and bad.any():
            found[attribute.name] = bad
    return found


def _bad_cells(column: pd.Series[Any], value_type: str) -> NDArray[np.bool_] | None:
    fitting = _FITTING.get(value_type)
    kind = kind_of(column)
    if fitting is None or kind in fitting or kind is Kind.NOTHING:
        return None
    present: NDArray[np.bool_] = column.notna().to_numpy()
    if kind is Kind.FLOAT and value_type == ValueType.Integer:
        numbers = np.asarray(as_numbers(column), dtype=np.float64)
        fractional: NDArray[np.bool_] = np.isfinite(numbers) & (numbers != np.floor(numbers))
        return present & fractional
    if kind is not Kind.MIXED:
        return present
    names = {str(kind) for kind in fitting}
    strangers: NDArray[np.bool_] = ~families(column).isin(names).to_numpy()
    return present & strangers
