"""What notebooks and terminals show of the objects, and complete behind them."""

import dataclasses
from html.parser import HTMLParser

import pytest

import modelgroups as mg
from modelgroups.errors import NotFoundError
from modelgroups.schema.attribute import Attribute
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


def test_a_group_says_how_many_versions_it_has_and_which_is_the_champion(tmp_path):
    with mg.connect(tmp_path) as connection:
        model = sample_model(connection, "regression", display_name="Spend")
        model.save()
        group = connection.get_model_group(model)
        assert repr(group) == f"<ModelGroup 'Spend': 1 version, id {group.id}>"
        group.promote(1)
        whole = f"<ModelGroup 'Spend': 1 version, champion version 1, id {group.id}>"
        assert repr(group) == whole
        group.archive()
        assert repr(group) == f"<ModelGroup 'Spend': id {group.id}, archived>"
        group.restore()
    assert repr(group) == repr(mg.ModelGroup(group.id, "Spend"))
    with mg.connect(tmp_path) as connection:
        group = connection.get_model_group(group.id)
        for file in tmp_path.glob("catalog.db*"):
            file.write_bytes(b"damaged" * 4_096)
        assert repr(group).startswith("<ModelGroup 'Spend': ")


def test_a_version_says_what_the_registry_adds_and_how_much_it_holds(connection):
    model = sample_model(connection, "binary", display_name="Cards", n_rows=1_200)
    assert "rows of reference data" not in model._repr_html_()
    model.save()
    model.send_inferences(sample_frame("binary", 7, 1))
    text = Page(model._repr_html_()).text
    n_own = sum(not attribute.implicit for attribute in model.attributes)
    n_added = len(model.attributes) - n_own
    assert n_added
    assert f"attributes{n_own}, and {n_added} that the registry adds" in text
    assert "rows of reference data1,200" in text
    assert "inferences7" in text


def test_the_ways_to_deploy_are_told(group):
    for name in ("ab", "canary", "shadow", "replace", "live", "history"):
        assert f"{name}()" in repr(group.deploy)
        assert hasattr(group.deploy, name)


def test_an_attribute_is_a_line_with_what_is_set():
    amount = Attribute("amount", "FLOAT", "PIPELINE_INPUT", position=1)
    assert repr(amount) == "<Attribute PIPELINE_INPUT[1]:amount: FLOAT>"
    amount.set(range=[0, 9.5], bins=[None, 5, None], monitor_for_bias=True)
    assert repr(amount) == (
        "<Attribute PIPELINE_INPUT[1]:amount: FLOAT, range 0 to 9.5, bins, monitor_for_bias>"
    )
    country = Attribute("country", "STRING", "GROUND_TRUTH", attribute_link="p")
    country.set(categorical=True, categories=["de", "fr", "it", "pl"])
    assert repr(country) == (
        "<Attribute GROUND_TRUTH[None]:country: STRING, 4 categories (de, fr, it, …), "
        "attribute_link 'p'>"
    )
    country.categories = 5  # which save() complains of
    assert "STRING, categorical" in repr(country)


def test_a_verification_says_that_all_is_well(connection):
    found = connection.verify()
    assert repr(found).startswith("<Verification: all is well; models: ")
    bad = dataclasses.replace(found, problems=("a file is gone",))
    assert repr(bad).startswith("<Verification: problems: 1; models: ")
    assert repr(bad).endswith(">\n  a file is gone")


def test_a_group_that_is_asked_for_as_a_model_is_pointed_at(connection, group):
    with pytest.raises(NotFoundError, match="a group has that name, which get_model_group"):
        connection.get_model(group.name)
