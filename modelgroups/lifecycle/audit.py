"""What happened in a registry, as frames. Loads pandas where it is called."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from modelgroups.catalog.events import EventFilter, event_id
from modelgroups.catalog.history import trail
from modelgroups.errors import NotFoundError
from modelgroups.lifecycle.lookup import get_group, get_model
from modelgroups.registry import Registry
from modelgroups.types import EventType

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.catalog.aliases import HistoricMove

__all__ = ["audit_frame", "deletions_frame", "id_of_group", "id_of_model", "moves_frame"]


def audit_frame(
    registry: Registry, wanted: EventFilter, *, latest: int | None = None
) -> pd.DataFrame:
    """Return the events that match, or the latest of them, a row each, in the order of `trail`."""
    import pandas as pd

    from modelgroups.drawing.frames import fitting

    with registry.catalog.read() as session:
        traced = trail(session, wanted, latest=latest)
    found = [each.event for each in traced]
    columns: dict[str, list[Any]] = {
        "event_id": [event.event_id for event in found],
        "category": [event.type.partition(".")[0] for event in found],
        "type": [event.type for event in found],
        "group_id": [event.group_id for event in found],
        "model_id": [event.model_id for event in found],
        "actor": [_actor(event.actor) for event in found],
        "before": [_document(event.before) for event in found],
        "after": [_document(event.after) for event in found],
        "reason": [event.reason for event in found],
        "import_id": [_id_or_none(each.import_hash) for each in traced],
    }
    frame = pd.DataFrame({name: pd.Series(c, dtype=object) for name, c in columns.items()})
    frame.insert(1, "timestamp", _times(event.at for event in found))
    return fitting(frame, "timestamp", "type", "actor", "reason", "after", "before", "model_id")


def id_of_group(registry: Registry, id_or_name: str) -> str:
    """Return the id of a group that the registry has, or of which an event tells.

    Raises
    ------
    NotFoundError
        Neither is so; the nearest name is told.
    ConflictError
        Several active groups have that name.
    """
    try:
        return get_group(registry, id_or_name).id
    except NotFoundError:
        if _is_told_of(registry, EventFilter(group_id=id_or_name)):  # in a bundle that was imported
            return id_or_name
        raise


def id_of_model(registry: Registry, model_id: str) -> str:
    """Return the id of a model that the registry has, or of which an event tells.

    Raises
    ------
    NotFoundError
        Neither is so.
    """
    try:
        return get_model(registry, model_id).id
    except NotFoundError:
        if _is_told_of(registry, EventFilter(model_id=model_id)):
            return model_id
        raise


def _is_told_of(registry: Registry, wanted: EventFilter) -> bool:
    with registry.catalog.read() as session:
        return bool(trail(session, wanted, latest=1))


def deletions_frame(registry: Registry, model_id: str) -> pd.DataFrame:
    """Return what was deleted from the log of a model, oldest first: counts, never values."""
    import pandas as pd

    from modelgroups.drawing.frames import fitting

    wanted = EventFilter(model_id=model_id, types=[EventType.InferencesDeleted])
    with registry.catalog.read() as session:
        found = [each.event for each in trail(session, wanted)]
    told = [_document(event.after) or {} for event in found]
    columns = {
        "at": _times(event.at for event in found),
        "rule": [after.get("rule") for after in told],
        "n_inferences": [after.get("inferences") for after in told],
        "n_ground_truths": [after.get("ground_truths") for after in told],
    }
    return fitting(pd.DataFrame(columns), "at", "n_inferences", "rule")


def moves_frame(moves: Sequence[HistoricMove]) -> pd.DataFrame:
    """Return moves of aliases, a row each, with the versions before and after."""
    import pandas as pd

    from modelgroups.drawing.frames import fitting

    rows, last = [], dict[str, str | None]()
    for move in moves:
        name = None
        if move.model_id is not None:
            name = move.label or f"version {move.sequence_num}"
        rows.append((move.name, move.kind, last.get(move.name), name, _actor(move.actor)))
        last[move.name] = name
    columns = ["alias", "move", "before", "after", "actor"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    frame.insert(0, "timestamp", _times(move.at for move in moves))
    frame["reason"] = pd.Series([move.reason for move in moves], dtype=object)
    return fitting(frame, "timestamp", "move", "before", "after", "alias", "actor")


def _id_or_none(hash_: str | None) -> str | None:
    return None if hash_ is None else event_id(hash_)


def _times(texts: Iterable[str]) -> pd.DatetimeIndex:
    import pandas as pd

    return pd.to_datetime(list(texts), utc=True, format="ISO8601").as_unit("us")


def _actor(document: str) -> str:
    """Return who did something, in words.

    >>> _actor('{"user":"ada","host":"lab","process":12}'), _actor('{"name":"nightly"}')
    ('ada@lab (process 12)', 'nightly')
    """
    told = json.loads(document)
    if "name" in told:
        return str(told["name"])
    return f"{told['user']}@{told['host']} (process {told['process']})"


def _document(text: str | None) -> Any:
    return None if text is None else json.loads(text)
