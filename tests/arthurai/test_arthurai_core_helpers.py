"""The SDK's helper modules: what works gives the SDK's answers, the rest says that it is absent."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from modelgroups.arthurai.common.exceptions import (
    ArthurDownloadError,
    ArthurUserError,
    MethodNotApplicableError,
    UnexpectedTypeError,
    UnexpectedValueError,
    UserTypeError,
    UserValueError,
)
from modelgroups.arthurai.core import alerts, attributes, model_utils, util
from modelgroups.arthurai.core.auth_info import AuthInfo
from modelgroups.arthurai.core.dataset_validation_utils import valid_rec_obj, validate_attr_names
from modelgroups.arthurai.core.enrichment_status_waiter import StatusForEnrichment
from modelgroups.arthurai.core.viz import style
from modelgroups.arthurai.core.viz.utils import get_pred_and_gt_attrs, savgol_filter

# --- alerts


def test_alert_parameters(goldens):
    for case in goldens["alert_parameters"]:
        if case["result"] == "ArthurUserError":
            with pytest.raises(ArthurUserError, match="'a'"):
                alerts.validate_parameters_for_alert(case["parameters"])
        else:
            found = alerts.validate_parameters_for_alert(case["parameters"])
            assert found == case["result"]


def test_alert_parameter_tuples():
    assert alerts.validate_parameters_for_alert({"a": [], "b": (3,)}) == {"b": 3}
    with pytest.raises(ArthurUserError):
        alerts.validate_parameters_for_alert({"a": (1, 2)})


def test_alert_round_trips_with_its_rule():
    rule = alerts.AlertRule("upper", 0.5, "metric", "warning", metric_parameters={"a": 1})
    alert = alerts.Alert("1", "2024-01-01", 0.7, "too high", "model", "new", rule)
    assert alerts.Alert.from_json(alert.to_json()) == alert
    assert alert.to_dict()["alert_rule"] == {
        "bound": "upper",
        "threshold": 0.5,
        "metric_id": "metric",
        "severity": "warning",
        "enabled": True,
        "metric_parameters": {"a": 1},
    }


def test_metric_ignores_unknown_keys():
    record = {"id": "1", "name": "n", "query": {}, "is_default": True, "endpoint": "/x"}
    assert alerts.Metric.from_dict(record) == alerts.Metric("1", "n", {}, True)


def test_stage_order(goldens):
    for stage, order in goldens["stage_order"].items():
        assert attributes.get_attribute_order_stage(stage) == order


def test_auth_info_is_a_dataclass():
    info = AuthInfo("i", "u", "f", "l", "e", ["User"], ["o"])
    assert AuthInfo.from_dict(info.to_dict()) == info


# --- model_utils


class FakeModel(SimpleNamespace):
    def get_attributes(self, stage=None):
        return [a for a in self.attributes if stage is None or a.stage == stage]

    def get_attribute(self, name):
        return next(a for a in self.attributes if a.name == name)


def predicted(name, **fields):
    return attributes.ArthurAttribute(name, "FLOAT", "PREDICTED_VALUE", **fields)


def test_bias_attributes():
    monitored = attributes.ArthurAttribute("sex", "STRING", "NON_INPUT_DATA", monitor_for_bias=True)
    model = FakeModel(attributes=[predicted("p"), monitored])
    assert model_utils.check_has_bias_attrs(model) is True
    assert model_utils.check_attr_is_bias(model, "sex") is True
    assert model_utils.check_attr_is_bias(model, "p") is False
    assert model_utils.check_has_bias_attrs(FakeModel(attributes=[])) is False


@pytest.mark.parametrize(
    ("output_type", "names", "positive", "expected"),
    [
        ("REGRESSION", ["a", "b"], "a", "Not a classifier model."),
        ("MULTICLASS", ["a"], "a", "Not a binary classifier."),
        ("MULTICLASS", ["a", "b", "c"], "a", "Not a binary classifier."),
        ("MULTICLASS", ["a", "b"], "b", "b"),
        ("MULTICLASS", ["a", "b"], None, None),
    ],
)
def test_positive_predicted_class(output_type, names, positive, expected):
    found = [predicted(n, is_positive_predicted_attribute=n == positive) for n in names]
    model = FakeModel(output_type=output_type, attributes=found)
    assert model_utils.get_positive_predicted_class(model) == expected


def test_likelihoods(goldens):
    case = goldens["likelihoods"]
    log = np.array(case["log"])
    for n, expected in case["top"].items():
        found = model_utils.tensors_to_arthur_inference(log, case["vocabulary"], int(n))
        for row, expected_row in zip(found, expected, strict=True):
            assert row == pytest.approx(expected_row, rel=1e-12)
            assert list(row.values()) == sorted(row.values(), reverse=True)
            assert {type(value) for value in row.values()} == {float}


@pytest.mark.parametrize(
    ("tensor", "n", "text"),
    [
        (np.log([[0.5, 0.5]]), 6, "num_probs"),
        (np.log([[0.5, 0.5]]), 0, "num_probs"),
        (np.log([[0.5, 0.5]]), 3, "only 2 tokens"),
        (np.log([0.5, 0.5]), 1, "2 dimensions"),
        (np.log([[0.5, 0.5], [0.5, 0.4]]), 1, "row 1"),
        (np.array([[np.nan, 0.0]]), 1, "row 0"),
    ],
)
def test_bad_likelihoods_are_value_errors(tensor, n, text):
    with pytest.raises(ValueError, match=text):
        model_utils.tensors_to_arthur_inference(tensor, {0: "a", 1: "b"}, n)


# --- core.util


def test_encoder_writes_numpy_values():
    values = {
        "int": np.int8(1),
        "float": np.float32(0.5),
        "bool": np.True_,
        "text": np.str_("a"),
        "array": np.array([[1, 2]]),
    }
    assert json.loads(json.dumps(values, cls=util.NumpyEncoder)) == {
        "int": 1,
        "float": 0.5,
        "bool": True,
        "text": "a",
        "array": [[1, 2]],
    }
    with pytest.raises(TypeError):
        json.dumps(object(), cls=util.NumpyEncoder)


def test_values_are_converted_to_python():
    stamp = pd.Timestamp("2024-01-01T00:00:00.000000001Z")
    assert type(util.NumpyEncoder.convert_value(stamp)).__name__ == "datetime"
    assert type(util.NumpyEncoder.convert_value(np.datetime64("2024-01-01", "s"))).__name__ == (
        "datetime"
    )
    assert util.NumpyEncoder.convert_value(float("nan")) is None
    assert util.NumpyEncoder.convert_value("a") == "a"


def standardize_inputs():
    nan, inf = float("nan"), float("inf")
    zoned = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"]).tz_localize("UTC"), name="x")
    return {
        "float": pd.Series([1.5, inf, -inf, nan], name="x"),
        "whole float, Integer": pd.Series([1.0, inf, 3.0], name="x"),
        "fractional float, Integer": pd.Series([1.5, nan], name="x"),
        "int": pd.Series([1, 2], name="x"),
        "text": pd.Series(["a", None], name="x"),
        "zoned": zoned,
        "zoned text": pd.Series(["2024-01-01T00:00:00Z"], name="x"),
        "naive": zoned.dt.tz_localize(None),
        "zoned text, then other": pd.Series(["2024-01-01T00:00:00Z", "x"], name="x"),
        "empty": pd.Series([], dtype="float64", name="x"),
    }


@pytest.mark.parametrize("dropna", [False, True])
@pytest.mark.parametrize("name", list(standardize_inputs()))
def test_standardized_as_by_the_sdk(goldens, name, dropna):
    column = standardize_inputs()[name]
    kept = column.copy()
    types = {"x": "INTEGER"} if name.endswith("Integer") else None
    expected = goldens["standardized"][f"{name}, dropna={dropna}"]
    if expected == "UserValueError":
        with pytest.raises(UserValueError, match="column 'x'"):
            util.standardize_pd_obj(column, dropna, True, types)
    else:
        found = util.standardize_pd_obj(column, dropna, True, types)
        assert [None if pd.isna(value) else value for value in found] == expected
    pd.testing.assert_series_equal(column, kept)


def test_times_stay_when_they_are_not_to_be_replaced():
    column = standardize_inputs()["zoned"]
    pd.testing.assert_series_equal(util.standardize_pd_obj(column, False, False), column)


def test_infinities_among_objects_become_null():
    column = pd.Series([1, float("inf"), "a", [2]], dtype=object)
    found = util.standardize_pd_obj(column, False, False)
    assert found.isna().tolist() == [False, True, False, False]


def test_frame_is_standardized_by_column():
    frame = pd.DataFrame({"x": [1.0, float("inf")], "y": ["a", "b"]})
    found = util.standardize_pd_obj(frame, False, False, {"x": "INTEGER"})
    assert found["x"].dtype == "Int64"
    assert found["y"].tolist() == ["a", "b"]
    assert frame["x"].dtype == "float64"


def test_standardizing_refuses_what_it_cannot_do():
    with pytest.raises(UnexpectedValueError, match="dropna"):
        util.standardize_pd_obj(pd.DataFrame(), True, False)
    with pytest.raises(UnexpectedTypeError, match="list"):
        util.standardize_pd_obj([1], False, False)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([], []),
        ({}, []),
        (pd.DataFrame(), []),
        ([{"a": 1}], [{"a": 1}]),
        ({"a": [1, 2]}, [{"a": 1}, {"a": 2}]),
        (pd.DataFrame({"a": [1], "b": ["x"]}, index=[7]), [{"a": 1, "b": "x"}]),
    ],
)
def test_tables_become_lists_of_dicts(data, expected):
    assert util.dataframe_like_to_list_of_dicts(data) == expected


@pytest.mark.parametrize("data", [[{"a": 1}, 2], [1], "ab", pd.Series([1]), 5])
def test_other_shapes_are_type_errors(data):
    with pytest.raises(UserTypeError, match=type(data).__name__):
        util.dataframe_like_to_list_of_dicts(data)


def test_column_is_written_by_position():
    rows = [{"a": 1}, {}]
    util.update_column_in_list_of_dicts(rows, "a", pd.Series([5, 6], index=[1, 0]))
    assert rows == [{"a": 5}, {"a": 6}]


def test_column_of_another_length_is_refused():
    with pytest.raises(UserValueError, match="1 values for 2 rows"):
        util.update_column_in_list_of_dicts([{}, {}], "a", [1])
    with pytest.raises(UserTypeError, match="int"):
        util.update_column_in_list_of_dicts([{}], "a", 5)


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        (1, {"int"}),
        (np.int64(1), {"int"}),
        (True, {"bool"}),
        (np.False_, {"bool"}),
        (0.5, {"float"}),
        (np.float32(1), {"float"}),
        ("a", {"str"}),
        (np.str_("a"), {"str"}),
        ([1], {"list"}),
        (np.array([1]), {"list"}),
        (pd.Timestamp(0), {"date"}),
        (np.datetime64(0, "s"), {"date"}),
        (None, set()),
        ((1,), set()),
    ],
)
def test_kinds_of_values(value, kinds):
    every = ["bool", "date", "float", "int", "list", "str"]
    assert {kind for kind in every if getattr(util, f"is_{kind}_like")(value)} == kinds


def test_date_texts(goldens):
    for text, complete in goldens["date_texts"].items():
        assert util.is_valid_datetime_obj(text) is complete, text


def test_can_cast():
    assert util.can_cast(int, "12")
    assert not util.can_cast(int, "1.5")
    assert not util.can_cast(int, float("inf"))


def test_series_to_df():
    frame = pd.DataFrame({"a": [1]})
    assert util.series_to_df(frame) is frame
    assert util.series_to_df(frame["a"]).equals(frame)
    with pytest.raises(UserTypeError, match="dict"):
        util.series_to_df({"a": [1]})


def test_files_are_found_in_subfolders(tmp_path):
    (tmp_path / "deep.parquet").mkdir()
    for name in ["b.parquet", "deep.parquet/a.parquet", "c.json", "d.txt"]:
        (tmp_path / name).touch()
    assert util.retrieve_parquet_files(str(tmp_path)) == [
        tmp_path / "b.parquet",
        tmp_path / "deep.parquet" / "a.parquet",
    ]
    assert util.retrieve_json_files(tmp_path) == [tmp_path / "c.json"]


def test_intersections():
    assert util.intersection_is_non_empty([[1], [2]], [[2]])
    assert not util.intersection_is_non_empty([1], iter([2, 3]))


# --- validation, viz


def test_attribute_names():
    validate_attr_names(pd.Index(["a", "_b1"]))
    with pytest.raises(UserValueError, match="1st"):
        validate_attr_names(["1st"])


def test_recommendations():
    assert valid_rec_obj({"item_id": np.str_("a")})
    assert not any(map(valid_rec_obj, [{}, {"item_id": 1}, "a", None]))


def test_smoothing(goldens):
    signal = np.array([1.0, 2.0, 4.0, 3.0, 0.0, 7.0, 5.0])
    # The SDK rounds its coefficients to eight digits.
    assert savgol_filter(signal) == pytest.approx(goldens["smoothed"], abs=1e-6)


def test_prediction_and_ground_truth_names():
    truth = attributes.ArthurAttribute("g", "FLOAT", "GROUND_TRUTH")
    positive = predicted("p", is_positive_predicted_attribute=True, attribute_link="g")
    regression = FakeModel(output_type="REGRESSION", attributes=[truth, predicted("p")])
    binary = FakeModel(output_type="MULTICLASS", attributes=[truth, predicted("n"), positive])
    assert get_pred_and_gt_attrs(regression) == ("p", "g")
    assert get_pred_and_gt_attrs(binary) == ("p", "g")


@pytest.mark.parametrize("output_type", ["REGRESSION", "MULTICLASS", "TOKEN_SEQUENCE"])
def test_models_without_a_pair_of_names_are_refused(output_type):
    with pytest.raises(MethodNotApplicableError, match=output_type):
        get_pred_and_gt_attrs(FakeModel(output_type=output_type, attributes=[predicted("p")]))


def test_the_visualizer_is_the_one_of_models():
    from modelgroups.arthurai.core.viz.visualizer import DataVisualizer
    from modelgroups.testing import example_model

    with example_model() as model:
        assert type(model.viz) is DataVisualizer


def test_palettes_hold_colours():
    assert style.alpha == 0.7
    colours = np.array([*style.continuous_palette, *(c[:3] for c in style.categorical_palette)])
    assert colours.shape == (39, 3)
    assert ((colours >= 0) & (colours <= 1)).all()


# --- what is absent says so

ABSENT = {
    "client.auth": ["AuthRefresher"],
    "client.helper": [
        "construct_url",
        "get_current_org",
        "get_auth_info",
        "get_arthur_internal_user_org",
        "user_login",
    ],
    "client.http.arthur": ["ArthurHTTPClient"],
    "client.http.requests": ["HTTPClient"],
    "client.validation": [
        "validate_response_status",
        "validate_multistatus_response_and_get_failures",
    ],
    "core.data_service": ["DatasetService", "ImageZipper"],
    "core.dataset_validation_utils": [
        "ensure_obj_matches_attr_value_type",
        "get_first_elem_if_valid_list",
        "obj_value_type_mismatch_err",
        "validate_series_data_type",
        "validate_token_likelihoods_type",
    ],
    "core.enrichment_status_waiter": ["EnrichmentStatusWaiter"],
    "core.model_status_waiter": ["ModelStatusWaiter"],
    "core.status_waiter": ["StatusWaiter"],
}
DOWNLOADS = {
    "datasets": ["ArthurExample"],
    "datasets.arthur_example": ["ArthurExampleSchema"],
    "datasets.download": [
        "ArthurExampleDownloader",
        "download_from_s3",
        "get_file_keys_in_s3_folder",
        "load_downloaded_file",
    ],
}


@pytest.mark.parametrize(
    ("module", "name", "error"),
    [(m, n, MethodNotApplicableError) for m, names in ABSENT.items() for n in names]
    + [(m, n, ArthurDownloadError) for m, names in DOWNLOADS.items() for n in names],
)
def test_what_is_absent_can_be_imported_and_says_so_when_used(module, name, error):
    from importlib import import_module

    absent = getattr(import_module(f"modelgroups.arthurai.{module}"), name)
    assert absent.__name__ == name
    assert absent.__doc__
    with pytest.raises(error, match=rf"the local edition has no {name}: \w"):
        absent("anything", at="all")


def test_methods_of_absent_classes_say_so_too():
    from modelgroups.arthurai.client.http.base import AbstractHTTPClient
    from modelgroups.arthurai.core.data_service import DatasetService

    with pytest.raises(MethodNotApplicableError, match="HTTP"):
        AbstractHTTPClient().get("/models")
    with pytest.raises(MethodNotApplicableError, match=r"DatasetService\.files_size"):
        DatasetService.files_size([])


def test_the_constants_of_the_upload_are_there():
    from modelgroups.arthurai.core.data_service import DatasetService

    assert (DatasetService.MAX_ROWS_PER_FILE, DatasetService.ROW_GROUP_SIZE) == (500_000, 5_000)
    assert DatasetService.DEFAULT_MAX_IMAGE_DATA_BYTES == 300_000_000
    keys = [DatasetService.COUNTS, DatasetService.FAILURES]
    assert keys == ["counts", "failures"]
    keys = [DatasetService.SUCCESS, DatasetService.FAILURE, DatasetService.TOTAL]
    assert keys == ["success", "failure", "total"]


def test_status_of_an_enrichment_is_a_pair():
    status = StatusForEnrichment("hotspots", "Ready")
    assert (status.enrichment_name, status.status) == ("hotspots", "Ready")
