"""The part of `Model` that declares outputs: predictions and ground truths, and converts values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelgroups.arguments import require_mapping, require_member, require_names
from modelgroups.calls import checked_calls
from modelgroups.model.editing import SchemaEditing
from modelgroups.schema import edit
from modelgroups.schema.attribute import Attribute
from modelgroups.types import ValueType

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OutputDeclaring"]


@checked_calls
class OutputDeclaring(SchemaEditing):
    """Predicted attributes and the ground truths that belong to them."""

    def add_regression_output_attributes(
        self,
        pred_to_ground_truth_map: Mapping[str, str],
        value_type: str,
        data: pd.DataFrame | None = None,
    ) -> dict[str, Attribute]:
        """Add predictions and ground truths of quantities.

        Parameters
        ----------
        pred_to_ground_truth_map
            From each predicted attribute to its ground truth.
        value_type
            The value type of both.
        data
            Data to take the ranges from.

        Returns
        -------
        dict
            The new attributes by name.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "REGRESSION")
        >>> added = model.add_regression_output_attributes({"rent_hat": "rent"}, "FLOAT")
        >>> {name: str(attribute.stage) for name, attribute in added.items()}
        {'rent': 'GROUND_TRUTH', 'rent_hat': 'PREDICTED_VALUE'}
        """
        from modelgroups.schema.outputs import regression

        return self._added(
            regression(
                require_mapping(pred_to_ground_truth_map, "pred_to_ground_truth_map"),
                require_member(ValueType, value_type, "value_type"),
                data,
                existing=self.attributes or [],
            )
        )

    def add_binary_classifier_output_attributes(
        self,
        positive_predicted_attr: str,
        pred_to_ground_truth_map: Mapping[Any, Any],
        threshold: float = 0.5,
    ) -> dict[str, Attribute]:
        """Add the two probabilities and the two 0/1 ground truths of a binary classifier.

        Parameters
        ----------
        positive_predicted_attr
            The predicted attribute of the positive class.
        pred_to_ground_truth_map
            Two items, from predicted attribute to ground truth; None where one is not there.
        threshold
            The probability from which on the positive class is predicted.

        Returns
        -------
        dict
            The new attributes by name.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "MULTICLASS")
        >>> links = {"p_fraud": "fraud", "p_fine": "fine"}
        >>> sorted(model.add_binary_classifier_output_attributes("p_fraud", links))
        ['fine', 'fraud', 'p_fine', 'p_fraud']
        """
        from modelgroups.schema.outputs import binary

        added = self._added(
            binary(
                positive_predicted_attr,
                require_mapping(pred_to_ground_truth_map, "pred_to_ground_truth_map"),
                existing=self.attributes or [],
            )
        )
        self.classifier_threshold = threshold
        return added

    def add_multiclass_classifier_output_attributes(
        self, pred_to_ground_truth_map: Mapping[str, str]
    ) -> dict[str, Attribute]:
        """Add a probability and a 0/1 ground truth for each of three or more classes.

        Parameters
        ----------
        pred_to_ground_truth_map
            Three items or more, from the predicted attribute of a class to its ground truth.

        Returns
        -------
        dict
            The new attributes by name.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "MULTICLASS")
        >>> links = {"p_cat": "cat", "p_dog": "dog", "p_other": "other"}
        >>> sorted(model.add_multiclass_classifier_output_attributes(links))
        ['cat', 'dog', 'other', 'p_cat', 'p_dog', 'p_other']
        """
        from modelgroups.schema.outputs import multiclass

        outputs = require_mapping(pred_to_ground_truth_map, "pred_to_ground_truth_map")
        return self._added(multiclass(outputs, existing=self.attributes or []))

    def add_classifier_output_attributes_gtclass(
        self,
        pred_to_ground_truth_class_map: Mapping[str | None, Any],
        ground_truth_column: str,
        data: pd.DataFrame,
        positive_predicted_attr: str | None = None,
    ) -> dict[str, Attribute]:
        """Add probabilities, and one ground truth column that holds the class.

        Parameters
        ----------
        pred_to_ground_truth_class_map
            From each predicted attribute to the class whose probability it holds.
        ground_truth_column
            The column of the true class.
        data
            Data to read the classes from.
        positive_predicted_attr
            The predicted attribute of the positive class of a binary classifier.

        Returns
        -------
        dict
            The new attributes by name.

        Examples
        --------
        >>> import pandas as pd, modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "MULTICLASS")
        >>> frame = pd.DataFrame({"p_cat": [0.9], "p_dog": [0.1], "animal": ["cat"]})
        >>> classes = {"p_cat": "cat", "p_dog": "dog"}
        >>> added = model.add_classifier_output_attributes_gtclass(
        ...     classes, "animal", frame, positive_predicted_attr="p_dog")
        >>> sorted(added)
        ['animal', 'p_cat', 'p_dog']
        """
        from modelgroups.schema.outputs import gt_class

        return self._added(
            gt_class(
                require_mapping(pred_to_ground_truth_class_map, "pred_to_ground_truth_class_map"),
                ground_truth_column,
                data,
                positive_predicted_attr,
                existing=self.attributes or [],
                input_type=self.input_type,
            )
        )

    def add_object_detection_output_attributes(
        self, predicted_attr_name: str, gt_attr_name: str, image_class_labels: Sequence[str]
    ) -> dict[str, Attribute]:
        """Add predicted and true bounding boxes, and the names of their classes.

        Parameters
        ----------
        predicted_attr_name, gt_attr_name
            The columns of the predicted and of the true boxes.
        image_class_labels
            The names of the classes of objects; the class id of a box counts them from 0.

        Returns
        -------
        dict
            The two new attributes by name.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "IMAGE", "OBJECT_DETECTION")
        >>> _ = model.add_image_attribute("photo")
        >>> sorted(model.add_object_detection_output_attributes("found", "there", ["cat", "dog"]))
        ['found', 'there']
        """
        from modelgroups.schema.outputs import object_detection

        labels = require_names(image_class_labels, "image_class_labels")
        added = self._added(
            object_detection(
                predicted_attr_name,
                gt_attr_name,
                labels,
                existing=self.attributes or [],
                input_type=self.input_type,
                output_type=self.output_type,
            )
        )
        self.image_class_labels = labels
        return added

    def add_ranked_list_output_attributes(
        self, predicted_attr_name: str, gt_attr_name: str
    ) -> dict[str, Attribute]:
        """Add a ranked list of recommended items, and the list of relevant ones.

        Parameters
        ----------
        predicted_attr_name
            The column of the recommended items, the best first.
        gt_attr_name
            The column of the relevant items.

        Returns
        -------
        dict
            The two new attributes by name.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "RANKED_LIST")
        >>> sorted(model.add_ranked_list_output_attributes("recommended", "relevant"))
        ['recommended', 'relevant']
        """
        from modelgroups.schema.outputs import ranked_list

        return self._added(
            ranked_list(
                predicted_attr_name,
                gt_attr_name,
                existing=self.attributes or [],
                output_type=self.output_type,
            )
        )

    def _added(self, attributes: list[Attribute]) -> dict[str, Attribute]:
        self._extend(attributes)
        return {attribute.name: attribute for attribute in attributes}

    def get_positive_predicted_class(self) -> str | None:
        """Return the name of the positive predicted attribute of a binary classifier.

        For another model the answer is a text that says so, as it is in the SDK.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.get_positive_predicted_class()
        'p'
        """
        return edit.positive_predicted_class(self.attributes or (), self.output_type)

    def binarize(self, attribute_value: Mapping[str, float]) -> dict[str, float]:
        """Return the probabilities of both classes, given one of them by name.

        Parameters
        ----------
        attribute_value
            One item: the name of a predicted attribute, and its probability, 0 to 1.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "MULTICLASS", attributes=[
        ...     mg.Attribute("p0", "FLOAT", "PREDICTED_VALUE", min_range=0, max_range=1),
        ...     mg.Attribute("p1", "FLOAT", "PREDICTED_VALUE", min_range=0, max_range=1)])
        >>> model.binarize({"p1": 0.25})
        {'p0': 0.75, 'p1': 0.25}
        """
        return edit.binarize(
            self._require_attributes("binarize"),
            require_mapping(attribute_value, "attribute_value"),
        )

    def one_hot_encode(self, value: Any) -> dict[str, int]:
        """Return a 0/1 ground truth for each ground truth attribute.

        Parameters
        ----------
        value
            The name of the true attribute, or a class of the ground truth class column.

        Examples
        --------
        >>> import modelgroups as mg
        >>> model = mg.Model("m-1", "TABULAR", "MULTICLASS", attributes=[
        ...     mg.Attribute(name, "INTEGER", "GROUND_TRUTH") for name in ("cat", "dog", "other")])
        >>> model.one_hot_encode("dog")
        {'cat': 0, 'dog': 1, 'other': 0}
        """
        return edit.one_hot_encode(
            self._require_attributes("one_hot_encode"), self.output_type, value
        )
