"""Small models whose rows lie where a test wants them, and how numbers are compared."""

import itertools
import math
from datetime import UTC, datetime, timedelta

from hypothesis import settings

from modelgroups import Attribute

ROUNDS = settings(max_examples=12)
SOURCES = ("waiting", "segment", "reference")
START = datetime(2024, 3, 1, tzinfo=UTC)
MANY = 260  # rows that do not wait in the catalog
REGRESSION = [
    Attribute("pred", "FLOAT", "PREDICTED_VALUE", position=0, attribute_link="actual"),
    Attribute("actual", "FLOAT", "GROUND_TRUTH", position=0, attribute_link="pred"),
]


class Lab:
    """A model of some kind, of which one registry holds as many copies as there are data sets.

    Rows of inferences share one model: each data set has a run number, by which it is asked for.
    """

    def __init__(self, connection, attributes, **arguments):
        self.connection = connection
        given = {"input_type": "TABULAR", "output_type": "REGRESSION"} | arguments
        self.given = given
        self.attributes = [
            *attributes,
            Attribute("run", "INTEGER", "NON_INPUT_DATA", position=90),
            Attribute("anchor", "FLOAT", "PIPELINE_INPUT", position=91),
        ]
        if all(attribute.stage != "PREDICTED_VALUE" for attribute in attributes):
            self.attributes += REGRESSION
        self.numbers = itertools.count()
        self.models = {}

    def new_model(self, reference=None):
        import pandas as pd

        model = self.connection.model(display_name="lab", **self.given)
        model.attributes = [attribute.set() for attribute in self.attributes]
        if reference is not None:
            model.reference_dataframe = pd.DataFrame(reference, dtype=object)
        model.save(skip_validation=True)
        return model

    def place(self, rows, where):
        """Return a model that holds the rows, and what a body needs to ask for them alone."""
        run = next(self.numbers)
        rows = [row | {"run": run} for row in rows]
        only = {"filter": [{"property": "run", "comparator": "eq", "value": run}]}
        if where == "reference":
            names = [a.name for a in self.attributes if not a.implicit]
            columns = {n: [row.get(n) for row in rows] for n in names}
            return self.new_model(columns), only | {"from": "reference"}
        model = self.models.get(where)
        if model is None:
            model = self.models[where] = self.new_model()
        rows = [
            {
                "partner_inference_id": f"{run}.{number}",
                "inference_timestamp": START + timedelta(hours=number),
            }
            | row
            for number, row in enumerate(rows)
        ]
        filler = [
            {"partner_inference_id": f"{run}.f{number}", "inference_timestamp": START, "run": -1}
            for number in range(MANY if where == "segment" else 0)
        ]
        model.send_inferences([*rows, *filler])
        return model, only

    def ask(self, rows, select, where="waiting", **more):
        """Return the answer to a body over some rows."""
        model, only = self.place(rows, where)
        body = only | more
        if "filter" in more:
            body["filter"] = [*only["filter"], *more["filter"]]
        return model.query({"select": select} | body)

    def values(self, rows, select, where="waiting", **more):
        """Return the only row of an answer."""
        (row,) = self.ask(rows, select, where, **more)
        return row


def function(name, alias=None, **parameters):
    item = {"function": name, "parameters": parameters}
    return item if alias is None else item | {"alias": alias}


def assert_close(ours, expected, scale=0.0, tolerance=1e-9, told=""):
    """Numbers agree to a billionth of the larger one, or of the scale of what was added up."""
    if expected is not None and isinstance(expected, float) and not math.isfinite(expected):
        expected = None
    if ours is None or expected is None:
        assert ours is expected, f"{told}: {ours!r} is not {expected!r}"
        return
    bound = tolerance * max(abs(ours), abs(expected), scale)
    assert abs(ours - expected) <= bound, f"{told}: {ours!r} is not {expected!r}"


def groups_of(rows, key):
    """Return the rows of each group in order of appearance."""
    found = {}
    for row in rows:
        found.setdefault(row.get(key), []).append(row)
    return found


def number_or_none(value):
    """Return a number as it is stored: NaN and infinities are null."""
    return None if value is None or not math.isfinite(value) else value
