"""`ArthurAI` opens a registry on this machine, whatever it is told about a server."""

from __future__ import annotations

import inspect
import logging
import os
import socket
from datetime import datetime
from types import SimpleNamespace

import pandas as pd
import pytest

from modelgroups.arthurai import ArthurAI, ArthurModel
from modelgroups.arthurai.client import _local
from modelgroups.arthurai.client.client import ORG_ID_HEADER, new_requests_client
from modelgroups.arthurai.client.http.base import AbstractHTTPClient
from modelgroups.arthurai.common.constants import (
    DEFAULT_SERVICE_ACCOUNT,
    InputType,
    OutputType,
    Role,
    Stage,
    ValueType,
)
from modelgroups.arthurai.common.exceptions import (
    ArthurUnexpectedError,
    MethodNotApplicableError,
    MissingParameterError,
    ResponseClientError,
    UserTypeError,
    UserValueError,
)
from modelgroups.arthurai.core.models import ArthurModelGroup

REGRESSION = {"input_type": InputType.Tabular, "output_type": OutputType.Regression}


@pytest.fixture(autouse=True)
def own_clients(monkeypatch, tmp_path):
    """Give each test a default place and a process without open registries."""
    clients = {}
    monkeypatch.setattr(_local, "_clients", clients)
    monkeypatch.setenv("MODELGROUPS_HOME", str(tmp_path / "home"))
    for name in list(os.environ):
        if name.startswith("ARTHUR_") or name == "VERIFY_SSL":
            monkeypatch.delenv(name)
    yield
    for client in clients.values():
        client.connection.close()


@pytest.fixture
def arthur():
    return ArthurAI()


@pytest.fixture
def frame():
    return pd.DataFrame({"age": [31, 47, 58], "guess": [0.1, 0.4, 0.9], "truth": [0.0, 0.5, 1.0]})


@pytest.fixture
def saved(arthur, frame):
    model = arthur.model("pid", display_name="Ages", **REGRESSION)
    model.build(frame, pred_to_ground_truth_map={"guess": "truth"})
    model.save()
    return model


# --- opening


def test_signature_is_that_of_the_sdk_and_a_location():
    assert list(inspect.signature(ArthurAI).parameters) == [
        "config",
        "verify_ssl",
        "url",
        "access_key",
        "offline",
        "login",
        "password",
        "organization_id",
        "allow_insecure",
        "location",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"url": "https://app.arthur.ai", "access_key": "secret"},
        {"url": "https://app.arthur.ai", "login": "me"},
        {"url": "app.arthur.ai", "login": "me", "password": "secret", "verify_ssl": False},
        {"config": {"url": "app.arthur.ai", "access_key": "k", "offline": True}},
        {"offline": True, "organization_id": "o", "allow_insecure": True},
    ],
)
def test_needs_no_credentials_and_opens_no_socket(arguments, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened, or something was asked for")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr("builtins.input", refuse)
    monkeypatch.setattr("getpass.getpass", refuse)
    arthur = ArthurAI(**arguments)
    assert arthur.verify_ssl is arguments.get("verify_ssl", True)


def test_place_is_the_location_else_the_environment(tmp_path):
    assert ArthurAI().client.registry.root == tmp_path / "home"
    assert ArthurAI(location=tmp_path / "here").client.registry.root == tmp_path / "here"


def test_one_place_has_one_connection(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    client = ArthurAI().client
    assert ArthurAI(url="elsewhere").client is client
    assert ArthurAI(location=tmp_path / "home").client is client
    assert ArthurAI(location="home").client is client
    assert new_requests_client("key", url="elsewhere").registry is client.registry
    assert ArthurAI(location=tmp_path / "other").client is not client


def test_memory_registry_is_shared_within_the_process():
    client = ArthurAI(location=":memory:").client
    assert ArthurAI(location=":memory:").client is client
    assert client.base_url == ":memory:"


def test_closed_connection_is_opened_again(saved):
    first = ArthurAI().client
    first.connection.close()
    again = ArthurAI()
    assert again.client is not first
    assert again.get_model(saved.id).id == saved.id


def test_says_once_where_the_models_are(caplog, tmp_path):
    with caplog.at_level(logging.INFO):
        ArthurAI()
        ArthurAI()
        ArthurAI(location=tmp_path / "other")
    spoken = [r for r in caplog.records if "local edition" in r.getMessage()]
    assert [record.levelname for record in spoken] == ["WARNING"]
    assert str(tmp_path / "home") in spoken[0].getMessage()


@pytest.mark.parametrize("location", [5, ["a"]])
def test_location_must_be_a_folder(location):
    with pytest.raises(UserTypeError, match="location"):
        ArthurAI(location=location)


@pytest.mark.parametrize("value", ["true", 1, 0])
def test_verify_ssl_must_be_a_boolean(value):
    with pytest.raises(UserTypeError, match="verify_ssl"):
        ArthurAI(verify_ssl=value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("True", True), ("f", False), ("0", False), ("ON", True), ("", True)],
)
def test_verify_ssl_is_read_from_the_environment(monkeypatch, text, expected):
    monkeypatch.setenv("VERIFY_SSL", text)
    assert ArthurAI().verify_ssl is expected
    assert ArthurAI(verify_ssl=True).verify_ssl is True


def test_unreadable_verify_ssl_in_the_environment_is_a_user_error(monkeypatch):
    monkeypatch.setenv("VERIFY_SSL", "maybe")
    with pytest.raises(UserValueError, match="VERIFY_SSL is 'maybe'"):
        ArthurAI()


# --- the handle


def test_client_looks_like_the_sdks(arthur, tmp_path):
    client = arthur.client
    assert isinstance(client, AbstractHTTPClient)
    assert client.base_url == client.api_base_url == str(tmp_path / "home")
    assert client.path_prefix == "/api/v3"
    assert client.session.headers["Accept"] == "application/json"
    assert "arthurai 3.33.3" in client.session.headers["User-Agent"]
    assert client.session.headers["Authorization"] == ""


@pytest.mark.parametrize("method", ["send", "get", "post", "patch", "put", "delete"])
def test_requests_are_refused(arthur, method):
    with pytest.raises(MethodNotApplicableError, match="not reached over HTTP"):
        getattr(arthur.client, method)("/models")


def test_directly_made_model_saves_where_its_client_is(arthur, frame):
    model = ArthurModel("direct", InputType.Tabular, OutputType.Regression, client=arthur.client)
    model.build(frame, pred_to_ground_truth_map={"guess": "truth"})
    assert arthur.get_model(model.save()).partner_model_id == "direct"


# --- model


def test_model_is_unsaved_and_has_its_fields(arthur):
    model = arthur.model(
        "pid",
        InputType.NLP,
        OutputType.Multiclass,
        None,
        "Name",
        "text",
        ["a"],
        0.3,
        True,
        ",",
        5,
        10,
        20,
    )
    assert isinstance(model, ArthurModel)
    assert model.id is None
    assert model.to_dict() == {
        "partner_model_id": "pid",
        "input_type": "NLP",
        "output_type": "MULTICLASS",
        "display_name": "Name",
        "description": "text",
        "is_batch": True,
        "archived": False,
        "tags": ["a"],
        "classifier_threshold": 0.3,
        "text_delimiter": ",",
        "expected_throughput_gb_per_day": 5,
        "pixel_height": 10,
        "pixel_width": 20,
    }


def test_name_defaults_to_the_id(arthur):
    assert arthur.model("pid", **REGRESSION).display_name == "pid"


def test_id_is_made_from_the_name_and_the_time(arthur):
    model = arthur.model(display_name="Card fraud", **REGRESSION)
    prefix, _, stamp = model.partner_model_id.partition("Card_fraud_")
    assert prefix == ""
    datetime.strptime(stamp, "%Y-%m-%d--%H-%M-%S")  # noqa: DTZ007  # local time, as in the SDK


def test_two_models_of_one_name_in_one_second_can_both_be_saved(arthur, frame):
    ids = set()
    for _ in range(3):
        model = arthur.model(display_name="Twin", **REGRESSION)
        model.build(frame, pred_to_ground_truth_map={"guess": "truth"})
        model.save()
        ids.add(model.partner_model_id)
    assert len(ids) == 3


def test_model_type_is_the_old_name_of_output_type(arthur):
    assert arthur.model("p", "TABULAR", model_type="REGRESSION").output_type == "REGRESSION"
    both = arthur.model("p", "TABULAR", "MULTICLASS", model_type="REGRESSION")
    assert both.output_type == "MULTICLASS"


def test_name_is_an_alias_of_display_name(arthur):
    assert arthur.model("p", name="N", **REGRESSION).display_name == "N"
    assert arthur.model(name="My N", **REGRESSION).partner_model_id.startswith("My_N_")
    with pytest.raises(UserValueError, match="name='N' and display_name='M'"):
        arthur.model("p", name="N", display_name="M", **REGRESSION)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"partner_model_id": "p"}, "input_type"),
        ({"partner_model_id": "p", "output_type": "REGRESSION"}, "input_type"),
        ({"partner_model_id": "p", "input_type": "TABULAR"}, "output_type"),
        (REGRESSION, "display_name"),
    ],
)
def test_model_lacks_a_parameter(arthur, arguments, text):
    with pytest.raises(MissingParameterError, match=text):
        arthur.model(**arguments)


# --- get_model, get_model_group


def test_saved_model_is_found_by_either_id(arthur, saved):
    by_id = arthur.get_model(saved.id)
    assert by_id.get_attribute_names(Stage.ModelPipelineInput) == ["age"]
    assert by_id.get_attribute("age").value_type == ValueType.Integer
    assert arthur.get_model("pid", id_type="partner_model_id").id == saved.id
    assert by_id is not saved


def test_unknown_models_are_client_errors(arthur):
    with pytest.raises(ResponseClientError, match=r"^404 Not Found: "):
        arthur.get_model("nothing")
    with pytest.raises(ResponseClientError, match=r"^404 Not Found: "):
        arthur.get_model("nothing", "partner_model_id")
    with pytest.raises(UserValueError, match="id_type"):
        arthur.get_model("nothing", "name")
    with pytest.raises(MissingParameterError):
        arthur.get_model()


def test_group_is_found_by_its_id_or_a_model(arthur, saved):
    group = arthur.get_model_group(saved)
    assert isinstance(group, ArthurModelGroup)
    assert group.name == "Ages"
    assert arthur.get_model_group(saved.model_group_id) == group


def test_second_version_joins_the_group(arthur, saved, frame):
    group = arthur.get_model_group(saved)
    second = arthur.model("pid2", **REGRESSION)
    second.build(frame, pred_to_ground_truth_map={"guess": "truth"})
    group.add_version(second, label="V2")
    second.save()
    assert second.version_sequence_num == 2
    assert group.get_version(label="V2").id == second.id
    assert [version.version_sequence_num for version in group.get_versions()] == [2, 1]


def test_unknown_groups_are_refused(arthur):
    with pytest.raises(ResponseClientError, match=r"^404 Not Found: "):
        arthur.get_model_group("nothing")
    with pytest.raises(UserValueError):
        arthur.get_model_group(arthur.model("p", **REGRESSION))
    with pytest.raises(UserTypeError):
        arthur.get_model_group(5)


def test_failures_below_are_unexpected_errors(arthur, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("disk")

    broken = SimpleNamespace(get_model=fail, get_model_group=fail)
    text = r"failed to retrieve model because .*disk"
    with monkeypatch.context() as patch:
        patch.setattr(arthur.client, "connection", broken)
        with pytest.raises(ArthurUnexpectedError, match=text):
            arthur.get_model("x")


# --- organization and service accounts


def test_organization_is_local_and_takes_another_id():
    arthur = ArthurAI()
    organization = arthur.get_current_org()
    assert organization.keys() >= {"id", "name", "plan", "created_at"}
    assert arthur.set_current_org("other") is None
    assert ArthurAI().get_current_org() == organization | {"id": "other"}
    assert arthur.client.session.headers[ORG_ID_HEADER] == "other"


def test_organization_has_the_same_id_everywhere(tmp_path):
    other = ArthurAI(location=tmp_path / "other")
    assert ArthurAI().get_current_org() == other.get_current_org()


def test_service_accounts_are_kept_and_found_by_description(arthur):
    assert arthur.get_service_accounts() == []
    account = arthur.create_service_account(DEFAULT_SERVICE_ACCOUNT, Role.User)
    other = arthur.create_service_account("other", Role.ModelOwner)
    assert list(account) == ["id", "organization_id", "description", "token"]
    assert account["organization_id"] == arthur.get_current_org()["id"]
    assert account["token"] != other["token"]
    assert arthur.get_service_accounts() == [account, other]
    assert arthur.get_service_accounts(DEFAULT_SERVICE_ACCOUNT) == [account]
    assert arthur.get_service_accounts("none") == []
