"""Deployments from the command line."""

import pytest

import modelgroups as mg
from modelgroups.cli.deploying import family

GUARDRAIL = ["--guardrail", "Accuracy Rate=0.5"]


@pytest.fixture
def fraud(shell):
    """The command line, where V1 is the champion."""
    shell("promote", "Card fraud@V1")
    return shell


def champion(shell):
    return shell.json("show", "Card fraud@champion")["label"]


def send(shell, version, n):
    """Send inferences whose predictions are right, with their truth."""
    with mg.connect(shell.home) as connection:
        model = connection.get_model_group("Card fraud").get_version(label=version)
        rows = [
            {"amount": 5.0, "country": "DE", "p_fraud": 0.1 + 0.8 * (i % 2), "fraud": i % 2}
            for i in range(n)
        ]
        model.send_inferences(rows, partner_inference_ids=[f"{version}-{i}" for i in range(n)])


def test_a_version_takes_over_at_once(fraud):
    assert "version 2 (V2)" in fraud("deploy", "replace", "Card fraud@V2", "--reason", "better")
    assert champion(fraud) == "V2"
    (done,) = fraud.json("deploy", "list", "Card fraud")
    assert (done["kind"], done["state"], done["weights"]) == ("replace", "concluded", {"V2": 1})
    assert "no live deployment" in fraud.fails("deploy", "show", "Card fraud")


def test_an_ab_test_is_shown_routes_is_reweighted_and_concluded(fraud):
    options = ["--metric", "AUC", "--salt", "s", "--planned", "50", "--reason", "who knows"]
    told = fraud("deploy", "ab", "Card fraud", "champion=0.5", "#2=0.5", *GUARDRAIL, *options)
    assert "ab is live: V1 0.5, V2 0.5" in told
    shown = fraud.json("deploy", "show", "Card fraud")
    assert (shown["metric"], shown["guardrails"]) == ("AUC", {"Accuracy Rate": 0.5})
    assert "Accuracy Rate 0.5" in fraud("deploy", "show", "Card fraud")
    with mg.connect(fraud.home) as connection:
        live = connection.get_model_group("Card fraud").deploy.live()
        expected = [{"key": key, "version": live.route(key)} for key in ("a", "b")]
    assert fraud.json("deploy", "route", "Card fraud", "a", "b") == expected
    assert "no inference since" in fraud.fails("deploy", "evaluate", "Card fraud")
    assert "V1 0.25" in fraud("deploy", "reweight", "Card fraud", "V1=0.25", "V2=0.75")
    for version, n in (("V1", 25), ("V2", 75)):
        send(fraud, version, n)
    found = fraud.json("deploy", "evaluate", "Card fraud")
    assert (found["counts"], found["state"]) == ({"V1": 25, "V2": 75}, "live")
    assert "Accuracy Rate" in fraud("deploy", "evaluate", "Card fraud")
    told = fraud("deploy", "conclude", "Card fraud", "--promote", "V2", "--yes")
    assert "champion is version 2" in told
    assert champion(fraud) == "V2"
    events = fraud.json("audit", "--group", "Card fraud")
    assert [e["reason"] for e in events if e["type"] == "deployment.started"] == ["who knows"]


def test_a_canary_goes_on_or_is_aborted(fraud):
    told = fraud("deploy", "canary", "Card fraud@V2", *GUARDRAIL, "--step", "0.1", "--step", "1",
                 "--salt", "s")  # fmt: skip
    assert "canary is live: V1 0.9, V2 0.1" in told
    send(fraud, "V1", 9)
    send(fraud, "V2", 1)
    assert "override" in fraud.fails("deploy", "advance", "Card fraud")
    assert "V2 1" in fraud("deploy", "advance", "Card fraud", "--override")
    done = fraud.call("deploy", "abort", "Card fraud", stdin="n\n")
    assert (done.exit_code, "nothing was changed" in done.stderr) == (1, True)
    assert "canary is aborted: V1 1, V2 0" in fraud("deploy", "abort", "Card fraud", "--yes")
    assert champion(fraud) == "V1"
    assert "canary" in fraud("deploy", "list", "Card fraud")


def test_a_shadow_ends_without_a_change_of_the_champion(fraud):
    fraud("alias", "Card fraud", "challenger", "V2", "--at", "2024-01-01")
    assert "in the order" in fraud.fails("promote", "Card fraud@V2", "--at", "2024-01-01")
    assert "shadow V2" in fraud("deploy", "shadow", "Card fraud@challenger", "--metric", "AUC")
    told = fraud("deploy", "conclude", "Card fraud", "--keep", "--yes", "--reason", "enough")
    assert "shadow is concluded" in told
    assert champion(fraud) == "V1"


@pytest.mark.parametrize(
    "call",
    [
        ["deploy", "nosuch"],
        ["deploy", "ab", "Card fraud"],
        ["deploy", "ab", "Card fraud", "V1"],
        ["deploy", "ab", "Card fraud", "V1=half", "V2=0.5"],
        ["deploy", "ab", "Card fraud", "V1=0.5", "#1=0.5"],
        ["deploy", "ab", "Card fraud", "V1=0.5", "V1=0.5"],
        ["deploy", "canary", "Card fraud@V2", "--guardrail", "AUC"],
        ["deploy", "replace", "Card fraud@V2", "--at", "soon"],
    ],
    ids=" ".join,
)
def test_a_call_that_cannot_be_understood_ends_with_2(reader, call):
    assert "--help" in reader.fails(*call, code=2)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (["ab", "Card fraud", "V1=0.5", "V2=0.6"], "must sum to 1"),
        (["ab", "Card fraud", "V1=0.5", "V9=0.5"], "'V9'"),
        (["ab", "Card fraud", "V1=0.5", "V2=0.5", "--metric", "Nope"], "Nope"),
        (["ab", "Card frod", "V1=0.5", "V2=0.5"], "'Card fraud'"),
        (["canary", "Card fraud@V2"], "champion"),
        (["replace", "Card fraud@V2", "--at", "2999-01-01"], "still to come"),
        (["list", "nosuch"], "'nosuch'"),
        (["conclude", "Card fraud", "--keep", "--yes"], "no live deployment"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_a_failure_that_says_so(reader, call, told):
    assert told in reader.fails("deploy", *call)


def test_of_promote_and_keep_one_is_given(fraud):
    fraud("deploy", "shadow", "Card fraud@V2")
    fraud.fails("deploy", "conclude", "Card fraud", "--keep", "--promote", "V2", code=2)


def test_each_part_has_help_with_an_example(reader):
    parts = list(family["deploy"].commands)
    assert len(parts) == 12
    for name in parts:
        assert f"Examples:\n    modelgroups deploy {name}" in reader("deploy", name, "--help")
