"""A backend of the user's that Ibis drives. Rows are handed to it as Arrow tables in memory."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from modelgroups.query.engines.base import NotInEngineError
from modelgroups.storage.lock import thread_lock

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Foreign"]


class Foreign:
    """Runs queries on an Ibis backend, one at a time.

    Parameters
    ----------
    backend
        Connected.
    """

    can_lay_beside: Final = False

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self._lock = thread_lock()

    @property
    def name(self) -> str:
        """What Ibis calls it."""
        return str(self.backend.name)

    def sees(self, folder: Path) -> bool:  # noqa: ARG002  # as other engines need it
        """Return False: it may run elsewhere."""
        return False

    def file_table(
        self,
        path: str,  # noqa: ARG002
        types: Mapping[str, str],  # noqa: ARG002
        beside: Mapping[str, Any],  # noqa: ARG002
        until: ExitStack,  # noqa: ARG002
    ) -> Any:
        """Raise: it does not read files."""
        raise NotInEngineError(f"{self.name} does not read the files of the registry")

    def run(self, expression: Any) -> pa.Table:
        """Return the answer of an Ibis expression; see `Engine`."""
        from ibis.common.exceptions import IbisError

        from modelgroups.query.engines.rules import with_doubles

        try:
            with self._lock:
                return self.backend.to_pyarrow(with_doubles(expression))
        except (IbisError, NotImplementedError) as error:
            raise NotInEngineError(str(error) or type(error).__name__) from error
