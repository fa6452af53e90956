"""Write ``signatures.json`` from the published SDK.

Run with a Python that has arthurai 3.33.3 installed, not with ours:
``python tests/arthurai/make_signatures.py``.
"""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    names = json.loads((HERE / "goldens.json").read_text())["names"]
    found = {}
    for module, defined in names.items():
        for name in defined:
            found |= signatures(f"{module}:{name}", getattr(import_module(module), name))
    path = HERE / "signatures.json"
    lines = [f"{json.dumps(name)}: {json.dumps(told)}" for name, told in sorted(found.items())]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def signatures(path: str, value: object) -> dict[str, list[list[object]]]:
    """Return what can be called of a function or a class, and with what."""
    if inspect.isfunction(value):
        return {path: parameters_of(value)}
    if not inspect.isclass(value):
        return {}
    own = [cls for cls in value.__mro__ if cls.__module__.startswith("arthurai")]
    names = {name for cls in own for name in vars(cls) if not name.startswith("_")}
    found = {path: parameters_of(value)} if any("__init__" in vars(cls) for cls in own) else {}
    for name in names:
        static = inspect.getattr_static(value, name)
        if inspect.isfunction(static):
            found[f"{path}.{name}"] = parameters_of(static)[1:]  # without self
        elif isinstance(static, classmethod | staticmethod):
            found[f"{path}.{name}"] = parameters_of(getattr(value, name))
    return found


def parameters_of(function: object) -> list[list[object]]:
    """Return name, kind and default of each parameter; one without default has no third."""
    found = []
    for parameter in inspect.signature(function).parameters.values():
        told: list[object] = [parameter.name, parameter.kind.name]
        if parameter.default is not parameter.empty:
            told.append(told_default(parameter.default))
        found.append(told)
    return found


def told_default(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    return f"a {type(value).__name__}"


if __name__ == "__main__":
    main()
