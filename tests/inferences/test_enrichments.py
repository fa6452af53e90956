"""Enrichments: their shapes, what holds of several, and what is refused."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import modelgroups as mg
from modelgroups import Attribute
from modelgroups.errors import (
    ConflictError,
    MethodNotApplicableError,
    ReadOnlyError,
    UserTypeError,
    UserValueError,
)

from .samples import FEW, FRAME, classifier

PARTS = [
    "explainer_algo",
    "explainer_predicted_attribute",
    "explainer_attribute",
    "explainer_score",
]
LONG = ["partner_inference_id", *PARTS]


def part(score=0.25, algo="lime", **more):
    of_what = {"algo": algo, "predicted_attribute": "p", "attribute": "age"}
    return of_what | {"score": score} | more


def send(model, ids):
    n = len(ids)
    model.send_inferences({"age": [1] * n, "p": [0.5] * n, "partner_inference_id": list(ids)})


def scores(model):
    """The anomaly score of each inference by id."""
    names = ("partner_inference_id", "anomaly_score")
    rows = model.query({"select": [{"property": n} for n in names], "from": "enriched"})
    return {row["partner_inference_id"]: row["anomaly_score"] for row in rows}


def explanations(model):
    """The score of each part of an explanation, by id and part."""
    rows = model.query({"select": [{"property": name} for name in LONG]})
    return {tuple(row[name] for name in LONG[:-1]): row["explainer_score"] for row in rows}


def shapes(frame):
    """The same enrichments in every shape that has an explanation for each id."""
    records = [
        {
            "anomaly_score": row["anomaly_score"],
            "explanations": [part(row["explainer_score"], row["explainer_algo"])],
        }
        for row in frame.to_dict("records")
    ]
    ids = frame["partner_inference_id"]
    yield dict(zip(ids, records, strict=True))
    yield [record | {"partner_inference_id": id_} for id_, record in zip(ids, records, strict=True)]
    yield frame
    yield frame.sample(frac=1, random_state=1)
    yield frame.astype(dict.fromkeys(PARTS[:3], "category"))
    yield frame.to_dict("list")
    yield frame.to_dict("records")
    yield pa.Table.from_pandas(frame, preserve_index=False)


@pytest.mark.parametrize("n", [5, FEW + 50])
def test_every_shape_stores_the_same(connection, n):
    rng = np.random.default_rng(n)
    ids = [f"id-{i}" for i in range(n)]
    frame = pd.DataFrame(
        {
            "partner_inference_id": ids,
            "anomaly_score": rng.random(n),
            "explainer_algo": rng.choice(["lime", "shap"], n),
            "explainer_predicted_attribute": "p",
            "explainer_attribute": "age",
            "explainer_score": rng.normal(size=n),
        }
    )
    keys = frame[LONG[:-1]].itertuples(index=False, name=None)
    expected = dict(zip(keys, frame["explainer_score"], strict=True))
    for given_ in shapes(frame):
        model = classifier(connection)
        send(model, ids)
        answer = model.add_enrichments(given_)
        assert answer == {
            "inferences": n,
            "waiting": 0,
            "anomaly_scores": n,
            "explanation_scores": n,
        }
        assert scores(model) == dict(zip(ids, frame["anomaly_score"], strict=True))
        assert explanations(model) == expected


def test_anomaly_scores_alone_come_as_a_table(model):
    send(model, ["a", "b", "c"])
    frame = pd.DataFrame({"partner_inference_id": ["c", "a", "b"], "anomaly_score": [0.5, 1, None]})
    answer = model.add_enrichments(frame)
    assert (answer["inferences"], answer["anomaly_scores"]) == (2, 2)
    assert scores(model) == {"a": 1.0, "b": None, "c": 0.5}


def test_rows_of_several_parts_may_repeat_the_score_of_their_id(model):
    send(model, ["a"])
    rows = [[*part(0.5).values()], [*part(-0.5, "shap").values()]]
    frame = pd.DataFrame(rows, columns=PARTS).assign(partner_inference_id="a", anomaly_score=0.125)
    model.add_enrichments(frame)
    assert scores(model) == {"a": 0.125}
    assert sorted(explanations(model).values()) == [-0.5, 0.5]
    with pytest.raises(UserValueError, match="row 1: anomaly_score differs"):
        model.add_enrichments(frame.assign(anomaly_score=[0.25, 0.5]))


def test_rows_without_a_part_may_stand_among_others(model):
    """As after an outer join; Arrow tells a null from a number that is none."""
    send(model, ["a", "b"])
    columns = {
        "partner_inference_id": ["a", "b"],
        "anomaly_score": [0.5, 0.25],
        "explainer_algo": ["lime", None],
        "explainer_predicted_attribute": ["p", None],
        "explainer_attribute": ["age", None],
        "explainer_score": [1.0, float("nan")],
    }
    for table in (pa.table(columns), pd.DataFrame(columns)):
        assert model.add_enrichments(table)["explanation_scores"] == 1
    assert scores(model) == {"a": 0.5, "b": 0.25}


def test_ids_may_be_numbers_as_those_of_inferences(model):
    send(model, ["1", "2"])
    model.add_enrichments(pd.DataFrame({"partner_inference_id": [1, 2], "anomaly_score": 0.5}))
    assert scores(model) == {"1": 0.5, "2": 0.5}


def test_enrichments_wait_for_their_inference(model):
    answer = model.add_enrichments({"late": {"anomaly_score": 0.75, "explanations": [part()]}})
    assert answer["waiting"] == 1
    assert scores(model) == {}
    send(model, ["late", "other"])
    assert scores(model) == {"late": 0.75, "other": None}
    assert explanations(model) == {("late", "lime", "p", "age"): 0.25}


def test_of_each_part_the_latest_holds_by_itself(model):
    send(model, ["a"])
    model.add_enrichments({"a": {"anomaly_score": 0.1, "explanations": [part(1), part(2, "shap")]}})
    model.add_enrichments({"a": {"explanations": [part(3)]}})
    model.add_enrichments({"a": {"anomaly_score": 0.2}})
    model.add_enrichments({"a": {"anomaly_score": None, "explanations": None}, "b": {}})
    assert scores(model) == {"a": 0.2}
    assert explanations(model) == {("a", "lime", "p", "age"): 3, ("a", "shap", "p", "age"): 2}


CALLS = st.lists(
    st.tuples(
        st.dictionaries(st.integers(0, 9), st.floats(0, 1), max_size=4),
        st.sampled_from(["few", "many", "compact", "delete"]),
    ),
    max_size=7,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=CALLS)
def test_the_latest_holds_wherever_the_rows_lie(connection, calls):
    """Beside a dict, which is what it must be: over parcels, segments and compactions."""
    model = classifier(connection)
    expected = dict.fromkeys(map(str, range(10)), None)
    send(model, expected)
    filler = {f"filler-{i}": {"anomaly_score": 0.5} for i in range(FEW)}
    for said, where in calls:
        if where == "delete":
            gone = [str(key) for key in said]
            model.delete_inferences(gone)
            send(model, gone)
            expected |= dict.fromkeys(gone, None)
            continue
        rows = {str(key): {"anomaly_score": score} for key, score in said.items()}
        model.add_enrichments(rows | (filler if where == "many" else {}))
        expected |= {str(key): score for key, score in said.items()}
        if where == "compact":
            model.compact()
    assert scores(model) == expected
    model.compact()
    assert scores(model) == expected


def test_threads_enrich_beside_deletions_and_compactions(connection):
    model = classifier(connection)
    sizes = (3, FEW + 10, 20)
    ids = {(t, k): [f"{t}.{k}.{i}" for i in range(sizes[k])] for t in range(3) for k in range(3)}
    send(model, [id_ for some in ids.values() for id_ in some])
    gone = [f"{t}.{k}.0" for t, k in ids]

    def work(thread):
        for k in range(3):
            model.add_enrichments({id_: {"anomaly_score": k / 4} for id_ in ids[thread, k]})
            model.delete_inferences([f"{thread}.{k}.0"])
            model.compact()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    expected = {id_: k / 4 for (_, k), some in ids.items() for id_ in some if id_ not in gone}
    assert scores(model) == expected
    assert connection.verify()


def test_enrichments_outlive_the_connection_and_are_verified(tmp_path):
    with mg.connect(tmp_path) as connection:
        model = classifier(connection)
        ids = [f"id-{i}" for i in range(FEW + 1)]
        send(model, ids)
        model.add_enrichments({id_: {"anomaly_score": 0.5} for id_ in ids})
        model.add_enrichments({ids[0]: {"anomaly_score": 0.25}})
        identity = model.id
    with mg.connect(tmp_path, read_only=True) as reader:
        model = reader.get_model(identity)
        assert scores(model) == dict.fromkeys(ids, 0.5) | {ids[0]: 0.25}
        with pytest.raises(ReadOnlyError):
            model.add_enrichments({"a": {"anomaly_score": 0.5}})
        assert reader.verify()
    with mg.connect(tmp_path) as connection:
        assert connection.gc().n_log_files == 0
        damaged = max((tmp_path / "inferences" / identity).glob("*.parquet"), key=_n_bytes)
        damaged.write_bytes(damaged.read_bytes()[:-9] + b"123456789")
        assert not connection.verify()


def _n_bytes(path):
    return path.stat().st_mtime_ns


def text_model(connection):
    model = connection.model("t", "NLP", "MULTICLASS")
    frame = FRAME.assign(text=["a b", "c", "d e f"])
    model.build(frame.drop(columns="age"), {"p": 1}, ground_truth_column="y")
    model.text_delimiter = r"\W+"
    model.save()
    return model


BAD = [
    (5, UserTypeError, "got int"),
    ("a", UserTypeError, "got str"),
    ({"a": 0.5}, UserTypeError, "must hold a dict for 'a'"),
    ({"a": {"anomoly_score": 0.5}}, UserValueError, "did you mean 'anomaly_score'"),
    ({"a": {"anomaly_score": 1.5}}, UserValueError, "'a': anomaly_score must lie from 0 to 1"),
    ({"a": {"anomaly_score": -0.1}}, UserValueError, "from 0 to 1"),
    ({"a": {"anomaly_score": float("inf")}}, UserValueError, "not finite"),
    ({"a": {"anomaly_score": True}}, UserValueError, "not a number"),
    ({"a": {"anomaly_score": "0.5"}}, UserValueError, "not a number"),
    ({"": {"anomaly_score": 0.5}}, UserValueError, "partner_inference_id is missing"),
    ({1.5: {"anomaly_score": 0.5}}, UserTypeError, "must be a text"),
    ({"\ud800": {"anomaly_score": 0.5}}, UserValueError, "not Unicode"),
    ({"a": {"explanations": 5}}, UserTypeError, "'a'.explanations must be a list"),
    ({"a": {"explanations": [5]}}, UserTypeError, r"explanations\[0\] must be a dict"),
    ({"a": {"explanations": [part(scor=1)]}}, UserValueError, "did you mean 'score'"),
    ({"a": {"explanations": [part(algo="limes")]}}, UserValueError, "did you mean 'lime'"),
    ({"a": {"explanations": [part(attribute="ages")]}}, UserValueError, "did you mean 'age'"),
    ({"a": {"explanations": [part(attribute="p")]}}, UserValueError, "no input attribute 'p'"),
    ({"a": {"explanations": [part(attribute=None)]}}, UserValueError, "attribute is missing"),
    (
        {"a": {"explanations": [part(predicted_attribute="q")]}},
        UserValueError,
        "no predicted attribute 'q'",
    ),
    ({"a": {"explanations": [part(None)]}}, UserValueError, "score is missing"),
    ({"a": {"explanations": [part(float("nan"))]}}, UserValueError, "score is missing"),
    ({"a": {"explanations": [part(), part(1)]}}, UserValueError, "'a' has that explanation twice"),
    ({"a": {"explanations": [part(tokens=[])]}}, UserValueError, "only a text attribute"),
    (pd.DataFrame({"anomaly_score": [0.5]}), UserValueError, "no column 'partner_inference_id'"),
    (
        pd.DataFrame({"partner_inference_id": ["a"], "anomaly": [0.5]}),
        UserValueError,
        "did you mean 'anomaly_score'",
    ),
    (
        pd.DataFrame({"partner_inference_id": ["a", None], "anomaly_score": 0.5}),
        UserValueError,
        "row 1: partner_inference_id is missing",
    ),
    (
        pd.DataFrame({"partner_inference_id": ["a"] * 2, "anomaly_score": [0.5, 0.25]}),
        UserValueError,
        "row 1: anomaly_score differs",
    ),
    (
        pd.DataFrame([["a", "lime", "p", "age"]], columns=LONG[:-1]),
        UserValueError,
        "none named 'explainer_score'",
    ),
    (
        pd.DataFrame([["a", 0.5]], columns=["partner_inference_id", "explainer_score"]),
        UserValueError,
        "'explainer_algo', 'explainer_predicted_attribute'",
    ),
    (
        pd.DataFrame([["a", "lime", "p", "age", np.inf]] * 3, columns=LONG),
        UserValueError,
        r"row 0: score is not finite \(and 2 more\)",
    ),
    ({"partner_inference_id": ["a"], "anomaly_score": [1, 2]}, UserValueError, "differ in length"),
    ([5], UserTypeError, "got list"),
]


@pytest.fixture(scope="module")
def holder():
    """A model for all bad calls, as none of them changes it."""
    with mg.connect(":memory:") as connection:
        model = classifier(connection)
        send(model, ["a"])
        model.add_enrichments({"a": {"anomaly_score": 0.5}})
        yield model


@pytest.mark.parametrize(("data", "error", "told"), BAD, ids=[str(n) for n in range(len(BAD))])
def test_what_is_wrong_is_told_and_nothing_is_stored(holder, data, error, told):
    before = holder.summary()
    with pytest.raises(error, match=told):
        holder.add_enrichments(data)
    assert holder.summary() == before


def test_all_that_is_wrong_is_told_at_once(holder):
    wrong = part(None, "lim", attribute="height", predicted_attribute="q")
    good = {"b": {"anomaly_score": 0.5}}
    with pytest.raises(UserValueError, match="have 5 faults") as caught:
        holder.add_enrichments(good | {"a": {"anomaly_score": 3, "explanations": [wrong]}})
    assert "'lim'" in str(caught.value)
    assert holder.summary().n_rows_in_catalog == 2


def test_tokens_are_read_token_by_token(connection):
    model = text_model(connection)
    text = part(attribute="text")
    for tokens, told in (
        ([5], "must be a dict of token, position, value"),
        ([{"word": "a"}], "must be a dict"),
        ([{"token": 5, "value": 1}], r"tokens\[0\].token must be a text"),
        ([{"token": "a"}], "value must be a finite number"),
        ([{"token": "a", "value": float("nan")}], "value must be a finite number"),
        ([{"token": "a", "value": 1, "position": -1}], "position must be a whole number"),
        (5, "not iterable"),
    ):
        with pytest.raises(UserValueError, match=told):
            model.add_enrichments({"a": {"explanations": [text | {"tokens": tokens}]}})
    with pytest.raises(UserValueError, match="explained by 'lime' only"):
        model.add_enrichments({"a": {"explanations": [text | {"algo": "shap"}]}})
    assert model.summary().n_rows_in_catalog == 0


def test_models_that_take_no_rows_take_no_enrichments(connection, model):
    with pytest.raises(MethodNotApplicableError):
        connection.model("m", "TABULAR", "MULTICLASS").add_enrichments({})
    model.archive()
    for given_ in ({"a": {"anomaly_score": 0.5}}, {}):
        with pytest.raises(ConflictError, match="archived"):
            model.add_enrichments(given_)


def test_an_output_type_without_explanations_takes_anomaly_scores(connection):
    model = connection.model("s", "NLP", "TOKEN_SEQUENCE")
    model.build_token_sequence_model("question", "answer")
    model.save()
    model.add_enrichments({"a": {"anomaly_score": 0.5, "raw_anomaly_score": 31.5}})
    with pytest.raises(MethodNotApplicableError, match="no explanations"):
        model.add_enrichments({"a": {"explanations": [part(attribute="question")]}})


def test_what_explanations_name_does_not_change_any_more(model):
    model.add_enrichments({"a": {"explanations": [part()]}})
    model.attributes.append(Attribute("height", "FLOAT", "PIPELINE_INPUT", position=1))
    with pytest.raises(mg.errors.BadRequestError, match="'height' cannot be added"):
        model.update()
