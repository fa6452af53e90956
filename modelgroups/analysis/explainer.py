"""Why a model predicts what it does: LIME and SHAP around its predict function. Loads pandas.

LIME (Ribeiro, Singh and Guestrin, "Why Should I Trust You?", 2016) fits a linear model to
predictions near a row; Kernel SHAP (Lundberg and Lee, "A Unified Approach to Interpreting Model
Predictions", 2017) shares the prediction out among the inputs. Both come from their own packages.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelgroups.analysis.predictions import in_columns, require_same_predictions
from modelgroups.errors import (
    MethodNotApplicableError,
    UnexpectedValueError,
    UserTypeError,
    UserValueError,
)
from modelgroups.schema.attribute import Attribute
from modelgroups.types import InputType, OutputType, Stage, TextDelimiter

__all__ = ["LIME", "SHAP", "Explainer"]

logger = logging.getLogger(__name__)

LIME: Final = "lime"
SHAP: Final = "shap"

_SEGMENTS: Final = 40  # of an image
_TEXT_SAMPLES: Final = 5000

Matrix = NDArray[np.float64]
Codes = dict[Any, int]


class Explainer:
    """Explains predictions of one model.

    Parameters
    ----------
    model_type, model_input_type
        An `OutputType` and an `InputType`: tabular, texts or images.
    predicted_attributes
        The predicted attributes of the model.
    predict_func
        Takes a list of rows (of texts, of images) and returns a prediction for each: a number, or
        one for each predicted attribute in order of position; of two classes also that of the
        positive one alone.
    data
        Rows of inputs that resemble what the model sees, in order of position; not for images.
    label_mapping
        For each input its categories with a number each, or None for numbers.
    categorical_features
        The places of the inputs that are categories.
    enable_shap, enable_lime
        Which algorithms may be asked for.
    shap_training_samples
        How many rows stand for what is known before a row is seen, for SHAP.
    text_delimiter
        Regular expression that splits texts into tokens.
    load_image_func
        Returns the image of a path as an array; for images only.
    predictions_df
        The predictions of `data`, to be compared with those of `predict_func`.
    seed
        Of the random numbers; 0 where it is None.

    Raises
    ------
    UserTypeError, UserValueError, UserError
        Something is missing, predictions fail, or are not those of `predictions_df`.
    """

    LIME = LIME
    SHAP = SHAP

    def __init__(
        self,
        model_type: str,
        model_input_type: str,
        predicted_attributes: Sequence[Attribute],
        predict_func: Callable[[Any], Any],
        data: pd.DataFrame | None,
        label_mapping: Sequence[Codes | None],
        categorical_features: Sequence[int] | None = None,
        enable_shap: bool = True,
        shap_training_samples: int = 20,
        enable_lime: bool = True,
        text_delimiter: str = TextDelimiter.NOT_WORD,
        load_image_func: Callable[[str], Any] | None = None,
        predictions_df: pd.DataFrame | None = None,
        seed: int | None = None,
    ) -> None:
        for attribute in predicted_attributes:
            if attribute.stage != Stage.PredictedValue:
                raise UnexpectedValueError(
                    f"{attribute.name!r} has the stage {attribute.stage}, and is no prediction"
                )
        self.model_type = model_type
        self.model_input_type = model_input_type
        self.predicted_attributes = sorted(predicted_attributes, key=lambda a: a.position or 0)
        self.categorical_features = list(categorical_features or ())
        self.shap_training_samples = shap_training_samples
        self.text_delimiter = text_delimiter
        self.load_image_func = load_image_func
        is_tabular = model_input_type == InputType.Tabular
        self.enable_shap = enable_shap and is_tabular
        self.enable_lime = enable_lime or not is_tabular
        self.seed = seed
        self._predict = predict_func
        self._codes = [None if codes is None else dict(codes) for codes in label_mapping]
        self._values = [
            None if codes is None else {number: value for value, number in codes.items()}
            for codes in self._codes
        ]
        self._sample = np.empty((0, len(self._codes)))
        self._lime: Any = None
        self._shap: Any = None
        if model_input_type != InputType.Image:
            self._learn(data, predictions_df)
        elif load_image_func is None:
            raise UserValueError("images need load_image_func, which reads one by its path")

    @property
    def num_predicted_attributes(self) -> int:
        """How many predicted attributes the model has."""
        return len(self.predicted_attributes)

    def is_installed(self, algorithm: str) -> bool:
        """Return whether the package of an algorithm is there."""
        return find_spec(algorithm) is not None

    def require_installed(self, algorithm: str) -> None:
        """Raise `MethodNotApplicableError` unless the package of an algorithm is there."""
        _package(algorithm, algorithm)

    # --- what the model predicts -------------------------------------------------------------

    def predict_tabular(self, input_feature_vectors: Sequence[Sequence[Any]]) -> Matrix:
        """Return a row of predictions for each row of inputs, in order of position.

        Raises
        ------
        MethodNotApplicableError
            The model is not tabular.
        UserValueError
            The predict function fails.
        """
        self._require(InputType.Tabular, "prediction")
        try:
            return self.predict_wrapper(self._encoded(input_feature_vectors))
        except Exception as error:
            raise UserValueError(
                f"predict() failed for these rows: {type(error).__name__}: {error}"
            ) from error

    def predict_wrapper(self, encoded_feature_vectors: Any) -> Matrix:
        """Return the predictions of rows whose categories are numbers, of texts or of images."""
        rows = encoded_feature_vectors
        if self.model_input_type == InputType.Tabular:
            rows = [self.decode_labels(row) for row in rows]
        return in_columns(self._predict(rows), self.model_type, self.predicted_attributes)

    def encode_labels(self, feature_vector: Iterable[Any]) -> list[Any]:
        """Return a row with numbers for its categories; a new one gets the next number."""
        encoded = []
        for codes, values, value in zip(self._codes, self._values, feature_vector, strict=True):
            if codes is not None and values is not None and value not in codes:
                codes[value] = max(values, default=-1) + 1
                values[codes[value]] = value
            encoded.append(value if codes is None else codes[value])
        return encoded

    def decode_labels(self, feature_vector: Iterable[Any]) -> list[Any]:
        """Return a row with its categories in place of their numbers."""
        return [
            value if values is None else values[value]
            for values, value in zip(self._values, feature_vector, strict=True)
        ]

    # --- explanations ------------------------------------------------------------------------

    def explain_tabular(
        self,
        algo: str,
        raw_feature_vectors: Sequence[Any],
        nsamples: int | None = None,
        **kwargs: Any,
    ) -> list[list[list[float]]]:
        """Return for each row and predicted attribute the score of each input.

        Raises
        ------
        MethodNotApplicableError
            The model is not tabular, or the package of the algorithm is not installed.
        UserValueError
            There is no such algorithm.
        """
        self._require(InputType.Tabular, "explanation")
        if algo == SHAP:
            more = {} if nsamples is None else {"nsamples": nsamples}
            return self.explain_tabular_shap(raw_feature_vectors, **more, **kwargs)
        if algo == LIME:
            more = {} if nsamples is None else {"num_samples": nsamples}
            return self.explain_tabular_lime(raw_feature_vectors, **more, **kwargs)
        raise UserValueError(f"there is no algorithm {algo!r}; there are {LIME} and {SHAP}")

    def explain_tabular_lime(
        self, raw_feature_vectors: Sequence[Any], **kwargs: Any
    ) -> list[list[list[float]]]:
        """Return scores by LIME; a row with a missing value has NaN for all of them."""
        self._require(InputType.Tabular, "explanation")
        lime = self._lime_tabular()
        is_regression = self.model_type == OutputType.Regression
        labels = [1] if is_regression else list(range(self.num_predicted_attributes))
        found = []
        for row in self._encoded(raw_feature_vectors):
            if np.isnan(row).any():
                found.append([[float("nan")] * len(row) for _ in labels])
                continue
            with self._seeded() as random:
                lime.random_state = lime.base.random_state = random
                explained = lime.explain_instance(
                    row, self._for_lime, num_features=len(row), labels=labels, **kwargs
                ).as_map()
            found.append([_in_order(explained[label]) for label in labels])
        return found

    def explain_tabular_shap(
        self, raw_feature_vectors: Sequence[Any], **kwargs: Any
    ) -> list[list[list[float]]]:
        """Return scores by Kernel SHAP: with the expected value they add up to the prediction."""
        self._require(InputType.Tabular, "explanation")
        rows = self._encoded(raw_feature_vectors)
        with self._seeded(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = self._shap_tabular().shap_values(rows, silent=True, **kwargs)
        by_output = np.asarray(values, dtype=np.float64).reshape(len(rows), rows.shape[1], -1)
        scores: list[list[list[float]]] = np.moveaxis(by_output, 2, 1).tolist()
        return scores

    def shap_expected_values(self) -> list[float]:
        """Return for each predicted attribute the mean prediction that SHAP starts from."""
        if self.model_input_type != InputType.Tabular:
            raise UserValueError(f"{SHAP} explains tabular models only")
        values = np.asarray(self._shap_tabular().expected_value, np.float64)
        return [float(value) for value in np.atleast_1d(values)]

    def explain_nlp(
        self,
        algo: str,
        raw_feature_vectors: Sequence[Any],
        nsamples: int | None = None,
        **kwargs: Any,
    ) -> list[list[list[list[Any]]]]:
        """Return for each text and predicted attribute its tokens in their order, with scores."""
        self._require(InputType.NLP, "explanation")
        _require_lime(algo, "texts")
        more = {} if nsamples is None else {"num_samples": nsamples}
        return self.explain_nlp_lime(raw_feature_vectors, **more, **kwargs)

    def explain_nlp_lime(
        self, raw_feature_vectors: Sequence[Any], **kwargs: Any
    ) -> list[list[list[list[Any]]]]:
        """Return scores of tokens by LIME."""
        self._require(InputType.NLP, "explanation")
        labels = list(range(self.num_predicted_attributes))
        found = []
        for vector in raw_feature_vectors:
            (text,) = vector if len(vector) == 1 else _one_text(vector)
            with self._seeded() as random:
                explainer = _lime("lime.lime_text").LimeTextExplainer(
                    bow=False, split_expression=self.text_delimiter, random_state=random
                )
                explained = explainer.explain_instance(
                    text,
                    self._for_lime,
                    labels=labels,
                    num_features=len(re.split(self.text_delimiter, text)),
                    num_samples=kwargs.get("num_samples", _TEXT_SAMPLES),
                )
            words = explained.domain_mapper.indexed_string
            found.append(
                [
                    [[words.word(n), score] for n, score in sorted(explained.as_map()[label])]
                    for label in labels
                ]
            )
        return found

    def explain_image(
        self, algo: str, image_paths: Sequence[str], nsamples: int | None = None, **kwargs: Any
    ) -> list[dict[str, Any]]:
        """Return for each image the segment of each pixel, and the score of each segment."""
        self._require(InputType.Image, "explanation")
        _require_lime(algo, "images")
        more = {} if nsamples is None else {"num_samples": nsamples}
        return self.explain_image_lime(image_paths, **more, **kwargs)

    def explain_image_lime(self, image_paths: Sequence[str], **kwargs: Any) -> list[dict[str, Any]]:
        """Return scores of segments by LIME, for each label the strongest first."""
        self._require(InputType.Image, "explanation")
        labels = list(range(self.num_predicted_attributes))
        # LIME counts segments from 0.
        slic = partial(_lime("skimage.segmentation").slic, n_segments=_SEGMENTS, start_label=0)
        found = []
        for image in map(self._load, image_paths):
            with self._seeded() as random:
                explained = (
                    _lime("lime.lime_image")
                    .LimeImageExplainer(random_state=random)
                    .explain_instance(
                        image,
                        self._for_lime,
                        labels=labels,
                        num_samples=kwargs.get("num_samples", _TEXT_SAMPLES),
                        segmentation_fn=slic,
                    )
                )
            scores = {
                str(int(label)): [[int(n), float(score)] for n, score in pairs]
                for label, pairs in explained.local_exp.items()
            }
            mask = np.asarray(explained.segments).tolist()
            found.append({"lime_segment_mask": mask, "lime_region_mapping": scores})
        return found

    # --- how it comes to be ------------------------------------------------------------------

    def _learn(self, data: pd.DataFrame | None, predictions: pd.DataFrame | None) -> None:
        """Keep the sample, and see whether the model predicts what it is said to predict."""
        if data is None or predictions is None:
            raise UserTypeError("an explainer needs data and predictions_df, but for images")
        if len(data) != len(predictions):
            raise UnexpectedValueError(
                f"data has {len(data)} rows, and predictions_df {len(predictions)}"
            )
        whole = data.notna().all(axis=1).to_numpy()
        if not whole.all():
            logger.warning("%d rows with missing values are left out", int((~whole).sum()))
        data, predictions = data[whole], predictions[whole]
        if data.empty:
            raise UserValueError("every row of the data has a missing value; give whole rows")
        rows: Any = data.iloc[:, 0].tolist()
        if self.model_input_type == InputType.Tabular:
            self._sample = rows = self._encoded(data.to_numpy(dtype=object))
        try:
            predicted = self.predict_wrapper(rows)
        except Exception as error:
            raise UserValueError(
                f"predict() failed for the data: {type(error).__name__}: {error}"
            ) from error
        require_same_predictions(predicted, predictions, self.predicted_attributes)

    def _load(self, path: str) -> Any:
        if self.load_image_func is None:
            raise UserValueError("images need load_image_func, which reads one by its path")
        return self.load_image_func(path)

    def _encoded(self, rows: Iterable[Iterable[Any]]) -> Matrix:
        return np.array([self.encode_labels(row) for row in rows], dtype=np.float64)

    def _for_lime(self, rows: Any) -> Matrix:
        """Return predictions as LIME wants them: a list of numbers, of a regression."""
        found = self.predict_wrapper(rows)
        return found[:, 0] if self._is_number else found

    @property
    def _is_number(self) -> bool:
        is_regression = self.model_type == OutputType.Regression
        return is_regression and self.model_input_type == InputType.Tabular

    def _require(self, input_type: str, what: str) -> None:
        if self.model_input_type != input_type:
            raise MethodNotApplicableError(
                f"this {what} is that of {input_type} models; this is a {self.model_input_type} one"
            )

    def _lime_tabular(self) -> Any:
        if not self.enable_lime:
            raise MethodNotApplicableError(f"{LIME} is not enabled for this explainer")
        if self._lime is None:
            is_regression = self.model_type == OutputType.Regression
            self._lime = _lime("lime.lime_tabular").LimeTabularExplainer(
                training_data=self._sample,
                mode="regression" if is_regression else "classification",
                categorical_features=self.categorical_features,
                discretize_continuous=False,
                random_state=self.seed or 0,
            )
        return self._lime

    def _shap_tabular(self) -> Any:
        if not self.enable_shap:
            raise MethodNotApplicableError(f"{SHAP} is not enabled for this explainer")
        if self._shap is None:
            shap = _package("shap", SHAP)
            background = pd.DataFrame(self._sample)
            if len(background) > self.shap_training_samples:
                background = background.sample(
                    self.shap_training_samples, random_state=self.seed or 0
                )
            self._shap = shap.KernelExplainer(self.predict_wrapper, background.to_numpy())
        return self._shap

    @contextmanager
    def _seeded(self) -> Iterator[np.random.RandomState]:
        """Let the random numbers of NumPy be the same each time, and put them back."""
        before = np.random.get_state()  # shap draws from it
        np.random.seed(self.seed or 0)
        try:
            yield np.random.RandomState(self.seed or 0)
        finally:
            np.random.set_state(before)


def _in_order(scores: Iterable[tuple[int, float]]) -> list[float]:
    return [float(score) for _, score in sorted(scores)]


def _one_text(vector: Any) -> Any:
    if isinstance(vector, str):
        return (vector,)
    raise UserValueError(f"a text is explained by itself, got {len(vector)} inputs")


def _require_lime(algo: str, what: str) -> None:
    if algo != LIME:
        raise UserValueError(f"{what} are explained by {LIME} only, got {algo!r}")


def _lime(module: str) -> Any:
    return _package(module, LIME)


def _package(module: str, algorithm: str) -> Any:
    """Import a module of an explaining package; what it warns of at import is its own affair."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(module)
    except ImportError as error:
        raise MethodNotApplicableError(
            f"explanations by {algorithm} need the package {algorithm}; install it with: "
            "python -m pip install 'modelgroups[explain]'"
        ) from error
