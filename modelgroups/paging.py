"""A page of a longer list, which says that there is more when it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, TypeVar

__all__ = ["Page"]

T = TypeVar("T")


class Page(list[T]):
    """A list in every respect but its looks.

    Examples
    --------
    >>> Page.of([1, 2, 3], size=2, number=1), Page.of([3], size=2, number=2)
    ([1, 2, … and more; page=2 has the next, a larger page_size more at once], [3])
    """

    _next: int | None = None

    @classmethod
    def of(cls, found: Sequence[T], size: int, number: int) -> Self:
        """Return a page of what was found from its beginning on.

        Parameters
        ----------
        found
            What is on it, and more where there is more.
        size, number
            How long it is, and which one, from 1 on.
        """
        page = cls(found[:size])
        if len(found) > size:
            page._next = number + 1
        return page

    @property
    def more(self) -> str:
        """Where there is more: nothing, or a text that says how to get it."""
        if self._next is None:
            return ""
        return f"and more; page={self._next} has the next, a larger page_size more at once"

    def __repr__(self) -> str:
        shown = super().__repr__()
        return f"{shown[:-1]}, … {self.more}]" if self.more else shown
