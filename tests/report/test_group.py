"""The pages of a group and of a registry."""

import re
from collections import Counter

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.drawing.looks import colour_of
from modelgroups.experiments.wording import number_text, p_text
from modelgroups.report import events, overview
from modelgroups.report import group as group_module
from modelgroups.report.advice import Standing, advice_of
from modelgroups.report.chance import chance_of
from modelgroups.report.events import change_text
from modelgroups.report.heat import furthest
from modelgroups.report.words import count_text
from modelgroups.testing import example_group, example_version, sample_frame, sample_model

from .conftest import DAYS, build, read, rows


@pytest.fixture(scope="module")
def page(group, tmp_path_factory):
    return read(group.report(tmp_path_factory.mktemp("pages") / "group.html"))


@pytest.fixture(scope="module")
def loans(connection, tmp_path_factory):
    found = connection.get_model_group("Loans")
    return read(found.report(tmp_path_factory.mktemp("pages") / "loans.html"))


@pytest.fixture(scope="module")
def registry_page(connection, tmp_path_factory):
    return read(connection.report(tmp_path_factory.mktemp("pages") / "registry.html"))


def test_every_section_of_a_group_is_there_and_linked(page):
    sections = [each["id"] for each in page.tags("section")]
    assert sections == ["versions", "performance", "comparison", "deployments", "audit"]
    assert [each["href"] for each in page.tags("a")] == ["#main", *(f"#{s}" for s in sections)]


def test_versions_are_listed_with_their_aliases_and_inferences(page, group):
    for version in group.get_versions():
        (row,) = [row for row in page.rows if row[:2] == [str(version.version_sequence_num),
                                                         version.version_label]]  # fmt: skip
        assert row[2] == {"V1": "champion", "V2": "challenger"}[version.version_label]
        assert row[4:6] == [count_text(DAYS * 30)] * 2
    assert page.tile("Champion") == "V1"
    assert page.tile("Versions") == "2"


def test_the_time_line_says_in_words_what_it_draws(page, group):
    (line,) = [each for each in page.tags("svg") if each.get("class") == "lanes"]
    assert page.ids[line["aria-labelledby"].split()[1]] == "desc"
    text = page.text
    assert "2 V2: saved " in text
    assert "challenger: " in text
    assert " to now" in text
    moves = [row[1:] for row in page.rows if row[1:2] in (["champion"], ["challenger"])]
    assert moves == [
        ["challenger", "set", "V2", ""],
        ["champion", "promote", "V1", "the first one"],
    ]


def test_the_time_line_begins_with_a_move_that_was_told_later(tmp_path):
    with example_group("V1", "V2") as group:
        group.promote("V1", at="2025-03-01")
        group.promote("V2", at="2025-03-18")
        page = read(group.report(tmp_path / "group.html"))
    old, new = sorted((each for each in page.tags("rect") if each.get("class") == "reign"),
                      key=lambda each: float(each["x"]))  # fmt: skip
    born = [float(each["cx"]) for each in page.tags("circle") if each.get("class") == "born"]
    assert float(old["x"]) < float(new["x"]) < min(born)
    assert float(new["x"]) == pytest.approx(float(old["x"]) + float(old["width"]), abs=0.2)
    assert max(born) <= float(new["x"]) + float(new["width"]) + 0.2
    assert "2025-03-01" in page.texts[page.texts.index("Versions and aliases on a time line") :]


def test_versions_have_the_colours_that_they_have_in_pictures(page):
    dots = [each["style"] for each in page.tags("span") if each.get("class") == "dot"]
    assert dots == [f"background:{colour_of(number)}" for number in (2, 1)]
    born = [each["style"] for each in page.tags("circle") if each.get("class") == "born"]
    assert born == [f"fill:{colour_of(number)}" for number in (2, 1)]


def test_the_comparison_is_that_of_the_group(page, group):
    found = group.compare("V1", "V2")
    verdicts = [found.verdict(line) for line in found.lines]
    if not {"better", "worse"} & set(verdicts):
        assert f"{found.sentence}" in page.text
    for line in found.lines:
        less = " (less is better)" if line.sign < 0 else ""
        row = page.row(line.metric + less)
        effect = line.effect
        assert row[1:4] == [number_text(effect.first), number_text(effect.other),
                            number_text(effect.difference, signed=True)]  # fmt: skip
        assert row[6] == p_text(line.p_corrected)
        assert row[7] == (found.verdict(line) or effect.reason or "not established")


def courses(page, metric):
    """Return the lines of a metric by the colour of the version: how many pieces they have."""
    start = page.source.index(f"<bdi>{metric}</bdi></figcaption>")
    figure = page.source[start : page.source.index("</figure>", start)]
    return Counter(re.findall(r'class="path" style="stroke:([^"]+)"', figure)), figure


def test_metrics_of_the_versions_stand_side_by_side_over_time(page, group):
    names = [each.name for each in group["V1"].get_metrics() if each.is_default]
    assert names[:3] == ["Accuracy Rate", "Balanced Accuracy Rate", "AUC"]
    for name in names[:3]:
        lines, figure = courses(page, name)
        assert lines == {colour_of(1): 1, colour_of(2): 1}
        assert f"V1: {DAYS} days from 2026-03-01" in figure
        assert 'stroke-dasharray="6 3"' in figure  # that of the second version
        for label in ("V1", "V2"):
            frame = group[label].metrics(name)
            cell = {"V1": 1, "V2": 2}[label]
            values = [row[cell] for row in page.rows if len(row) == 3 and row[0] == "2026-03-04"]
            assert number_text(frame[name].iloc[3]) in values
    with pytest.raises(ValueError, match="substring"):
        courses(page, names[3])


def test_batches_stand_side_by_side_as_they_began(tmp_path):
    values = {}
    with mg.connect(":memory:") as connection:
        first, second = (build(connection, label, is_batch=True) for label in ("V1", "V2"))
        first.save()
        group = connection.get_model_group(first)
        group.add_version(second)
        second.save()
        for version, names in ((first, "ba"), (second, "ac")):
            for seed, name in enumerate(names):
                version.send_inferences(rows(seed, 40), batch_id=name)
            frame = version.metrics("Accuracy Rate", every="batch_id").set_index("batch_id")
            values[version.version_label] = frame["Accuracy Rate"].map(number_text)
        page = read(group.report(tmp_path / "page.html"))
    assert "Accuracy Rate by batch" in page.texts
    cells = [row for row in page.rows if row[0] in ("a", "b", "c")][:3]
    assert cells == [
        [name, *(values[label].get(name, "–") for label in ("V1", "V2"))] for name in "bac"
    ]


def test_without_ground_truth_no_picture_is_drawn_where_no_metric_has_a_value(tmp_path):
    with example_group("V1", "V2") as group:
        for version in group.get_versions():
            version.send_inferences({"age": [31], "p": [0.2]})
        page = read(group.report(tmp_path / "page.html"))
    assert "Accuracy Rate by day" not in page.text


VERSUS = {
    "loses": Standing("V1", "L", ("Specificity",), ("Recall", "F1")),
    "wins": Standing("V1", "W", ("AUC", "F1"), ()),
    "mostly": Standing("V1", "M", ("AUC", "F1"), ("Recall",)),
    "even": Standing("V1", "E", ("AUC",), ("Recall",)),
    "nothing": Standing("V1", "N", (), ()),
}


MOSTLY = (
    "Promote M if AUC and F1 matter more to you than Recall: it is better than V1, the champion, "
    "on the former, and worse on the latter."
)


@pytest.mark.parametrize(
    ("names", "advice"),
    [
        (["loses"], "Keep V1, the champion: it is ahead of L."),
        (["even"], "Keep V1, the champion: E is not ahead of it."),
        (["nothing"], "Keep V1, the champion: N is not shown to be better on any metric."),
        (["mostly"], MOSTLY),
        (["mostly", "wins", "loses"],
         "Promote W: it is better than V1, the champion, on AUC and F1, and worse on nothing."),
        (["loses", "nothing"], "Keep V1, the champion: no other version is ahead of it."),
    ],
)  # fmt: skip
def test_the_advice_names_who_is_better_on_more(names, advice):
    assert advice_of([VERSUS[name] for name in names], is_champion=True) == advice


def test_the_prose_begins_with_the_winner_and_agrees_with_the_table(tmp_path):
    truth = [0, 1] * 100
    right, wrong = [0.1, 0.9] * 100, [0.9, 0.1] * 20 + [0.1, 0.9] * 80
    with example_group("V1", "V2") as group:
        for label, p in (("V1", right), ("V2", wrong)):
            group[label].send_inferences(
                {"age": [31] * 200, "p": p, "y": truth},
                partner_inference_ids=[f"tx-{n}" for n in range(200)],
            )
        group.promote("V1")
        page = read(group.report(tmp_path / "group.html"))
    start = page.texts.index("Keep V1, the champion: it is ahead of V2.")
    told = page.texts[start + 1 : page.texts.index("Differences of V2 from V1: V2 less V1")]
    assert any(text.startswith("V1 is ahead: better than V2 on Accuracy Rate") for text in told)
    assert not any("V2 is worse" in text for text in told)  # which would say it again
    assert any(row[7] == "V2 is" for row in page.rows if len(row) == 10)
    verdicts = {row[7] for row in page.rows if len(row) == 10 and row[0] != "metric"}
    assert "worse" in verdicts
    assert "better" not in verdicts


def test_deployments_are_told_with_their_traffic_and_what_was_found(page, loans, connection):
    assert "A/B test: V1 and V2 aborted" in [text for _, text in page.headings]
    assert "V1 50.0 %, V2 50.0 %" in page.text
    assert "V1 25.0 %, V2 75.0 %" in page.text
    shadow = connection.get_model_group("Loans").deploy.live()
    found = shadow.evaluate()
    (auc,) = found.findings
    row = next(row for row in loans.rows if row[:2] == ["AUC", "B"])
    assert row[2:5] == [number_text(auc.effect.first), number_text(auc.effect.other),
                        number_text(auc.effect.difference, signed=True)]  # fmt: skip
    (rail,) = found.guardrails
    row = next(row for row in loans.rows if row[:2] == ["Accuracy Rate", "B"])
    assert row[-1] == f"guardrail of 0.5: {rail.state}"


def test_a_shadow_shares_no_traffic(tmp_path):
    with example_group("V1", "V2") as group:
        group.promote("V1")
        group.deploy.shadow("V2")
        for label in ("V1", "V2"):
            group[label].send_inferences({"age": [31] * 4, "p": [0.5] * 4})
        page = read(group.report(tmp_path / "group.html"))
    assert "every request goes to V1 and V2; the answer of V1 counts" in page.text
    assert "V1 4, V2 4" in page.text
    assert "100 %" not in page.text
    assert "50.0 %" not in page.text


def test_a_champion_from_before_the_group_was_made_is_explained(tmp_path):
    with example_group("V1") as group:
        group.promote("V1", at="2025-03-01")
        page = read(group.report(tmp_path / "group.html"))
        assert page.tile("In the registry since") == group.created_at[:10]
        assert "aliases are dated back to 2025-03-01" in page.text
    with example_group("V1") as group:
        group.promote("V1")
        assert "dated back" not in read(group.report(tmp_path / "group.html")).text


def test_the_audit_extract_holds_what_happened_to_the_group(page, connection, group):
    frame = connection.audit(group=group)
    assert f"{len(frame)} events" in page.text
    shown = [row for row in page.rows if len(row) == 6 and row[1] in set(frame["type"])]
    assert [row[1] for row in shown] == list(frame["type"][::-1])
    assert {row[3] for row in shown} == {"ada"}
    assert "the moon" in {row[5] for row in shown}


def test_alerts_do_not_bury_what_else_happened(tmp_path, monkeypatch):
    monkeypatch.setattr(events, "MOST", 8)
    with example_group("V1") as group:
        model = group["V1"]
        (count,) = model.get_metrics(metric_name="Inference Count")
        for name in ("one", "two", "three", "four"):
            model.create_alert_rule(count.id, "upper", 0.5, "warning", name=name)
        days = pd.date_range("2025-03-01", periods=9, tz="UTC")
        model.send_inferences({"age": [31] * 9, "p": [0.5] * 9}, inference_timestamps=days)
        n_alerts = len(model.get_alerts())
        page = read(group.report(tmp_path / "page.html"))
    assert n_alerts == 4 * 9
    assert f"alert.raised {n_alerts}" in page.text
    shown = [row for row in page.rows if len(row) == 6 and "." in row[1]]
    assert [row[1] for row in shown][-2:] == ["model.saved", "group.created"]
    assert "alert.raised" not in {row[1] for row in shown}
    told = [row[4] for row in shown if row[1] == "rule.created"]
    assert told[-1] == "6 rules: one, two, three, and 3 more"  # with the default ones
    assert f"All but the {n_alerts} alerts are listed." in page.text


def test_looking_at_a_deployment_ends_none(tmp_path):
    with example_group("V1", "V2") as group:
        group.promote("V1")
        shadow = group.deploy.shadow("V2", metric="AUC", guardrails={"Accuracy Rate": 0.0})
        now = [pd.Timestamp.now("UTC")] * 400
        truth = [0, 1] * 200
        for label, scores in (("V1", [0.1, 0.9, 0.2, 0.3]), ("V2", [0.9, 0.1, 0.2, 0.3])):
            group.get_version(label=label).send_inferences(
                {"age": [31] * 400, "p": scores * 100, "y": truth},
                partner_inference_ids=[f"tx-{n}" for n in range(400)], inference_timestamps=now,
            )  # fmt: skip
        page = read(group.report(tmp_path / "page.html"))
        assert "guardrail of 0: broken" in page.text
        assert shadow.refresh().state == "live"
        assert shadow.evaluate().decision == "abort"  # this one does
        assert shadow.refresh().state == "aborted"


def test_a_group_without_anything_says_so(tmp_path):
    with example_group("V1") as group:
        page = read(group.report(tmp_path / "page.html"))
    for wanted in ("No alias was ever set.", "Fewer than two versions have inferences",
                   "There was no deployment"):  # fmt: skip
        assert wanted in page.text
    assert page.tile("Champion") == "none"


def test_versions_that_predict_otherwise_are_not_compared_and_it_is_said(tmp_path):
    with mg.connect(":memory:") as connection:
        first = example_version(connection, "V1")
        other = connection.model(display_name="Card fraud", input_type="TABULAR",
                                 output_type="REGRESSION")  # fmt: skip
        other.build(pd.DataFrame({"age": [31, 47], "q": [1.0, 2.0], "z": [1.0, 2.0]}), {"q": "z"})
        group = connection.get_model_group(first)
        group.add_version(other, label="V2")
        other.save()
        first.send_inferences({"age": [31, 47], "p": [0.2, 0.9], "y": [0, 1]})
        other.send_inferences({"age": [31, 47], "q": [0.2, 0.9], "z": [0.0, 1.0]})
        page = read(group.report(tmp_path / "page.html"))
    assert "The versions cannot be compared" in page.text


def test_of_many_versions_and_events_the_latest_are_shown(tmp_path, monkeypatch):
    for module, name in ((group_module, "MOST_VERSIONS"), (group_module, "MOST_LANES"),
                         (group_module, "MOST_MOVES"), (events, "MOST")):  # fmt: skip
        monkeypatch.setattr(module, name, 2)
    with example_group("V1", "V2", "V3", "V4") as group:
        for label in ("V3", "V2", "V1"):
            group.promote(label)
        page = read(group.report(tmp_path / "page.html"))
    assert "3 of 4 versions: the newest ones, and those with an alias" in page.text
    assert [row[1] for row in page.rows if row[0] in ("1", "2", "3", "4")] == ["V4", "V3", "V1"]
    assert "2 older versions have no lane" in page.text
    assert "the last 2 of 3" in page.text
    assert "The last 2 are listed." in page.text


def test_the_registry_shows_every_group(registry_page, connection):
    assert registry_page.tile("Groups") == "2"
    assert registry_page.tile("Versions") == "4"
    for group in connection.model_groups():
        champion = group.champion()
        row = registry_page.row(group.name)
        assert row[1] == champion.version_label
        assert row[3] == count_text(champion.summary(attributes=False).n_inferences)
        accuracy = champion.metrics("Accuracy Rate", every=None)["Accuracy Rate"].iloc[0]
        assert row[6] == f"{number_text(accuracy)} Accuracy Rate"
        drift = champion.drift().iloc[0]
        n = champion.summary(attributes=False).n_inferences
        chance = chance_of(connection.registry, champion.id, list(drift.index))
        name, cell = furthest(champion.drift(), chance, n)
        assert (
            row[7]
            == f"{number_text(drift[name])} {name}{' (may be chance)' if cell.is_chance else ''}"
        )
        assert cell.is_chance or cell.value == drift.max()
    assert "shadow live" in registry_page.text


def test_a_few_stray_rows_do_not_stretch_the_traffic_of_a_group(tmp_path):
    with mg.connect(":memory:") as connection:
        model = sample_model(connection, "binary")
        model.save()
        march = pd.date_range("2026-03-01", periods=1_000, freq="30min", tz="UTC")
        frame = sample_frame("binary", 1_001, seed=1)
        model.send_inferences(frame, inference_timestamps=[*march, pd.Timestamp("2026-11-25T00Z")])
        text = read(connection.report(tmp_path / "page.html")).text
    assert "2026-03-01 to 2026-03-21 is shown, for 1 inference (" in text
    assert "Inferences, 1,001 in all" in text


def test_an_empty_registry_and_one_with_many_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(overview, "MOST_GROUPS", 1)
    with mg.connect(":memory:") as connection:
        page = read(connection.report(tmp_path / "page.html"))
        assert "The registry has no groups yet" in page.text
        assert "Nothing was recorded yet." in page.text
        for name in ("one", "two"):
            model = connection.model(name, "NLP", "TOKEN_SEQUENCE")
            model.build_token_sequence_model("question", "answer")
            model.save()
        page = read(connection.report(tmp_path / "page.html"))
    assert "The newest 1 of 2 groups." in page.text
    assert [row[0] for row in page.rows if row[0] in ("one", "two")] == ["two"]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (None, {"segments": ["ab" * 30, "cd" * 30]}, "segments: 2"),
        ({"weights": {"A": 0.5}}, {"weights": {"A": 0.25}}, "weights: A 0.5 → A 0.25"),
        (None, {"alert": "2084e765-541b-4ba8-b2b4-dcd05daace34"}, "alert: 2084e765"),
        (None, None, ""),
    ],
)
def test_changes_are_told_shortly(before, after, text):
    assert change_text(before, after) == text
