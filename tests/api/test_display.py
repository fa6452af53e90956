"""What notebooks and terminals show of the objects, and complete behind them."""

from html.parser import HTMLParser

import pytest

import modelgroups as mg
from modelgroups.errors import NotFoundError
from modelgroups.testing import sample_frame, sample_model

HOSTILE = "<script>alert('x')</script>&\"<b>"
TAGS = {
    "b", "br", "caption", "code", "details", "div", "li", "p", "summary", "table", "tbody", "td",
    "th", "thead", "tr", "ul",
}  # fmt: skip


class Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = set(), ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def connection():
    with mg.connect(":memory:") as opened:
        yield opened


@pytest.fixture
def group(connection):
    """Two versions that have received the same."""
    for label in ("V1", HOSTILE):
        model = sample_model(connection, "binary", display_name=HOSTILE, tags=[HOSTILE])
        model.version_label, model.description = label, HOSTILE
        for group in connection.model_groups():
            group.add_version(model)
        model.save()
        ids = [f"id-{number}" for number in range(60)]
        model.send_inferences(sample_frame("binary", 60, 1), partner_inference_ids=ids)
    group = connection.get_model_group(model)
    group.set_alias("challenger", "V1")
    return group


def shown(group, connection):
    """Return every object that has a picture in a notebook."""
    model = group[HOSTILE]
    attribute = model.get_attribute("country", "PIPELINE_INPUT")
    attribute.label = HOSTILE
    attribute.set(monitor_for_bias=True)
    deployment = group.deploy.ab({"V1": 0.5, HOSTILE: 0.5}, metric="AUC")
    return {
        "connection": connection,
        "group": group,
        "model": model,
        "attribute": attribute,
        "comparison": group.compare("V1", HOSTILE, metrics=["AUC"]),
        "deployment": deployment,
        "diff": group.diff("V1", HOSTILE),
    }


def test_what_is_shown_is_escaped_and_clear(group, connection):
    for name, each in shown(group, connection).items():
        page = Page(each._repr_html_())
        assert page.tags <= TAGS, name
        assert HOSTILE in page.text, name
        assert len(repr(each).splitlines()[0]) < 600, name
        assert str(each), name


def test_a_version_is_got_by_what_it_is_called(group):
    first, second = group["V1"], group[2]
    assert first.version_sequence_num == 1
    assert group["challenger"] == group[first.id] == first
    assert list(group) == [second, first]
    assert "V1" in group
    assert first in group
    assert "V9" not in group
    with pytest.raises(NotFoundError, match="V9"):
        group["V9"]


def test_labels_and_aliases_are_completed_behind_the_bracket(group):
    assert group._ipython_key_completions_() == [HOSTILE, "V1", "challenger"]


def test_what_is_closed_can_still_be_looked_at():
    with mg.connect(":memory:") as connection:
        model = sample_model(connection, "regression", display_name="Spend")
        model.save()
        group = connection.get_model_group(model)
    assert repr(connection) == "<Connection ':memory:', closed>"
    for each in (connection, group, model):
        assert each._repr_html_()
    assert "Spend" in group._repr_html_()


def test_a_long_list_is_cut(monkeypatch):
    monkeypatch.setattr("modelgroups.listing._SHOWN", 2)
    monkeypatch.setattr("modelgroups.connection._GROUPS_SHOWN", 1)
    with mg.connect(":memory:") as connection:
        for name in ("A", "B", "C"):
            for _ in range(3):
                model = sample_model(connection, "regression", display_name=name)
                for group in connection.model_groups(name=name):
                    group.add_version(model)
                model.save()
        assert "… and 1 older ones" in connection.get_model_group("A")._repr_html_()
        assert connection._repr_html_().count("<li>") == 2


def test_what_goes_on_is_told_in_a_line(connection, group):
    assert repr(group.deploy).startswith(f"<Deploying in the group {group.id}: replace(), ab()")
    assert repr(connection.verify()).endswith("all is well>")
    with pytest.raises(NotFoundError, match="a group has that name, which get_model_group"):
        connection.get_model(group.name)
