"""The part of `Model` that stores it: save, update, archive, restore."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from modelgroups.arguments import require_flag
from modelgroups.calls import checked_calls
from modelgroups.errors import MethodNotApplicableError
from modelgroups.lifecycle.archiving import archive_model, restore_model
from modelgroups.lifecycle.updating import update_version
from modelgroups.model.checks import sound_attributes
from modelgroups.model.fields import require_attribute_list
from modelgroups.model.origin import Origin
from modelgroups.model.records import fill, to_record, with_ids
from modelgroups.schema import edit
from modelgroups.schema.attribute import sort_attributes
from modelgroups.schema.implicit import with_implicit_attributes
from modelgroups.schema.saveable import check_saveable
from modelgroups.types import OutputType

if TYPE_CHECKING:
    from modelgroups.schema.attribute import Attribute

__all__ = ["Storing"]

_DEFAULT_THRESHOLD = 0.5


@checked_calls
class Storing(Origin):
    """The way into the registry and on."""

    def save(self, skip_validation: bool = False) -> str:
        """Store the model as a new version, with its reference data and artifacts.

        The version is wholly there when this returns, and survives a kill or a power cut
        from then on. If it raises, nothing was stored and the model can be saved again.

        A model for which no group was chosen begins one, named after it. Where a group of that
        name is there already, that is warned of (`ModelGroupsWarning`): a new version of it is
        made with `ModelGroup.add_version`, or by setting `model_group_id`, before this.

        Parameters
        ----------
        skip_validation
            Do not compare the reference data with the schema.

        Returns
        -------
        str
            The id of the model, a UUID.

        Raises
        ------
        MethodNotApplicableError
            It is saved already, or a binary classifier has no positive attribute.
        MissingParameterError, UnexpectedTypeError
            It has no attributes, no ground truth, no prediction or no input.
        UserTypeError
            The reference data do not fit the schema, or fields have the wrong type; each
            problem in one message.
        NotFoundError
            The group or a parent does not exist.
        ConflictError
            The group is archived, or the label or the partner id is taken.
        UserValueError
            A file that was added as an artifact is gone or was changed.

        Examples
        --------
        >>> import pandas as pd, modelgroups as mg
        >>> frame = pd.DataFrame({"age": [31, 47], "p": [0.2, 0.9], "y": [0, 1]})
        >>> with mg.connect(":memory:") as connection:
        ...     model = connection.model(display_name="Card fraud", input_type="TABULAR",
        ...                              output_type="MULTICLASS")
        ...     _ = model.build(frame, {"p": 1}, ground_truth_column="y")
        ...     model_id = model.save()
        ...     model.version_sequence_num, connection.get_model(model_id) == model
        (1, True)
        """
        from modelgroups.lifecycle.saving import save_version

        if self.attributes is not None:
            require_attribute_list(self.attributes)
        reference = self._frame_to_save(
            validate=not require_flag(skip_validation, "skip_validation")
        )
        if self.id is not None:
            raise MethodNotApplicableError(
                f"the model {self.id} is saved already; store changes with update(), or make a "
                "new version with connection.model(...)"
            )
        declared = sound_attributes(check_saveable(self.attributes, self.output_type))
        registry = self._registry
        tried_before = self._id_to_save is not None
        self._id_to_save = self._id_to_save or str(uuid4())
        record = to_record(self, self._id_to_save, self._completed(declared, self._id_to_save))
        if record.classifier_threshold is None and self.output_type == OutputType.Multiclass:
            record = record._replace(classifier_threshold=_DEFAULT_THRESHOLD)
        stored = save_version(
            registry,
            record,
            reference,
            artifacts=self._artifacts_to_save,
            parents=self._parents_to_save,
            partner_id_is_generated=self._partner_id_is_generated,
            tried_before=tried_before,
        )
        fill(self, stored)
        self.reference_dataframe = None
        self._artifacts_to_save = ()
        self._parents_to_save = ()
        return stored.id

    def update(self) -> None:
        """Store the changes of a saved model that are allowed.

        Display name, description and explainability are replaced, tags are added. Threshold
        and attributes are replaced until the first inference is sent; from then on only labels,
        the labels of categories and ground truth attributes change, of which those with values
        in the log keep their type. Everything else of a version is fixed.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        BadRequestError
            Something was changed that is fixed; it is named, and nothing is stored.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:") as connection:
        ...     model = connection.model("m-1", "NLP", "TOKEN_SEQUENCE")
        ...     _ = model.build_token_sequence_model("question", "answer")
        ...     _ = model.save()
        ...     model.description = "answers questions"
        ...     model.update()
        ...     connection.get_model(model.id).description
        'answers questions'
        """
        self._store_changes(self._require_saved("update"), self.attributes)

    def archive(self) -> None:
        """Hide the model from listings; everything is kept, and `restore` brings it back.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        NotFoundError
            It is archived already.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.archive()
        ...     model.archived
        True
        """
        model_id = self._require_saved("archive")
        fill(self, archive_model(self._registry, model_id))

    def restore(self) -> None:
        """Bring the archived model back.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        ConflictError
            It is not archived, its group is, or its partner id was given away meanwhile.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.archive()
        ...     model.restore()
        ...     model.archived
        False
        """
        model_id = self._require_saved("restore")
        fill(self, restore_model(self._registry, model_id))

    def await_model_ready(self) -> None:
        """Return at once: a saved model is ready.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.await_model_ready()
        """
        self._require_saved("await_model_ready")

    def swap_predicted_attribute_positions(self, persist_if_saved: bool = True) -> None:
        """Exchange the positions of the two predicted attributes.

        Parameters
        ----------
        persist_if_saved
            Store the change at once where the model is saved.

        Raises
        ------
        MethodNotApplicableError
            The model does not have exactly two predicted attributes.
        BadRequestError
            The change is to be stored, and the model has inferences already.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.swap_predicted_attribute_positions()
        ...     [model.get_attribute(name).position for name in ("p", "p_negative")]
        [0, 1]
        """
        attributes = self._require_attributes("swap_predicted_attribute_positions")
        if self.id is None or not require_flag(persist_if_saved, "persist_if_saved"):
            edit.swap_predicted_positions(attributes)
            return
        swapped = [replace(attribute) for attribute in attributes]
        edit.swap_predicted_positions(swapped)
        self._store_changes(self.id, swapped)

    def _store_changes(self, model_id: str, attributes: list[Attribute] | None) -> None:
        if attributes is not None:
            require_attribute_list(attributes)
        sound = sound_attributes(check_saveable(attributes, self.output_type))
        record = to_record(self, model_id, with_ids(sort_attributes(sound), model_id))
        fill(self, update_version(self._registry, record))

    def _completed(self, declared: list[Attribute], model_id: str) -> list[Attribute]:
        """Return the attributes as they are stored: with implicit ones, sorted, with ids."""
        complete = with_implicit_attributes(declared, self.output_type)
        return with_ids(sort_attributes(complete), model_id)
