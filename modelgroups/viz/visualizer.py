"""`Model.viz` and `ModelGroup.viz`: pictures of one version, or of several beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from modelgroups.arguments import require_names, require_text
from modelgroups.calls import checked_calls
from modelgroups.drawing.looks import MOST_SERIES
from modelgroups.errors import MethodNotApplicableError, UserTypeError, UserValueError
from modelgroups.hints import Hinting
from modelgroups.viz.versions import heading_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from modelgroups.viz.versions import Version

__all__ = ["DataVisualizer"]


@checked_calls
class DataVisualizer(Hinting):
    """Draws what versions received and how they did.

    Each method returns a matplotlib figure: a notebook shows it, ``figure.savefig("a.png")`` keeps
    it. Where pyplot was imported it is also its current figure, as with the SDK: ``plt.savefig``,
    ``plt.gcf`` and ``plt.show`` work; where nothing can be shown, pyplot keeps the last ten.
    Versions are called by number and label, ``v2 · forest``, and each has the colour that its
    number has in all pictures. Times are in UTC.

    Parameters
    ----------
    models
        Saved versions, in the order in which they are drawn.

    Examples
    --------
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]})
    ...     figure = DataVisualizer([model]).metric_series(["AUC", "f1"])
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['v1 · AUC', 'v1 · f1']
    """

    def __init__(self, models: Sequence[Version]) -> None:
        self._versions = _models(models)

    def timeline(self, attribute_name: str) -> Figure:
        """Draw how the values of an attribute came over time.

        Categories are counted, one on another: the seven most frequent ones, the others together.
        Numbers are drawn as a ridge of densities, each of the area 1. It goes by day, where there
        are more than 62 days by week, month or year; of models with batches by batch.

        Parameters
        ----------
        attribute_name
            An attribute with numbers or categories.

        Returns
        -------
        matplotlib.figure.Figure
            With a panel for each version.

        Raises
        ------
        MethodNotApplicableError
            A model is not saved.
        UserValueError
            A version has no such attribute, it has neither numbers nor categories, versions
            differ in that or in having batches, or there are more than 10 of them.
        MissingDependencyError
            matplotlib is not installed.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]})
        ...     figure = model.viz.timeline("age")
        >>> figure.get_suptitle(), figure.axes[0].get_title(loc="left")
        ('Card fraud: age, categories by day', 'v1')
        """
        from modelgroups.viz.bands import areas_figure, ridges_figure
        from modelgroups.viz.timelines import attribute_of

        name = require_text(attribute_name, "attribute_name")
        versions = self._saved("timeline", 1)
        found = [attribute_of(version, name) for version in versions]
        if len({is_categorical for _, is_categorical in found}) > 1:
            raise UserValueError(f"{name!r} has categories in some versions and numbers in others")
        if len({bool(version.is_batch) for version in versions}) > 1:
            raise UserValueError("versions with batches and others have no timeline in common")
        attribute, is_categorical = found[0]
        draw = areas_figure if is_categorical else ridges_figure
        return draw(versions, attribute)

    def metric_series(
        self, metric_names: str | Sequence[str], time_resolution: str = "day"
    ) -> Figure:
        """Draw metrics over time: a line for each version and metric.

        The values are those of `Model.metrics`. Rates share a panel; every other unit has its own.

        Parameters
        ----------
        metric_names
            Names of metrics, or of functions that default metrics are made with, such as ``auc``
            and ``falsePositiveRate``; or one of them.
        time_resolution
            The interval of each value, as ``every`` of `Model.metrics`; models with batches are
            always drawn by batch.

        Returns
        -------
        matplotlib.figure.Figure
            Its lines are called ``v2 · forest · AUC``.

        Raises
        ------
        MethodNotApplicableError
            A model is not saved.
        NotFoundError
            A version has no such metric.
        UserValueError
            There are more than 10 lines, or the interval is unknown.
        MissingDependencyError
            matplotlib is not installed.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]})
        ...     figure = model.viz.metric_series("AUC", "week")
        >>> figure.axes[0].lines[0].get_ydata().tolist()
        [1.0]
        """
        from modelgroups.viz import lines, series

        names = _several(metric_names, "metric_names")
        versions = self._saved("metric_series", len(names))
        resolution = series.interval_of(versions, require_text(time_resolution, "time_resolution"))
        heading = heading_of(versions, f"{', '.join(names)} by {_word(resolution)}")
        found = series.metric_series(versions, names, resolution)
        batches = series.batch_order(versions) if resolution == "batch_id" else []
        return lines.figure_of("metric_series", heading, found, resolution, batches)

    def drift_series(
        self,
        attribute_names: str | Sequence[str],
        drift_metric: str = "PSI",
        time_resolution: str = "day",
    ) -> Figure:
        """Draw the drift from the reference data over time: a line for each version and attribute.

        The values are those of `Model.drift`.

        Parameters
        ----------
        attribute_names
            Their names, or one.
        drift_metric
            A measure of drift, as ``metric`` of `Model.drift`.
        time_resolution
            The interval of each value, as ``every`` of `Model.drift`; models with batches are
            always drawn by batch.

        Returns
        -------
        matplotlib.figure.Figure
            Its lines are called ``v2 · forest · age``.

        Raises
        ------
        MethodNotApplicableError
            A model is not saved.
        NotFoundError
            A version has no reference data.
        UserValueError
            There are more than 10 lines, a name is unknown, or an attribute has no such drift.
        MissingDependencyError
            matplotlib is not installed.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]})
        ...     figure = model.viz.drift_series(["age", "p"])
        >>> [line.get_label() for line in figure.axes[0].lines]
        ['v1 · age', 'v1 · p']
        """
        from modelgroups.viz import lines, series

        names = _several(attribute_names, "attribute_names")
        metric = require_text(drift_metric, "drift_metric")
        versions = self._saved("drift_series", len(names))
        resolution = series.interval_of(versions, require_text(time_resolution, "time_resolution"))
        heading = heading_of(versions, f"{metric} from the reference data, by {_word(resolution)}")
        found = series.drift_series(versions, names, metric, resolution)
        batches = series.batch_order(versions) if resolution == "batch_id" else []
        return lines.figure_of("drift_series", heading, found, resolution, batches)

    def threshold_curves(self) -> Figure:
        """Draw what binary classifiers would do at thresholds from 0 to 1.

        Precision, recall and F1 of the inferences with a ground truth, and the share of all that
        would be predicted positive. The threshold of the model is marked.

        Returns
        -------
        matplotlib.figure.Figure
            With a panel for each version.

        Raises
        ------
        MethodNotApplicableError
            A model is not saved, or not a binary classifier.
        UserValueError
            There are more than 10 versions.
        MissingDependencyError
            matplotlib is not installed.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]})
        ...     figure = model.viz.threshold_curves()
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['precision', 'recall', 'F1', 'share predicted positive']
        """
        from modelgroups.viz.curves import curves_figure

        return curves_figure(self._saved("threshold_curves", 1))

    def _saved(self, method: str, n_of_each: int) -> list[Version]:
        """Return the versions if all are saved, and not too many to be told apart."""
        for version in self._versions:
            if version.id is None:
                raise MethodNotApplicableError(
                    f"{method}() needs a saved model; call save() on "
                    f"{version.display_name or version.partner_model_id!r} first"
                )
        n_series = n_of_each * len(self._versions)
        if n_series > MOST_SERIES:
            raise UserValueError(
                f"{method}() would draw {n_series} series, more than the {MOST_SERIES} that can be "
                "told apart; name fewer, or choose versions with group.viz(sequence_nums=[…])"
            )
        return self._versions


def _models(models: object) -> list[Version]:
    if not isinstance(models, Iterable) or isinstance(models, str):
        raise UserTypeError(f"models must be a list of models, got {type(models).__name__}")
    found = list(models)
    for each in found:
        if not hasattr(each, "version_sequence_num"):
            raise UserTypeError(f"models must hold models only, got {each!r}")
    if not found:
        raise UserValueError("there are no versions to draw")
    return found


def _several(names: str | Sequence[str], parameter: str) -> list[str]:
    found = [names] if isinstance(names, str) else require_names(names, parameter)
    if not found:
        raise UserValueError(f"{parameter} is empty; name one or more")
    return list(dict.fromkeys(found))


def _word(resolution: str) -> str:
    return "batch" if resolution == "batch_id" else resolution
