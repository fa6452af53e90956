"""The program as a process: pipes, terminals, locales, signals, and what it loads."""

import json
import os
import shlex
import signal
import subprocess
import sys

import pytest

import modelgroups as mg

PROGRAM = [sys.executable, "-W", "error", "-m", "modelgroups"]


def run(*args, env=None, program=PROGRAM, **options):
    return subprocess.run(
        [*program, *map(str, args)],
        env={**os.environ, **(env or {})},
        capture_output=True,
        timeout=60,
        check=False,
        **options,
    )


def test_the_folder_comes_from_the_environment_or_from_the_option_before_or_after(
    filled, program, tmp_path
):
    home = str(filled / "registry")
    elsewhere = {"MODELGROUPS_HOME": str(tmp_path)}
    for done in (
        run("groups", "--json", env={"MODELGROUPS_HOME": home}, program=program),
        run("--home", home, "groups", "--json", env=elsewhere, program=program),
        run("groups", "--json", f"--home={home}", env=elsewhere, program=program),
    ):
        assert done.returncode == 0, done.stderr
        assert [group["name"] for group in json.loads(done.stdout)] == ["Card fraud"]
        assert done.stderr == b""


def test_help_loads_nothing_that_it_does_not_need():
    code = (
        "import sys\nfrom modelgroups.cli import main\nsys.argv[1:] = ['--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'pandas', 'pyarrow', 'numpy', 'sqlmodel', 'duckdb', 'rich.console'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr.strip() == b"[]"


@pytest.mark.parametrize(
    ("args", "code"), [(["--version"], 0), (["show", "nosuch"], 1), (["nosuch"], 2), ([], 2)]
)
def test_exit_codes(filled, args, code):
    done = run("--home", filled / "registry", *args)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """A registry with a name that few terminals can show."""
    home = tmp_path_factory.mktemp("foreign")
    with mg.connect(home) as connection:
        model = connection.model(display_name="Straße 🦊", input_type="NLP",
                                 output_type="TOKEN_SEQUENCE")  # fmt: skip
        model.build_token_sequence_model("question", "answer")
        model.save()
    return home


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=str,
)
def test_a_terminal_without_unicode_gets_all_it_can_show(foreign, env):
    done = run("--home", foreign, "groups", env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\U0001f98a" in done.stdout
    done = run("--home", foreign, "groups", "--json", env=env)
    assert json.loads(done.stdout)[0]["name"] == "Straße 🦊"
    done = run("--home", foreign, "show", "Straße 🦁", env=env)
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: no model 'Stra")


def test_a_reader_that_goes_away_is_no_error(shell, folder):
    rows = "".join(f"id-{number},1.5,DE,0.5\n" for number in range(3_000))
    (folder / "many.csv").write_text(f"partner_inference_id,amount,country,p_fraud\n{rows}")
    shell("send", "Card fraud", folder / "many.csv")
    for options in (["--json"], ["--limit", "3000"]):
        started = subprocess.Popen(
            [*PROGRAM, "--home", str(shell.home), "inferences", "Card fraud", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.stdout.readline()
        started.stdout.close()
        told = started.stderr.read()
        started.wait(timeout=60)
        started.stderr.close()
        assert told == b""


@pytest.mark.parametrize(
    ("redirection", "code", "told"),
    [
        ("groups >&-", 0, ""),
        ("show nosuch 2>&-", 1, ""),
        ("query 'Card fraud' - <&-", 1, "standard input is not JSON"),
        ("archive 'Card fraud@V1' <&-", 1, "nothing was changed"),
        ("groups > /dev/full", 1, "No space left on device"),
        ("inferences 'Card fraud' | head -n 1", 0, ""),
    ],
)
def test_streams_that_are_closed_or_full(filled, redirection, code, told):
    program = " ".join(map(shlex.quote, [*PROGRAM, "--home", str(filled / "registry")]))
    done = subprocess.run(
        ["bash", "-c", f"{program} {redirection}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert told in done.stderr
    assert "unexpected" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def ctrl_c_arrives():
    """Programs that a shell runs in the background begin with SIGINT ignored, and hand that on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_arrives")
def test_ctrl_c_in_a_send_says_what_was_kept_and_keeps_nothing_half(shell, folder):
    rows = "".join(f"id-{number},{number}.5,DE,0.5\n" for number in range(200_000))
    (folder / "many.csv").write_text(f"partner_inference_id,amount,country,p_fraud\n{rows}")
    (folder / "one.csv").write_text("partner_inference_id,amount,country,p_fraud\none,1.5,DE,0.5\n")
    started = subprocess.Popen(
        [*PROGRAM, "--home", str(shell.home), "send", "Card fraud", "one.csv", "many.csv"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    brought = "(with ids, without times and ground truth)"
    assert started.stdout.readline() == f"one.csv: 1 row stored {brought}\n"
    started.send_signal(signal.SIGINT)
    _, told = started.communicate(timeout=60)
    assert started.returncode == 130, told
    assert "Interrupted in many.csv: nothing of it is kept" in told
    assert "Kept: one.csv" in told
    assert "Traceback" not in told
    assert shell.json("show", "Card fraud")["inferences"] == 4
    assert shell.json("verify")["problems"] == []
    again = shell.json("send", "Card fraud", folder / "one.csv", folder / "many.csv")
    assert [each["success"] for each in again] == [1, 200_000]
    assert shell.json("show", "Card fraud")["inferences"] == 200_004
