"""How a model treats the groups of its sensitive attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modelgroups.report.subjects import BiasAnswers, Version
from modelgroups.report.words import number_text, plain, share_text, value_text
from modelgroups.types import OutputType, Stage

if TYPE_CHECKING:
    from modelgroups.schema.attribute import Attribute

__all__ = ["FairTable", "fairness_of"]

MOST_GROUPS: Final = 30
MOST_CLASSES: Final = 6
FEWEST: Final = 30
_SHARE: Final = "predicted positive"
_RATES: Final = {
    "true_positive_rate": "true positive rate",
    "false_positive_rate": "false positive rate",
    "precision": "precision",
    "accuracy_rate": "accuracy",
}
_FOUR_FIFTHS: Final = 0.8


@dataclass(frozen=True)
class FairTable:
    """Groups of a sensitive attribute, side by side.

    Parameters
    ----------
    attribute, of
        The attribute, and the class that is looked at where there are several.
    columns
        What was measured.
    rows
        The name of each group, its number of inferences and its values.
    sentence
        What is to be seen.
    n_others
        How many groups with fewer inferences are left out.
    is_share
        Whether the first column is a share, which is drawn too.
    """

    attribute: str
    of: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[float | None, ...]], ...]
    sentence: str
    n_others: int
    is_share: bool


def fairness_of(version: Version) -> list[FairTable]:
    """Return a table for each sensitive attribute, or for each class of it."""
    sensitive = [each for each in version.get_attributes() if each.monitor_for_bias]
    predicted = [
        each for each in version.get_attributes(Stage.PredictedValue)
        if not each.implicit
    ]  # fmt: skip
    is_positive = any(each.is_positive_predicted_attribute for each in predicted)
    tables = []
    for attribute in sensitive:
        if version.output_type != OutputType.Multiclass:
            tables += _by_metrics(version, attribute)
        elif is_positive and len(predicted) <= 2:
            tables.append(_binary(version.bias.metrics, attribute))
        else:
            for each in predicted[:MOST_CLASSES]:
                tables.append(_of_class(version.bias.metrics, attribute, each.name))
    return tables


def _binary(bias: BiasAnswers, attribute: Attribute) -> FairTable:
    shares = bias.demographic_parity(attribute.name)
    rates = bias.group_confusion_matrices(attribute.name, return_by_metric=False)
    counts = bias.group_counts(attribute.name)
    values = {group: (shares[group], *_rates(rates[group])) for group in shares}
    columns = (_SHARE, *_RATES.values())
    return _table(attribute, "", columns, values, counts, is_share=True)


def _rates(found: Mapping[str, float | None] | None) -> tuple[float | None, ...]:
    """Return the rates that are shown; None for all where no ground truth is known."""
    return tuple(None if found is None else found[name] for name in _RATES)


def _of_class(bias: BiasAnswers, attribute: Attribute, predicted: str) -> FairTable:
    rates = bias.group_confusion_matrices(attribute.name, predicted, return_by_metric=False)
    counts = bias.group_counts(attribute.name)
    values = {group: _rates(rates[group]) for group in rates}
    return _table(attribute, predicted, tuple(_RATES.values()), values, counts, is_share=False)


def _by_metrics(version: Version, attribute: Attribute) -> list[FairTable]:
    """Return the metrics of each group; of numbers, which make no groups of themselves, none."""
    if not attribute.categorical:
        return []
    frame = version.metrics(by=attribute.name, every=None)
    names = [name for name in frame.columns if name not in (attribute.name, "Inference Count")]
    groups = list(frame[attribute.name].astype(object).where(frame[attribute.name].notna(), None))
    counts = dict(zip(groups, frame["Inference Count"].astype(int), strict=True))
    values = {
        group: tuple(plain(frame[name].iloc[place]) for name in names)
        for place, group in enumerate(groups)
    }
    return [_table(attribute, "", tuple(map(str, names)), values, counts, is_share=False)]


def _table(
    attribute: Attribute,
    of: str,
    columns: Sequence[str],
    values: Mapping[Any, Sequence[float | None]],
    counts: Mapping[Any, int],
    *,
    is_share: bool,
) -> FairTable:
    labels = {each.value: each.label for each in attribute.categories or () if each.label}
    named = {group: _name(group, labels) for group in values}
    largest = sorted(values, key=lambda group: -counts.get(group, 0))[:MOST_GROUPS]
    shown = [group for group in values if group in largest]
    rows = tuple(
        (named[group], counts.get(group, 0), tuple(map(plain, values[group]))) for group in shown
    )
    sentence = _sentence(rows) if is_share else ""
    return FairTable(attribute.name, of, tuple(columns), rows, sentence,
                     len(values) - len(shown), is_share)  # fmt: skip


def _name(group: Any, labels: Mapping[str, str | None]) -> str:
    label = None if group is None else labels.get(str(group))
    return value_text(group) if label is None else f"{label} ({group})"


def _sentence(rows: Sequence[tuple[str, int, tuple[float | None, ...]]]) -> str:
    """Say how far apart the shares are that are predicted positive.

    The ratio is that of the four-fifths rule: Uniform Guidelines on Employee Selection Procedures,
    29 CFR 1607.4(D), 1978.
    """
    known = [
        (values[0], name) for name, count, values in rows
        if values[0] is not None and count >= FEWEST
    ]  # fmt: skip
    if len(known) < 2:
        return f"There are no two groups of {FEWEST} inferences or more to be compared."
    (low, least), (high, most) = min(known), max(known)
    text = (
        f"Predicted positive are {share_text(low)} of “{least}” and {share_text(high)} of “{most}”"
    )
    left = "" if len(known) == len(rows) else f" Groups under {FEWEST} inferences do not count."
    if not high:
        return f"{text}.{left}"
    verdict = "below" if low / high < _FOUR_FIFTHS else "not below"
    ratio = number_text(low / high)
    return f"{text}: a ratio of {ratio}, {verdict} the 0.8 of the four-fifths rule.{left}"
