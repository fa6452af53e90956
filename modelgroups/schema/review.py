"""The review table: what the schema says, one row an attribute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from modelgroups.errors import UnexpectedValueError
from modelgroups.hints import did_you_mean
from modelgroups.schema.attribute import Attribute, as_categories

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DEFAULT_PROPERTIES", "review_table"]

DEFAULT_PROPERTIES = (
    "value_type",
    "categorical",
    "is_unique",
    "categories",
    "bins",
    "range",
    "monitor_for_bias",
)

_ALIASES = {"data_type": "value_type", "cutoffs": "bins"}


def review_table(
    attributes: Iterable[Attribute],
    *,
    stage: str | None = None,
    properties: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return a table of the attributes, all columns of dtype object.

    Parameters
    ----------
    attributes
        The schema, in the order of the rows.
    stage
        Only the attributes of this stage; the column ``stage`` is then left out.
    properties
        Fields of `Attribute` to show, or ``range``.

    Raises
    ------
    UnexpectedValueError
        A property is not a field of an attribute.

    Examples
    --------
    >>> review_table([Attribute("x", "FLOAT", "PIPELINE_INPUT", min_range=0.5, max_range=2.0)],
    ...              properties=["value_type", "range"])
      name           stage value_type       range
    0    x  PIPELINE_INPUT      FLOAT  0.5 to 2.0
    """
    from modelgroups.schema.review_frame import ReviewFrame

    shown = list(DEFAULT_PROPERTIES if properties is None else properties)
    known = {field.name for field in fields(Attribute)} | {"range", *_ALIASES}
    unknown = [name for name in shown if name not in known]
    if unknown:
        choices = sorted(known - set(_ALIASES))
        hints = [hint for name in unknown if (hint := did_you_mean(str(name), choices))]
        raise UnexpectedValueError(
            f"attributes have no property {', '.join(map(repr, unknown))}; "
            f"{' '.join(hints)}{' ' if hints else ''}choose from {', '.join(choices)}"
        )
    columns = ["name", *(["stage"] if stage is None else []), *shown]
    rows = [
        [_cell(attribute, _ALIASES.get(column, column)) for column in columns]
        for attribute in attributes
        if stage is None or attribute.stage == stage
    ]
    return ReviewFrame(rows, columns=columns, dtype=object)


def _cell(attribute: Attribute, name: str) -> Any:
    if name == "range":
        return f"[{attribute.min_range}, {attribute.max_range}]"
    if name == "categories":
        return [
            f"{{label: {category.label}, value: {category.value}}}"
            if category.label is not None
            else f"{{value: {category.value}}}"
            for category in as_categories(attribute.categories) or []
        ]
    value = getattr(attribute, name)
    return str(value) if isinstance(value, str) else value
