"""Outputs that the model cannot mean: other classes, probabilities outside 0 to 1; told in time.

They are stored as they were given, for that is what the SDK does. Loads pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from modelgroups.cautions import warn
from modelgroups.drawing.texts import number_of_things
from modelgroups.inferences.quality import known_categories, known_range
from modelgroups.lazy import lazy
from modelgroups.schema.attribute import Attribute, AttributeCategory, as_categories
from modelgroups.types import OutputType, Stage, ValueType

if TYPE_CHECKING:
    from modelgroups.inferences.accept import Half
    from modelgroups.inferences.recipient import Recipient

__all__ = ["Doubts", "Expectation", "expectations"]

_CLASSIFIERS: Final = (OutputType.Multiclass, OutputType.Multilabel)
_TRUTHS: Final = (Stage.GroundTruth, Stage.GroundTruthClass)
_MOST_SHOWN: Final = 5


@dataclass(frozen=True)
class Expectation:
    """What the values of one output are expected to be.

    Parameters
    ----------
    name
        Of the attribute.
    known
        The classes that there are; None where there is a range.
    bounds
        The least and the greatest value; None where there are classes.

    Examples
    --------
    >>> p, y = Expectation("p", bounds=(0.0, 1.0)), Expectation("y", known=pa.array([0, 1]))
    >>> p.strange_cells([0.5, None, 1.5]), y.strange_cells([7, 1])
    ([1.5], [7])
    >>> y.strange_column(pa.chunked_array([[7, 1, None, 7]])).to_pylist()
    [7, 7]
    """

    name: str
    known: pa.Array | None = None
    bounds: tuple[float, float] | None = None

    @lazy
    def classes(self) -> frozenset[Any]:
        """The classes as values of Python."""
        return frozenset() if self.known is None else frozenset(self.known.to_pylist())

    def strange_cells(self, cells: Iterable[Any]) -> list[Any]:
        """Return those of some values that are not as expected; null is none."""
        given = (cell for cell in cells if cell is not None)
        if self.bounds is None:
            return [cell for cell in given if cell not in self.classes]
        low, high = self.bounds
        return [cell for cell in given if not low <= cell <= high]

    def strange_column(self, column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
        """Return those of the values of a column that are not as expected."""
        if self.bounds is None:
            strange = pc.invert(pc.is_in(column, value_set=self.known, skip_nulls=False))
            return column.filter(pc.and_(strange, column.is_valid()))
        low, high = self.bounds
        ends = pc.min_max(column)
        if ends["min"].as_py() is None or (
            ends["min"].as_py() >= low and ends["max"].as_py() <= high
        ):
            return column[:0]
        return column.filter(pc.or_(pc.less(column, low), pc.greater(column, high)))

    @property
    def told(self) -> str:
        """Say what a value is not."""
        if self.bounds is None:
            shown = sorted(map(str, self.classes))
            more = len(shown) - _MOST_SHOWN
            classes = ", ".join(shown[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
            return f"is none of the classes of the model ({classes})"
        low, high = self.bounds
        return f"lies outside {low:g} to {high:g}"


def expectations(output_type: str, attributes: Iterable[Attribute]) -> dict[str, Expectation]:
    """Return what is expected of the outputs of a model, by name; nothing of most kinds.

    Parameters
    ----------
    output_type
        An `OutputType`.
    attributes
        All that the model has.

    Examples
    --------
    >>> p = Attribute("p", "FLOAT", "PREDICTED_VALUE")
    >>> expectations("MULTICLASS", [p]), expectations("REGRESSION", [p])
    ({'p': Expectation(name='p', known=None, bounds=(0.0, 1.0))}, {})
    """
    if output_type not in _CLASSIFIERS:
        return {}
    listed = list(attributes)
    links = [a.gt_class_link for a in listed if a.gt_class_link is not None]
    return {each.name: each for attribute in listed for each in _expected(attribute, links)}


def _expected(attribute: Attribute, links: list[str]) -> Iterator[Expectation]:
    if attribute.stage == Stage.PredictedValue and attribute.value_type == ValueType.Float:
        found = known_range(attribute)
        low, high = (0.0, 1.0) if found is None else (found[0].as_py(), found[1].as_py())
        yield Expectation(attribute.name, bounds=(low, high))
    elif attribute.stage in _TRUTHS:
        known = known_categories(_with(attribute, links))
        if known is not None and len(known):
            yield Expectation(attribute.name, known=known)


def _with(attribute: Attribute, links: list[str]) -> Attribute:
    """Return the column of classes with those too that predictions are of, and no row yet was."""
    if attribute.stage != Stage.GroundTruthClass or not attribute.categories:
        return attribute
    listed = as_categories(attribute.categories) or []
    more = [AttributeCategory(link) for link in links]
    return Attribute(
        attribute.name,
        attribute.value_type,
        attribute.stage,
        categorical=attribute.categorical,
        categories=[*listed, *more],
    )


class Doubts:
    """What was seen in the rows of one call that is hardly meant.

    Parameters
    ----------
    to
        The model that they are sent to.
    """

    def __init__(self, to: Recipient) -> None:
        self._to = to
        self._seen: dict[str, tuple[int, Any]] = {}

    def look(self, half: Half) -> None:
        """Look at rows before they are stored; they are in memory still."""
        for name, expected in self._to.expectations[half.kind].items() if len(half) else ():
            strange: Any
            if isinstance(half.data, list):
                strange = expected.strange_cells(record.get(name) for record in half.data)
            elif isinstance(half.data, pa.Table) and name in half.data.column_names:
                strange = expected.strange_column(half.data[name])
            else:
                continue
            if len(strange):
                example = strange[0].as_py() if hasattr(strange[0], "as_py") else strange[0]
                n_rows, first = self._seen.get(name, (0, example))
                self._seen[name] = n_rows + len(strange), first

    def tell(self) -> None:
        """Warn of what was seen, once."""
        if not self._seen:
            return
        halves = self._to.expectations.values()
        attributes = {name: each for half in halves for name, each in half.items()}
        told = [
            f"{name!r} {attributes[name].told} in {number_of_things(n_rows, 'row')}, "
            f"such as {example!r}"
            for name, (n_rows, example) in self._seen.items()
        ]
        truths = self._to.layout.truth_attributes
        remedies = []
        if any(name in truths for name in self._seen):
            remedies.append("a ground truth is corrected by sending it again")
        if any(name not in truths for name in self._seen):
            remedies.append(
                "an inference is removed by delete_inferences(partner_inference_ids=…), so that it "
                "can be sent again"
            )
        warn(f"{self._to.name}: {'; '.join(told)}. It is stored as it is: {'; '.join(remedies)}")
