"""What the rows of a bundle may hold: only what this library could have written itself."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from modelgroups.alerts.watch import NEW
from modelgroups.bundle.deployments import problems_of_deployments
from modelgroups.bundle.history import problems_of_history
from modelgroups.bundle.moves import KINDS, MOVES
from modelgroups.bundle.values import is_json, is_time, is_uuid
from modelgroups.catalog import models, origins
from modelgroups.catalog.documents import load_attributes, load_tags
from modelgroups.catalog.exported import EXPORTED, SERIAL, Exported
from modelgroups.catalog.records import ModelRecord
from modelgroups.catalog.tables import table
from modelgroups.catalog.transfer import Content, Row
from modelgroups.errors import BundleError, ModelGroupsError
from modelgroups.inferences.layout import Kind
from modelgroups.lifecycle.artifacts import require_artifact_name
from modelgroups.lifecycle.lineage import problems_of_lineage
from modelgroups.schema.saveable import check_saveable
from modelgroups.types import (
    AlertRuleBound,
    AlertRuleSeverity,
    AlertStatus,
    InputType,
    MetricType,
    OutputType,
)

__all__ = ["require_sound"]

_MOST_SHOWN = 5
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SEGMENT_ID = re.compile(r"[0-9a-f]{32}")
_KINDS = frozenset(Kind)
_TIMES = frozenset({"at", "from_time", "to_time"})


def require_sound(content: Content, group_id: str) -> None:
    """Raise unless rows are those of one group, hang together and hold what they may.

    Raises
    ------
    BundleError
        Names the first problems.
    """
    problems = [*_problems_of_tables(content), *_problems_of_rows(content)]
    if not problems:  # these need rows that hang together
        problems = [
            *_problems_of_group(content, group_id),
            *_problems_of_parents(content),
            *_problems_of_parcels(content),
            *_problems_of_moves(content),
            *problems_of_deployments(content),
            *problems_of_history(content, group_id),
        ]
    if problems:
        more = len(problems) - _MOST_SHOWN
        shown = "; ".join(problems[:_MOST_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        raise BundleError(f"the bundle's catalog is not sound: {shown}")


def _problems_of_tables(content: Content) -> Iterator[str]:
    """Yield keys that stand twice, and rows that name others which are not there."""
    held = {
        (exported.name, column): {row[column] for row in content[exported.name]}
        for exported in EXPORTED
        for column in exported.table.c.keys()  # noqa: SIM118
    }
    for exported in EXPORTED:
        rows = content[exported.name]
        for key in {exported.key, (SERIAL,)} if exported.has_serial else {exported.key}:
            counts = Counter(tuple(row[name] for name in key) for row in rows)
            yield from (
                f"two rows of {exported.name} have the same {', '.join(key)}"
                for _, n in counts.most_common(1)
                if n > 1
            )
        for column, other, target in _links(exported):
            strangers = held[exported.name, column] - held[other, target] - {None}
            yield from (
                f"a row of {exported.name} names a {column} that is not there"
                for _ in list(strangers)[:1]
            )


def _links(exported: Exported) -> Iterator[tuple[str, str, str]]:
    """Yield which columns name rows of which others."""
    for column in exported.table.c:
        for key in column.foreign_keys:
            yield column.name, key.column.table.name, key.column.name
    for column_name, other in exported.references.items():
        yield column_name, other, SERIAL
    if exported.within is not None:
        column_name, owner, target = exported.within
        yield column_name, table(owner).name, target


def _problems_of_rows(content: Content) -> Iterator[str]:
    """Yield values that this library would not have written."""
    for exported in EXPORTED:
        for row in content[exported.name]:
            for column, value in row.items():
                problem = None if value is None else _problem_of_value(exported, column, value)
                if problem:
                    yield f"{column} of a row of {exported.name} {problem}"
            check = _CHECKS.get(exported.name)
            problem = check(row) if check is not None else None
            if problem:
                yield f"a row of {exported.name} {problem}"


def _problem_of_value(exported: Exported, column: str, value: Any) -> str | None:
    if column.endswith("digest") and not _DIGEST.fullmatch(value):
        return "is no SHA-256"
    if column.endswith("_at") or column in _TIMES:
        return None if is_time(value) else "is no time"
    if column.endswith(("model_id", "parent_id", "group_id")) and "partner" not in column:
        return None if is_uuid(value) else "is no id"
    if column == "id":
        is_id = _SEGMENT_ID.fullmatch(value) if exported.name == "segment" else is_uuid(value)
        return None if is_id else "is no id"
    if column.startswith(("n_", "size", SERIAL)) and value < 0:
        return "is below zero"
    return None


def _of_model(row: Row) -> str | None:
    record = ModelRecord(**{name: row[name] for name in ModelRecord._fields})
    if not models.is_as_saved(record, row["fingerprint"]):
        return f"is not the version {row['id']} as it was saved"
    if row["active_partner_model_id"] not in {None, row["partner_model_id"]}:
        return "is active under another partner_model_id"
    if (row["active_partner_model_id"] is None) != (row["archived_at"] is not None):
        return "is neither active nor archived"
    if row["input_type"] not in set(InputType) or row["output_type"] not in set(OutputType):
        return "has an input or output type that there is not"
    try:
        check_saveable(load_attributes(row["attributes"]), row["output_type"])
        documents = (load_tags(row["tags"]), load_tags(row["image_class_labels"]))
        sound = all(isinstance(text, str) for texts in documents for text in texts)
        explained = json.loads(row["explainability"] or "{}")
    except (ModelGroupsError, ValueError, TypeError, KeyError, AttributeError) as error:
        return f"has a schema, tags or labels that no version can have: {error}"
    return None if sound and isinstance(explained, dict) else "has tags or labels that are no texts"


def _of_provenance(row: Row) -> str | None:
    return None if origins.digest_of(row["document"]) == row["digest"] else "has another hash"


def _of_artifact(row: Row) -> str | None:
    try:
        require_artifact_name(row["name"])
    except ModelGroupsError as error:
        return str(error)
    return None


def _of_metric(row: Row) -> str | None:
    if not (is_json(row["query"], dict) and is_json(row["parameters"], list)):
        return "has a query or parameters that are not JSON"
    return None if row["type"] in set(MetricType) else "has a type that there is not"


def _of_enrichment_setting(row: Row) -> str | None:
    return None if is_json(row["config"], dict) else "has a config that is no JSON object"


def _of_alert_rule(row: Row) -> str | None:
    if row["bound"] not in set(AlertRuleBound) or row["severity"] not in set(AlertRuleSeverity):
        return "has a bound or a severity that there is not"
    confidence = row["confidence"]
    if confidence is not None and not 0 < confidence < 1:
        return "has a confidence that is no probability"
    sound = is_json(row["metric_parameters"] or "{}", dict)
    sound &= is_json(row["filters"] or "[]", list)
    return None if sound else "has parameters or filters that are not JSON"


def _of_alert(row: Row) -> str | None:
    if row["status"] not in {NEW, *AlertStatus}:
        return "has a status that there is not"
    return None if is_json(row["rule"], dict) else "has a rule that is no JSON object"


def _of_segment(row: Row) -> str | None:
    if row["kind"] not in _KINDS:
        return "has a kind that there is not"
    return "has deleted rows" if row["n_deleted"] or row["deleted"] is not None else None


def _of_parcel(row: Row) -> str | None:
    try:
        records = json.loads(row["rows"])
        sound = isinstance(records, list) and all(isinstance(record, dict) for record in records)
    except (ValueError, RecursionError):
        sound = False
    if not sound or len(records) != row["n_rows"]:
        return "does not hold the rows that it counts"
    return None if row["kind"] in _KINDS else "has a kind that there is not"


_CHECKS: Final[dict[str, Callable[[Row], str | None]]] = {
    "alert": _of_alert,
    "alert_rule": _of_alert_rule,
    "artifact": _of_artifact,
    "enrichment_setting": _of_enrichment_setting,
    "metric": _of_metric,
    "model": _of_model,
    "parcel": _of_parcel,
    "provenance": _of_provenance,
    "segment": _of_segment,
}


def _problems_of_group(content: Content, group_id: str) -> Iterator[str]:
    groups = content["model_group"]
    if [group["id"] for group in groups] != [group_id]:
        yield f"it does not hold the one group {group_id} that its manifest names"
        return
    numbers = sorted(row["sequence_num"] for row in content["model"])
    if not numbers or numbers != list(range(1, groups[0]["last_sequence_num"] + 1)):
        yield "the versions of the group are not numbered 1, 2, 3 …"
    labels = Counter(row["label"] for row in content["model"] if row["label"] is not None)
    yield from (f"two versions have the label {label!r}" for label, n in labels.items() if n > 1)


def _problems_of_parents(content: Content) -> Iterator[str]:
    parents: dict[str, set[str]] = {}
    for row in content["parent"]:
        parents.setdefault(row["model_id"], set()).add(row["parent_id"])
    yield from problems_of_lineage(parents)


def _problems_of_parcels(content: Content) -> Iterator[str]:
    if content["parcel"]:
        from modelgroups.bundle.columns import problems_of_parcels

        yield from problems_of_parcels(content)


def _problems_of_moves(content: Content) -> Iterator[str]:
    known = {row["id"] for row in content["model"]}
    last: dict[str, str] = {}
    for number, row in enumerate(content[MOVES], start=1):
        name, parent = row["name"], row["parent"]
        if row["kind"] not in KINDS or (row["model_id"] is None) != (row["kind"] == "delete"):
            yield f"move {number} of an alias is of a kind that there is not"
        elif row["model_id"] is not None and row["model_id"] not in known:
            yield f"move {number} of an alias leads to a version that is not there"
        elif not is_time(row["at"]) or row["at"] < last.get(name, ""):
            yield f"move {number} of an alias has no time, or one before the move before it"
        elif parent is not None and not (
            0 < parent < number and content[MOVES][parent - 1]["name"] == name
        ):
            yield f"move {number} of an alias goes back to one that is not before it"
        last[name] = row["at"]
