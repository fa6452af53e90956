"""Evaluation of ranked lists, detected objects and tokens beside plain Python and scikit-learn."""

import re

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import ndcg_score, roc_auc_score

import modelgroups as mg
from modelgroups import Attribute
from tests.query.lab import ROUNDS, SOURCES, Lab, assert_close, function, groups_of

PREDICTED, TRUTH = "PREDICTED_VALUE", "GROUND_TRUTH"
SITE = Attribute("site", "STRING", "NON_INPUT_DATA", position=0)
sites = st.sampled_from(["a", "b", None])


@pytest.fixture(scope="module")
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


# --- ranked lists ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ranked(connection):
    attributes = [
        Attribute("recs", "RANKED_LIST", PREDICTED, position=0, attribute_link="good"),
        Attribute("good", "ARRAY(STRING)", TRUTH, position=0, attribute_link="recs"),
    ]
    return Lab(connection, [SITE, *attributes], output_type="RANKED_LIST")


ITEMS = "abcdefg"
ranked_tables = st.lists(
    st.fixed_dictionaries(
        {
            "recs": st.none() | st.lists(st.sampled_from(ITEMS), unique=True, max_size=6),
            "good": st.none() | st.lists(st.sampled_from([*ITEMS, "é'"]), max_size=5),
            "site": sites,
        }
    ),
    min_size=1,
    max_size=8,
)
RANKED = ("precisionAtK", "recallAtK", "mapAtK", "nDCGAtK", "rankedListAUC", "meanReciprocalRank")


def ranked_values(items, good, k):
    """Return the value of each metric for one inference, None where it is passed over."""
    relevant = set(good)
    hits = [int(item in relevant) for item in items]
    first = hits[:k]
    found = dict.fromkeys(RANKED)
    found["precisionAtK"] = sum(first) / k
    found["meanReciprocalRank"] = 1 / (hits.index(1) + 1) if 1 in hits else 0.0
    if relevant:
        found["recallAtK"] = sum(first) / len(relevant)
        precisions = [sum(hits[: i + 1]) / (i + 1) for i, hit in enumerate(first) if hit]
        found["mapAtK"] = sum(precisions) / min(k, len(relevant))
        padded = first + [0] * (k - len(first)) + [1] * (len(relevant) - sum(first))
        scores = np.arange(len(padded), 0, -1)
        if len(padded) > 1:
            found["nDCGAtK"] = float(ndcg_score([padded], [scores], k=k))
        else:
            found["nDCGAtK"] = float(sum(first))
    if len(set(hits)) == 2:
        found["rankedListAUC"] = float(roc_auc_score(hits, np.arange(len(hits), 0, -1)))
    return found


def assert_ranked(answer, rows, k):
    known = [row for row in rows if row["recs"] is not None and row["good"] is not None]
    values = [ranked_values(row["recs"], row["good"], k) for row in known]
    for name in RANKED:
        kept = [value[name] for value in values if value[name] is not None]
        assert_close(answer[name], float(np.mean(kept)) if kept else None, told=name)
    places = [row["recs"].index("c") + 1 for row in rows if "c" in (row["recs"] or [])]
    assert answer["rankedItemMaxK"] == max(places, default=None)


@ROUNDS
@given(rows=ranked_tables, where=st.sampled_from(SOURCES), k=st.integers(1, 8))
def test_ranked_lists(ranked, rows, where, k):
    select = [function(name, k=str(k)) for name in RANKED[:4]]
    select += [function(name, predicted_property="recs") for name in RANKED[4:]]
    select.append(function("rankedItemMaxK", property="recs_item_id", item_filter="c"))
    stored = [
        row | {"recs": row["recs"] and [{"item_id": i, "score": 0.5} for i in row["recs"]]}
        for row in rows
    ]
    stored = [row | ({"recs": []} if rows[n]["recs"] == [] else {}) for n, row in enumerate(stored)]
    assert_ranked(ranked.values(stored, select, where), rows, k)
    group_by = [{"property": "site"}]
    groups = groups_of(rows, "site")
    for answer in ranked.ask(stored, [*group_by, *select], where, group_by=group_by):
        assert_ranked(answer, groups.pop(answer["site"]), k)
    assert not groups


# --- objects -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def detector(connection):
    attributes = [
        Attribute("picture", "IMAGE", "PIPELINE_INPUT", position=0),
        Attribute("found", "BOUNDING_BOX", PREDICTED, position=0, attribute_link="real"),
        Attribute("real", "BOUNDING_BOX", TRUTH, position=0, attribute_link="found"),
    ]
    lab = Lab(connection, [SITE, *attributes], input_type="IMAGE", output_type="OBJECT_DETECTION")
    lab.attributes = [a for a in lab.attributes if a.name != "anchor"]
    return lab


boxes = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([0.1, 0.5, 0.5, 0.9]) | st.floats(0, 1),
        st.integers(0, 4),
        st.integers(0, 4),
        st.integers(0, 5),
        st.integers(1, 5),
    ).map(list),
    max_size=6,
)
pictures = st.lists(
    st.fixed_dictionaries({"found": st.none() | boxes, "real": st.none() | boxes, "site": sites}),
    min_size=1,
    max_size=6,
)


def overlap(one, other):
    width = min(one[2] + one[4], other[2] + other[4]) - max(one[2], other[2])
    height = min(one[3] + one[5], other[3] + other[5]) - max(one[3], other[3])
    common = max(width, 0) * max(height, 0)
    union = one[4] * one[5] + other[4] * other[5] - common
    return common / union if union else 0.0


def average_precision(images, kind, threshold):
    found = [(i, box) for i, row in enumerate(images) for box in row["found"] if box[0] == kind]
    found.sort(key=lambda pair: -pair[1][1])
    free = {i: [b for b in row["real"] if b[0] == kind] for i, row in enumerate(images)}
    n_real, hits = sum(map(len, free.values())), []
    for i, box in found:
        best = max(free[i], key=lambda real: overlap(box, real), default=None)
        hits.append(best is not None and overlap(box, best) >= threshold)
        if hits[-1]:
            free[i].remove(best)
    precisions = [sum(hits[: n + 1]) / (n + 1) for n in range(len(hits))]
    return sum(max(precisions[n:]) for n, hit in enumerate(hits) if hit) / n_real


def mean_average_precision(rows, threshold):
    images = [row for row in rows if row["found"] is not None and row["real"] is not None]
    kinds = sorted({box[0] for row in images for box in row["real"]})
    values = [average_precision(images, kind, threshold) for kind in kinds]
    return sum(values) / len(values) if values else None


@ROUNDS
@given(
    rows=pictures, where=st.sampled_from(SOURCES), threshold=st.sampled_from([0.1, 0.5, 1 / 3, 1.0])
)
def test_mean_average_precision(detector, rows, where, threshold):
    select = [function("meanAveragePrecision", threshold=threshold)]
    answer = detector.values(rows, select, where)
    assert_close(answer["meanAveragePrecision"], mean_average_precision(rows, threshold))
    group_by = [{"property": "site"}]
    groups = groups_of(rows, "site")
    for answer in detector.ask(rows, [*group_by, *select], where, group_by=group_by):
        expected = mean_average_precision(groups.pop(answer["site"]), threshold)
        assert_close(answer["meanAveragePrecision"], expected)
    assert not groups


@ROUNDS
@given(rows=pictures, where=st.sampled_from(SOURCES))
def test_fields_of_boxes_have_a_row_for_each_box(detector, rows, where):
    answer = detector.ask(rows, [{"property": "site"}, {"property": "found"}], where)
    fields = ("class_id", "confidence", "top_left_x", "top_left_y", "width", "height")
    assert answer == [
        {"site": row["site"]} | {f"found.{f}": v for f, v in zip(fields, box, strict=True)}
        for row in rows
        for box in row["found"] or []
    ]
    counted = detector.ask(
        rows,
        [{"property": "found.class_id"}, function("count")],
        where,
        group_by=[{"property": "found.class_id"}],
    )
    kinds = [box[0] for row in rows for box in row["found"] or []]
    assert {row["found.class_id"]: row["count"] for row in counted} == {
        kind: kinds.count(kind) for kind in kinds
    }


# --- tokens ------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[r"\W+", r"\s+", ",", None])
def writer(connection, request):
    attributes = [
        Attribute("text", "UNSTRUCTURED_TEXT", "PIPELINE_INPUT", position=0),
        Attribute("out", "TOKENS", PREDICTED, position=0),
        Attribute("odds", "TOKEN_LIKELIHOODS", PREDICTED, position=1, token_attribute_link="out"),
        Attribute("said", "UNSTRUCTURED_TEXT", PREDICTED, position=2),
    ]
    lab = Lab(
        connection,
        [SITE, *attributes],
        input_type="NLP",
        output_type="TOKEN_SEQUENCE",
        text_delimiter=request.param,
    )
    lab.pattern = request.param or r"\W+"
    return lab


WORDS = ["the", "cat", "é", "it's"]
steps = st.dictionaries(
    st.sampled_from(WORDS), st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=3
)
sequences = st.lists(steps, max_size=5).flatmap(
    lambda odds: st.tuples(*(st.sampled_from([*step, "odd"]) for step in odds)).map(
        lambda out: {"odds": odds, "out": list(out)}
    )
)
texts = st.none() | st.sampled_from(
    ["", "one", "two words", "a, b,,c", " été  à\u00a0Paris ", "x_1-y\u2003z"]
)
token_tables = st.lists(
    st.tuples(
        sequences | st.just({"odds": None, "out": None}),
        st.fixed_dictionaries({"site": sites, "text": texts}),
    ).map(lambda parts: parts[0] | parts[1]),
    min_size=1,
    max_size=6,
)


def mean(values):
    return float(np.mean(values)) if values else None


@ROUNDS
@given(rows=token_tables, where=st.sampled_from(SOURCES))
def test_token_sequences(writer, rows, where):
    select = [
        function("averageTokenLikelihood", property="odds"),
        function("averageTokenLikelihood", "by_tokens", property="out"),
        function("likelihoodStability", property="odds"),
        function("averageSequenceLength", "n_out", property="out"),
        function("averageSequenceLength", "n_odds", property="odds"),
        function("averageSequenceLength", "n_words", property="text"),
    ]
    answer = writer.values(rows, select, where)
    known = [
        [step[word] for step, word in zip(row["odds"], row["out"], strict=True) if word in step]
        for row in rows
        if row["odds"] is not None
    ]
    known = [odds for odds in known if odds]
    average = mean([np.mean(odds) for odds in known])
    assert_close(answer["averageTokenLikelihood"], average)
    assert_close(answer["by_tokens"], average)
    assert_close(answer["likelihoodStability"], mean([np.std(odds) for odds in known]), 1.0)
    lengths = mean([len(row["out"]) for row in rows if row["out"] is not None])
    assert_close(answer["n_out"], lengths)
    assert_close(answer["n_odds"], lengths)
    split = [re.split(writer.pattern, row["text"]) for row in rows if row["text"] is not None]
    assert_close(answer["n_words"], mean([len([w for w in words if w]) for words in split]))


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (function("averageTokenLikelihood", property="text"), "no property 'text_likelihoods'"),
        (function("averageSequenceLength", property="site"), None),
        (function("averageSequenceLength", property="run"), "tokens, their likelihoods or a text"),
        (function("precisionAtK", k=1, predicted_property="out", ground_truth_property="out"),
         "no property 'out_item_id'"),
        (function("meanAveragePrecision", threshold=2), "threshold: a number from 0 to 1"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told(writer, item, told):
    if told is None:
        assert writer.values([{"site": "one two"}], [item]) is not None
        return
    with pytest.raises(mg.ModelGroupsError) as caught:
        writer.ask([{"text": "a"}], [item])
    assert told in str(caught.value)
