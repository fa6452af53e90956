"""Closing batches."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from modelgroups.catalog import batches, logs
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record
from modelgroups.errors import NotFoundError
from modelgroups.registry import require_writable
from modelgroups.types import EventType

if TYPE_CHECKING:
    from sqlmodel import Session

    from modelgroups.registry import Registry

__all__ = ["close_batch", "record_closed"]

logger = logging.getLogger("modelgroups")


def close_batch(registry: Registry, model_id: str, batch_id: str, n_declared: int | None) -> None:
    """Close a batch; closing it again is fine.

    Raises
    ------
    NotFoundError
        The model has no such batch.
    """
    require_writable(registry)
    with registry.catalog.write() as session:
        log = logs.find(session, model_id)
        found = None if log is None else batches.find(session, log.serial, batch_id)
        if log is None or found is None:
            raise NotFoundError(
                f"the model {model_id} has no batch {batch_id!r}; model.batches() lists them"
            )
        at = now()
        batches.close(session, log.serial, batch_id, n_declared, found.closed_at or at)
        record_closed(session, model_id, log.serial, batch_id, at)
    if n_declared is not None and n_declared != found.n_rows:
        logger.warning(
            "batch %r is closed with %d inferences, and its sender says %d",
            batch_id,
            found.n_rows,
            n_declared,
        )


def record_closed(session: Session, model_id: str, log: int, batch_id: str, at: str) -> None:
    """Write the event of a batch that was closed."""
    found = batches.find(session, log, batch_id)
    if found is not None:
        after = {"batch_id": batch_id, "rows": found.n_rows, "declared": found.n_declared}
        record(session, EventType.BatchClosed, at=at, model_id=model_id, after=after)
