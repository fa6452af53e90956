"""Files get their names in the object store, ahead of their transaction or inside of it."""

from hashlib import sha256

import pytest

from modelgroups.storage.objects import ObjectStore

CONTENT = b"some bytes"
DIGEST = sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path):
    return ObjectStore(tmp_path / "objects")


def names(store):
    return sorted(path.name for path in store.root.iterdir())


def put(store, *, between=lambda: None, offer=True):
    with store.stage() as staged:
        staged.path.write_bytes(CONTENT)
        if offer:
            store.offer(staged.path, DIGEST)
        between()
        store.publish(staged.path, DIGEST)


@pytest.mark.parametrize("offer", [True, False])
def test_a_published_file_stays_alone(store, offer):
    put(store, offer=offer)
    assert names(store) == [f"{DIGEST}.parquet"]
    assert store.verify(DIGEST) == len(CONTENT)


def test_an_offered_file_has_its_name_before_it_is_published(store):
    found = []
    put(store, between=lambda: found.append(store.path(DIGEST).read_bytes()))
    assert found == [CONTENT]


def test_an_offered_file_that_was_collected_is_put_back(store):
    def collect():
        assert store.collect(store.published()).digests == (DIGEST,)

    put(store, between=collect)
    assert names(store) == [f"{DIGEST}.parquet"]
    assert store.verify(DIGEST) == len(CONTENT)


def test_an_offer_can_be_withdrawn(store):
    with store.stage() as staged:
        staged.path.write_bytes(CONTENT)
        store.offer(staged.path, DIGEST)
        store.withdraw(staged.path, DIGEST)
    assert names(store) == []


def test_the_equal_of_an_offer_is_not_withdrawn(store):
    with store.stage() as staged:
        staged.path.write_bytes(CONTENT)
        store.offer(staged.path, DIGEST)
        put(store)
        store.withdraw(staged.path, DIGEST)
    assert names(store) == [f"{DIGEST}.parquet"]


def test_a_file_that_rotted_is_mended_by_its_equal(store):
    put(store)
    store.path(DIGEST).write_bytes(b"rotten")
    put(store)
    assert store.verify(DIGEST) == len(CONTENT)


def test_an_offer_that_is_not_taken_up_is_garbage(store):
    with store.stage() as staged:
        staged.path.write_bytes(CONTENT)
        store.offer(staged.path, DIGEST)
    assert set(store.published()) == {DIGEST}
    assert store.collect(store.published()).size == len(CONTENT)
    assert names(store) == []


def test_publishing_where_links_are_unknown(store, monkeypatch):
    """As on exFAT, where this cannot be tried here."""

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    put(store)
    assert names(store) == [f"{DIGEST}.parquet"]
