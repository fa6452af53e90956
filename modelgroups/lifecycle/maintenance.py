"""Keeping a registry sound: verify what is stored, remove what nothing refers to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from modelgroups.catalog import groups, models, references
from modelgroups.catalog.engine import integrity_problems, sqlite_version, undecoded, write_a_page
from modelgroups.errors import UnexpectedError
from modelgroups.progress import tracked
from modelgroups.registry import Registry
from modelgroups.storage.objects import Collected

__all__ = ["Collected", "Verification", "collect", "verify"]


@dataclass(frozen=True, slots=True)
class Verification:
    """What `Connection.verify` checked and found; true if nothing is wrong.

    Parameters
    ----------
    n_models, n_snapshots
        How many versions and files were checked.
    size
        The bytes that were hashed.
    problems
        One sentence for each thing that is wrong.
    sqlite
        The release of SQLite in use.
    """

    n_models: int
    n_snapshots: int
    size: int
    problems: tuple[str, ...]
    sqlite: str

    def __bool__(self) -> bool:
        return not self.problems

    def __str__(self) -> str:
        found = f"problems: {len(self.problems)}" if self.problems else "all is well"
        lines = [
            (
                f"models: {self.n_models}, snapshots: {self.n_snapshots} ({self.size:,} bytes), "
                f"checked with SQLite {self.sqlite}: {found}"
            ),
            *self.problems,
        ]
        return "\n  ".join(lines)


def verify(registry: Registry) -> Verification:
    """Check every version against its fingerprint and every snapshot against its hash."""
    with registry.catalog.read() as session, undecoded(session.connection()):
        problems = _problems_of_rows(session)
        n_models = 0
        for record, stored in models.stored_fingerprints(session):
            n_models += 1
            if not models.is_as_saved(record, stored):
                problems.append(
                    f"the row of model {record.id} (version {record.sequence_num} of group "
                    f"{record.group_id}) was changed since it was saved"
                )
        snapshots = references.snapshots(session)
    size = 0
    for snapshot in tracked(snapshots, "Hashing snapshots", total=len(snapshots)):
        try:
            size += registry.objects.verify(snapshot.digest)
        except UnexpectedError as error:
            problems.append(str(error))
    return Verification(n_models, len(snapshots), size, tuple(problems), sqlite_version())


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
    ]


def collect(registry: Registry) -> Collected:
    """Remove the rows and files that no reference set uses, under the write lock.

    The rows go first, in a transaction of their own: a row always has its file. Its commit also
    ends those of processes that died in theirs, which could come back later; and a file that was
    published after it, by the next such process, is another file than the one that was found.
    """
    garbage = registry.objects.published()
    with registry.catalog.write() as session:
        references.drop_unreferenced(session)
        for snapshot in references.snapshots(session):
            garbage.pop(snapshot.digest, None)
        write_a_page(session.connection())
    with registry.catalog.write() as session:
        session.connection()  # takes the lock
        return registry.objects.collect(garbage)
