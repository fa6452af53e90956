"""What was deleted is gone: from every answer at once, and from every file after a compaction."""

from __future__ import annotations

import time
from pathlib import Path

import crew
import log_crew
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from log_crew import START, check_files, check_log, id_of

import modelgroups as mg
from modelgroups.errors import NotFoundError
from modelgroups.inferences.upkeep import upkeep_of

SECRET = "Wörter-die-weg-sollen"
NUMBER = 8_765_432.109375
TRUTH_AT = pd.Timestamp("2031-07-08T09:10:11.121314Z")
SECRETS = [
    SECRET.encode(),
    np.float64(NUMBER).tobytes(),
    str(NUMBER).encode(),
    np.int64(TRUTH_AT.value // 1000).tobytes(),
    str(TRUTH_AT.value // 1000).encode(),
]


def secret_ids(n):
    return [f"id-geheim-{i:05d}" for i in range(n)]


def secret_rows(n):
    """Rows of which no value may be found once they are deleted."""
    rows = log_crew.inferences(range(n))
    return rows.assign(
        partner_inference_id=secret_ids(n),
        amount=NUMBER,
        shop=SECRET,
        inference_timestamp=START - pd.Timedelta(1, "D") + pd.to_timedelta(range(n), "s"),
    )


def secret_truths(n):
    ids = secret_ids(n)
    return pd.DataFrame(
        {"partner_inference_id": ids, "fraud": 1, "ground_truth_timestamp": TRUTH_AT}
    )


def findings(root, secrets):
    """Where bytes are found: in files as they are, and in the values of Parquet files."""
    found = set()
    for path in root.rglob("*"):
        if not path.is_file():
            continue
        contents = [path.read_bytes()]
        if path.suffix == ".parquet":
            for column in pq.read_table(path).columns:
                chunks = [buffer for c in column.chunks for buffer in c.buffers() if buffer]
                contents += [bytes(buffer) for buffer in chunks]
        for content in contents:
            found |= {(path.name, secret) for secret in secrets if secret in content}
    return found


def send_few(model, rows, truths):
    """Leave them in the catalog."""
    for start in range(0, len(rows), 100):
        model.send_inferences(rows[start : start + 100])
        model.update_inference_ground_truths(truths[start : start + 100])


def send_many(model, rows, truths):
    """Leave them in segments."""
    model.send_inferences(rows)
    model.update_inference_ground_truths(truths)


def send_and_merge(model, rows, truths):
    """Leave them in segments that were folded and merged."""
    send_few(model, rows[:200], truths[:200])
    model.compact()
    send_many(model, rows, truths)
    model.compact()


@pytest.mark.parametrize("rule", ["ids", "before"])
@pytest.mark.parametrize("send", [send_few, send_many, send_and_merge])
def test_nothing_is_left_of_what_was_deleted(root, send, rule):
    n = 400
    kept = dict.fromkeys(range(900), 0)
    with mg.connect(root) as connection:
        model = crew.save_version(connection, 0)
        send(model, log_crew.inferences(kept), log_crew.truths(kept))
        send(model, secret_rows(n), secret_truths(n))
        send(model, log_crew.inferences(kept), log_crew.truths(kept))
        upkeep_of(connection.registry).wait()  # it makes and removes files
        ids = [id_.encode() for id_ in secret_ids(n)[::57]]
        before = {secret for _, secret in findings(root, [*SECRETS, *ids])}
        assert {SECRET.encode(), *ids} <= before
        assert len(before & set(SECRETS)) >= 3  # a number is there as text or as eight bytes

        options = {"partner_inference_ids": secret_ids(n)} if rule == "ids" else {"before": START}
        answer = model.delete_inferences(**options)
        assert answer["inferences"] == n
        assert answer["ground_truths"] >= n
        check_log(model, kept, kept)
        with pytest.raises(NotFoundError):
            model.inference(secret_ids(n)[0])
        assert model.delete_inferences(secret_ids(n)) == {"inferences": 0, "ground_truths": 0}

        model.compact()
        assert findings(root, [*SECRETS, *ids]) == set()
        check_log(model, kept, kept)
        check_files(connection, model)
        changes = model.deletions()
        assert changes["n_inferences"].tolist()[0] == n
        assert changes["n_ground_truths"].tolist()[0] == answer["ground_truths"]
        assert not changes.astype(str).apply(lambda c: c.str.contains("geheim|weg")).any(axis=None)
    assert findings(root, [*SECRETS, *ids]) == set()


def test_ground_truth_that_waits_is_deleted_by_id_and_by_its_age(root):
    with mg.connect(root) as connection:
        model = crew.save_version(connection, 0)
        model.update_inference_ground_truths(secret_truths(5))
        model.update_inference_ground_truths(log_crew.truths(range(5)))
        assert model.summary().n_waiting == 10
        assert model.delete_inferences(secret_ids(2)) == {"inferences": 0, "ground_truths": 2}
        assert model.summary().n_waiting == 8
        answer = model.delete_inferences(before=START + pd.Timedelta(2, "s"))
        assert answer == {"inferences": 0, "ground_truths": 2}
        answer = model.delete_inferences(before=TRUTH_AT + pd.Timedelta(1, "s"))
        assert answer == {"inferences": 0, "ground_truths": 6}
        assert model.summary().n_waiting == 0
        model.compact()
        assert findings(root, [*SECRETS[3:], b"geheim"]) == set()


def test_a_deletion_beside_a_reader_is_gone_from_the_disk_at_the_next_compaction(root, caplog):
    """While somebody reads, the log of SQLite cannot be emptied; afterwards it can."""
    with mg.connect(root) as connection, mg.connect(root) as other:
        model = crew.save_version(connection, 0)
        send_few(model, secret_rows(40), secret_truths(40))
        with other.registry.catalog.read() as session:
            session.connection().exec_driver_sql("SELECT count(*) FROM parcel").all()
            model.delete_inferences(secret_ids(40))
            start = time.monotonic()
            model.compact()
            assert time.monotonic() - start < 10
        assert "somebody reads" in caplog.text
        model.compact()
        assert findings(root, [*SECRETS, b"geheim"]) == set()


def image(content):
    return b"\x89PNG\r\n\x1a\n" + content


@pytest.mark.parametrize("n", [3, 400], ids=["parcels", "segments"])
def test_images_of_deleted_inferences_are_gone_and_shared_ones_stay(root, tmp_path, n):
    for name in ("secret", "shared"):
        (tmp_path / f"{name}.png").write_bytes(image(name.encode() * 10))
    with mg.connect(root) as connection:
        model = connection.model(
            display_name="Images", input_type="IMAGE", output_type="MULTICLASS"
        )
        frame = pd.DataFrame(
            {
                "image": [str(tmp_path / "shared.png")] * 4,
                "p": [0.1, 0.2, 0.3, 0.4],
                "y": [0, 1] * 2,
            }
        )
        model.build(frame, {"p": 1}, ground_truth_column="y")
        model.save()
        names = ["secret" if i % 2 else "shared" for i in range(n)]
        rows = pd.DataFrame(
            {
                "image": [str(tmp_path / f"{name}.png") for name in names],
                "p": 0.5,
                "partner_inference_id": [id_of(i) for i in range(n)],
            }
        )
        assert model.send_inferences(rows)["counts"]["failure"] == 0
        more = rows[:1].assign(partner_inference_id="another")
        assert model.send_inferences(more)["counts"]["failure"] == 0
        digests = {model.inference(id_of(i))["image"] for i in (0, 1)}
        assert len(digests) == 2
        secret = model.inference(id_of(1))["image"]
        assert findings(root, [b"secretsecret"])
        model.delete_inferences([id_of(i) for i in range(n)])
        with pytest.raises(NotFoundError):
            model.get_image(secret, tmp_path)
        model.compact()
        assert findings(root, [b"secretsecret", secret.encode()]) == set()
        shared = model.get_image(model.inference("another")["image"], tmp_path)
        assert Path(shared).read_bytes() == image(b"shared" * 10)
        check_files(connection, model)
        model.delete_inferences(["another"])
        model.compact()
        assert findings(root, [b"sharedshared"]) == set()


SCORE = 0.876543210987654
TOKEN = "geheimes-Wort"


@pytest.mark.parametrize("rule", ["ids", "before"])
@pytest.mark.parametrize("n", [40, 400], ids=["parcels", "segments"])
def test_enrichments_of_deleted_inferences_are_gone(root, n, rule):
    secrets = [np.float64(SCORE).tobytes(), str(SCORE).encode(), TOKEN.encode(), b"geheim"]
    kept = dict.fromkeys(range(300), 0)
    with mg.connect(root) as connection:
        model = connection.model(display_name="Texts", input_type="NLP", output_type="MULTICLASS")
        words = [f"word {i}" for i in range(12)]
        frame = pd.DataFrame({"text": words, "p": 0.5, "y": [0, 1] * 6})
        model.build(frame, {"p": 1}, ground_truth_column="y")
        model.text_delimiter = r"\W+"
        model.save()
        start = START - pd.Timedelta(1, "D")
        for ids, at in ((secret_ids(n), start), (list(map(id_of, kept)), START)):
            rows = pd.DataFrame({"partner_inference_id": ids, "text": "abc", "p": 0.5})
            model.send_inferences(rows.assign(inference_timestamp=at))
        part = {"algo": "lime", "predicted_attribute": "p", "attribute": "text", "score": SCORE}
        part["tokens"] = [{"token": TOKEN, "value": SCORE}]
        secret = {id_: {"anomaly_score": SCORE, "explanations": [part]} for id_ in secret_ids(n)}
        model.add_enrichments(secret)
        model.add_enrichments({id_of(i): {"anomaly_score": 0.5} for i in kept})
        upkeep_of(connection.registry).wait()
        assert len({secret for _, secret in findings(root, secrets)}) >= 3
        options = {"partner_inference_ids": secret_ids(n)} if rule == "ids" else {"before": START}
        assert model.delete_inferences(**options) == {"inferences": n, "ground_truths": 0}
        rates = {"select": [{"function": "count"}, {"function": "max", "alias": "most"}]}
        rates["select"][1]["parameters"] = {"property": "anomaly_score"}
        assert model.query(rates | {"from": "enriched"}) == [{"count": len(kept), "most": 0.5}]
        model.compact()
        assert findings(root, secrets) == set()
        check_files(connection, model)
    assert findings(root, secrets) == set()


def test_enrichments_that_wait_are_deleted_by_id_and_by_their_age(root):
    with mg.connect(root) as connection:
        model = crew.save_version(connection, 0)
        model.add_enrichments({id_: {"anomaly_score": SCORE} for id_ in secret_ids(4)})
        model.update_inference_ground_truths(secret_truths(1))  # from the future: it stays
        model.delete_inferences(secret_ids(4)[2:3])
        model.compact()
        assert findings(root, [secret_ids(4)[2].encode()]) == set()
        model.delete_inferences(before=pd.Timestamp.now("UTC") + pd.Timedelta(1, "D"))
        model.compact()
        assert findings(root, [id_.encode() for id_ in secret_ids(4)[1:]]) == set()
        assert findings(root, [secret_ids(1)[0].encode()])
        rows = log_crew.inferences([0]).assign(partner_inference_id=secret_ids(1))
        model.send_inferences(rows)
        assert log_crew.enriched(model)["anomaly_score"].tolist() == [SCORE]
