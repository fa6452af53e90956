"""Every public picture, drawn to the end: its ink is there, inside the axes, with its legend."""

import inspect
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from modelgroups.testing import example_group

pytest.importorskip("matplotlib")

CLASSES = (
    "modelgroups.viz.visualizer.DataVisualizer",
    "modelgroups.experiments.comparison.Comparison",
    "modelgroups.experiments.deployment.Deployment",
    "modelgroups.model.mitigating.ThresholdMitigation",
)
NEAR = 48  # of 255, in each of red, green and blue: edges are smoothed
FEWEST = 25  # pixels of each thing


@pytest.fixture(scope="module")
def group():
    with example_group("V1", "V2") as group:
        rng = np.random.default_rng(0)
        truth = np.arange(240) % 2
        age = rng.choice([31, 47], 240)
        days = pd.Timestamp("2026-03-01T12:00Z") + pd.to_timedelta(np.arange(240) // 40, "D")
        for label, skill in (("V1", 0.2), ("V2", 0.5)):
            p = np.clip(skill * truth + (1 - skill) * rng.random(240), 0, 1)
            model = group.get_version(label=label)
            model.set_attribute_as_sensitive("age")
            model.update()
            model.send_inferences(
                pd.DataFrame({"age": age, "p": p, "y": truth}),
                partner_inference_ids=[f"tx-{n}" for n in range(240)],
                inference_timestamps=days,
            )
        group.promote("V1")
        yield group


def deployed(group):
    test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, metric="AUC")
    now = pd.Timestamp.now("UTC")
    rng = np.random.default_rng(1)
    for label in ("V1", "V2"):
        n = 60 if label == "V1" else 90
        frame = pd.DataFrame({"age": [31] * n, "p": rng.random(n), "y": np.arange(n) % 2})
        at = now + pd.to_timedelta(np.arange(n) % 3, "min")
        group.get_version(label=label).send_inferences(frame, inference_timestamps=at)
    try:
        return test.plot()
    finally:
        test.abort()


PICTURES = {
    "DataVisualizer.timeline": lambda group: group.viz([1, 2]).timeline("p"),
    "DataVisualizer.metric_series": lambda group: group.viz([1, 2]).metric_series(
        ["AUC", "Inference Count by Class"]
    ),
    "DataVisualizer.drift_series": lambda group: group.viz([1, 2]).drift_series(["age", "p"]),
    "DataVisualizer.threshold_curves": lambda group: group.viz([1, 2]).threshold_curves(),
    "Comparison.plot": lambda group: group.compare("V1", "V2", metrics=["AUC", "Recall"]).plot(),
    "Deployment.plot": deployed,
    "ThresholdMitigation.plot_curves": lambda group: group.get_version(
        label="V2"
    ).bias.mitigation_threshold.plot_curves(attribute="age", constraint="equal_opportunity"),
    "DataVisualizer.timeline of categories": lambda group: group.viz([1, 2]).timeline("y"),
}


def test_every_method_that_draws_is_looked_at_here():
    drawing = set()
    for path in CLASSES:
        module, _, name = path.rpartition(".")
        kind = getattr(import_module(module), name)
        for method, function in inspect.getmembers(kind, inspect.isfunction):
            is_figure = inspect.signature(function).return_annotation == "Figure"
            if is_figure and not method.startswith("_"):
                drawing.add(f"{name}.{method}")
    assert drawing == {name.partition(" ")[0] for name in PICTURES}


def pixels_near(image, colour):
    from matplotlib.colors import to_rgb

    wanted = np.array(to_rgb(colour)) * 255
    return int((np.abs(image - wanted).max(axis=2) < NEAR).sum())


def marks(axis):
    """Return the lines of an axis that hold data, with their colours."""
    return [line for line in axis.lines if line.get_label() != "_version"]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_full_and_nothing_of_it_is_cut(name, group):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = PICTURES[name](group)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())[..., :3].astype(float)
    assert figure.axes
    for axis in figure.axes:
        box = axis.get_window_extent()
        top, bottom = image.shape[0] - int(box.y1), image.shape[0] - int(box.y0)
        inside = image[top:bottom, int(box.x0) : int(box.x1)]
        assert axis.lines or axis.collections
        for line in marks(axis):
            assert np.isfinite(np.asarray(line.get_ydata(), float)).any()
            assert pixels_near(inside, line.get_color()) >= FEWEST, line
        for area in axis.collections:
            assert area.get_paths()[0].vertices.size
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert min(drawn.x0, drawn.y0) >= -0.01
    assert drawn.x1 <= width + 0.01
    assert drawn.y1 <= height + 0.01
    assert figure.get_suptitle()
    if name != "DataVisualizer.timeline":  # its panels have titles
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()]
        handles = legend.legend_handles
        assert len(handles) == len(legend.get_texts())


def test_an_empty_figure_would_be_found_out(group, monkeypatch):
    from modelgroups.drawing import new_figure

    def empty(group):
        figure = new_figure("plot", 4, 3)
        axis = figure.subplots()
        axis.plot([0, 1], [0, 1], color="#0072B2", visible=False)
        figure.suptitle("an empty one")
        return figure

    monkeypatch.setitem(PICTURES, "DataVisualizer.timeline", empty)
    with pytest.raises(AssertionError):
        test_a_picture_is_full_and_nothing_of_it_is_cut("DataVisualizer.timeline", group)
