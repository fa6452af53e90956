"""Write ``goldens.json`` from the published SDK.

Run with a Python that has arthurai 3.33.3 installed, not with ours:
``python tests/arthurai/make_goldens.py``.
"""

from __future__ import annotations

import ast
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

GOLDENS = Path(__file__).with_name("goldens.json")


def main() -> None:
    import arthurai

    assert arthurai.__version__ == "3.33.3"
    GOLDENS.write_text(
        json.dumps(
            {
                "names": defined_names(Path(arthurai.__file__).parent),
                "enumerations": enumerations(),
                "constants": constants(),
                "exceptions": exceptions(),
                "stage_order": stage_order(),
                "random_ints": random_ints(),
                "timestamps": timestamps(),
                "formatted": formatted(),
                "datetime_strings": datetime_strings(),
                "date_texts": date_texts(),
                "python_types": python_types(),
                "likelihoods": likelihoods(),
                "alert_parameters": alert_parameters(),
                "standardized": standardized(),
                "smoothed": smoothed(),
                "nested": nested(),
                "nested_reference": nested_reference(),
                "stages": stages(),
                "added": added(),
                "metadata": metadata(),
            },
            default=lambda value: value.item(),  # of NumPy
            indent=1,
            sort_keys=True,
        )
        + "\n"
    )


def defined_names(root: Path) -> dict[str, list[str]]:
    """The public names that each module of the SDK defines itself."""
    names = {}
    for path in sorted(root.rglob("*.py")):
        found = []
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.append(node.name)
            elif isinstance(node, ast.Assign):
                found += [target.id for target in node.targets if isinstance(target, ast.Name)]
        module = ".".join(path.relative_to(root.parent).with_suffix("").parts)
        names[module.removesuffix(".__init__")] = sorted(
            name
            for name in found
            if name == "__version__" or not (name.startswith("_") or name == "logger")
        )
    return names


def enumerations() -> dict[str, dict[str, str]]:
    from arthurai.common import constants
    from arthurai.core import alerts

    return {
        name: {member: value for member, value in vars(cls).items() if not member.startswith("_")}
        for module in (constants, alerts)
        for name, cls in vars(module).items()
        if isinstance(cls, type)
        and issubclass(cls, constants.ListableStrEnum)
        and cls is not constants.ListableStrEnum
    }


def constants() -> dict[str, object]:
    from arthurai.common import constants

    return {
        name: value
        for name, value in vars(constants).items()
        if name.isupper() and not name.endswith("_MESSAGE")
    }


def exceptions() -> dict[str, list[str]]:
    from arthurai.common import exceptions

    classes = {n: c for n, c in vars(exceptions).items() if isinstance(c, type)}
    return {
        name: sorted(base.__name__ for base in cls.__mro__[1:] if base is not object)
        for name, cls in classes.items()
    }


def stage_order() -> dict[str, int]:
    from arthurai.common.constants import Stage
    from arthurai.core.attributes import get_attribute_order_stage

    return {stage: get_attribute_order_stage(stage) for stage in [*Stage.list(), "other"]}


def random_ints() -> list[dict[str, object]]:
    import numpy as np
    from arthurai.util import normal_random_ints_fixed_sum

    cases = []
    for seed, count, total, spread in [
        (0, 8, 100, 0.3),
        (1, 8, 8, 0.3),
        (2, 25, 1000, 0.1),
        (3, 1, 7, 0.3),
        (4, 10, 12345, 0.0),
        (5, 5, 3, 0.3),
    ]:
        np.random.seed(seed)
        values = normal_random_ints_fixed_sum(count, total, spread).tolist()
        assert min(values) >= 0
        cases.append({"seed": seed, "arguments": [count, total, spread], "values": values})
    return cases


def timestamps() -> list[dict[str, object]]:
    import numpy as np
    from arthurai.util import generate_timestamps

    end = datetime(2024, 1, 8, tzinfo=timezone.utc)  # noqa: UP017  # as the SDK's users write
    cases = []
    for arguments in [
        {"total": 8, "noisiness": 0},
        {"total": 50},
        {"total": 30, "duration": "12h", "freq": "H"},
        {"total": 30, "duration": "3h", "freq": "30T"},
        {"total": 9, "duration": "60d", "freq": "M"},
        {"total": 9, "duration": "400d", "freq": "Q-NOV"},
        {"total": 9, "duration": "21d", "freq": "W-WED"},
        {"total": 9, "duration": "70d", "freq": "MS"},
        {"total": 9, "duration": "2d", "freq": "1D12H"},
    ]:
        np.random.seed(7)
        values = generate_timestamps(end=end, **arguments)
        cases.append({"arguments": arguments, "values": [str(value) for value in values]})
    return cases


def formatted() -> dict[str, object]:
    import pandas as pd
    from arthurai.util import format_timestamp

    naive = datetime(2024, 1, 1)  # noqa: DTZ001  # what needs a zone
    summer = datetime(2024, 7, 1, 12, 30)  # noqa: DTZ001
    east = timezone(timedelta(hours=-5))
    results: dict[str, object] = {}
    for name, arguments in {
        "naive, zone name": (naive, "US/Eastern"),
        "naive in summer, zone name": (summer, "Europe/Berlin"),
        "naive, timezone": (naive, east),
        "zoned": (naive.replace(tzinfo=timezone.utc), None),  # noqa: UP017
        "pandas": (pd.Timestamp(naive, tz="US/Eastern"), None),
        "text": ("2024-01-01T00:00:00+02:00", None),
        "text, Z": ("2024-01-01T00:00:00Z", None),
        "naive": (naive, None),
        "text, no offset": ("2024-01-01", None),
        "text, no date": ("today", None),
        "int": (1704067200, None),
        "datetime64": (pd.Timestamp(naive).to_datetime64(), None),
        "None": (None, None),
    }.items():
        try:
            results[name] = format_timestamp(*arguments)
        except Exception as error:  # noqa: BLE001  # whatever it is, that is the golden value
            results[name] = {"error": type(error).__name__}
    return results


def datetime_strings() -> dict[str, bool]:
    from arthurai.util import is_valid_datetime_string

    texts = [
        "2024-01-01T00:00:00+00:00",
        "2024-01-01T00:00:00Z",
        "2024-01-01 00:00:00.123456-08:00",
        "2024-01-01T00:00:00",
        "2024-01-01",
        "01/02/2024",
        "",
        "abc",
    ]
    return {text: is_valid_datetime_string(text) for text in texts}


def date_texts() -> dict[str, bool]:
    from arthurai.core.util import is_valid_datetime_obj

    texts = ["2024-01-01", "3 May 2024", "May 2024", "5/6/7", "20200101", "abc", "", "12:30", "1e5"]
    return {text: is_valid_datetime_obj(text) for text in texts}


def python_types() -> dict[str, str]:
    from arthurai.common.constants import ValueType
    from arthurai.util import value_type_to_python_type

    results = {}
    for value_type in [*ValueType.list(), "other"]:
        try:
            results[value_type] = value_type_to_python_type(value_type).__name__
        except ValueError as error:
            results[value_type] = type(error).__name__
    return results


def likelihoods() -> dict[str, object]:
    import numpy as np
    from arthurai.core.model_utils import tensors_to_arthur_inference

    weights = np.random.default_rng(0).random((4, 9))
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    vocabulary = [f"t{i}" for i in range(9)]
    return {
        "log": np.log(probabilities).tolist(),
        "vocabulary": vocabulary,
        "top": {
            str(n): tensors_to_arthur_inference(np.log(probabilities), vocabulary, n)
            for n in (1, 3, 5)
        },
    }


def alert_parameters() -> list[dict[str, object]]:
    from arthurai.core.alerts import validate_parameters_for_alert

    cases = []
    for parameters in [
        None,
        {},
        {"a": [1]},
        {"a": [1, 2]},
        {"a": {}},
        {"a": {"b": 1}},
        {"a": [], "b": [3]},
        {"a": "text", "b": None, "c": [None]},
        {"a": [[1, 2]]},
    ]:
        try:
            result: object = validate_parameters_for_alert(parameters)
        except Exception as error:  # noqa: BLE001  # whatever it is, that is the golden value
            result = type(error).__name__
        cases.append({"parameters": parameters, "result": result})
    return cases


def standardized() -> dict[str, object]:
    import numpy as np
    import pandas as pd
    from arthurai.core.util import standardize_pd_obj

    nan, inf = float("nan"), float("inf")
    zoned = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"]).tz_localize("UTC"), name="x")
    columns = {
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
    results: dict[str, object] = {}
    for name, column in columns.items():
        types = {"x": "INTEGER"} if name.endswith("Integer") else None
        for dropna in (False, True):
            try:
                values = standardize_pd_obj(column, dropna, True, types)
                result: object = [None if pd.isna(value) else value for value in values.tolist()]
            except Exception as error:  # noqa: BLE001  # that is the golden value
                result = type(error).__name__
            results[f"{name}, dropna={dropna}"] = result
    assert np.all([isinstance(result, list | str) for result in results.values()])
    return results


def smoothed() -> list[float]:
    import numpy as np
    from arthurai.core.viz.utils import savgol_filter

    return savgol_filter(np.array([1.0, 2.0, 4.0, 3.0, 0.0, 7.0, 5.0])).tolist()


# --- arthurai.core.inferences

SCHEMA = [
    ["age", "PIPELINE_INPUT", False],
    ["seen", "PREDICT_FUNCTION_INPUT", False],
    ["note", "NON_INPUT_DATA", False],
    ["p", "PREDICTED_VALUE", False],
    ["p_negative", "PREDICTED_VALUE", True],
    ["y", "GROUND_TRUTH", False],
    ["z", "GROUND_TRUTH", False],
    ["kind", "GROUND_TRUTH_CLASS", False],
]
FLAT = {"age": 31, "p": 0.25, "note": "a", "y": 1, "kind": "b"}


def answer(function, *arguments) -> object:
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001  # that is the golden value
        return {"error": type(error).__name__}


def schema():
    from arthurai import ArthurAttribute

    return [
        ArthurAttribute(name=name, value_type="FLOAT", stage=stage, implicit=implicit)
        for name, stage, implicit in SCHEMA
    ]


def nested() -> dict[str, object]:
    from arthurai.core.inferences import nest_inference_and_ground_truth_data

    halves = {"inference_data": {"age": 1}, "ground_truth_data": {"y": 1}}
    cases: list[object] = [
        [],
        [FLAT],
        [{"age": 1, "batch_id": "b", "inference_timestamp": "2024-01-01T00:00:00Z"}],
        [{"y": 1, "partner_inference_id": "a", "ground_truth_timestamp": None}],
        [halves, FLAT],
        [{"inference_data": {"age": 1, "unknown": 2}, "y": 1}],
        [{"ground_truth_data": {"y": 1}, "seen": 1}],
        [{"inference_data": {}, "ground_truth_data": {}}],
        [{"partner_inference_id": "a"}],
        [{}],
        [FLAT, {"age": 1, "unknown": 2}],
        [{"inference_data": {"age": 1}, "p": 2}],
        [{"ground_truth_data": {"y": 1}, "kind": 2}],
        [{"inference_data": [1]}],
        [{"ground_truth_data": None}],
    ]
    answers = [
        {"data": data, "result": answer(nest_inference_and_ground_truth_data, data, schema())}
        for data in cases
    ]
    return {"schema": SCHEMA, "cases": answers}


def nested_reference() -> list[object]:
    from arthurai.core.inferences import nest_reference_data

    cases: list[object] = [
        [],
        [FLAT, {"reference_data": FLAT}],
        [{"unknown": 1}, {}],
        [{"reference_data": {"age": 1}, "unknown": 2}],
        [{"reference_data": {"age": 1}, "p": 2}],
        [{"reference_data": [1]}],
        [1],
        {"age": [1]},
    ]
    return [{"data": data, "result": answer(nest_reference_data, data, schema())} for data in cases]


def stages() -> list[object]:
    from arthurai.core.inferences import parse_stage_attributes

    cases: list[tuple[object, str]] = [
        ([{"p": 1}, {"p": 2}], "PREDICTED_VALUE"),
        ({"p": [1, 2], "unknown": ["a", "b"]}, "PREDICTED_VALUE"),
        ([1, 2.5], "PREDICTED_VALUE"),
        (["a"], "GROUND_TRUTH_CLASS"),
        ([1, 2], "GROUND_TRUTH"),
        ([1], "OTHER"),
        (5, "PREDICTED_VALUE"),
    ]
    return [
        {
            "data": data,
            "stage": stage,
            "result": answer(parse_stage_attributes, data, schema(), stage),
        }
        for data, stage in cases
    ]


def added() -> list[object]:
    import copy

    from arthurai.core.inferences import add_predictions_or_ground_truth

    rows = [{"inference_data": {"age": 1, "p": 0.5}}, {"inference_data": {"age": 2}}]
    cases: list[tuple[object, object, str]] = [
        (rows, [0.1, 0.2], "PREDICTED_VALUE"),
        (rows, {"p": [0.1, 0.2], "p_negative": [0.9, 0.8]}, "PREDICTED_VALUE"),
        (rows, [{"y": 1}, {}], "GROUND_TRUTH"),
        (rows, ["a", "b"], "GROUND_TRUTH_CLASS"),
        ([{"ground_truth_data": {"y": 1}}], [{"y": 2, "z": 3}], "GROUND_TRUTH"),
        ([{}], [0.5], "PREDICTED_VALUE"),
        ([], [], "PREDICTED_VALUE"),
        (rows, [], "PREDICTED_VALUE"),
        (rows, [0.1], "PREDICTED_VALUE"),
        (rows, [1, 2], "GROUND_TRUTH"),
        (rows, [1, 2], "PIPELINE_INPUT"),
    ]
    results: list[object] = []
    for data, new, stage in cases:
        after = copy.deepcopy(data)
        failed = answer(add_predictions_or_ground_truth, after, new, schema(), stage)
        result = failed if isinstance(failed, dict) else after
        results.append({"data": data, "new": new, "stage": stage, "result": result})
    return results


def metadata() -> list[object]:
    import pandas as pd
    from arthurai.core.inferences import add_inference_metadata_to_dataframe

    times = ["inference_timestamp", "ground_truth_timestamp"]
    cases: list[tuple[list[str], bool]] = [
        (["age"], False),
        (["age"], True),
        (["age", "y"], False),
        (["p", "kind", *times], False),
        (["age", "partner_inference_id"], False),
        (["y", "partner_inference_id"], False),
        (["y"], True),
        (["age", "y", "partner_inference_id", *times], False),
        (["age", "partner_inference_id", times[0]], False),
        (["unknown", "partner_inference_id"], False),
        ([], True),
    ]
    results: list[object] = []
    for columns, ignore in cases:
        frame = pd.DataFrame({name: [1, 2] for name in columns})
        found = answer(add_inference_metadata_to_dataframe, frame, schema(), ignore)
        result = found if isinstance(found, dict) else list(found.columns)
        same = found is frame
        results.append({"columns": columns, "ignore": ignore, "result": result, "same": same})
    return results


if __name__ == "__main__":
    main()
