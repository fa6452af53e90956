"""Properties that are worked out once, when they are first asked for. Loads nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["lazy"]

if TYPE_CHECKING:
    from functools import cached_property as lazy  # noqa: TID251
else:

    class lazy:  # noqa: N801  # used as `property` is
        """A property that is worked out once, and then lies in the object's ``__dict__``.

        `functools.cached_property` holds one lock for all objects meanwhile, until Python 3.12:
        threads wait for each other, and a forked child may meet it taken for ever. Here two
        threads that ask at once may both work it out, to the same value.

        Examples
        --------
        >>> class Circle:
        ...     def __init__(self, radius):
        ...         self.radius = radius
        ...
        ...     @lazy
        ...     def area(self):
        ...         print("worked out")
        ...         return 3 * self.radius**2
        >>> circle = Circle(2)
        >>> circle.area, circle.area
        worked out
        (12, 12)
        """

        def __init__(self, work: Callable[[Any], Any]) -> None:
            self._work = work
            self.__doc__ = work.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, item: Any, owner: type | None = None) -> Any:
            if item is None:
                return self
            found = item.__dict__[self._name] = self._work(item)
            return found
