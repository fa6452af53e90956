"""What differs between two versions: schema, description, files, and reference data."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from modelgroups.catalog import artifacts
from modelgroups.catalog.documents import documents_of, load_attributes
from modelgroups.catalog.records import ModelRecord
from modelgroups.lifecycle.lookup import require_version, version_name
from modelgroups.lifecycle.provenance import Provenance, provenance_of
from modelgroups.registry import Registry
from modelgroups.schema.attribute import Attribute, AttributeBin, AttributeCategory
from modelgroups.schema.changes import schema_changes
from modelgroups.types import ValueType

if TYPE_CHECKING:
    import pandas as pd
    from sqlmodel import Session

    from modelgroups.query.subject import Subject

__all__ = ["VersionDiff", "changed_fields", "diff_versions"]

V = TypeVar("V")

_DESCRIBED: Final = (
    "display_name",
    "description",
    "input_type",
    "output_type",
    "is_batch",
    "classifier_threshold",
    "text_delimiter",
    "expected_throughput_gb_per_day",
    "pixel_height",
    "pixel_width",
    "image_class_labels",
    "explainability",
    "tags",
)
_SHOWN: Final = 12
"""Characters of a digest that tell files apart."""

_JSON: Final = frozenset({"image_class_labels", "explainability", "tags"})
_COLUMNS: Final = ("part", "name", "property", "before", "after")
_SAME: Final = (
    "no difference in attributes, metadata, artifacts, provenance and dependencies; "
    "drift() compares their reference data"
)


class _Line(NamedTuple):
    """One difference; `property` is None for what is only on one side."""

    part: str
    name: str
    property: str | None
    before: Any
    after: Any


@dataclass(frozen=True, repr=False)
class VersionDiff:
    """What differs between two versions; true if anything does.

    Parameters
    ----------
    first, second
        What the versions are called.
    added, removed
        Attributes that only the second, or only the first, has.
    changed
        For each other attribute that differs, its properties with both values.
    metadata
        The fields of the version that differ, with both values.
    artifacts
        Names of artifacts that differ, with the SHA-256 of both; None where a side has none.
    provenance
        What differs of where they come from, with both values: Python, the platform, the code,
        the script, and each package.

    Examples
    --------
    >>> from modelgroups.testing import example_group
    >>> with example_group("V1", "V2") as group:
    ...     difference = group.diff("V1", "V2")
    >>> difference.first, difference.second, difference.changed
    ('V1', 'V2', {})
    """

    first: str
    second: str
    added: tuple[Attribute, ...]
    removed: tuple[Attribute, ...]
    changed: Mapping[str, Mapping[str, tuple[Any, Any]]]
    metadata: Mapping[str, tuple[Any, Any]]
    artifacts: Mapping[str, tuple[str | None, str | None]]
    provenance: Mapping[str, tuple[Any, Any]]
    _sides: tuple[Registry, ModelRecord, ModelRecord] = field(compare=False)

    def drift(self, metric: str = "PSI") -> pd.Series[float]:
        """Return how far the reference data of the second drifted from those of the first.

        Parameters
        ----------
        metric
            As in `Model.drift`.

        Returns
        -------
        Series
            A value for each input and prediction that both have and that the metric compares.

        Raises
        ------
        NotFoundError
            One of the two has no reference data.
        UserValueError
            There is no such metric.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     group.diff("V1", "V2").drift().to_dict()
        {'age': 0.0, 'p': 0.0}
        """
        return _drift(*self._sides, metric)

    def to_dict(self) -> dict[str, Any]:
        """Return the differences as plain JSON.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     group.diff("V1", "V2").to_dict()["added"]
        []
        """
        return {
            "first": self.first,
            "second": self.second,
            "added": [attribute.to_dict() for attribute in self.added],
            "removed": [attribute.to_dict() for attribute in self.removed],
            "changed": {
                name: {key: [_plain(value) for value in pair] for key, pair in properties.items()}
                for name, properties in self.changed.items()
            },
            "metadata": {name: list(pair) for name, pair in self.metadata.items()},
            "artifacts": {name: list(pair) for name, pair in self.artifacts.items()},
            "provenance": {name: list(pair) for name, pair in self.provenance.items()},
        }

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each difference: part, name, property, before, after.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     list(group.diff("V1", "V2").to_frame().columns)
        ['part', 'name', 'property', 'before', 'after']
        """
        import pandas as pd

        from modelgroups.drawing.frames import fitting

        frame = pd.DataFrame(list(self._lines()), columns=list(_COLUMNS), dtype=object)
        return fitting(frame, "name", "property", "before", "after")

    def _lines(self) -> Iterator[_Line]:
        for attribute in self.added:
            yield _Line("attribute", attribute.name, None, None, _short(attribute))
        for attribute in self.removed:
            yield _Line("attribute", attribute.name, None, _short(attribute), None)
        for name, properties in self.changed.items():
            for key, (before, after) in properties.items():
                yield _Line("attribute", name, key, _plain(before), _plain(after))
        for name, (before, after) in self.metadata.items():
            yield _Line("metadata", name, name, before, after)
        for name, digests in self.artifacts.items():
            before, after = (digest and digest[:_SHOWN] for digest in digests)
            yield _Line("artifact", name, "digest" if before and after else None, before, after)
        for name, (before, after) in self.provenance.items():
            yield _Line("provenance", name, name, before, after)

    def __bool__(self) -> bool:
        return any(True for _ in self._lines())

    def __repr__(self) -> str:
        lines = [_as_text(line) for line in self._lines()]
        if not lines:
            return f"{self.first} → {self.second}: {_SAME}"
        noun = "difference" if len(lines) == 1 else "differences"
        return "\n  ".join([f"{self.first} → {self.second}: {len(lines)} {noun}", *lines])

    def _repr_html_(self) -> str:
        title = html.escape(f"{self.first} → {self.second}")
        if not self:
            return f"<p><b>{title}</b>: {_SAME}</p>"
        head = "".join(f"<th>{column}</th>" for column in _COLUMNS)
        body = "".join(
            "<tr>"
            + "".join(f"<td>{'' if c is None else html.escape(str(c))}</td>" for c in line)
            + "</tr>"
            for line in self._lines()
        )
        return (
            f"<table><caption><b>{title}</b></caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def diff_versions(
    registry: Registry, group_id: str, first: int | str, second: int | str
) -> VersionDiff:
    """Return what differs between two versions of a group.

    Raises
    ------
    NotFoundError
        There is no such version.
    """
    with registry.catalog.read() as session:
        old = require_version(session, group_id, first)
        new = require_version(session, group_id, second)
        files = [_digests(session, record.id) for record in (old, new)]
    changes = schema_changes(_attributes(old), _attributes(new))
    return VersionDiff(
        version_name(old),
        version_name(new),
        changes.added,
        changes.removed,
        changes.changed,
        changed_fields(old, new),
        _changed(*files),
        _changed_origin(*(provenance_of(registry, record.id) for record in (old, new))),
        (registry, old, new),
    )


def changed_fields(old: ModelRecord, new: ModelRecord) -> dict[str, tuple[Any, Any]]:
    """Return the descriptive fields of two versions that differ, with both values."""
    with documents_of(old.id):
        pairs = {name: (_value(old, name), _value(new, name)) for name in _DESCRIBED}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _changed_origin(old: Provenance | None, new: Provenance | None) -> dict[str, tuple[Any, Any]]:
    """Return what differs of two provenances, each package by itself; none if one is not known."""
    if old is None or new is None:
        return {}
    return _changed(*(_flat(each.to_dict()) for each in (old, new)))


def _changed(one: Mapping[str, V], two: Mapping[str, V]) -> dict[str, tuple[V | None, V | None]]:
    names = dict.fromkeys([*one, *two])
    return {
        name: (one.get(name), two.get(name)) for name in names if one.get(name) != two.get(name)
    }


def _digests(session: Session, model_id: str) -> dict[str, str]:
    return {each.name: str(each.digest) for each in artifacts.of_model(session, model_id)}


def _flat(told: dict[str, Any]) -> dict[str, Any]:
    packages: dict[str, Any] = told.pop("packages", {})
    return told | packages


def _value(record: ModelRecord, name: str) -> Any:
    value = getattr(record, name)
    if name == "is_batch":
        return bool(value)
    return json.loads(value) if name in _JSON and value is not None else value


def _attributes(record: ModelRecord) -> list[Attribute]:
    with documents_of(record.id):
        return load_attributes(record.attributes or "[]")


def _drift(registry: Registry, old: ModelRecord, new: ModelRecord, metric: str) -> pd.Series[float]:
    import pandas as pd

    from modelgroups.query.drift.body import MOST_PROPERTIES
    from modelgroups.query.drift.run import run_drift
    from modelgroups.query.subject import subject_of

    subject, base = subject_of(registry, new), subject_of(registry, old)
    names = list(_comparable(base, subject, metric))
    body = {
        "metric": metric,
        "base": {"source": "reference", "model": old.id},
        "target": {"source": "reference"},
    }
    values: dict[str, Any] = {}
    for start in range(0, max(len(names), 1), MOST_PROPERTIES):
        part = {"properties": names[start : start + MOST_PROPERTIES]}
        for row in run_drift(subject, body | part):
            values |= row
    return pd.Series([values.get(name) for name in names], names, dtype=float, name=metric)


def _comparable(base: Subject, target: Subject, metric: str) -> Iterator[str]:
    """Yield the inputs and predictions of which both reference sets have one distribution."""
    from modelgroups.query.drift.measures import MEASURES
    from modelgroups.query.drift.request import form_of
    from modelgroups.query.source import available

    forms = MEASURES[metric].forms if metric in MEASURES else None
    held = [available(subject, "reference") for subject in (base, target)]
    old = base.recipient.layout.inference_attributes
    for name, attribute in target.recipient.layout.inference_attributes.items():
        if name not in old or attribute.implicit or _is_key(attribute):
            continue
        pair = (old[name], attribute)
        found = {form_of(each) for each in pair}
        times = {each.value_type == ValueType.Timestamp for each in pair}
        if len(found) > 1 or len(times) > 1 or not all(name in columns for columns in held):
            continue
        form = found.pop()
        if form is not None and (forms is None or form in forms):
            yield name


def _is_key(attribute: Attribute) -> bool:
    """Return whether its values are all different by nature, and would only seem to drift."""
    return attribute.is_unique and attribute.value_type != ValueType.Float


def _short(attribute: Attribute) -> str:
    return f"{attribute.value_type}, {attribute.stage}"


def _plain(value: Any) -> Any:
    """Return categories and bins as plain JSON, and anything else as it is."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, AttributeCategory):
        return value.value if value.label is None else {value.value: value.label}
    if isinstance(value, AttributeBin):
        return [value.continuous_start, value.continuous_end]
    return value


def _as_text(line: _Line) -> str:
    if line.property is None:
        sign, shown = ("+", line.after) if line.before is None else ("-", line.before)
        return f"{sign} {line.name}: {shown}"
    name = f"{line.name}.{line.property}" if line.part == "attribute" else line.name
    return f"~ {name}: {line.before} → {line.after}"
