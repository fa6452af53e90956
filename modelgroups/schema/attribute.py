"""One column of a model's schema: `Attribute`, with its categories and bins."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any, Self

from modelgroups.errors import MissingParameterError, UserTypeError, UserValueError
from modelgroups.schema.serial import JsonDataclass
from modelgroups.types import Stage

__all__ = [
    "MAX_CATEGORIES_TO_SHOW",
    "Attribute",
    "AttributeBin",
    "AttributeCategory",
    "as_bins",
    "as_categories",
    "sort_attributes",
    "stage_order",
]

MAX_CATEGORIES_TO_SHOW = 5
_MOST_IN_LINE = 3

_STAGE_ORDER = {
    Stage.ModelPipelineInput: 0,
    Stage.NonInputData: 1,
    Stage.PredictedValue: 2,
    Stage.GroundTruth: 3,
    Stage.GroundTruthClass: 4,
}


def stage_order(attribute_stage: str) -> int:
    """Return where a stage stands when attributes are sorted.

    >>> stage_order("PIPELINE_INPUT"), stage_order(Stage.GroundTruthClass), stage_order("other")
    (0, 4, 5)
    """
    return _STAGE_ORDER.get(attribute_stage, 5)  # type: ignore[call-overload,no-any-return]  # str == Stage


@dataclass
class AttributeCategory(JsonDataclass):
    """One value of a categorical attribute, with an optional readable label.

    Parameters
    ----------
    value
        The value; kept as text.
    label
        What to show instead of the value; kept as text.

    Examples
    --------
    >>> print(AttributeCategory(3, label="divorced"))
    3
    """

    value: str
    label: str | None = None

    def __post_init__(self) -> None:
        self.value = str(self.value)
        if self.label is not None:
            self.label = str(self.label)

    def __str__(self) -> str:
        return self.value


@dataclass
class AttributeBin(JsonDataclass):
    """An interval ``(continuous_start, continuous_end]``; None is an open end.

    Parameters
    ----------
    continuous_start
        The number above which it begins, itself not within; None for no bound.
    continuous_end
        The last number within; None for no bound.

    Examples
    --------
    >>> AttributeBin(None, 18.0).to_dict()
    {'continuous_end': 18.0}
    """

    continuous_start: float | None = None
    continuous_end: float | None = None


@dataclass
class Attribute(JsonDataclass):
    """One column of a model's schema.

    Parameters
    ----------
    name
        Column name: an ASCII letter or ``_``, then letters, digits or ``_``.
    value_type
        The type of its values, a `ValueType`.
    stage
        Its role, a `Stage`.
    id
        UUID given by `Model.save`.
    label
        A readable name for an encoded column.
    position
        Its place within the stage, from 0.
    categorical
        Whether its values are categories rather than quantities.
    min_range, max_range
        The smallest and largest value of the reference data, for quantities.
    monitor_for_bias
        Whether groups of this attribute are compared for fairness.
    categories
        The values of a categorical attribute.
    bins
        Intervals that divide a quantity into groups.
    is_unique
        Whether every row has a value of its own (an id, a free text).
    is_positive_predicted_attribute
        Whether this is the probability of the positive class of a binary model.
    attribute_link
        Name of the ground truth of a prediction, or of the prediction of a ground truth.
    gt_class_link
        The class whose probability a predicted attribute holds.
    token_attribute_link
        Name of the tokens of a text, or of the text of tokens.
    implicit
        Whether the registry added it when the model was saved.

    Examples
    --------
    >>> age = Attribute("age", "INTEGER", "PIPELINE_INPUT", position=2)
    >>> print(age.set(min_range=18, max_range=95))
    PIPELINE_INPUT[2]:age
        Range: [18, 95]
    """

    name: str
    value_type: str
    stage: str
    id: str | None = None
    label: str | None = None
    position: int | None = None
    categorical: bool = False
    min_range: float | None = None
    max_range: float | None = None
    monitor_for_bias: bool = False
    categories: list[AttributeCategory] | None = None
    bins: list[AttributeBin] | None = None
    is_unique: bool = False
    is_positive_predicted_attribute: bool = False
    attribute_link: str | None = None
    gt_class_link: str | None = None
    token_attribute_link: str | None = None
    implicit: bool = False

    def set(self, **changes: Any) -> Self:
        """Change fields after checking the result as a whole.

        Parameters
        ----------
        **changes
            Any field of the attribute. `categories` takes values, dicts with ``value`` and
            ``label``, or `AttributeCategory` objects; `bins` takes cut-offs
            (``[None, 18, 65, None]`` makes three bins) or `AttributeBin` objects; ``range``
            takes ``[min, max]``.

        Returns
        -------
        Attribute
            This attribute.

        Raises
        ------
        UserValueError
            A key is not a field, min is above max, or categories are given for an attribute
            that is not categorical.
        MissingParameterError
            Only one end of the range is known, or `categorical` is turned on without
            categories.

        Examples
        --------
        >>> sex = Attribute("sex", "INTEGER", "PIPELINE_INPUT")
        >>> sex.set(categorical=True, categories=[1, {"value": 2, "label": "female"}]).categories
        [AttributeCategory(value='1', label=None), AttributeCategory(value='2', label='female')]
        """
        known = {field.name for field in fields(self)}
        unknown = sorted(changes.keys() - known - {"range"})
        if unknown:
            raise UserValueError(
                f"attribute '{self.name}' has no field {', '.join(map(repr, unknown))}; "
                f"its fields are {', '.join(field.name for field in fields(self))}"
            )
        changes = dict(changes)
        if "range" in changes:
            changes["min_range"], changes["max_range"] = _as_range(self.name, changes.pop("range"))
        if "categories" in changes:
            changes["categories"] = as_categories(changes["categories"])
        if "bins" in changes:
            changes["bins"] = as_bins(changes["bins"])
        _check(replace(self, **changes), turned_categorical="categorical" in changes)
        for key, value in changes.items():
            setattr(self, key, value)
        return self

    def short_name(self) -> str:
        """Return ``stage[position]:name``, and the label in brackets if there is one.

        Examples
        --------
        >>> Attribute("x", "FLOAT", "PIPELINE_INPUT", position=2, label="lab").short_name()
        'PIPELINE_INPUT[2]:x (lab)'
        """
        label = f" ({self.label})" if self.label is not None else ""
        return f"{self.stage}[{self.position}]:{self.name}{label}"

    def __str__(self) -> str:
        lines = [self.short_name()]
        if self.categorical:
            values = [str(category) for category in as_categories(self.categories) or []]
            more = len(values) - MAX_CATEGORIES_TO_SHOW
            suffix = f"...and {more} more" if more > 0 else ""
            lines.append(f"Categorical: [{', '.join(values[:MAX_CATEGORIES_TO_SHOW])}{suffix}]")
        else:
            lines.append(f"Range: [{self.min_range}, {self.max_range}]")
        lines += [f"Link: {link}" for link in (self.attribute_link, self.gt_class_link) if link]
        return "\n\t".join(lines)

    def __repr__(self) -> str:
        """Return a line with what is set.

        >>> Attribute("age", "INTEGER", "PIPELINE_INPUT", position=2, min_range=18, max_range=95)
        <Attribute PIPELINE_INPUT[2]:age: INTEGER, range 18 to 95>
        """
        parts = [str(self.value_type), *self._told()]
        return f"<{type(self).__name__} {self.short_name()}: {', '.join(parts)}>"

    def _told(self) -> Iterator[str]:
        if self.categorical:
            held: object = self.categories  # whatever was assigned: save() complains of it
            values = [str(category) for category in held] if isinstance(held, list) else []
            shown = ", ".join(values[:_MOST_IN_LINE])
            more = ", …" if len(values) > _MOST_IN_LINE else ""
            yield f"{len(values):,} categories ({shown}{more})" if values else "categorical"
        if self.min_range is not None:
            yield f"range {self.min_range} to {self.max_range}"
        if self.bins:
            yield "bins"
        flags = ("monitor_for_bias", "is_unique", "is_positive_predicted_attribute", "implicit")
        yield from (name for name in flags if getattr(self, name))
        links = ("attribute_link", "gt_class_link", "token_attribute_link")
        yield from (f"{name} {value!r}" for name in links if (value := getattr(self, name)))

    def _repr_html_(self) -> str:
        title, *rest = str(self).split("\n\t")
        told = [f"{self.value_type}", *rest]
        if self.monitor_for_bias:
            told.append("Monitored for bias")
        lines = "".join(f"<br>{html.escape(line)}" for line in told)
        return f"<div><b>{html.escape(title)}</b>{lines}</div>"

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Self:
        """Return an attribute made from a dictionary; unknown keys are ignored.

        Parameters
        ----------
        record
            Fields by name, as `to_dict` returns them.

        Examples
        --------
        >>> age = Attribute("age", "INTEGER", "PIPELINE_INPUT", bins=[AttributeBin(None, 18.0)])
        >>> Attribute.from_dict(age.to_dict()) == age
        True
        """
        attribute = super().from_dict(record)
        attribute.categories = as_categories(attribute.categories)
        attribute.bins = as_bins(attribute.bins)
        return attribute


def as_categories(values: Iterable[Any] | None) -> list[AttributeCategory] | None:
    """Return plain values, dicts or categories as a list of `AttributeCategory`.

    >>> as_categories(["a", {"value": 1, "label": "one"}])
    [AttributeCategory(value='a', label=None), AttributeCategory(value='1', label='one')]
    """
    if values is None:
        return None
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise UserTypeError(
            f"categories must be a list of values, got {type(values).__name__} {values!r}"
        )
    return [_as_category(value) for value in values]


def _as_category(value: Any) -> AttributeCategory:
    if isinstance(value, AttributeCategory):
        return value
    if isinstance(value, dict) and "value" in value:
        return AttributeCategory(value["value"], value.get("label"))
    return AttributeCategory(value)


def as_bins(cuts: Iterable[Any] | None) -> list[AttributeBin] | None:
    """Return cut-offs, dicts or bins as a list of `AttributeBin`.

    >>> as_bins([None, 35, None])  # doctest: +NORMALIZE_WHITESPACE
    [AttributeBin(continuous_start=None, continuous_end=35),
     AttributeBin(continuous_start=35, continuous_end=None)]
    """
    if cuts is None:
        return None
    if isinstance(cuts, str) or not isinstance(cuts, Iterable):
        raise UserTypeError(f"bins must be a list of cut-offs, got {type(cuts).__name__} {cuts!r}")
    cuts = list(cuts)
    if cuts and all(isinstance(cut, AttributeBin) for cut in cuts):
        return cuts
    if cuts and all(isinstance(cut, dict) for cut in cuts):
        return [AttributeBin.from_dict(cut) for cut in cuts]
    return [AttributeBin(start, end) for start, end in pairwise(cuts)]


def sort_attributes(attributes: Iterable[Attribute]) -> list[Attribute]:
    """Return the attributes by stage, then position."""
    return sorted(attributes, key=lambda a: (stage_order(a.stage), a.position or 0))


def _as_range(name: str, ends: Any) -> tuple[Any, Any]:
    try:
        low, high = ends
    except (TypeError, ValueError) as error:
        raise UserValueError(
            f"the range of attribute '{name}' must be [min, max], got {ends!r}"
        ) from error
    return low, high


def _check(attribute: Attribute, *, turned_categorical: bool) -> None:
    """Raise if the fields of an attribute contradict each other."""
    name, low, high = attribute.name, attribute.min_range, attribute.max_range
    if attribute.categorical:
        if turned_categorical and not attribute.is_unique and attribute.categories is None:
            raise MissingParameterError(
                f"attribute '{name}' is to be categorical: give its categories too, or "
                "is_unique=True when every row has a value of its own"
            )
        return
    if (low is None) != (high is None):
        raise MissingParameterError(
            f"attribute '{name}' needs both min_range and max_range, or neither; "
            f"got min_range={low!r}, max_range={high!r}"
        )
    if low is not None and high is not None and low > high:
        raise UserValueError(
            f"the range of attribute '{name}' is upside down: min_range={low!r} is above "
            f"max_range={high!r}"
        )
    if attribute.categories:
        raise UserValueError(
            f"attribute '{name}' is not categorical and cannot have categories; "
            "set categorical=True as well, or categories=None"
        )
