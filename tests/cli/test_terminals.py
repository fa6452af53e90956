"""What somebody at a terminal sees: narrow ones, colors, questions, Ctrl-C."""

import re

import pyarrow as pa
import pytest
from rich.cells import cell_len

import modelgroups as mg
from modelgroups.cli.files import rows_of_file
from tests.cli.terminal import Terminal


@pytest.mark.parametrize(
    "command",
    [
        ["inferences", "Card fraud"],
        ["metrics", "Card fraud"],
        ["audit"],
        ["compare", "Card fraud", "V1", "V2"],
        ["build", "--help"],
    ],
    ids=lambda command: command[0],
)
def test_sixty_columns_hold_every_line(filled, program, command):
    terminal = Terminal(filled / "registry", *command, columns=60, program=program)
    assert terminal.end() == 0, terminal.raw
    too_long = [line for line in terminal.lines if cell_len(line) > 60]
    assert all("modelgroups build" in line or " --" in line for line in too_long), too_long


def test_no_column_is_cut_off(filled, program):
    with mg.connect(filled / "registry") as connection:
        columns = [*connection.get_model_group("Card fraud").get_latest_version().inferences()]
    for width in range(60, 90, 7):
        command = ["inferences", "Card fraud"]
        terminal = Terminal(filled / "registry", *command, columns=width, program=program)
        assert terminal.end() == 0
        shown = terminal.lines[0].split()
        told = " ".join(terminal.lines)
        left_out = told.partition("Left out, for the width of the terminal: ")[2].split(", ")
        assert shown + [name for name in left_out if name] == columns
        assert "tx-1" in told


def test_a_pipe_has_no_width(reader, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    (line, *_) = reader("inferences", "Card fraud").splitlines()
    assert line.split()[-1] == "fraud"
    assert "Left out" not in reader("metrics", "Card fraud")
    done = reader.call("inferences", "Card fraud", env={"COLUMNS": "60"})
    assert "Left out, for the width of the terminal" in done.stdout


@pytest.mark.parametrize(
    ("env", "colors"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)], ids=str
)
def test_a_terminal_has_colors_unless_it_lacks_or_declines_them(filled, program, env, colors):
    terminal = Terminal(filled / "registry", "show", "nosuch", program=program, **env)
    assert terminal.end() == 1
    assert bool(re.search(r"\x1b\[3\dm", terminal.raw)) == colors


@pytest.mark.parametrize(
    ("answer", "code", "remain"), [("y\n", 0, 1), ("n\n", 1, 2), ("\x03", 130, 2), ("\x04", 1, 2)]
)
def test_what_destroys_waits_for_the_answer(shell, answer, code, remain):
    terminal = Terminal(shell.home, "archive", "Card fraud@V1")
    terminal.wait_for("Archive version 1 (V1) of 'Card fraud'? [y/N] ")
    terminal.type(answer)
    assert terminal.end(again="\x03" if answer == "\x03" else "") == code
    assert "Traceback" not in terminal.raw
    assert terminal.raw.endswith("\n")
    assert len(shell.json("versions", "Card fraud")) == remain


def test_ctrl_c_in_a_send_says_what_was_kept(shell, folder):
    header = "amount,country,p_fraud\n"
    (folder / "one.csv").write_text(f"{header}1.5,DE,0.5\n")
    (folder / "many.csv").write_text(header + 2_000_000 * "1.5,DE,0.5\n")
    files = ["one.csv", "many.csv"]
    terminal = Terminal(shell.home, "send", "Card fraud", *files, "--new-ids", cwd=folder)
    terminal.wait_for("one.csv: 1 row stored")
    terminal.type("\x03")
    assert terminal.end() == 130
    assert "Interrupted in many.csv: nothing of it is kept" in terminal.raw
    assert "Traceback" not in terminal.raw
    assert terminal.lines[-1] == "Kept: one.csv"
    assert shell.json("show", "Card fraud")["inferences"] == 4


def test_ctrl_c_while_arrow_asks_for_rows_stays_ctrl_c(folder):
    """Arrow would make a text of it, and the command an error of the file."""
    path = folder / "many.csv"
    path.write_text("amount\n" + 2_000_000 * "1.5\n")

    def interrupted(_):
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        rows_of_file(path, {}, None, interrupted) as source,
    ):
        pa.table(source["data"])
