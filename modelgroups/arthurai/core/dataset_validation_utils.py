"""Names of the SDK's checks of reference data; the registry makes its own.

``validate_attr_names`` and ``valid_rec_obj`` work. The others judged one value at a time and are
replaced by `ArthurModel.validate_reference_data`, which judges whole columns.
"""

from __future__ import annotations

from modelgroups.arthurai._absent import absent
from modelgroups.schema.columns import check_names as validate_attr_names

__all__ = [
    "ensure_obj_matches_attr_value_type",
    "get_first_elem_if_valid_list",
    "obj_value_type_mismatch_err",
    "valid_rec_obj",
    "validate_attr_names",
    "validate_series_data_type",
    "validate_token_likelihoods_type",
]

_INSTEAD = "call ArthurModel.validate_reference_data() with a DataFrame"

ensure_obj_matches_attr_value_type = absent("ensure_obj_matches_attr_value_type", _INSTEAD)
get_first_elem_if_valid_list = absent("get_first_elem_if_valid_list", _INSTEAD)
obj_value_type_mismatch_err = absent("obj_value_type_mismatch_err", _INSTEAD)
validate_series_data_type = absent("validate_series_data_type", _INSTEAD)
validate_token_likelihoods_type = absent("validate_token_likelihoods_type", _INSTEAD)


def valid_rec_obj(obj: object) -> bool:
    """Return whether something is an entry of a ranked list: a dict with a text ``item_id``.

    >>> valid_rec_obj({"item_id": "a", "score": 0.5}), valid_rec_obj({"item_id": 1})
    (True, False)
    """
    return isinstance(obj, dict) and isinstance(obj.get("item_id"), str)
