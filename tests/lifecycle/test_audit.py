"""Audit events: each change has one, and none can be touched unseen."""

import getpass
import json
import logging
import os
import shutil
import socket
import sqlite3
import threading
from contextlib import closing

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.catalog.events import record
from modelgroups.errors import (
    CatalogCorruptError,
    ConflictError,
    NotFoundError,
    UserTypeError,
    UserValueError,
)
from modelgroups.inferences.upkeep import upkeep_of
from modelgroups.types import EventType

from .conftest import FRAME, group_of, unsaved

SECRET = "s3cr3t"


def types(connection, **wanted):
    return list(connection.audit(**wanted)["type"])


def last(connection):
    return connection.audit().iloc[-1]


def rows_of(n, start=0):
    return pd.DataFrame(
        {
            "age": range(start, start + n),
            "p": [0.25] * n,
            "y": [1] * n,
            "partner_inference_id": [f"id-{i}" for i in range(start, start + n)],
        }
    )


# --- what is recorded ----------------------------------------------------------------------------


def test_what_happened_is_told_of_a_group_and_a_model_that_are_there_only(connection):
    model = unsaved(connection, label="V1")
    model.save()
    group = connection.get_model_group(model)
    expected = list(connection.audit(group=group)["event_id"])
    assert expected == list(connection.audit(group=group.id)["event_id"])
    assert expected == list(connection.audit(group=group.name)["event_id"])
    assert list(connection.audit(model=model.id)["type"]) == ["model.saved"]
    for wanted in ({"group": "no such group"}, {"model": "V1"}):
        with pytest.raises(NotFoundError):
            connection.audit(**wanted)
    group.archive()
    assert len(connection.audit(group=group.id)) == len(expected) + 1
    assert len(connection.audit(model=model.id)) >= 1


def test_a_save_is_recorded_with_what_proves_it(connection):
    model = unsaved(connection, label="V1")
    model.save()
    frame = connection.audit()
    assert list(frame["type"]) == ["group.created", "model.saved"]
    assert list(frame["category"]) == ["group", "model"]
    assert list(frame["model_id"]) == [None, model.id]
    assert set(frame["group_id"]) == {model.model_group_id}
    after = frame["after"].iloc[1]
    assert (after["version"], after["label"], after["reference_rows"]) == (1, "V1", 3)
    [snapshot] = (
        model.reference_sets()["digest"]
        if hasattr(model, "reference_sets")
        else [after["reference"]]
    )
    assert after["reference"] == snapshot
    assert frame["timestamp"].iloc[1] == pd.Timestamp(model.created_at)


def changes(connection, group):
    """Yield what is done, the type of its event, and what that says."""
    model = group.get_version(label="V2")
    yield lambda: setattr(group, "name", "Cards"), "group.updated", {"name": "Cards"}

    def update():
        model.description = "second"
        model.get_attribute("age").set(label="Age")
        model.update()

    yield update, "model.updated", {"description": "second", "attributes": {"age": ["label"]}}
    yield model.archive, "model.archived", {"version": 2, "label": "V2"}
    yield model.restore, "model.restored", {"version": 2, "label": "V2"}
    yield lambda: group.promote("V2"), "alias.moved", {"alias": "champion", "move": "promote"}
    yield lambda: group.delete_alias("champion"), "alias.deleted", None
    yield (
        lambda: model.set_reference_data(data=FRAME.head(2)),
        "reference.added",
        {"rows": 2, "failed": 0},
    )
    oldest = {"select": [{"function": "max", "parameters": {"property": "age"}}]}
    yield lambda: model.create_metric("Oldest", oldest), "metric.created", {"metric": "Oldest"}
    yield (
        lambda: model.send_inferences(rows_of(600)),
        "inferences.received",
        {"inferences": 600, "ground_truths": 600},
    )
    yield (
        lambda: model.delete_inferences(["id-1", "id-2", "no such id"]),
        "inferences.deleted",
        {"rule": "3 partner_inference_ids", "inferences": 2, "ground_truths": 2},
    )
    yield model.compact, "inferences.compacted", None
    yield group.archive, "group.archived", {"models": 4}
    yield group.restore, "group.restored", {"models": 4}


def test_every_change_is_one_event(connection, group):
    for change, kind, after in changes(connection, group):
        before = connection.audit_head().n_events
        change()
        assert connection.audit_head().n_events == before + 1, kind
        event = last(connection)
        assert event["type"] == kind
        assert event["group_id"] == group.id
        assert after is None or after.items() <= event["after"].items()
    report = connection.verify()
    assert report, str(report)
    assert report.n_events == len(connection.audit())


def test_an_update_tells_before_and_after(connection, group):
    model = group.get_version(label="V1")
    model.display_name, model.tags = "Fraud", ["cards"]
    model.update()
    event = last(connection)
    assert event["before"] == {"display_name": "Card fraud", "tags": None}
    assert event["after"].pop("fingerprint")
    assert event["after"] == {"display_name": "Fraud", "tags": ["cards"]}


def test_what_is_refused_is_not_recorded(connection, group):
    group.promote("V1")
    before = connection.audit_head()
    for attempt in (
        group.get_version(label="V1").archive,
        group.get_version(label="V2").restore,
        unsaved(connection, group.id, "V1").save,
        lambda: group.promote("V2", if_current="V3"),
    ):
        with pytest.raises(ConflictError):
            attempt()
    assert connection.audit_head() == before


def test_rows_sent_one_by_one_have_an_event_when_they_are_folded(connection, group):
    model = group.get_version(label="V1")
    before = connection.audit_head()
    for row in rows_of(5).to_dict("records"):
        model.send_inferences([row])
    assert connection.audit_head() == before
    model.compact()
    upkeep_of(connection.registry).wait()
    frame = connection.audit(type="inferences.received")
    told = [
        {name: after[name] for name in ("inferences", "ground_truths") if name in after}
        for after in frame["after"]
    ]
    assert told == [{"inferences": 5}, {"ground_truths": 5}]
    first, latest = (frame["after"].iloc[0][name] for name in ("received_from", "received_to"))
    assert pd.Timestamp(first) < pd.Timestamp(latest) <= frame["timestamp"].iloc[0]
    assert connection.verify()


def test_enrichments_and_alerts_are_recorded(connection, group):
    model = group.get_version(label="V1")
    model.send_inferences(rows_of(600), inference_timestamps=["2026-01-31T12:00:00Z"] * 600)
    model.add_enrichments({f"id-{i}": {"anomaly_score": 0.5} for i in range(600)})
    assert last(connection)["after"]["enrichments"] == 600
    model.update_enrichments({"anomaly_detection": {"enabled": False}})
    assert last(connection)["type"] == "enrichment.updated"
    assert last(connection)["after"] == {"anomaly_detection": {"enabled": False}}
    [metric] = model.get_metrics(metric_name="Inference Count")
    rule = model.create_alert_rule(metric.id, "upper", 10, "critical", name="Flood")
    assert last(connection)["type"] == "rule.created"
    rule.threshold = 20
    model.update_alert_rule(rule, rule.id)
    event = last(connection)
    assert (event["before"]["threshold"], event["after"]["threshold"]) == (10, 20)
    model.get_alert_rules()  # the default ones are made
    before = connection.audit_head().n_events
    n_alerts = model.evaluate_alerts()
    raised = connection.audit(type="alert.raised")
    assert n_alerts == len(raised) == connection.audit_head().n_events - before > 0
    assert raised["after"].iloc[0]["rule"] == "Flood"
    model.update_alert("resolved", raised["after"].iloc[0]["alert_id"])
    assert last(connection)["type"] == "alert.updated"
    assert set(connection.audit(model=model, category=["rule", "alert"])["group_id"]) == {group.id}
    assert connection.verify()


def test_what_is_there_already_is_not_received_again(connection, group):
    model = group.get_version(label="V1")
    rows = rows_of(600)
    model.send_inferences(rows)
    before = connection.audit_head()
    model.send_inferences(rows)
    assert connection.audit_head() == before
    model.send_inferences(rows_of(700, 300), fail_silently=True)
    assert last(connection)["after"]["inferences"] == 400
    [segment] = last(connection)["after"]["segments"][:1]
    assert list(connection.registry.root.glob(f"inferences/{model.id}/{segment}.parquet"))


def test_batches_are_closed_on_record(connection):
    model = connection.model("batches", "TABULAR", "MULTICLASS", is_batch=True)
    model.build(FRAME, {"p": 1}, ground_truth_column="y")
    model.save()
    model.send_inferences(rows_of(3), batch_id="b1")
    model.send_inferences(rows_of(3, 3), batch_id="b2", complete_batch=False)
    model.close_batch("b2", 4)
    found = connection.audit(category="batch")["after"]
    assert list(found) == [
        {"batch_id": "b1", "rows": 3, "declared": None},
        {"batch_id": "b2", "rows": 3, "declared": 4},
    ]


def test_collecting_garbage_is_recorded_where_there_was_some(connection, group):
    connection.gc()
    assert "registry.cleaned" not in types(connection)
    digest = "ab" * 32
    stray = connection.registry.root / "objects" / f"{digest}.parquet"
    stray.write_bytes(b"left over")
    connection.gc()
    assert last(connection)["type"] == "registry.cleaned"
    assert last(connection)["after"] == {"files": 1, "size": 9}


def test_no_event_holds_a_value_of_an_inference(connection):
    model = connection.model("secrets", "TABULAR", "MULTICLASS")
    frame = pd.DataFrame({"who": ["ada", "bob"] * 3, "p": [0.5] * 6, "y": [0, 1] * 3})
    model.build(frame, {"p": 1}, ground_truth_column="y")
    model.save()
    for n in (2, 600):
        rows = pd.DataFrame(
            {"who": [f"{SECRET}-{i}" for i in range(n)], "p": [0.123456] * n, "y": [1] * n}
        )
        ids = [f"{SECRET}-id-{n}-{i}" for i in range(n)]
        model.send_inferences(rows, partner_inference_ids=ids)
    model.delete_inferences([f"{SECRET}-id-600-5"])
    model.compact()
    model.update()
    with connection.registry.catalog.read() as session:
        raw = session.connection().exec_driver_sql("SELECT * FROM event").all()
    text = json.dumps([list(row) for row in raw])
    assert "inferences.received" in text
    assert SECRET not in text
    assert "0.123456" not in text


# --- who ---------------------------------------------------------------------------------------


def test_the_actor_is_the_process_or_who_is_named(tmp_path):
    with mg.connect(tmp_path) as connection:
        group_of(connection, "V1")
        who = f"{getpass.getuser()}@{socket.gethostname()} (process {os.getpid()})"
        assert set(connection.audit()["actor"]) == {who}
    with mg.connect(tmp_path, actor="nightly job") as connection:
        connection.model_groups()[0].promote("V1")
        assert last(connection)["actor"] == "nightly job"


def test_an_actor_without_a_name_in_the_system_is_a_number(monkeypatch):
    from modelgroups.catalog import events

    def unknown():
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", unknown)
    events._user.cache_clear()
    try:
        assert events._user() == str(os.getuid())
    finally:
        events._user.cache_clear()


@pytest.mark.parametrize("actor", ["", "  ", "a\0b", "x" * 256])
def test_an_actor_that_cannot_be_stored_is_refused(actor, tmp_path):
    with pytest.raises(UserValueError, match="actor"):
        mg.connect(tmp_path / "new", actor=actor)
    assert not (tmp_path / "new").exists()
    with pytest.raises(UserTypeError, match="actor must be a str"):
        mg.connect(":memory:", actor=5)


# --- asking --------------------------------------------------------------------------------------


def test_events_are_found_by_what_they_are_about(connection, group):
    other = group_of(connection, "A")
    group.promote("V1")
    model = group.get_version(label="V1")
    assert types(connection, group=group)[-2:] == ["model.saved", "alias.moved"]
    assert types(connection, group=other.id) == ["group.created", "model.saved"]
    assert types(connection, model=model) == ["model.saved", "alias.moved"]
    assert types(connection, category="alias") == ["alias.moved"]
    assert types(connection, type=["alias.moved", "group.created"]) == [
        "group.created",
        "group.created",
        "alias.moved",
    ]
    assert types(connection, type="model.saved", category="alias") == []
    moment = connection.audit()["timestamp"].iloc[3]
    assert len(connection.audit(since=moment)) + len(connection.audit(until=moment)) == 8
    assert connection.audit(since=moment)["timestamp"].iloc[0] == moment


def test_an_empty_answer_has_the_columns_of_a_full_one(connection):
    empty = connection.audit()
    group_of(connection, "V1")
    full = connection.audit()
    assert (
        list(empty.columns)
        == list(full.columns)
        == [
            "event_id",
            "timestamp",
            "category",
            "type",
            "group_id",
            "model_id",
            "actor",
            "before",
            "after",
            "reason",
            "import_id",
        ]
    )
    assert empty.dtypes.equals(full.dtypes)
    assert full["event_id"].is_unique


def test_what_cannot_be_asked_is_refused(connection):
    for arguments, error, words in (
        ({"type": "model.save"}, UserValueError, "no event type 'model.save'.*'model.saved'"),
        ({"category": "models"}, UserValueError, "no category of events 'models'.*'model'"),
        ({"type": 5}, UserTypeError, "type must be a list of names"),
        ({"group": 5}, UserTypeError, "group must be a ModelGroup or its id"),
        ({"model": unsaved(connection)}, UserValueError, "must be saved"),
        ({"since": "2026-01-01T00:00:00"}, UserValueError, "since=.* has no time zone"),
    ):
        with pytest.raises(error, match=words):
            connection.audit(**arguments)


# --- tampering -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Return the folder of a closed registry with ten events."""
    folder = tmp_path_factory.mktemp("audited")
    with mg.connect(folder, actor="tests") as connection:
        group = group_of(connection, "V1", "V2", "V3")
        group.promote("V1", reason="first")
        group.promote("V2", reason="better")
        group.rollback(reason="worse")
        group.set_alias("challenger", "V3")
        group.delete_alias("challenger")
        model = group.get_version(label="V3")
        model.description = "third"
        model.update()
        assert connection.audit_head().n_events == 10
        assert connection.verify()
    return folder


@pytest.fixture
def root(original, tmp_path):
    """Return a copy of it, to be tampered with."""
    return shutil.copytree(original, tmp_path / "copy")


def tampered(root, *statements):
    """Return the report after somebody changed the catalog."""
    with closing(sqlite3.connect(root / "catalog.db")) as database:
        for statement, *values in statements:
            database.execute(statement, values)
        database.commit()
    with mg.connect(root) as connection:
        report = connection.verify()
        assert not report
        return str(report)


COLUMNS = ("at", "type", "group_id", "model_id", "actor", "before", "after", "reason", "hash")


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("serial", [1, 6, 10])
def test_a_changed_event_is_found(root, column, serial):
    changed = f"UPDATE event SET {column} = coalesce({column}, '') || ' ' WHERE serial = ?"
    text = tampered(root, (changed, serial))
    if (column, serial) == ("hash", 10):
        assert "audit event 10 " in text or "head of the audit events" in text
    else:
        assert f"audit event {serial} " in text


@pytest.mark.parametrize("value", [None, b"\x80\xff", 5])
def test_an_event_with_a_value_of_another_type_is_found(root, value):
    text = tampered(root, ("UPDATE event SET reason = ? WHERE serial = 5", value))
    assert "audit event 5 (alias.moved" in text


@pytest.mark.parametrize("serial", [1, 5])
def test_a_removed_event_is_found(root, serial):
    without = ("DELETE FROM event WHERE serial = ?", serial)
    assert f"event {serial} was removed" in tampered(root, ("PRAGMA foreign_keys=OFF",), without)


def test_a_removed_event_is_found_though_the_others_were_numbered_anew(root):
    text = tampered(
        root,
        ("DELETE FROM event WHERE serial = 3",),
        ("UPDATE event SET serial = serial + 1000 WHERE serial > 3",),
        ("UPDATE event SET serial = serial - 1001 WHERE serial > 3",),
        ("UPDATE audit_head SET n_events = 9",),
    )
    assert "audit event 3 (model.saved" in text


def test_events_that_changed_places_are_found(root):
    text = tampered(
        root,
        ("UPDATE event SET serial = 99 WHERE serial = 3",),
        ("UPDATE event SET serial = 3 WHERE serial = 4",),
        ("UPDATE event SET serial = 4 WHERE serial = 99",),
    )
    assert "audit event 3 " in text


def test_events_that_are_gone_from_the_end_are_found(root):
    assert "events 9 to 10 were removed from the end" in tampered(
        root, ("DELETE FROM event WHERE serial > 8",)
    )


def test_an_event_that_was_added_is_found(root):
    text = tampered(
        root,
        (f"INSERT INTO event SELECT 11, {', '.join(COLUMNS)} FROM event WHERE serial = 10",),
    )
    assert "audit event 11 " in text
    assert "head of the audit events" in text


def test_a_lost_head_is_found_and_nothing_is_written_any_more(root):
    assert "the head of the audit events is gone" in tampered(root, ("DELETE FROM audit_head",))
    with mg.connect(root) as connection:
        [group] = connection.model_groups()
        with pytest.raises(CatalogCorruptError, match="lost the head"):
            group.promote("V3")
        with pytest.raises(CatalogCorruptError, match="lost the head"):
            connection.audit_head()
        assert group.champion().version_label == "V1"


def forge(root):
    """Change an event and make the whole chain anew, as somebody could who knows how."""
    from modelgroups.catalog.events import GENESIS, chained

    with closing(sqlite3.connect(root / "catalog.db")) as database:
        database.execute("UPDATE event SET reason = 'forged' WHERE serial = 5")
        previous = GENESIS
        for *event, _ in database.execute("SELECT * FROM event ORDER BY serial").fetchall():
            previous = chained(previous, event)
            database.execute("UPDATE event SET hash = ? WHERE serial = ?", (previous, event[0]))
        database.execute("UPDATE audit_head SET hash = ?", (previous,))
        database.commit()


def test_a_forged_chain_is_found_by_a_head_that_was_noted(root):
    with mg.connect(root) as connection:
        noted = connection.audit_head()
        connection.model_groups()[0].promote("V3")
        assert connection.verify(audit_head=noted)
        assert connection.verify(audit_head=tuple(noted))
    forge(root)
    with mg.connect(root) as connection:
        assert connection.verify()  # the chain alone cannot tell
        report = connection.verify(audit_head=noted)
        assert "the first 10 audit events are not those whose head" in str(report)
        for wrong in (5, "x", (1, 2), [noted]):
            with pytest.raises(UserTypeError, match="audit_head must be what"):
                connection.verify(audit_head=wrong)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alias SET model_id = (SELECT id FROM model WHERE label = 'V3')",
        "DELETE FROM alias",
        "UPDATE alias SET move = 1",
        "UPDATE alias_move SET model_id = (SELECT id FROM model WHERE label = 'V3')",
        "UPDATE alias_move SET at = '2020' WHERE serial = 1",
        "UPDATE alias_move SET parent = NULL WHERE serial = 2",
        "UPDATE alias_move SET kind = 'set' WHERE serial = 2",
        "DELETE FROM alias_move WHERE serial = 5",
        "UPDATE alias_move SET name = 'challenger' WHERE serial = 1",
    ],
)
def test_an_alias_that_was_moved_past_the_events_is_found(root, statement):
    assert "alias" in tampered(root, ("PRAGMA foreign_keys=OFF",), (statement,))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """Return the folder of a closed registry with deployments and an artifact."""
    folder = tmp_path_factory.mktemp("deployed")
    with mg.connect(folder, actor="tests") as connection:
        group = group_of(connection, "V1", "V2")
        group.get_version(label="V1").add_artifact(b"weights", name="weights")
        group.promote("V1")
        group.deploy.shadow("V2").conclude(promote=None)
        group.deploy.ab({"V1": 0.5, "V2": 0.5}).reweight({"V1": 0.25, "V2": 0.75})
        assert connection.verify()
    return folder


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE deployment SET state = 'concluded' WHERE state = 'live'", "row of the deployment"),
        ("UPDATE deployment SET live_group_id = NULL", "row of the deployment"),
        ("UPDATE deployment SET plan = replace(plan, '0.95', '0.5')", "row of the deployment"),
        ("UPDATE deployment SET concluded_at = updated_at", "row of the deployment"),
        ("UPDATE deployment SET created_at = '2020'", "row of the deployment"),
        ("UPDATE deployment SET revision = 1", "row of the deployment"),
        ("UPDATE deployment SET id = 'x' WHERE serial = 1", "no audit event tells of"),
        ("DELETE FROM deployment WHERE serial = 1", "is gone"),
        ("UPDATE artifact SET size = 5", "artifact 'weights'"),
        ("UPDATE artifact SET name = 'x'", "is gone"),
        ("DELETE FROM artifact", "is gone"),
    ],
)
def test_a_deployment_or_artifact_that_was_changed_past_the_events_is_found(
    deployed, tmp_path, statement, told
):
    root = shutil.copytree(deployed, tmp_path / "copy")
    assert told in tampered(root, ("PRAGMA foreign_keys=OFF",), (statement,))


def test_a_failure_of_a_shadow_is_no_change_of_its_deployment(connection, group):
    group.promote("V1")
    shadow = group.deploy.shadow("V2")
    with shadow.serve({"V1": lambda row: 0.5, "V2": lambda row: row["no such"]}) as answer:
        answer("k", {"age": 31})
    assert shadow.refresh().failures[0] == 1
    assert connection.verify()


def test_a_version_that_was_changed_with_its_fingerprint_is_found(root):
    from modelgroups.catalog import models
    from modelgroups.catalog.tables import ModelRow, table

    with mg.connect(root) as connection, connection.registry.catalog.write() as session:
        group_id = connection.model_groups()[0].id
        found = models.find_version(session, group_id, label="V3")
        assert found is not None
        changed = found._replace(description="forged")
        models.rewrite(session, changed)  # the event of the change is missing
        session.execute(table(ModelRow).select().limit(1))
    with mg.connect(root) as connection:
        assert f"the row of model {found.id}" in str(connection.verify())


# --- hooks ---------------------------------------------------------------------------------------


def test_hooks_are_told_after_the_commit(tmp_path):
    told = []
    with mg.connect(tmp_path, actor="ada") as connection, mg.connect(tmp_path) as other:

        def hook(event):
            assert len(other.models()) == event.after["version"]  # others see it already
            told.append(event)

        cancel = connection.on("model.saved", hook)
        group = group_of(connection, "V1", "V2")
        assert [event.after["label"] for event in told] == ["V1", "V2"]
        event = told[0]
        assert (event.type, event.category, event.actor) == (
            "model.saved",
            "model",
            {"name": "ada"},
        )
        assert (event.group_id, event.reason, event.before) == (group.id, None, None)
        assert event.event_id == connection.audit(type="model.saved")["event_id"].iloc[0]
        with pytest.raises(AttributeError):
            event.reason = "changed"
        cancel()
        cancel()
        unsaved(connection, group.id).save()
        assert len(told) == 2


def test_hooks_of_any_event_are_told_in_order(connection):
    told = []
    connection.on("*", lambda event: told.append(event.type))
    connection.on(EventType.GroupCreated, lambda event: told.append("again"))
    group = group_of(connection, "V1")
    group.promote("V1")
    assert told == ["group.created", "again", "model.saved", "alias.moved"]


def test_a_hook_that_fails_is_logged_and_undoes_nothing(connection, caplog):
    def broken(event):
        raise RuntimeError("no network")

    told = []
    connection.on("alias.moved", broken)
    connection.on("alias.moved", told.append)
    group = group_of(connection, "V1")
    with caplog.at_level(logging.ERROR, "modelgroups"):
        group.promote("V1")
    assert group.champion().version_label == "V1"
    assert len(told) == 1
    [failure] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "broken" in failure.message
    assert "alias.moved" in failure.message
    assert "no network" in caplog.text


def test_nothing_is_told_of_what_was_rolled_back(connection, group):
    told = []
    connection.on("*", told.append)

    def break_off():
        with connection.registry.catalog.write() as session:
            record(session, EventType.GroupUpdated, group_id=group.id)
            raise RuntimeError("broken off")

    with pytest.raises(RuntimeError, match="broken off"):
        break_off()
    assert told == []
    assert connection.verify()


def test_a_hook_may_use_the_registry(connection):
    def promote_first(event):
        group = connection.get_model_group(event.group_id)
        group.promote(event.model_id, reason="the only one")

    connection.on("model.saved", promote_first)
    group = group_of(connection, "V1")
    assert group.champion().version_label == "V1"
    assert types(connection)[-2:] == ["model.saved", "alias.moved"]


def test_a_hook_may_send_to_a_model_that_was_just_changed(connection, group):
    model = group.get_version(label="V1")
    model.send_inferences(rows_of(1))
    sent = []

    def send(event):
        sent.append(connection.get_model(event.model_id).send_inferences(rows_of(1, 1)))

    connection.on("model.updated", send)
    model.description = "changed"
    model.update()
    assert [answer["counts"]["success"] for answer in sent] == [1]
    model.send_inferences(rows_of(1, 2))
    assert len(model.inferences()) == 3


def test_a_hook_in_the_background_may_fork(connection, group):
    """The thread that folds rows calls hooks too, and must not wait for itself."""
    told = []

    def fork(event):
        child = os.fork()
        if child == 0:
            os._exit(0)
        told.append((os.waitpid(child, 0)[1], threading.current_thread().name))

    connection.on("inferences.received", fork)
    model = group.get_version(label="V1")
    for start in range(0, 1200, 100):
        rows = rows_of(100, start).drop(columns="y").to_dict("records")
        model.send_inferences(rows)
    upkeep_of(connection.registry).wait()
    assert told
    assert {status for status, _ in told} == {0}
    assert {name for _, name in told} == {"modelgroups-upkeep"}


def test_a_hook_that_cannot_be_is_refused(connection):
    with pytest.raises(UserValueError, match=r"no event type 'model.save'; .*'model.saved'"):
        connection.on("model.save", print)
    with pytest.raises(UserTypeError, match="callback must be a function"):
        connection.on("model.saved", "print")
    with pytest.raises(UserTypeError, match="type must be a str"):
        connection.on(5, print)
