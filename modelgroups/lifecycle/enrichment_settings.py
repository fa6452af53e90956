"""Which enrichments are enabled for a version, and what came of them.

What is computed when it is asked for is ready at once. Any other enabled enrichment is pending
until somebody adds its results with `Model.add_enrichments`, and ready from then on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from modelgroups.arguments import require_flag, require_mapping
from modelgroups.catalog import enrichments as kept
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.records import EnrichmentSetting
from modelgroups.errors import MethodNotApplicableError, UserValueError
from modelgroups.inferences.explanations import ALGORITHMS, ANOMALY, RAW_ANOMALY
from modelgroups.inferences.layout import ID, RECEIVED, Kind
from modelgroups.inferences.recipient import Recipient
from modelgroups.inferences.view import open_view
from modelgroups.reference.reading import has_reference
from modelgroups.registry import require_writable
from modelgroups.types import Enrichment, EnrichmentStatus, EventType, InputType, OutputType, Stage

__all__ = ["change_settings", "enrichments_of", "explaining_of", "require_possible"]

_KEYS: Final = ("enabled", "config")
_PREDICT: Final = "user_predict_function_import_path"
_ALGORITHM: Final = "explanation_algo"
_OF_ID: Final = frozenset({ID, RECEIVED, ANOMALY, RAW_ANOMALY})


def enrichments_of(to: Recipient) -> dict[str, dict[str, Any]]:
    """Return every enrichment of a model: whether it is enabled, its config and its status."""
    with to.registry.catalog.read() as session:
        made = kept.settings(session, to.model_id)
    with open_view(to.registry, to.model_id, to.layout) as view:
        held = view.columns(Kind.ENRICHMENT)
    is_ready = {
        Enrichment.AnomalyDetection: not held.isdisjoint({ANOMALY, RAW_ANOMALY}),
        Enrichment.BiasMitigation: True,  # they are computed whenever they are asked for
        Enrichment.Hotspots: True,
        Enrichment.Explainability: not held <= _OF_ID or _PREDICT in _config_of(made),
    }
    found = {}
    for name in Enrichment:
        setting = made.get(name)
        enabled = _by_default(to, name) if setting is None else setting.enabled
        found[str(name)] = {
            "enabled": enabled,
            "config": {} if setting is None else json.loads(setting.config),
            "status": _status(enabled=enabled, is_ready=is_ready[name]),
        }
    return found


def _config_of(made: Mapping[str, EnrichmentSetting]) -> dict[str, Any]:
    setting = made.get(Enrichment.Explainability)
    return {} if setting is None else dict(json.loads(setting.config))


def _by_default(to: Recipient, name: Enrichment) -> bool:
    """Return whether an enrichment is enabled that nobody has set: of anomalies, by reference."""
    is_anomaly = name == Enrichment.AnomalyDetection and to.input_type != InputType.TimeSeries
    return is_anomaly and has_reference(to.registry, to.model_id)


def _status(*, enabled: bool, is_ready: bool) -> EnrichmentStatus:
    if not enabled:
        return EnrichmentStatus.EnrichmentStatusDisabled
    if is_ready:
        return EnrichmentStatus.EnrichmentStatusReady
    return EnrichmentStatus.EnrichmentStatusPending


def change_settings(to: Recipient, output_type: str, changes: Mapping[Any, Any]) -> None:
    """Change the settings of some enrichments; all of them, or none.

    Raises
    ------
    UserValueError, UserTypeError
        A name, a key or a value is wrong.
    MethodNotApplicableError
        The model cannot have what is enabled.
    """
    require_writable(to.registry)
    current = enrichments_of(to)
    settings = []
    for name, change in changes.items():
        if name not in Enrichment.list():
            raise UserValueError(f"{name!r} is not one of {', '.join(Enrichment.list())}")
        asked = require_mapping(change, str(name))
        unknown = [key for key in asked if key not in _KEYS]
        if unknown:
            raise UserValueError(f"{name} has no key {unknown[0]!r}; it takes enabled and config")
        enabled = require_flag(asked.get("enabled", current[name]["enabled"]), f"{name}.enabled")
        config = asked.get("config")
        config = current[name]["config"] if config is None else config
        _check_config(name, require_mapping(config, f"{name}.config"))
        if enabled:
            require_possible(to, output_type, Enrichment(name))
        settings.append(EnrichmentSetting(str(name), enabled, _as_json(name, config)))
    with to.registry.catalog.write() as session:
        to.addressee(session)
        for setting in settings:
            kept.put(session, to.model_id, setting)
        record_event(
            session,
            EventType.EnrichmentUpdated,
            model_id=to.model_id,
            before={each.name: {"enabled": current[each.name]["enabled"]} for each in settings},
            after={each.name: {"enabled": each.enabled} for each in settings},
        )


def _check_config(name: str, config: Mapping[Any, Any]) -> None:
    if name != Enrichment.Explainability:
        return
    algorithm = config.get(_ALGORITHM)
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise UserValueError(f"{_ALGORITHM}={algorithm!r} is not one of {', '.join(ALGORITHMS)}")


def require_possible(to: Recipient, output_type: str, name: Enrichment) -> None:
    """Raise `MethodNotApplicableError` unless a model can have an enrichment."""
    is_classifier = output_type == OutputType.Multiclass
    is_binary = is_classifier and len(to.of_stage(Stage.PredictedValue)) == 2
    attributes = {**to.layout.inference_attributes, **to.layout.truth_attributes}.values()
    reason = None
    if name == Enrichment.AnomalyDetection and to.input_type == InputType.TimeSeries:
        reason = "models of time series have no anomaly detection"
    elif name == Enrichment.Hotspots and not (is_classifier and to.input_type == InputType.Tabular):
        reason = "hot spots are those of tabular classifiers"
    elif name == Enrichment.BiasMitigation and not is_binary:
        reason = "bias is mitigated of binary classifiers"
    elif name == Enrichment.BiasMitigation and not any(a.monitor_for_bias for a in attributes):
        reason = "no attribute is monitored for bias; set monitor_for_bias of one"
    elif name == Enrichment.Explainability and output_type in (
        OutputType.ObjectDetection,
        OutputType.TokenSequence,
    ):
        reason = f"{output_type} models have no explanations"
    if reason is not None:
        raise MethodNotApplicableError(f"{name} cannot be enabled: {reason}")


def _as_json(name: str, config: Mapping[Any, Any]) -> str:
    try:
        return json.dumps(deepcopy(dict(config)), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UserValueError(f"{name}.config must be plain JSON: {error}") from error


def explaining_of(to: Recipient) -> tuple[bool, str | None] | None:
    """Return whether explainability is enabled and by which algorithm; None if nobody has set."""
    with to.registry.catalog.read() as session:
        setting = kept.settings(session, to.model_id).get(Enrichment.Explainability)
    if setting is None:
        return None
    return setting.enabled, json.loads(setting.config).get(_ALGORITHM)
