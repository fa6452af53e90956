"""Hooks: functions of the program that are told of events, once these are committed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from modelgroups.catalog.events import Event

__all__ = ["ANY", "Callback", "Hooks"]

logger = logging.getLogger("modelgroups")

Callback: TypeAlias = Callable[[Event], object]

ANY: Final = "*"
"""Stands for every type of event."""


class Hooks:
    """The hooks of an open registry."""

    def __init__(self) -> None:
        self._hooks: list[_Hook] = []  # changed by single calls, which threads do not break up

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._hooks)

    def add(self, type: str, callback: Callback) -> Callable[[], None]:
        """Call a function after each event of a type; return what ends that."""
        hook = _Hook(type, callback)
        self._hooks.append(hook)

        def cancel() -> None:
            if hook in self._hooks:
                self._hooks.remove(hook)

        return cancel

    def tell(self, events: Iterable[Event]) -> None:
        """Call the hooks of events, in order; what fails is logged."""
        for event in events:
            for hook in list(self._hooks):
                if hook.type in (ANY, event.type):
                    hook.call(event)


class _Hook:
    """A function and what it is told of."""

    def __init__(self, type: str, callback: Callback) -> None:
        self.type = type
        self._callback = callback

    def call(self, event: Event) -> None:
        try:
            self._callback(event)
        except Exception:
            logger.exception(
                "the hook %r failed on the event %s (%s); what happened stays as it is",
                getattr(self._callback, "__qualname__", self._callback),
                event.type,
                event.event_id,
            )
