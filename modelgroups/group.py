"""`ModelGroup`: one model task, and the versions of the model for it."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from modelgroups.arguments import (
    require_flag,
    require_names,
    require_share,
)
from modelgroups.calls import checked_calls
from modelgroups.catalog.records import GroupRecord
from modelgroups.deploying import Deploying
from modelgroups.errors import (
    MethodNotApplicableError,
    UserTypeError,
    UserValueError,
)
from modelgroups.hints import Hinting, hinted, require_field
from modelgroups.holding import Holding
from modelgroups.lifecycle.archiving import archive_group, restore_group
from modelgroups.lifecycle.describing import rewrite_group
from modelgroups.lifecycle.standing import group_in_words
from modelgroups.listing import versions_in_html
from modelgroups.model import Model
from modelgroups.model.fields import HasRegistry, registry_of
from modelgroups.promoting import Promoting
from modelgroups.registry import Registry
from modelgroups.schema.serial import JsonDataclass
from modelgroups.viz.visualizer import DataVisualizer

if TYPE_CHECKING:
    from modelgroups.experiments.comparison import Comparison

__all__ = ["ModelGroup"]


@hinted("a group has it: connection.get_model_group(model).{name}")
@checked_calls
@dataclass
class ModelGroup(Holding, Promoting, JsonDataclass, Hinting):
    """One model task; holds its versions, numbered 1, 2, 3 … in the order of saving.

    Groups are made by the first `Model.save` of a model without a group, and got with
    `Connection.get_model_group`. Setting `name` or `description` stores it at once.

    Parameters
    ----------
    id, name, description, archived, created_at, updated_at
        Its UUID, what people read, whether listings leave it out, and its times in UTC.
    client
        The connection that its changes are stored through.

    Examples
    --------
    >>> from modelgroups.testing import example_group
    >>> with example_group("V1", "V2") as group:
    ...     group.name = "Cards"
    ...     print(group.name, [version.version_label for version in group.get_versions()])
    Cards ['V2', 'V1']
    """

    id: str
    name: str
    description: str | None = None
    archived: bool = False
    created_at: str | None = None
    updated_at: str | None = None
    client: InitVar[HasRegistry | Registry | None] = None
    _registry_or_none: Registry | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self, client: HasRegistry | Registry | None) -> None:
        self._registry_or_none = registry_of(client)

    def __setattr__(self, name: str, value: Any) -> None:
        require_field(self, name, self.__dataclass_fields__)
        stored = self.__dict__.get("_registry_or_none") is not None
        if stored and name in {"name", "description"}:
            self._fill(rewrite_group(self._registry, self.id, name, value))
        else:
            super().__setattr__(name, value)

    @classmethod
    def _from_record(cls, record: GroupRecord, registry: Registry) -> Self:
        group = cls(record.id, record.name, client=registry)
        group._fill(record)
        return group

    def _fill(self, record: GroupRecord) -> None:
        self.__dict__.update(
            id=record.id,
            name=record.name,
            description=record.description,
            archived=record.archived_at is not None,
            created_at=record.created_at,
            updated_at=record.updated_at,
        )

    def to_dict(self, skip_none: bool = True) -> dict[str, Any]:
        """Return the public fields as a dictionary.

        Parameters
        ----------
        skip_none
            Leave out what is None.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1") as group:
        ...     group.to_dict()["name"]
        'Card fraud'
        """
        names = ("id", "name", "description", "archived", "created_at", "updated_at")
        record = {name: getattr(self, name) for name in names}
        return self.clean_nones(record) if skip_none else record

    @property
    def _registry(self) -> Registry:
        if self._registry_or_none is None:
            raise MethodNotApplicableError(
                f"the group {self.name!r} belongs to no registry; get it with "
                "connection.get_model_group(...)"
            )
        return self._registry_or_none

    @property
    def deploy(self) -> Deploying:
        """The ways to bring a new version in: ``ab``, ``canary``, ``shadow`` and ``replace``.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     deployment = group.deploy.ab({"V1": 0.5, "V2": 0.5})
        ...     deployment.route("customer-17") in ("V1", "V2")
        True
        """
        return Deploying(self._registry, self.id)

    def compare(
        self,
        *versions: str | int | Model,
        metrics: str | Sequence[str] | None = None,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        by: str | Sequence[str] | None = None,
        confidence: float = 0.95,
    ) -> Comparison:
        """Return how versions differ from the first of them, and how sure that is.

        Versions that scored the same inferences, by partner_inference_id, are compared in pairs
        (McNemar, paired DeLong, paired t), others as independent samples (Newcombe, DeLong,
        Welch). `modelgroups.experiments` has the formulas.

        Parameters
        ----------
        *versions
            Two or more, by label, number, alias, or the models themselves.
        metrics
            Names of metrics, or one; those of the kind of model when not given.
        since, until
            Inferences from the first moment on and before the second, by inference_timestamp. A
            plain date is its midnight in UTC.
        by
            Attributes whose values make segments, each compared by itself.
        confidence
            Of the intervals, and of all verdicts together, by Holm's correction.

        Returns
        -------
        Comparison
            Shows itself as a table; has a ``sentence``, ``to_frame()``, ``to_dict()``, ``plot()``.

        Raises
        ------
        NotFoundError
            There is no such version.
        UserValueError
            A version is named twice, they do not share the prediction, a metric or attribute is
            unknown, or there are no inferences or no ground truths to compare.

        Examples
        --------
        >>> import modelgroups as mg
        >>> from modelgroups.testing import example_version
        >>> ids, truth = [f"tx-{number}" for number in range(40)], [1, 0, 0, 1] * 10
        >>> with mg.connect(":memory:") as connection:
        ...     for label, scores in (("V1", [0.9, 0.7, 0.1, 0.2]), ("V2", [0.8, 0.3, 0.1, 0.2])):
        ...         version = example_version(connection, label)
        ...         rows = {"age": [31] * 40, "p": scores * 10, "y": truth}
        ...         _ = version.send_inferences(rows, partner_inference_ids=ids)
        ...     group = connection.get_model_group(version)
        ...     print(group.compare("V1", "V2", metrics=["Accuracy Rate"]))
        V2 is better than V1 on Accuracy Rate (0.7500 against 0.5000, a difference of +0.2500,
        95 % interval +0.1030 to +0.3803, p = 0.002).
        <BLANKLINE>
        metric             V1      V2  difference       95 % interval      p   n  method
        Accuracy Rate  0.5000  0.7500     +0.2500  +0.1030 to +0.3803  0.002  40  McNemar, exact;
        Newcombe, paired  better
        """
        from modelgroups.experiments.compare import compare
        from modelgroups.inferences.read import Selection
        from modelgroups.inferences.times import bounds

        first, end = bounds(since, until)
        if isinstance(metrics, str):
            metrics = [metrics]
        return compare(
            self._registry,
            self.id,
            versions,
            metrics=None if metrics is None else require_names(metrics, "metrics"),
            selection=Selection(since=first, until=end),
            by=[by] if isinstance(by, str) else require_names(by or (), "by"),
            confidence=require_share(confidence, "confidence"),
        )

    def viz(
        self,
        sequence_nums: Sequence[int] | None = None,
        labels: Sequence[str] | None = None,
    ) -> DataVisualizer:
        """Return what draws versions beside each other, in the order given.

        Parameters
        ----------
        sequence_nums, labels
            The versions, by number or by label; all of them, newest first, when neither is given.

        Raises
        ------
        UserValueError
            Both are given, or there is no version to draw.
        NotFoundError
            There is no such version, or it is archived.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     figure = group.viz(labels=["V1", "V2"]).metric_series("AUC")
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['V1 · AUC: no values', 'V2 · AUC: no values']
        """
        if sequence_nums is not None and labels is not None:
            raise UserValueError("viz() takes either sequence_nums= or labels=, not both")
        if sequence_nums is not None:
            if not isinstance(sequence_nums, Iterable):
                raise UserTypeError(f"sequence_nums must be a list, got {sequence_nums!r}")
            return DataVisualizer([self.get_version(number) for number in sequence_nums])
        if labels is not None:
            names = require_names(labels, "labels")
            return DataVisualizer([self.get_version(label=label) for label in names])
        return DataVisualizer(self.get_versions())

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write a page about this group: an HTML file that needs nothing else.

        A time line of versions and aliases, the champion compared, deployments, the latest events.

        Parameters
        ----------
        path
            The file; one that is there is replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        UserTypeError, UserValueError
            No file can be there.
        MissingDependencyError
            Jinja2 is not installed.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> from modelgroups.testing import example_group
        >>> with TemporaryDirectory() as folder, example_group("V1", "V2") as group:
        ...     page = group.report(f"{folder}/cards.html")
        ...     "V2" in page.read_text()
        True
        """
        from modelgroups.report.group import report_group

        return report_group(self, self._registry, path)

    def archive(self) -> None:
        """Archive the group with all its versions; nothing is lost, and `restore` undoes it.

        Its champion is archived with it, and is the champion again once the group is restored.

        Raises
        ------
        NotFoundError
            It is archived already.
        ConflictError
            A deployment of it is live.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     group.archive()
        ...     group.archived, group.get_versions()
        (True, [])
        """
        self._fill(archive_group(self._registry, self.id))

    def restore(self) -> None:
        """Bring the archived group back, with the versions that were archived with it.

        Raises
        ------
        ConflictError
            It is not archived, or a partner id of its versions was given away meanwhile.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     group.archive()
        ...     group.restore()
        ...     len(group.get_versions())
        2
        """
        self._fill(restore_group(self._registry, self.id))

    def export(self, path: str | os.PathLike[str], inferences: bool = False) -> Path:
        """Write the group into one file, a bundle, that `Connection.import_bundle` takes in.

        It holds every version with its schema, reference data, artifacts, metrics, provenance
        and lineage; aliases with their history, deployments, and the audit events of the group,
        which say who did what. Deleted inferences are not in it; equal content gives equal bytes.

        Parameters
        ----------
        path
            The file; there must be none.
        inferences
            Whether the inferences and ground truths of all versions go with it.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        UserTypeError, UserValueError
            The path is none, or something is there.
        SnapshotMissingError, SnapshotCorruptError, CatalogCorruptError
            A file of the registry is gone, or it or an audit event was changed since.

        Examples
        --------
        >>> import modelgroups as mg
        >>> from tempfile import TemporaryDirectory
        >>> from modelgroups.testing import example_group
        >>> with TemporaryDirectory() as folder, example_group("V1") as group:
        ...     bundle = group.export(f"{folder}/cards.bundle")
        ...     with mg.connect(":memory:") as elsewhere:
        ...         elsewhere.import_bundle(bundle).get_latest_version().version_label
        'V1'
        """
        from modelgroups.bundle.export import export_group

        with_logs = require_flag(inferences, "inferences")
        return export_group(self._registry, self.id, path, with_logs=with_logs)

    def __repr__(self) -> str:
        standing = "" if self.archived else group_in_words(self._registry_or_none, self.id)
        told = [standing, f"id {self.id}", "archived" if self.archived else ""]
        return f"<ModelGroup {self.name!r}: {', '.join(filter(None, told))}>"

    def _repr_html_(self) -> str:
        registry = self._registry_or_none
        if registry is None or registry.catalog.closed:
            return html.escape(repr(self))
        versions = self.list_versions(include_archived=True)
        return versions_in_html(self.name, versions, self.aliases())

    def _ipython_key_completions_(self) -> list[str]:
        """Return what IPython offers behind ``group[``."""
        labels = [version.version_label for version in self.list_versions()]
        return [label for label in labels if label is not None] + list(self.aliases())
