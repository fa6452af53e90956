"""The part of `Model` that holds files beside the data: the trained model, reports, anything."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from modelgroups.arguments import require_names, require_text
from modelgroups.calls import checked_calls
from modelgroups.errors import MissingParameterError, UserTypeError
from modelgroups.model.referring import ReferenceData

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from modelgroups.catalog.records import Artifact
    from modelgroups.lifecycle.artifacts import ArtifactToStore

__all__ = ["Artifacts"]


@checked_calls
class Artifacts(ReferenceData):
    """Files that a version holds under a name, each unchangeable once it is stored."""

    def add_artifact(
        self, artifact: str | os.PathLike[str] | bytes, name: str | None = None
    ) -> Artifact:
        """Keep a file with the model: at once if it is saved, else when `save` is called.

        Parameters
        ----------
        artifact
            The path of a file of any size, or bytes. A file that waits for `save` must stay as
            it is until then.
        name
            What it is called, which is no path; the name of the file if absent. What a model
            holds under a name does not change: the same bytes are acknowledged, others refused.

        Returns
        -------
        Artifact
            Name, size, and once it is stored hash and time.

        Raises
        ------
        UserTypeError, UserValueError, MissingParameterError
            It is neither a file nor bytes, or has no name or one that cannot be given.
        ConflictError
            The model holds something else under that name, or is archived.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION")
        >>> model.add_artifact(b"bias: 0.5", name="weights.txt").size
        9
        >>> model.open_artifact("weights.txt").read()
        b'bias: 0.5'
        """
        from modelgroups.lifecycle.artifacts import store_artifact

        wanted = _to_store(artifact, name)
        if self.id is not None:
            return store_artifact(self._registry, self.id, wanted)
        return self._remember(wanted)

    def artifacts(self) -> list[Artifact]:
        """Return what the model holds, by name: name, size, hash and time of each.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION")
        >>> _ = model.add_artifact(b"bias: 0.5", name="weights.txt")
        >>> [(artifact.name, artifact.size) for artifact in model.artifacts()]
        [('weights.txt', 9)]
        """
        from modelgroups.catalog.records import Artifact
        from modelgroups.lifecycle.artifacts import list_artifacts

        if self.id is not None:
            return list_artifacts(self._registry, self.id)
        waiting = sorted(self._artifacts_to_save, key=lambda item: item.name)
        return [Artifact(item.name, item.size) for item in waiting]

    def open_artifact(self, name: str) -> BinaryIO:
        """Open what the model holds under a name, to be read.

        All of it is compared with its hash first.

        Parameters
        ----------
        name
            What it is called.

        Returns
        -------
        BinaryIO
            An open file of its bytes; the caller closes it.

        Raises
        ------
        NotFoundError
            The model holds nothing under that name.
        SnapshotCorruptError, SnapshotMissingError
            Its bytes were changed since they were stored, or are gone.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION")
        >>> _ = model.add_artifact(b"bias: 0.5", name="weights.txt")
        >>> with model.open_artifact("weights.txt") as file:
        ...     file.read()
        b'bias: 0.5'
        """
        from modelgroups.lifecycle.artifacts import no_such_artifact, open_artifact

        require_text(name, "name")
        if self.id is not None:
            return open_artifact(self._registry, self.id, name)
        waiting = {item.name: item for item in self._artifacts_to_save}
        if name not in waiting:
            raise no_such_artifact(name, list(waiting), f"the model {self.display_name!r}")
        return waiting[name].open()

    def add_estimator(
        self, estimator: BaseEstimator, name: str = "estimator", trusted: Sequence[str] = ()
    ) -> Artifact:
        """Keep a scikit-learn estimator as an artifact, in the format of skops: without pickle.

        What `load_estimator` would refuse is refused here, while it can still be changed.

        Parameters
        ----------
        estimator
            An estimator, a pipeline, a search.
        name
            What it is called.
        trusted
            Full names of types that it holds and skops does not know to be harmless, such as
            ``"sklearn.tree._tree.Tree"`` in a forest. Whoever loads it has to name them too.

        Returns
        -------
        Artifact
            Its name and size; hash and time too once the model is saved.

        Raises
        ------
        MissingDependencyError
            The extra ``sklearn`` is not installed.
        UserTypeError
            It is no estimator, or holds what cannot be stored.
        UserValueError
            It holds types that are not trusted; each is named.
        ConflictError
            The model holds something else under that name, or is archived.

        Examples
        --------
        >>> import modelgroups as mg
        >>> from sklearn.linear_model import LogisticRegression
        >>> model = mg.Model("m-1", "TABULAR", "MULTICLASS")
        >>> estimator = LogisticRegression(C=0.5).fit([[0.0], [1.0]], [0, 1])
        >>> _ = model.add_estimator(estimator)
        >>> model.load_estimator()
        LogisticRegression(C=0.5)
        """
        from modelgroups.lifecycle.estimators import as_bytes

        _require_name(name)
        names = require_names(trusted, "trusted")
        return self.add_artifact(as_bytes(estimator, names), name)

    def load_estimator(self, name: str = "estimator", trusted: Sequence[str] = ()) -> Any:
        """Return an estimator that `add_estimator` kept, ready to predict.

        Nothing is unpickled. Types that are not known to be harmless are refused, and named in
        the error, unless they are trusted.

        Parameters
        ----------
        name
            What it is called.
        trusted
            Full names of types, such as ``"sklearn.tree._tree.Tree"``.

        Raises
        ------
        MissingDependencyError
            The extra ``sklearn`` is not installed.
        NotFoundError
            The model holds nothing under that name.
        UserValueError
            It is no estimator, or holds types that are not trusted.
        SnapshotCorruptError, SnapshotMissingError
            Its bytes were changed since they were stored, or are gone.

        Examples
        --------
        >>> import modelgroups as mg
        >>> from sklearn.linear_model import Ridge
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION")
        >>> _ = model.add_estimator(Ridge().fit([[0.0], [1.0]], [0.0, 1.0]), name="ridge")
        >>> model.load_estimator("ridge")
        Ridge()
        """
        from modelgroups.lifecycle.estimators import from_bytes

        names = require_names(trusted, "trusted")
        with self.open_artifact(name) as file:
            return from_bytes(file.read(), name, names)

    def _remember(self, wanted: ArtifactToStore) -> Artifact:
        from modelgroups.catalog.records import Artifact
        from modelgroups.lifecycle.artifacts import taken

        known = next((item for item in self._artifacts_to_save if item.name == wanted.name), None)
        if known is None:
            self._artifacts_to_save = (*self._artifacts_to_save, wanted)
        elif known.digest() != wanted.digest():
            raise taken(wanted.name, repr(self.display_name or self.partner_model_id))
        return Artifact(wanted.name, wanted.size)


def _require_name(name: object) -> str:
    from modelgroups.lifecycle.artifacts import require_artifact_name

    return require_artifact_name(require_text(name, "name"))


def _to_store(artifact: object, name: str | None) -> ArtifactToStore:
    from modelgroups.lifecycle.artifacts import ArtifactToStore

    source: bytes | Path
    if isinstance(artifact, bytes | bytearray | memoryview):
        source = bytes(artifact)
    elif isinstance(artifact, str | os.PathLike):
        source = Path(require_text(os.fspath(artifact), "artifact"))
    else:
        raise UserTypeError(
            f"an artifact is the path of a file or bytes, got {type(artifact).__name__}; "
            "for a scikit-learn estimator use add_estimator()"
        )
    if name is None and isinstance(source, bytes):
        raise MissingParameterError("bytes need a name: add_artifact(content, name='model.onnx')")
    name = source.name if name is None and isinstance(source, Path) else name
    return ArtifactToStore.of(source, _require_name(name))
