"""Answers hold what JSON has, and nothing else."""

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg

JSON_TYPES = (str, int, float, bool, type(None))
SIDES = {"base": {"source": "reference"}, "target": {"source": "inference"}, "num_bins": 4}
BODIES = {
    "base": {
        "select": [
            {"function": name, "parameters": {"property": "x"} | more}
            for name, more in {
                "deciles": {},
                "variance": {},
                "distribution": {"num_bins": 3},
                "binsToQuantiles": {"num_bins": 3},
            }.items()
        ]
    },
    "drift": {"properties": ["x", "shop"], "metric": "PSI", "rollup": "day", **SIDES},
    "drift_psi_bucket_table": {"property": "x", **SIDES},
}


def leaves(value):
    if type(value) in (list, dict):
        for element in value.values() if type(value) is dict else value:
            yield from leaves(element)
    else:
        yield value


@pytest.mark.parametrize("query_type", BODIES)
def test_answers_have_the_types_of_json(query_type):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300), "shop": rng.choice(["a", "b"], 300)})
    frame["p"], frame["y"] = rng.random(300), rng.random(300)
    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", "TABULAR", "REGRESSION")
        model.build(frame, {"p": "y"})
        model.save()
        model.send_inferences(frame.assign(x=np.nan).head(100))
        model.send_inferences(frame.tail(200))
        answer = model.query(BODIES[query_type], query_type=query_type)
    found = list(leaves(answer))
    assert len(found) > 2
    assert {type(value) for value in found} <= set(JSON_TYPES)
