"""The part of `Model` that takes in what is computed of inferences afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelgroups.arguments import require_mapping, require_member
from modelgroups.calls import checked_calls
from modelgroups.errors import MethodNotApplicableError
from modelgroups.model.bulk import BulkSending
from modelgroups.model.sending import kept
from modelgroups.types import Enrichment

if TYPE_CHECKING:
    from modelgroups.analysis.explainer import Explainer
    from modelgroups.inferences.recipient import Recipient

__all__ = ["Enriching"]


@checked_calls
class Enriching(BulkSending):
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
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences([{"age": 31, "p": 0.25, "partner_inference_id": "a"}])
        ...     model.add_enrichments({"a": {"anomaly_score": 0.4}, "b": {"anomaly_score": 0.7}})
        {'inferences': 2, 'waiting': 1, 'anomaly_scores': 2, 'explanation_scores': 0}
        """
        from modelgroups.inferences.enrich import add_enrichments

        data, output_type = kept(enrichments), str(self.output_type)
        return self._send("add_enrichments", lambda to: add_enrichments(to, data, output_type))

    def get_enrichments(self) -> dict[str, dict[str, Any]]:
        """Return the enrichments of the model, each with enabled, config and status.

        What is enabled is ``"Ready"`` where it is computed when it is asked for (hot spots, bias
        mitigation, explanations by a predict function); else it is ``"Pending"`` until its results
        are added with `add_enrichments`. Anomaly detection is enabled once there is reference data.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     {name: str(found["status"]) for name, found in model.get_enrichments().items()}
        {'anomaly_detection': 'Pending', 'bias_mitigation': 'Disabled',
         'explainability': 'Disabled', 'hotspots': 'Disabled'}
        """
        from modelgroups.lifecycle.enrichment_settings import enrichments_of

        return enrichments_of(self._recipient("get_enrichments"))

    def get_enrichment(self, enrichment: str) -> dict[str, Any]:
        """Return one of `get_enrichments`: its enabled, config and status.

        Parameters
        ----------
        enrichment
            An `Enrichment`, or its text.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.get_enrichment("hotspots")["enabled"]
        False
        """
        name = require_member(Enrichment, enrichment, "enrichment")
        return self.get_enrichments()[name]

    def update_enrichments(self, enrichment_configs: Mapping[str, Mapping[str, Any]]) -> str:
        """Enable enrichments or disable them, and keep their configs; all of them, or none.

        Parameters
        ----------
        enrichment_configs
            By `Enrichment`: a dict with ``enabled``, ``config`` or both. It is not changed. The
            ``explanation_algo`` of explainability is what queries mean that name none; with
            ``project_directory`` and what belongs to it its config is as `enable_explainability`
            makes it.

        Returns
        -------
        str
            ``"ok"``.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved, or cannot have what is enabled.
        UserValueError, UserTypeError
            A name or a value is wrong.
        MissingParameterError
            Explainability is given its code in part.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.update_enrichments({"anomaly_detection": {"enabled": False}})
        ...     model.get_enrichment("anomaly_detection")["enabled"]
        False
        """
        from modelgroups.lifecycle.enrichment_settings import change_settings

        to = self._recipient("update_enrichments")
        changes = dict(require_mapping(enrichment_configs, "enrichment_configs"))
        explainer = self._with_code(to, changes)
        change_settings(to, str(self.output_type), changes)
        if Enrichment.Explainability in changes and not self._is_explained():
            to.registry.explainers.pop(to.model_id, None)
        elif explainer is not None:
            to.registry.explainers[to.model_id] = explainer
        return "ok"

    def _is_explained(self) -> bool:
        return bool(self.get_enrichment(Enrichment.Explainability)["enabled"])

    def _with_code(self, to: Recipient, changes: dict[Any, Any]) -> Explainer | None:
        """Try the predict function that is given with explainability, if one is.

        In `changes` its config is replaced by what is kept of it.
        """
        asked = changes.get(Enrichment.Explainability)
        config = asked.get("config") if isinstance(asked, Mapping) else None
        if not isinstance(config, Mapping) or asked is None:
            return None
        from modelgroups.analysis.packaging import asks_for_code, explainer_of, kept_config
        from modelgroups.lifecycle.enrichment_settings import require_possible

        explainer = None
        if asks_for_code(config) and asked.get("enabled", self._is_explained()) is True:
            require_possible(to, str(self.output_type), Enrichment.Explainability)
            explainer = explainer_of(self, config)
        elif "df" not in config and "project_directory" not in config:
            return None
        changes[Enrichment.Explainability] = {**asked, "config": kept_config(explainer, config)}
        return explainer

    def update_enrichment(
        self,
        enrichment: str,
        enabled: bool | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> str:
        """Change one enrichment, as `update_enrichments` does.

        Parameters
        ----------
        enrichment
            An `Enrichment`, or its text.
        enabled
            Whether it is to be enabled; None leaves that as it is.
        config
            Its config, as of `update_enrichments`; None leaves that as it is.

        Returns
        -------
        str
            ``"ok"``.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.update_enrichment("hotspots", enabled=True)
        'ok'
        """
        given = {"enabled": enabled, "config": config}
        change = {name: value for name, value in given.items() if value is not None}
        return self.update_enrichments({enrichment: change})

    def enable_hotspots(self) -> str:
        """Enable hot spots of a tabular classifier; see `update_enrichments`.

        Returns
        -------
        str
            ``"ok"``.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.enable_hotspots()
        ...     str(model.get_enrichment("hotspots")["status"])
        'Ready'
        """
        return self.update_enrichment(Enrichment.Hotspots, enabled=True)

    def enable_bias_mitigation(self) -> str:
        """Enable bias mitigation of a binary classifier; see `update_enrichments`.

        Returns
        -------
        str
            ``"ok"``.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved, is no binary classifier, or monitors no attribute for bias.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     model.update()
        ...     model.enable_bias_mitigation()
        'ok'
        """
        return self.update_enrichment(Enrichment.BiasMitigation, enabled=True)

    def delete_explainer(self) -> None:
        """Disable explainability; explanations that are stored stay.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved, or explainability is not enabled.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.update_enrichment("explainability", enabled=True)
        ...     model.delete_explainer()
        ...     model.get_enrichment("explainability")["enabled"]
        False
        """
        if not self._is_explained():
            raise MethodNotApplicableError(
                "the model has no explainer to delete; enable_explainability() gives it one"
            )
        self.update_enrichment(Enrichment.Explainability, enabled=False)
