"""The quality of what was logged, beside plain pandas over what was sent."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import modelgroups as mg
from modelgroups import Attribute
from modelgroups.errors import MethodNotApplicableError, UserTypeError, UserValueError
from modelgroups.inferences.quality import MOST_NEW_CATEGORIES
from modelgroups.inferences.summary import LogSummary

from .samples import FEW, day

ROUNDS = settings(max_examples=25)
INPUT, OTHER = "PIPELINE_INPUT", "NON_INPUT_DATA"
CATEGORIES = {
    "word": ["a", "é", "1"],
    "code": [1, 2, -(2**63)],
    "share": [0.0, 0.5, 1e300],
    "flag": [True],
    "y": [0, 1],
}
RANGES = {"real": (-1.5, 2), "whole": (-1.5, 2**53 + 1), "p": (0, 1)}
UNCHECKED = {"free": "STRING", "at": "TIMESTAMP", "new_real": "FLOAT", "new_whole": "INTEGER"}
TYPES = {
    "real": "FLOAT",
    "whole": "INTEGER",
    "word": "STRING",
    "code": "INTEGER",
    "share": "FLOAT",
    "flag": "BOOLEAN",
    **UNCHECKED,
    "p": "FLOAT",
    "y": "INTEGER",
}
REALS = st.floats(allow_infinity=False) | st.sampled_from([-1.5, 2.0, -0.0, 0.5, 1e300])
WHOLES = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-2, -1, 1, 2, 2**53, 2**53 + 2])
VALUES = {
    "FLOAT": REALS,
    "INTEGER": WHOLES,
    "STRING": st.sampled_from(["a", "é", "1", "b", "A", "", "e\u0301"]),
    "BOOLEAN": st.booleans(),
    "TIMESTAMP": st.just(datetime(2020, 1, 1, tzinfo=UTC)),
}


def attributes():
    made = []
    for position, (name, type_) in enumerate(TYPES.items()):
        attribute = Attribute(name, type_, INPUT, position=position)
        if name in CATEGORIES:
            attribute.set(categorical=True, categories=CATEGORIES[name])
        if name in RANGES:
            attribute.set(range=RANGES[name])
        made.append(attribute)
    *_, p, y = made
    p.set(stage="PREDICTED_VALUE", position=0, attribute_link="y")
    y.set(stage="GROUND_TRUTH", position=0, attribute_link="p")
    return made


@pytest.fixture(scope="module")
def connection():
    with mg.connect(":memory:") as opened:
        yield opened


def new_model(connection):
    model = connection.model(display_name="m", input_type="TABULAR", output_type="REGRESSION")
    model.attributes = attributes()
    model.save(skip_validation=True)
    return model


def expected(rows):
    """Return what pandas says of the rows, value by value where it has no word for it."""
    found = {}
    for name in TYPES:
        column = pd.Series([row.get(name) for row in rows], dtype=object)
        present = [value for value in column if not pd.isna(value)]
        new = pd.Series(
            [value for value in present if name in CATEGORIES and value not in CATEGORIES[name]],
            dtype=object,
        )
        low, high = RANGES.get(name, (-math.inf, math.inf))
        found[name] = {
            "nulls": int(column.isna().sum()),
            "null_rate": column.isna().mean(),
            "new_category": len(new) if name in CATEGORIES else None,
            "new_categories": new.value_counts().to_dict(),
            "out_of_range": sum(not low <= value <= high for value in present)
            if name in RANGES
            else None,
        }
    return found


def assert_quality(summary, rows):
    frame = summary.to_frame()
    wanted = expected(rows)
    assert list(frame.index) == list(wanted)
    assert frame["value_type"].to_dict() == TYPES
    for name, facts in wanted.items():
        for fact, value in facts.items():
            ours = frame.loc[name, fact]
            if value is None or value != value:  # NaN
                assert pd.isna(ours), (name, fact)
            else:
                assert ours == value, (name, fact)
        counts = list(frame.loc[name, "new_categories"].values())
        assert counts == sorted(counts, reverse=True)
    times = sorted(row["inference_timestamp"] for row in rows)
    assert summary.n_inferences == len(rows)
    assert summary.n_ground_truths == sum(row.get("y") is not None for row in rows)
    ends = [summary.first_timestamp, summary.last_timestamp]
    assert [None if end is None else datetime.fromisoformat(end) for end in ends] == (
        [times[0], times[-1]] if times else [None, None]
    )


@st.composite
def blocks(draw):
    """Draw rows; any value may be missing, but each row has a prediction."""
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        row = {n: draw(st.none() | VALUES[type_]) for n, type_ in TYPES.items()}
        rows.append(row | {"p": draw(st.floats(-1, 2))})
    return rows


def sent_of(block, size):
    return [
        block[number % len(block)]
        | {"partner_inference_id": f"i{number}", "inference_timestamp": day(number % 31)}
        for number in range(size)
    ]


@ROUNDS
@given(block=blocks(), size=st.sampled_from([1, 7, FEW + 50]), data=st.data())
def test_it_is_what_pandas_says(connection, block, size, data):
    model = new_model(connection)
    rows = sent_of(block, size)
    half = data.draw(st.integers(0, size))
    for part in (rows[:half], rows[half:]):
        if part:
            model.send_inferences(part)
    assert_quality(model.summary(), rows)
    if data.draw(st.booleans()):
        gone = set(range(0, size, 3))
        model.delete_inferences([f"i{number}" for number in gone])
        rows = [row for number, row in enumerate(rows) if number not in gone]
        assert_quality(model.summary(), rows)
    if data.draw(st.booleans()):
        model.compact()
        assert_quality(model.summary(), rows)
    since, until = map(day, sorted(data.draw(st.integers(0, 31)) for _ in range(2)))
    within = [row for row in rows if since <= row["inference_timestamp"] < until]
    assert_quality(model.summary(since=since, until=until), within)
    counts = model.summary(attributes=False)
    whole = model.summary()
    names = [name for name in LogSummary.__slots__ if name != "attributes"]
    assert [getattr(counts, name) for name in names] == [getattr(whole, name) for name in names]


def test_an_empty_log_has_nothing_wrong(connection):
    summary = new_model(connection).summary()
    assert_quality(summary, [])
    frame = summary.to_frame()
    assert [str(frame[name].dtype) for name in ("nulls", "null_rate", "new_category")] == [
        "int64",
        "float64",
        "Int64",
    ]
    assert "inferences: 0" in repr(summary)


def test_categories_and_ranges_are_those_of_the_reference_data(connection):
    random = np.random.default_rng(5)
    n = 400
    reference = pd.DataFrame(
        {
            "amount": random.normal(size=n),
            "country": random.choice(["DE", "FR"], n),
            "level": pd.array(random.choice([1, 2, None], n), "Int64"),
            "half": random.choice([1.0, 2.0, np.nan], n),
            "vip": random.choice([True, False], n),
            "p": random.random(n),
            "y": random.integers(0, 2, n),
        }
    )
    model = connection.model(display_name="r", input_type="TABULAR", output_type="MULTICLASS")
    model.build(reference, {"p": 1}, ground_truth_column="y")
    model.save()
    model.send_inferences(reference)
    frame = model.summary().to_frame()
    assert (frame[["new_category", "out_of_range"]].fillna(0) == 0).all(axis=None)
    assert frame["nulls"].to_dict() == reference.isna().sum().to_dict()
    model.send_inferences(
        pd.DataFrame(
            {
                "amount": [1e9, -1e9, 0.0],
                "country": ["BE", "DE", "BE"],
                "level": [1, 3, 3],
                "half": [1.0, 3.0, np.nan],
                "vip": [True, False, None],
                "p": [0.5, 0.5, 0.5],
            }
        )
    )
    frame = model.summary().to_frame()
    assert frame.loc["amount", "out_of_range"] == 2
    new = frame["new_categories"]
    assert [new[name] for name in ("country", "level", "half", "vip")] == [
        {"BE": 2},
        {3: 2},
        {3.0: 1},
        {},
    ]


def test_of_very_many_new_categories_all_rows_are_counted(connection):
    model = new_model(connection)
    n = 2 * MOST_NEW_CATEGORIES
    words = [f"word {number % (n // 2 + 500)}" for number in range(n)]
    model.send_inferences(pd.DataFrame({"word": words, "p": 0.5}))
    (found,) = (each for each in model.summary().attributes if each.name == "word")
    assert found.n_new_category == n
    assert found.new_categories == {
        word: words.count(word) for word in dict.fromkeys(words[:MOST_NEW_CATEGORIES])
    }


@pytest.mark.parametrize(
    ("low", "high", "n_outside"),
    [(0.2, 0.8, 5), (-(2.0**70), 2.0**70, 0), (2.0**63, 2.0**64, 5), (2**63 - 1, 2**63 - 1, 4)],
)
def test_ranges_of_whole_numbers_are_exact(connection, low, high, n_outside):
    model = connection.model(display_name="i", input_type="TABULAR", output_type="REGRESSION")
    model.attributes = attributes()
    model.get_attribute("whole").set(range=[low, high])
    model.save(skip_validation=True)
    wholes = [0, 1, -(2**63), 2**63 - 1, 2**63 - 2]
    model.send_inferences([{"whole": whole, "p": 0.5} for whole in wholes])
    assert model.summary().to_frame().loc["whole", "out_of_range"] == n_outside


def test_it_prints_as_a_table_and_shows_what_users_wrote_as_text(connection):
    model = new_model(connection)
    bad = "<script>"
    words = [bad] * 1_100 + ["x", "y", "z"]
    rows = [
        {"word": word, "p": 0.5, "inference_timestamp": day(0) + timedelta(hours=1)}
        for word in words
    ]
    model.send_inferences(rows)
    model.update_inference_ground_truths([{"partner_inference_id": "later", "y": 1.0}])
    summary = model.summary()
    lines = str(summary).splitlines()
    assert repr(summary) == str(summary)
    assert lines[0] == "inferences: 1,103, from 2024-01-01T01:00:00Z to 2024-01-01T01:00:00Z"
    assert lines[1] == "ground truths: 0, 1 waiting"
    (line,) = (line for line in lines if line.startswith("word"))
    assert line.split(maxsplit=3)[3] == "0  1,103 rows: '<script>' in 1,100, 'x' in 1, 'y' in 1, …"
    (line,) = (line for line in lines if line.startswith("real"))
    assert line.split() == ["real", INPUT, "FLOAT", "1,103", "(100.0%)", "0"]
    shown = summary._repr_html_()
    assert bad not in shown
    assert "&lt;script&gt;" in shown
    assert shown.count("<tr>") == 3 + 1 + len(TYPES)


def test_counts_alone_have_no_table(connection):
    model = new_model(connection)
    model.send_inferences([{"p": 0.5}])
    counts = model.summary(attributes=False)
    assert len(str(counts).splitlines()) == 3
    with pytest.raises(MethodNotApplicableError, match="counts only"):
        counts.to_frame()
    assert model.compact() == model.summary(attributes=False)
    assert model.summary(attributes=False, until=day(0)).n_inferences == 0


def test_bounds_and_flags_are_checked(connection):
    model = new_model(connection)
    with pytest.raises(UserValueError, match="since"):
        model.summary(since="2024-01-01T00:00:00")
    with pytest.raises(UserTypeError, match="attributes"):
        model.summary(attributes="yes")


def test_an_unsaved_model_has_no_summary(connection):
    model = connection.model(display_name="u", input_type="TABULAR", output_type="REGRESSION")
    with pytest.raises(MethodNotApplicableError):
        model.summary()


def test_frames_of_two_times_can_be_compared(connection):
    model = new_model(connection)
    model.send_inferences(sent_of([{"real": 1.0, "p": 0.5}], 4))
    assert_frame_equal(model.summary().to_frame(), model.summary(since=day(0)).to_frame())
