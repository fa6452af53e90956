"""The part of `Connection` that looks after the registry: its audit events, hashes and files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from modelgroups.arguments import require_names, require_text
from modelgroups.calls import checked_calls
from modelgroups.catalog.events import AuditHead, Event, EventFilter, head
from modelgroups.catalog.hooks import ANY
from modelgroups.criteria import key_or_none, moment_or_none
from modelgroups.errors import CatalogCorruptError, UserTypeError, UserValueError
from modelgroups.group import ModelGroup
from modelgroups.model import Model
from modelgroups.query.faults import nearest
from modelgroups.registry import Registry
from modelgroups.types import EventType

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.lifecycle.maintenance import Collected, Verification

__all__ = ["Maintaining"]


@checked_calls
class Maintaining:
    """What happened to the registry, and whether it is sound."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @property
    def registry(self) -> Registry:
        """The open registry that models and groups work on.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:") as connection:
        ...     connection.registry.read_only
        False
        """
        return self._registry

    def audit(
        self,
        *,
        group: ModelGroup | str | None = None,
        model: Model | str | None = None,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        type: str | Sequence[str] | None = None,
        category: str | Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the audit events that match, in order of recording.

        Those that came with a bundle stand before the event of the import that brought them. They
        have the ids that they have where they happened, and are listed for their own sake: what of
        it holds here, the events of here tell.

        Every change is an event, written in the transaction of the change. Rows that were sent a
        few at a time have theirs when they are put into a file, and its actor is who does that.
        Events hold names, counts, ids and hashes, and no values of inferences.

        Parameters
        ----------
        group
            A group, its id, or its name where no other active group has it: what happened to it,
            to its versions and to its aliases.
        model
            A model, or its id.
        since, until
            From the first moment on and before the second; each with a time zone.
        type
            An `EventType`, such as ``"model.saved"``, or several.
        category
            The first part of a type, such as ``"alias"``, or several.

        Returns
        -------
        DataFrame
            event_id, timestamp (UTC), category, type, group_id, model_id, actor, before, after
            (dicts, or None), reason, import_id (the event_id of the ``group.imported`` that
            brought it; None if it happened here).

        Raises
        ------
        UserTypeError, UserValueError
            An argument cannot be what it is named for; the nearest known name is told.
        NotFoundError
            Neither is there such a group or model, nor does an event tell of one.
        ConflictError
            Several groups have that name.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:", actor="ada") as connection:
        ...     model = connection.model("m-1", "NLP", "TOKEN_SEQUENCE")
        ...     _ = model.build_token_sequence_model("question", "answer")
        ...     _ = model.save()
        ...     print(connection.audit()[["type", "actor"]])
                    type actor
        0  group.created   ada
        1    model.saved   ada
        """
        from modelgroups.lifecycle.audit import audit_frame, id_of_group, id_of_model

        group_id = key_or_none(group, ModelGroup, "group")
        model_id = key_or_none(model, Model, "model")
        wanted = EventFilter(
            group_id=None if group_id is None else id_of_group(self._registry, group_id),
            model_id=None if model_id is None else id_of_model(self._registry, model_id),
            types=_types(type, category),
            since=moment_or_none(since, "since"),
            until=moment_or_none(until, "until"),
        )
        return audit_frame(self._registry, wanted)

    def audit_head(self) -> AuditHead:
        """Return how many audit events there are, and the hash that seals them.

        The events are chained by hash, so that `verify` finds any that was changed, removed or
        moved. Somebody who can write to the catalog could make the whole chain anew, though. Note
        the head where they cannot write, and give it to `verify` later.

        Raises
        ------
        CatalogCorruptError
            The catalog has lost it.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:") as connection:
        ...     noted = connection.audit_head()
        ...     noted.n_events, bool(connection.verify(audit_head=noted))
        (0, True)
        """
        with self._registry.catalog.read() as session:
            found = head(session)
        if found is None:
            raise CatalogCorruptError(
                "the catalog has lost the head of its audit events; restore it from a backup"
            )
        return found

    def on(self, type: str, callback: Callable[[Event], object]) -> Callable[[], None]:
        """Call a function after each event of a type that this connection commits.

        It is called in the thread that made the change, when the change is on the disk and nothing
        is locked any more, and before the call that made it returns. What it raises is logged and
        undoes nothing.

        Parameters
        ----------
        type
            An `EventType`, such as ``"model.saved"``, or ``"*"`` for all.
        callback
            Takes an `Event`.

        Returns
        -------
        callable
            Ends it.

        Raises
        ------
        UserValueError
            There are no events of the type; the nearest is told.
        UserTypeError
            The callback cannot be called.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:") as connection:
        ...     cancel = connection.on("model.saved", lambda event: print(event.after["version"]))
        ...     model = connection.model("m-1", "NLP", "TOKEN_SEQUENCE")
        ...     _ = model.build_token_sequence_model("question", "answer")
        ...     _ = model.save()
        ...     cancel()
        1
        """
        name = require_text(type, "type")
        if name != ANY and name not in EventType.list():
            raise UserValueError(nearest(name, [*EventType.list(), ANY], "event type"))
        if not callable(callback):
            raise UserTypeError(f"callback must be a function, got {callback!r}")
        return self._registry.catalog.hooks.add(name, callback)

    def verify(self, *, audit_head: AuditHead | None = None) -> Verification:
        """Check every snapshot against its hash, every row against its file, every event.

        Parameters
        ----------
        audit_head
            What `audit_head` returned before; the events until then must still be the same.

        Returns
        -------
        Verification
            What was checked and what is wrong; true if nothing is.

        Raises
        ------
        UserTypeError
            `audit_head` is no head.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:") as connection:
        ...     bool(connection.verify())
        True
        """
        from modelgroups.lifecycle.maintenance import verify

        if audit_head is not None and not _is_head(audit_head):
            raise UserTypeError(
                "audit_head must be what connection.audit_head() returned: a number of events and "
                f"a hash, got {audit_head!r}"
            )
        return verify(self._registry, None if audit_head is None else AuditHead(*audit_head))

    def gc(self) -> Collected:
        """Remove the files that nothing refers to, safely while others write.

        Returns
        -------
        Collected
            The digests and bytes that were removed.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:") as connection:
        ...     connection.gc()
        Collected(digests=(), n_staging=0, size=0, n_log_files=0)
        """
        from modelgroups.lifecycle.maintenance import collect

        return collect(self._registry)


def _is_head(value: object) -> bool:
    return (
        isinstance(value, tuple | list)
        and len(value) == len(AuditHead._fields)
        and isinstance(value[0], int)
        and isinstance(value[1], str)
    )


def _types(
    type: str | Sequence[str] | None, category: str | Sequence[str] | None
) -> list[str] | None:
    """Return the types of events that are asked for; None for all."""
    if type is None and category is None:
        return None
    known = EventType.list()
    categories = sorted({EventType(name).category for name in known})
    types = known if type is None else _known(type, known, "event type", "type")
    wanted = (
        categories
        if category is None
        else _known(category, categories, "category of events", "category")
    )
    return [name for name in types if EventType(name).category in wanted]


def _known(given: str | Sequence[str], choices: list[str], what: str, parameter: str) -> list[str]:
    names = [given] if isinstance(given, str) else require_names(given, parameter)
    for name in names:
        if name not in choices:
            raise UserValueError(nearest(name, choices, what))
    return [str(name) for name in names]
