"""Questions to a version: the query language, in which every number about a model is asked for.

A body of JSON becomes a typed tree (`tree`), the tree an Ibis expression over the rows that it
asks about (`source`, `compile`), and the answer a list of rows of plain JSON. Each function of the
language is a small unit in `library`, with its parameters declared; `functions` lists them, and
`register_function` adds one of the user's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["functions", "register_function", "unregister_function"]


def functions() -> pd.DataFrame:
    """Return all functions of the query language.

    Returns
    -------
    DataFrame
        By name: ``signature``, with what may be left out in brackets; ``kind``, which is
        ``aggregate``, ``per row`` or ``evaluation``; and ``doc``, what is computed.

    Examples
    --------
    >>> print(functions().loc["quantile", "signature"])
    quantile(property, level)
    """
    from modelgroups.query.own import table

    return table()


def register_function(
    name: str, expression: Callable[..., Any], *, kind: str = "aggregate"
) -> None:
    """Add a function to the query language, for this process.

    Parameters
    ----------
    name
        What it is called in queries; no other function may have the name.
    expression
        From its parameters to an Ibis expression. Parameters that are annotated as ``float``,
        ``int`` or ``str`` take constants; all others take a column or a nested function. Those
        with a default may be left out.
    kind
        ``aggregate`` for one value of each group, ``per row``, or ``evaluation``, which is an
        aggregate that passes over threshold, predicted_property and ground_truth_property where
        it does not use them.

    Raises
    ------
    UserValueError
        The name is taken, or a parameter cannot be given by name.

    Examples
    --------
    >>> def brier_score(predicted_property, ground_truth_property):
    ...     '''Mean of (probability − truth)².'''
    ...     return (predicted_property - ground_truth_property).pow(2).mean()
    >>> register_function("brierScore", brier_score)
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]})
    ...     parameters = {"predicted_property": "p", "ground_truth_property": "y"}
    ...     model.query({"select": [{"function": "brierScore", "parameters": parameters}]})
    [{'brierScore': 0.0625}]
    >>> unregister_function("brierScore")
    """
    from modelgroups.query.own import add

    add(name, expression, kind)


def unregister_function(name: str) -> None:
    """Take a function away that `register_function` added.

    Parameters
    ----------
    name
        What it was called.

    Raises
    ------
    UserValueError
        None was added under the name.

    Examples
    --------
    >>> register_function("spread", lambda column: column.max() - column.min())
    >>> unregister_function("spread")
    >>> "spread" in functions().index
    False
    """
    from modelgroups.query.own import remove

    remove(name)
