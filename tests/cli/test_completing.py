"""What bash and zsh offer while a call is typed."""

import os
import subprocess
import sys

import pytest

import modelgroups as mg

PROGRAM = [
    sys.executable,
    "-c",
    "import sys; sys.argv[0] = 'modelgroups'; from modelgroups.cli import main; main()",
]


def offered(home, *words, shell="bash", program=PROGRAM):
    """Return what is offered for the last of some words."""
    call = ["modelgroups", *words]
    env = {
        "MODELGROUPS_HOME": str(home),
        "_MODELGROUPS_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "\n".join(call),
        "COMP_CWORD": str(len(words)),
        "_TYPER_COMPLETE_ARGS": " ".join(call),
    }
    done = subprocess.run(
        program,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["gro"], ["groups", "ground-truth"]),
        (["show", "Card"], ["Card\\ fraud"]),
        (["show", '"Card'], ["Card fraud"]),
        (["show", '"Card fraud@'], ["Card fraud@V2", "Card fraud@V1"]),
        (["show", '"Card fraud#'], ["Card fraud#2", "Card fraud#1"]),
        (["compare", '"Card fraud"', "V"], ["V2", "V1"]),
        (["audit", "--group", "'C"], ["Card fraud"]),
        (["show", "Nope"], []),
    ],
    ids=str,
)
def test_names_are_offered(filled, program, words, expected):
    assert offered(filled / "registry", *words, program=program) == expected


def test_nothing_is_offered_where_there_is_no_registry(tmp_path):
    assert offered(tmp_path / "nosuch", "show", "C") == []
    assert not (tmp_path / "nosuch").exists()


def test_the_home_of_the_call_is_asked(filled, tmp_path):
    words = ["--home", str(filled / "registry"), "show", "C"]
    assert offered(tmp_path / "nosuch", *words) == ["Card\\ fraud"]


def test_a_name_that_a_shell_would_obey_is_not_offered(tmp_path, program):
    with mg.connect(tmp_path) as connection:
        for name in ("Card $(touch hacked)", "Card `x`", "Card'; x", "Card safe"):
            model = connection.model(display_name=name, input_type="NLP",
                                     output_type="TOKEN_SEQUENCE")  # fmt: skip
            model.build_token_sequence_model("question", "answer")
            model.save()
    assert offered(tmp_path, "show", "Card", program=program) == ["Card\\ safe"]
    to_zsh = "".join(offered(tmp_path, "show", "Card", shell="zsh", program=program))
    assert "Card safe" in to_zsh
    assert "touch" not in to_zsh
