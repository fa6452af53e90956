"""What ``ArthurAI().client`` is here: an open registry that looks like the SDK's client."""

from __future__ import annotations

import logging
import os
import secrets
import uuid
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import TYPE_CHECKING

from modelgroups.arthurai.client.http.base import AbstractHTTPClient
from modelgroups.arthurai.common.constants import API_PREFIX
from modelgroups.arthurai.version import __version__
from modelgroups.connection import connect
from modelgroups.errors import MethodNotApplicableError
from modelgroups.registry import MEMORY, default_location
from modelgroups.types import EventType

if TYPE_CHECKING:
    from modelgroups.catalog.events import Event
    from modelgroups.connection import Connection
    from modelgroups.registry import Registry

__all__ = [
    "LAST_MODEL_ID",
    "ORG_ID_HEADER",
    "LocalClient",
    "close_client",
    "keep_out",
    "let_in",
    "local_client",
]

logger = logging.getLogger("modelgroups")

LAST_MODEL_ID = "ARTHUR_LAST_MODEL_ID"
"""The environment variable with the id of the model that was saved or got last."""

ORG_ID_HEADER = "Arthur-Organization-ID"
_LOCAL_ORGANIZATION = str(uuid.uuid5(uuid.NAMESPACE_URL, "modelgroups:local"))


class LocalClient(AbstractHTTPClient):
    """An open registry, with the attributes that code written for the SDK reads.

    Parameters
    ----------
    connection
        The open registry.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.base_url = connection.location
        self.api_base_url = connection.location
        self.path_prefix = API_PREFIX
        self.headers = {
            "Accept": "application/json",
            "Authorization": "",
            "User-Agent": f"modelgroups (arthurai {__version__})",
            ORG_ID_HEADER: _LOCAL_ORGANIZATION,
        }
        self.session = SimpleNamespace(headers=self.headers)
        self.service_accounts: list[dict[str, str]] = []
        connection.on(EventType.ModelSaved, _remember)

    @property
    def registry(self) -> Registry:
        """The open registry; a model that is given this client saves there."""
        return self.connection.registry

    def add_service_account(self, description: str) -> dict[str, str]:
        """Note an account, for as long as this process lives; its token opens nothing."""
        account = {
            "id": str(uuid.uuid4()),
            "organization_id": self.headers[ORG_ID_HEADER],
            "description": description,
            "token": secrets.token_urlsafe(),
        }
        self.service_accounts.append(account)
        return account


def _remember(event: Event) -> None:
    if event.model_id is not None:
        os.environ[LAST_MODEL_ID] = event.model_id


_clients: dict[str, LocalClient] = {}
_kept_out: dict[str, str] = {}
_lock = Lock()


def local_client(location: str | os.PathLike[str] | None = None) -> LocalClient:
    """Return the client of a registry; in one process, one place has one client.

    Parameters
    ----------
    location
        A folder, ``":memory:"``, or None for the default place.

    Raises
    ------
    MethodNotApplicableError
        None is given, and `keep_out` holds for the default place.
    """
    if location is None:
        location = default_location()
        if location in _kept_out:
            raise MethodNotApplicableError(_kept_out[location])
    place = str(location)
    if place != MEMORY:
        place = str(Path(place).expanduser().absolute())
    with _lock:
        client = _clients.get(place)
        if client is None or client.registry.catalog.closed:
            is_first = not _clients
            client = _clients[place] = LocalClient(connect(location))
            if is_first:
                logger.warning(
                    "ArthurAI is the local edition: models are kept in the registry at %s; no "
                    "server is contacted, and addresses and credentials are ignored",
                    place,
                )
        return client


def close_client(location: str) -> None:
    """Close the client of a registry, if there is one, so that its folder can be removed."""
    with _lock:
        client = _clients.pop(str(Path(location).absolute()), None)
    if client is not None:
        client.connection.close()


def keep_out(location: str, reason: str) -> None:
    """Refuse the default place, with the reason, while it is this one; until `let_in`."""
    _kept_out[location] = reason


def let_in(location: str) -> None:
    """Undo `keep_out`."""
    _kept_out.pop(location, None)
