"""What a caller gets of hotspots: the SDK's dictionary, which is a line for each to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelgroups.drawing.page import table_in_html

__all__ = ["Hotspots"]

_SHOWN: Final = ("n_samples", "accuracy", "precision", "recall", "f1")
_SIGNS: Final = {"gt": ">", "lte": "≤", "eq": "=", "ne": "≠"}


class Hotspots(dict[str, Any]):
    """A dictionary whose ``data`` lists hotspots; a ``dict`` in every respect but its looks.

    Examples
    --------
    >>> spot = {"rules": {"age": {"gt": 39.0, "lte": 52.5}, "sex": {"eq": "m"}}, "n_samples": 8,
    ...         "accuracy": 0.25, "precision": 0.2, "recall": 1.0, "f1": 0.3333}
    >>> Hotspots(data=[spot])
    1 hotspot, in full in ["data"]:
      39 < age ≤ 52.5, sex = 'm': n_samples 8, accuracy 0.25, precision 0.2, recall 1, f1 0.3333
    >>> Hotspots(data=[])
    no hotspot: {'data': []}
    """

    def __repr__(self) -> str:
        spots = self.get("data", [])
        if not spots:
            return f"no hotspot: {super().__repr__()}"
        head = f'{len(spots)} hotspot{"s" if len(spots) > 1 else ""}, in full in ["data"]:'
        return "\n  ".join([head, *(f"{_region(spot)}: {_told(spot)}" for spot in spots)])

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        for number, line in enumerate(repr(self).splitlines()):
            if number:
                printer.break_()
            printer.text(line)

    def _repr_html_(self) -> str:
        spots = self.get("data", [])
        rows = [[_region(spot), *(_number(spot.get(name)) for name in _SHOWN)] for spot in spots]
        return table_in_html(f"{len(spots)} hotspots", ["where", *_SHOWN], rows)


def _told(spot: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_number(spot[name])}" for name in _SHOWN if name in spot)


def _region(spot: Mapping[str, Any]) -> str:
    """Return the rules of a hotspot as one reads them aloud."""
    return ", ".join(_rule(name, rule) for name, rule in spot["rules"].items()) or "all rows"


def _rule(name: str, rule: Mapping[str, Any]) -> str:
    """Return the rule of one attribute.

    >>> _rule("age", {"gt": 39.0}), _rule("sex", {"ne": ["m", "f"]})
    ('age > 39', "sex ≠ 'm', 'f'")
    """
    if {"gt", "lte"} <= rule.keys():
        return f"{_number(rule['gt'])} < {name} ≤ {_number(rule['lte'])}"
    ((kind, value),) = rule.items()
    values = value if isinstance(value, list) else [value]
    shown = (_number(each) if isinstance(each, float) else repr(each) for each in values)
    return f"{name} {_SIGNS[kind]} {', '.join(shown)}"


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
