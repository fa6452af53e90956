"""The body of a query as plain values of our own, whatever the caller built it from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelgroups.query.faults import Faults

__all__ = ["taken_in"]

_DEEPEST: Final = 50
_LARGEST: Final = 100_000


def taken_in(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy with dicts for mappings, lists for tuples, and Python's numbers for NumPy's.

    Raises
    ------
    UserValueError
        The body is nested deeper, or has more values, than anybody writes; or it holds a text
        that has no bytes in UTF-8, which no stored text can equal.
    """
    intake = _Intake()
    copy: dict[str, Any] = intake.copy(body, "", 0)
    intake.faults.raise_if_any()
    return copy


class _Intake:
    def __init__(self) -> None:
        self.faults = Faults()
        self._n_values = 0

    def copy(self, value: Any, path: str, depth: int) -> Any:
        self._n_values += 1
        if depth > _DEEPEST:
            self.faults.add("", f"the query is nested more than {_DEEPEST} levels deep")
        elif self._n_values > _LARGEST:
            self.faults.add("", f"the query has more than {_LARGEST:,} values")
        elif isinstance(value, Mapping):
            below = f"{path}." if path else ""
            return {
                self._text(key, path): self.copy(each, f"{below}{key}", depth + 1)
                for key, each in value.items()
            }
        elif isinstance(value, list | tuple):
            return [self.copy(each, f"{path}[{n}]", depth + 1) for n, each in enumerate(value)]
        elif isinstance(value, str):
            return self._text(value, path)
        elif type(value).__module__ == "numpy" and hasattr(value, "item") and not value.shape:
            return value.item()
        return value

    def _text(self, value: Any, path: str) -> Any:
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                self.faults.add(path, "the text holds half of a pair of surrogates")
        return value
