"""`connect` and `Connection`: opening, making models, looking groups and models up."""

import os
import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import modelgroups as mg
from modelgroups import InputType, OutputType
from modelgroups.errors import (
    ClosedError,
    ConflictError,
    MissingParameterError,
    NotARegistryError,
    NotFoundError,
    ReadOnlyError,
    ResponseClientError,
    UserTypeError,
    UserValueError,
)

from .samples import HOSTILE, KINDS, contents, model_of_kind, new_model, saved_model


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture(scope="module")
def crowd():
    """Offer a registry with models of every kind, named by their number."""
    with mg.connect(":memory:") as connection:
        for number, kind in enumerate(KINDS):
            model, _ = model_of_kind(connection, *kind)
            model.display_name, model.version_label = f"Model {number:02}", f"L{number % 3}"
            model.partner_model_id, model.tags = f"partner-{number}", [f"t{number % 4}", "all"]
            model.save()
        connection.models()[5].archive()
        connection.get_model_group(connection.models()[7]).archive()
        yield connection


def names(found):
    return [getattr(item, "display_name", None) or item.name for item in found]


# --- connect ------------------------------------------------------------------------------


def test_a_folder_is_made_and_found_again(tmp_path):
    folder = tmp_path / "a" / "b"
    with mg.connect(folder) as connection:
        assert connection.location == str(folder)
        assert not connection.read_only
        model_id = saved_model(connection).id
    with mg.connect(str(folder)) as connection:
        assert connection.get_model(model_id).display_name == "Card fraud"


def test_without_a_location_the_environment_says_where(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELGROUPS_HOME", str(tmp_path / "home"))
    with mg.connect() as connection:
        assert Path(connection.location) == tmp_path / "home"
        saved_model(connection)
    assert (tmp_path / "home" / "catalog.db").is_file()


def test_a_registry_in_memory_is_its_own_and_leaves_nothing():
    with mg.connect(":memory:") as one, mg.connect(":memory:") as other:
        saved_model(one)
        assert other.models() == []
        root = one.registry.root
        assert root.exists()
    assert not root.exists()


def test_several_connections_see_one_registry(tmp_path):
    with mg.connect(tmp_path) as one, mg.connect(tmp_path) as other:
        model = saved_model(one)
        assert other.get_model(model.id) == model
        saved_model(other, group=other.get_model_group(model))
        assert len(one.get_model_group(model).get_versions()) == 2


def test_a_read_only_connection_reads_and_refuses_to_write(tmp_path):
    with mg.connect(tmp_path) as connection:
        model = saved_model(connection)
    with mg.connect(tmp_path, read_only=True) as connection:
        assert connection.read_only
        assert repr(connection) == f"<Connection {str(tmp_path)!r}, read-only>"
        assert connection.models() == [model]
        group = connection.get_model_group(model)
        for write in (
            connection.models()[0].archive,
            group.archive,
            lambda: setattr(group, "name", "x"),
        ):
            with pytest.raises(ReadOnlyError, match="read-only"):
                write()
        assert group.name == "Card fraud"


def test_reading_only_needs_a_registry(tmp_path):
    with pytest.raises(NotARegistryError, match="no registry"):
        mg.connect(tmp_path / "new", read_only=True)
    assert not (tmp_path / "new").exists()


def test_a_folder_with_other_files_is_no_registry(tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(NotARegistryError, match=r"thesis\.docx"):
        mg.connect(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_is_no_registry(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(NotARegistryError, match="is a file"):
        mg.connect(path)


@pytest.mark.parametrize(
    "location, error",
    [
        (5, UserTypeError),
        (b"folder", UserTypeError),
        (["folder"], UserTypeError),
        ("", UserValueError),
        ("a\0b", UserValueError),
        ("postgresql://host/db", UserValueError),
    ],
)
def test_a_location_is_a_folder(location, error):
    with pytest.raises(error, match="location"):
        mg.connect(location)


def test_read_only_is_true_or_false():
    with pytest.raises(UserTypeError, match="read_only"):
        mg.connect(":memory:", read_only="yes")


def test_a_call_that_does_not_fit_names_the_method(connection):
    with pytest.raises(MissingParameterError, match=r"connect\(\).*'colour'"):
        mg.connect(":memory:", colour="red")
    with pytest.raises(MissingParameterError, match=r"get_model\(\).*'identifier'"):
        connection.get_model()


def test_a_closed_connection_refuses_and_may_be_closed_again(connection):
    connection.close()
    connection.close()
    for call in (connection.models, connection.model_groups, lambda: connection.get_model("x")):
        with pytest.raises(ClosedError, match="closed"):
            call()


def test_a_connection_shows_its_groups(connection):
    saved_model(connection, "<script>alert('x')</script>")
    assert repr(connection) == "<Connection ':memory:'>"
    shown = connection._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


# --- model --------------------------------------------------------------------------------


def test_a_model_starts_unsaved_with_the_fields_it_was_given(connection):
    model = connection.model("m-1", "TABULAR", OutputType.Regression, tags=["a", "b"])
    assert (model.partner_model_id, model.display_name) == ("m-1", "m-1")
    assert (model.input_type, model.output_type) == (InputType.Tabular, OutputType.Regression)
    assert model.tags == ["a", "b"]
    assert (model.id, model.status, model.attributes) == (None, None, None)
    assert connection.models() == []


def test_the_partner_id_is_made_of_the_display_name_and_the_local_time(connection):
    before = datetime.now().astimezone().replace(microsecond=0)
    model = connection.model(
        display_name="Card fraud EU", input_type="NLP", output_type="REGRESSION"
    )
    stem, _, stamp = model.partner_model_id.rpartition("_")
    assert stem == "Card_fraud_EU"
    date, _, time = stamp.partition("--")
    moment = datetime.fromisoformat(f"{date}T{time.replace('-', ':')}").astimezone()
    assert before <= moment <= datetime.now().astimezone()


def test_a_long_display_name_makes_a_partner_id_that_can_be_saved(connection):
    for _ in range(2):
        assert len(saved_model(connection, "x" * 255).partner_model_id) <= 255


def test_model_type_is_the_older_name_of_output_type(connection):
    assert connection.model("m", "NLP", model_type="REGRESSION").output_type == "REGRESSION"
    both = connection.model("m", "NLP", "MULTICLASS", model_type="REGRESSION")
    assert both.output_type == "MULTICLASS"


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({}, "input_type and an output_type"),
        ({"input_type": "NLP", "display_name": "m"}, "output_type"),
        ({"output_type": "REGRESSION", "display_name": "m"}, "input_type"),
        ({"input_type": "NLP", "output_type": "REGRESSION"}, "display_name or a partner_model_id"),
    ],
)
def test_a_model_needs_a_name_and_its_types(connection, arguments, words):
    with pytest.raises(MissingParameterError, match=words):
        connection.model(**arguments)


@pytest.mark.parametrize("parameter", ["input_type", "output_type"])
@pytest.mark.parametrize("value, error", [("table", UserValueError), (5, UserTypeError)])
def test_a_type_is_one_of_those_there_are(connection, parameter, value, error):
    kinds = {"input_type": "NLP", "output_type": "REGRESSION"} | {parameter: value}
    with pytest.raises(error, match=rf"{parameter}.*(NLP|REGRESSION)"):
        connection.model("m", **kinds)


# --- get_model and get_model_group --------------------------------------------------------


def test_a_model_is_got_by_either_id(connection):
    model = saved_model(connection, partner_model_id="card")
    assert connection.get_model(model.id) == model
    assert connection.get_model("card", "partner_model_id") == model
    assert connection.get_model("card", id_type="partner_model_id").reference_data().shape == (3, 3)


@pytest.mark.parametrize("id_type", ["id", "partner_model_id"])
@pytest.mark.parametrize("identifier", ["", "nope", *HOSTILE])
def test_an_unknown_id_is_not_found(connection, identifier, id_type):
    saved_model(connection)
    with pytest.raises(ResponseClientError, match=r"^404 Not Found") as caught:
        connection.get_model(identifier, id_type)
    assert isinstance(caught.value, NotFoundError)
    assert isinstance(caught.value, LookupError)
    assert repr(identifier) in str(caught.value)


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ((5,), UserTypeError, "identifier"),
        ((None,), UserTypeError, "identifier"),
        (("x", "name"), UserValueError, "'name'"),
        (("x", []), UserTypeError, "id_type"),
        (("\ud800",), UserValueError, "surrogate"),
    ],
)
def test_an_id_is_a_text(connection, arguments, error, words):
    with pytest.raises(error, match=words):
        connection.get_model(*arguments)


def test_a_group_is_got_by_id_by_name_or_by_a_model(connection):
    model = saved_model(connection)
    group = connection.get_model_group(model)
    assert group == connection.get_model_group(group.id) == connection.get_model_group("Card fraud")
    assert group is not connection.get_model_group(group.id)
    group.archive()
    assert connection.get_model_group(group.id).archived
    with pytest.raises(NotFoundError, match=rf"archived; get it by its id \({group.id}\)"):
        connection.get_model_group(group.name)
    with pytest.raises(NotFoundError, match="'Card fraud'"):
        connection.get_model_group("Card fraud")


def test_a_name_that_two_groups_have_is_refused_with_their_ids(connection):
    ids = [saved_model(connection).model_group_id for _ in range(2)]
    with pytest.raises(ConflictError, match=f"^409 .*{ids[0]}, {ids[1]}"):
        connection.get_model_group("Card fraud")
    connection.get_model_group(ids[0]).archive()
    assert connection.get_model_group("Card fraud").id == ids[1]


def test_an_id_goes_before_an_equal_name(connection):
    group = connection.get_model_group(saved_model(connection, "one"))
    connection.get_model_group(saved_model(connection, "two")).name = group.id
    assert connection.get_model_group(group.id).name == "one"


@pytest.mark.parametrize(
    "wanted, error",
    [(5, UserTypeError), (None, UserTypeError), (b"x", UserTypeError), ("nope", NotFoundError)],
)
def test_a_group_is_got_by_nothing_else(connection, wanted, error):
    with pytest.raises(error):
        connection.get_model_group(wanted)


def test_a_model_without_a_group_has_none_to_get(connection):
    with pytest.raises(UserValueError, match=r"save\(\)"):
        connection.get_model_group(new_model(connection))


# --- listings -----------------------------------------------------------------------------


def test_models_and_groups_come_in_the_order_of_saving(crowd):
    listed = names(crowd.models(archived=None))
    assert listed == names(crowd.model_groups(archived=None)) == sorted(listed)
    assert len(listed) == len(KINDS)


def test_archived_ones_are_listed_when_asked_for(crowd):
    archived = names(crowd.models(archived=True))
    assert archived == ["Model 05", "Model 08"]
    assert names(crowd.models()) == [
        name for name in names(crowd.models(archived=None)) if name not in archived
    ]
    assert names(crowd.model_groups(archived=True)) == ["Model 08"]


@pytest.mark.parametrize("input_type", InputType)
def test_filter_by_input_type(crowd, input_type):
    wanted = [i for i, kind in enumerate(KINDS) if kind[0] == input_type]
    found = names(crowd.models(input_type=input_type, archived=None))
    assert found == [f"Model {i:02}" for i in wanted]
    assert names(crowd.model_groups(input_type=str(input_type), archived=None)) == found


@pytest.mark.parametrize("output_type", OutputType)
def test_filter_by_output_type(crowd, output_type):
    wanted = [i for i, kind in enumerate(KINDS) if kind[1] == output_type]
    found = names(crowd.models(output_type=output_type, archived=None))
    assert found == [f"Model {i:02}" for i in wanted]
    assert names(crowd.model_groups(output_type=str(output_type), archived=None)) == found


def test_filter_by_tag_label_attribute_and_partner_id(crowd):
    everything = range(len(KINDS))
    by = {
        "tag": ("t2", [i for i in everything if i % 4 == 2]),
        "label": ("L1", [i for i in everything if i % 3 == 1]),
        "attribute": ("words", [i for i, kind in enumerate(KINDS) if kind[0] == "NLP"]),
        "partner_model_id": ("partner-11", [11]),
    }
    for parameter, (value, wanted) in by.items():
        found = names(crowd.models(**{parameter: value}, archived=None))
        assert found == [f"Model {i:02}" for i in wanted], parameter
        assert crowd.models(**{parameter: value.upper() + "x"}, archived=None) == []
    assert names(crowd.model_groups(tag="t2")) == names(crowd.models(tag="t2"))
    both = crowd.models(tag="t2", label="L1", archived=None)
    assert names(both) == [f"Model {i:02}" for i in everything if i % 4 == 2 and i % 3 == 1]


def test_filter_by_group(crowd):
    model = crowd.models()[0]
    group = crowd.get_model_group(model)
    assert crowd.models(group=group) == crowd.models(group=group.id) == [model]
    assert crowd.models(group="another") == []


@pytest.mark.parametrize(
    "pattern, wanted",
    [
        ("Model 03", ["Model 03"]),
        ("model 03", []),
        ("model 0*", [f"Model 0{i}" for i in (0, 1, 2, 3, 4, 6, 7, 9)]),
        ("*L 1*1", ["Model 11"]),
        ("Model", []),
        ("Model_03", []),
        ("Model%*", []),
        ("", []),
    ],
)
def test_filter_by_name(crowd, pattern, wanted):
    assert names(crowd.models(name=pattern)) == wanted
    groups = [name for name in names(crowd.model_groups(name=pattern)) if name != "Model 05"]
    assert groups == wanted


def test_filter_by_time(connection):
    first, second, third = (saved_model(connection, name) for name in "abc")
    moment = datetime.fromisoformat(second.created_at)
    assert names(connection.models(created_after=moment)) == ["b", "c"]
    assert names(connection.models(created_before=moment)) == ["a"]
    elsewhere = moment.astimezone(timezone(timedelta(hours=-11)))
    assert names(connection.models(created_after=elsewhere.isoformat())) == ["b", "c"]
    between = {"created_after": first.created_at, "created_before": third.created_at}
    assert names(connection.models(**between)) == names(connection.model_groups(**between))
    assert names(connection.models(**between)) == ["a", "b"]
    assert connection.models(created_after=datetime.now(UTC) + timedelta(days=1)) == []


@pytest.mark.parametrize("listing", ["models", "model_groups"])
@pytest.mark.parametrize(
    "arguments, error",
    [
        ({"name": 5}, UserTypeError),
        ({"name": "\ud800"}, UserValueError),
        ({"tag": ["a"]}, UserTypeError),
        ({"input_type": 5}, UserTypeError),
        ({"archived": "yes"}, UserTypeError),
        ({"created_after": 5}, UserTypeError),
        ({"created_after": "yesterday"}, UserValueError),
        ({"created_before": datetime(2024, 1, 1)}, UserValueError),  # noqa: DTZ001  # naive
        ({"created_before": "9999-12-31T23:59:59-23:00"}, UserValueError),
        ({"limit": 0}, UserValueError),
        ({"limit": -1}, UserValueError),
        ({"limit": "1"}, UserTypeError),
        ({"limit": True}, UserTypeError),
        ({"after": 5}, UserTypeError),
        ({"after": "nope"}, NotFoundError),
    ],
)
def test_a_filter_that_makes_no_sense_is_named(connection, listing, arguments, error):
    saved_model(connection)
    [parameter] = arguments
    with pytest.raises(error, match="'nope'" if error is NotFoundError else parameter):
        getattr(connection, listing)(**arguments)


def test_pages_begin_behind_something_saved_and_of_the_kind_that_is_listed(connection):
    model = saved_model(connection)
    group = connection.get_model_group(model)
    with pytest.raises(UserTypeError, match="after must be a Model"):
        connection.models(after=group)
    with pytest.raises(UserTypeError, match="after must be a ModelGroup"):
        connection.model_groups(after=model)
    with pytest.raises(UserTypeError, match="group must be a ModelGroup"):
        connection.models(group=model)
    with pytest.raises(UserValueError, match="after must be saved"):
        connection.models(after=new_model(connection))


def test_a_limit_may_be_huge(connection):
    model = saved_model(connection)
    assert connection.models(limit=10**30) == [model]


@pytest.mark.parametrize("size", [1, 2, 3, 50])
@pytest.mark.parametrize("listing", ["models", "model_groups"])
def test_pages_neither_repeat_nor_skip_while_others_save(connection, listing, size):
    fetch = getattr(connection, listing)
    before = [saved_model(connection, f"before {i}") for i in range(7)]
    added, found, page = 0, [], fetch(limit=size)
    while page:
        assert len(page) <= size
        found += page
        if added < 3:
            added += 1
            saved_model(connection, f"between {added}")
        if len(before) > 6 and len(found) > 2:
            before.pop(5).archive()  # the one at the key of a page may go, too
        page = fetch(limit=size, after=page[-1] if added % 2 else page[-1].id)
    seen = names(found)
    assert seen == names(fetch(archived=None)) or "before 5" not in seen
    assert len(seen) == len(set(seen))
    assert set(seen) >= {m.display_name for m in before}
    assert {"between 1"} <= set(seen)


def test_a_page_may_begin_behind_what_was_archived_meanwhile(connection):
    for name in "abc":
        saved_model(connection, name)
    [page] = connection.models(limit=1)
    page.archive()
    assert names(connection.models(after=page)) == ["b", "c"]


def test_listed_models_read_their_attributes_when_asked(connection):
    model = saved_model(connection)
    [listed] = connection.models()
    assert "attributes" not in vars(listed)
    assert listed == model
    assert listed.get_attribute("age").position == 0


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_filters_for_itself_only(connection, text):
    fields = {"partner_model_id": text, "tags": [text]}
    model = saved_model(connection, text, label=text, **fields)
    saved_model(connection, "y" + text[1:], label="other", tags=["other"])
    before = contents(connection)
    for parameter in ("tag", "label", "partner_model_id"):
        assert connection.models(**{parameter: text}) == [model], parameter
    if "*" not in text:
        assert connection.models(name=text) == [model]
        assert names(connection.model_groups(name=text)) == [text]
        assert connection.models(name=f"{text}*")[0] == model
    assert names(connection.model_groups(tag=text)) == [text]
    assert connection.models(attribute=text) == connection.models(group=text) == []
    assert contents(connection) == before


NAMES = ["100%", "100x", "a_b", "aXb", "A\\b", "a'b", "[ab]", "?", "a*b"]


@pytest.fixture(scope="module")
def oddly_named():
    with mg.connect(":memory:") as connection:
        for name in NAMES:
            saved_model(connection, name)
        yield connection


@given(st.text("aAbBxX10%_*\\'[]?^$. ", max_size=6))
def test_in_a_pattern_only_the_star_stands_for_anything(oddly_named, pattern):
    wanted = [name for name in NAMES if name == pattern]
    if "*" in pattern:
        expression = ".*".join(map(re.escape, pattern.split("*")))
        wanted = [name for name in NAMES if re.fullmatch(expression, name, re.IGNORECASE)]
    assert names(oddly_named.models(name=pattern)) == wanted
    assert names(oddly_named.model_groups(name=pattern)) == wanted


def test_a_pattern_finds_letters_beyond_ascii_as_they_are_written(connection):
    saved_model(connection, "École d'été")
    assert names(connection.models(name="École*")) == ["École d'été"]
    assert names(connection.models(name="*été")) == ["École d'été"]


def test_verify_and_gc_report_on_a_sound_registry(connection):
    for _ in range(2):
        saved_model(connection)
    report = connection.verify()
    assert report
    assert (report.n_models, report.n_snapshots, report.problems) == (2, 1, ())
    assert "all is well" in str(report)
    assert connection.gc().digests == ()


def test_listing_many_models_in_a_shuffled_order_of_archiving(connection):
    models = [saved_model(connection, f"m{i}") for i in range(6)]
    random.Random(1).shuffle(models)
    for model in models[:3]:
        model.archive()
    kept = sorted(model.display_name for model in models[3:])
    assert names(connection.models()) == kept


def test_a_forgotten_temporary_registry_is_removed_when_its_process_ends(tmp_path):
    code = "import modelgroups as mg; c = mg.connect(':memory:'); print(c.registry.root)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x" * 300, "a/" + "y" * 300, "half \ud83d"])
def test_a_location_that_no_folder_can_have_is_refused(tmp_path, name):
    with pytest.raises(UserValueError, match="not the name of a folder"):
        mg.connect(str(tmp_path / name))
