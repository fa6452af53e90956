"""Keeping a registry sound: verify what is stored, remove what nothing refers to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from sqlmodel import Session

from modelgroups.catalog import (
    artifacts,
    groups,
    log_objects,
    models,
    origins,
    references,
    segments,
)
from modelgroups.catalog.audit import check_audit
from modelgroups.catalog.engine import integrity_problems, sqlite_version, undecoded, write_a_page
from modelgroups.catalog.events import AuditHead, record
from modelgroups.catalog.records import Segment
from modelgroups.errors import SnapshotMissingError, UnexpectedError
from modelgroups.inferences.garbage import LogGarbage
from modelgroups.lifecycle.lineage import problems_of_lineage
from modelgroups.progress import tracked
from modelgroups.registry import Registry
from modelgroups.storage.objects import Collected, Identity
from modelgroups.storage.segments import SegmentName
from modelgroups.types import EventType

__all__ = ["Collected", "Verification", "collect", "verify"]


@dataclass(frozen=True, slots=True)
class Verification:
    """What `Connection.verify` checked and found; true if nothing is wrong.

    Parameters
    ----------
    n_models, n_snapshots, n_segments, n_events
        How many versions, reference snapshots, files of inferences and audit events were checked.
    size
        The bytes that were hashed.
    problems
        One sentence for each thing that is wrong.
    sqlite
        The release of SQLite in use.
    n_artifacts
        How many files that versions hold were checked.

    Examples
    --------
    >>> import modelgroups as mg
    >>> with mg.connect(":memory:") as connection:
    ...     found = connection.verify()
    >>> bool(found), found.problems
    (True, ())
    """

    n_models: int
    n_snapshots: int
    n_segments: int
    n_events: int
    size: int
    problems: tuple[str, ...]
    sqlite: str
    n_artifacts: int = 0

    def __bool__(self) -> bool:
        return not self.problems

    @property
    def _counted(self) -> str:
        return (
            f"models: {self.n_models:,}, snapshots: {self.n_snapshots:,}, "
            f"artifacts: {self.n_artifacts:,}, segments: {self.n_segments:,}, "
            f"events: {self.n_events:,} ({self.size:,} bytes), "
            f"checked with SQLite {self.sqlite}"
        )

    @property
    def _found(self) -> str:
        return f"problems: {len(self.problems):,}" if self.problems else "all is well"

    def __str__(self) -> str:
        return "\n  ".join([f"{self._counted}: {self._found}", *self.problems])

    def __repr__(self) -> str:
        return "\n  ".join([f"<Verification: {self._found}; {self._counted}>", *self.problems])


def verify(registry: Registry, audit_head: AuditHead | None = None) -> Verification:
    """Check versions, events and files against their hashes.

    Parameters
    ----------
    registry
        An open registry.
    audit_head
        The head of the audit events as it was noted before.
    """
    with registry.catalog.read() as session, undecoded(session.connection()):
        problems = _problems_of_rows(session)
        audited = check_audit(session, audit_head)
        problems += audited.problems
        n_models = 0
        for model, stored in models.stored_fingerprints(session):
            n_models += 1
            told = audited.fingerprints.pop(model.id, stored)
            if told != stored or not models.is_as_saved(model, stored):
                problems.append(
                    f"the row of model {model.id} (version {model.sequence_num} of group "
                    f"{model.group_id}) was changed since it was saved"
                )
        problems += [
            f"the model {model_id} that the audit events tell of is gone"
            for model_id in audited.fingerprints
        ]
        snapshots = references.snapshots(session)
        listed = segments.live_everywhere(session)
        images = sorted(log_objects.live(session))
        held = artifacts.live(session)
    checks: list[Callable[[], int]] = [
        *(partial(registry.objects.verify, snapshot.digest) for snapshot in snapshots),
        *(partial(registry.artifacts.verify, digest) for digest in held),
        *(partial(registry.media.verify, digest) for digest in images),
        *(partial(_verify_segment, registry, model_id, found) for model_id, found in listed),
    ]
    size = 0
    for check in tracked(checks, "Hashing files", total=len(checks)):
        try:
            size += check()
        except UnexpectedError as error:
            problems.append(str(error))
    return Verification(
        n_models,
        len(snapshots),
        len(listed),
        audited.n_events,
        size,
        tuple(problems),
        sqlite_version(),
        n_artifacts=len(held),
    )


def _verify_segment(registry: Registry, model_id: str, segment: Segment) -> int:
    """Hash the files of a segment, unless it was compacted away since it was listed."""
    name = SegmentName(model_id, segment.id)
    try:
        return registry.segments.verify(name, segment.digest, segment.index_digest)
    except SnapshotMissingError:
        with registry.catalog.read() as session:
            if all(found.id != segment.id for _, found in segments.live_everywhere(session)):
                return 0
        raise


def _problems_of_rows(session: Session) -> list[str]:
    """Return what is wrong with how the rows of the catalog hang together."""
    return [
        *(f"the catalog is damaged: {text}" for text in integrity_problems(session.connection())),
        *(
            f"the group {group} has numbered {n_numbered} versions and holds {n_held}"
            for group, n_numbered, n_held in groups.incomplete(session)
        ),
        *(
            f"the model {model} has lost the list of its reference files"
            for model in references.models_without_files(session)
        ),
        *(
            f"the provenance {digest} was changed since it was saved"
            for digest in origins.altered(session)
        ),
        *problems_of_lineage(origins.all_parents(session)),
    ]


def _spare_named(
    session: Session, garbage: dict[str, Identity], dropped: dict[str, Identity]
) -> None:
    """Take the files that rows name from those that are to be removed."""
    for snapshot in references.snapshots(session):
        garbage.pop(snapshot.digest, None)
    for digest in artifacts.live(session):
        dropped.pop(digest, None)


def collect(registry: Registry) -> Collected:
    """Remove the rows and files that nothing uses, under the write lock.

    The rows go first, in a transaction of their own: a row always has its file. Its commit also
    ends those of processes that died in theirs, which could come back later; and a file that was
    published after it, by the next such process, is another file than the one that was found.
    """
    garbage = registry.objects.published()
    dropped = registry.artifacts.published()
    of_logs = LogGarbage.suspected(registry)
    with registry.catalog.write() as session:
        references.drop_unreferenced(session)
        _spare_named(session, garbage, dropped)
        of_logs.clear(registry, session)
        write_a_page(session.connection())
    with registry.catalog.write() as session:
        _spare_named(session, garbage, dropped)  # a save may have named an offered file meanwhile
        collected = registry.objects.collect(garbage)
        of_artifacts = registry.artifacts.collect(dropped)
        n_files, size = of_logs.remove(registry)
        collected = replace(
            collected,
            digests=collected.digests + of_artifacts.digests,
            n_log_files=n_files,
            size=collected.size + of_artifacts.size + size,
        )
        if collected.digests or n_files:
            n_removed = len(collected.digests) + n_files
            after = {"files": n_removed, "size": collected.size}
            record(session, EventType.RegistryCleaned, after=after)
        return collected
