"""Queries on Spark beside those on DuckDB: the same rows, the same answers.

One session serves the module, on one worker (see conftest.py). Each body asks for as much as it
can: a query on Spark takes a large part of a second, however few rows it is about.
"""

import importlib.util
import os
import re
import shutil
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

import modelgroups as mg
from modelgroups import Attribute, AttributeCategory
from modelgroups.errors import MethodNotApplicableError, UserValueError
from modelgroups.query import register_function, scan, unregister_function
from modelgroups.query.drift.measures import MEASURES
from tests.query.lab import START, Lab, assert_close, function
from tests.query.test_examples import EXAMPLES, assert_answers, saved_model

if importlib.util.find_spec("pyspark") is None:
    pytest.skip("PySpark is not installed: pip install '.[spark]'", allow_module_level=True)
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("there is no Java, which Spark needs", allow_module_level=True)

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # those of PySpark
]
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.log.level": "ERROR",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
INPUT, PREDICTED, TRUTH = "PIPELINE_INPUT", "PREDICTED_VALUE", "GROUND_TRUTH"


@pytest.fixture(scope="module")
def spark():
    import ibis
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield ibis.pyspark.connect(session)
    session.stop()


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A folder with models of every kind; their ids by name."""
    folder = tmp_path_factory.mktemp("registry")
    with mg.connect(folder) as connection:
        ids = {name: make(connection).id for name, make in MODELS.items()}
    return folder, ids


@pytest.fixture(scope="module")
def pair(registry, spark):
    """Return a model by its name, twice: with DuckDB, and with Spark."""
    folder, ids = registry
    with mg.connect(folder) as one, mg.connect(folder, engine=spark) as other:
        yield lambda name: (one.get_model(ids[name]), other.get_model(ids[name]))


def assert_alike(ours, expected, told=""):
    if isinstance(expected, float) or isinstance(ours, float):
        assert type(ours) is type(expected), f"{told}: {ours!r} is not {expected!r}"
        assert_close(ours, expected, told=told)
    elif isinstance(expected, list):
        assert len(ours) == len(expected), f"{told}: {ours!r} is not {expected!r}"
        for number, (one, other) in enumerate(zip(ours, expected, strict=True)):
            assert_alike(one, other, f"{told}[{number}]")
    elif isinstance(expected, dict):
        assert list(ours) == list(expected), told
        for key in expected:
            assert_alike(ours[key], expected[key], f"{told}.{key}")
    else:
        assert ours == expected, f"{told}: {ours!r} is not {expected!r}"
        assert type(ours) is type(expected), f"{told}: {ours!r} is not {expected!r}"


def assert_answered_alike(models, body, query_type="base"):
    duckdb, spark = models
    expected = duckdb.query(body, query_type=query_type)
    assert_alike(spark.query(body, query_type=query_type), expected)
    return expected


# --- models ------------------------------------------------------------------------------------


def rows(start, stop):
    """Rows with everything that engines are known to treat differently."""
    words = ["b", "B", "é", "z", "it's", 'a"b', "a\\b", "50%", "a_b", "", "ü\n\t", "😀", "ﬀ", None]
    return [
        {
            "partner_inference_id": f"i{n}",
            "inference_timestamp": START + timedelta(hours=7 * n, milliseconds=n),
            "x": [None, 0.0, -0.0, 1.5, -1e200, 1e-300, 0.1, 0.30000000000000004, 7.25][n % 9],
            "y": None if n % 5 == 0 else (n * 37 % 101) / 7,
            "n": [None, 0, -1, 2**63 - 1, -(2**63), 3, n][n % 7],
            "m": n % 4,
            "flag": [True, False, None][n % 3],
            "word": words[n % len(words)],
            "Word": words[(n + 3) % len(words)],
            "start": None if n % 8 == 0 else START + timedelta(days=40 * n, microseconds=n),
            "end": START - timedelta(days=1103 * n % 140_000, seconds=n),
            "p_1": None if n % 13 == 0 else (n * 29 % 97) / 96,
        }
        for n in range(start, stop)
    ]


def tabular(connection):
    attributes = [
        Attribute("x", "FLOAT", INPUT, position=0),
        Attribute("y", "FLOAT", INPUT, position=1),
        Attribute("n", "INTEGER", INPUT, position=2),
        Attribute("m", "INTEGER", INPUT, position=3, categorical=True),
        Attribute("flag", "BOOLEAN", INPUT, position=4, categorical=True),
        Attribute("word", "STRING", INPUT, position=5, categorical=True),
        Attribute("Word", "STRING", INPUT, position=6, categorical=True),
        Attribute("start", "TIMESTAMP", INPUT, position=7),
        Attribute("end", "TIMESTAMP", INPUT, position=8),
        Attribute("p_1", "FLOAT", PREDICTED, position=0, attribute_link="gt_1",
                  is_positive_predicted_attribute=True),
        Attribute("gt_1", "INTEGER", TRUTH, position=0, attribute_link="p_1"),
    ]  # fmt: skip
    import pandas as pd

    lab = Lab(connection, attributes, output_type="MULTICLASS")
    names = [a.name for a in lab.attributes]
    reference = [row | {"gt_1": n % 2} for n, row in enumerate(rows(0, 40))]
    model = lab.new_model({name: [row.get(name) for row in reference] for name in names})
    assert isinstance(model.reference_data(), pd.DataFrame)
    model.send_inferences(rows(0, 300))
    give_truths(model, range(0, 290, 2), day=2)
    give_truths(model, range(0, 290, 5), day=1)  # which is older, and does not hold
    give_truths(model, range(1, 290, 7), day=3)
    model.delete_inferences(partner_inference_ids=["i5", "i11"])
    model.send_inferences(rows(300, 309))  # these wait in the catalog
    give_truths(model, range(296, 309, 3), day=2)
    enrich(model, range(270))
    enrich(model, range(3, 309, 90))
    return model


def enrich(model, numbers):
    model.add_enrichments(
        {
            f"i{n}": {
                "anomaly_score": n % 17 / 16,
                "explanations": [
                    {
                        "algo": "lime",
                        "predicted_attribute": "p_1",
                        "attribute": name,
                        "score": (n * 31 % 23 - 11) / 7,
                    }
                    for name in ("x", "word", "Word")[: n % 4]
                ],
            }
            for n in numbers
        }
    )


def texts(connection):
    attributes = [
        Attribute("text", "UNSTRUCTURED_TEXT", INPUT, position=0),
        Attribute("p_1", "FLOAT", PREDICTED, position=0, attribute_link="gt_1",
                  is_positive_predicted_attribute=True),
        Attribute("gt_1", "INTEGER", TRUTH, position=0, attribute_link="p_1"),
    ]  # fmt: skip
    lab = Lab(connection, attributes, input_type="NLP", output_type="MULTICLASS")
    model = lab.new_model()
    words = [["good", "film"], ["é'"], [], ["bad", "bad", "dull"]]
    model.send_inferences(
        [
            {
                "text": " ".join(words[n % 4]),
                "p_1": n / 20,
                "partner_inference_id": f"i{n}",
                "inference_timestamp": START,
            }
            for n in range(20)
        ]
    )
    model.add_enrichments(
        {
            f"i{n}": {
                "explanations": [
                    {
                        "algo": "lime",
                        "predicted_attribute": "p_1",
                        "attribute": "text",
                        "score": n / 3,
                        "tokens": [
                            {"token": word, "position": place, "value": (n - place) / 7}
                            for place, word in enumerate(words[n % 4])
                        ],
                    }
                ]
            }
            for n in range(12)
        }
    )
    return model


def give_truths(model, numbers, day):
    model.update_inference_ground_truths(
        [
            {
                "partner_inference_id": f"i{n}",
                "ground_truth_timestamp": START + timedelta(days=day),
                "gt_1": (n + day) % 3 % 2,
            }
            for n in numbers
        ]
    )


def classes(connection):
    names = ["cat", "dog", "owl"]
    attributes = [
        Attribute(f"p_{name}", "FLOAT", PREDICTED, position=n, gt_class_link=name)
        for n, name in enumerate(names)
    ]
    attributes.append(
        Attribute("animal", "STRING", "GROUND_TRUTH_CLASS", categorical=True).set(
            categories=[AttributeCategory(name) for name in names]
        )
    )
    lab = Lab(connection, attributes, output_type="MULTICLASS")
    model, _ = lab.place(
        [
            {
                "p_cat": [0.5, 0.2, None, 0.1][n % 4],
                "p_dog": [0.5, 0.3, 0.1, 0.9][n % 4],
                "p_owl": [0.0, 0.5, None, 0.9][n % 4],
                "animal": [*names, None, "dog"][n % 5],
            }
            for n in range(40)
        ],
        "waiting",
    )
    return model


def ranked(connection):
    attributes = [
        Attribute("recs", "RANKED_LIST", PREDICTED, position=0, attribute_link="good"),
        Attribute("good", "ARRAY(STRING)", TRUTH, position=0, attribute_link="recs"),
    ]
    lab = Lab(connection, attributes, output_type="RANKED_LIST")
    lists = ["abc", "", None, "gfedcba", "c", "a"]
    goods = [["c"], [], None, ["x", "a", "a"], ["b", "é'"], [*"abcd"], ["c", "c"]]
    model, _ = lab.place(
        [
            {
                "recs": None if lists[n % 6] is None
                else [{"item_id": i, "label": None, "score": 0.5} for i in lists[n % 6]],
                "good": goods[n % 7],
            }
            for n in range(60)
        ],
        "waiting",
    )  # fmt: skip
    return model


def objects(connection):
    attributes = [
        Attribute("picture", "IMAGE", INPUT, position=0),
        Attribute("found", "BOUNDING_BOX", PREDICTED, position=0, attribute_link="real"),
        Attribute("real", "BOUNDING_BOX", TRUTH, position=0, attribute_link="found"),
    ]
    lab = Lab(connection, attributes, input_type="IMAGE", output_type="OBJECT_DETECTION")
    lab.attributes = [a for a in lab.attributes if a.name != "anchor"]
    model, _ = lab.place(
        [
            {
                "found": None if n % 5 == 0
                else [[k % 2, 0.9 - k / 8, k, n % 3, 4 + k, 5] for k in range(n % 4)],
                "real": None if n % 6 == 0 else [[k % 2, 1, k, 1, 4, 5] for k in range(n % 3)],
            }
            for n in range(40)
        ],
        "waiting",
    )  # fmt: skip
    return model


def tokens(delimiter, connection):
    attributes = [
        Attribute("text", "UNSTRUCTURED_TEXT", INPUT, position=0),
        Attribute("out", "TOKENS", PREDICTED, position=0),
        Attribute("odds", "TOKEN_LIKELIHOODS", PREDICTED, position=1, token_attribute_link="out"),
        Attribute("said", "UNSTRUCTURED_TEXT", PREDICTED, position=2),
        Attribute("past", "TIME_SERIES", "NON_INPUT_DATA", position=1),
    ]
    texts = ["", "one", "a, b,,c", " été  à\u00a0Paris ", "x_1-y\u2003z", None, "it's \\ a\nb"]
    lab = Lab(connection, attributes, input_type="NLP", output_type="TOKEN_SEQUENCE",
              text_delimiter=delimiter)  # fmt: skip
    model, _ = lab.place(
        [
            {
                "text": texts[n % 7],
                "odds": None if n % 4 == 0 else [{"the": 0.5, "é'": k / 9} for k in range(n % 5)],
                "out": None if n % 4 == 0 else ["the" if k % 2 else "é'" for k in range(n % 5)],
                "past": None if n % 3 else [{"timestamp": START, "value": n / 3}],
            }
            for n in range(35)
        ],
        "waiting",
    )  # fmt: skip
    return model


MODELS = {
    "tabular": tabular,
    "classes": classes,
    "ranked": ranked,
    "objects": objects,
    "tokens": lambda connection: tokens(r"\W+", connection),
    "texts": texts,
    "blanks": lambda connection: tokens(r"\s+", connection),
}

# --- bodies ------------------------------------------------------------------------------------


def nested(name, **parameters):
    return {"nested_function": function(name, **parameters)}


def by(*names, direction="asc"):
    return [{"property": name, "direction": direction} for name in names]


def where(property, comparator, value=None):
    return {"property": property, "comparator": comparator, "value": value}


def several(name, key, values, **parameters):
    return [function(name, f"{name}_{key}_{n}", **{key: value}, **parameters)
            for n, value in enumerate(values)]  # fmt: skip


NUMERIC = ("x", "y", "n", "flag")
AGGREGATES = [
    *(
        function(name, f"{name}_{column}", property=column)
        for name in ("avg", "avgAbs", "variance", "stdDev", "deciles")
        for column in ("y", "m", "flag")
    ),
    *(
        function(name, f"{name}_{column}", property=column)
        for name in ("min", "max", "count", "categoriesCount")
        for column in ("x", "y", "n", "flag", "word", "start")
    ),
    *(function("sum", f"sum_{column}", property=column) for column in ("y", "n", "m", "flag")),
    *several("quantile", "level", [0, 0.1, 0.5, "0.75", 1], property="y"),
    function("distribution", "bins", property="y", num_bins=4),
    function("distribution", "between", property="n", bin_thresholds=[0, 2.5]),
    function("binsToQuantiles", property="y", num_bins=3),
    *(
        function(name, f"{name}_{argument}_{value}", argument=argument, value=value)
        for name in ("argMax", "argMin")
        for argument, value in (("word", "x"), ("x", "word"), ("n", "m"), ("y", "start"))
    ),
    function("anyIf", property="m", comparator="gt", value=1, result="word"),
    function("anyIf", "never", property="m", comparator="gt", value=9, result="word"),
    function("rate", property="word", comparator="in", value=["b", None]),
    function("countIf", property="start", comparator="IsNull"),
    function("subtract", left=nested("max", property="y"), right=nested("min", property="y")),
    function("subtract", "days", left=nested("max", property="end"),
             right=nested("min", property="end")),
]  # fmt: skip
EVALUATIONS = [
    *(
        function(name)
        for name in (
            "confusionMatrix", "confusionMatrixRate", "truePositiveRate", "falsePositiveRate",
            "trueNegativeRate", "falseNegativeRate", "accuracyRate", "balancedAccuracyRate",
            "precision", "f1", "auc", "sensitivity", "specificity", "recall",
        )
    ),
    *(function(name, predicted_property="p_1") for name in ("rmse", "rSquared", "mae")),
    function("accuracyRate", "strict", threshold=0.75),
    function("mae", "largest", predicted_property="p_1", aggregation="max", normalizationMin=0,
             normalizationMax=4),
]  # fmt: skip
PER_ROW = [
    {"property": "partner_inference_id"},
    *several("roundTimestamp", "time_interval",
             ["second", "minute", "hour", "day", "week", "month", "year"], property="end"),
    *several("bucketTimestamp", "minutes", [1, 7, 1440, 100_000], property="end", offset=3),
    *several("dateDiff", "unit",
             ["second", "minute", "hour", "day", "week", "month", "quarter", "year"],
             start_date="start", end_date="end"),
    function("labelByMaxColumn", properties=["x", "y", "m"]),
    function("if", property="word", comparator="eq", value="it's", then="m", **{"else": "n"}),
    function("if", "sure", property="x", comparator="gt", value=0, then="yes", **{"else": "no"}),
    function("binContinuous", property="y", bin_thresholds=[0.1, 5, 7]),
    function("neighbor", property="m", offset=-2),
    function("neighbor", "next", property="word", offset=1, default="none"),
    function("neighbor", "by_time", property="end", offset=3),
    *(
        function(name, f"{name}_{left}_{right}", left=left, right=right)
        for name in ("add", "subtract", "multiply", "divide", "equals", "and", "or")
        for left, right in (("x", "y"), ("n", "m"), ("n", "n"), ("flag", "flag"))
    ),
    function("subtract", "seconds", left="start", right="end"),
    function("abs", property="n"),
    function("abs", "abs_x", property="x"),
    function("multiply", "long", left={"nested_function": function("multiply", left={
        "nested_function": function("multiply", left="m", right=1.2345678901234567)},
        right=2.3456789012345678)}, right=0.34567890123456789),
    function("equals", "is_word", left="word", right="a\\b"),
    function("equals", "same", left="word", right="Word"),
    function("biasMitigatedPredictions", predicted_property="p_1", thresholds=[
        {"conditions": [where("m", "eq", 1), where("flag", "eq", True)], "threshold": 0.4},
        {"conditions": where("word", "in", ["b", "é"]), "threshold": 0.7}]),
]  # fmt: skip
BODIES = {
    "all": ("tabular", {"select": [{"property": "*"}]}),
    "reference": ("tabular", {"select": [{"property": "*"}], "from": "reference",
                              "order_by": by("word", "x")}),
    "truth": ("tabular", {"select": [{"property": "gt_1"}, {"property": "ground_truth_timestamp"}],
                          "from": "ground_truth"}),
    "enriched": ("tabular", {"select": [{"property": "partner_inference_id"},
                                        {"property": "anomaly_score"},
                                        {"property": "lime_importance"}]}),
    "scores": ("tabular", {"select": [{"property": "explainer_attribute"}, function("count"),
                                      function("avg", property="explainer_score"),
                                      function("max", property="anomaly_score")],
                           "group_by": [{"property": "explainer_attribute"}],
                           "order_by": by("explainer_attribute")}),
    "regions": ("tabular", {"select": [function(
        "regionalFeatureImportances", predicted_attribute_name="p_1",
        explanation_algorithm="lime")], "filter": [where("m", "gt", 0)]}),
    "a region": ("tabular", {"select": [function(
        "regionalFeatureImportance", attribute_name="word", predicted_attribute_name="p_1",
        explanation_algorithm="lime"), function("count")]}),
    "explained texts": ("texts", {"select": [function(
        "nlp_explanation", attribute_name="text", nlp_predicted_attribute="p_1",
        nlp_explainer="lime")], "filter": [where("nlp_explanation.value", "gt", 0.1)]}),
    "aggregates": ("tabular", {"select": AGGREGATES}),
    "aggregates of nothing": ("tabular", {"select": AGGREGATES, "filter": [where("m", "gt", 9)]}),
    "groups": ("tabular", {"select": [{"property": "m"}, *AGGREGATES],
                           "group_by": [{"property": "m"}]}),
    "evaluations": ("tabular", {"select": EVALUATIONS}),
    "evaluations by group": ("tabular", {"select": [{"property": "word"}, *EVALUATIONS],
                                         "group_by": [{"property": "word"}],
                                         "order_by": by("word", direction="desc")}),
    "per row": ("tabular", {"select": PER_ROW, "order_by": by("end")}),
    "nulls last": ("tabular", {"select": [{"property": "word"}, {"property": "x"}],
                               "order_by": [*by("word", direction="desc"), *by("x")]}),
    "nulls last, down": ("tabular", {"select": [{"property": "x"}, {"property": "Word"}],
                                     "order_by": by("x", direction="desc")}),
    "page": ("tabular", {"select": [{"property": "partner_inference_id"}],
                         "order_by": by("y", direction="desc"), "limit": 20, "offset": 215}),
    "rest": ("tabular", {"select": [{"property": "word"}], "offset": 290}),
    "first": ("tabular", {"select": [{"property": "word"}], "limit": 7}),
    "distinct": ("tabular", {"select": [{"property": "flag"}, {"property": "x"}],
                             "group_by": [{"property": "flag"}, {"property": "x"}]}),
    "conditions": ("tabular", {"select": [
        function("count"),
        *(function("countIf", f"{column} {comparator} {number}", property=column,
                   comparator=comparator, value=value)
          for column, values in {
              "word": ["b", 'a"b', "a\\b", "ü\n\t", "", 50, None, "\x00'; --"],
              "n": [0, 2.5, 2**63 - 1, -(2**63), 2**70, "3", None],
              "x": [0, 0.1, 0.30000000000000004, 1e-300, -1e200, 10**400, None],
              "flag": [True, 0, "true", None],
              "end": ["2024-03-01", "1990-01-01T00:00:00.000001", None],
          }.items()
          for comparator in ("eq", "ne", *(["lt", "gte"] if column in "xn" else []))
          for number, value in enumerate(values)
          if value is not None or comparator in ("eq", "ne")),
        *several("countIf", "value", ["%", "a_b", "a\\_b", "a\\b", "%\\%", "_", "%\n%", "é%", "\\"],
                 property="word", comparator="like"),
        *(function("rate", f"in {n}", property="word", comparator="in", value=values)
          for n, values in enumerate([["b", "é", None], [None], [], ["50%", 5]])),
    ]}),
    "filters": ("tabular", {"select": [{"property": "partner_inference_id"}], "filter": [
        where("inference_timestamp", "gte", "2024-03-05T01:00:00.000Z"),
        where("word", "NotNull"), where("word", "ne", "é"), where("y", "lt", 9.5)]}),
    "by day": ("tabular", {"select": [
        function("roundTimestamp", "day", property="inference_timestamp", time_interval="day"),
        function("count"), function("avg", property="y")], "group_by": [{"alias": "day"}],
        "order_by": [{"alias": "day", "direction": "desc"}]}),
    "aggregate of an aggregate": ("tabular", {
        "select": [function("avg", property={"alias_ref": "c"}), function("sum", property="s"),
                   function("max", property="w")],
        "subquery": {"select": [{"property": "m"}, function("count", "c"),
                                function("sum", "s", property="n"),
                                function("max", "w", property="word")],
                     "group_by": [{"property": "m"}]}}),
    "entities": ("tabular", {
        "select": [function("avg", property=nested("subtract", left="a", right="b"))],
        "filter": [where("a", "NotNull"), where("b", "NotNull")],
        "subquery": {"select": [
            {"property": "word"},
            function("anyIf", "a", property="m", comparator="eq", value=1, result="y"),
            function("anyIf", "b", property="m", comparator="eq", value=2, result="y")],
            "group_by": [{"property": "word"}]}}),
    "rows of groups": ("tabular", {
        "select": [function("avg", property=nested("variance", property="y")),
                   function("max", property=nested("count"))],
        "subquery": {"select": [{"property": "word"}, {"property": "y"}],
                     "group_by": [{"property": "word"}]}}),
    "of what is finished": ("tabular", {
        "select": [function("max", property="a"), function("count")],
        "subquery": {"select": [{"property": "m"}, function("auc", "a")],
                     "group_by": [{"property": "m"}]}}),
    "neighbours in order": ("tabular", {
        "select": [{"property": "y"}, function("neighbor", property="y", offset=1)],
        "order_by": by("y", direction="desc"), "filter": [where("m", "eq", 2)]}),
    "classes": ("classes", {"select": [
        function("accuracyRateMulticlass"),
        *(function(name, f"{name} {each}", predicted_property=f"p_{each}")
          for each in ("cat", "owl")
          for name in ("confusionMatrixMulticlass", "confusionMatrixRateMulticlass",
                       "truePositiveRateMulticlass", "falsePositiveRateMulticlass",
                       "trueNegativeRateMulticlass", "falseNegativeRateMulticlass", "auc"))]}),
    "lists": ("ranked", {"select": [
        *(function(name, f"{name}_{k}", k=k) for k in (1, 3, 9)
          for name in ("precisionAtK", "recallAtK", "mapAtK", "nDCGAtK")),
        function("rankedListAUC"), function("meanReciprocalRank"),
        function("rankedItemMaxK", property="recs_item_id", item_filter="c"),
        function("rankedItemMaxK", "none", property="recs_item_id", item_filter="q")]}),
    "all lists": ("ranked", {"select": [{"property": "*"}]}),
    "boxes": ("objects", {"select": [
        function("meanAveragePrecision", f"at_{t}", threshold=t, predicted_property="found",
                 ground_truth_property="real") for t in (0.1, 0.5, 1.0)]}),
    "a row for each box": ("objects", {"select": [{"property": "partner_inference_id"},
                                                  {"property": "found"}]}),
    "boxes by class": ("objects", {
        "select": [{"property": "found.class_id"}, function("count"),
                   function("avg", property="found.confidence")],
        "filter": [where("found.width", "gt", 4)], "group_by": [{"property": "found.class_id"}]}),
    "all boxes": ("objects", {"select": [{"property": "*"}]}),
    **{
        name: (name, {"select": [
            function("averageTokenLikelihood", property="odds"),
            function("likelihoodStability", property="odds"),
            function("averageSequenceLength", "n_out", property="out"),
            function("averageSequenceLength", "n_words", property="text")]})
        for name in ("tokens", "blanks")
    },
    "all tokens": ("tokens", {"select": [{"property": "*"}]}),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_spark_answers_as_duckdb_does(pair, name):
    model, body = BODIES[name]
    assert assert_answered_alike(pair(model), body)


def test_every_function_is_asked_for():
    words = {word for _, body in BODIES.values() for word in str(body).replace("'", '"').split('"')}
    assert set(mg.query.functions().index) - words == set()


# --- examples, drift ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "example",
    [e for e in EXAMPLES if e["query_type"] == "base"],
    ids=lambda example: example["id"],
)
def test_an_example_has_the_documented_answer(spark, example):
    with mg.connect(":memory:", engine=spark) as connection:
        model = saved_model(connection, example)
        assert_answers(model.query(example["query"]), example)


@pytest.mark.parametrize("metric", [*MEASURES, "Thresholds"])
def test_drift_has_the_same_numbers(pair, metric):
    names = ["x", "y"] if metric == "WassersteinDistance" else ["x", "word", "flag", "start"]
    if metric == "NewCategoryRate":
        names = ["word"]
    body = {
        "properties": names,
        "metric": metric,
        "base": {"source": "reference", "filter": [where("word", "ne", "a\\b")]},
        "target": {"source": "inference", "filter": [where("n", "gte", 0)]},
        "group_by": [{"property": "m"}],
    }
    duckdb, spark = pair("tabular")
    expected = duckdb.query(body, query_type="drift")
    assert expected
    assert spark.query(body, query_type="drift") == expected


def test_metrics_and_fairness_have_the_same_numbers(pair):
    import pandas as pd

    duckdb, spark = pair("tabular")
    pd.testing.assert_frame_equal(spark.metrics(every="month"), duckdb.metrics(every="month"))


# --- files -------------------------------------------------------------------------------------

FLAT = {
    "select": [
        {"property": name} for name in ("inference_id", "x", "n", "flag", "word", "start", "run")
    ]
}


@pytest.fixture(scope="module")
def large(registry, spark):
    """The models of a log without deletions, which lies in two files and in the catalog."""
    folder, _ = registry
    with mg.connect(folder) as one, mg.connect(folder, engine=spark) as other:
        model = tabular_without_deletions(one)
        yield one.get_model(model.id), other.get_model(model.id)


def tabular_without_deletions(connection):
    attributes = [
        Attribute("x", "FLOAT", INPUT, position=0),
        Attribute("n", "INTEGER", INPUT, position=2),
        Attribute("flag", "BOOLEAN", INPUT, position=4),
        Attribute("word", "STRING", INPUT, position=5),
        Attribute("start", "TIMESTAMP", INPUT, position=7),
    ]
    model = Lab(connection, attributes).new_model()
    for start, stop in ((0, 300), (300, 580), (580, 589)):
        names = ("partner_inference_id", "inference_timestamp", *(a.name for a in attributes))
        model.send_inferences([{n: row[n] for n in names} for row in rows(start, stop)])
    return model


def test_spark_reads_files_itself(large, monkeypatch):
    from modelgroups.query.engines.spark import Spark

    monkeypatch.setattr(scan, "_FEWEST_ROWS", 1)
    seen, read = [], Spark.file_table
    monkeypatch.setattr(
        Spark, "file_table", lambda one, path, *rest: seen.append(path) or read(one, path, *rest)
    )
    assert len(assert_answered_alike(large, FLAT)) == 589
    assert len(set(seen)) == 2
    by_word = {"select": [{"property": "word"}, function("count"), function("max", property="x")],
               "group_by": [{"property": "word"}]}  # fmt: skip
    assert_answered_alike(large, by_word)
    n_read = len(seen)
    assert_answered_alike(large, {"select": [{"property": "x"}, {"property": "actual"}]})
    assert len(seen) == n_read  # ground truth cannot be laid beside them


def test_a_file_that_a_compaction_took_away_is_not_missed(large, monkeypatch):
    from modelgroups.query.engines.spark import Spark

    monkeypatch.setattr(scan, "_FEWEST_ROWS", 1)
    expected, read = large[0].query(FLAT), Spark.file_table
    gone = []

    def renamed(one, path, *rest):
        gone.append(path)
        return read(one, f"{path}.gone", *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Spark, "file_table", renamed)
        assert large[1].query(FLAT) == expected
    assert gone


def test_a_file_that_vanishes_from_under_a_view_is_told(spark, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from modelgroups.query.engines.base import FileGoneError
    from modelgroups.query.engines.spark import Spark

    path = tmp_path / "a b%20'.parquet"
    pq.write_table(pa.table({"x": [1.5, 2.5]}), path)
    engine = Spark(spark)
    assert engine.sees(path)
    assert not engine.sees(tmp_path / "what*")
    table = engine.file_table(str(path), {"x": "float64"}, {}, ExitStack())
    assert engine.run(table).to_pydict() == {"x": [1.5, 2.5], "file_row_number": [0, 1]}
    path.unlink()
    with pytest.raises(FileGoneError):
        engine.run(table)


# --- manners -----------------------------------------------------------------------------------


def test_the_session_of_the_user_stays_as_it_was(pair, spark):
    session = spark._session
    session.conf.set("spark.sql.ansi.enabled", "false")
    try:
        assert_answered_alike(pair("tabular"), BODIES["by day"][1])
        assert session.conf.get("spark.sql.ansi.enabled") == "false"
        assert session.catalog.listTables() == []
    finally:
        session.conf.unset("spark.sql.ansi.enabled")


def test_a_backend_without_a_session_is_told():
    from ibis.backends.pyspark import Backend

    with pytest.raises(MethodNotApplicableError, match="on a classic Spark session"):
        mg.connect(":memory:", engine=Backend())


def test_what_a_value_does_not_fit_is_told(pair):
    def as_number(property):
        return property.cast("float64").sum()

    register_function("sumOfText", as_number)
    try:
        for model in pair("tabular"):
            with pytest.raises(UserValueError, match="the query cannot be answered"):
                model.query({"select": [function("sumOfText", property="word")]})
    finally:
        unregister_function("sumOfText")


def test_what_spark_lacks_is_told(pair):
    def tail(property):
        return property.kurtosis()

    register_function("tail", tail)
    try:
        with pytest.raises(MethodNotApplicableError, match="engine pyspark cannot compute tail: "):
            pair("tabular")[1].query({"select": [function("tail", property="x")]})
    finally:
        unregister_function("tail")


def test_the_readme_tells_how(spark, tmp_path, monkeypatch):
    text = (Path(__file__).parents[2] / "README.md").read_text()
    (snippet,) = re.findall(r"^<!-- spark -->\n```py\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    names = {"mg": mg}
    exec(snippet, names)
    with names["on_spark"] as connection:
        assert connection.registry.engine.name == "pyspark"
        assert connection.models() == []
