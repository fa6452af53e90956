"""The SDK's calls about enrichments: what is enabled, and the explanation of one inference."""

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.errors import (
    ConflictError,
    MethodNotApplicableError,
    MissingParameterError,
    NotFoundError,
    ReadOnlyError,
    UserTypeError,
    UserValueError,
)
from modelgroups.types import Enrichment, EnrichmentStatus

FRAME = pd.DataFrame({"age": [31, 47, 52], "sex": [1, 2, 1], "p": [0.2, 0.9, 0.7], "y": [0, 1, 1]})
NAMES = ["anomaly_detection", "bias_mitigation", "explainability", "hotspots"]


def classifier(connection, *, set_reference_data=True, sensitive=True, **fields):
    given = {"input_type": "TABULAR", "output_type": "MULTICLASS"} | fields
    model = connection.model(display_name="Card fraud", **given)
    model.build(FRAME, {"p": 1}, ground_truth_column="y", set_reference_data=set_reference_data)
    if sensitive:
        model.set_attribute_as_sensitive("sex")
    model.save()
    return model


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def model(connection):
    return classifier(connection)


def part(attribute="age", score=0.5, **more):
    of_what = {"algo": "lime", "predicted_attribute": "p", "attribute": attribute}
    return of_what | {"score": score} | more


def statuses(model):
    return {name: found["status"] for name, found in model.get_enrichments().items()}


def test_anomaly_detection_turns_on_by_itself_with_reference_data(connection, model):
    assert sorted(model.get_enrichments()) == NAMES
    expected = {"enabled": True, "config": {}, "status": EnrichmentStatus.EnrichmentStatusPending}
    assert model.get_enrichment(Enrichment.AnomalyDetection) == expected
    without = classifier(connection, set_reference_data=False)
    assert set(statuses(without).values()) == {"Disabled"}


def test_what_is_enabled_is_ready_once_its_results_are_added(model):
    model.update_enrichment("explainability", enabled=True)
    model.add_enrichments({"a": {"anomaly_score": 0.5}})
    found = statuses(model)
    assert (found["anomaly_detection"], found["explainability"]) == ("Ready", "Pending")
    model.add_enrichments({"a": {"explanations": [part()]}})
    assert statuses(model)["explainability"] == "Ready"
    assert model.delete_explainer() is None
    assert statuses(model)["explainability"] == "Disabled"
    with pytest.raises(MethodNotApplicableError, match="no explainer"):
        model.delete_explainer()


def test_settings_are_kept_and_the_callers_dicts_stay_as_they_are(tmp_path):
    with mg.connect(tmp_path) as connection:
        model = classifier(connection)
        configs = {
            Enrichment.Explainability: {"enabled": True, "config": {"explanation_algo": "shap"}},
            "anomaly_detection": {"enabled": False},
        }
        before = {key: dict(value) for key, value in configs.items()}
        assert model.update_enrichments(configs) == "ok"
        assert configs == before
        assert model.update_enrichment("explainability", config={"explanation_nsamples": 9}) == "ok"
        assert model.enable_hotspots() == model.enable_bias_mitigation() == "ok"
        identity = model.id
    with mg.connect(tmp_path, read_only=True) as connection:
        model = connection.get_model(identity)
        found = model.get_enrichments()
        assert [found[name]["enabled"] for name in NAMES] == [False, True, True, True]
        assert found["explainability"]["config"] == {"explanation_nsamples": 9}
        with pytest.raises(ReadOnlyError):
            model.enable_hotspots()


def test_the_algorithm_that_is_set_is_the_one_that_queries_mean(model):
    model.send_inferences([{"age": 31, "p": 0.5, "partner_inference_id": "a"}])
    parts = [part(score=1.0), part(score=2.0) | {"algo": "shap"}]
    model.add_enrichments({"a": {"explanations": parts}})
    importance = {
        "function": "regionalFeatureImportance",
        "parameters": {"attribute_name": "age", "predicted_attribute_name": "p"},
    }
    assert model.query({"select": [importance]}) == [{"age": 1.0}]
    config = {"explanation_algo": "shap"}
    model.update_enrichment("explainability", enabled=True, config=config)
    assert model.query({"select": [importance]}) == [{"age": 2.0}]


CODE = {"project_directory": "/p", "user_predict_function_import_path": "m"}


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"anomalies": {}}, UserValueError, "'anomalies' is not one of"),
        ({"hotspots": True}, UserTypeError, "hotspots must be a dict"),
        ({"hotspots": {"on": True}}, UserValueError, "no key 'on'"),
        ({"hotspots": {"enabled": "yes"}}, UserTypeError, "hotspots.enabled must be True"),
        ({"hotspots": {"config": [1]}}, UserTypeError, "hotspots.config must be a dict"),
        ({"hotspots": {"config": {"a": {1}}}}, UserValueError, "plain JSON"),
        ({"explainability": {"config": CODE}}, MissingParameterError, "requirements_file"),
        (
            {
                "explainability": {
                    "enabled": True,
                    "config": CODE | {"requirements_file": "r", "df": FRAME},
                }
            },
            UserValueError,
            "'/p' is not a folder",
        ),
        ({"explainability": {"config": {"explanation_algo": "x"}}}, UserValueError, "'x'"),
        (["hotspots"], UserTypeError, "must be a dict"),
    ],
)
def test_settings_that_are_wrong_change_nothing(model, changes, error, told):
    before = model.get_enrichments()
    if isinstance(changes, dict):
        changes = {"anomaly_detection": {"enabled": False}} | changes
    with pytest.raises(error, match=told):
        model.update_enrichments(changes)
    assert model.get_enrichments() == before


def test_a_model_enables_only_what_it_can_have(connection, model):
    regression = connection.model(display_name="r", input_type="TABULAR", output_type="REGRESSION")
    regression.build(FRAME.astype({"y": float}), {"p": "y"})
    regression.save()
    with pytest.raises(MethodNotApplicableError, match="tabular classifiers"):
        regression.enable_hotspots()
    with pytest.raises(MethodNotApplicableError, match="binary classifiers"):
        regression.enable_bias_mitigation()
    with pytest.raises(MethodNotApplicableError, match="monitored for bias"):
        classifier(connection, sensitive=False).enable_bias_mitigation()
    tokens = connection.model("t", "NLP", "TOKEN_SEQUENCE")
    tokens.build_token_sequence_model("question", "answer")
    tokens.save()
    with pytest.raises(MethodNotApplicableError, match="no explanations"):
        tokens.update_enrichment("explainability", enabled=True)
    unsaved = connection.model("m", "TABULAR", "MULTICLASS")
    for call in (unsaved.get_enrichments, unsaved.enable_hotspots, unsaved.delete_explainer):
        with pytest.raises(MethodNotApplicableError):
            call()
    with pytest.raises(UserValueError, match="not one of"):
        model.get_enrichment("hotspot")
    model.archive()
    with pytest.raises(ConflictError, match="archived"):
        model.enable_hotspots()


@pytest.fixture(scope="module")
def texts():
    """A text model of which one inference is explained."""
    with mg.connect(":memory:") as connection:
        model = connection.model("t", "NLP", "MULTICLASS", text_delimiter=r"\W+")
        frame = FRAME[["p", "y", "age"]].assign(text=["a b", "c d e", "f"])
        model.build(frame, {"p": 1}, ground_truth_column="y")
        model.save()
        row = {"text": "b c a", "age": 1, "p": 0.5, "partner_inference_id": "a"}
        model.send_inferences([row, row | {"partner_inference_id": "b"}])
        tokens = [("b", 0.5), ("c", -1.0), ("a", 0.25)]
        tokens = [{"token": token, "value": value} for token, value in tokens]
        model.add_enrichments({"a": {"explanations": [part("text", 0.125, tokens=tokens), part()]}})
        yield model


def explained(model, **options):
    """The inputs and the tokens of an explanation, in order."""
    found = model.explain_inference("a", **options)
    assert found["expected_value"] == []
    ((explanation,),) = [found["explanation"]]
    assert explanation["algorithm"] == "lime"
    assert explanation["predicted_attribute_name"] == "p"
    scores = explanation["importance_scores"]
    tokens = [token["token"] for score in scores for token in score["tokens"]]
    return [(s["attribute_name"], s["explanation_value"]) for s in scores], "".join(tokens)


def test_an_explanation_is_the_one_that_was_added(texts):
    both = explained(texts, algorithm="LIME")
    assert sorted(both[0]) == [("age", 0.5), ("text", 0.125)]
    assert both[1] == "bca"
    assert explained(texts, sort="value") == ([("text", 0.125), ("age", 0.5)], "cab")
    assert explained(texts, sort="-value") == ([("age", 0.5), ("text", 0.125)], "bac")
    assert explained(texts, sort="+word")[1] == "abc"
    assert explained(texts, sort="-location")[1] == "acb"
    assert explained(texts, sort="-attribute_name")[0] == [("text", 0.125), ("age", 0.5)]
    assert explained(texts, sort="-value", page=2, page_size=1)[0] == [("text", 0.125)]
    assert explained(texts, page=3, page_size=1) == ([], "")


@pytest.mark.parametrize(
    ("id_", "options", "error", "told"),
    [
        ("a", {"algorithm": "anchor"}, UserValueError, "'anchor' is not one of lime, shap"),
        ("a", {"algorithm": "shap"}, NotFoundError, "no explanation by shap"),
        ("b", {}, NotFoundError, "no explanation by lime"),
        ("c", {}, NotFoundError, "no inference with the partner_inference_id 'c'"),
        ("a", {"sort": "weight"}, UserValueError, "'weight' is not one of value"),
        ("a", {"sort": "--value"}, UserValueError, "'--value'"),
        ("a", {"page": 0}, UserValueError, "1 or more"),
        ("a", {"n_samples": "many"}, UserTypeError, "n_samples"),
    ],
)
def test_what_cannot_be_explained_is_told(texts, id_, options, error, told):
    with pytest.raises(error, match=told):
        texts.explain_inference(id_, **options)
