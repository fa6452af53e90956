"""A group: its versions and their aliases, which is better, deployments, what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from modelgroups.cautions import quietly
from modelgroups.drawing.texts import list_text
from modelgroups.errors import UserError
from modelgroups.experiments.course import KINDS, Course
from modelgroups.lifecycle.aliases import alias_moves
from modelgroups.progress import tracked
from modelgroups.report.advice import advice_of
from modelgroups.report.effects import Compared, Whisker, compared_of, reaches_of, whisker_of
from modelgroups.report.events import Extract, extract_of
from modelgroups.report.render import page_of, require_jinja
from modelgroups.report.spans import CHAMPION, Born, Span, TimeLine, spans_of, time_line_of
from modelgroups.report.subjects import Group, Version
from modelgroups.report.together import Together, together_of
from modelgroups.report.words import (
    moment_of,
    moment_text,
    number_text,
    p_text,
    share_text,
)
from modelgroups.report.writing import require_target, write_page

if TYPE_CHECKING:
    from modelgroups.catalog.aliases import HistoricMove
    from modelgroups.experiments.decide import Finding, Guardrail
    from modelgroups.experiments.deployment import Deployment
    from modelgroups.registry import Registry

__all__ = ["GroupReport", "gather_group", "report_group"]

MOST_VERSIONS: Final = 100
MOST_LANES: Final = 20
MOST_COMPARED: Final = 5
MOST_MOVES: Final = 50
MOST_DEPLOYMENTS: Final = 10


@dataclass(frozen=True)
class VersionRow:
    """A version in the list of all."""

    number: int
    name: str
    label: str
    aliases: tuple[str, ...]
    saved: str
    state: str
    n_inferences: int
    n_ground_truths: int
    last: str
    description: str


@dataclass(frozen=True)
class MoveRow:
    """A move of an alias."""

    at: str
    alias: str
    move: str
    version: str
    reason: str


@dataclass(frozen=True)
class WatchedRow:
    """What was found of a candidate in a deployment."""

    metric: str
    candidate: str
    baseline_value: str
    value: str
    difference: str
    interval: str
    whisker: Whisker | None
    p: str
    state: str


@dataclass(frozen=True)
class DeploymentRow:
    """A deployment."""

    kind: str
    state: str
    versions: str
    started: str
    ended: str
    divisions: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, int, str], ...]
    watched: tuple[WatchedRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class GroupComparison:
    """How the champion, else the oldest version, does beside others.

    Parameters
    ----------
    reason
        Why nothing is compared; empty where something is.
    advice
        What to do.
    compared
        Each other version against it.
    confidence
        Of the intervals.
    notes
        What else there is to know.
    """

    reason: str
    advice: str = ""
    compared: tuple[Compared, ...] = ()
    confidence: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class GroupReport:
    """All that the page of a group shows."""

    group: Group
    champion: str | None
    versions: tuple[VersionRow, ...]
    n_versions: int
    n_archived: int
    n_inferences: int
    time_line: TimeLine | None
    n_lanes_left_out: int
    moves: tuple[MoveRow, ...]
    n_moves: int
    together: Together | None
    comparison: GroupComparison
    dated_back: str
    deployments: tuple[DeploymentRow, ...]
    n_deployments: int
    extract: Extract


@quietly()
def report_group(group: Group, registry: Registry, path: object) -> Path:
    """Write the page of a group; return its path."""
    require_jinja()
    target = require_target(path)
    found = gather_group(group, registry)
    return write_page(target, page_of("group", report=found, title=group.name))


def gather_group(group: Group, registry: Registry) -> GroupReport:
    """Return what the page of a group shows."""
    versions: Sequence[Version] = group.list_versions(include_archived=True)
    aliases = {alias: model.id for alias, model in group.aliases().items()}
    names = {str(version.id): name_of(version) for version in versions}
    moves = alias_moves(registry, group.id, None)
    shown = [v for place, v in enumerate(versions) if place < MOST_VERSIONS
             or v.id in aliases.values()]  # fmt: skip
    rows = [
        _version_row(version, aliases)
        for version in tracked(shown, "Reading versions", total=len(shown))
    ]
    used = {str(v.id) for v, row in zip(shown, rows, strict=True) if row.n_inferences}
    chosen, left = _chosen(versions, aliases, used)
    spans = spans_of(moves)
    lanes = _lanes(versions, spans)
    history = group.deploy.history()
    n_archived = sum(version.archived for version in versions)
    return GroupReport(
        group,
        names.get(str(aliases.get(CHAMPION))),
        tuple(rows),
        len(versions),
        n_archived,
        sum(row.n_inferences for row in rows),
        time_line_of(lanes, spans, datetime.now(UTC)) if lanes else None,
        len(versions) - len(lanes),
        tuple(_move_row(move, names) for move in moves[::-1][:MOST_MOVES]),
        len(moves),
        together_of({name_of(version): version for version in chosen}),
        _comparison(group, chosen, left, aliases.get(CHAMPION)),
        _dated_back(group.created_at, moves),
        tuple(map(_deployment_row, history[::-1][:MOST_DEPLOYMENTS])),
        len(history),
        extract_of(registry, group.id, names),
    )


def name_of(version: Version) -> str:
    """Return what a version is called within its group."""
    return version.version_label or f"version {version.version_sequence_num}"


def _version_row(version: Version, aliases: Mapping[str, str | None]) -> VersionRow:
    found = version.summary(attributes=False)
    mine = sorted(
        (alias for alias, id_ in aliases.items() if id_ == version.id),
        key=lambda alias: (alias != CHAMPION, alias),
    )
    return VersionRow(
        version.version_sequence_num or 0,
        name_of(version),
        version.version_label or "",
        tuple(mine),
        moment_text(version.created_at),
        "archived" if version.archived else "",
        found.n_inferences,
        found.n_ground_truths,
        moment_text(found.last_timestamp),
        version.description or "",
    )


def _lanes(versions: Sequence[Version], spans: Sequence[Span]) -> list[Born]:
    """Return the newest versions, and the others that an alias pointed at, newest first."""
    pointed = {span.version for span in spans}
    ranked = sorted(versions, key=lambda v: (v.id not in pointed, -(v.version_sequence_num or 0)))
    kept = sorted(ranked[:MOST_LANES], key=lambda v: -(v.version_sequence_num or 0))
    found = []
    for version in kept:
        at = moment_of(version.created_at)
        if at is not None:
            name = f"{version.version_sequence_num} {version.version_label or ''}".strip()
            found.append(Born(str(version.id), version.version_sequence_num, name, at))
    return found


def _move_row(move: HistoricMove, names: Mapping[str, str]) -> MoveRow:
    version = "" if move.model_id is None else names.get(move.model_id, move.model_id)
    return MoveRow(moment_text(move.at), move.name, move.kind, version, move.reason or "")


def _dated_back(created_at: str | None, moves: Sequence[HistoricMove]) -> str:
    """Return the day of the first move of an alias if it is before the group was made here.

    Moves can be given the time when they happened elsewhere.
    """
    made = moment_of(created_at)
    first = min((at for move in moves if (at := moment_of(move.at))), default=None)
    if made is None or first is None or first.date() >= made.date():
        return ""
    return f"{first:%Y-%m-%d}"


def _chosen(
    versions: Sequence[Version], aliases: Mapping[str, str | None], used: set[str]
) -> tuple[list[Version], int]:
    """Return the champion, else the oldest, and other versions with inferences; how many more."""
    active = [version for version in versions if version.id in used and not version.archived]
    ranked = sorted(active, key=lambda version: version.id not in aliases.values())
    champion = [version for version in active if version.id == aliases.get(CHAMPION)]
    others = [version for version in ranked if version not in champion][: MOST_COMPARED - 1]
    chosen = [*champion, *sorted(others, key=lambda version: version.version_sequence_num or 0)]
    return chosen, len(active) - len(chosen)


def _comparison(
    group: Group, chosen: Sequence[Version], left: int, champion: str | None
) -> GroupComparison:
    """Compare the first of some versions with the others."""
    if len(chosen) < 2:
        return GroupComparison(
            "Fewer than two versions have inferences, so nothing can be compared."
        )
    try:
        found = group.compare(*chosen)
    except UserError as error:  # such as no ground truth, or predictions that differ
        return GroupComparison(f"The versions cannot be compared: {error}.")
    notes = [*found.notes, *([f"{left:,} other versions are not compared here"] if left else [])]
    compared = tuple(compared_of(found))
    advice = advice_of([each.standing for each in compared], is_champion=chosen[0].id == champion)
    return GroupComparison("", advice, compared, f"{100 * found.confidence:g} %", tuple(notes))


# --- deployments -------------------------------------------------------------------------------


def _deployment_row(deployment: Deployment) -> DeploymentRow:
    course = deployment.course()
    observed = course.observed
    effects: list[Finding | Guardrail] = []
    if observed is not None:
        effects = [*observed.findings, *observed.guardrails]
    reaches = reaches_of((each.metric, each.effect) for each in effects)
    return DeploymentRow(
        KINDS[deployment.kind],
        deployment.state,
        list_text(deployment.versions),
        moment_text(deployment.created_at),
        moment_text(deployment.concluded_at),
        tuple(_planned(course)),
        tuple(_traffic(course)),
        tuple(_watched_row(each, reaches[each.metric]) for each in effects),
        () if observed is None else observed.notes,
    )  # fmt: skip


def _planned(course: Course) -> list[tuple[str, str]]:
    """Return from when on who was to get what."""
    if course.kind == "shadow":
        answers, *others = course.versions
        told = f"every request goes to {list_text(course.versions)}; the answer of {answers} counts"
        return [("", told)] if others else []
    return [(moment_text(each.start), _weights_text(each.weights)) for each in course.divisions]


def _weights_text(weights: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share_text(share)}" for name, share in weights.items())


def _traffic(course: Course) -> list[tuple[str, int, str]]:
    counts = {name: sum(course.counts[name]) for name in course.versions}
    total = sum(counts.values())
    if course.kind == "shadow":  # of which each gets all
        return [(name, n, "") for name, n in counts.items()]
    return [(name, n, share_text(n / total if total else None)) for name, n in counts.items()]


def _watched_row(each: Finding | Guardrail, reach: float) -> WatchedRow:
    effect, interval = each.effect, each.effect.interval
    bounds = "–"
    if interval is not None:
        ends = (number_text(end, signed=True) for end in (interval.low, interval.high))
        bounds = " to ".join(ends)
    return WatchedRow(
        each.metric,
        each.candidate,
        number_text(effect.first),
        number_text(effect.other),
        number_text(effect.difference, signed=True),
        bounds,
        whisker_of(effect, reach),
        p_text(effect.p_value),
        _state(each),
    )


def _state(each: Any) -> str:
    if hasattr(each, "state"):
        return f"guardrail of {each.tolerance:g}: {each.state}"
    if not each.is_established:
        return each.effect.reason or "not established"
    return "better" if each.gain > 0 else "worse"
