"""Explanations by LIME and SHAP around predict functions in files, and how those are run."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.analysis.explainer import Explainer
from modelgroups.analysis.user_code import UserCode
from modelgroups.errors import (
    MethodNotApplicableError,
    MissingParameterError,
    NotFoundError,
    UserError,
    UserTypeError,
    UserValueError,
)
from modelgroups.schema.attribute import Attribute
from modelgroups.testing import sample_model

WEIGHTS = {"DE": 0.0, "FR": 1.0, "US": 3.0}

LINEAR = """
from weights import WEIGHTS

def predict(rows):
    return [0.5 * age + WEIGHTS[country] for age, country in rows]
"""
LOGISTIC = """
import numpy as np
from weights import WEIGHTS

def predict(rows):
    scores = np.array([0.05 * (age - 40) + WEIGHTS[country] - 1 for age, country in rows])
    return 1 / (1 + np.exp(-scores))
"""
SWAPPED = (
    LOGISTIC
    + """
one = predict
def predict(rows):
    return np.stack([one(rows), 1 - one(rows)], axis=1)
"""
)
TEXTS = """
def predict(texts):
    return [[0.9 if "good" in text else 0.2] for text in texts]
"""


@pytest.fixture
def project(tmp_path):
    """A folder of modules, which are written from texts."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "weights.py").write_text(f"WEIGHTS = {WEIGHTS}\n")
    for name, text in {
        "linear": LINEAR,
        "logistic": LOGISTIC,
        "swapped": SWAPPED,
        "texts": TEXTS,
        "broken": "raise RuntimeError('no licence')\n",
        "needy": "import a_package_that_is_not_there\n",
        "empty": "",
        "failing": "def predict(rows):\n    raise ZeroDivisionError('nothing')\n",
    }.items():
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


def frame(n=300):
    numbers = np.random.RandomState(0)
    rows = pd.DataFrame(
        {"age": numbers.randint(18, 90, n), "country": numbers.choice(list(WEIGHTS), n)}
    )
    weight = rows["country"].map(WEIGHTS)
    rows["p"] = 1 / (1 + np.exp(-(0.05 * (rows["age"] - 40) + weight - 1)))
    rows["y"] = (numbers.rand(n) < rows["p"]).astype(int)
    rows["value"] = 0.5 * rows["age"] + weight
    return rows


def classifier(connection, **fields):
    model = connection.model("credit", "TABULAR", "MULTICLASS", **fields)
    model.build(frame().drop(columns="value"), {"p": 1}, ground_truth_column="y")
    model.save()
    return model


def regression(connection):
    model = connection.model("spend", "TABULAR", "REGRESSION")
    rows = frame()[["age", "country", "value"]].assign(truth=lambda f: f["value"] + 1)
    model.build(rows, {"value": "truth"})
    model.save()
    return model


def send(model, *rows):
    model.send_inferences([row | {"partner_inference_id": f"i{n}"} for n, row in enumerate(rows)])


def scores(found, predicted):
    (part,) = [p for p in found["explanation"] if p["predicted_attribute_name"] == predicted]
    return {s["attribute_name"]: s["explanation_value"] for s in part["importance_scores"]}


# --- SHAP and LIME -----------------------------------------------------------------------------


def test_shap_shares_the_prediction_out_exactly(connection, project):
    pytest.importorskip("shap")
    model = regression(connection)
    send(model, {"age": 80, "country": "US", "value": 43.0})
    model.enable_explainability(frame(), project, "linear", explanation_algo="shap", seed=4)
    found = model.explain_inference("i0", "SHAP")
    (expected,) = found["expected_value"]
    parts = scores(found, "value")
    assert expected["expected_value"] + sum(parts.values()) == pytest.approx(43.0)
    # Of a sum of two functions the Shapley values are each function less its mean.
    background = frame()[["age", "country"]].sample(20, random_state=4)
    assert parts["age"] == pytest.approx(0.5 * (80 - background["age"].mean()))
    assert parts["country"] == pytest.approx(3.0 - background["country"].map(WEIGHTS).mean())
    config = model.get_enrichment("explainability")["config"]
    assert config["shap_expected_values"] == [expected["expected_value"]]


def test_lime_finds_the_slope_of_a_linear_model(connection, project):
    pytest.importorskip("lime")
    model = regression(connection)
    send(model, {"age": 80, "country": "US", "value": 43.0})
    model.enable_explainability(frame(), project, "linear", explanation_nsamples=3000)
    parts = scores(model.explain_inference("i0"), "value")
    # LIME scales numbers by their standard deviation, and codes a category as that of the row.
    assert parts["age"] == pytest.approx(0.5 * frame()["age"].std(ddof=0), rel=0.05)
    others = frame().query("country != 'US'")["country"].map(WEIGHTS).mean()
    assert parts["country"] == pytest.approx(3.0 - others, rel=0.15)


def test_both_classes_are_explained_and_the_same_seed_gives_the_same(connection, project):
    pytest.importorskip("lime")
    model = classifier(connection)
    send(model, {"age": 80, "country": "DE", "p": 0.73}, {"age": 20, "country": "US", "p": 0.73})
    random_before = np.random.get_state()[1].tolist()
    assert model.enable_explainability(frame(), project, "logistic", seed=7) == "ok"
    first = model.explain_inference("i0")
    assert np.random.get_state()[1].tolist() == random_before
    yes, no = scores(first, "p"), scores(first, "p_negative")
    assert yes["age"] > 0 > yes["country"]
    assert no == pytest.approx({name: -value for name, value in yes.items()})
    assert model.explain_inference("i0", n_samples=2000) == first
    assert model.explain_inference("i0", n_samples=50) != first
    assert model.explain_inference("i1", sort="-value")["explanation"]


def test_computed_explanations_join_queries(connection, project):
    pytest.importorskip("lime")
    model = classifier(connection)
    rows = [{"age": age, "country": "FR", "p": 0.5} for age in (20, 50, 80)]
    send(model, *rows, {"age": 30, "country": None, "p": 0.5})
    model.enable_explainability(frame(), project, "logistic", explanation_nsamples=200)
    assert model.explain_inferences() == 3  # one has no country
    assert model.explain_inferences() == 0
    assert model.explain_inferences(["i0"]) == 1
    each = [scores(model.explain_inference(f"i{n}"), "p") for n in range(3)]
    select = {
        "function": "regionalFeatureImportances",
        "parameters": {"predicted_attribute_name": "p"},
    }
    expected = {name: np.mean([abs(parts[name]) for parts in each]) for name in ("age", "country")}
    answer = {
        row["explainer_attribute"]: row["regionalFeatureImportance"]
        for row in model.query({"select": [select]})
    }
    assert answer == pytest.approx(expected)
    with pytest.raises(MethodNotApplicableError, match="no value of country"):
        model.explain_inference("i3")
    with pytest.raises(NotFoundError):
        model.explain_inference("i9")


def test_tokens_of_a_text_are_explained(connection, project):
    pytest.importorskip("lime")
    model = connection.model("reviews", "NLP", "REGRESSION", text_delimiter=r"\W+")
    rows = pd.DataFrame(
        {"text": ["good food", "bad food"], "score": [0.9, 0.2], "truth": [1.0, 0.0]}
    )
    model.build(rows, {"score": "truth"})
    model.save()
    send(model, {"text": "very good food", "score": 0.9})
    model.enable_explainability(
        rows, project, "texts", explanation_nsamples=200, explanation_algo="shap"
    )
    assert model.get_enrichment("explainability")["config"]["explanation_algo"] == "lime"
    (part,) = model.explain_inference("i0")["explanation"]
    (of_text,) = part["importance_scores"]
    tokens = {t["token"]: t["explanation_value"] for t in of_text["tokens"]}
    assert list(tokens) == ["very", "good", "food"]
    assert tokens["good"] == pytest.approx(0.7, abs=0.1)
    assert abs(tokens["very"]) < 0.1 > abs(tokens["food"])
    with pytest.raises(UserValueError, match="by lime only"):
        model.explain_inference("i0", "shap")


def test_regions_of_an_image_are_explained():
    pytest.importorskip("lime")
    # Hidden segments get their mean colour; the model counts what it still sees on the right.
    picture = np.stack([np.add.outer(np.arange(20.0), np.arange(20.0)) / 40] * 3, axis=2)
    explainer = Explainer(
        "REGRESSION",
        "IMAGE",
        [Attribute("bright", "FLOAT", "PREDICTED_VALUE", position=0)],
        lambda images: [(image[:, 10:] == picture[:, 10:]).mean() for image in images],
        None,
        [],
        load_image_func=lambda path: picture,
    )
    (found,) = explainer.explain_image("lime", ["any.png"], 100)
    mask = np.array(found["lime_segment_mask"])
    weights = dict(found["lime_region_mapping"]["0"])
    assert mask.shape == (20, 20)
    right, left = (
        np.mean([weights[n] for n in set(mask[:, half].ravel())])
        for half in (slice(12, 20), slice(0, 8))
    )
    assert right > 0.01 > abs(left)
    with pytest.raises(UserValueError, match="by lime only"):
        explainer.explain_image("shap", ["any.png"])
    with pytest.raises(MethodNotApplicableError, match="TABULAR"):
        explainer.predict_tabular([[1]])


def test_an_explainer_by_itself_predicts_and_leaves_missing_values_unexplained():
    pytest.importorskip("lime")
    data = frame()[["age", "country"]]
    explainer = Explainer(
        "REGRESSION",
        "TABULAR",
        [Attribute("value", "FLOAT", "PREDICTED_VALUE", position=0)],
        lambda rows: [0.5 * age + WEIGHTS.get(country, 9) for age, country in rows],
        data,
        [None, {country: n for n, country in enumerate(WEIGHTS)}],
        [1],
        predictions_df=frame()[["value"]],
    )
    assert explainer.predict_tabular([[10, "FR"], [10, "a new one"]]).tolist() == [[6.0], [14.0]]
    (nothing, something) = explainer.explain_tabular("lime", [[float("nan"), "DE"], [30, "DE"]], 50)
    assert np.isnan(nothing).all()
    assert np.isfinite(something).all()
    with pytest.raises(UserValueError, match="no algorithm 'magic'"):
        explainer.explain_tabular("magic", [[30, "DE"]])
    with pytest.raises(MethodNotApplicableError):
        explainer.explain_nlp("lime", [["text"]])
    with pytest.raises(UserValueError, match=r"predict\(\) failed"):
        explainer.predict_tabular([["x", "DE"]])


# --- what is wrong with a call --------------------------------------------------------------------


def test_what_is_missing_is_told_in_the_order_of_the_sdk(connection, project):
    model = classifier(connection)
    rows = frame()
    for given, name in (
        ({}, "df"),
        ({"df": rows}, "project_directory"),
        ({"df": rows, "project_directory": project}, "user_predict_function_import_path"),
    ):
        with pytest.raises(MissingParameterError, match=f"^{name} is missing"):
            model.enable_explainability(**given)
    texts = connection.model("t", "NLP", "REGRESSION")
    with pytest.raises(MissingParameterError, match="text_delimiter"):
        texts.enable_explainability(rows, project, "linear")
    unsaved = connection.model("u", "TABULAR", "REGRESSION")
    with pytest.raises(MethodNotApplicableError, match="needs a saved model"):
        unsaved.enable_explainability(rows, project, "linear")
    boxes = sample_model(connection, "object_detection")
    boxes.save()
    with pytest.raises(MethodNotApplicableError, match="no explanations"):
        boxes.enable_explainability(None, project, "linear")


def test_code_that_cannot_be_used_is_told(connection, project):
    pytest.importorskip("lime")
    model = classifier(connection)
    rows = frame()
    for module, error, told in (
        ("nowhere", UserValueError, "no module 'nowhere'"),
        ("needy", UserError, "a_package_that_is_not_there"),
        ("broken", UserError, "RuntimeError: no licence"),
        ("empty", UserValueError, "no function 'predict'"),
        ("failing", UserValueError, "ZeroDivisionError: nothing"),
        ("linear", UserValueError, "if only the order is wrong"),
        ("swapped", UserValueError, "swap_predicted_attribute_positions"),
    ):
        with pytest.raises(error, match=told):
            model.enable_explainability(rows, project, module)
    for data, error, told in (
        (rows.drop(columns="country"), UserValueError, "no column 'country'"),
        (rows.drop(columns="p"), UserValueError, "no column p"),
        (rows.assign(age=None), UserValueError, "every row"),
        (rows.to_dict("list"), UserTypeError, "must be a DataFrame"),
    ):
        with pytest.raises(error, match=told):
            model.enable_explainability(data, project, "logistic")
    with pytest.raises(UserValueError, match="not an absolute path"):
        model.enable_explainability(rows, "project", "logistic")
    with pytest.raises(UserValueError, match="not a folder"):
        model.enable_explainability(rows, project / "logistic.py", "logistic")
    assert not model.get_enrichment("explainability")["enabled"]


def test_without_a_predict_function_in_this_process_it_is_told_how_to_have_one(tmp_path, project):
    pytest.importorskip("lime")
    with mg.connect(tmp_path / "registry") as connection:
        model = classifier(connection)
        send(model, {"age": 80, "country": "DE", "p": 0.73}, {"age": 8, "country": "DE", "p": 0.1})
        model.enable_explainability(frame(), project, "logistic", explanation_nsamples=100)
        first = model.explain_inference("i0")
        name = model.id
    with mg.connect(tmp_path / "registry") as connection:
        model = connection.get_model(name)
        assert model.get_enrichment("explainability")["status"] == "Ready"
        assert model.explain_inference("i0") == first  # it was stored
        with pytest.raises(NotFoundError, match="no explanation by lime"):
            model.explain_inference("i1")
        with pytest.raises(MethodNotApplicableError, match="enable_explainability"):
            model.explain_inference("i1", n_samples=10)
        with pytest.raises(MethodNotApplicableError, match="enable_explainability"):
            model.explain_inferences()


def test_disabling_forgets_the_predict_function(connection, project):
    pytest.importorskip("lime")
    model = classifier(connection)
    send(model, {"age": 80, "country": "DE", "p": 0.73})
    config = {
        "df": frame(),
        "project_directory": project,
        "user_predict_function_import_path": "logistic",
        "requirements_file": "requirements.txt",
        "model_server_num_cpu": "2",
        "seed": 0,
    }
    model.update_enrichments({"explainability": {"enabled": True, "config": config}})
    assert "df" in config
    stored = model.get_enrichment("explainability")["config"]
    assert {k: v for k, v in stored.items() if k != "shap_expected_values"} == {
        "user_predict_function_import_path": "logistic",
        "model_server_cpu": "2",
        "explanation_algo": "lime",
    }
    model.delete_explainer()
    with pytest.raises(NotFoundError):
        model.explain_inference("i0")


def test_a_missing_package_is_named(connection, project, monkeypatch):
    model = classifier(connection)
    for package in ("lime", "shap"):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(MethodNotApplicableError, match=r"modelgroups\[explain\]"):
            model.enable_explainability(frame(), project, "logistic", explanation_algo=package)


# --- code of users --------------------------------------------------------------------------------


def test_code_runs_in_its_folder_and_leaves_the_process_as_it_was(tmp_path):
    folders = []
    for number in (1, 2):
        folder = tmp_path / f"project-{number}"
        folder.mkdir()
        (folder / "common.py").write_text(f"NUMBER = {number}\n")
        (folder / "late.py").write_text(f"NUMBER = {number * 10}\n")
        (folder / "data.txt").write_text(f"{number}")
        (folder / "entry.py").write_text(
            "from common import NUMBER\n"
            "from pathlib import Path\n"
            "DATA = Path('data.txt').read_text()\n"
            "def predict(rows):\n"
            "    import late\n"
            "    return NUMBER, DATA, late.NUMBER, Path('data.txt').read_text()\n"
        )
        folders.append(folder)
    before = (Path.cwd(), list(sys.path), set(sys.modules))
    first, second = (UserCode(folder, "entry").function("predict") for folder in folders)
    assert (first([]), second([]), first([])) == (
        (1, "1", 10, "1"),
        (2, "2", 20, "2"),
        (1, "1", 10, "1"),
    )
    assert (Path.cwd(), list(sys.path)) == before[:2]
    assert not {"common", "late", "entry"} & (set(sys.modules) - before[2])
    (folders[0] / "entry.py").write_text("def predict(rows):\n    return 'changed'\n")
    assert UserCode(folders[0], "entry").function("predict")([]) == "changed"
    assert first([])[0] == 1
