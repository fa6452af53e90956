"""From a CSV file and an empty folder to metrics, and what every command says on the way."""

import json

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.cli.commands import COMMANDS


def test_a_csv_becomes_a_version_that_is_used_and_measured(shell, reader):
    (group,) = reader.json("groups")
    assert (group["name"], group["n_versions"]) == ("Card fraud", 2)
    assert [each["label"] for each in reader.json("versions", "Card fraud")] == ["V2", "V1"]
    assert reader.json("metrics", "Card fraud", "Inference Count", "Accuracy Rate") == [
        {"timestamp": "2026-03-01T00:00:00+00:00", "Inference Count": 1, "Accuracy Rate": 1.0},
        {"timestamp": "2026-03-02T00:00:00+00:00", "Inference Count": 2, "Accuracy Rate": 0.5},
    ]


def test_what_was_built_from_a_csv_is_what_the_library_builds(reader):
    with mg.connect(reader.home) as connection:
        version = connection.get_model_group("Card fraud").get_version(label="V1")
        expected = pd.read_csv(reader.home.parent / "reference.csv")
        pd.testing.assert_frame_equal(version.reference_data(), expected, check_dtype=False)
        assert version.get_attribute("country", "PIPELINE_INPUT").value_type == "STRING"
        assert version.get_attribute("p_fraud").is_positive_predicted_attribute


def test_show_and_review_say_what_a_version_is(reader):
    shown = reader.json("show", "Card fraud@V1")
    assert (shown["number"], shown["label"], shown["group"]) == (1, "V1", "Card fraud")
    assert (shown["inferences"], shown["ground_truths"]) == (3, 3)
    schema = reader.json("review", "Card fraud@V1")
    assert (shown["attributes"], shown["implicit_attributes"]) == (4, len(schema) - 4)
    assert reader("review", "Card fraud@V1").count("FLOAT, implicit") == 1
    assert "Card fraud" in reader("show", "Card fraud@V1")
    amount = next(each for each in reader.json("review", "Card fraud") if each["name"] == "amount")
    assert (amount["min_range"], amount["max_range"]) == (5.0, 870.0)
    assert "DE, US, FR" in reader("review", "Card fraud")


def test_inferences_come_back_with_their_ground_truth(reader):
    rows = reader.json("inferences", "Card fraud", "--since", "2026-03-02")
    assert [(row["partner_inference_id"], row["amount"], row["fraud"]) for row in rows] == [
        ("tx-2", 640.0, 1),
        ("tx-3", 40.0, 1),
    ]
    only = reader.json("inferences", "Card fraud", "--column", "amount", "--limit", 1)
    assert only == [{"amount": 18.0}]
    assert reader.json("inferences", "Card fraud", "--limit", 0) == []
    assert "The first 1; --limit shows more" in reader("inferences", "Card fraud", "--limit", 1)


def test_drift_compare_and_alerts_answer_as_the_library_does(shell):
    with mg.connect(shell.home) as connection:
        group = connection.get_model_group("Card fraud")
        version = group.get_version(label="V2")
        drift = version.drift(["amount"], "KLDivergence").to_dict("records")
        (verdict,) = version.drifted("amount").to_dict("records")
        compared = group.compare("V1", "V2", metrics=["AUC"]).to_dict()
    assert shell.json("drift", "Card fraud", "amount", "--metric", "KLDivergence") == drift
    (told,) = shell.json("drift", "Card fraud", "amount")
    assert (told["attribute"], told["psi"], told["drifted"]) == ("amount", verdict["psi"], None)
    shown = shell("drift", "Card fraud", "amount").splitlines()
    assert shown[0].split()[:4] == ["attribute", "psi", "threshold", "drifted"]
    assert shell.json("compare", "Card fraud", "V1", "#2", "--metric", "AUC") == compared
    assert compared["sentence"] in shell("compare", "Card fraud", "V1", "V2", "--metric", "AUC")
    assert shell.json("alerts", "Card fraud") == []
    rules = shell.json("alerts", "Card fraud", "--rules")
    assert {"Feature Drift: amount", "Prediction Drift: p_fraud"} <= {
        each["metric_name"] for each in rules
    }
    shown = shell("alerts", "Card fraud", "--rules")
    assert "confidence" in shown
    assert "by its rows: each window has a threshold of its own" in shown
    assert "--rules" in shell.fails("alerts", "Card fraud", "--rules", "--status", "new", code=2)
    listed = shell.json("metrics", "Card fraud", "--list")
    assert {"AUC", "Inference Count"} <= {each["name"] for each in listed}


@pytest.mark.parametrize("from_file", [True, False])
def test_a_query_comes_from_a_file_or_from_standard_input(shell, folder, from_file):
    body = json.dumps({"select": [{"function": "count"}, {"function": "accuracyRate"}]})
    (folder / "question.json").write_text(body)
    source = folder / "question.json" if from_file else "-"
    answer = shell.json("query", "Card fraud", source, stdin=body)
    assert answer == [{"count": 3, "accuracyRate": pytest.approx(2 / 3)}]


@pytest.mark.parametrize("suffix", ["parquet", "json", "csv"])
def test_rows_are_the_same_from_every_kind_of_file(shell, folder, suffix):
    frame = pd.read_csv(folder / "day.csv").assign(partner_inference_id=["a", "b", "c"])
    path = folder / f"more.{suffix}"
    {
        "parquet": lambda: frame.to_parquet(path),
        "json": lambda: frame.to_json(path, orient="records"),
        "csv": lambda: frame.to_csv(path, index=False),
    }[suffix]()
    assert shell.json("send", "Card fraud", path) == [
        {"file": str(path), "success": 3, "failure": 0, "total": 3, "failures": []}
    ]
    with mg.connect(shell.home) as connection:
        log = connection.get_model_group("Card fraud").get_latest_version().inferences()
    assert log["amount"].tolist() == [18.0, 640.0, 40.0] * 2
    assert log["inference_timestamp"][3:].tolist() == log["inference_timestamp"][:3].tolist()


def test_what_is_likely_a_slip_is_noted_on_stderr(shell, folder):
    rows = pd.read_csv(folder / "day.csv").drop(columns="p_fraud")
    rows.assign(partner_inference_id=["a", "b", "c"]).to_csv(folder / "bare.csv", index=False)
    noted = "Note: Card fraud#2: 3 rows came without 'p_fraud' (a prediction); null"
    shell("send", "Card fraud", folder / "bare.csv", told=noted)


def test_a_version_without_inferences_is_named_and_so_are_those_with_some(shell, folder):
    output = ["--output-type", "multiclass", "--prediction", "p_fraud=1", "--ground-truth", "fraud"]
    shell("build", folder / "reference.csv", "--group", "Card fraud", *output, "--label", "V3")
    noted = (
        "Note: version 3 (V3) of 'Card fraud' has no inferences yet; "
        "Card fraud@V2 has 3 inferences and Card fraud@V1 has 3 inferences\n"
    )
    assert shell("metrics", "Card fraud", told=noted) == "Nothing to show\n"
    assert "above the threshold" not in shell("drift", "Card fraud", told=noted)
    assert shell("metrics", "Card fraud", "AUC", "--every", "all", told=noted)
    noted = (
        "Note: version 1 (V1) of 'Card fraud' has no inferences then; they are from "
        "2026-03-01 09:00 to 2026-03-02 16:31\n"
    )
    shell("metrics", "Card fraud@V1", "--since", "2026-04-01", told=noted)
    shell("drift", "Card fraud@V1", "--until", "2026-02-01", told=noted)


def test_metrics_are_found_in_upper_and_lower_case(reader):
    asked = ["metrics", "Card fraud", "--every", "all"]
    assert reader.json(*asked, "auc", "F1") == reader.json(*asked, "AUC", "f1")
    told = reader.fails(*asked, "AUCC", "auc", "Fone")
    assert told.startswith("no metric 'AUCC'; did you mean 'AUC'?; no metric 'Fone'")


def test_a_version_that_predicts_otherwise_is_noted_while_it_is_built(shell, folder):
    rows = pd.read_csv(folder / "reference.csv")
    rows.assign(p_new=rows["p_fraud"]).to_csv(folder / "new.csv", index=False)
    build = ["build", folder / "new.csv", "--group", "Card fraud", "--output-type", "multiclass",
             "--ground-truth", "fraud", "--label", "V3"]  # fmt: skip
    named = ["--prediction", "p_new=1"]
    noted = (
        "Note: 'p_fraud' is an input here, and an output of version 2 (V2) of 'Card fraud'; if the "
        "model does not take it in, pass --non-input p_fraud\n"
        "Note: version 2 (V2) of 'Card fraud' predicts 'p_fraud', and this version 'p_new'; "
    )
    planned = shell(*build, *named, "--dry-run", told=noted)
    saved = shell(*build, *named, told=noted)
    assert planned.splitlines()[:-1] == saved.splitlines()[:-1]
    told = shell.fails("compare", "Card fraud", "V1", "V3")
    assert told.endswith("frame.rename(columns={'p_new': 'p_fraud'}), or in a terminal build "
                         "--rename p_new=p_fraud")  # fmt: skip
    shell("promote", "Card fraud@V2")
    renamed = ["--rename", "p_fraud=p_old", "--rename", "p_new=p_fraud", "--non-input", "p_old"]
    shell(*build[:-1], "V4", *renamed, "--prediction", "p_fraud=1")


def test_texts_that_look_like_numbers_or_like_nothing_stay_texts(shell, folder):
    (folder / "towns.csv").write_text("zip,town,n,p\n01067,NA,1,2.5\n10115,null,2,3\nx1,Rome,3,4\n")
    shell("build", folder / "towns.csv", "--name", "Towns", "--output-type", "REGRESSION",
          "--prediction", "p=n", told="Note: column 'zip' is text and looks like")  # fmt: skip
    (folder / "sent.csv").write_text("zip,town,p,partner_inference_id\n01067,NA,2.5,7\n,,1,08\n")
    shell("send", "Towns", folder / "sent.csv")
    rows = shell.json("inferences", "Towns", "--column", "zip", "--column", "town",
                      "--column", "partner_inference_id")  # fmt: skip
    assert [row["zip"] for row in rows] == ["01067", None]
    assert [row["town"] for row in rows] == ["NA", None]
    assert [row["partner_inference_id"] for row in rows] == ["7", "08"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_times_without_a_zone_take_the_one_that_is_named(shell, folder, suffix):
    naive = pd.DataFrame({
        "inference_timestamp": pd.to_datetime(["2026-07-01 09:00:00"]),
        "amount": [1.5], "country": ["DE"], "p_fraud": [0.5], "partner_inference_id": ["n"],
    })  # fmt: skip
    path = folder / f"naive.{suffix}"
    naive.to_csv(path, index=False) if suffix == "csv" else naive.to_parquet(path)
    assert "zone" in shell.fails("send", "Card fraud", path)
    shell("send", "Card fraud", path, "--tz", "Europe/Berlin")
    (row,) = shell.json("inferences", "Card fraud", "--since", "2026-07-01")
    assert row["inference_timestamp"] == "2026-07-01T07:00:00+00:00"


def test_a_batch_stays_open_until_its_last_file(shell, folder):
    shell("build", folder / "reference.csv", "--name", "Nightly", *OUTPUT_OF_A_BATCH)
    for number in (1, 2):
        text = f"amount,country,p_fraud,partner_inference_id\n1.5,DE,0.5,id-{number}\n"
        (folder / f"{number}.csv").write_text(text)
    shell("send", "Nightly", folder / "1.csv", "--batch", "march", "--open")
    shell("send", "Nightly", folder / "2.csv", "--batch", "march")
    with mg.connect(shell.home) as connection:
        (batch,) = connection.get_model_group("Nightly").get_latest_version().batches().itertuples()
    assert batch.n_inferences == 2
    assert not pd.isna(batch.closed_at)


OUTPUT_OF_A_BATCH = ["--output-type", "multiclass", "--prediction", "p_fraud=1",
                     "--ground-truth", "fraud", "--batch"]  # fmt: skip


def test_a_dry_run_shows_the_schema_and_saves_nothing(shell, folder):
    arguments = ["--name", "Other", "--output-type", "multiclass", "--prediction", "p_fraud=1",
                 "--ground-truth", "fraud", "--dry-run"]  # fmt: skip
    assert "Nothing was saved" in shell("build", folder / "reference.csv", *arguments)
    assert [each["name"] for each in shell.json("groups")] == ["Card fraud"]


def test_what_is_archived_is_hidden_and_comes_back(shell):
    assert "Archived version 1 (V1)" in shell("archive", "Card fraud@V1", "--yes")
    assert [each["label"] for each in shell.json("versions", "Card fraud")] == ["V2"]
    assert "archived" in shell.fails("metrics", "Card fraud@V1")
    assert shell.json("compare", "Card fraud", "V1", "V2", "--metric", "AUC")["sentence"]
    shell("restore", "Card fraud@V1")
    assert "with all its versions" in shell(
        "archive", "Card fraud", "--group", stdin="y\n", told="Archive the group 'Card fraud' with"
    )
    assert shell.json("groups") == []
    shell("restore", "Card fraud", "--group")
    assert len(shell.json("versions", "Card fraud")) == 2


def test_a_registry_is_verified_and_cleaned(shell):
    assert shell.json("verify")["problems"] == []
    assert shell.json("gc", "--yes")["digests"] == []
    assert "ground truths: 3" in shell("compact", "Card fraud")
    (segment, *_) = [path for path in shell.home.rglob("*.parquet") if path.stat().st_size]
    segment.chmod(0o644)
    segment.write_bytes(b"damaged")
    done = shell.call("verify")
    assert done.exit_code == 1
    assert "problems: " in done.stdout


def test_init_makes_a_registry_once(shell, tmp_path):
    shell.home = tmp_path / "another"
    shell("init")
    shell("init")
    assert shell.json("groups") == []
    assert "Nothing to show" in shell("groups")


def test_columns_of_a_file_take_other_names(shell, folder):
    header = "Client No,Amount €,country,p_fraud,is fraud?\n"
    (folder / "raw.csv").write_text(header + "1,12.5,DE,0.02,0\n2,310.0,US,0.71,1\n")
    line = shell.fails("build", folder / "raw.csv", "--name", "Raw", "--output-type", "multiclass",
                       "--prediction", "p_fraud=1", "--ground-truth", "fraud")  # fmt: skip
    assert '--rename "Client No=Client_No" --rename "Amount €=Amount"' in line
    assert "data.rename" not in line
    names = ["--rename", "Client No=client", "--rename", "Amount €=amount"]
    shell("build", folder / "raw.csv", "--name", "Raw", "--output-type", "multiclass", *names,
          "--prediction", "p_fraud=1", "--rename", "is fraud?=fraud", "--ground-truth", "fraud",
          "--non-input", "client")  # fmt: skip
    (folder / "raw-day.csv").write_text("Id,Client No,Amount €,country,p_fraud\n07,3,1,DE,0.5\n")
    names += ["--rename", "Id=partner_inference_id"]
    shell("send", "Raw", folder / "raw-day.csv", *names)
    (row,) = shell.json("inferences", "Raw")
    assert (row["partner_inference_id"], row["client"], row["amount"]) == ("07", 3, 1.0)
    (folder / "raw-truth.csv").write_text("partner_inference_id,is fraud?\n07,1\n")
    for command in ("send", "ground-truth"):
        line = shell.fails(command, "Raw", folder / "raw-truth.csv")
        assert "no attribute 'is fraud?'" in line
        assert "--rename COLUMN=NAME" in line
    shell("ground-truth", "Raw", folder / "raw-truth.csv", "--rename", "is fraud?=fraud")
    (folder / "raw-day.json").write_text("[]")
    for name in ("raw-day.csv", "raw-day.json"):
        line = shell.fails("send", "Raw", folder / name, "--rename", "Clent No=client")
        assert name in line
    assert "'Client No'" in shell.fails("build", folder / "raw.csv", "--name", "Y", "--output-type",
                                        "regression", "--prediction", "a=b", "--rename",
                                        "Client=client")  # fmt: skip


def test_the_audit_trail_names_what_was_changed(shell, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    shell("promote", "Card fraud@V2", "--reason", "better")
    line = shell("audit").splitlines()[-1]
    assert "alias.moved" in line
    assert "Card fraud#2" in line
    assert "alias champion" in line
    assert "better" in line


def test_a_comparison_shows_the_corrected_p_as_its_sentence_does(shell):
    header, _, line, *_ = shell("compare", "Card fraud", "V1", "V2", "--metric", "AUC").split("\n")[
        2:
    ]
    assert header.split() == ["metric", "V1", "V2", "difference", "p", "verdict"]
    assert line.split()[0] == "AUC"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_an_example_and_a_line_in_the_table(reader, name):
    text = reader(name, "--help")
    head = text.partition("Options:")[0]
    assert "[[" not in head  # around arguments that may be left out
    assert not [line for line in head.splitlines() if line.startswith("  [")]
    assert "Examples:\n    modelgroups" in text
    summary = COMMANDS[name][1].rstrip(".")
    assert len(summary) <= 52
    assert f"  {name} " in reader("--help")


def test_help_lists_every_command_that_there_is(reader):
    from importlib import import_module

    for module, _ in COMMANDS.values():
        family = import_module(f"modelgroups.cli.{module}").family
        assert set(family.names()) <= set(COMMANDS)


def test_alerts_are_a_line_for_each_rule_unless_each_is_asked_for(shell):
    with mg.connect(shell.home) as connection:
        version = connection.get_model_group("Card fraud").get_version(label="V1")
        (count,) = version.get_metrics(metric_name="Inference Count")
        version.create_alert_rule(count.id, "upper", 0.5, "critical", name="any traffic",
                                  lookback_period=24 * 60)  # fmt: skip
        n_alerts = len(version.get_alerts())
    assert n_alerts > 0
    shown = shell("alerts", "Card fraud@V1")
    assert shown.count("any traffic") == 1
    assert "above 0.5" not in shown
    assert shell("alerts", "Card fraud@V1", "--each").count("above 0.5") == n_alerts
    assert "--each" in shell.fails("alerts", "Card fraud@V1", "--rules", "--each", code=2)
