"""The fields of a model, what it looks like as text, and what its parts share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from modelgroups.arguments import require_mapping
from modelgroups.catalog.documents import documents_of, load_attributes
from modelgroups.drawing.page import fields_in_html
from modelgroups.errors import (
    MethodNotApplicableError,
    UserTypeError,
)
from modelgroups.hints import no_attribute, require_field
from modelgroups.lifecycle.lookup import attributes_document, get_bearings
from modelgroups.lifecycle.standing import amounts_of
from modelgroups.registry import Registry
from modelgroups.schema.attribute import Attribute, as_categories, sort_attributes
from modelgroups.schema.serial import JsonDataclass
from modelgroups.types import Stage

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.lifecycle.artifacts import ArtifactToStore

__all__ = [
    "MAX_ATTRIBUTES_TO_SHOW",
    "ExplainabilityParameters",
    "ModelFields",
    "registry_of",
    "require_attribute_list",
]

MAX_ATTRIBUTES_TO_SHOW = 10


class HasRegistry(Protocol):
    """A connection, or anything else that holds an open registry."""

    @property
    def registry(self) -> Registry: ...


def require_attribute_list(attributes: object) -> None:
    """Raise unless a schema is a list of attributes.

    >>> require_attribute_list([5])
    Traceback (most recent call last):
    modelgroups.errors.UserTypeError: attributes must be a list of Attribute objects, got int 5 in
    it
    """
    wanted = "attributes must be a list of Attribute objects, got"
    if not isinstance(attributes, list | tuple):
        raise UserTypeError(f"{wanted} {type(attributes).__name__}")
    for item in attributes:
        if not isinstance(item, Attribute):
            raise UserTypeError(f"{wanted} {type(item).__name__} {item!r} in it")


def registry_of(client: object) -> Registry | None:
    """Return the open registry of a connection, or of whatever holds one.

    Raises
    ------
    UserTypeError
        It holds none.
    """
    registry = getattr(client, "registry", client)
    if registry is None or isinstance(registry, Registry):
        return registry
    raise UserTypeError(
        f"client must be an open connection, got {type(client).__name__}; "
        "use the one that modelgroups.connect() returns"
    )


@dataclass
class ExplainabilityParameters(JsonDataclass):
    """How explanations of a model are computed."""

    enabled: bool
    explanation_algo: str | None = None
    model_server_cpu: str | None = None
    model_server_memory: str | None = None
    explanation_nsamples: int | None = None


def _not_given() -> None:
    """Default of `attributes`; a factory leaves no class attribute behind (see `__getattr__`)."""


@dataclass
class ModelFields(JsonDataclass):
    """The fields of `Model`, in the order of the SDK's."""

    partner_model_id: str
    input_type: str
    output_type: str
    client: InitVar[HasRegistry | Registry | None] = None
    explainability: ExplainabilityParameters | None = None
    id: str | None = None
    display_name: str | None = None
    description: str | None = None
    is_batch: bool = False
    archived: bool = False
    created_at: str | None = None
    updated_at: str | None = None
    attributes: list[Attribute] | None = field(default_factory=_not_given)
    tags: list[str] | None = None
    classifier_threshold: float | None = None
    text_delimiter: str | None = None
    expected_throughput_gb_per_day: float | None = None
    pixel_height: int | None = None
    pixel_width: int | None = None
    image_class_labels: list[str] | None = None
    status: str | None = None
    model_group_id: str | None = None
    version_sequence_num: int | None = None
    version_label: str | None = None

    # what is no field: the registry, and what belongs to an unsaved model
    _registry_or_none = cast("Registry | None", None)
    _partner_id_is_generated = False
    _id_to_save = cast("str | None", None)
    reference_dataframe = cast("pd.DataFrame | pd.Series[Any] | None", None)
    _artifacts_to_save = cast("tuple[ArtifactToStore, ...]", ())
    _parents_to_save = cast("tuple[str, ...]", ())

    def __post_init__(self, client: HasRegistry | Registry | None) -> None:
        registry = registry_of(client)
        if self.attributes is not None:
            require_attribute_list(self.attributes)
            self.attributes = sort_attributes(self.attributes)
        if isinstance(self.explainability, dict):
            self.explainability = ExplainabilityParameters.from_dict(self.explainability)
        self._registry_or_none = registry

    def __setattr__(self, name: str, value: Any) -> None:
        require_field(self, name, self.__dataclass_fields__)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        """Decode the attributes of a stored model when they are first used.

        A model that was listed does not have their document yet and reads it.
        """
        state = self.__dict__
        if name == "attributes" and state.get("id") and state.get("_registry_or_none"):
            document = state.get("_attributes_document")
            if document is None:
                document = attributes_document(state["_registry_or_none"], state["id"])
            with documents_of(state["id"]):
                attributes = state.setdefault("attributes", load_attributes(document))
            state.pop("_attributes_document", None)
            return attributes
        raise no_attribute(self, name)

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Any:
        """Return a model, without a registry, made from a dictionary; unknown keys are ignored.

        Parameters
        ----------
        record
            Fields by name, as `to_dict` returns them; attributes may be dictionaries too.

        Examples
        --------
        >>> from modelgroups import Model
        >>> model = Model("m-1", "TABULAR", "REGRESSION", tags=["rents"])
        >>> Model.from_dict(model.to_dict()) == model
        True
        """
        known = {k: v for k, v in require_mapping(record, "record").items() if k != "client"}
        if isinstance(known.get("attributes"), list):
            known["attributes"] = [
                Attribute.from_dict(a) if isinstance(a, dict) else a for a in known["attributes"]
            ]
        return super().from_dict(known)

    @property
    def attributes_type_dict(self) -> dict[str, str]:
        """The value type of each attribute, by name.

        Examples
        --------
        >>> from modelgroups import Attribute, Model
        >>> age = Attribute("age", "INTEGER", "PIPELINE_INPUT")
        >>> Model("m-1", "TABULAR", "REGRESSION", attributes=[age]).attributes_type_dict
        {'age': 'INTEGER'}
        """
        return {attribute.name: attribute.value_type for attribute in self.attributes or ()}

    @property
    def ground_truth_type(self) -> Stage | None:
        """The stage of the ground truth: a class column or values; None without attributes.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     print(model.ground_truth_type)
        GROUND_TRUTH_CLASS
        """
        if self.attributes is None:
            return None
        stages = {attribute.stage for attribute in self.attributes}
        return Stage.GroundTruthClass if Stage.GroundTruthClass in stages else Stage.GroundTruth

    def model_is_saved(self) -> bool:
        """Return whether the model was saved.

        Examples
        --------
        >>> from modelgroups import Model
        >>> Model("m-1", "TABULAR", "REGRESSION").model_is_saved()
        False
        """
        return self.id is not None

    def __str__(self) -> str:
        kind = f"{str(self.input_type).capitalize()} {str(self.output_type).capitalize()} Model"
        version = f"@{self.model_group_id}:{self.version_label}" if self.model_group_id else ""
        attributes = self.attributes or []
        names = [attribute.short_name() for attribute in attributes[:MAX_ATTRIBUTES_TO_SHOW]]
        more = len(attributes) - MAX_ATTRIBUTES_TO_SHOW
        return "\n\t".join(
            [
                kind,
                f"{self.display_name}:{self.partner_model_id}{version}",
                f"Stage: {'Production' if self.model_is_saved() else 'Local'}",
                f"Attributes: {names}" + (f"... and {more} more" if more > 0 else ""),
                *(f"{name}: {value}" for name, value in self._place().items() if value),
            ]
        )

    def _place(self) -> dict[str, Any]:
        """Return where a saved version stands, as far as that can be told: what `str` shows."""
        if self.id is None:
            return {}
        group, aliases = None, None
        registry = self._registry_or_none
        if registry is not None and not registry.catalog.closed and self.model_group_id:
            group, held = get_bearings(registry, self.id, self.model_group_id)
            aliases = ", ".join(held)
        return {
            "Group": group,
            "Version": self.version_sequence_num,
            "Label": self.version_label,
            "Aliases": aliases,
            "Id": self.id,
        }

    def __repr__(self) -> str:
        version = f" version {self.version_sequence_num}" if self.version_sequence_num else ""
        label = f" {self.version_label!r}" if self.version_label else ""
        state = "archived" if self.archived else "saved" if self.model_is_saved() else "not saved"
        known = f", id {self.id}" if self.id else ""
        return (
            f"<{type(self).__name__} {self.display_name!r}{version}{label}: "
            f"{self.input_type} → {self.output_type}, {state}{known}>"
        )

    def _repr_html_(self) -> str:
        place = self._place()
        amounts = self.id and amounts_of(self._registry_or_none, self.id)
        attributes = self.attributes or []
        n_implicit = sum(attribute.implicit for attribute in attributes)
        rows = {
            "partner_model_id": self.partner_model_id,
            "input → output": f"{self.input_type} → {self.output_type}",
            "version": self.version_sequence_num,
            "label": self.version_label,
            "aliases": place.get("Aliases"),
            "group": place.get("Group"),
            "group's id": self.model_group_id,
            "id": self.id,
            "status": self.status or "not saved",
            "attributes": f"{len(attributes) - n_implicit:,}"
            + (f", and {n_implicit:,} that the registry adds" * (n_implicit > 0)),
            "rows of reference data": amounts and _counted(amounts.reference_rows),
            "inferences": amounts and _counted(amounts.inferences),
            "tags": ", ".join(self.tags or []),
        }
        return fields_in_html(str(self.display_name or self.partner_model_id), rows)

    @property
    def _registry(self) -> Registry:
        if self._registry_or_none is None:
            raise MethodNotApplicableError(
                f"the model {self.partner_model_id!r} belongs to no registry; make it with "
                "connection.model(...), or pass client=connection"
            )
        return self._registry_or_none

    def _require_saved(self, method: str) -> str:
        """Return the id, or raise because the model has none."""
        if self.id is None:
            raise MethodNotApplicableError(
                f"{method}() needs a saved model; call save() on "
                f"{self.display_name or self.partner_model_id!r} first"
            )
        return self.id

    def _require_unsaved(self, method: str) -> None:
        if self.id is not None:
            raise MethodNotApplicableError(
                f"{method}() cannot change the saved model {self.id}: a version is immutable. "
                "Make a new version: connection.model(...), build(), save()"
            )

    def _require_attributes(self, method: str) -> list[Attribute]:
        """Return the live list of attributes, or raise because there is none."""
        if self.attributes is None:
            raise MethodNotApplicableError(
                f"{method}() needs a schema and this model has none yet; "
                "call build() or infer_schema() first"
            )
        return self._coerced(self.attributes)

    @staticmethod
    def _coerced(attributes: list[Attribute]) -> list[Attribute]:
        """Make categories of the plain values that were assigned to `attribute.categories`.

        What cannot be categories is left to `save` to complain of, for it is mended by way of
        the attribute.
        """
        for attribute in attributes:
            values: object = attribute.categories
            if isinstance(values, Iterable) and not isinstance(values, str):
                attribute.categories = as_categories(values)
        return attributes

    def _extend(self, added: Iterable[Attribute]) -> None:
        self.attributes = [*(self.attributes or []), *added]


def _counted(number: int | None) -> str:
    return "none" if number is None else f"{number:,}"
