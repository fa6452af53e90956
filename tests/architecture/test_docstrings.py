"""Public docstrings are complete, by the rules of numpydoc but for those named here."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Sequence
from enum import Enum

from numpydoc.validate import validate

MODULES = ("modelgroups", "modelgroups.query", "modelgroups.testing")
RAISED_AND_TYPES = ("modelgroups.errors", "modelgroups.types")
RETURNED = (
    "modelgroups.alerts.rules.Alert",
    "modelgroups.alerts.rules.AlertRule",
    "modelgroups.catalog.records.Artifact",
    "modelgroups.deploying.Deploying",
    "modelgroups.experiments.comparison.Comparison",
    "modelgroups.experiments.comparison.Line",
    "modelgroups.experiments.course.Course",
    "modelgroups.experiments.course.Division",
    "modelgroups.experiments.decide.Decision",
    "modelgroups.experiments.decide.Finding",
    "modelgroups.experiments.decide.Guardrail",
    "modelgroups.experiments.decide.GuardrailState",
    "modelgroups.experiments.deploy.Observed",
    "modelgroups.experiments.deployment.Deployment",
    "modelgroups.experiments.effect.Effect",
    "modelgroups.experiments.effect.Interval",
    "modelgroups.experiments.evaluation.Evaluation",
    "modelgroups.experiments.serve.Server",
    "modelgroups.experiments.traffic.Split",
    "modelgroups.inferences.quality.AttributeQuality",
    "modelgroups.inferences.summary.LogSummary",
    "modelgroups.lifecycle.maintenance.Verification",
    "modelgroups.lifecycle.provenance.Provenance",
    "modelgroups.model.bias.Bias",
    "modelgroups.model.bias.BiasMetrics",
    "modelgroups.model.mitigating.ThresholdMitigation",
    "modelgroups.query.metrics.Metric",
    "modelgroups.storage.objects.Collected",
    "modelgroups.viz.visualizer.DataVisualizer",
)
"""What methods return, and no module exports."""
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


def public_names(modules: Sequence[str] = MODULES) -> Iterator[str]:
    """Yield what modules export, and the public methods of what they export."""
    for module_name in modules:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            value = getattr(module, name)
            if not (inspect.isclass(value) or inspect.isfunction(value)):
                continue
            yield from with_members(f"{module_name}.{name}")


def with_members(path: str) -> Iterator[str]:
    """Yield a path, and those of the public methods and properties of a class."""
    yield path
    value = pkgutil.resolve_name(path)
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


def is_exempt(path: str, code: str, message: str) -> bool:
    """Whether a rule does not hold: the summary says enough, or no user passes the parameter.

    Members of enumerations are not made by users, errors take what `Exception` takes, and fields
    with an underscore are the package's own.
    """
    value = pkgutil.resolve_name(path)
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
    paths = [*public_names(), *public_names(RAISED_AND_TYPES)]
    paths += [path for kind in RETURNED for path in with_members(kind)]
    assert {"modelgroups.connect", "modelgroups.Model.build"} < set(paths)
    assert "\n".join(fault for path in paths for fault in faults(path)) == ""


def has_example(path: str) -> bool:
    """Whether a docstring has an example; that of a property may stand in the one of its class."""
    value = pkgutil.resolve_name(path)
    document = inspect.getdoc(value) or ""
    if ">>> " in document:
        return True
    if not isinstance(value, property):
        return False
    owner, _, name = path.rpartition(".")
    lines = (inspect.getdoc(pkgutil.resolve_name(owner)) or "").splitlines()
    return any(f".{name}" in line for line in lines if line.startswith((">>> ", "... ")))


def test_what_is_public_has_an_example_that_runs():
    lacking = {path for path in public_names() if not has_example(path)}
    assert lacking == set(WITHOUT_EXAMPLE)


def test_so_has_what_methods_return():
    assert [path for kind in RETURNED for path in with_members(kind) if not has_example(path)] == []


def test_an_example_that_is_missing_is_found_out():
    assert has_example("modelgroups.experiments.deployment.Deployment.state")  # that of its class
    assert not has_example("modelgroups.registry.Registry.read_only")
    assert not has_example("modelgroups.registry.Registry.close")
