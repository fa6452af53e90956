"""The model that rows are sent to: what of it matters for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from modelgroups.catalog import logs, models
from modelgroups.catalog.documents import documents_of, load_attributes
from modelgroups.errors import ConflictError, NotFoundError, UserTypeError, UserValueError
from modelgroups.inferences.layout import SENT, Kind, Layout, layout_of
from modelgroups.lazy import lazy

if TYPE_CHECKING:
    from sqlmodel import Session

    from modelgroups.catalog.logs import Addressee
    from modelgroups.inferences.doubts import Expectation
    from modelgroups.registry import Registry
    from modelgroups.schema.attribute import Attribute
    from modelgroups.types import Stage

__all__ = ["ModelChangedError", "Recipient", "recipient_of", "sent_to"]

R = TypeVar("R")


class ModelChangedError(ConflictError):
    """The schema of the model was changed while rows were sent to it."""


@dataclass(frozen=True)
class Recipient:
    """The model that rows are sent to.

    Parameters
    ----------
    registry, model_id
        Where it is.
    name
        What a sentence calls it: its display name and its number in the group.
    updated_at
        When it was changed last.
    layout
        The columns of its log.
    is_batch
        Whether it takes its inferences in batches.
    input_type, output_type
        An `InputType`, an `OutputType`.
    """

    registry: Registry
    model_id: str
    name: str
    updated_at: str
    layout: Layout
    is_batch: bool
    input_type: str
    output_type: str

    @lazy
    def expectations(self) -> dict[Kind, dict[str, Expectation]]:
        """What its outputs are expected to be, by the half of the rows that has them, and name."""
        from modelgroups.inferences.doubts import expectations

        both = self.layout.inference_attributes | self.layout.truth_attributes
        found = expectations(self.output_type, both.values())
        return {
            kind: {name: found[name] for name in self.layout.attributes(kind) if name in found}
            for kind in SENT
        }

    def of_stage(self, *stages: Stage) -> dict[str, Attribute]:
        """Return the attributes of some stages, by name."""
        both = self.layout.inference_attributes | self.layout.truth_attributes
        return {name: attribute for name, attribute in both.items() if attribute.stage in stages}

    def addressee(self, session: Session) -> Addressee:
        """Return what there is to know of the model before rows of it are stored.

        Raises
        ------
        NotFoundError, ConflictError
            It is gone, or archived, or has been changed since.
        """
        found = logs.find_addressee(session, self.model_id)
        if found is None:
            raise NotFoundError(f"no model has the id {self.model_id!r}")
        if found.archived_at is not None:
            raise ConflictError(
                f"the model {self.model_id} is archived and takes no inferences; "
                "bring it back first with model.restore()"
            )
        self.require_current(found.updated_at)
        return found

    def require_current(self, updated_at: str) -> None:
        """Raise if the model was changed since, so that the columns may be others."""
        if updated_at != self.updated_at:
            self.registry.recipients.pop(self.model_id, None)
            raise ModelChangedError(
                f"the model {self.model_id} was changed with update() while rows were sent to it; "
                "send them again. Nothing was stored."
            )


def recipient_of(registry: Registry, model_id: str, *, fresh: bool = False) -> Recipient:
    """Return the recipient of rows for a model; it is read once, or when it has changed.

    Parameters
    ----------
    registry, model_id
        Which model.
    fresh
        Read it again.

    Raises
    ------
    NotFoundError
        There is no such model.
    """
    known = None if fresh else registry.recipients.get(model_id)
    if known is None:
        with registry.catalog.read() as session:
            record = models.find(session, model_id)
        if record is None or record.attributes is None:
            raise NotFoundError(f"no model has the id {model_id!r}")
        with documents_of(model_id):
            attributes = load_attributes(record.attributes)
        known = Recipient(
            registry,
            model_id,
            f"{record.display_name or record.partner_model_id}#{record.sequence_num}",
            record.updated_at,
            layout_of(attributes),
            record.is_batch,
            record.input_type,
            record.output_type,
        )
        registry.recipients[model_id] = known
    return known


def sent_to(registry: Registry, model_id: str, send: Callable[[Recipient], R]) -> R:
    """Send with what is known of a model, and once more if that turns out to be old.

    Parameters
    ----------
    registry, model_id
        Which model.
    send
        What sends; it stores nothing where it raises for what is wrong with the rows.
    """
    known = recipient_of(registry, model_id)
    try:
        return send(known)
    except (ModelChangedError, UserValueError, UserTypeError):  # nothing is stored
        fresh = recipient_of(registry, model_id, fresh=True)
        if fresh.updated_at == known.updated_at:
            raise
    return send(fresh)
