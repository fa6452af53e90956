"""The part of `Model` that says why it predicted what it did."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modelgroups.arguments import require_names, require_text, require_whole
from modelgroups.calls import checked_calls
from modelgroups.errors import (
    MethodNotApplicableError,
    MissingParameterError,
    NotFoundError,
    UserValueError,
)
from modelgroups.model.asking import Asking
from modelgroups.types import Enrichment, InputType

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.analysis.explainer import Explainer
    from modelgroups.inferences.recipient import Recipient

__all__ = ["Explaining"]

logger = logging.getLogger(__name__)

_FEW_ROWS = 5000
_SAMPLES = 2000


@checked_calls
class Explaining(Asking):
    """Explanations of inferences, by LIME or SHAP around a predict function of the user."""

    def enable_explainability(
        self,
        df: pd.DataFrame | None = None,
        project_directory: str | os.PathLike[str] | None = None,
        user_predict_function_import_path: str | None = None,
        streaming_explainability_enabled: bool | None = True,
        requirements_file: str = "requirements.txt",
        python_version: str | None = None,
        sdk_version: str = "3.33.3",
        model_server_num_cpu: str | None = None,
        model_server_memory: str | None = None,
        model_server_max_replicas: int | None = None,
        inference_consumer_num_cpu: str | None = None,
        inference_consumer_memory: str | None = None,
        inference_consumer_thread_pool_size: int | None = None,
        inference_consumer_score_percent: float | None = None,
        explanation_nsamples: int | None = None,
        explanation_algo: str | None = None,
        ignore_dirs: list[str] | None = None,
        seed: int | None = None,
    ) -> str:
        """Let explanations be computed, by a predict function that lies in a file.

        The function is imported and tried in this process; nothing is uploaded. It is not kept:
        in another process call this again to compute more explanations. Those that are computed
        are stored (see `explain_inference` and `explain_inferences`).

        Parameters
        ----------
        df
            Rows of inputs and their predictions, such as the training data. Not for images.
        project_directory
            The absolute path of the folder of the code, which is the current folder while it runs.
        user_predict_function_import_path
            The name of the module in it. Its ``predict(rows)`` takes a list of rows, the inputs in
            order of position, and returns the predictions in order of position (of two classes
            also the positive one alone). For images it has ``load_image(path)`` too.
        explanation_nsamples
            How many predictions an explanation takes; 2000 if not told.
        explanation_algo
            What queries mean that name none: ``"lime"``, the default, or ``"shap"``.
        seed
            Of the random numbers; the same seed gives the same explanation.
        streaming_explainability_enabled, inference_consumer_score_percent
            Which inferences the platform would explain; accepted, and without effect here.
        requirements_file, python_version, sdk_version, ignore_dirs
            What the platform would be sent and install; accepted, and without effect here.
        model_server_num_cpu, model_server_memory, model_server_max_replicas
            What the platform's server would use; accepted, and without effect here.
        inference_consumer_num_cpu, inference_consumer_memory, inference_consumer_thread_pool_size
            What its consumer would use; accepted, and without effect here.

        Returns
        -------
        str
            ``"ok"``.

        Raises
        ------
        MissingParameterError
            `df`, the folder or the module is missing, or a text model has no text_delimiter.
        UserValueError, UserError
            The code is not there or fails, or its predictions are not those of `df`.
        MethodNotApplicableError
            The model is not saved, models of its kind have no explanations, or the package of the
            algorithm is not installed.
        """
        if self.input_type == InputType.NLP and not self.text_delimiter:
            raise MissingParameterError("models of texts need a text_delimiter to be explained")
        needed = {
            "df": self.input_type == InputType.Image or df is not None,
            "project_directory": project_directory is not None,
            "user_predict_function_import_path": user_predict_function_import_path is not None,
        }
        for name, is_given in needed.items():
            if not is_given:
                raise MissingParameterError(f"{name} is missing")
        if df is not None and len(df) < _FEW_ROWS:
            logger.warning(
                "df has %d rows; explanations are better the more it resembles all of the "
                "training data, with every category and the whole range of numbers",
                len(df),
            )
        config = {
            "df": df,
            "project_directory": project_directory,
            "user_predict_function_import_path": user_predict_function_import_path,
            "streaming_explainability_enabled": streaming_explainability_enabled,
            "requirements_file": requirements_file,
            "python_version": python_version,
            "sdk_version": sdk_version,
            "model_server_num_cpu": model_server_num_cpu,
            "model_server_memory": model_server_memory,
            "model_server_max_replicas": model_server_max_replicas,
            "inference_consumer_num_cpu": inference_consumer_num_cpu,
            "inference_consumer_memory": inference_consumer_memory,
            "inference_consumer_thread_pool_size": inference_consumer_thread_pool_size,
            "inference_consumer_score_percent": inference_consumer_score_percent,
            "explanation_nsamples": explanation_nsamples,
            "explanation_algo": explanation_algo,
            "ignore_dirs": ignore_dirs,
            "seed": seed,
        }
        return self.update_enrichment(Enrichment.Explainability, enabled=True, config=config)

    def explain_inference(
        self,
        partner_inference_id: str,
        algorithm: str = "lime",
        page: int = 1,
        page_size: int = 500,
        n_samples: int | None = None,
        sort: str | None = None,
    ) -> dict[str, Any]:
        """Return the explanation of an inference: the one that is stored, or a new one.

        Where `enable_explainability` was called in this process, what is not stored yet is
        computed, and stored.

        Parameters
        ----------
        partner_inference_id
            Which inference.
        algorithm
            ``"lime"`` or ``"shap"``, in any case.
        page, page_size
            Which of the scores of each prediction, from page 1 on.
        n_samples
            Compute it anew with so many predictions around the row; the number that
            `enable_explainability` was given, else 2000, where it is None.
        sort
            ``"value"``, ``"word"``, ``"location"`` or ``"attribute_name"``, with ``-`` before it
            for descending; tokens are sorted by the first three, inputs by value and name.

        Returns
        -------
        dict
            ``explanation``, a dict for each predicted attribute with its importance_scores, and
            ``expected_value``: of SHAP, what each prediction is explained from, where it is known.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved, it has no predict function in this process to compute one
            anew, or a value that the explanation needs is missing.
        NotFoundError
            There is no such inference, or no such explanation of it.
        UserValueError
            The algorithm, the order or the page is wrong.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> part = {"algo": "lime", "predicted_attribute": "p", "attribute": "age", "score": 0.5}
        >>> with example_model() as model:
        ...     _ = model.send_inferences([{"age": 31, "p": 0.25, "partner_inference_id": "a"}])
        ...     _ = model.add_enrichments({"a": {"explanations": [part]}})
        ...     model.explain_inference("a")["explanation"][0]["importance_scores"]
        [{'attribute_name': 'age', 'explanation_value': 0.5, 'tokens': []}]
        """
        from modelgroups.inferences.explain import explanation_of

        first, size = require_whole(page, "page"), require_whole(page_size, "page_size")
        if first < 1 or size < 1:
            raise UserValueError(f"page and page_size must be 1 or more, got {first} and {size}")
        to = self._recipient("explain_inference")
        id_ = require_text(partner_inference_id, "partner_inference_id")
        chosen = require_text(algorithm, "algorithm").lower()
        order = None if sort is None else require_text(sort, "sort")
        if self._must_compute(to, id_, chosen, n_samples):
            self._explain([id_], chosen, n_samples)
        found = explanation_of(to, id_, chosen, order)
        shown = slice((first - 1) * size, first * size)
        for part in found:
            part["importance_scores"] = part["importance_scores"][shown]
        return {"explanation": found, "expected_value": self._expected(to, chosen)}

    def explain_inferences(
        self, partner_inference_ids: Sequence[str] | None = None, algorithm: str | None = None
    ) -> int:
        """Compute and store explanations, so that queries see them too.

        Parameters
        ----------
        partner_inference_ids
            Of which inferences; of all that have none by the algorithm when not given.
        algorithm
            ``"lime"`` or ``"shap"``; the one of `enable_explainability` when not given.

        Returns
        -------
        int
            How many inferences were explained. Rows with a missing input are left out.

        Raises
        ------
        MethodNotApplicableError
            `enable_explainability` was not called in this process.
        NotFoundError
            There is no such inference.
        """
        to = self._recipient("explain_inferences")
        self._explainer(to)
        chosen = (algorithm or self._explainability().get("explanation_algo") or "lime").lower()
        if partner_inference_ids is None:
            known = self.inferences(["partner_inference_id"])["partner_inference_id"].tolist()
            ids = [id_ for id_ in known if not self._is_stored(to, id_, chosen)]
        else:
            ids = require_names(partner_inference_ids, "partner_inference_ids")
        return self._explain(ids, chosen, None, skip_missing=True)

    # --- how ---------------------------------------------------------------------------------

    def _must_compute(self, to: Recipient, id_: str, algorithm: str, n_samples: Any) -> bool:
        if n_samples is not None:
            require_whole(n_samples, "n_samples")
            self._explainer(to)
            return True
        if to.model_id not in to.registry.explainers:
            return False
        return not self._is_stored(to, id_, algorithm)

    def _is_stored(self, to: Recipient, id_: str, algorithm: str) -> bool:
        from modelgroups.inferences.explain import explanation_of

        try:
            explanation_of(to, id_, algorithm, None)
        except NotFoundError:
            return False
        return True

    def _explainer(self, to: Recipient) -> Explainer:
        found: Explainer | None = to.registry.explainers.get(to.model_id)
        if found is None:
            raise MethodNotApplicableError(
                "there is no predict function in this process to explain with; call "
                "model.enable_explainability(df=..., project_directory=..., "
                "user_predict_function_import_path=...)"
            )
        return found

    def _explainability(self) -> dict[str, Any]:
        config: dict[str, Any] = self.get_enrichment(Enrichment.Explainability)["config"]
        return config

    def _explain(
        self, ids: list[str], algorithm: str, n_samples: int | None, *, skip_missing: bool = False
    ) -> int:
        """Compute the explanations of inferences and store them."""
        from modelgroups.analysis.packaging import inputs_of
        from modelgroups.analysis.scores import scores_of

        explainer = self._explainer(self._recipient("explain_inference"))
        samples = n_samples or self._explainability().get("explanation_nsamples") or _SAMPLES
        inputs = [attribute.name for attribute in inputs_of(self)]
        found = {}
        for id_ in ids:
            row = self.inference(id_)
            missing = [name for name in inputs if row.get(name) is None]
            if missing and not skip_missing:
                raise MethodNotApplicableError(
                    f"the inference {id_!r} has no value of {', '.join(missing)}, and is not "
                    "explained without"
                )
            if not missing:
                values = [row[name] for name in inputs]
                scores = scores_of(explainer, algorithm, values, inputs, samples)
                found[id_] = {"explanations": scores}
        if found:
            self.add_enrichments(found)
        return len(found)

    def _expected(self, to: Recipient, algorithm: str) -> list[dict[str, Any]]:
        explainer: Explainer | None = to.registry.explainers.get(to.model_id)
        if algorithm != "shap" or explainer is None or not explainer.enable_shap:
            return []
        return [
            {"predicted_attribute_name": attribute.name, "expected_value": value}
            for attribute, value in zip(
                explainer.predicted_attributes, explainer.shap_expected_values(), strict=True
            )
        ]
