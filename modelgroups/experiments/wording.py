"""A comparison in words: one sentence, and a table as text and as HTML."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from modelgroups.experiments.comparison import Comparison, Line
    from modelgroups.experiments.effect import Interval

__all__ = [
    "html_of",
    "number_text",
    "p_equals",
    "p_text",
    "parts_of",
    "sentence_of",
    "subject_of_line",
    "text_of",
]

_MINUS: Final = "−"
_NOTHING: Final = "–"
_SMALLEST_P: Final = 0.001


def number_text(value: float | None, *, signed: bool = False) -> str:
    """Return a number with four digits.

    >>> number_text(0.91234), number_text(-1234.5, signed=True), number_text(None)
    ('0.9123', '−1,234', '–')
    """
    if value is None:
        return _NOTHING
    size = abs(value)
    digits = f"{size:,.0f}" if size >= 1000 else f"{size:.4g}" if size >= 10 else f"{size:.4f}"
    if size and size < 0.0001:
        digits = f"{size:.1e}"
    is_zero = not float(digits.replace(",", ""))
    sign = _MINUS if value < 0 and not is_zero else "+" if signed and not is_zero else ""
    return sign + digits


def p_text(p_value: float | None) -> str:
    """Return a p-value, of which very small ones are not told apart.

    >>> p_text(0.03456), p_text(1e-9), p_text(None)
    ('0.035', '<0.001', '–')
    """
    if p_value is None:
        return _NOTHING
    return f"<{_SMALLEST_P}" if p_value < _SMALLEST_P else f"{p_value:.3f}"


def p_equals(p_value: float | None) -> str:
    """Return what a p-value is, to stand in a sentence.

    >>> p_equals(0.03456), p_equals(1e-9)
    ('p = 0.035', 'p < 0.001')
    """
    shown = p_text(p_value)
    return f"p < {shown[1:]}" if shown.startswith("<") else f"p = {shown}"


def _interval_text(interval: Interval | None) -> str:
    if interval is None:
        return _NOTHING
    return f"{number_text(interval.low, signed=True)} to {number_text(interval.high, signed=True)}"


def subject_of_line(line: Line) -> str:
    """Return what a line is about: the metric, and where.

    >>> from modelgroups.experiments.comparison import Effect, Line
    >>> subject_of_line(Line({"sex": 1}, "AUC", 1, "V1", "V2", Effect(None, None, 0, 0, "", False)))
    'AUC where sex is 1'
    """
    where = " and ".join(f"{name} is {_value_text(v)}" for name, v in line.segment.items())
    return f"{line.metric} where {where}" if where else line.metric


def _value_text(value: object) -> str:
    return "missing" if value is None else str(value)


# --- the sentence ------------------------------------------------------------------------------


def sentence_of(comparison: Comparison) -> str:
    """Return what was found, version by version."""
    return "; ".join(parts_of(comparison)) + "."


def parts_of(comparison: Comparison) -> list[str]:
    """Return what was found of each version but the first, without a full stop."""
    first, *others = comparison.versions
    return [_of_version(comparison, first, other) for other in others]


def _of_version(comparison: Comparison, first: str, other: str) -> str:
    lines = [line for line in comparison.lines if line.other == other]
    found = {
        word: [line for line in lines if comparison.verdict(line) == word]
        for word in ("better", "worse", "different")
    }
    known = [(word, found[word]) for word in ("better", "worse") if found[word]]
    known.sort(key=lambda each: -len(each[1]))  # what holds of more metrics comes first
    if known:
        (word, some), *rest = known
        but = [f", but {than} on {_listed(comparison, few)}" for than, few in rest]
        return f"{other} is {word} than {first} on {_listed(comparison, some)}" + "".join(but)
    if found["different"]:
        return (
            f"{other} is neither better nor worse than {first} as far as can be told, but differs "
            f"from it in {_listed(comparison, found['different'])}"
        )
    return _undecided(comparison, first, other, lines)


def _listed(comparison: Comparison, lines: list[Line]) -> str:
    """Return the first of some differences with its numbers, and the names of the others."""
    line, *rest = lines
    effect = line.effect
    text = (
        f"{subject_of_line(line)} ({number_text(effect.other)} against "
        f"{number_text(effect.first)}, a difference of "
        f"{number_text(effect.difference, signed=True)}, {_percent(comparison.confidence)} "
        f"interval {_interval_text(effect.interval)}, {p_equals(line.p_corrected)})"
    )
    if not rest:
        return text
    shown = [subject_of_line(each) for each in rest[:3]]
    more = f" and {len(rest) - 3} more" if len(rest) > 3 else ""
    return f"{text}, and on {', '.join(shown)}{more}"


def _percent(confidence: float) -> str:
    return f"{100 * confidence:g} %"


def _undecided(comparison: Comparison, first: str, other: str, lines: list[Line]) -> str:
    n = max((min(line.effect.n_first, line.effect.n_other) for line in lines), default=0)
    what = "pairs of inferences" if any(x.effect.is_paired for x in lines) else "inferences of each"
    text = f"{n:,} {what} do not tell {other} from {first}"
    wanted = [
        (line.sign == 0, more, place)
        for place, line in enumerate(lines)
        if (more := comparison.more_needed(line)) is not None
    ]
    if wanted:  # of what says better or worse, that which would be established soonest
        _, more, place = min(wanted)
        seen = number_text(lines[place].effect.difference, signed=True)
        return (
            f"{text}: if {subject_of_line(lines[place])} really differs by {seen}, as it does "
            f"here, it takes about {_rounded(more)} more to establish that"
        )
    reasons = [line.effect.reason for line in lines if line.effect.reason]
    return f"{text}: {reasons[0]}" if reasons else text


def _rounded(count: int) -> str:
    """Return a count with two digits, rounded up.

    >>> _rounded(9731), _rounded(7)
    ('9,800', '7')
    """
    step = 10 ** max(len(str(count)) - 2, 0)
    return f"{-(-count // step) * step:,}"


# --- the table ---------------------------------------------------------------------------------


def _table(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    several = len(comparison.versions) > 2
    first = comparison.versions[0]
    other = "other" if several else comparison.versions[1]
    head = [*comparison.by, "metric", *(["version"] if several else []), first, other]
    head += ["difference", f"{_percent(comparison.confidence)} interval", "p", "n", "method", ""]
    rows = []
    for line in comparison.lines:
        effect = line.effect
        n = f"{effect.n_first:,}"
        if effect.n_first != effect.n_other:
            n += f" / {effect.n_other:,}"
        rows.append(
            [
                *(_value_text(value) for value in line.segment.values()),
                line.metric,
                *([line.other] if several else []),
                number_text(effect.first),
                number_text(effect.other),
                number_text(effect.difference, signed=True),
                _interval_text(effect.interval),
                p_text(line.p_corrected),
                n,
                effect.method,
                comparison.verdict(line) or effect.reason or "",
            ]
        )
    return head, rows


def _numeric(head: list[str], comparison: Comparison) -> range:
    """Return the columns that stand to the right."""
    start = len(comparison.by) + 1 + (len(comparison.versions) > 2)
    return range(start, len(head) - 2)


def text_of(comparison: Comparison) -> str:
    """Return the sentence, the table below it, and the notes."""
    head, rows = _table(comparison)
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    numeric = _numeric(head, comparison)
    lines = [
        "  ".join(
            cell.rjust(width) if place in numeric else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]
    return "\n".join([comparison.sentence, "", *lines, *_remarks(comparison)])


def _remarks(comparison: Comparison) -> list[str]:
    n_tests = sum(line.effect.p_value is not None for line in comparison.lines)
    holm = [f"p by Holm's correction for {n_tests} tests"] if n_tests > 1 else []
    return [*holm, *comparison.notes]


def html_of(comparison: Comparison) -> str:
    """Return the same as HTML, in which nothing of the user's is markup."""
    head, rows = _table(comparison)
    numeric = _numeric(head, comparison)

    def cells(row: list[str], tag: str) -> str:
        return "".join(
            f"<{tag} style='text-align:{'right' if place in numeric else 'left'}'>"
            f"{html.escape(cell)}</{tag}>"
            for place, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    remarks = "".join(f"<br><small>{html.escape(each)}</small>" for each in _remarks(comparison))
    return (
        f"<p>{html.escape(comparison.sentence)}</p>"
        f"<table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table>{remarks}"
    )
