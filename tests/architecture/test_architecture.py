"""The shape of the package: who imports whom, how long modules are, what is public."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import modelgroups
import modelgroups as mg
from modelgroups import errors

ROOT = Path(modelgroups.__file__).parent
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages([str(ROOT)], "modelgroups.")
    if ".migrations.env" not in module.name
    and ".versions." not in module.name
    and not module.name.endswith("__main__")
)
LONGEST_MODULE = 500


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_parts_import_only_what_lies_below_them():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", MODULES)
def test_the_names_that_a_module_exports_are_there(name):
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert [symbol for symbol in exported if not hasattr(module, symbol)] == []


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_is_too_long_to_hold_in_the_head(path):
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


def test_importing_the_package_loads_nothing_heavy():
    heavy = "{'pandas', 'pyarrow', 'numpy', 'sqlmodel', 'sqlalchemy', 'alembic', 'typer', 'rich'}"
    assert python(f"import sys, modelgroups; print({heavy} & sys.modules.keys())") == "set()"


def test_looking_groups_up_needs_neither_pandas_nor_pyarrow_nor_alembic(tmp_path):
    code = (
        "import sys, modelgroups as mg\n"
        f"with mg.connect({str(tmp_path)!r}) as c: c.model_groups(); c.models()\n"
        "print({'pandas', 'pyarrow', 'alembic'} & sys.modules.keys())"
    )
    assert python(code) == "set()"


def test_a_query_of_many_rows_does_not_load_pandas(tmp_path):
    frame = pd.DataFrame({"age": range(50_000), "p": 0.5, "y": [0, 1] * 25_000})
    with mg.connect(tmp_path) as connection:
        model = connection.model("m", "TABULAR", "MULTICLASS")
        model.build(frame, {"p": 1}, ground_truth_column="y")
        model.save()
        model.send_inferences(frame)
        model.compact()
    code = (
        "import sys, modelgroups as mg\n"
        f"with mg.connect({str(tmp_path)!r}) as c:\n"
        "    answer = c.models()[0].query({'select': [{'function': 'avg', 'parameters':"
        " {'property': 'age'}, 'alias': 'mean'}]})\n"
        "print(answer, 'pandas' in sys.modules)"
    )
    assert python(code) == "[{'mean': 24999.5}] False"


def test_every_public_name_resolves_and_is_documented():
    for name in modelgroups.__all__:
        value = getattr(modelgroups, name)
        assert name == "__version__" or inspect.getdoc(value), name
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = modelgroups.no_such_name


def test_every_public_method_is_documented():
    for kind in (modelgroups.Connection, modelgroups.Model, modelgroups.ModelGroup):
        for name, value in inspect.getmembers(kind):
            if not name.startswith("_") and (callable(value) or isinstance(value, property)):
                assert inspect.getdoc(value), f"{kind.__name__}.{name}"


def test_the_tree_that_the_errors_module_draws_is_the_tree_that_it_has():
    drawn = {
        word.strip()
        for line in (errors.__doc__ or "").splitlines()
        for word in [line.strip(" │├└─").split(" ")[0]]
        if word.endswith("Error")
    }
    assert drawn == set(errors.__all__)


@pytest.mark.parametrize("name", errors.__all__)
def test_an_error_survives_a_trip_between_processes(name):
    import pickle

    kind = getattr(errors, name)
    error = kind(["one", "two"]) if name == "FrameError" else kind("what was wrong")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)
