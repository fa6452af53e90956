"""Metrics that users added to models, in the catalog."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlmodel import Session

from modelgroups.catalog.records import MetricRecord
from modelgroups.catalog.tables import MetricRow, table

__all__ = ["add", "live"]

_METRIC = table(MetricRow).c


def live(session: Session, model_id: str) -> list[MetricRecord]:
    """Return the metrics of a model, in the order in which they were added."""
    columns = [_METRIC[name] for name in MetricRecord._fields]
    rows = session.execute(
        select(*columns)
        .where(_METRIC.model_id == model_id)
        .order_by(_METRIC.created_at, _METRIC.id)
    )
    return list(map(MetricRecord._make, rows))


def add(session: Session, metric: MetricRecord) -> None:
    """Insert a metric."""
    session.execute(insert(table(MetricRow)), metric._asdict())
