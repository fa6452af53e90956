"""`Model`, put together from its parts."""

from __future__ import annotations

from modelgroups.hints import hinted
from modelgroups.model.alerting import Alerting

__all__ = ["Model"]


@hinted("a version has it: group.get_version(label=…).{name}, or connection.get_model(id).{name}")
class Model(Alerting):
    """One version of a model: its schema, what is known about it, its reference data.

    It is made by `Connection.model`, gets a schema from `build` (or `infer_schema` and the
    ``add_…`` methods), is looked at with `review` and stored with `save`. From then on it is
    immutable, but for what `update` may change.

    The methods lie in the modules beside this one: `editing` (attributes one by one),
    `declaring` (outputs), `building` (schemas from data), `referring` (reference data),
    `storing`, `sending` and `bulk` (what it receives in use), `enriching` (what is computed of
    that), `logged` (what it has received), `asking` (questions about that), `explaining` (why
    it predicts that), `finding` (where it is wrong) and `alerting` (thresholds for the answers).

    Parameters
    ----------
    partner_model_id
        The user's own id of the model, unique among the active ones.
    input_type, output_type
        An `InputType` and an `OutputType`.
    client
        The connection that it is saved through.
    explainability
        How explanations are made, once `enable_explainability` was called.
    id, created_at, updated_at
        Its UUID, and when it was saved and last changed, in UTC; None before `save`.
    display_name, description, tags
        What people read.
    is_batch
        Whether inferences come in batches.
    archived
        Whether listings leave it out.
    attributes
        Its schema; None before it has one.
    classifier_threshold
        The probability from which on a class is predicted, 0 to 1.
    text_delimiter
        Regular expression that splits texts into tokens, a `TextDelimiter`.
    expected_throughput_gb_per_day
        Gigabytes of inferences a day; kept for the record.
    pixel_height, pixel_width, image_class_labels
        Size of images in pixels; names of the classes of objects in them.
    status
        A `ModelStatus`; None before `save`.
    model_group_id, version_label
        The group to save into, and the label there; without a group a new one is begun.
    version_sequence_num
        Its number in the group, from 1; None before `save`.

    Examples
    --------
    >>> print(Model("fraud-1", "TABULAR", "MULTICLASS", display_name="Card fraud"))
    Tabular Multiclass Model
        Card fraud:fraud-1
        Stage: Local
        Attributes: []
    """
