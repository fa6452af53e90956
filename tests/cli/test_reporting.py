"""``modelgroups report``: what a name stands for, and where the page goes."""

import pytest

pytest.importorskip("jinja2")


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    """Pages without a path go into the folder that one is in."""
    (tmp_path / "pages").mkdir()
    monkeypatch.chdir(tmp_path / "pages")
    return tmp_path / "pages"


def heading(path):
    text = path.read_text("utf-8")
    return text.partition("<h1><bdi>")[2].partition("</bdi>")[0]


def test_a_group_a_version_and_the_registry(shell, in_a_folder):
    versions = shell.json("versions", "Card fraud")
    (group,) = shell.json("groups")
    shell("promote", "Card fraud@V1")
    for args, name, title in (
        (["Card fraud"], "Card-fraud.html", "Card fraud"),
        ([group["id"][:8]], f"{group['id'][:8]}.html", "Card fraud"),
        (["Card fraud@V2"], "Card-fraud-V2.html", "Card fraud, version 2 (V2)"),
        (["Card fraud@champion"], "Card-fraud-champion.html", "Card fraud, version 1 (V1)"),
        (["Card fraud#1", "one.html"], "one.html", "Card fraud, version 1 (V1)"),
        ([versions[0]["id"][:8], "two.html"], "two.html", "Card fraud, version 2 (V2)"),
        ([], "registry.html", "Registry registry"),
        (["--all", "all.html"], "all.html", "Registry registry"),
    ):
        told = shell("report", *args)
        path = in_a_folder / name
        assert heading(path) == title
        assert told == f"Wrote {path.resolve()}, {path.stat().st_size:,} bytes\n"


def test_archived_ones_have_pages_too(shell, in_a_folder):
    shell("archive", "Card fraud@V1", "--yes")
    shell("report", "Card fraud@V1", "old.html")
    assert heading(in_a_folder / "old.html") == "Card fraud, version 1 (V1)"


def test_what_does_not_fit_is_one_line_and_leaves_no_file(shell, in_a_folder):
    assert "the nearest is 'Card fraud'" in shell.fails("report", "Card frad")
    assert "no version '@V9'" in shell.fails("report", "Card fraud@V9")
    assert "is a folder; name a file in it" in shell.fails("report", "Card fraud", in_a_folder)
    assert "there is no folder" in shell.fails("report", "--all", in_a_folder / "no" / "a.html")
    assert "leave NAME out" in shell.fails("report", "--all", "Card fraud", "a.html", code=2)
    assert list(in_a_folder.iterdir()) == []


def test_a_version_between_two_times(shell, in_a_folder):
    shell("report", "Card fraud@V1", "a.html", "--since", "2026-03-01", "--until", "2026-04-01")
    text = (in_a_folder / "a.html").read_text("utf-8")
    assert "from 2026-03-01 00:00 to 2026-04-01 00:00 UTC" in text
    for args in ([], ["Card fraud"], ["--all"]):
        told = shell.fails("report", *args, "--since", "2026-03-01", code=2)
        assert "are for a version" in " ".join(told.split())
