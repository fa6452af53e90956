"""What sending returns: the SDK's dictionary, short to look at however many rows there were."""

import copy
import json
import pickle
from pprint import pformat

import pandas as pd
import pytest

from modelgroups.testing import example_model

ROWS = {"age": [*range(998), "<old>", 7], "p": [0.5] * 1_000}


@pytest.fixture
def receipts():
    """Return what calls with two failures among a thousand rows returned."""
    ids = [f"i-{number}" for number in range(999)]
    with example_model() as model:
        sent = model.send_inferences(ROWS, partner_inference_ids=[*ids, "i-0"], fail_silently=True)
        truths = model.update_inference_ground_truths([0] * 1_000, [*ids, "later"])
        bulk, _ = model.send_bulk_inferences(
            data=pd.DataFrame({"age": range(1_000), "p": "high"}), ignore_join_errors=True
        )
        yield {"sent": sent, "truths": truths, "bulk": bulk}


def test_it_is_the_dictionary_that_it_was(receipts):
    for each in receipts.values():
        plain = dict(each)
        assert isinstance(each, dict)
        assert each == plain
        assert json.loads(json.dumps(each)) == plain
        assert pickle.loads(pickle.dumps(each)) == copy.deepcopy(each) == plain
        assert type(each | {}) is dict
    assert list(receipts["sent"]) == ["counts", "results"]
    assert len(receipts["sent"]["results"]) == 1_000


def test_it_is_short_to_look_at(receipts):
    pretty = pytest.importorskip("IPython.lib.pretty").pretty
    expected = {
        "sent": "<1,000 rows: 998 stored, 2 failed; row 998 ('i-998'): 400 'age'",
        "truths": "<1,000 rows: 1,000 stored, 0 failed; 2 ground truths are kept until",
        "bulk": "<1,000 rows: 0 stored, 1,000 failed; row 0, row 1, row 2, row 3, row 4 and 995 "
        "more: 400 'p'",
    }
    for name, each in receipts.items():
        assert repr(each).startswith(expected[name]), name
        assert repr(each) == str(each) == pformat(each) == pretty(each)
        assert len(repr(each)) < 1_500
    assert repr(receipts["bulk"]).endswith("'high'; a dict of 'counts', 'failures'>")


def test_a_notebook_shows_the_first_failures(receipts):
    page = receipts["bulk"]._repr_html_()
    assert page.count("<tr>") == 6
    assert "1,000 failed, of which 995 more are not shown" in page
    assert "<td>row 998 (&#x27;i-998&#x27;)</td>" in receipts["sent"]._repr_html_()
    assert "<old>" not in receipts["sent"]._repr_html_()


@pytest.mark.parametrize("n_rows", [1, 5, 12])
def test_few_and_many_results_look_alike(n_rows):
    pretty = pytest.importorskip("IPython.lib.pretty").pretty
    with example_model() as model:
        answer = model.send_inferences([{"age": 31, "p": 0.25}] * n_rows)
    rows = "1 row" if n_rows == 1 else f"{n_rows} rows"
    shown = f"<{rows}: {n_rows} stored, 0 failed; a dict of 'counts', 'results'>"
    assert repr(answer) == pretty(answer) == shown
    assert answer._repr_html_() == f"<p><b>{rows}: {n_rows} stored, 0 failed</b></p>"
    del answer["counts"]
    assert repr(answer) == pretty(answer) == repr(dict(answer))
    assert answer._repr_html_() is None


def test_a_notebook_shows_no_empty_table_where_nothing_failed():
    with example_model() as model:
        sent = model.send_inferences({"age": [31] * 9, "p": [0.5] * 9})
    assert sent._repr_html_() == "<p><b>9 rows: 9 stored, 0 failed</b></p>"
