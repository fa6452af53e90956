"""Which tables travel with a group to another registry, and how their rows are told apart.

This is the one place to name a table that bundles carry. Of what a table says about its foreign
keys, everything else follows: which rows belong to a group, and which numbers are given anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Table

from modelgroups.catalog.log_tables import (
    BatchRow,
    InferenceLogRow,
    LogObjectRow,
    ParcelKeyRow,
    ParcelRow,
    SegmentCountRow,
    SegmentRow,
)
from modelgroups.catalog.tables import (
    AlertRow,
    AlertRuleRow,
    AliasMoveRow,
    AliasRow,
    ArtifactRow,
    AttributeRow,
    AuditHeadRow,
    Base,
    DeploymentRow,
    EnrichmentSettingRow,
    EventRow,
    GroupRow,
    ImportedEventRow,
    MetricRow,
    ModelRow,
    OriginRow,
    ParentRow,
    ProvenanceRow,
    ReferenceFileRow,
    ReferenceSetRow,
    RevisionRow,
    SchemaRow,
    SnapshotRow,
    TagRow,
    table,
)
from modelgroups.lazy import lazy

__all__ = ["EXPORTED", "NOT_EXPORTED", "SERIAL", "Exported"]

SERIAL: Final = "serial"
"""The column of the numbers that each registry gives by itself."""


@dataclass(frozen=True)
class Exported:
    """A table that travels.

    Parameters
    ----------
    row
        Its class.
    noun
        What a row is called in messages.
    key
        The columns that name a row in every registry.
    within
        A column, and the column of another table that it equals for the rows that belong; None
        for groups.
    own
        The columns that each registry keeps its own values of: no conflict where they differ.
    serials
        The tables whose serial a column holds, where no foreign key says so.
    store
        The store of the registry that has the files which ``digest`` and ``size`` tell.
    of_log
        Whether it tells of inferences, and so travels on request only.
    """

    row: type[Base]
    noun: str
    key: tuple[str, ...]
    within: tuple[str, type[Base], str] | None
    own: frozenset[str] = frozenset()
    serials: Mapping[str, type[Base]] = field(default_factory=dict)
    store: str | None = None
    of_log: bool = False

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.table.name

    @property
    def table(self) -> Table:
        """The table."""
        return table(self.row)

    @property
    def has_serial(self) -> bool:
        """Whether rows are numbered in order of storing."""
        return SERIAL in self.table.c

    @property
    def in_log(self) -> bool:
        """Whether it is a part of inference logs, which are taken wholly or not at all."""
        return self.row is InferenceLogRow or "log" in self.table.c

    @lazy
    def references(self) -> Mapping[str, str]:
        """The tables whose serial a column holds, by column."""
        keys = {
            column.name: key.column.table.name
            for column in self.table.c
            for key in column.foreign_keys
            if key.column.name == SERIAL
        }
        return keys | {column: table(row).name for column, row in self.serials.items()}


_CHANGEABLE = {
    "active_partner_model_id",
    "archived_at",
    "attributes",
    "classifier_threshold",
    "description",
    "display_name",
    "explainability",
    "fingerprint",
    "tags",
    "updated_at",
}

_CHANGEABLE_OF_RULES = {
    "bound",
    "confidence",
    "created_at",
    "deleted_at",
    "enabled",
    "from_minute",
    "lookback_period",
    "name",
    "seen",
    "severity",
    "threshold",
    "visited_minute",
    "wait_time",
}

EXPORTED: Final = (
    Exported(
        GroupRow,
        "model group",
        ("id",),
        None,
        own=frozenset({"name", "description", "last_sequence_num", "updated_at", "archived_at"}),
    ),
    Exported(ModelRow, "model", ("id",), ("group_id", GroupRow, "id"), own=frozenset(_CHANGEABLE)),
    Exported(
        SnapshotRow,
        "snapshot",
        ("digest",),
        ("digest", ReferenceFileRow, "digest"),
        own=frozenset({"created_at"}),
        store="objects",
    ),
    Exported(
        ReferenceSetRow,
        "reference set",
        ("model_id", "sequence_num"),
        ("model_id", ModelRow, "id"),
    ),
    Exported(
        ReferenceFileRow,
        "reference file",
        ("set_serial", "ordinal"),
        ("set_serial", ReferenceSetRow, SERIAL),
    ),
    Exported(ProvenanceRow, "provenance", ("digest",), ("digest", OriginRow, "digest")),
    Exported(OriginRow, "origin", ("model_id",), ("model_id", ModelRow, "id")),
    Exported(ParentRow, "parent", ("model_id", "ordinal"), ("model_id", ModelRow, "id")),
    Exported(
        ArtifactRow,
        "artifact",
        ("model_id", "name"),
        ("model_id", ModelRow, "id"),
        own=frozenset({"created_at"}),
        store="artifacts",
    ),
    Exported(
        MetricRow,
        "metric",
        ("model_id", "name"),
        ("model_id", ModelRow, "id"),
        own=frozenset({"created_at"}),
    ),
    Exported(
        EnrichmentSettingRow,
        "enrichment",
        ("model_id", "name"),
        ("model_id", ModelRow, "id"),
        own=frozenset({"enabled", "config"}),
    ),
    Exported(
        AlertRuleRow,
        "alert rule",
        ("id",),
        ("model_id", ModelRow, "id"),
        own=frozenset(_CHANGEABLE_OF_RULES),
    ),
    Exported(
        AlertRow,
        "alert",
        ("id",),
        ("model_id", ModelRow, "id"),
        own=frozenset({"at", "message", "metric_value", "rule", "status"}),
        of_log=True,
    ),
    Exported(
        InferenceLogRow,
        "inference log",
        ("model_id",),
        ("model_id", ModelRow, "id"),
        own=frozenset({"generation"}),
        of_log=True,
    ),
    Exported(SegmentRow, "segment", ("id",), ("log", InferenceLogRow, SERIAL), of_log=True),
    Exported(ParcelRow, "parcel", (SERIAL,), ("log", InferenceLogRow, SERIAL), of_log=True),
    Exported(
        ParcelKeyRow,
        "key of a parcel",
        ("log", "kind", "key", "parcel", "row"),
        ("log", InferenceLogRow, SERIAL),
        serials={"parcel": ParcelRow},
        of_log=True,
    ),
    Exported(BatchRow, "batch", ("log", "batch_id"), ("log", InferenceLogRow, SERIAL), of_log=True),
    Exported(
        LogObjectRow,
        "image",
        ("log", "digest"),
        ("log", InferenceLogRow, SERIAL),
        store="media",
        of_log=True,
    ),
)
"""In the order in which rows are inserted: what is named before what names it."""

NOT_EXPORTED: Final = (
    RevisionRow,
    AliasRow,
    AliasMoveRow,
    DeploymentRow,
    EventRow,
    ImportedEventRow,
    AuditHeadRow,
    AttributeRow,
    SchemaRow,
    TagRow,
    SegmentCountRow,
)
"""The revision and the head of the events are the registry's own; moves of aliases, deployments and
events travel in forms of their own; the others are made anew from what travels."""
