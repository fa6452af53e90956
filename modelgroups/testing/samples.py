"""Models of every kind with small data: the same for the same seed, wherever they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modelgroups.errors import UserValueError
from modelgroups.types import InputType, OutputType, Stage, ValueType

if TYPE_CHECKING:
    import datetime as dt

    import numpy as np
    import pandas as pd

    from modelgroups import Connection, Model

__all__ = ["KINDS", "sample_frame", "sample_inferences", "sample_model"]

_COUNTRIES: Final = ["de", "fr", "it", "pl"]
_ANIMALS: Final = {"p_ant": "ant", "p_bee": "bee", "p_cat": "cat"}
_WORDS: Final = ["late", "refund", "thanks", "broken", "great"]

Columns = dict[str, Any]


@dataclass(frozen=True)
class _Kind:
    """A kind of model.

    Parameters
    ----------
    input_type, output_type
        Its types.
    inputs, outputs
        Make the columns of so many rows from random numbers; outputs see the inputs.
    add_attributes
        Gives a model its schema.
    """

    input_type: str
    output_type: str
    inputs: Callable[[np.random.Generator, int], Columns]
    outputs: Callable[[np.random.Generator, int], Columns]
    add_attributes: Callable[[Model, pd.DataFrame], object]


def sample_frame(kind: str = "binary", n_rows: int = 100, seed: int = 0) -> pd.DataFrame:
    """Return rows for a sample model: inputs, predictions and ground truths.

    They serve as reference data. Rows to send, with ids and times, come of `sample_inferences`.

    Parameters
    ----------
    kind
        One of `KINDS`.
    n_rows
        How many rows, 1 or more.
    seed
        Of the random numbers.

    Raises
    ------
    UserValueError
        There is no such kind, or no row is asked for.

    Examples
    --------
    >>> sample_frame("binary", 2).columns.tolist()
    ['amount', 'country', 'p_fraud', 'fraud']
    """
    import numpy as np
    import pandas as pd

    from modelgroups.arguments import require_whole

    known = _known(kind)
    if require_whole(n_rows, "n_rows") < 1:
        raise UserValueError(f"n_rows: {n_rows} rows cannot be made; ask for 1 or more")
    rng = np.random.default_rng(seed)
    return pd.DataFrame(known.inputs(rng, n_rows) | known.outputs(rng, n_rows))


def sample_inferences(
    kind: str = "binary",
    n_rows: int = 100,
    seed: int = 1,
    *,
    start: str | dt.datetime = "2026-01-01",
    every: str | dt.timedelta = "1h",
) -> pd.DataFrame:
    """Return rows to send to a sample model, with ids and times: the same for the same arguments.

    They are those of `sample_frame`, but for the column ``image``, which names files that are
    not there. Their ground truths come a day later.

    Parameters
    ----------
    kind
        One of `KINDS`.
    n_rows
        How many rows, 1 or more.
    seed
        Of the random numbers; by default other ones than those of the reference data.
    start
        Time of the first row; in UTC where it has no zone.
    every
        From one row to the next, as pandas writes it (``"1h"``, ``"1D"``).

    Raises
    ------
    UserValueError
        There is no such kind, no row is asked for, or pandas cannot read a time.

    Examples
    --------
    >>> rows = sample_inferences("regression", 2, start="2026-03-01", every="12h")
    >>> rows[["partner_inference_id", "inference_timestamp"]]
      partner_inference_id       inference_timestamp
    0                row-0 2026-03-01 00:00:00+00:00
    1                row-1 2026-03-01 12:00:00+00:00
    """
    import pandas as pd

    rows = sample_frame(kind, n_rows, seed).drop(columns="image", errors="ignore")
    try:
        first, step = pd.Timestamp(start), pd.Timedelta(every)
    except ValueError as error:
        raise UserValueError(f"start={start!r}, every={every!r}: {error}") from error
    first = first.tz_localize("UTC") if first.tzinfo is None else first
    times = pd.Series([first + number * step for number in range(n_rows)])
    return rows.assign(
        partner_inference_id=[f"row-{number}" for number in range(n_rows)],
        inference_timestamp=times,
        ground_truth_timestamp=times + pd.Timedelta(days=1),
    )


def sample_model(
    connection: Connection,
    kind: str = "binary",
    *,
    n_rows: int = 100,
    seed: int = 0,
    **fields: Any,
) -> Model:
    """Return a model that is built and not saved yet.

    Parameters
    ----------
    connection
        Where it is to be saved.
    kind
        One of `KINDS`.
    n_rows, seed
        Of its reference data; see `sample_frame`.
    **fields
        Go to `Connection.model`; the display name is made of the kind where it is not given.

    Raises
    ------
    UserValueError
        There is no such kind.

    Examples
    --------
    >>> import modelgroups as mg
    >>> with mg.connect(":memory:") as connection:
    ...     model = sample_model(connection, "regression", display_name="Rents")
    ...     _ = model.save()
    ...     print(model.display_name, model.get_attribute_names("PREDICTED_VALUE"))
    Rents ['p_rent']
    """
    known = _known(kind)
    frame = sample_frame(kind, n_rows, seed)
    given = {"display_name": f"Sample {kind.replace('_', ' ')}"} | fields
    model = connection.model(input_type=known.input_type, output_type=known.output_type, **given)
    known.add_attributes(model, _declared(frame))
    model.set_reference_data(data=frame)
    return model


def _declared(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that says itself which categories there are, so that nobody need check."""
    import pandas as pd

    if "country" not in frame:
        return frame
    return frame.astype({"country": pd.CategoricalDtype(_COUNTRIES)})


def _known(kind: str) -> _Kind:
    if kind not in _KINDS:
        from modelgroups.query.faults import nearest

        raise UserValueError(f"kind: {nearest(kind, KINDS, 'kind of model')}")
    return _KINDS[kind]


# --- inputs ------------------------------------------------------------------------------


def _table(rng: np.random.Generator, n: int) -> Columns:
    return {
        "amount": rng.lognormal(3, 1, n).round(2),
        "country": rng.choice(_COUNTRIES, n, p=[0.4, 0.3, 0.2, 0.1]),
    }


def _texts(rng: np.random.Generator, n: int) -> Columns:
    chosen = rng.choice(_WORDS, (n, 3))
    return {"text": [f"{' '.join(words)} {number}" for number, words in enumerate(chosen)]}


def _images(_rng: np.random.Generator, n: int) -> Columns:
    return {"image": [f"camera/{number:04d}.png" for number in range(n)]}


def _series(rng: np.random.Generator, n: int) -> Columns:
    values = rng.normal(size=(n, 3)).cumsum(axis=1).round(3).tolist()
    days = [f"2026-01-0{day}T00:00:00Z" for day in (1, 2, 3)]
    return {
        "load": [
            [{"timestamp": day, "value": value} for day, value in zip(days, row, strict=True)]
            for row in values
        ]
    }


def _users(rng: np.random.Generator, n: int) -> Columns:
    return {"age": rng.integers(18, 90, n)}


# --- outputs -----------------------------------------------------------------------------


def _fraud(rng: np.random.Generator, n: int) -> Columns:
    score = rng.beta(1, 3, n).round(4)
    return {"p_fraud": score, "fraud": (rng.random(n) < score).astype(int)}


def _animals(rng: np.random.Generator, n: int) -> Columns:
    import numpy as np

    scores = rng.dirichlet([1.0] * len(_ANIMALS), n).round(4)
    animals = list(_ANIMALS.values())
    likely, other = scores.argmax(axis=1), rng.integers(len(animals), size=n)
    truth = [animals[place] for place in np.where(rng.random(n) < 0.7, likely, other)]
    return dict(zip(_ANIMALS, scores.T, strict=True)) | {"animal": truth}


def _labels(rng: np.random.Generator, n: int) -> Columns:
    columns: Columns = {}
    for label in ("spam", "rude"):
        score = rng.random(n).round(4)
        columns |= {f"p_{label}": score, f"is_{label}": (rng.random(n) < score).astype(int)}
    return columns


def _rents(rng: np.random.Generator, n: int) -> Columns:
    rent = rng.normal(900, 200, n).round(2)
    return {"p_rent": (rent + rng.normal(0, 50, n)).round(2), "rent": rent}


def _boxes(rng: np.random.Generator, n: int) -> Columns:
    def boxes() -> list[list[list[float]]]:
        return [
            [
                [int(rng.integers(2)), round(rng.random(), 3), *corner, 20.0, 10.0]
                for corner in rng.integers(0, 80, (1 + number % 3, 2)).astype(float).tolist()
            ]
            for number in range(n)
        ]

    return {"objects_detected": boxes(), "label": boxes()}


def _lists(rng: np.random.Generator, n: int) -> Columns:
    items = [f"item-{number}" for number in range(10)]
    ranked = [
        [{"item_id": item, "score": 1 / (place + 1)} for place, item in enumerate(order)]
        for order in (rng.permutation(items)[:5].tolist() for _ in range(n))
    ]
    return {
        "recommended": ranked,
        "relevant": [rng.permutation(items)[:2].tolist() for _ in range(n)],
    }


def _answers(rng: np.random.Generator, n: int) -> Columns:
    words = rng.choice(_WORDS, (n, 2)).tolist()
    sure = rng.uniform(0.5, 1, (n, 2)).round(3).tolist()
    return {
        "answer": [" ".join(pair) for pair in words],
        "likelihoods": [
            [{word: p, "other": round(1 - p, 3)} for word, p in zip(*both, strict=True)]
            for both in zip(words, sure, strict=True)
        ],
    }


# --- attributes --------------------------------------------------------------------------


def _build(**arguments: Any) -> Callable[[Model, pd.DataFrame], object]:
    return lambda model, frame: model.build(frame, **arguments)


def _add_labels(model: Model, frame: pd.DataFrame) -> None:
    from modelgroups import Attribute

    model.infer_schema(frame[["amount", "country"]], Stage.ModelPipelineInput)
    for place, label in enumerate(("spam", "rude")):
        for name, link, stage, value_type in (
            (f"p_{label}", f"is_{label}", Stage.PredictedValue, ValueType.Float),
            (f"is_{label}", f"p_{label}", Stage.GroundTruth, ValueType.Integer),
        ):
            attribute = Attribute(name, value_type, stage, position=place, attribute_link=link)
            model.add_attribute(arthur_attribute=attribute)


def _add_boxes(model: Model, _frame: pd.DataFrame) -> None:
    model.add_image_attribute("image")
    model.add_object_detection_output_attributes("objects_detected", "label", ["cat", "dog"])


def _add_lists(model: Model, frame: pd.DataFrame) -> None:
    model.infer_schema(frame[["age"]], Stage.ModelPipelineInput)
    model.add_ranked_list_output_attributes("recommended", "relevant")


def _add_answers(model: Model, _frame: pd.DataFrame) -> None:
    model.build_token_sequence_model("text", "answer", output_likelihood_column="likelihoods")


_FRAUD = _build(pred_to_ground_truth_map={"p_fraud": 1}, ground_truth_column="fraud")
_RENT = _build(pred_to_ground_truth_map={"p_rent": "rent"})
_ANIMAL = _build(pred_to_ground_truth_map=_ANIMALS, ground_truth_column="animal")

_KINDS: Final = {
    "binary": _Kind(InputType.Tabular, OutputType.Multiclass, _table, _fraud, _FRAUD),
    "multiclass": _Kind(InputType.Tabular, OutputType.Multiclass, _table, _animals, _ANIMAL),
    "multilabel": _Kind(InputType.Tabular, OutputType.Multilabel, _table, _labels, _add_labels),
    "regression": _Kind(InputType.Tabular, OutputType.Regression, _table, _rents, _RENT),
    "text": _Kind(InputType.NLP, OutputType.Multiclass, _texts, _fraud, _FRAUD),
    "image": _Kind(InputType.Image, OutputType.Multiclass, _images, _fraud, _FRAUD),
    "time_series": _Kind(InputType.TimeSeries, OutputType.Regression, _series, _rents, _RENT),
    "object_detection": _Kind(
        InputType.Image, OutputType.ObjectDetection, _images, _boxes, _add_boxes
    ),
    "ranked_list": _Kind(InputType.Tabular, OutputType.RankedList, _users, _lists, _add_lists),
    "token_sequence": _Kind(
        InputType.NLP, OutputType.TokenSequence, _texts, _answers, _add_answers
    ),
}

KINDS: Final = tuple(_KINDS)
"""The kinds of models that there are."""
