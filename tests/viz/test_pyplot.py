"""Pictures and pyplot: what the SDK's users write works, nothing is kept or shown twice."""

import gc
import os
import subprocess
import sys
import threading
import warnings
import weakref

import pytest

from modelgroups.testing import example_group, example_model

matplotlib = pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def model():
    with example_model() as model:
        model.send_inferences({"age": [31, 47, 52], "p": [0.25, 0.75, 0.5], "y": [0, 1, 1]})
        yield model


@pytest.fixture
def plt(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    plt.close("all")
    yield plt
    plt.close("all")


def draws(model):
    return [
        lambda: model.viz.timeline("age"),
        lambda: model.viz.timeline("p"),
        lambda: model.viz.metric_series("AUC"),
        lambda: model.viz.drift_series("age"),
        lambda: model.viz.threshold_curves(),
    ]


def test_pyplot_goes_on_with_what_was_drawn(model, plt, tmp_path):
    for draw in draws(model):
        figure = draw()
        assert plt.gcf() is figure
        assert plt.gca() in figure.axes
        plt.savefig(tmp_path / "one.png")
        figure.savefig(tmp_path / "other.png")
        assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_so_it_does_with_comparisons_and_deployments(plt):
    with example_group("V1", "V2") as group:
        for label, p in (("V1", [0.2, 0.8, 0.4]), ("V2", [0.1, 0.9, 0.7])):
            group[label].send_inferences({"age": [31, 47, 52], "p": p, "y": [0, 1, 1]},
                                         partner_inference_ids=["a", "b", "c"])  # fmt: skip
        for draw in (group.compare("V1", "V2").plot, group.deploy.replace("V2").plot):
            figure = draw()
            assert plt.gcf() is figure


def test_a_server_may_draw_a_hundred_and_pyplot_keeps_ten(plt):
    from modelgroups.drawing import new_figure

    mine = plt.figure()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = [weakref.ref(new_figure("plot", 1, 1)) for _ in range(100)]
    assert len(plt.get_fignums()) == 11
    assert plt.fignum_exists(mine.number)
    gc.collect()
    assert sum(each() is not None for each in seen) == 10


def test_a_picture_that_pyplot_no_longer_has_can_still_be_kept(plt, tmp_path):
    from modelgroups.drawing import new_figure

    first = new_figure("plot", 1, 1)
    first.subplots().plot([1, 2])
    for _ in range(10):
        new_figure("plot", 1, 1)
    assert first.number not in plt.get_fignums()
    first.savefig(tmp_path / "first.png")
    assert (tmp_path / "first.png").read_bytes()[1:4] == b"PNG"


def test_other_threads_have_pictures_of_their_own(model, plt):
    drawn = []
    thread = threading.Thread(target=lambda: drawn.append(model.viz.metric_series("AUC")))
    thread.start()
    thread.join()
    assert drawn[0].axes
    assert plt.get_fignums() == []


NOTEBOOK = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shown = []
shell.display_pub.publish = lambda data, *_, **__: shown.extend(data)
shell.displayhook.write_format_data = lambda data, *_: shown.extend(data)
def images(cell):
    shown.clear()
    shell.run_cell(cell).raise_error()
    return shown.count("image/png")
images({first!r})
images('''
from modelgroups.testing import example_model
opened = example_model()
model = opened.__enter__()
sent = model.send_inferences({{"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]}})
''')
print([images(cell) for cell in {cells!r}])
"""
INLINE = "module://matplotlib_inline.backend_inline"
CELLS = [
    "model.viz.timeline('age')",
    "figure = model.viz.timeline('age')",
    "figure",
    "model.viz.timeline('age'); model.viz.metric_series('AUC')",
    "for _ in range(12): model.viz.timeline('p')",
    "figure.savefig('again.png')",
]


@pytest.mark.parametrize("first", ["import matplotlib.pyplot as plt", "pass"])
def test_a_notebook_shows_each_picture_once(first, tmp_path):
    pytest.importorskip("matplotlib_inline")
    code = NOTEBOOK.format(first=first, cells=CELLS)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True,
        env=os.environ | {"MPLBACKEND": INLINE}, check=False,
    )  # fmt: skip
    assert done.stdout.endswith("[1, 1, 1, 2, 12, 0]\n"), done.stdout + done.stderr


def test_a_process_that_a_notebook_started_is_no_notebook(tmp_path):
    code = (
        "import matplotlib.pyplot as plt\n"
        "from modelgroups.drawing import new_figure\n"
        "for _ in range(30): new_figure('plot', 1, 1)\n"
        "print(len(plt.get_fignums()))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True,
        env=os.environ | {"MPLBACKEND": INLINE}, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "10", done.stderr
