"""Files of inference logs that nothing names any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelgroups.catalog import log_objects, segments
from modelgroups.catalog.engine import write_a_page
from modelgroups.storage.segments import SegmentName

if TYPE_CHECKING:
    from pathlib import Path

    from sqlmodel import Session

    from modelgroups.registry import Registry
    from modelgroups.storage.objects import Identity

__all__ = ["LogGarbage", "collect_log_garbage"]


@dataclass
class LogGarbage:
    """Files that nothing named when it was looked.

    Parameters
    ----------
    segments
        Files of segments.
    media
        Images, by digest.
    """

    segments: dict[Path, Identity]
    media: dict[str, Identity]

    @classmethod
    def suspected(cls, registry: Registry) -> LogGarbage:
        """Return every file there is; call it before `clear`."""
        return cls(registry.segments.published(), registry.media.published())

    def clear(self, registry: Registry, session: Session) -> None:
        """Take out what the catalog names."""
        for model_id, segment in segments.live_everywhere(session):
            name = SegmentName(model_id, segment.id)
            self.segments.pop(registry.segments.path(name), None)
            self.segments.pop(registry.segments.index_path(name), None)
        for digest in log_objects.live(session):
            self.media.pop(digest, None)

    def remove(self, registry: Registry) -> tuple[int, int]:
        """Remove what is left, inside a write transaction; return how many files and bytes."""
        n_files, size = registry.segments.collect(self.segments)
        images = registry.media.collect(self.media)
        return n_files + len(images.digests), size + images.size


def collect_log_garbage(registry: Registry) -> None:
    """Remove the files of logs that nothing names, as `lifecycle.maintenance.collect` does."""
    garbage = LogGarbage.suspected(registry)
    with registry.catalog.write() as session:
        garbage.clear(registry, session)
        write_a_page(session.connection())
    with registry.catalog.write() as session:
        session.connection()  # takes the lock
        garbage.remove(registry)
