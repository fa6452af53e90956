"""The part of `Model` that takes in what is computed of inferences afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelgroups.arguments import require_mapping, require_member, require_text, require_whole
from modelgroups.calls import checked_calls
from modelgroups.errors import UserValueError
from modelgroups.model.sending import Sending, kept
from modelgroups.types import Enrichment

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

    def explain_inference(
        self,
        partner_inference_id: str,
        algorithm: str = "lime",
        page: int = 1,
        page_size: int = 500,
        n_samples: int | None = None,
        sort: str | None = None,
    ) -> dict[str, Any]:
        """Return the explanation of an inference that `add_enrichments` has stored.

        Parameters
        ----------
        partner_inference_id
            Which inference.
        algorithm
            ``"lime"`` or ``"shap"``, in any case.
        page, page_size
            Which of the scores of each prediction, from page 1 on.
        n_samples
            Accepted for the SDK's sake; nothing is computed.
        sort
            ``"value"``, ``"word"``, ``"location"`` or ``"attribute_name"``, with ``-`` before it
            for descending; tokens are sorted by the first three, inputs by value and name.

        Returns
        -------
        dict
            ``explanation``, a dict for each predicted attribute with its importance_scores, and
            ``expected_value``, which nobody can add and is empty.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        NotFoundError
            There is no such inference, or no such explanation of it.
        UserValueError
            The algorithm, the order or the page is wrong.

        Examples
        --------
        >>> from modelgroups.testing import saved_model
        >>> part = {"algo": "lime", "predicted_attribute": "p", "attribute": "age", "score": 0.5}
        >>> with saved_model() as model:
        ...     _ = model.send_inferences([{"age": 31, "p": 0.25, "partner_inference_id": "a"}])
        ...     _ = model.add_enrichments({"a": {"explanations": [part]}})
        ...     model.explain_inference("a")["explanation"][0]["importance_scores"]
        [{'attribute_name': 'age', 'explanation_value': 0.5, 'tokens': []}]
        """
        from modelgroups.inferences.explain import explanation_of

        if n_samples is not None:
            require_whole(n_samples, "n_samples")
        first, size = require_whole(page, "page"), require_whole(page_size, "page_size")
        if first < 1 or size < 1:
            raise UserValueError(f"page and page_size must be 1 or more, got {first} and {size}")
        found = explanation_of(
            self._recipient("explain_inference"),
            require_text(partner_inference_id, "partner_inference_id"),
            require_text(algorithm, "algorithm"),
            None if sort is None else require_text(sort, "sort"),
        )
        shown = slice((first - 1) * size, first * size)
        for part in found:
            part["importance_scores"] = part["importance_scores"][shown]
        return {"explanation": found, "expected_value": []}

    def get_enrichments(self) -> dict[str, dict[str, Any]]:
        """Return the enrichments of the model, each with enabled, config and status.

        Nothing is computed here: what is enabled is ``"Pending"`` until its results are added
        with `add_enrichments`, then ``"Ready"``; else it is ``"Disabled"``. Anomaly detection is
        enabled once there is reference data.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.

        Examples
        --------
        >>> from modelgroups.testing import saved_model
        >>> with saved_model() as model:
        ...     {name: str(found["status"]) for name, found in model.get_enrichments().items()}
        {'anomaly_detection': 'Pending', 'bias_mitigation': 'Disabled',
         'explainability': 'Disabled', 'hotspots': 'Disabled'}
        """
        from modelgroups.lifecycle.enrichment_settings import enrichments_of

        return enrichments_of(self._recipient("get_enrichments"))

    def get_enrichment(self, enrichment: str) -> dict[str, Any]:
        """Return one of `get_enrichments`, an `Enrichment`."""
        name = require_member(Enrichment, enrichment, "enrichment")
        return self.get_enrichments()[name]

    def update_enrichments(self, enrichment_configs: Mapping[str, Mapping[str, Any]]) -> str:
        """Enable enrichments or disable them, and keep their configs; all of them, or none.

        Parameters
        ----------
        enrichment_configs
            By `Enrichment`: a dict with ``enabled``, ``config`` or both. It is not changed. The
            ``explanation_algo`` of explainability is what queries mean that name none.

        Returns
        -------
        str
            ``"ok"``.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved, or cannot have what is enabled; or explainability is given
            code to run, for nothing is computed here.
        UserValueError, UserTypeError
            A name or a value is wrong.
        MissingParameterError
            Explainability is given its code in part.

        Examples
        --------
        >>> from modelgroups.testing import saved_model
        >>> with saved_model() as model:
        ...     _ = model.update_enrichments({"anomaly_detection": {"enabled": False}})
        ...     model.get_enrichment("anomaly_detection")["enabled"]
        False
        """
        from modelgroups.lifecycle.enrichment_settings import change_settings

        to = self._recipient("update_enrichments")
        changes = require_mapping(enrichment_configs, "enrichment_configs")
        change_settings(to, str(self.output_type), changes)
        return "ok"

    def update_enrichment(
        self,
        enrichment: str,
        enabled: bool | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> str:
        """Change one enrichment, as `update_enrichments` does; what is None stays."""
        given = {"enabled": enabled, "config": config}
        change = {name: value for name, value in given.items() if value is not None}
        return self.update_enrichments({enrichment: change})

    def enable_hotspots(self) -> str:
        """Enable hot spots of a tabular classifier; see `update_enrichments`."""
        return self.update_enrichment(Enrichment.Hotspots, enabled=True)

    def enable_bias_mitigation(self) -> str:
        """Enable bias mitigation of a binary classifier; see `update_enrichments`."""
        return self.update_enrichment(Enrichment.BiasMitigation, enabled=True)

    def delete_explainer(self) -> None:
        """Disable explainability; explanations that are stored stay."""
        self.update_enrichment(Enrichment.Explainability, enabled=False)
