"""A group with something of everything, and bundles that were tampered with."""

import hashlib
import io
import json
import zipfile

import numpy as np
import pandas as pd
from sqlalchemy import inspect, text

FRAME = pd.DataFrame(
    {
        "age": [31, 47, 52, 31],
        "city": pd.Categorical(["Ulm", "Bonn", "Ulm", "Köln"]),
        "p": [0.2, 0.9, 0.7, 0.1],
        "y": [0, 1, 1, 0],
    }
)


def new_version(connection, number, group=None, **fields):
    """Return an unsaved version whose reference data depend on a number."""
    model = connection.model(
        fields.pop("partner_model_id", None) or f"fraud-{number}",
        "TABULAR",
        "MULTICLASS",
        display_name="Card fraud",
        **fields,
    )
    model.build(FRAME.assign(age=FRAME["age"] + number), {"p": 1}, ground_truth_column="y")
    model.version_label = f"V{number}"
    model.add_artifact(b"weights of " + str(number).encode(), name="weights.bin")
    if group is not None:
        group.add_version(model)
    return model


def rows(n, start=0):
    return pd.DataFrame(
        {
            "age": np.arange(n) % 60 + 20,
            "city": ["Ulm", "Bonn"] * (n // 2) + ["Ulm"] * (n % 2),
            "p": (np.arange(n) % 10) / 10,
            "partner_inference_id": [f"i-{start + i}" for i in range(n)],
        }
    )


def rich_group(connection, folder):
    """Return a group of versions with something of everything that there is."""
    first = new_version(connection, 1, tags=["cards", "eu"], description="première")
    first.save()
    group = connection.get_model_group(first)
    group.description = "who steals?"
    first.set_reference_data(data=FRAME.tail(2))
    first.add_artifact(b"", name="empty file")
    first.add_artifact(b"weights of 1", name="same bytes")
    first.send_inferences(rows(300))
    first.send_inferences(rows(7, start=300), fail_silently=False)
    first.update_inference_ground_truths([0, 1], partner_inference_ids=["i-1", "i-999"])
    first.delete_inferences(["i-5", "i-302"])
    large = {
        "select": [
            {"function": "rate", "parameters": {"property": "age", "comparator": "gt", "value": 40}}
        ]
    }
    first.create_metric("Elderly", large)

    first.add_enrichments({"i-1": {"anomaly_score": 0.5}, "i-998": {"anomaly_score": 0.25}})
    first.update_enrichment("anomaly_detection", True, {})
    (count,) = first.get_metrics(metric_name="Inference Count")
    first.create_alert_rule(count.id, "lower", 10**6, "warning", lookback_period=5)
    first.evaluate_alerts(now=pd.Timestamp.now(tz="UTC") + pd.Timedelta(minutes=10))
    assert first.get_alerts()

    second = new_version(connection, 2, group)
    second.parents = [first]
    second.save()
    second.archive()

    batches = new_version(connection, 3, group, is_batch=True)
    batches.parents = [second, first]
    batches.save()
    batches.send_inferences(rows(3), batch_id="monday")
    batches.send_inferences(rows(3, 3), batch_id="tuesday", complete_batch=False)

    picture = folder / "cat.gif"
    picture.write_bytes(b"GIF89a cat")
    seeing = connection.model("m", "IMAGE", "REGRESSION", pixel_height=8, pixel_width=8)
    seeing.add_image_attribute("picture")
    seeing.add_regression_output_attributes({"p": "y"}, "FLOAT")
    group.add_version(seeing)
    seeing.save()
    seeing.send_inferences([{"picture": str(picture), "p": 1.5}], partner_inference_ids=["c"])

    group.promote("V3", reason="the first")
    group.deploy.replace("V1", reason="better by far")
    group.set_alias("candidate", "V3")
    group.deploy.ab({"V1": 0.5, "V3": 0.5}, salt="s").abort(reason="too early")
    group.deploy.canary("V3", steps=[0.1, 1.0], guardrails={"Accuracy Rate": 0.02})
    return group


def contents(connection, *, but=()):
    """Return every row of the catalog and the bytes of every file beside it."""
    found = {}
    with connection.registry.catalog.read() as session:
        for name in inspect(session.connection()).get_table_names():
            if name not in but:
                found[name] = session.execute(text(f'SELECT * FROM "{name}"')).all()
    root = connection.registry.root
    for path in sorted([*root.glob("objects/**/*"), *root.glob("inferences/**/*")]):
        if path.is_file():
            found[str(path.relative_to(root))] = path.read_bytes()
    return found


def assert_same_group(here, there):
    """Compare two groups in all that users see of them."""
    assert there.to_dict() == here.to_dict()
    assert there.aliases() == here.aliases()
    assert (
        there.alias_history()
        .drop(columns="actor")
        .equals(here.alias_history().drop(columns="actor"))
    )
    deployed = [[d._record for d in group.deploy.history()] for group in (here, there)]
    assert deployed[0] == deployed[1]
    ours, theirs = (g.get_versions(include_archived=True) for g in (here, there))
    assert [v.id for v in ours] == [v.id for v in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        assert other == mine
        assert other.artifacts() == mine.artifacts()
        assert other.parents == mine.parents
        assert other.provenance == mine.provenance
        for artifact in mine.artifacts():
            with mine.open_artifact(artifact.name) as a, other.open_artifact(artifact.name) as b:
                assert a.read() == b.read()


def assert_same_but_for_history(one, two):
    """Compare two bundles in all but the events since then: to be taken in is one of those."""
    ours, theirs = members_of(one), members_of(two)
    here, there = (json.loads(members.pop("catalog.json")) for members in (ours, theirs))
    for members in (ours, theirs):
        del members["manifest.json"]
    assert ours == theirs
    told = [[tuple(row) for row in document.pop("history")["rows"]] for document in (here, there)]
    assert here == there
    assert told[0] == told[1][: len(told[0])]


# --- tampering ----------------------------------------------------------------------------


def members_of(path):
    """Return the members of a bundle, by name."""
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def sealed(content):
    """Return the bytes of an archive with the comment that a bundle has."""
    return content[:-64] + hashlib.sha256(content[:-64]).hexdigest().encode()


def archive_of(entries, *, compression=zipfile.ZIP_STORED, mode=0o100600):
    """Return a sealed archive of some entries, which may have one name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            info.compress_type = compression
            archive.writestr(info, content)
        archive.comment = b"0" * 64
    return sealed(file.getvalue())


def remade(members, *, catalog=None, manifest=None, tell=True, **more):
    """Return a sealed bundle of members after changes to its two documents.

    The manifest tells sizes and hashes as they are then, unless `tell` is False.
    """
    members = dict(members)
    if catalog is not None:
        document = json.loads(members["catalog.json"])
        catalog(document)
        members["catalog.json"] = json.dumps(document).encode()
    told = json.loads(members["manifest.json"])
    if tell:
        told["files"] = {
            name: [len(content), hashlib.sha256(content).hexdigest()]
            for name, content in members.items()
            if name != "manifest.json"
        }
    if manifest is not None:
        manifest(told)
    members["manifest.json"] = json.dumps(told).encode()
    return archive_of(members.items(), **more)


def cells(document, table, column):
    """Return the rows of a table in a catalog, and the place of a column."""
    part = document[table]
    return part["rows"], part["columns"].index(column)


def setting(table, column, value, row=0):
    """Return a change of a catalog that sets one value."""

    def change(document):
        found, place = cells(document, table, column)
        found[row][place] = value(found[row][place]) if callable(value) else value

    return change
