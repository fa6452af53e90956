"""The part of `ModelGroup` that holds versions: adding them, and looking them up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelgroups.arguments import require_flag, require_text, require_whole
from modelgroups.calls import checked_calls
from modelgroups.errors import NotFoundError, UserTypeError, UserValueError
from modelgroups.lifecycle.lookup import get_latest_version, get_version, get_versions
from modelgroups.lifecycle.naming import VersionName, find_version
from modelgroups.model import Model
from modelgroups.model.records import from_record

if TYPE_CHECKING:
    from modelgroups.catalog.records import ModelRecord
    from modelgroups.registry import Registry

__all__ = ["Holding"]


@checked_calls
class Holding:
    """The versions of a group."""

    if TYPE_CHECKING:
        id: str

        @property
        def _registry(self) -> Registry: ...

    def add_version(self, model: Model, label: str | None = None) -> None:
        """Choose this group for a model; `Model.save` then stores it here.

        Parameters
        ----------
        model
            A model without a group.
        label
            Its label in this group; a label that the model has already stays if none is given.
            Until the model is saved, another call gives it another label.

        Raises
        ------
        UserValueError
            The model is saved, or belongs to another group.

        Examples
        --------
        >>> import modelgroups as mg
        >>> from modelgroups.testing import sample_model
        >>> with mg.connect(":memory:") as connection:
        ...     first, second = sample_model(connection), sample_model(connection, seed=1)
        ...     _ = first.save()
        ...     group = connection.get_model_group(first)
        ...     group.add_version(second, label="retrained")
        ...     _ = second.save()
        ...     [(version.version_sequence_num, version.version_label) for version in group]
        [(2, 'retrained'), (1, None)]
        """
        if not isinstance(model, Model):
            raise UserTypeError(f"a version is a Model, got {type(model).__name__}")
        if label is not None:
            require_text(label, "label")
        is_here = model.model_group_id == self.id and not model.model_is_saved()
        if model.model_group_id is not None and not is_here:
            raise UserValueError(
                f"the model {model.display_name!r} belongs to the group {model.model_group_id} "
                "already; a model is a version of one group"
            )
        model.model_group_id = self.id
        if label is not None:
            model.version_label = label

    def get_version(
        self,
        sequence_num: int | None = None,
        label: str | None = None,
        include_archived: bool = False,
        *,
        alias: str | None = None,
    ) -> Model:
        """Return one version, by its number, its label or an alias.

        Parameters
        ----------
        sequence_num, label, alias
            Which: its number, from 1, its label, or an alias that points at it.
        include_archived
            Return it also when it is archived.

        Raises
        ------
        UserTypeError, UserValueError
            An argument has the wrong type, or not exactly one of number, label and alias is given.
        NotFoundError
            There is no such version, or it is archived.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.promote("V1")
        ...     found = group.get_version(2), group.get_version(alias="champion")
        ...     [version.version_label for version in found]
        ['V2', 'V1']
        """
        if isinstance(sequence_num, str) and not sequence_num.isdecimal():
            raise UserTypeError(
                f"sequence_num must be an int, got str {sequence_num!r}; a label is asked for by "
                f"its name, get_version(label={sequence_num!r})"
            )
        if sequence_num is not None:
            require_whole(sequence_num, "sequence_num")
        if label is not None:
            require_text(label, "label")
        if alias is not None:
            require_text(alias, "alias")
        require_flag(include_archived, "include_archived")
        n_given = sum(name is not None for name in (sequence_num, label, alias))
        if n_given != 1:
            raise UserValueError(
                "get_version() takes one of sequence_num=, label= and alias=, "
                + ("and none was given" if n_given == 0 else f"not {n_given} of them")
            )
        return self._model(
            get_version(
                self._registry,
                self.id,
                sequence_num=sequence_num,
                label=label,
                alias=alias,
                include_archived=include_archived,
            )
        )

    def get_versions(self, include_archived: bool = False) -> list[Model]:
        """Return the versions, newest first; `list_versions` is for groups with very many.

        Parameters
        ----------
        include_archived
            Return the archived ones too.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     group.get_version(label="V1").archive()
        ...     [version.version_label for version in group.get_versions()]
        ['V2']
        """
        require_flag(include_archived, "include_archived")
        return self._models(include_archived=include_archived, with_attributes=True)

    def list_versions(self, include_archived: bool = False) -> list[Model]:
        """Return the versions, newest first; each reads its attributes when they are first used.

        Parameters
        ----------
        include_archived
            Return the archived ones too.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     [version.version_label for version in group.list_versions()]
        ['V2', 'V1']
        """
        require_flag(include_archived, "include_archived")
        return self._models(include_archived=include_archived, with_attributes=False)

    def get_latest_version(self, include_archived: bool = False) -> Model:
        """Return the version that was saved last.

        Parameters
        ----------
        include_archived
            Whether it may be an archived one.

        Raises
        ------
        NotFoundError
            Every version is archived.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     group.get_latest_version().version_label
        'V2'
        """
        require_flag(include_archived, "include_archived")
        return self._model(
            get_latest_version(self._registry, self.id, include_archived=include_archived)
        )

    def _model(self, record: ModelRecord) -> Model:
        return from_record(Model, record, self._registry)

    def _models(self, **which: bool) -> list[Model]:
        return [self._model(record) for record in get_versions(self._registry, self.id, **which)]

    def __getitem__(self, version: VersionName) -> Model:
        """Return a version by its label, its number, an alias or its id.

        Raises
        ------
        NotFoundError
            The group has no such version; the nearest name is told.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.promote("V1")
        ...     group["V1"] == group[1] == group["champion"]
        True
        """
        return self._model(find_version(self._registry, self.id, version))

    def __iter__(self) -> Iterator[Model]:
        return iter(self.get_versions())

    def __contains__(self, version: VersionName) -> bool:
        try:
            self[version]
        except NotFoundError:
            return False
        return True
