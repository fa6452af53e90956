"""What a terminal shows of the review table: the columns that matter, within its width."""

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.schema.review_frame import ReviewFrame

TEXTS = ["amber", "beige", "coral", "denim", "ebony", "fawn", "green", "hazel", "ivory"]


@pytest.fixture
def review():
    frame = pd.DataFrame({
        "amount": [number + 0.5 for number in range(36)],
        "colour": TEXTS * 4,
        "sex": [1, 2] * 18,
        "p": 0.5,
        "y": [0, 1] * 18,
    })  # fmt: skip
    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", "TABULAR", "MULTICLASS")
        model.build(frame, {"p": 1}, ground_truth_column="y")
        model.set_attribute_labels("sex", {1: "male", 2: "female"})
        yield model.review()


@pytest.mark.parametrize("width", [30, 60, 80, 100, 120, 160, 200])
def test_it_stays_within_the_width_and_shows_categories_first(review, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    *rows, note = str(review).splitlines()
    table = rows[: len(review) + 1]
    assert max(map(len, table)) <= max(width, 30)
    head = table[0].split()
    if width >= 80:
        assert {"name", "stage", "value_type"} <= set(head)
        assert "1 (male), 2 (female)" in str(review)
        assert "0.5 to 35.5" in str(review)
    if "categories/range" in head:
        place = head.index("categories/range")
        head[place : place + 1] = ["categories", "range"]
    assert set(head) <= set(review.columns)
    left = [name for name in review.columns if name not in head]
    assert (note == f"Left out for the width: {', '.join(left)}; the frame has these "
            "columns too") == bool(left)  # fmt: skip


def test_many_categories_are_counted_where_they_do_not_fit(review, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert "amber, beige, … 9 in all" in str(review)
    monkeypatch.setenv("COLUMNS", "200")
    assert ", ".join(TEXTS) in str(review)


def test_categories_and_ranges_are_told_as_people_write_them(review, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    shown, page = str(review), review._repr_html_()
    head = shown.splitlines()[0].split()
    assert head == list(review.columns)
    for text in ("1 (male), 2 (female)", ", ".join(TEXTS)):
        assert text in shown
        assert f"<td>{text}</td>" in page
    assert "0.5 to 35.5" in shown
    assert "<td>0.5\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}35.5</td>" in page  # stays on one line
    for raw in ("{", "[", "None"):
        assert raw not in shown
        assert raw not in page.partition("<table")[2]


def test_categories_are_sorted_numbers_as_numbers(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    lists = [[f"{{value: {value}}}" for value in values] for values in ([10, 2, 9], ["b", "a"])]
    frame = ReviewFrame({"name": ["n", "t"], "categories": lists})
    for shown in (repr(frame), frame._repr_html_()):
        assert "2, 9, 10" in shown
        assert "a, b" in shown
    assert frame["categories"].tolist() == lists


def test_an_empty_column_takes_no_room_of_categories(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", "TABULAR", "REGRESSION")
        model.infer_schema(
            pd.DataFrame({"months_since_the_last_payment": [1, 2] * 18}), "PIPELINE_INPUT"
        )
        head, row, *_ = str(model.review()).splitlines()
    assert head.split() == ["name", "value_type", "categorical", "categories/range"]
    assert row.endswith("1, 2")


def test_a_page_escapes_and_counts_many_categories():
    texts = [f"<b>{number}" for number in range(90)]
    frame = ReviewFrame({"name": ["x"], "categories": [[f"{{value: {text}}}" for text in texts]]})
    page = frame._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;0, &lt;b&gt;1, " in page
    assert "… 90 in all" in page
    with pd.option_context("display.notebook_repr_html", False):
        assert frame._repr_html_() is None


def test_it_is_a_frame_with_every_column(review):
    assert isinstance(review, pd.DataFrame)
    assert type(review.head(2)) is type(review.copy()) is pd.DataFrame
    assert review.loc[1, "categories"] == [f"{{value: {text}}}" for text in TEXTS]
    pd.testing.assert_frame_equal(review, review.copy())
    pd.testing.assert_frame_equal(review.copy(), pd.DataFrame(review))
    assert str(review.iloc[:0])
    assert "<table" in review._repr_html_()
