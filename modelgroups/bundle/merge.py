"""How the rows of a bundle come together with those of a registry.

A row that has the same key here must have the same content, but for what each registry keeps of
its own; a row that is not here is added. The inference log of a version is taken wholly or not
at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlmodel import Session

from modelgroups.bundle.deployments import DEPLOYMENTS, new_deployments, store_deployments
from modelgroups.bundle.history import HISTORY, new_events
from modelgroups.bundle.moves import MOVES, merge_moves
from modelgroups.catalog import groups, models, origins
from modelgroups.catalog.exported import EXPORTED, SERIAL, Exported
from modelgroups.catalog.records import ModelRecord
from modelgroups.catalog.tables import table
from modelgroups.catalog.transfer import (
    Content,
    Row,
    clashes,
    find,
    insert_one,
    insert_rows,
    raise_counter,
    read,
)
from modelgroups.lifecycle.lineage import problems_of_lineage

__all__ = ["Merged", "merge", "store_use"]

_LOG_TABLES = [exported for exported in EXPORTED if exported.in_log]


@dataclass
class Merged:
    """What comes of merging.

    Parameters
    ----------
    conflicts
        One sentence for each thing that cannot be merged.
    new
        The rows that are not here yet, by table, as the bundle has them.
    """

    conflicts: list[str] = field(default_factory=list)
    new: Content = field(default_factory=lambda: {exported.name: [] for exported in EXPORTED})


@dataclass
class _Merger:
    """The state of a merge: which number a serial of the bundle has here."""

    session: Session
    content: Content
    insert: bool
    merged: Merged = field(default_factory=Merged)
    serials: dict[tuple[str, int], int] = field(default_factory=dict)
    added: set[tuple[str, object]] = field(default_factory=set)
    here: dict[str, Content] = field(default_factory=dict)
    n_placeholders: int = 0

    def run(self) -> Merged:
        """Go through the tables, from what is named to what names it."""
        for exported in EXPORTED:
            waiting: list[Row] = []
            for row in self.content[exported.name]:
                translated = self._translated(exported, row)
                if translated is not None and self._is_new(exported, row, translated):
                    self.merged.new[exported.name].append(row)
                    self._add(exported, row, translated, waiting)
            if self.insert:
                insert_rows(self.session, exported, waiting)
        return self.merged

    def _translated(self, exported: Exported, row: Row) -> Row | None:
        """Return a row with the serials of this registry, or None if it is left out."""
        translated = dict(row)
        for column, other in exported.references.items():
            if (other, row[column]) not in self.serials:
                return None
            translated[column] = self.serials[other, row[column]]
        return translated

    def _is_new(self, exported: Exported, row: Row, translated: Row) -> bool:
        """Return whether a row is to be added; tell of a conflict otherwise."""
        if exported.within is not None:
            column, owner, _ = exported.within
            if (table(owner).name, translated[column]) in self.added:
                return self._may_be_added(exported, translated)
        if exported.name == "inference_log":
            return self._takes_log(row)
        here = find(self.session, exported, translated)
        if here is None:
            return self._may_be_added(exported, translated, among_others=True)
        if exported.has_serial:
            self.serials[exported.name, row[SERIAL]] = here[SERIAL]
        kept = {*exported.own, *exported.key, SERIAL}
        differing = [name for name in translated if name not in kept]
        differing = [name for name in differing if here[name] != translated[name]]
        if differing:
            self._refuse(f"{_shown(exported, row)} is another one here: {', '.join(differing)}")
        return False

    def _may_be_added(self, exported: Exported, row: Row, *, among_others: bool = False) -> bool:
        problems = _problems_of_version(self.session, row) if exported.name == "model" else []
        if among_others and not problems:
            problems = [
                f"{_shown(exported, row)} has the {', '.join(names)} of another one here"
                for names in clashes(self.session, exported, row)
            ]
        self.merged.conflicts += problems
        return not problems

    def _takes_log(self, row: Row) -> bool:
        """Return whether the log of a version that is here already is to be added."""
        model = models.find(self.session, row["model_id"])
        if model is None:
            return False  # it was refused before
        theirs = _log_of(self.content, model.id)
        ours = _log_of(self._here(model.group_id), model.id)
        if not ours["inference_log"]:
            schema = next(r["attributes"] for r in self.content["model"] if r["id"] == model.id)
            if schema == model.attributes:
                return True
            self._refuse(f"the schema of {_version(model)} is another one than its inferences have")
        elif ours != theirs:
            self._refuse(
                f"{_version(model)} has other inferences here; import_bundle(..., "
                "inferences=False) leaves those of the bundle out"
            )
        return False

    def _here(self, group_id: str) -> Content:
        """Return all that a group has here; read once."""
        if group_id not in self.here:
            self.here[group_id] = read(self.session, group_id, with_logs=True)
        return self.here[group_id]

    def _add(self, exported: Exported, row: Row, translated: Row, waiting: list[Row]) -> None:
        if "id" in row:
            self.added.add((exported.name, row["id"]))
        if not exported.has_serial:
            waiting.append(translated)
            return
        if self.insert:
            serial = insert_one(self.session, exported, translated)
        else:
            self.n_placeholders += 1
            serial = -self.n_placeholders  # nothing here has it
        self.serials[exported.name, row[SERIAL]] = serial
        self.added.add((exported.name, serial))
        if self.insert and exported.name == "model":
            record = ModelRecord(**{name: row[name] for name in ModelRecord._fields})
            models.index(self.session, serial, models.entries_of(record))

    def _refuse(self, conflict: str) -> None:
        self.merged.conflicts.append(conflict)


def merge(session: Session, content: Content, *, insert: bool) -> Merged:
    """Find out what of a bundle is new and what is in its way, and insert its rows that are new.

    What says which versions are in use, aliases and deployments, is stored by `store_use`.

    Parameters
    ----------
    session
        A session; one that writes, to insert.
    content
        The rows of the bundle, which are sound.
    insert
        Whether to insert; where there are conflicts the transaction must be rolled back.
    """
    (group,) = content["model_group"]
    here = groups.find(session, group["id"])
    merged = _Merger(session, content, insert).run()
    if here is not None and here.archived_at is not None and merged.new["model"]:
        merged.conflicts.append(
            f"the model group {here.name!r} is archived here and takes no new versions; bring it "
            "back first with group.restore()"
        )
    parents = origins.all_parents(session)
    for row in merged.new["parent"]:
        parents.setdefault(row["model_id"], set()).add(row["parent_id"])
    merged.conflicts += problems_of_lineage(parents)
    if insert:
        raise_counter(session, group["id"], group["last_sequence_num"])
    group_id, history = group["id"], content[HISTORY]
    merged.new[HISTORY] = new_events(session, group_id, history)
    conflicts, merged.new[MOVES] = merge_moves(session, group_id, content[MOVES], insert=False)
    merged.conflicts += conflicts
    conflicts, merged.new[DEPLOYMENTS] = new_deployments(
        session, group_id, content[DEPLOYMENTS], history
    )
    merged.conflicts += conflicts
    return merged


def store_use(session: Session, content: Content, merged: Merged) -> None:
    """Make the moves of aliases and the deployments that are new, and add what is in their way."""
    group_id = content["model_group"][0]["id"]
    conflicts, _ = merge_moves(session, group_id, content[MOVES], insert=True)
    conflicts += store_deployments(session, group_id, merged.new[DEPLOYMENTS])
    merged.conflicts += conflicts


def _problems_of_version(session: Session, row: Row) -> list[str]:
    """Return why a version that is not here cannot be added."""
    group, number, label = row["group_id"], row["sequence_num"], row["label"]
    problems = []
    holder = models.find_version(session, group, sequence_num=number)
    if holder is not None:
        problems.append(f"version {number} is {holder.id} here, and {row['id']} in the bundle")
    holder = None if label is None else models.find_version(session, group, label=label)
    if holder is not None and holder.sequence_num != number:
        problems.append(f"the label {label!r} belongs to version {holder.sequence_num} here")
    partner = row["active_partner_model_id"]
    if partner is not None and models.partner_id_is_taken(session, partner):
        problems.append(
            f"the partner_model_id {partner!r} of version {number} belongs to another active "
            "model here; archive that one first"
        )
    return problems


def _log_of(content: Content, model_id: str) -> Content:
    """Return the log of a version, the same whatever stands beside it."""
    serials = [r[SERIAL] for r in content["inference_log"] if r["model_id"] == model_id]
    log: Content = {}
    numbers: dict[tuple[str, int], int] = {}
    for exported in _LOG_TABLES:
        column = SERIAL if exported.name == "inference_log" else "log"
        rows = [dict(row) for row in content[exported.name] if row[column] in serials]
        for number, row in enumerate(rows):
            for name in {"log", *exported.own} & row.keys():
                del row[name]
            for name, other in exported.references.items():
                if name in row:
                    row[name] = numbers[other, row[name]]
            if exported.has_serial:
                numbers[exported.name, row[SERIAL]] = number
                del row[SERIAL]
        log[exported.name] = rows
    return log


def _version(model: ModelRecord) -> str:
    return f"version {model.sequence_num} ({model.id})"


def _shown(exported: Exported, row: Row) -> str:
    key = ", ".join(f"{name} {row[name]!r}" for name in exported.key)
    return f"the {exported.noun} with {key}"
