"""A registry with two versions in use, and the command line to ask it with."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from modelgroups.cli.application import app
from tests.cli import warm

REFERENCE = """\
amount,country,p_fraud,fraud
12.5,DE,0.02,0
310.0,US,0.71,1
49.9,DE,0.05,0
5.0,FR,0.01,0
870.0,US,0.93,1
23.1,FR,0.08,0
"""
INFERENCES = """\
partner_inference_id,inference_timestamp,amount,country,p_fraud
tx-1,2026-03-01T09:00:00Z,18.0,DE,0.03
tx-2,2026-03-02T17:30:00+01:00,640.0,US,0.88
tx-3,2026-03-02T17:31:00+01:00,40.0,US,0.18
"""
OUTCOMES = "partner_inference_id,fraud\ntx-1,0\ntx-2,1\ntx-3,1\n"
OUTPUT = ["--output-type", "multiclass", "--prediction", "p_fraud=1", "--ground-truth", "fraud"]


class Shell:
    """Runs commands on one registry, and knows what is to be expected of each."""

    def __init__(self, home):
        self.home = home

    def call(self, *args, stdin=None, env=None):
        args = ["--home", str(self.home), *map(str, args)]
        return CliRunner().invoke(app, args, input=stdin, env=env)

    def __call__(self, *args, stdin=None, told=""):
        """Return what a command prints; it succeeds, and tells nothing but what is expected."""
        done = self.call(*args, stdin=stdin)
        assert done.exit_code == 0, done.stderr
        assert done.stderr.startswith(told) if told else not done.stderr
        return done.stdout

    def json(self, *args, stdin=None):
        return json.loads(self(*args, "--json", stdin=stdin))

    def fails(self, *args, code=1, stdin=None):
        """Return the one line that a command fails with."""
        done = self.call(*args, stdin=stdin)
        assert done.exit_code == code, (done.stdout, done.stderr)
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith("Error: ")
        return line.removeprefix("Error: ")


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """A registry that tests copy."""
    folder = tmp_path_factory.mktemp("filled")
    for name, text in (("reference", REFERENCE), ("day", INFERENCES), ("outcomes", OUTCOMES)):
        (folder / f"{name}.csv").write_text(text)
    shell = Shell(folder / "registry")
    shell("init")
    shell("build", folder / "reference.csv", "--name", "Card fraud", *OUTPUT, "--label", "V1")
    shell("build", folder / "reference.csv", "--group", "Card fraud", *OUTPUT, "--label", "V2")
    for version in ("Card fraud@V1", "Card fraud@V2"):
        shell("send", version, folder / "day.csv")
        shell("ground-truth", version, folder / "outcomes.csv")
    return folder


@pytest.fixture(scope="session")
def program():
    """The command that calls the program, in processes that start quickly."""
    with warm.serving() as command:
        yield command


@pytest.fixture
def folder(filled, tmp_path):
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def shell(folder):
    return Shell(folder / "registry")


@pytest.fixture(scope="session")
def reader(filled):
    """The shared registry, for tests that only read."""
    return Shell(filled / "registry")
