"""`Model.bias.mitigation_threshold`: thresholds for each group that make a classifier fairer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelgroups.arguments import require_text, require_whole
from modelgroups.calls import checked_calls
from modelgroups.errors import MethodNotApplicableError, UserTypeError, UserValueError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from modelgroups.analysis.mitigation import Curves
    from modelgroups.analysis.version import Version
    from modelgroups.schema.attribute import Attribute

__all__ = ["ThresholdMitigation", "monitored"]


@checked_calls
class ThresholdMitigation:
    """Thresholds for each group of a sensitive attribute, in place of the one of the model.

    Parameters
    ----------
    arthur_model
        A saved binary classifier.

    Examples
    --------
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     model.set_attribute_as_sensitive("age")
    ...     rows = {"age": [31, 31, 47, 47], "p": [0.2, 0.3, 0.6, 0.9], "y": [0, 1, 0, 1]}
    ...     _ = model.send_inferences(rows)
    ...     mitigation = model.bias.mitigation_threshold
    ...     curves = mitigation.get_curves("age")
    >>> curves.constraint, curves.max_acc_idx, list(curves.attr_val_to_threshold)
    ('equal_opportunity', 500, ['31', '47'])
    """

    def __init__(self, arthur_model: Version) -> None:
        self.model = arthur_model

    def enable(self) -> str:
        """Enable bias mitigation; as `Model.enable_bias_mitigation`.

        Returns
        -------
        str
            ``"ok"``.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     _ = model.update()
        ...     model.bias.mitigation_threshold.enable()
        'ok'
        """
        return self.model.enable_bias_mitigation()

    def get_curves(self, attribute: str, constraint: str = "equal_opportunity") -> Curves:
        """Return what each group would gain and lose if all groups kept to one rate.

        They are computed of the inferences that have a ground truth; where there is none, of the
        reference data. The score of a row is positive above the threshold of its group.

        Parameters
        ----------
        attribute
            One that is monitored for bias, with categories or bins.
        constraint
            Which rate is the same for all groups: that of positive predictions with
            ``"demographic_parity"``, of hits with ``"equal_opportunity"``, of false alarms with
            ``"equalized_odds"``.

        Returns
        -------
        Curves
            For each group, by its category or a bin such as ``"(18,65]"``, a DataFrame of 1001
            rows: x, the rate, from 0 to 1; y, the accuracy there (the rate of hits, for equalized
            odds); and the threshold that comes nearest. ``max_acc_idx`` is the best row.

        Raises
        ------
        MethodNotApplicableError
            The attribute is not monitored for bias, the model is no binary classifier, or there
            is nothing to compute the curves of.
        UserValueError
            There is no such constraint, or no such attribute.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     rows = {"age": [31, 31, 47, 47], "p": [0.2, 0.3, 0.6, 0.9], "y": [0, 1, 0, 1]}
        ...     _ = model.send_inferences(rows)
        ...     mitigation = model.bias.mitigation_threshold
        ...     curves = mitigation.get_curves("age", "demographic_parity")
        ...     mitigation.get_thresholds_for_idx(curves)
        {'31': 0.299, '47': 0.899}
        """
        from modelgroups.analysis.mitigation import AXES, curves_of_model

        if constraint not in AXES:
            raise UserValueError(f"constraint={constraint!r} is not one of {', '.join(AXES)}")
        found = monitored(self.model.get_attribute(require_text(attribute, "attribute")))
        return curves_of_model(self.model, found, constraint)

    def plot_curves(
        self,
        curves: Curves | None = None,
        attribute: str | None = None,
        constraint: str | None = None,
    ) -> Figure:
        """Draw curves: those given, or those of an attribute under a constraint.

        Parameters
        ----------
        curves
            From `get_curves`.
        attribute, constraint
            Instead of curves, as of `get_curves`.

        Returns
        -------
        matplotlib.figure.Figure
            A curve for each group.

        Raises
        ------
        UserValueError
            Neither curves nor both of the others are given.
        MissingDependencyError
            matplotlib is not installed.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     rows = {"age": [31, 31, 47, 47], "p": [0.2, 0.3, 0.6, 0.9], "y": [0, 1, 0, 1]}
        ...     _ = model.send_inferences(rows)
        ...     mitigation = model.bias.mitigation_threshold
        ...     figure = mitigation.plot_curves(attribute="age", constraint="equal_opportunity")
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['age 31, threshold 0.299', 'age 47, threshold 0.899']
        """
        from modelgroups.analysis.mitigation_plot import curves_figure

        if curves is None:
            if attribute is None or constraint is None:
                raise UserValueError("plot_curves needs curves, or both attribute and constraint")
            curves = self.get_curves(attribute, constraint)
        return curves_figure(_curves(curves))

    def get_thresholds_for_idx(self, curves: Curves, idx: int | None = None) -> dict[str, float]:
        """Return the threshold of each group at one point of its curve, the best if not told.

        Parameters
        ----------
        curves
            From `get_curves`.
        idx
            From 0 to 1000: the rate that all groups keep to, in thousandths.

        Raises
        ------
        UserValueError
            `idx` is outside.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     rows = {"age": [31, 31, 47, 47], "p": [0.2, 0.3, 0.6, 0.9], "y": [0, 1, 0, 1]}
        ...     _ = model.send_inferences(rows)
        ...     mitigation = model.bias.mitigation_threshold
        ...     curves = mitigation.get_curves("age", "demographic_parity")
        >>> mitigation.get_thresholds_for_idx(curves, idx=1000)
        {'31': 0.199, '47': 0.599}
        """
        from modelgroups.analysis.mitigation import STEPS

        given = _curves(curves)
        index = given.max_acc_idx if idx is None else require_whole(idx, "idx")
        if not 0 <= index <= STEPS:
            raise UserValueError(f"idx must be from 0 to {STEPS}, got {index}")
        return {
            group: float(curve["threshold"].iloc[index])
            for group, curve in given.attr_val_to_threshold.items()
        }


def monitored(attribute: Attribute) -> Attribute:
    """Return an attribute that is monitored for bias.

    Raises
    ------
    MethodNotApplicableError
        It is not.
    """
    if not attribute.monitor_for_bias:
        raise MethodNotApplicableError(
            f"{attribute.name!r} is not monitored for bias; say so with "
            f"model.set_attribute_as_sensitive({attribute.name!r})"
        )
    return attribute


def _curves(curves: object) -> Curves:
    from modelgroups.analysis.mitigation import Curves

    if not isinstance(curves, Curves):
        raise UserTypeError(f"curves must be those of get_curves, got {type(curves).__name__}")
    return curves
