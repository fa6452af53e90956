"""Everything of the SDK that can be called is called here as it is there.

``signatures.json`` is what `make_signatures.py` found in arthurai 3.33.3.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from .make_signatures import parameters_of

SIGNATURES = json.loads(Path(__file__).with_name("signatures.json").read_text())

# What stands for a part of the platform that is not here: it raises, whatever it is given
# (`test_arthurai_core_helpers` sees to that); or it is how the SDK does something inside.
ABSENT = {
    "arthurai.client.auth:AuthRefresher",
    "arthurai.client.client:new_requests_client",
    "arthurai.client.helper:construct_url",
    "arthurai.client.helper:get_arthur_internal_user_org",
    "arthurai.client.helper:get_auth_info",
    "arthurai.client.helper:get_current_org",
    "arthurai.client.helper:user_login",
    "arthurai.client.http.arthur:ArthurHTTPClient",
    "arthurai.client.http.base:AbstractHTTPClient",
    "arthurai.client.http.requests:HTTPClient",
    "arthurai.client.validation:validate_multistatus_response_and_get_failures",
    "arthurai.client.validation:validate_response_status",
    "arthurai.core.data_service:DatasetService.chunk_image_set",
    "arthurai.core.data_service:DatasetService.chunk_image_set_with_directory_path_or_files",
    "arthurai.core.data_service:DatasetService.files_size",
    "arthurai.core.data_service:DatasetService.send_files_from_dir_iteratively",
    "arthurai.core.data_service:DatasetService.send_files_iteratively",
    "arthurai.core.data_service:ImageZipper",
    "arthurai.core.dataset_validation_utils:ensure_obj_matches_attr_value_type",
    "arthurai.core.dataset_validation_utils:get_first_elem_if_valid_list",
    "arthurai.core.dataset_validation_utils:obj_value_type_mismatch_err",
    "arthurai.core.dataset_validation_utils:validate_series_data_type",
    "arthurai.core.dataset_validation_utils:validate_token_likelihoods_type",
    "arthurai.core.enrichment_status_waiter:EnrichmentStatusWaiter",
    "arthurai.core.model_status_waiter:ModelStatusWaiter",
    "arthurai.core.status_waiter:StatusWaiter",
    "arthurai.datasets.arthur_example:ArthurExample",
    "arthurai.datasets.arthur_example:ArthurExampleSchema",
    "arthurai.datasets.download:ArthurExampleDownloader",
    "arthurai.datasets.download:download_from_s3",
    "arthurai.datasets.download:get_file_keys_in_s3_folder",
    "arthurai.datasets.download:load_downloaded_file",
    "arthurai.explainability.arthur_explainer:ArthurExplainer.build_image_explainers",
    "arthurai.explainability.arthur_explainer:ArthurExplainer.build_nlp_explainers",
    "arthurai.explainability.arthur_explainer:ArthurExplainer.build_tabular_explainers",
    "arthurai.explainability.arthur_explainer:ArthurExplainer.format_lime_image_results",
    "arthurai.explainability.arthur_explainer:ArthurExplainer.format_lime_results",
    "arthurai.explainability.arthur_explainer:ArthurExplainer.format_lime_results_for_one_class",
    "arthurai.explainability.arthur_explainer:ArthurExplainer.format_lime_text_results",
    "arthurai.explainability.explanation_packager:ExplanationPackager.build_categorical_lookup_table",
    "arthurai.explainability.explanation_packager:ExplanationPackager.copy_files",
    "arthurai.explainability.explanation_packager:ExplanationPackager.create_test_script",
    "arthurai.explainability.explanation_packager:ExplanationPackager.get_request_files",
    "arthurai.explainability.explanation_packager:ExplanationPackager.make_zip",
    "arthurai.explainability.explanation_packager:ExplanationPackager.test",
    "arthurai.explainability.explanation_packager:ExplanationPackager.validate_requirements_add_sklearn",
}

# Parameters that are given by position, under a name of our own.
RENAMED = {
    "arthurai.common.log:InfoFilter.filter",  # as in the class above it
    "arthurai.core.dataset_validation_utils:validate_attr_names",
    "arthurai.core.viz.visualizer:DataVisualizer",
}

# A group without an id and a name would be nobody's; the SDK makes both None.
REQUIRED = {"arthurai.core.models:ArthurModelGroup": ["id", "name", "description"]}


def is_absent(path):
    return any(path == name or path.startswith(f"{name}.") for name in ABSENT)


def ours(path):
    module, _, name = path.partition(":")
    found = import_module(f"modelgroups.{module}")
    for part in name.split("."):
        parent, found = found, getattr(found, part)
    is_method = isinstance(parent, type) and not isinstance(
        vars(next(c for c in parent.__mro__ if part in vars(c)))[part], classmethod | staticmethod
    )
    return parameters_of(found)[1 if is_method else 0 :]


def plain(path, parameters):
    """Parameters without what may differ: names of ``*args``, and those listed above."""
    told = []
    for name, kind, *default in parameters:
        shown = "*" if kind.startswith("VAR_") else name
        if path in RENAMED or path.endswith(".clean_nones"):
            shown = "…"
        if name in REQUIRED.get(path, []):
            default = []
        if default == ["a _HAS_DEFAULT_FACTORY_CLASS"]:  # our None
            default = [None]
        told.append((shown, kind, *default))
    return told


@pytest.mark.parametrize("path", [path for path in SIGNATURES if not is_absent(path)])
def test_signature_is_that_of_the_sdk(path):
    expected, found = plain(path, SIGNATURES[path]), plain(path, ours(path))
    assert found[: len(expected)] == expected
    more = found[len(expected) :]
    assert all(len(parameter) == 3 for parameter in more), "what is ours alone has a default"
