"""Where pages are written, by whom, and that no text of a user is markup in them."""

import os
import stat
import sys

import pytest

import modelgroups as mg
from modelgroups.errors import (
    MethodNotApplicableError,
    MissingDependencyError,
    UnexpectedError,
    UserTypeError,
    UserValueError,
)
from modelgroups.testing import example_model

from .conftest import build, fill, read, rows

SCRIPT = "<script>alert(1)</script>"
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "a", "header", "nav", "ul", "li", "main"),
    *("p", "h1", "h2", "h3", "dl", "div", "dt", "dd", "small", "span", "section", "bdi", "footer"),
    *("svg", "desc", "line", "path", "rect", "circle", "text", "figure", "figcaption", "article"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "br", "strong"),
}


def hostile_rows(seed, size=40):
    frame = rows(seed, size)
    frame["country"] = ([SCRIPT, "a'\"&b", "x" * 300, "\u202eabc"] * size)[:size]
    frame["fraud"] = ["<b>yes</b>" if each else "no" for each in frame["fraud"]]
    return frame


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The pages of a version, a group and a registry in which all that can be is hostile."""
    folder = tmp_path_factory.mktemp("pages")
    with mg.connect(":memory:", actor=SCRIPT) as connection:
        versions = []
        for label in (SCRIPT, "]]><svg onload=alert(1)>"):
            model = connection.model(display_name=SCRIPT, description=SCRIPT, tags=[SCRIPT],
                                     input_type="TABULAR", output_type="MULTICLASS",
                                     is_batch=True)  # fmt: skip
            frame = hostile_rows(0).assign(not_p=lambda frame: 1 - frame["p"])
            model.build(frame, {"p": "<b>yes</b>", "not_p": "no"}, ground_truth_column="fraud",
                        positive_predicted_attr="p")  # fmt: skip
            model.set_attribute_as_sensitive("country")
            model.get_attribute("country").label = SCRIPT
            model.version_label = label
            if versions:
                model.model_group_id = versions[0].model_group_id
            model.save()
            for batch in ("<i>1</i>", "--><img src=x onerror=alert(1)>"):
                model.send_inferences(frame, batch_id=batch)
            model.create_metric(f"{SCRIPT} metric", {"select": [{"function": "count"}]})
            versions.append(model)
        group = connection.get_model_group(versions[0])
        group.name, group.description = SCRIPT, SCRIPT
        group.promote(versions[0], reason=SCRIPT)
        group.deploy.ab({1: 0.5, 2: 0.5}, reason=SCRIPT)
        paths = [
            versions[0].report(folder / "version.html"),
            group.report(folder / "group.html"),
            connection.report(folder / "registry.html"),
        ]
    return [read(path) for path in paths]


def test_what_users_write_stays_text(hostile):
    for page in hostile:
        assert {tag for tag, _ in page.elements} <= TAGS
        attributes = {name for _, attrs in page.elements for name in attrs}
        assert not [name for name in attributes if name.startswith("on")]
        assert SCRIPT in page.text
        assert not set("\u202a\u202b\u202c\u202d\u202e") & set(page.source)


def test_each_text_stands_where_it_belongs(hostile):
    version, group, registry = hostile
    for wanted in ("<i>1</i>", "--><img src=x…", "<b>yes</b>", f"{SCRIPT} metric", "a'\"&b"):
        assert wanted in version.text or wanted[:12] in version.text
    assert "]]><svg onload=alert(1)>" in group.text
    assert registry.row(SCRIPT)[1] == SCRIPT[:23] + "…"


def test_nothing_is_fetched_from_anywhere(hostile):
    for page in hostile:
        (policy,) = [each["content"] for each in page.tags("meta")
                     if each.get("http-equiv") == "Content-Security-Policy"]  # fmt: skip
        assert policy == "default-src 'none'; style-src 'unsafe-inline'"
        for _, attrs in page.elements:
            assert not {"src", "srcset", "data", "action", "xlink:href"} & attrs.keys()
            assert attrs.get("href", "#").startswith("#")
        style = page.source.partition("<style>")[2].partition("</style>")[0]
        assert "url(" not in style
        assert "@import" not in style


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- files -----------------------------------------------------------------------------------


def test_a_file_that_is_there_is_replaced_wholly(version, tmp_path):
    path = tmp_path / "page.html"
    path.write_text("x" * 10_000_000)
    assert version.report(str(path)) == path
    assert path.stat().st_size < 1_000_000
    assert path.read_text("utf-8").endswith("</html>")
    assert names(tmp_path) == ["page.html"]  # nothing is left beside it
    mode = os.umask(0o022)
    os.umask(mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mode


def test_a_link_stays_a_link(version, tmp_path):
    (tmp_path / "pages").mkdir()
    link = tmp_path / "latest.html"
    link.symlink_to(tmp_path / "pages" / "page.html")
    version.report(link)
    assert link.is_symlink()
    assert (tmp_path / "pages" / "page.html").is_file()


@pytest.mark.parametrize("owner", ["version", "group", "connection"])
def test_where_no_file_can_be_it_is_said_before_anything_is_asked(owner, request, tmp_path):
    subject = request.getfixturevalue(owner)
    with pytest.raises(UserValueError, match="is a folder; name a file in it"):
        subject.report(tmp_path)
    with pytest.raises(UserValueError, match=f"no folder {tmp_path / 'no'}"):
        subject.report(tmp_path / "no" / "page.html")
    for path in ("", "a\0b"):
        with pytest.raises(UserValueError, match="is not the path of a file"):
            subject.report(path)
    for path in (None, 7, b"page.html"):
        with pytest.raises((UserTypeError, UserValueError)):
            subject.report(path)
    assert names(tmp_path) == []


def test_what_the_disk_refuses_leaves_the_old_page(version, tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("old")

    def refuse(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
    with pytest.raises(UnexpectedError, match="No space left on device"):
        version.report(path)
    assert names(tmp_path) == ["page.html"]
    assert path.read_text() == "old"


def test_half_a_character_does_not_stop_a_page(tmp_path):
    from modelgroups.report.writing import write_page

    assert write_page(tmp_path / "page.html", "a\ud800b").read_bytes() == b"a&#55296;b"


def test_a_registry_that_cannot_be_written_is_reported_all_the_same(tmp_path):
    with mg.connect(tmp_path / "registry") as connection:
        model = build(connection, "V1")
        model.save()
        fill(model, 1, days=3)
    with mg.connect(tmp_path / "registry", read_only=True) as reader:
        (group,) = reader.model_groups()
        for name, each in (("version", group.get_latest_version()), ("group", group),
                           ("registry", reader)):  # fmt: skip
            assert "90" in read(each.report(tmp_path / f"{name}.html")).text


def test_a_model_must_be_saved(tmp_path):
    with mg.connect(":memory:") as connection:
        model = build(connection, "V1")
        with pytest.raises(MethodNotApplicableError, match=r"report\(\) needs a saved model"):
            model.report(tmp_path / "page.html")


def test_without_jinja_the_error_names_the_extra(version, group, connection, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    for each in (version, group, connection):
        with pytest.raises(MissingDependencyError, match=r"modelgroups\[report\]"):
            each.report(tmp_path / "page.html")


def test_a_page_of_an_archived_version_and_group(tmp_path):
    with example_model() as model:
        model.send_inferences({"age": [31, 47], "p": [0.2, 0.9], "y": [0, 1]})
        model.archive()
        page = read(model.report(tmp_path / "page.html"))
        assert "archived" in page.text
