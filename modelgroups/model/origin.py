"""The part of `Model` that says where it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from modelgroups.arguments import require_text
from modelgroups.calls import checked_calls
from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.model.artifacts import Artifacts
from modelgroups.model.fields import ModelFields

if TYPE_CHECKING:
    from modelgroups.lifecycle.provenance import Provenance

__all__ = ["Origin"]


@checked_calls
class Origin(Artifacts):
    """What a version was made from, and with."""

    @property
    def provenance(self) -> Provenance | None:
        """What the version was saved with: Python, platform, packages, commit, script.

        None for a model that is not saved, or where `connect` was told to record nothing. It is
        what held at the first save of the process.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:", provenance=["packages"]) as connection:
        ...     model = connection.model("m-1", "NLP", "TOKEN_SEQUENCE")
        ...     _ = model.build_token_sequence_model("question", "answer")
        ...     _ = model.save()
        ...     model.provenance.packages["modelgroups"] == mg.__version__
        True
        """
        from modelgroups.lifecycle.provenance import provenance_of

        return None if self.id is None else provenance_of(self._registry, self.id)

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of the versions that this one was made from, such as the one retrained.

        Set it before `save`, to saved models or their ids. From then on it is fixed; as parents
        are saved before their children, no version is its own ancestor.

        Raises
        ------
        MethodNotApplicableError
            It is set and the model is saved.
        UserTypeError, UserValueError
            It is set to something else, or names one version twice.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:") as connection:
        ...     first, second = (connection.model(name, "NLP", "TOKEN_SEQUENCE")
        ...                      for name in ("m-1", "m-2"))
        ...     _ = first.build_token_sequence_model("question", "answer")
        ...     _ = second.build_token_sequence_model("question", "answer")
        ...     _ = first.save()
        ...     second.parents = [first]
        ...     _ = second.save()
        ...     second.parents == (first.id,)
        True
        """
        from modelgroups.lifecycle.lineage import parents_of

        if self.id is None:
            return self._parents_to_save
        return parents_of(self._registry, self.id)

    @parents.setter
    def parents(self, parents: Iterable[ModelFields | str]) -> None:
        self._require_unsaved("parents")
        if isinstance(parents, str | ModelFields) or not isinstance(parents, Iterable):
            raise UserTypeError(
                f"parents must be a list of models or their ids, got {type(parents).__name__}"
            )
        ids = tuple(map(_parent_id, parents))
        if len(set(ids)) < len(ids):
            raise UserValueError(f"parents name one version twice: {', '.join(ids)}")
        self._parents_to_save = ids


def _parent_id(parent: object) -> str:
    if not isinstance(parent, ModelFields):
        return require_text(parent, "a parent")
    if parent.id is None:
        raise UserValueError(f"a parent must be saved before, and {parent!r} is not")
    return parent.id
