"""From a body to what it asks of its model: every name checked, every fault with its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.types as pat

from modelgroups.catalog import models, versions
from modelgroups.query.conditions import condition
from modelgroups.query.drift.body import THRESHOLDS, Compared, DriftBody, SideBody, TableBody
from modelgroups.query.drift.measures import MEASURES, Form
from modelgroups.query.drift.request import (
    ROLLUP,
    Classes,
    Measured,
    Request,
    Side,
    form_of,
    time_of,
)
from modelgroups.query.faults import Faults, nearest
from modelgroups.query.source import Column, available, column_type
from modelgroups.query.subject import Subject, subject_of
from modelgroups.query.tree import Condition
from modelgroups.types import OutputType

__all__ = ["request_of"]

_ITEM_ID: Final = "_item_id"
_THRESHOLD_FORMS: Final = (Form.CONTINUOUS, Form.CATEGORICAL, Form.CLASSES)


def request_of(subject: Subject, body: DriftBody | TableBody) -> Request:
    """Return what a body asks of a model.

    Raises
    ------
    UserValueError
        Lists every fault, with its path.
    """
    faults = Faults()
    request = _Reader(subject, body, faults).read()
    faults.raise_if_any()
    return request


class _Reader:
    """Reads one body; notes its faults."""

    def __init__(self, subject: Subject, body: DriftBody | TableBody, faults: Faults) -> None:
        self.body: Compared = body
        self.metric = body.metric if isinstance(body, DriftBody) else "PSI"
        self.blame = faults.add
        self.base = self._side("base", body.base, _subject_of(subject, body.base, faults))
        self.target = self._target(subject)
        self.sides = {"base": self.base}
        if self.target is not None:
            self.sides["target"] = self.target

    def read(self) -> Request:
        if self.metric != THRESHOLDS and self.metric not in MEASURES:
            self.blame("metric", nearest(self.metric, [*MEASURES, THRESHOLDS], "metric"))
        self._check_extensions()
        measured = list(self._measured())
        groups = [group.property for group in self.body.group_by]
        self._check_groups(groups)
        rollup = self._rollup()
        self._check_keys(measured, groups, rollup)
        return Request(self.base, self.target, measured, groups, rollup, self.body.num_bins)

    # --- sides -----------------------------------------------------------------------------

    def _target(self, subject: Subject) -> Side | None:
        if self.metric == THRESHOLDS:
            return None
        given = self.body.target
        if given is None:
            self.blame("", "'target' is missing")
            return None
        if given.model is not None:
            self.blame("target.model", "only the base may be of another version")
        if isinstance(self.body, TableBody) and given.source == "ground_truth":
            self.blame("target.source", "the table is of 'inference' or 'reference'")
        return self._side("target", given, subject)

    def _side(self, path: str, given: SideBody, subject: Subject) -> Side:
        if path == "base" and given.source == "ground_truth":
            self.blame("base.source", "the base is of 'inference' or 'reference'")
        columns = available(subject, given.source)
        for number, wanted in enumerate(given.filter):
            self._check_condition(columns, wanted, f"{path}.filter[{number}]")
        return Side(subject, given.source, given.filter, columns)

    def _check_condition(self, columns: Mapping[str, Column], wanted: Condition, path: str) -> None:
        if wanted.property not in columns:
            self.blame(f"{path}.property", nearest(wanted.property, columns, "property"))
            return
        import ibis

        row = pa.schema([("value", column_type(columns[wanted.property]))])
        column = ibis.table(ibis.Schema.from_pyarrow(row), name="row")["value"]
        try:
            condition(column, wanted.comparator, wanted.value)
        except ValueError as error:
            self.blame(f"{path}.value", str(error))

    # --- what is measured --------------------------------------------------------------------

    def _measured(self) -> Iterator[Measured]:
        body = self.body
        if isinstance(body, TableBody):
            yield from self._property(body.property, "property")
            return
        assert isinstance(body, DriftBody)  # noqa: S101  # there are two
        if not (body.properties or body.predicted_classes or body.ground_truth_classes):
            self.blame("", "give properties, predicted_classes or ground_truth_classes")
        for number, name in enumerate(body.properties):
            yield from self._property(name, f"properties[{number}]")
        if body.predicted_classes:
            yield from self._classes(body.predicted_classes, "predicted_classes")
        if body.ground_truth_classes:
            yield from self._classes(body.ground_truth_classes, "ground_truth_classes")

    def _property(self, name: str, path: str) -> Iterator[Measured]:
        found = [self._found(name, side, path) for side in self.sides]
        measured = [each for each in found if each is not None]
        if len(measured) < len(found):
            return
        if len({each.form for each in measured}) > 1:
            self.blame(path, f"{name!r} is continuous in one version and categorical in the other")
            return
        types = [column_type(rows.columns[measured[0].column]) for rows in self.sides.values()]
        if measured[0].form is Form.CONTINUOUS and len(set(map(pat.is_timestamp, types))) > 1:
            self.blame(path, f"{name!r} is a time in one version and a number in the other")
            return
        self._check_form(measured[0].form, path)
        yield measured[0]

    def _found(self, name: str, side: str, path: str) -> Measured | None:
        """Return the distribution of a property on one side."""
        rows = self.sides[side]
        attributes = rows.subject.attributes
        attribute = attributes.get(name) or attributes.get(name.removesuffix(_ITEM_ID))
        form = None if attribute is None else form_of(attribute)
        if attribute is None or (attribute.name != name and form is not Form.ITEMS):
            self.blame(path, nearest(name, attributes, "attribute"))
        elif form is None:
            self.blame(
                path,
                f"{name!r} is {attribute.value_type} and has no distribution; "
                "ask for the drift of an anomaly score instead",
            )
        elif attribute.name not in rows.columns:
            self.blame(path, f"the {side} has no column {name!r}")
        else:
            return Measured(name, form, attribute.name)
        return None

    def _check_form(self, form: Form, path: str) -> None:
        measure = MEASURES.get(self.metric)
        allowed = _THRESHOLD_FORMS if self.metric == THRESHOLDS else measure and measure.forms
        if allowed and form not in allowed:
            wanted = " or ".join(allowed)
            self.blame(path, f"{self.metric} is for {wanted} values, and these are {form}")

    def _classes(self, names: list[str], path: str) -> Iterator[Measured]:
        subject = self.base.subject if self.target is None else self.target.subject
        truths = {attribute.name for attribute in subject.truths()}
        predicted = [attribute.name for attribute in subject.predicted()]
        kind = Classes.PREDICTED if path == "predicted_classes" else Classes.TRUE
        if self.target and self.target.source == "ground_truth" and truths.issuperset(names):
            kind = Classes.TRUE
        if subject.output_type != OutputType.Multiclass:
            self.blame(path, f"a {subject.output_type} model has no classes")
            return
        known = predicted if kind is Classes.PREDICTED else _true_classes(subject)
        measured = Measured(kind.value, Form.CLASSES, classes=kind, chosen=None)
        truth = subject.truth_class()
        if names != ["*"] and not (kind is Classes.TRUE and truth and names == [truth.name]):
            chosen = [self._class(name, known, f"{path}[{i}]") for i, name in enumerate(names)]
            measured = Measured(
                kind.value, Form.CLASSES, classes=kind, chosen=frozenset(filter(None, chosen))
            )
        for side, rows in self.sides.items():
            needed = measured.needs(rows.subject)
            missing = [name for name in needed if name not in rows.columns]
            if missing or not needed:
                lacking = f"no column {missing[0]!r}" if missing else "no such classes"
                self.blame(path, f"the {side} has {lacking}")
        self._check_form(Form.CLASSES, path)
        yield measured

    def _class(self, name: str, known: Mapping[str, str] | list[str], path: str) -> str:
        if name not in known:
            self.blame(path, nearest(name, known, "class"))
            return ""
        return known[name] if isinstance(known, Mapping) else name

    # --- groups and times ---------------------------------------------------------------------

    def _check_groups(self, groups: Sequence[str]) -> None:
        for number, name in enumerate(groups):
            path = f"group_by[{number}].property"
            held = {side: rows.columns.get(name) for side, rows in self.sides.items()}
            found = [column for column in held.values() if column is not None]
            if not found:
                known = dict.fromkeys(name for rows in self.sides.values() for name in rows.columns)
                self.blame(path, nearest(name, known, "property"))
            elif len(found) < len(held):
                self.blame(path, f"the {next(s for s in held if held[s] is None)} has no {name!r}")
            elif any(pat.is_nested(column_type(column)) for column in found):
                self.blame(path, f"{name!r} holds lists, which do not group")
            elif len({column_type(column) for column in found}) > 1:
                self.blame(path, f"{name!r} has values of other types in the two versions")

    def _rollup(self) -> str | None:
        rollup = self.body.rollup
        if rollup is None or self.target is None:
            return None
        needed = rollup if rollup == "batch_id" else time_of(self.target)
        if needed not in self.target.columns:
            self.blame("rollup", f"the target has no {needed} to be split by")
        return rollup

    def _check_keys(
        self, measured: Sequence[Measured], groups: Sequence[str], rollup: str | None
    ) -> None:
        taken = [ROLLUP] if rollup else []
        places = [(name, f"group_by[{i}]") for i, name in enumerate(groups)]
        places += [(each.key, "properties") for each in measured]
        if isinstance(self.body, TableBody):
            taken += ["bucket", "psi"]
            places = places[: len(groups)]
        for key, path in places:
            if key in taken:
                self.blame(path, f"the answer would have {key!r} twice")
            taken.append(key)

    def _check_extensions(self) -> None:
        if isinstance(self.body, DriftBody) and self.metric != THRESHOLDS:
            for name in ("target_size", "confidence"):
                if getattr(self.body, name) is not None:
                    self.blame(name, f"it belongs to the metric {THRESHOLDS!r}")


def _true_classes(subject: Subject) -> Mapping[str, str]:
    """Return the names under which a true class may be chosen, each with its text in the data."""
    truth = subject.truth_class()
    if truth is None:
        return {attribute.name: attribute.name for attribute in subject.truths()}
    known = {category.value: category.value for category in truth.categories or []}
    for attribute in subject.predicted():
        if attribute.gt_class_link is not None:
            known.setdefault(attribute.gt_class_link, attribute.gt_class_link)
            known.setdefault(str(attribute.attribute_link), attribute.gt_class_link)
    return known


def _subject_of(subject: Subject, base: SideBody, faults: Faults) -> Subject:
    """Return the version that the base is of."""
    if base.model is None:
        return subject
    registry = subject.recipient.registry
    with registry.catalog.read() as session:
        found = models.find(session, base.model)
        own = models.find(session, subject.recipient.model_id)
        known: list[str] = []
        if found is None and own is not None:
            found = versions.find_named(session, own.group_id, base.model)
            known = versions.names(session, own.group_id) if found is None else []
    if found is None:
        faults.add("base.model", nearest(base.model, known, "version with the id, label or alias"))
        return subject
    return subject_of(registry, found)
