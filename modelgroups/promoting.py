"""The part of `ModelGroup` that says which version is in use: aliases, champion, differences."""

from __future__ import annotations

from datetime import date, datetime
from types import EllipsisType
from typing import TYPE_CHECKING

from modelgroups.arguments import require_text, require_whole
from modelgroups.calls import checked_calls
from modelgroups.catalog.clock import as_stored
from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.lifecycle.aliases import (
    CHAMPION,
    Expected,
    alias_moves,
    aliased_at,
    aliased_versions,
    delete_alias,
    move_alias,
    require_reason,
    roll_back,
)
from modelgroups.lifecycle.moments import past_or_none
from modelgroups.model import Model

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.catalog.records import ModelRecord
    from modelgroups.lifecycle.diff import VersionDiff
    from modelgroups.registry import Registry

__all__ = ["Promoting"]


@checked_calls
class Promoting:
    """Which version is in use, since when, and what differs between two.

    Versions are named by number, label, alias or id, or given as a `Model`.
    """

    if TYPE_CHECKING:
        id: str

        @property
        def _registry(self) -> Registry: ...

        def _model(self, record: ModelRecord) -> Model: ...

    def set_alias(
        self,
        alias: str,
        version: Model | int | str,
        *,
        reason: str | None = None,
        if_current: Model | int | str | EllipsisType | None = ...,
        at: datetime | date | str | None = None,
    ) -> Model:
        """Point an alias at a version; it is made if it is new.

        Parameters
        ----------
        alias
            Its name, such as ``"challenger"``. A new one may not look like a number, an id, or a
            label of the group.
        version
            The version.
        reason
            Why, for the history.
        if_current
            Do it only if the alias points at this version now, or, with None, at none.
        at
            As of `promote`.

        Returns
        -------
        Model
            The version. If the alias points at it already, nothing else happens.

        Raises
        ------
        NotFoundError
            There is no such version.
        ConflictError
            The version is archived, the name looks like a label, or `if_current` does not hold.
        UserTypeError, UserValueError
            An argument cannot be what it is named for.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.set_alias("challenger", "V2")
        ...     group.get_version(alias="challenger").version_label
        'V2'
        """
        return self._model(
            move_alias(
                self._registry,
                self.id,
                require_text(alias, "alias"),
                self._named(version, "version"),
                kind="set",
                reason=require_reason(reason),
                if_current=self._expected(if_current),
                at=past_or_none(at),
            )
        )

    def delete_alias(
        self, alias: str, *, reason: str | None = None, at: datetime | date | str | None = None
    ) -> None:
        """Take an alias away; its history stays.

        Parameters
        ----------
        alias
            Its name.
        reason, at
            As of `promote`.

        Raises
        ------
        NotFoundError
            The group has no such alias.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1") as group:
        ...     _ = group.set_alias("challenger", "V1")
        ...     group.delete_alias("challenger", reason="it is over")
        ...     group.aliases()
        {}
        """
        delete_alias(
            self._registry,
            self.id,
            require_text(alias, "alias"),
            reason=require_reason(reason),
            at=past_or_none(at),
        )

    def aliases(self, *, at: datetime | date | str | None = None) -> dict[str, Model]:
        """Return the versions that aliases point at, or pointed at in a moment, by alias.

        Parameters
        ----------
        at
            A moment with a time zone; now if it is not given.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1") as group:
        ...     _ = group.promote("V1")
        ...     {alias: model.version_label for alias, model in group.aliases().items()}
        ...     group.aliases(at="2020-01-01T00:00:00Z")
        {'champion': 'V1'}
        {}
        """
        moment = None if at is None else as_stored(at, parameter="at")
        found = aliased_versions(self._registry, self.id, moment)
        return {alias: self._model(record) for alias, record in found.items()}

    def alias_history(self, alias: str | None = None) -> pd.DataFrame:
        """Return every move of an alias, or of all of them, oldest first.

        Parameters
        ----------
        alias
            Only the moves of this one, even when it was deleted; those of all when None.

        Returns
        -------
        DataFrame
            timestamp, alias, move (set, promote, rollback or delete), the versions before and
            after, actor, reason.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     for version in ("V1", "V2"):
        ...         _ = group.promote(version)
        ...     _ = group.rollback(reason="too many false alarms")
        ...     print(group.alias_history()[["move", "before", "after", "reason"]])
               move before after                 reason
        0   promote   None    V1                   None
        1   promote     V1    V2                   None
        2  rollback     V2    V1  too many false alarms
        """
        from modelgroups.lifecycle.audit import moves_frame

        name = None if alias is None else require_text(alias, "alias")
        return moves_frame(alias_moves(self._registry, self.id, name))

    def promote(
        self,
        version: Model | int | str,
        *,
        reason: str | None = None,
        if_current: Model | int | str | EllipsisType | None = ...,
        at: datetime | date | str | None = None,
    ) -> Model:
        """Make a version the champion, the one in production.

        Parameters
        ----------
        version
            The version.
        reason
            Why, for the history.
        if_current
            Do it only if this version is the champion now, or, with None, if there is none. Of
            two processes that replace the same champion, one gets a `ConflictError`.
        at
            Since when it is the champion, if not from now on: a moment in the past with a time
            zone, when what happened is told afterwards. The audit event says both when it was
            recorded and, in ``after``, since when it holds.

        Returns
        -------
        Model
            The champion. If it was so already, nothing else happens.

        Raises
        ------
        NotFoundError
            There is no such version.
        ConflictError
            The version is archived, `if_current` does not hold, or the champion was changed after
            `at`.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.promote("V1", reason="first")
        ...     _ = group.promote("V2", reason="better recall", if_current="V1")
        ...     group.champion().version_label
        'V2'
        """
        return self._model(
            move_alias(
                self._registry,
                self.id,
                CHAMPION,
                self._named(version, "version"),
                kind="promote",
                reason=require_reason(reason),
                if_current=self._expected(if_current),
                at=past_or_none(at),
            )
        )

    def rollback(
        self,
        *,
        reason: str | None = None,
        to: Model | int | str | None = None,
        if_current: Model | int | str | EllipsisType | None = ...,
        at: datetime | date | str | None = None,
    ) -> Model:
        """Make the previous champion the champion again.

        Called again it goes back further, promotion by promotion. A promotion after it begins
        anew from there: rolling that back leads to the version that was rolled back to.

        Parameters
        ----------
        reason
            Why, for the history.
        to
            Go back to this version, which the champion followed at once or some time before.
        if_current
            Do it only if this version is the champion now.
        at
            As of `promote`.

        Returns
        -------
        Model
            The champion.

        Raises
        ------
        NotFoundError
            There is no champion.
        ConflictError
            There is nothing to go back to, that version is archived, or `if_current` does not
            hold.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2", "V3") as group:
        ...     for version in ("V1", "V2", "V3"):
        ...         _ = group.promote(version)
        ...     group.rollback().version_label, group.rollback().version_label
        ('V2', 'V1')
        """
        return self._model(
            roll_back(
                self._registry,
                self.id,
                CHAMPION,
                to=None if to is None else self._named(to, "to"),
                reason=require_reason(reason),
                if_current=self._expected(if_current),
                at=past_or_none(at),
            )
        )

    def champion(self, *, at: datetime | date | str | None = None) -> Model | None:
        """Return the version in production, or that of a moment in the past.

        Parameters
        ----------
        at
            A moment with a time zone; now if it is not given.

        Returns
        -------
        Model or None
            None if there was no champion.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1") as group:
        ...     _ = group.promote("V1")
        ...     group.champion().version_label, group.champion(at="2020-01-01T00:00:00Z")
        ('V1', None)
        """
        moment = None if at is None else as_stored(at, parameter="at")
        record = aliased_at(self._registry, self.id, CHAMPION, moment)
        return None if record is None else self._model(record)

    def diff(self, first: Model | int | str, second: Model | int | str) -> VersionDiff:
        """Return what differs between two versions.

        Parameters
        ----------
        first, second
            The versions.

        Returns
        -------
        VersionDiff
            Attributes added, removed and changed, and the fields that differ; its `drift` compares
            the reference data.

        Raises
        ------
        NotFoundError
            There is no such version.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     model = group.get_version(label="V2")
        ...     model.description = "trained on more data"
        ...     model.update()
        ...     group.diff("V1", "V2")
        V1 → V2: 1 difference
          ~ description: None → trained on more data
        """
        from modelgroups.lifecycle.diff import diff_versions

        return diff_versions(
            self._registry, self.id, self._named(first, "first"), self._named(second, "second")
        )

    def _named(self, version: Model | int | str, parameter: str) -> int | str:
        """Return the name of a version; that of a model is its id."""
        if isinstance(version, Model):
            if version.id is None:
                raise UserValueError(
                    f"{parameter} must be a saved version, and {version!r} is not saved"
                )
            if version.model_group_id != self.id:
                raise UserValueError(
                    f"{parameter} must be a version of this group, and {version!r} belongs to the "
                    f"group {version.model_group_id}"
                )
            return version.id
        if isinstance(version, str):
            return require_text(version, parameter)
        try:
            return require_whole(version, parameter)
        except UserTypeError:
            raise UserTypeError(
                f"{parameter} must be a version: its number, its label, an alias, its id, or a "
                f"Model; got {type(version).__name__}"
            ) from None

    def _expected(self, version: Model | int | str | EllipsisType | None) -> Expected:
        if version is None or isinstance(version, EllipsisType):
            return version
        return self._named(version, "if_current")
