"""A registry: all of its groups at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from modelgroups.cautions import quietly
from modelgroups.experiments.course import KINDS
from modelgroups.progress import tracked
from modelgroups.reference.reading import has_reference
from modelgroups.report.chance import chance_of
from modelgroups.report.charts import Lines, line_of
from modelgroups.report.events import Extract, extract_of
from modelgroups.report.group import name_of
from modelgroups.report.heat import Cell, furthest, whole_drift
from modelgroups.report.performance import counts_metric, intervals
from modelgroups.report.periods import periods_of
from modelgroups.report.render import page_of, require_jinja
from modelgroups.report.spans import CHAMPION
from modelgroups.report.subjects import Group, Version
from modelgroups.report.window import TRAFFIC, days_of, in_window, main_window
from modelgroups.report.words import moment_text, number_text, plain
from modelgroups.report.writing import require_target, write_page

if TYPE_CHECKING:
    from modelgroups.inferences.summary import LogSummary
    from modelgroups.registry import Registry

__all__ = ["GroupRow", "Overview", "gather_registry", "report_registry"]

MOST_GROUPS: Final = 200


@dataclass(frozen=True)
class GroupRow:
    """A group: its champion, else its latest version, and how that does.

    Parameters
    ----------
    name, description, id, kind
        Of the group, and of what kind its models are.
    n_versions
        How many versions it has.
    version, is_champion
        The version that the rest is of, and whether it is the champion.
    n_inferences, n_ground_truths, last
        What it received, and when the last time.
    measures
        Its first metrics over all of the time: name and value.
    drift
        The attribute that drifted furthest over all of the time, and how far.
    traffic, window_note
        Its inferences over time, None where there are none, and which of them are not shown.
    live
        The kind of the deployment that goes on, if any.
    """

    name: str
    description: str
    id: str
    kind: str
    n_versions: int
    version: str
    is_champion: bool
    n_inferences: int
    n_ground_truths: int
    last: str
    measures: tuple[tuple[str, str], ...]
    drift: tuple[str, Cell] | None
    traffic: Lines | None
    window_note: str
    live: str | None


@dataclass(frozen=True)
class Overview:
    """All that the page of a registry shows."""

    location: str
    groups: tuple[GroupRow, ...]
    n_groups: int
    n_archived: int
    n_versions: int
    extract: Extract


@quietly()
def report_registry(
    groups: Sequence[Group], versions: Sequence[Version], registry: Registry, path: object
) -> Path:
    """Write the page of a registry with all its groups, and all its active versions."""
    require_jinja()
    target = require_target(path)
    found = gather_registry(groups, versions, registry)
    name = Path(found.location).name or found.location
    return write_page(target, page_of("registry", report=found, title=f"Registry {name}"))


def gather_registry(
    groups: Sequence[Group], versions: Sequence[Version], registry: Registry
) -> Overview:
    """Return what the page of a registry shows; versions come in the order of saving."""
    of_group: dict[str | None, list[Version]] = {}
    for version in versions:
        of_group.setdefault(version.model_group_id, []).append(version)
    active = [group for group in groups if not group.archived and group.id in of_group]
    shown = active[-MOST_GROUPS:]  # the newest ones
    rows = [
        _row(group, of_group[group.id], registry)
        for group in tracked(shown, "Looking at groups", total=len(shown))
    ]
    names = {
        str(version.id): f"{group.name} {name_of(version)}"
        for group in active
        for version in of_group[group.id]
    }
    return Overview(
        registry.location,
        tuple(rows),
        len(active),
        len(groups) - len(active),  # also those whose versions are all archived
        len(versions),
        extract_of(registry, None, names),
    )


def _row(group: Group, versions: Sequence[Version], registry: Registry) -> GroupRow:
    champion = group.aliases().get(CHAMPION)
    version: Version = champion if champion is not None else versions[-1]
    found = version.summary(attributes=False)
    live = [each.kind for each in group.deploy.history() if each.state == "live"]
    drift = _drift(version, registry, found.n_inferences)
    return GroupRow(
        group.name,
        group.description or version.description or "",
        group.id,
        f"{version.input_type} → {version.output_type}",
        len(versions),
        name_of(version),
        champion is not None,
        found.n_inferences,
        found.n_ground_truths,
        moment_text(found.last_timestamp),
        tuple(_measures(version)) if found.n_inferences else (),
        drift,
        *_traffic(version, found),
        KINDS[live[0]] if live else None,
    )


def _measures(version: Version) -> list[tuple[str, str]]:
    """Return the first metrics that are no counts and have a value."""
    names = [each.name for each in version.get_metrics() if each.is_default
             and not counts_metric(each) and "select" in each.query]  # fmt: skip
    frame = version.metrics(names[:6], every=None)
    values = {str(name): plain(frame[name].iloc[0]) for name in frame.columns}
    return [(name, number_text(value)) for name, value in values.items() if value is not None][:3]


def _drift(version: Version, registry: Registry, n_rows: int) -> tuple[str, Cell] | None:
    """Return the attribute that drifted furthest, and how far."""
    frame, _ = whole_drift(version, has_reference=has_reference(registry, str(version.id)))
    if frame is None:
        return None
    names = [str(name) for name in frame.columns]
    return furthest(frame, chance_of(registry, str(version.id), names), n_rows)


def _traffic(version: Version, found: LogSummary) -> tuple[Lines | None, str]:
    """Return the number of inferences over time, and which of them are not shown."""
    if not found.n_inferences:
        return None, ""
    window = None if version.is_batch else main_window(days_of(version, found))
    shown, interval = in_window(version, found, window)
    frame = shown.metrics(TRAFFIC, every=interval)
    key = "batch_id" if interval == "batch_id" else "timestamp"
    frame = frame.set_index(key).reindex(intervals(shown, frame, interval))
    periods = periods_of(list(frame.index), interval)
    values = list(map(plain, frame[TRAFFIC].iloc[periods.n_left_out :]))
    line = line_of(TRAFFIC, periods, values, is_count=True)
    return line, "" if window is None else window.note
