"""Hotspots as they are looked at: a line for each, and the dictionary of the SDK below it."""

import json
import pickle

import pytest

from modelgroups.analysis.spots import Hotspots

TOLD = "accuracy 0.25, precision 0.125, recall 1, f1 0.222222"
SCORES = {"accuracy": 0.25, "precision": 0.125, "recall": 1.0, "f1": 2 / 9}
SPOTS = [
    {"rules": {"age": {"gt": 39.0, "lte": 52.5}, "town": {"eq": "<b>"}}, "n_samples": 8, **SCORES},
    {"rules": {"town": {"ne": ["Ulm", "Bonn"]}, "x": {"lte": -0.5}}, "n_samples": 5, **SCORES},
    {"rules": {}, "n_samples": 13, **SCORES},
]


def test_each_hotspot_is_a_line():
    pretty = pytest.importorskip("IPython.lib.pretty").pretty
    found = Hotspots(data=SPOTS)
    assert repr(found).splitlines() == [
        '3 hotspots, in full in ["data"]:',
        f"  39 < age ≤ 52.5, town = '<b>': n_samples 8, {TOLD}",
        f"  town ≠ 'Ulm', 'Bonn', x ≤ -0.5: n_samples 5, {TOLD}",
        f"  all rows: n_samples 13, {TOLD}",
    ]
    assert pretty(found) == repr(found)
    assert "&lt;b&gt;" in found._repr_html_()
    assert "<b>3 hotspots</b>" in found._repr_html_()


@pytest.mark.parametrize("spots", [SPOTS, []])
def test_it_is_the_dictionary_that_it_was(spots):
    found = Hotspots(data=spots)
    assert found == {"data": spots}
    assert json.loads(json.dumps(found)) == pickle.loads(pickle.dumps(found)) == {"data": spots}
