"""Aliases, differences, the audit trail, bundles and backups from the command line."""

import modelgroups as mg


def test_an_alias_names_a_version_and_moves(shell):
    shell("alias", "Card fraud", "challenger", "V1")
    assert shell.json("show", "Card fraud@challenger")["label"] == "V1"
    shell("alias", "Card fraud", "challenger", "#2")
    (row,) = shell.json("alias", "Card fraud")
    assert (row["alias"], row["number"], row["label"]) == ("challenger", 2, "V2")
    assert "'@challenger'" in shell.fails("show", "Card fraud@challanger")
    shell("alias", "Card fraud", "challenger", "--delete", "--yes")
    assert shell.json("alias", "Card fraud") == []
    assert "no alias 'challenger'; there are none" in shell.fails(
        "alias", "Card fraud", "challenger"
    )
    assert "--delete takes an alias" in shell.fails("alias", "Card fraud", "--delete", code=2)


def test_the_aliases_of_a_day_in_the_past_are_listed(shell):
    shell("alias", "Card fraud", "champion", "V1", "--at", "2026-03-01")
    shell("alias", "Card fraud", "challenger", "V2", "--at", "2026-03-02")
    shell("alias", "Card fraud", "champion", "V2", "--at", "2026-03-03")
    shell("alias", "Card fraud", "challenger", "--delete", "--yes", "--at", "2026-03-04")

    def on(day):
        rows = shell.json("alias", "Card fraud", "--at", day)
        return {row["alias"]: row["label"] for row in rows}

    assert on("2026-02-28") == {}
    assert on("2026-03-01") == {"champion": "V1"}
    assert on("2026-03-02") == {"champion": "V1", "challenger": "V2"}
    assert on("2026-03-03") == {"champion": "V2", "challenger": "V2"}
    assert on("2026-03-04") == {"champion": "V2"}
    (row,) = shell.json("alias", "Card fraud", "champion", "--at", "2026-03-02")
    assert (row["alias"], row["label"]) == ("champion", "V1")
    told = shell.fails("alias", "Card fraud", "challenger", "--at", "2026-03-04")
    assert told.endswith(
        "has no alias 'challenger' at 2026-03-04T00:00:00+00:00; there is 'champion'"
    )


def test_a_champion_is_promoted_and_rolled_back(shell):
    shell("promote", "Card fraud@V1", "--reason", "first")
    shell("promote", "Card fraud@V2", "--reason", "better")
    assert shell.json("show", "Card fraud@champion")["label"] == "V2"
    assert "version 1 (V1)" in shell("rollback", "Card fraud", "--reason", "alarms")
    assert shell.json("show", "Card fraud@champion")["label"] == "V1"
    reasons = [event["reason"] for event in shell.json("audit", "--group", "Card fraud")]
    assert [each for each in reasons if each] == ["first", "better", "alarms"]
    assert shell("audit")


def test_a_difference_is_that_of_the_library(shell):
    with mg.connect(shell.home) as connection:
        group = connection.get_model_group("Card fraud")
        assert not group.diff("V1", "V2")
        assert "No differences" in shell("diff", "Card fraud", "V1", "V2")
        version = group.get_version(label="V2")
        version.description = "the better one"
        version.update()
        expected = group.diff("V1", "V2").to_dict()
    assert shell.json("diff", "Card fraud", "V1", "#2") == expected
    assert shell.json("diff", "Card fraud@V1", "Card fraud#2") == expected
    assert "the better one" in shell("diff", "Card fraud", "V1", "V2")
    assert shell.fails("diff", "Card fraud", "V1", "V9")


def test_a_group_goes_into_a_file_and_into_another_registry(shell, folder):
    shell("export", "Card fraud", folder / "fraud.bundle", "--inferences")
    assert shell.fails("export", "Card fraud", folder / "fraud.bundle")
    shell.home = folder / "other"
    shell("init")
    assert "2 versions" in shell("import", folder / "fraud.bundle")
    assert shell.json("show", "Card fraud@V1")["inferences"] == 3
    assert shell.fails("import", folder / "day.csv")


def test_a_backup_is_a_registry(shell, folder):
    shell("backup", folder / "copy")
    shell.home = folder / "copy"
    assert shell.json("show", "Card fraud")["inferences"] == 3
