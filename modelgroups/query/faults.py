"""What is wrong with a body, all of it in one error, each fault with its path."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from modelgroups.errors import UserValueError

__all__ = ["Faults", "nearest", "spelled"]


class Faults:
    """Collects faults; `raise_if_any` tells them."""

    def __init__(self) -> None:
        self._told: list[str] = []

    def add(self, path: str, message: str) -> None:
        """Note a fault at a place in the body, such as ``select[1].parameters.property``."""
        told = f"{path}: {message}" if path else message
        if told not in self._told:
            self._told.append(told)

    def __bool__(self) -> bool:
        return bool(self._told)

    def raise_if_any(self) -> None:
        """Raise if there is any.

        Raises
        ------
        UserValueError
            Lists them all.
        """
        if self._told:
            n_faults = len(self._told)
            noun = "fault" if n_faults == 1 else "faults"
            raise UserValueError(f"the query has {n_faults} {noun}: " + "; ".join(self._told))


def spelled(name: str, known: Iterable[str]) -> str:
    """Return a known name as it is written, whatever its case; one that is unknown as it is.

    >>> spelled("auc", ["AUC", "F1"]), spelled("f2", ["AUC", "F1"])
    ('AUC', 'f2')
    """
    names = list(known)
    if name in names:
        return name
    fits = [each for each in names if each.casefold() == name.casefold()]
    return fits[0] if len(fits) == 1 else name


def nearest(name: object, known: Iterable[str], what: str) -> str:
    """Say that a name is unknown, with the nearest one that is known, or all of a few.

    >>> nearest("agee", ["age", "sex"], "attribute"), nearest("psi", ["KS", "PSI"], "metric")
    ("no attribute 'agee'; did you mean 'age'?", "no metric 'psi'; did you mean 'PSI'?")
    """
    choices = [str(choice) for choice in known]
    near = [choice for choice in choices if choice.casefold() == str(name).casefold()]
    near = near or get_close_matches(str(name), choices, n=1)
    if near:
        return f"no {what} {name!r}; did you mean {near[0]!r}?"
    shown = ", ".join(map(repr, choices[:30])) + (", …" if len(choices) > 30 else "")
    return f"no {what} {name!r}; there is {shown or 'none'}"
