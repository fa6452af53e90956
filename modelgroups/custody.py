"""The part of `Connection` that moves what a registry holds: copies it, and takes it in."""

from __future__ import annotations

import os
from pathlib import Path

from modelgroups.arguments import require_flag
from modelgroups.calls import checked_calls
from modelgroups.group import ModelGroup
from modelgroups.registry import Registry

__all__ = ["Custody"]


@checked_calls
class Custody:
    """Moving what a registry holds."""

    _registry: Registry

    def backup(self, location: str | os.PathLike[str]) -> Path:
        """Copy the registry into a new folder, while others go on writing to it.

        The copy is the registry as it was at one moment, every file in it was compared with its
        hash, and it is there wholly or not at all. It opens like any registry.

        Parameters
        ----------
        location
            A folder that is not there yet, or is empty.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        UserTypeError, UserValueError
            The location is no folder, holds something, or lies in the registry itself.
        SnapshotCorruptError, SnapshotMissingError, CatalogCorruptError
            The registry is damaged; `verify` tells all that is wrong.

        Examples
        --------
        >>> import modelgroups as mg
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, mg.connect(":memory:") as connection:
        ...     with mg.connect(connection.backup(f"{folder}/copy")) as copy:
        ...         bool(copy.verify())
        True
        """
        from modelgroups.lifecycle.backup import back_up

        return back_up(self._registry, location)

    def import_bundle(self, path: str | os.PathLike[str], *, inferences: bool = True) -> ModelGroup:
        """Take in a group that `ModelGroup.export` wrote, under the ids that it has.

        All of the bundle is checked first; then it is taken in wholly, or not at all. Where the
        group is here already, versions, artifacts, metrics and reference data that are not here
        are added to it; what each registry may change by itself, such as names and tags, stays
        as it is here. Aliases and deployments go on from where they are in the registry that took
        them further. Audit events of elsewhere are kept beside those of here, as `audit` lists
        them.

        Parameters
        ----------
        path
            The bundle.
        inferences
            Whether to take in the inferences that it may have. Those of a version go into an
            empty log only.

        Returns
        -------
        ModelGroup
            The group.

        Raises
        ------
        BundleError
            The bundle is damaged, made up, or of a newer release.
        ConflictError
            Lists what is in its way: another version of that number or label, say, or two live
            deployments.
        ReadOnlyError
            The registry was opened read-only.

        Examples
        --------
        >>> import modelgroups as mg
        >>> from tempfile import TemporaryDirectory
        >>> from modelgroups.testing import example_group
        >>> with TemporaryDirectory() as folder, example_group("V1", "V2") as group:
        ...     bundle = group.export(f"{folder}/cards.bundle")
        ...     with mg.connect(":memory:") as elsewhere:
        ...         taken_in = elsewhere.import_bundle(bundle)
        ...         taken_in.id == group.id, len(taken_in.get_versions())
        (True, 2)
        """
        from modelgroups.bundle.intake import import_group

        with_logs = require_flag(inferences, "inferences")
        return ModelGroup._from_record(  # noqa: SLF001  # the facade's other constructor
            import_group(self._registry, path, with_logs=with_logs), self._registry
        )
