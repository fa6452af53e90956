"""Every command with hostile arguments, in every place: one line on stderr, and nothing happens."""

import pytest

from modelgroups.cli.commands import COMMANDS

HOSTILE = [
    "",
    " ",
    "@",
    "#",
    "@@#",
    "#-1",
    "#99999999999999999999999",
    "Card fraud#٣",
    "Card fraud@",
    "-",
    "--",
    "../..",
    "/dev/null",
    "x" * 5000,
    "[red]x[/red]",
    "[/]",
    "\x1b[2J\x1b]0;title\x07",
    "línea\nnueva\r\x00"[:-1],
    "%s%n{0}{x!r}",
    "'; DROP TABLE model; --",
    "$(touch hacked)",
    "\udcff",
    "🦊\u202e",
]
VALID = {  # a call that works, or would with better files
    "init": [],
    "demo": [],
    "build": ["{file}", "--name", "X", "--output-type", "multiclass", "--prediction", "p_fraud=1",
              "--ground-truth", "fraud", "--dry-run"],
    "groups": [],
    "versions": ["Card fraud"],
    "show": ["Card fraud"],
    "review": ["Card fraud"],
    "send": ["Card fraud", "nosuch.csv"],
    "ground-truth": ["Card fraud", "nosuch.csv"],
    "inferences": ["Card fraud"],
    "metrics": ["Card fraud", "AUC"],
    "drift": ["Card fraud", "amount"],
    "query": ["Card fraud", "nosuch.json"],
    "alerts": ["Card fraud"],
    "compare": ["Card fraud", "V1", "V2"],
    "report": ["Card fraud", "{folder}/out.html"],
    "diff": ["Card fraud", "V1", "V2"],
    "alias": ["Card fraud", "challenger", "V1"],
    "promote": ["Card fraud"],
    "rollback": ["Card fraud"],
    "deploy replace": ["Card fraud@V2"],
    "deploy ab": ["Card fraud", "V1=0.5", "V2=0.5"],
    "deploy canary": ["Card fraud@V2"],
    "deploy shadow": ["Card fraud@V2"],
    "deploy list": ["Card fraud"],
    "deploy show": ["Card fraud"],
    "deploy route": ["Card fraud"],
    "deploy evaluate": ["Card fraud"],
    "deploy advance": ["Card fraud"],
    "deploy reweight": ["Card fraud", "V1=0.5", "V2=0.5"],
    "deploy abort": ["Card fraud"],
    "deploy conclude": ["Card fraud"],
    "archive": ["Card fraud"],
    "restore": ["Card fraud"],
    "audit": [],
    "export": ["Card fraud", "{folder}/out.bundle"],
    "import": ["nosuch.bundle"],
    "backup": ["{folder}/copy"],
    "verify": [],
    "gc": [],
    "compact": ["Card fraud"],
}  # fmt: skip
OPTIONS = {
    "build": ["--output-type", "--prediction", "--input-type", "--ground-truth", "--non-input",
              "--positive", "--group", "--rename"],
    "send": ["--tz", "--rename"],
    "ground-truth": ["--tz", "--rename"],
    "inferences": ["--column", "--since", "--until", "--limit"],
    "metrics": ["--every", "--by", "--since", "--until"],
    "drift": ["--metric", "--every", "--by", "--against", "--since"],
    "query": ["--type"],
    "alerts": ["--status", "--since"],
    "compare": ["--metric", "--by", "--since", "--confidence"],
    "rollback": ["--to"],
    "deploy ab": ["--metric", "--guardrail", "--confidence", "--at"],
    "deploy canary": ["--metric", "--guardrail", "--step", "--at"],
    "deploy shadow": ["--metric", "--guardrail", "--planned"],
    "review": ["--stage"],
    "audit": ["--group", "--type", "--since"],
}  # fmt: skip
"""Options that take a text which cannot be anything."""


def refused(done):
    """Return the line that a call was refused with."""
    assert done.exit_code in {1, 2}, (done.exit_code, done.stdout)
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert line.isprintable()
    assert not line.startswith("Error: unexpected")
    assert len(line) < 2_000
    assert done.stdout == ""
    return line


@pytest.mark.parametrize("name", VALID)
def test_a_hostile_argument_is_refused_in_one_line(shell, folder, monkeypatch, name):
    monkeypatch.chdir(folder)
    before = sorted(folder.rglob("*"))
    valid = [each.format(file="reference.csv", folder=folder) for each in VALID[name]]
    n_arguments = 1 if name == "build" else len(valid)
    places = range(n_arguments - (name in {"export", "backup", "report"}))
    if name == "alias":
        places = [0, 2]
    tries = [
        lambda text, place=place: options_first(
            [text if i == place else each for i, each in enumerate(valid)], n_arguments
        )
        for place in places
    ]
    tries += [
        lambda text, option=option: [*valid, option, text] for option in OPTIONS.get(name, [])
    ]
    tries += [lambda text: [f"--nosuch{text}"]]
    if name not in {"send", "ground-truth", "metrics", "drift", "compare", "deploy route"}:
        tries += [lambda text: [*valid, *[text] * 3]]
    for number, text in enumerate(HOSTILE * 2):  # in turns: each in two places, each place by many
        refused(shell.call(*name.split(), *tries[number % len(tries)](text), stdin="n\n"))
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    "name", [name for name, call in VALID.items() if call and name != "report"]
)
def test_a_call_without_its_arguments_ends_with_2(reader, name):
    done = reader.call(*name.split())
    assert done.exit_code == 2
    assert "--help" in refused(done)


def options_first(call, n_arguments):
    """Return a call in which an argument may begin with a dash."""
    return [*call[n_arguments:], "--", *call[:n_arguments]]


def test_every_command_is_tried():
    assert {name.split()[0] for name in VALID} == set(COMMANDS)
    assert set(OPTIONS) <= set(VALID)
