"""Missing, wrong and hostile arguments: one line on stderr, and the exit code."""

import json

import pandas as pd
import pytest

from modelgroups.cli.commands import COMMANDS

from .conftest import OUTPUT

MODEL_COMMANDS = ["show", "review", "inferences", "metrics", "drift", "alerts", "compact"]


@pytest.mark.parametrize(
    "call",
    [
        ["nosuch"],
        ["show"],
        ["show", "a", "b"],
        ["groups", "--nosuch"],
        ["send", "Card fraud"],
        ["compare", "Card fraud", "V1"],
        ["metrics", "Card fraud", "--since", "yesterday"],
        ["inferences", "Card fraud", "--limit", "-1"],
        ["inferences", "Card fraud", "--limit", "many"],
        ["build", "x.csv", "--name", "X", "--output-type", "magic", "--prediction", "p=1"],
        ["build", "x.csv", "--name", "X", "--output-type", "regression", "--prediction", "p"],
        ["build", "x.csv", "--output-type", "regression", "--prediction", "p=y"],
        ["alerts", "Card fraud", "--status", "asleep"],
        ["groups", "--home"],
        ["groups", "--home", ""],
        ["init", "--home", ":memory:"],
    ],
    ids=" ".join,
)
def test_a_call_that_cannot_be_understood_ends_with_2(reader, call):
    assert "--help" in reader.fails(*call, code=2)


def test_an_option_without_its_value_is_named(reader):
    assert "'--home' requires an argument" in reader.fails("groups", "--home", code=2)


@pytest.mark.parametrize("name", MODEL_COMMANDS)
@pytest.mark.parametrize(
    "model", ["nosuch", "", "Card fraud@", "'; DROP TABLE model; --", "\x1b[31m", "\udcff"]
)
def test_an_unknown_model_is_a_failure_in_one_printable_line(reader, name, model):
    line = reader.fails(name, model)
    assert "Card fraud" in line
    assert line.isprintable()


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in {"init", "demo"}])
def test_no_command_makes_a_registry_by_accident(shell, tmp_path, name):
    shell.home = tmp_path / "mistyped"
    arguments = {
        "build": ["x.csv", "--name", "X", "--output-type", "regression", "--prediction", "p=y"],
        "send": ["X", "x.csv"],
        "ground-truth": ["X", "x.csv"],
        "query": ["X", "-"],
        "compare": ["X", "a", "b"],
        "promote": ["X"],
        "deploy": ["show", "X"],
        "diff": ["X", "a", "b"],
        "export": ["X", "file"],
        "groups": [],
        "audit": [],
        "verify": [],
        "gc": [],
    }
    line = shell.fails(name, *arguments.get(name, ["X"]), stdin="{}")
    assert "modelgroups init" in line
    assert not shell.home.exists()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (["metrics", "Card fraud", "Nope"], "'Nope'"),
        (["metrics", "Card fraud", "--by", "nope"], "nope"),
        (["metrics", "Card fraud", "--every", "blink"], "blink"),
        (["drift", "Card fraud", "nope"], "nope"),
        (["drift", "Card fraud", "--metric", "Nope"], "Nope"),
        (["drift", "Card fraud", "--against", "V9"], "V9"),
        (["inferences", "Card fraud", "--column", "nope"], "nope"),
        (["compare", "Card fraud", "V1", "V1"], "V1"),
        (["compare", "Card fraud", "V1", "V7"], "'V7'"),
        (["query", "Card fraud", "nosuch.json"], "nosuch.json"),
        (["restore", "Card fraud@V1"], "not archived"),
        (["send", "Card fraud", "nosuch.csv"], "nosuch.csv"),
        (["send", "Card fraud", "/"], "no file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_not_there_is_a_failure_that_names_it(reader, call, told):
    assert told in reader.fails(*call)


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "5", '{"select": []}', '{"select": [{"x": 1}]}', 100_000 * "[", b"\xff\xfe{}"],
    ids=lambda body: body[:20],
)
def test_a_query_with_faults_is_a_failure(reader, body):
    assert "unexpected" not in reader.fails("query", "Card fraud", "-", stdin=body)


ROW = "partner_inference_id,amount,country,p_fraud\nnew,1.5,DE,0.5\n"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.csv", "", "Empty"),
        ("head.csv", ROW.splitlines(keepends=True)[0], "no rows"),
        ("text.csv", ROW + ROW[-15:].replace("1.5", "much"), "row 2: 'amount' holds 'much', which"),
        ("ragged.csv", ROW + "a,b\n", "row 2: 2 columns, where the first line has 4"),
        ("returns.csv", ROW.replace("\n", "\r,x\n"), "carriage returns within its lines"),
        ("dos-ragged.csv", (ROW + "a,b\n").replace("\n", "\r\n"), "the first line has 4"),
        ("latin.csv", ROW.replace("DE", "Österreich").encode("latin-1"), "row 1: its text is not"),
        ("wide.csv", ROW.encode("utf-16"), "wide.csv: it is not in UTF-8"),
        ("semicolons.csv", ROW.replace(",", ";"), "semicolons"),
        ("unknown.csv", ROW.replace("country", "land"), "land"),
        ("no-ids.csv", "amount,country,p_fraud\n1.5,DE,0.5\n", "--new-ids"),
        ("broken.json", "{", "JSON"),
        ("broken.parquet", "PAR1", "Parquet"),
        ("rows.txt", ROW, ".parquet"),
    ],
)
def test_a_file_that_cannot_be_taken_in_leaves_nothing_behind(shell, folder, name, content, told):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    line = shell.fails("send", "Card fraud", path)
    assert name in line
    assert told in line
    assert shell.json("show", "Card fraud")["inferences"] == 3


def test_a_bad_value_deep_in_a_file_is_named(shell, folder):
    rows = 300_000 * "1.5,DE,0.5\n"
    (folder / "deep.csv").write_text(f"amount,country,p_fraud\n{rows}much,DE,0.5\n{rows}")
    line = shell.fails("send", "Card fraud", folder / "deep.csv", "--new-ids")
    assert line.endswith("deep.csv, row 300,001: 'amount' holds 'much', which is no number")


def test_a_bad_file_says_what_was_kept_of_the_others(shell, folder):
    (folder / "good.csv").write_text(ROW)
    (folder / "bad.csv").write_text(ROW.replace("1.5", "much"))
    done = shell.call("send", "Card fraud", folder / "good.csv", folder / "bad.csv")
    assert done.exit_code == 1
    assert f"Kept: {folder / 'good.csv'}" in done.stderr
    assert shell.json("show", "Card fraud")["inferences"] == 4


def test_rows_that_fail_are_named_and_the_others_stored(shell, folder):
    day = pd.read_csv(folder / "day.csv")
    other = pd.concat([day.assign(amount=7.0), day.assign(partner_inference_id=list("abc"))])
    other.to_csv(folder / "other.csv", index=False)
    done = shell.call("send", "Card fraud", folder / "other.csv")
    assert done.exit_code == 1
    assert "3 rows stored, 3 failed (with ids and times, without ground truth)" in done.stdout
    assert "other.csv, row 1: an inference with this partner_inference_id" in done.stderr
    done = shell.call("send", "Card fraud", folder / "other.csv", "--json")
    assert done.exit_code == 1
    (answer,) = json.loads(done.stdout)
    assert (answer["success"], answer["failure"], len(answer["failures"])) == (3, 3, 3)


@pytest.mark.parametrize(
    "options",
    [
        ["--prediction", "nope=1"],
        ["--prediction", "p_fraud=1", "--ground-truth", "nope"],
        ["--prediction", "p_fraud=maybe", "--ground-truth", "fraud"],
        ["--prediction", "p_fraud=1", "--ground-truth", "fraud", "--non-input", "nope"],
    ],
    ids=" ".join,
)
def test_a_build_that_does_not_fit_saves_nothing(shell, folder, options):
    call = ["build", folder / "reference.csv", "--name", "X", "--output-type", "multiclass"]
    assert shell.fails(*call, *options)
    assert [group["name"] for group in shell.json("groups")] == ["Card fraud"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"p,y\n1,2\n3\n", "row 2: 1 column, where the first line has 2"),
        ("p,y,z\n1,2,Köln\n".encode("latin-1"), "row 1: its text is not in UTF-8"),
        (b"p;y\n1;2\n", "semicolons"),
        (b"", "Empty"),
    ],
)
def test_a_reference_file_with_a_fault_is_told_where(shell, folder, content, told):
    (folder / "x.csv").write_bytes(content)
    call = ["build", folder / "x.csv", "--name", "X", "--output-type", "regression"]
    assert told in shell.fails(*call, "--prediction", "p=y")


def test_a_version_of_a_group_that_is_not_there_is_told_how_to_begin_one(shell, folder):
    told = shell.fails("build", folder / "reference.csv", "--group", "Churn", *OUTPUT)
    assert told.startswith("no group 'Churn'")
    assert "--name instead of --group" in told
    assert [group["name"] for group in shell.json("groups")] == ["Card fraud"]


def test_a_second_group_of_a_name_is_refused(shell, folder):
    call = ["build", folder / "reference.csv", "--name", "Card fraud", "--output-type",
            "multiclass", "--prediction", "p_fraud=1", "--ground-truth", "fraud"]  # fmt: skip
    assert "--group 'Card fraud'" in shell.fails(*call)


@pytest.mark.parametrize("call", [["gc"], ["archive", "Card fraud@V1"]])
@pytest.mark.parametrize("answer", ["n\n", "", "what\n"])
def test_what_destroys_asks_and_does_nothing_without_a_yes(shell, call, answer):
    done = shell.call(*call, stdin=answer)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "nothing was changed" in done.stderr
    assert len(shell.json("versions", "Card fraud")) == 2


def test_a_hostile_name_of_a_file_is_told_as_text(shell, folder):
    path = folder / "a\x1b[2J.csv"
    (folder / "day.csv").rename(path)
    path.write_text(path.read_text().replace("18.0", "19.0"))
    done = shell.call("send", "Card fraud", path, path.with_name("nosuch.csv"))
    assert "\x1b" not in done.stderr
    done = shell.call("send", "Card fraud", path)
    assert "\x1b" not in done.stdout + done.stderr
    assert r"a\x1b[2J.csv, row 1: an inference with this" in done.stderr


def test_debug_shows_where_an_error_came_from(reader):
    done = reader.call("show", "nosuch", "--debug")
    assert done.exit_code == 1
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: no model 'nosuch'")


@pytest.mark.parametrize("name", ["[red]x[/red]", "a\x1b[2Jb", "<b>&", "línea\nnueva", "🦊" * 40])
def test_a_hostile_name_is_shown_as_text(shell, folder, name):
    arguments = ["--output-type", "multiclass", "--prediction", "p_fraud=1", "--ground-truth",
                 "fraud"]  # fmt: skip
    shell("build", folder / "reference.csv", "--name", name, *arguments)
    shown = shell("groups")
    assert "\x1b" not in shown
    assert "[red]x[/red]" in shown or name != "[red]x[/red]"
    assert name in [group["name"] for group in shell.json("groups")]
    assert shell.json("show", name)["name"] == name


def test_a_command_that_is_not_there_is_corrected(reader):
    assert "No such command 'promot'; did you mean 'promote'?" in reader.fails("promot", code=2)
    assert "did you mean" not in reader.fails("zzzz", code=2)
    assert reader.fails("deploy", "abb", code=2).lower().count("did you mean 'ab'?") == 1
