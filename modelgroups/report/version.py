"""A version: what it is, what it received, how it did. Asks, and computes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from modelgroups.cautions import quietly
from modelgroups.progress import progress
from modelgroups.report.context import Context
from modelgroups.report.distributions import Distributions, distributions_of
from modelgroups.report.fairness import FairTable, fairness_of
from modelgroups.report.heat import Cell, Heat, gather_heat, whole_drift
from modelgroups.report.performance import Performance, Series, performance_of
from modelgroups.report.quality import QualityRow, quality_of
from modelgroups.report.render import page_of, require_jinja
from modelgroups.report.subjects import Version
from modelgroups.report.window import bounds_text, days_of, in_window, main_window, within
from modelgroups.report.words import count_text, moment_text, plain, short, stage_text
from modelgroups.report.writing import require_target, write_page
from modelgroups.schema.attribute import as_categories
from modelgroups.types import Stage

if TYPE_CHECKING:
    from modelgroups.inferences.summary import LogSummary
    from modelgroups.report.window import Moment
    from modelgroups.schema.attribute import Attribute

__all__ = ["VersionReport", "gather_version", "report_version", "title_of"]

MOST_ATTRIBUTES: Final = 300
_N_STEPS: Final = 5


@dataclass(frozen=True)
class SchemaRow:
    """An attribute of the schema, in words."""

    name: str
    label: str | None
    stage: str
    type: str
    values: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class VersionReport:
    """All that the page of a version shows; None where there is nothing to be shown yet.

    `bounds` says between which moments the inferences lie, empty where these are all of them;
    `window_note` which of them are not in what is shown over time.
    """

    version: Version
    context: Context
    facts: Mapping[str, str]
    summary: LogSummary
    bounds: str
    window_note: str
    schema: tuple[SchemaRow, ...]
    n_attributes: int
    distributions: Distributions | None
    performance: Performance | None
    heat: Heat | None
    drift_reason: str
    quality: tuple[QualityRow, ...]
    n_unremarkable: int
    fairness: tuple[FairTable, ...]
    sensitive: tuple[str, ...]

    @property
    def days(self) -> str:
        """The first and the last day with inferences; empty without any."""
        times = (self.summary.first_timestamp, self.summary.last_timestamp)
        first, last = (moment_text(time)[:10] if time else "" for time in times)
        return first if first == last else f"{first} to {last}"

    @property
    def headlines(self) -> list[Series]:
        """The first few metrics that are no counts."""
        series = () if self.performance is None else self.performance.series
        return [each for each in series if not each.is_count and each.whole is not None][:3]

    @property
    def drifted(self) -> tuple[str, Cell] | None:
        """The attribute that drifted furthest over all of the time, and how far."""
        return None if self.heat is None else self.heat.whole


@quietly()
def report_version(
    version: Version,
    context: Context,
    path: object,
    *,
    since: Moment = None,
    until: Moment = None,
) -> Path:
    """Write the page of a version; return its path."""
    require_jinja()
    target = require_target(path)
    found = gather_version(version, context, since=since, until=until)
    return write_page(target, page_of("version", report=found, title=title_of(version)))


def title_of(version: Version) -> str:
    """Return what a version is called at the head of a page.

    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     title_of(model)
    'Card fraud, version 1'
    """
    name = version.display_name or version.partner_model_id
    label = f" ({version.version_label})" if version.version_label else ""
    return f"{name}, version {version.version_sequence_num}{label}"


def gather_version(
    version: Version, context: Context, *, since: Moment = None, until: Moment = None
) -> VersionReport:
    """Return what the page of a version shows, of the inferences between two moments."""
    asked = within(version, since, until)
    is_bounded = asked is not version
    with progress(f"Asking {title_of(version)}", total=_N_STEPS) as advance:
        summary = asked.summary()
        advance(1)
        is_used = summary.n_inferences > 0
        window = None if is_bounded or version.is_batch else main_window(days_of(version, summary))
        timed, interval = in_window(asked, summary, window)
        performance = performance_of(asked, timed, interval) if is_used else None
        advance(1)
        heat, whole, why = _drift(asked, timed, context, interval)
        advance(1)
        distributions = None
        if context.held:
            distributions = distributions_of(asked, context.held, whole, is_used=is_used)
        advance(1)
        fairness = fairness_of(asked) if is_used else []
        advance(1)
    attributes = version.get_attributes()
    rows = quality_of(version, summary, has_reference=bool(context.held)) if is_used else []
    shown = rows if len(rows) <= MOST_ATTRIBUTES else [each for each in rows if each.is_remarkable]
    return VersionReport(
        version, context, _facts(version, context, distributions), summary,
        bounds_text(since, until), "" if window is None else window.note,
        tuple(map(_schema_row, attributes[:MOST_ATTRIBUTES])), len(attributes),
        distributions, performance, heat, why,
        tuple(shown[:MOST_ATTRIBUTES]), len(rows) - len(shown[:MOST_ATTRIBUTES]),
        tuple(fairness), tuple(each.name for each in attributes if each.monitor_for_bias),
    )  # fmt: skip


def _drift(
    version: Version, timed: Version, context: Context, interval: str
) -> tuple[Heat | None, dict[str, float | None], str]:
    """Return the heat map, PSI of all inferences by attribute, and why there is none."""
    whole, why = whole_drift(version, has_reference=bool(context.held))
    if whole is None:
        return None, {}, why
    numbers = {str(name): plain(whole[name].iloc[0]) for name in whole.columns}
    n_rows = version.summary(attributes=False).n_inferences
    chance = context.chance(list(numbers))
    return gather_heat(timed, whole, n_rows, interval, chance), numbers, ""


def _facts(
    version: Version, context: Context, distributions: Distributions | None
) -> dict[str, str]:
    """Return what there is to know of a version, by name; what is not known is left out."""
    made = version.provenance
    packages = {} if made is None else dict(made.packages)
    code = None
    if made is not None and made.code_revision:
        code = made.code_revision[:12] + (" (changed)" if made.code_is_dirty else "")
    threshold = version.classifier_threshold
    reference = None if distributions is None else f"{count_text(distributions.n_reference)} rows"
    known = {
        "Group": context.group,
        "Version": f"{version.version_sequence_num}",
        "Label": version.version_label,
        "Aliases": ", ".join(context.aliases),
        "Saved": f"{moment_text(version.created_at)} UTC",
        "State": "archived" if version.archived else None,
        "Kind": f"{version.input_type} → {version.output_type}",
        "Threshold": None if threshold is None else f"{threshold:g}",
        "Tags": ", ".join(version.tags or ()),
        "Reference data": reference,
        "Code": code,
        "Script": None if made is None else made.script,
        "Python": None if made is None else made.python,
        "Packages": ", ".join(f"{name} {number}" for name, number in packages.items()),
        "Own id": version.partner_model_id,
        "Id": version.id,
    }
    return {name: value for name, value in known.items() if value}


def _schema_row(attribute: Attribute) -> SchemaRow:
    flags = {
        "the positive class": attribute.is_positive_predicted_attribute,
        "sensitive": attribute.monitor_for_bias,
        "all different": attribute.is_unique,
        "added by the registry": attribute.implicit,
    }
    remarks = [name for name, holds in flags.items() if holds]
    if attribute.gt_class_link:
        remarks.append(f"of the class {short(attribute.gt_class_link)}")
    elif attribute.attribute_link and attribute.stage == Stage.PredictedValue:
        remarks.append(f"its ground truth is {attribute.attribute_link}")
    return SchemaRow(
        attribute.name,
        attribute.label,
        stage_text(attribute.stage),
        str(attribute.value_type),
        _values(attribute),
        tuple(remarks),
    )


def _values(attribute: Attribute) -> str:
    """Return the categories of an attribute, or its range, in words."""
    if attribute.categorical:
        values = as_categories(attribute.categories) or []
        names = [f"{each.label} ({each.value})" if each.label else each.value
                 for each in values[:8]]  # fmt: skip
        more = f", and {len(values) - 8:,} more" if len(values) > 8 else ""
        return ", ".join(short(name) for name in names) + more
    if attribute.min_range is None or attribute.max_range is None:
        return ""
    return f"{attribute.min_range:g} to {attribute.max_range:g}"
