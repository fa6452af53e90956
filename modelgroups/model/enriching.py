"""The part of `Model` that takes in what is computed of inferences afterwards."""

from __future__ import annotations

from typing import Any

from modelgroups.calls import checked_calls
from modelgroups.model.sending import Sending, kept

__all__ = ["Enriching"]


@checked_calls
class Enriching(Sending):
    """Anomaly scores and explanations of what a version in use has received."""

    def add_enrichments(self, enrichments: Any) -> dict[str, int]:
        """Store anomaly scores and explanations that were computed of inferences.

        They belong to inferences by partner_inference_id. Those of an id that is not known yet
        are kept and join its inference when it arrives. Sent again for the same id the latest
        holds: of anomaly scores, and of each part of an explanation (algorithm, predicted
        attribute, input attribute) by itself. All of a call is stored, or nothing.

        Parameters
        ----------
        enrichments
            A dict from ids to dicts with ``anomaly_score`` and ``explanations``, a list of dicts
            with ``algo``, ``predicted_attribute``, ``attribute`` and ``score``; or a table (as
            `send_inferences` takes) with partner_inference_id and anomaly_score, or in long form:
            partner_inference_id, explainer_algo, explainer_predicted_attribute,
            explainer_attribute and explainer_score, a row for each score. There may be a
            raw_anomaly_score too, and of texts ``tokens`` (``explainer_tokens``): a list of dicts
            with ``token``, ``position`` and ``value``. A null says nothing.

        Returns
        -------
        dict
            How many ``inferences`` were enriched and how many of them are ``waiting`` to arrive;
            how many ``anomaly_scores`` and ``explanation_scores`` (or lists of tokens) they got.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved, or has an output type without explanations.
        ConflictError
            The model is archived.
        UserValueError, UserTypeError
            The shape, a name or a value is wrong, or something is given twice; all faults are
            told. Algorithms are ``"lime"`` and ``"shap"``, for texts and images only the first;
            scores are finite, and anomaly_score lies from 0 to 1.

        Examples
        --------
        >>> from modelgroups.testing import saved_model
        >>> with saved_model() as model:
        ...     _ = model.send_inferences([{"age": 31, "p": 0.25, "partner_inference_id": "a"}])
        ...     model.add_enrichments({"a": {"anomaly_score": 0.4}, "b": {"anomaly_score": 0.7}})
        {'inferences': 2, 'waiting': 1, 'anomaly_scores': 2, 'explanation_scores': 0}
        """
        from modelgroups.inferences.enrich import add_enrichments

        data, output_type = kept(enrichments), str(self.output_type)
        return self._send("add_enrichments", lambda to: add_enrichments(to, data, output_type))
