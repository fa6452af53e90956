"""Every module and every public name of the SDK is there, under both roots."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest

import modelgroups.arthurai

NAMES = json.loads(Path(__file__).with_name("goldens.json").read_text())["names"]

# The address of a download that nothing here makes.
LEFT_OUT = {("arthurai.datasets.download", "s3_bucket_name")}

# What user code takes from a module that only imports it.
REEXPORTED = {
    "arthurai": ["ArthurAI", "ArthurModel", "ArthurAttribute", "__version__"],
    "arthurai.client.apiv3": [
        "InputType",
        "OutputType",
        "ValueType",
        "Stage",
        "TextDelimiter",
        "ListableStrEnum",
        "AttributeCategory",
        "AttributeBin",
        "decorators",
        "arthur_explainer",
        "explanation_packager",
    ],
    "arthurai.datasets": ["ArthurExample"],
}


def ours(module):
    return import_module(f"modelgroups.{module}")


@pytest.mark.parametrize("module", sorted(NAMES))
def test_module_has_the_names_of_the_sdk(module):
    expected = [name for name in NAMES[module] if (module, name) not in LEFT_OUT]
    expected += REEXPORTED.get(module, [])
    assert [name for name in expected if not hasattr(ours(module), name)] == []


@pytest.mark.parametrize("module", sorted(NAMES))
def test_both_paths_lead_to_one_module(module, installed):
    assert import_module(module) is ours(module)


@pytest.mark.parametrize("module", sorted(NAMES))
def test_all_lists_names_that_exist(module):
    module = ours(module)
    assert [name for name in getattr(module, "__all__", []) if not hasattr(module, name)] == []


@pytest.mark.parametrize("module", sorted(NAMES.keys() - {"arthurai", "arthurai.version"}))
def test_modules_are_attributes_of_their_package_without_being_imported(module):
    package, _, name = module.rpartition(".")
    if (package, name) != ("arthurai.datasets", "arthur_example"):  # imported by its package
        assert vars(ours(package))["__getattr__"](name) is ours(module)


def test_whole_path_works_after_importing_the_root_alone(python):
    script = "import modelgroups.arthurai as root; print(root.core.viz.utils.OutputType.list()[0])"
    assert python("-c", script).strip() == "MULTICLASS"


def test_from_imports_give_the_same_objects(installed):
    import arthurai.core.models as models
    from arthurai import ArthurAttribute, ArthurModel
    from arthurai.common.constants import InputType
    from arthurai.common.exceptions import ArthurUserError

    import modelgroups.errors
    import modelgroups.model
    import modelgroups.schema.attribute
    import modelgroups.types

    assert models.ArthurModel is ArthurModel is modelgroups.model.Model
    assert ArthurAttribute is modelgroups.schema.attribute.Attribute
    assert InputType is modelgroups.types.InputType
    assert ArthurUserError is modelgroups.errors.UserError


def test_import_is_light(python):
    script = """
import sys
import modelgroups.arthurai
modelgroups.arthurai.install()
import arthurai
from arthurai.common.constants import InputType
from arthurai.common.exceptions import ArthurError
from arthurai import ArthurAttribute
print(sorted({"pandas", "numpy", "pyarrow", "sqlmodel", "sqlalchemy"} & set(sys.modules)))
"""
    assert python("-c", script).strip() == "[]"


def test_import_adds_no_log_handlers_and_prints_nothing(python):
    script = (
        "import logging, modelgroups.arthurai;"
        "assert not logging.getLogger().handlers;"
        "assert not logging.getLogger('modelgroups').handlers"
    )
    assert python("-c", script) == ""


def test_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'ArthurIA'"):
        modelgroups.arthurai.ArthurIA  # noqa: B018
    assert {"ArthurAI", "install"} <= set(dir(modelgroups.arthurai))


def test_importing_the_old_paths_logs_one_warning(monkeypatch, caplog):
    old = import_module("modelgroups.arthurai.client.apiv3")
    for name in [name for name in sys.modules if name.startswith(old.__name__)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(modelgroups.arthurai.client, "apiv3", old)  # and back to it afterwards
    caplog.clear()  # in a process of its own the first import is the one above
    with caplog.at_level("INFO"):
        new = import_module(old.__name__)
        assert new.InputType is old.InputType
    assert new is not old
    (record,) = caplog.records
    assert (record.levelname, "deprecated" in record.getMessage()) == ("WARNING", True)
