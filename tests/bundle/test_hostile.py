"""Bundles that are damaged, made up or from the future are refused, and nothing is written."""

import json
import os
import struct
import zipfile
from base64 import b64decode, b64encode

import pyarrow as pa
import pytest

import modelgroups as mg
from modelgroups.errors import BundleError
from modelgroups.storage.parquet import read_table, write_table
from modelgroups.storage.segments import footer_digest

from .samples import (
    archive_of,
    cells,
    contents,
    members_of,
    new_version,
    remade,
    rich_group,
    sealed,
    setting,
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    with mg.connect(":memory:") as connection:
        return rich_group(connection, folder).export(folder / "b", inferences=True)


@pytest.fixture(scope="module")
def members(bundle):
    return members_of(bundle)


@pytest.fixture(scope="module")
def elsewhere():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def refused(elsewhere, tmp_path):
    """Return a function that fails unless bytes are refused as a bundle, and leave nothing."""

    def check(content, message=None):
        path = tmp_path / "hostile"
        path.write_bytes(content)
        before = contents(elsewhere)
        with pytest.raises(BundleError, match=message):
            elsewhere.import_bundle(path)
        assert contents(elsewhere) == before

    return check


def test_every_flipped_byte_is_found(elsewhere, tmp_path):
    with mg.connect(":memory:") as connection:
        model = new_version(connection, 1)
        model.save()
        whole = connection.get_model_group(model).export(tmp_path / "b").read_bytes()
    path = tmp_path / "flipped"
    step = max(1, len(whole) // 400)
    places = {*range(0, len(whole), step), *range(64), *range(len(whole) - 300, len(whole))}
    for place in sorted(places):
        damaged = bytearray(whole)
        damaged[place] ^= 0x20  # also turns digits and letters of the seal into others
        path.write_bytes(damaged)
        with pytest.raises(BundleError):
            elsewhere.import_bundle(path)
    assert elsewhere.models() == []


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.99])
def test_a_part_of_a_bundle_is_refused(bundle, refused, share):
    whole = bundle.read_bytes()
    refused(whole[: int(len(whole) * share)])


def test_what_is_behind_a_bundle_is_refused(bundle, refused):
    refused(bundle.read_bytes() + b"x", "not whole")
    refused(b"x" + bundle.read_bytes(), "is no bundle")


def test_a_remade_bundle_is_taken_in_where_nothing_was_changed(members, tmp_path):
    (tmp_path / "b").write_bytes(remade(members))
    with mg.connect(":memory:") as connection:
        connection.import_bundle(tmp_path / "b")
        assert connection.verify()


def test_other_archives_are_refused(members, refused):
    refused(archive_of([]), "is no bundle")
    refused(archive_of([("readme.txt", b"hello")]), "no manifest")
    refused(archive_of([("manifest.json", b"{}")]), "not that of a bundle")
    refused(archive_of([("manifest.json", b"[")]), "cannot be read")
    refused(archive_of([("manifest.json", b"[" * 100_000)]), "cannot be read")
    refused(archive_of([("manifest.json", b'{"format": NaN}')]), "cannot be read")
    twice = b'{"format": "a", "format": "modelgroups-bundle"}'
    refused(archive_of([("manifest.json", twice)]), "twice")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "objects/../../x", "C:\\x", "objects/" + "0" * 64]
)
def test_members_that_the_rows_do_not_name_are_refused(members, refused, name, tmp_path):
    before = sorted(tmp_path.parent.iterdir())
    refused(remade({**members, name: b"evil"}), "do not agree")
    refused(remade({**members, name: b"evil"}, tell=False), "does not name")
    assert sorted(tmp_path.parent.iterdir()) == before


def test_members_that_are_missing_are_refused(members, refused):
    for name in members:
        rest = {other: content for other, content in members.items() if other != name}
        refused(archive_of(rest.items()), "lacks|no manifest|no catalog|names")
        if name.count("/"):
            refused(remade(rest), "do not agree")


def test_links_and_compressed_members_are_refused(members, refused):
    refused(remade(members, mode=0o120777), "compressed, encrypted, or no file")
    refused(remade(members, mode=0o040700), "no file")
    refused(remade(members, compression=zipfile.ZIP_DEFLATED), "compressed")
    bomb = {**members, "objects/" + "0" * 64: b"\0" * (50 << 20)}
    refused(remade(bomb, compression=zipfile.ZIP_DEFLATED), "compressed")


def test_two_members_of_one_name_are_refused(members, refused):
    entries = [*members.items(), ("catalog.json", b"{}")]
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = archive_of(entries)
    refused(content, "one name")


def test_members_that_overlap_are_refused(members, refused):
    content = bytearray(remade(members))
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    content[second + 42 : second + 46] = content[first + 42 : first + 46]  # where it begins
    refused(sealed(bytes(content)), "within another|damaged|is no bundle")


def test_sizes_that_the_archive_makes_up_are_refused(members, refused):
    for offset in (20, 24):  # compressed and whole size in the directory
        content = bytearray(remade(members))
        place = content.index(b"PK\x01\x02") + offset
        content[place : place + 4] = struct.pack("<I", 0xFFFFFFF0)
        refused(sealed(bytes(content)))
        both = bytearray(content)
        other = place + (4 if offset == 20 else -4)
        both[other : other + 4] = content[place : place + 4]
        refused(sealed(bytes(both)))


def test_bytes_with_another_hash_are_refused(members, refused):
    for name, content in members.items():
        if name == "manifest.json" or not content:
            continue
        changed = {**members, name: bytes([content[0] ^ 1]) + content[1:]}
        refused(remade(changed, tell=False), "hash|cannot be read")
        if "/" in name:
            refused(remade(changed), "do not agree")


def test_sizes_that_the_manifest_makes_up_are_refused(members, refused):
    for name in members:
        if name != "manifest.json":
            grow = lambda told, name=name: told["files"][name].__setitem__(0, 10**12)  # noqa: E731
            refused(remade(members, manifest=grow), "its manifest says")
    for nonsense in (None, [1], ["1", "0" * 64], [1, "x"], [1.5, "0" * 64], {}, [-1, "0" * 64]):
        change = lambda told, n=nonsense: told["files"].update({"catalog.json": n})  # noqa: E731
        refused(remade(members, manifest=change), "no size and hash|its manifest says")


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"version": "1"}, {"version": None}, {"revision": "9999"}, {"revision": 3}],
    ids=str,
)
def test_bundles_of_a_newer_release_are_refused(members, refused, change):
    refused(remade(members, manifest=lambda told: told.update(change)), "newer release")


def test_an_older_bundle_lacks_what_was_added_since(members, tmp_path):
    def older(document):
        del document["parent"]
        part = document["model"]
        place = part["columns"].index("pixel_height")
        for row in [part["columns"], *part["rows"]]:
            del row[place]

    def without_pictures(document):
        older(document)
        for row in cells(document, "model", "id")[0]:
            assert row

    (tmp_path / "b").write_bytes(remade(members, catalog=without_pictures))
    with mg.connect(":memory:") as connection, pytest.raises(BundleError, match="as it was saved"):
        connection.import_bundle(tmp_path / "b")  # the version with a height is another one then

    def older_than_parents(document):
        del document["parent"]

    (tmp_path / "b").write_bytes(remade(members, catalog=older_than_parents))
    with mg.connect(":memory:") as connection:
        assert connection.import_bundle(tmp_path / "b").get_latest_version().parents == ()


UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(strange={"columns": [], "rows": []}), "does not know"),
        (lambda d: d["model"].update(more=1), "needs columns and rows"),
        (lambda d: d["model"]["columns"].append("strange"), "does not know"),
        (lambda d: d["model"]["columns"].append("id"), "one twice"),
        (lambda d: d["model"].update(columns=["id"]), "lacks"),
        (lambda d: d["model"].update(rows=5), "no list of rows"),
        (lambda d: d["model"]["rows"].append([1]), "does not have"),
        (lambda d: d["model"]["rows"].append(d["model"]["rows"][0]), "the same"),
        (lambda d: d["model_group"]["rows"].clear(), "not there"),
        (lambda d: d["model"]["rows"].pop(), "not there"),
        (lambda d: d["snapshot"]["rows"].pop(), "not there"),
        (setting("model_group", "id", UNKNOWN_ID), "not there"),
        (setting("model_group", "id", "../../etc"), "no id"),
        (setting("model_group", "last_sequence_num", 7), "numbered 1, 2, 3"),
        (setting("model_group", "name", 5), "int instead of str"),
        (setting("model_group", "name", "\ud83d"), "surrogate"),
        (setting("model_group", "last_sequence_num", 2**70), "64 bits"),
        (setting("model_group", "last_sequence_num", True), "bool instead of int"),
        (setting("model_group", "created_at", "yesterday"), "no time"),
        (setting("model", "description", "another"), "as it was saved"),
        (setting("model", "fingerprint", "0" * 64), "as it was saved"),
        (setting("model", "active_partner_model_id", None), "neither active nor archived"),
        (setting("model", "is_batch", 1), "int instead of bool"),
        (setting("snapshot", "digest", "../" * 21 + "x"), "no SHA-256"),
        (setting("snapshot", "size", 5), "differ on"),
        (setting("snapshot", "n_rows", 5), "not what its row says"),
        (setting("artifact", "name", "../x"), "not a path"),
        (setting("artifact", "size", -1), "below zero"),
        (setting("provenance", "document", "{}"), "another hash"),
        (setting("parent", "parent_id", "x"), "no id"),
        (setting("parent", "parent_id", lambda _: UNKNOWN_ID), None),
        (setting("metric", "query", "["), "not JSON"),
        (setting("metric", "type", "strange"), "type that there is not"),
        (setting("alert_rule", "bound", "sideways"), "that there is not"),
        (setting("alert_rule", "filters", "{}"), "not JSON"),
        (setting("alert", "status", "lost"), "that there is not"),
        (setting("alert", "rule", "[]"), "no JSON object"),
        (setting("enrichment_setting", "config", "5"), "no JSON object"),
        (setting("segment", "id", "../../x"), "no id"),
        (setting("segment", "kind", "other"), "kind that there is not"),
        (setting("segment", "n_deleted", 1), "deleted rows"),
        (setting("segment", "deleted", "AAAA"), "deleted rows"),
        (setting("segment", "deleted", "?"), "cannot have"),
        (setting("segment", "n_rows", 5), "not what its row says"),
        (setting("segment", "footer_digest", "0" * 64), "another footer"),
        (setting("segment", "log", 99), "not there"),
        (setting("parcel", "rows", "AAAA"), "the rows that it counts"),
        (setting("parcel_key", "parcel", 99), "not there"),
        (setting("inference_log", "n_truths", -1), "below zero"),
    ],
)
def test_rows_that_were_made_up_are_refused(members, refused, tmp_path, change, message):
    content = remade(members, catalog=change)
    if message is not None:
        refused(content, message)
    else:  # a parent may lie in another registry
        (tmp_path / "b").write_bytes(content)
        with mg.connect(":memory:") as connection:
            assert connection.import_bundle(tmp_path / "b")


def with_segment(members, folder, kind, change):
    """Return a bundle in which a segment of some kind holds what became of its table."""
    names, row = segment_row(members, kind)
    (name,) = (name for name in members if row[names.index("id")] in name and "parquet" in name)
    path = folder / "segment.parquet"
    path.write_bytes(members[name])
    written = write_table(change(read_table(path)), folder / "changed.parquet")

    def tell(document):
        told = segment_row({"catalog.json": json.dumps(document).encode()}, kind, document)[1]
        told[names.index("digest")] = written.digest
        told[names.index("footer_digest")] = footer_digest(written.path)

    return remade({**members, name: written.path.read_bytes()}, catalog=tell)


def segment_row(members, kind, document=None):
    part = (document or json.loads(members["catalog.json"]))["segment"]
    names = part["columns"]
    return names, next(row for row in part["rows"] if row[names.index("kind")] == kind)


def recast(name, type_):
    return lambda table: table.set_column(
        table.column_names.index(name), name, pa.nulls(len(table), type_)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.append_column("evil", pa.nulls(len(t))), "columns that the model's .*'evil'"),
        (lambda t: t.append_column("y", t["p"]), "columns that the model's .*'y'"),
        (lambda t: t.append_column("p", t["p"]), "a column twice"),
        (lambda t: t.drop_columns(["inference_timestamp"]), "lacks .*'inference_timestamp'"),
        (lambda t: t.drop_columns(["partner_inference_id"]), "lacks .*'partner_inference_id'"),
        (recast("age", pa.string()), "'age' of the type string, .* says int64"),
        (recast("p", pa.float32()), "'p' of the type float, .* says double"),
        (recast("inference_timestamp", pa.timestamp("us")), r"timestamp\[us\], .* says"),
        (recast("city", pa.list_(pa.string())), "'city' of the type list"),
    ],
)
def test_segments_with_columns_of_another_schema_are_refused(
    members, refused, tmp_path, change, message
):
    refused(with_segment(members, tmp_path, "inference", change), message)


def test_a_segment_that_lacks_what_no_row_has_comes_in(members, tmp_path):
    content = with_segment(members, tmp_path, "inference", lambda t: t.drop_columns(["city"]))
    (tmp_path / "b").write_bytes(content)
    with mg.connect(":memory:") as connection:
        group = connection.import_bundle(tmp_path / "b")
        assert group.get_version(label="V1").inferences()["city"].isna().sum() > 100


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"evil": 1}, "columns that the model's schema does not: 'evil'"),
        ({"p": "high"}, "values of other types"),
        ({"p": [1]}, "values of other types"),
        ({"age": 2**70}, "values of other types"),
        ({"inference_timestamp": "today"}, "values of other types"),
    ],
    ids=str,
)
def test_rows_with_columns_of_another_schema_are_refused(members, refused, change, message):
    def make(document):
        part = document["parcel"]
        kind, rows = part["columns"].index("kind"), part["columns"].index("rows")
        row = next(row for row in part["rows"] if row[kind] == "inference")
        records = json.loads(b64decode(row[rows]))
        row[rows] = b64encode(json.dumps([records[0] | change, *records[1:]]).encode()).decode()

    refused(remade(members, catalog=make), message)


def test_versions_that_are_their_own_ancestors_are_refused(members, refused):
    def circle(document):
        rows, child = cells(document, "parent", "model_id")
        _, parent = cells(document, "parent", "parent_id")
        ordinal = document["parent"]["columns"].index("ordinal")
        row = list(rows[0])
        row[child], row[parent], row[ordinal] = row[parent], row[child], 5
        rows.append(row)

    refused(remade(members, catalog=circle), "its own ancestor")


@pytest.mark.parametrize("schema", ["[]", "[5]", "{", '[{"name": "a"}]', '[{"evil": 1}]', "null"])
def test_schemas_that_no_version_can_have_are_refused(members, refused, schema):
    from modelgroups.catalog import models
    from modelgroups.catalog.records import ModelRecord

    def change(document):
        rows, place = cells(document, "model", "attributes")
        rows[0][place] = schema
        values = dict(zip(document["model"]["columns"], rows[0], strict=True))
        record = ModelRecord(**{name: values[name] for name in ModelRecord._fields})
        rows[0][cells(document, "model", "fingerprint")[1]] = models.fingerprint(record)

    refused(remade(members, catalog=change), "schema, tags or labels")


def test_documents_that_are_too_large_are_refused(members, refused, monkeypatch):
    from modelgroups.bundle import archive

    monkeypatch.setattr(archive, "_MOST_JSON", 1000)
    refused(remade(members), "too many")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_what_is_no_file_is_refused(elsewhere, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path):
        with pytest.raises(BundleError, match="there is no bundle"):
            elsewhere.import_bundle(path)


def test_the_manifest_says_what_there_is(members):
    told = json.loads(members["manifest.json"])
    assert told["format"] == "modelgroups-bundle"
    assert set(told["files"]) == set(members) - {"manifest.json"}
