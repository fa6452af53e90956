"""The part of `Model` that finds and changes attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelgroups.arguments import require_member, require_names
from modelgroups.calls import checked_calls
from modelgroups.errors import (
    MethodNotApplicableError,
    MissingParameterError,
    UserValueError,
)
from modelgroups.model.fields import ModelFields, require_attribute_list
from modelgroups.schema import edit
from modelgroups.schema.attribute import Attribute, as_bins, as_categories
from modelgroups.schema.columns import check_names
from modelgroups.schema.positions import free_positions
from modelgroups.types import Stage, ValueType

__all__ = ["SchemaEditing"]


@checked_calls
class SchemaEditing(ModelFields):
    """Attributes one by one."""

    def get_attribute(self, name: str, stage: str | None = None) -> Attribute:
        """Return an attribute; changing it changes the model.

        Parameters
        ----------
        name
            Its name.
        stage
            Its stage, where one name is used in two.

        Raises
        ------
        MethodNotApplicableError
            The model has no schema yet.
        UserValueError
            There is no such attribute.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION",
        ...                  attributes=[mg.Attribute("age", "INTEGER", "PIPELINE_INPUT")])
        >>> model.get_attribute("age").value_type
        'INTEGER'
        """
        return edit.find_attribute(self._require_attributes("get_attribute"), name, stage)

    def get_attributes(self, stage: str | None = None) -> list[Attribute]:
        """Return the attributes, of one stage if it is given; none for a model without schema.

        Parameters
        ----------
        stage
            Only those of this `Stage`; all of them when None.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     [attribute.name for attribute in model.get_attributes("PIPELINE_INPUT")]
        ['age']
        """
        return edit.select(self.attributes, stage=stage)

    def get_attribute_names(
        self, stage: str | None = None, value_type: str | None = None
    ) -> list[str]:
        """Return the names of the attributes that have the stage and the value type.

        Parameters
        ----------
        stage
            Only those of this `Stage`; of every stage when None.
        value_type
            Only those of this `ValueType`; of every type when None.

        Raises
        ------
        MethodNotApplicableError
            The model has no schema yet.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.get_attribute_names("PIPELINE_INPUT", "INTEGER")
        ['age']
        """
        attributes = self._require_attributes("get_attribute_names")
        return [a.name for a in edit.select(attributes, stage=stage, value_type=value_type)]

    def add_attribute(
        self,
        name: str | None = None,
        value_type: str | None = None,
        stage: str | None = None,
        label: str | None = None,
        position: int | None = None,
        categorical: bool = False,
        min_range: float | None = None,
        max_range: float | None = None,
        monitor_for_bias: bool = False,
        categories: Sequence[Any] | None = None,
        bins: Sequence[Any] | None = None,
        is_unique: bool = False,
        is_positive_predicted_attribute: bool = False,
        attribute_link: str | None = None,
        arthur_attribute: Attribute | None = None,
        gt_pred_attrs_map: Mapping[str, str] | None = None,
    ) -> list[Attribute]:
        """Add one attribute to the end of the schema.

        Parameters
        ----------
        name, value_type, stage
            What it is called, what it holds, and its role; all three are needed.
        label, position, categorical, min_range, max_range, monitor_for_bias
            See `Attribute`.
        categories
            Values, dicts with ``value`` and ``label``, or `AttributeCategory` objects.
        bins
            Cut-offs, or `AttributeBin` objects.
        is_unique, is_positive_predicted_attribute, attribute_link
            See `Attribute`.
        arthur_attribute
            A ready-made attribute, instead of everything else.
        gt_pred_attrs_map
            Not accepted: outputs are added by the ``add_..._output_attributes`` methods.

        Returns
        -------
        list of Attribute
            The one that was added.

        Raises
        ------
        MissingParameterError
            Name, value type or stage is missing.
        MethodNotApplicableError
            The stage is an output's.
        UserValueError
            The name is not legal, or taken.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION")
        >>> [added] = model.add_attribute("sex", "INTEGER", "NON_INPUT_DATA", categorical=True,
        ...                               categories=[1, 2])
        >>> print(added)
        NON_INPUT_DATA[None]:sex
            Categorical: [1, 2]
        """
        if arthur_attribute is None:
            arthur_attribute = _new_attribute(
                name, value_type, stage, has_map=gt_pred_attrs_map is not None
            )
            arthur_attribute.label = label
            arthur_attribute.position = position
            arthur_attribute.categorical = categorical
            arthur_attribute.min_range = min_range
            arthur_attribute.max_range = max_range
            arthur_attribute.monitor_for_bias = monitor_for_bias
            arthur_attribute.categories = as_categories(categories) or None
            arthur_attribute.bins = as_bins(bins)
            arthur_attribute.is_unique = is_unique
            arthur_attribute.is_positive_predicted_attribute = is_positive_predicted_attribute
            arthur_attribute.attribute_link = attribute_link
        require_attribute_list([arthur_attribute])
        check_names([arthur_attribute.name])
        edit.require_new(self.attributes or (), arthur_attribute.name, arthur_attribute.stage)
        self._extend([arthur_attribute])
        return [arthur_attribute]

    def add_image_attribute(self, name: str | None = None) -> list[Attribute]:
        """Add the image that an image model takes in, as the first free pipeline input.

        Parameters
        ----------
        name
            The name of the column that holds the paths of the images.

        Returns
        -------
        list
            The new attribute alone: of type IMAGE, at the first position that is free.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "IMAGE", "REGRESSION")
        >>> model.add_image_attribute("scan")[0].short_name()
        'PIPELINE_INPUT[0]:scan'
        """
        inputs = self.get_attributes(Stage.ModelPipelineInput)
        taken = [attribute.position for attribute in inputs if attribute.position is not None]
        [position] = free_positions(taken, [0])
        return self.add_attribute(
            name,
            ValueType.Image,
            Stage.ModelPipelineInput,
            position=position,
            is_unique=True,
        )

    def get_image_attribute(self) -> Attribute:
        """Return the attribute that holds images.

        Raises
        ------
        UserValueError
            There is none.

        Examples
        --------
        >>> from modelgroups import Model
        >>> model = Model("scans", "IMAGE", "REGRESSION")
        >>> _ = model.add_image_attribute("scan")
        >>> model.get_image_attribute().name
        'scan'
        """
        images = edit.select(self.attributes, value_type=ValueType.Image)
        if not images:
            raise UserValueError(
                "the model has no attribute of type IMAGE; add one with add_image_attribute()"
            )
        return images[0]

    def remove_attribute(
        self,
        name: str | None = None,
        stage: str | None = None,
        attribute: Attribute | None = None,
    ) -> None:
        """Remove an attribute, given by name or as an object, from a model that is not saved.

        Parameters
        ----------
        name
            Its name; not needed where the attribute itself is given.
        stage
            Its stage, where one name is used in two.
        attribute
            The attribute, found by its own name and stage; the other two do not count then.

        Raises
        ------
        MethodNotApplicableError
            The model is saved.
        MissingParameterError
            Neither a name nor an attribute is given.
        UserValueError
            There is no such attribute.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION", attributes=[
        ...     mg.Attribute(name, "INTEGER", "PIPELINE_INPUT") for name in ("age", "row")])
        >>> model.remove_attribute("row")
        >>> model.get_attribute_names()
        ['age']
        """
        self._require_unsaved("remove_attribute")
        if name is None and attribute is None:
            raise MissingParameterError("remove_attribute() needs a name or an attribute")
        if attribute is not None:
            require_attribute_list([attribute])
            name, stage = attribute.name, attribute.stage
        attributes = self.attributes or []
        found = edit.find_attribute(attributes, name or "", stage)
        self.attributes = [other for other in attributes if other is not found]

    def rename_attribute(self, old_name: str, new_name: str, stage: str) -> Attribute:
        """Rename an attribute, and the links that name it.

        Parameters
        ----------
        old_name
            The name that it has.
        new_name
            The name that it gets: an ASCII letter or ``_``, then letters, digits or ``_``.
        stage
            Its `Stage`.

        Returns
        -------
        Attribute
            The renamed attribute.

        Raises
        ------
        UserValueError
            There is no such attribute, or the new name is not legal or taken.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION",
        ...                  attributes=[mg.Attribute("age", "INTEGER", "PIPELINE_INPUT")])
        >>> model.rename_attribute("age", "years", "PIPELINE_INPUT").name
        'years'
        """
        attributes = self._require_attributes("rename_attribute")
        check_names([new_name])
        return edit.rename(attributes, old_name, new_name, stage)

    def set_attribute_labels(
        self, attribute_name: str, labels: Mapping[Any, str], attribute_stage: str | None = None
    ) -> None:
        """Replace the categories of an attribute by one for each value and its label.

        Parameters
        ----------
        attribute_name
            The attribute.
        labels
            From each value to its label; a value that is not listed is no category any more.
        attribute_stage
            Its stage, where one name is used in two.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION", attributes=[
        ...     mg.Attribute("sex", "INTEGER", "PIPELINE_INPUT", categorical=True)])
        >>> model.set_attribute_labels("sex", {1: "male", 2: "female"})
        >>> model.get_attribute("sex").categories[1].label
        'female'
        """
        edit.set_labels(self.get_attribute(attribute_name, attribute_stage), labels)

    def set_attribute_as_sensitive(
        self, attribute_name: str, attribute_stage: str | None = None
    ) -> None:
        """Have the groups of an attribute compared for fairness; `save` or `update` keeps it.

        Parameters
        ----------
        attribute_name
            The attribute whose values make the groups.
        attribute_stage
            Its stage, where one name is used in two.

        Raises
        ------
        MethodNotApplicableError
            The model has no schema yet.
        UserValueError
            There is no such attribute.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION",
        ...                  attributes=[mg.Attribute("sex", "STRING", "PIPELINE_INPUT")])
        >>> model.set_attribute_as_sensitive("sex")
        >>> model.check_attr_is_bias("sex")
        True
        """
        self.get_attribute(attribute_name, attribute_stage).monitor_for_bias = True

    def set_predict_function_input_order(self, attributes: Sequence[str]) -> None:
        """Give the pipeline inputs their positions: in the order of `attributes`, their names.

        Parameters
        ----------
        attributes
            The names of all pipeline inputs, in the order in which predict takes them.

        Raises
        ------
        UserValueError
            A name is not a pipeline input, or stands there twice; no position is changed.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION", attributes=[
        ...     mg.Attribute(name, "INTEGER", "PIPELINE_INPUT") for name in ("age", "income")])
        >>> model.set_predict_function_input_order(["income", "age"])
        >>> [model.get_attribute(name).position for name in ("income", "age")]
        [0, 1]
        """
        edit.set_input_order(
            self._require_attributes("set_predict_function_input_order"),
            require_names(attributes, "attributes"),
        )

    def check_attr_is_bias(self, attr_name: str) -> bool:
        """Return whether an attribute is monitored for bias.

        Parameters
        ----------
        attr_name
            The name of the attribute.

        Raises
        ------
        MethodNotApplicableError
            The model has no schema yet.
        UserValueError
            There is no such attribute.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     model.check_attr_is_bias("age"), model.check_attr_is_bias("p")
        (True, False)
        """
        return self.get_attribute(attr_name).monitor_for_bias

    def check_has_bias_attrs(self) -> bool:
        """Return whether any attribute is monitored for bias.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.check_has_bias_attrs()
        False
        """
        return any(attribute.monitor_for_bias for attribute in self.attributes or ())


def _new_attribute(
    name: str | None, value_type: str | None, stage: str | None, *, has_map: bool
) -> Attribute:
    if name is None or value_type is None or stage is None:
        raise MissingParameterError(
            "add_attribute() needs name, value_type and stage (or a ready-made arthur_attribute)"
        )
    if has_map or stage in (Stage.PredictedValue, Stage.GroundTruth):
        raise MethodNotApplicableError(
            f"add_attribute() does not add outputs ({stage}): use build(), or the method for the "
            "model's kind: add_regression_output_attributes(), "
            "add_binary_classifier_output_attributes(), "
            "add_multiclass_classifier_output_attributes(), "
            "add_classifier_output_attributes_gtclass(), "
            "add_object_detection_output_attributes() or add_ranked_list_output_attributes()"
        )
    return Attribute(
        name,
        require_member(ValueType, value_type, "value_type"),
        require_member(Stage, stage, "stage"),
    )
