"""Public docstrings are complete, by the rules of numpydoc but for those named here."""

import importlib
import inspect
import re
from collections.abc import Iterator
from enum import Enum

from numpydoc.validate import validate

MODULES = ("modelgroups", "modelgroups.query", "modelgroups.testing")
NO_RULES = {
    "GL01": "a summary begins behind the quotes, which older versions of numpydoc forbid",
    "ES01": "a summary often says all",
    "EX01": "examples are looked for by a test of their own",
    "PR03": "parameters that are alike are described together",
    "PR04": "types stand in the signature",
    "RT04": "what is returned may begin with the name of a column or with a literal",
    "SA01": "what else to see is named in the text",
}
WITHOUT_EXAMPLE = {
    "modelgroups.Model.enable_explainability": "needs lime or shap, which are not everywhere",
    "modelgroups.Model.explain_inferences": "needs lime or shap, which are not everywhere",
}
SAYS_WHAT_COMES_BACK = ("Return ", "Yield ", "Iterate ")


def public_names() -> Iterator[str]:
    """Yield what the modules export, and the public methods of what they export."""
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            value = getattr(module, name)
            if not (inspect.isclass(value) or inspect.isfunction(value)):
                continue
            path = f"{module_name}.{name}"
            yield path
            if inspect.isclass(value):
                yield from (f"{path}.{member}" for member in own_members(value))


def own_members(kind: type) -> Iterator[str]:
    """Yield the public methods and properties that come from the package, not from Python's."""
    for name, value in inspect.getmembers(kind):
        function = value.fget if isinstance(value, property) else value
        if name.startswith("_") or not (inspect.isfunction(function) or inspect.ismethod(function)):
            continue
        if function.__module__.startswith("modelgroups"):
            yield name


def found(path: str) -> object:
    module_name = max((m for m in MODULES if path.startswith(f"{m}.")), key=len)
    value = importlib.import_module(module_name)
    for name in path.removeprefix(f"{module_name}.").split("."):
        value = getattr(value, name)
    return value


def is_exempt(path: str, code: str, message: str) -> bool:
    """Whether a rule does not hold: the summary says enough, or no user passes the parameter.

    Members of enumerations are not made by users, errors take what `Exception` takes, and fields
    with an underscore are the package's own.
    """
    value = found(path)
    if code == "RT01":
        return (inspect.getdoc(value) or "").startswith(SAYS_WHAT_COMES_BACK)
    if code == "PR01" and inspect.isclass(value):
        if issubclass(value, Enum | Exception):
            return True
        return all(name.startswith("_") for name in re.findall(r"'([^']+)'", message))
    return False


def faults(path: str) -> list[str]:
    return [
        f"{path}: {code} {message}"
        for code, message in validate(path)["errors"]
        if code not in NO_RULES and not is_exempt(path, code, message)
    ]


def test_what_is_public_is_described():
    paths = list(public_names())
    assert {"modelgroups.connect", "modelgroups.Model.build"} < set(paths)
    assert "\n".join(fault for path in paths for fault in faults(path)) == ""


def test_what_is_public_has_an_example_that_runs():
    lacking = {path for path in public_names() if ">>> " not in (inspect.getdoc(found(path)) or "")}
    assert lacking == set(WITHOUT_EXAMPLE)
