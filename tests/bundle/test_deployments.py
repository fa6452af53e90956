"""Deployments travel in every state, and go on in the registry that takes them in."""

import json

import pytest

import modelgroups as mg
from modelgroups.bundle.checks import require_sound
from modelgroups.bundle.deployments import new_deployments, read_deployments
from modelgroups.bundle.documents import dump_content, load_content
from modelgroups.bundle.export import _content
from modelgroups.errors import BundleError, ConflictError
from modelgroups.testing import example_group

KEYS = [f"customer-{n}" for n in range(200)]
HALF = {"V1": 0.5, "V2": 0.5}


@pytest.fixture
def group():
    with example_group("V1", "V2", "V3") as found:
        found.promote("V1")
        yield found


@pytest.fixture
def elsewhere():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def exchange(group, elsewhere, tmp_path):
    """Return a function that takes what a group is now to the other registry, or back."""
    n = [0]

    def take(source=group):
        n[0] += 1
        target = elsewhere if source is group else group._registry
        bundle = source.export(tmp_path / str(n[0]), inferences=True)
        if target is elsewhere:
            return elsewhere.import_bundle(bundle)
        return mg.Connection(target).import_bundle(bundle)

    return take


def records(group):
    return [deployment._record for deployment in group.deploy.history()]


def sound(group):
    report = mg.Connection(group._registry).verify()
    assert report, str(report)
    return True


def test_every_state_is_there(group, exchange):
    group.deploy.replace("V2", reason="at once")
    group.deploy.shadow("V3").abort(reason="too slow")
    group.deploy.ab(HALF).conclude(promote=None)
    canary = group.deploy.canary("V3", steps=[0.1, 1.0], guardrails={"Accuracy Rate": 0.02})
    moved = exchange()
    assert records(moved) == records(group)
    live = moved.deploy.live()
    assert (live.id, live.kind, live.steps) == (canary.id, "canary", [0.1, 1.0])
    assert list(live.route_many(KEYS)) == list(canary.route_many(KEYS))
    assert sound(moved)
    events = mg.Connection(moved._registry).audit(type="deployment.imported")
    assert [after["state"] for after in events["after"]] == [
        "concluded", "aborted", "concluded", "live",
    ]  # fmt: skip


def test_one_that_goes_on_there_goes_on_here(group, exchange):
    test = group.deploy.ab(HALF)
    moved = exchange()
    test.reweight({"V1": 0.2, "V2": 0.8})
    exchange()
    assert records(moved) == records(group)
    theirs = moved.deploy.live()
    weights = [division.weights for division in theirs.course().divisions]
    assert weights == [HALF, pytest.approx({"V1": 0.2, "V2": 0.8})]
    theirs._finish("concluded", moved.get_version(label="V2").id, "decided there", None)
    exchange(moved)
    assert records(moved) == records(group)
    assert group.deploy.live() is None
    assert group.champion().version_label == "V2"
    assert test.refresh().state == "concluded"
    assert sound(group)
    assert sound(moved)


def test_one_that_is_behind_changes_nothing(group, elsewhere, exchange, tmp_path):
    test = group.deploy.ab(HALF)
    early = group.export(tmp_path / "early")
    test.abort()
    moved = exchange()
    before = elsewhere.audit_head()
    elsewhere.import_bundle(early)
    assert elsewhere.audit_head() == before
    assert moved.deploy.live() is None


def test_the_next_one_is_live_where_the_one_before_was(group, exchange):
    test = group.deploy.ab(HALF)
    moved = exchange()
    test.abort()
    following = group.deploy.shadow("V2")
    exchange()
    assert moved.deploy.live().id == following.id
    assert [record.state for record in records(moved)] == ["aborted", "live"]
    assert sound(moved)


def test_two_live_ones_are_a_conflict(group, elsewhere, exchange):
    moved = exchange()
    ours, theirs = moved.deploy.shadow("V3"), group.deploy.ab(HALF)
    before = elsewhere.audit_head()
    told = rf"shadow deployment {ours.id} is live here, .*ab {theirs.id} in the bundle"
    with pytest.raises(ConflictError, match=told):
        exchange()
    assert elsewhere.audit_head() == before
    ours.abort()
    exchange()
    assert moved.deploy.live().id == theirs.id


@pytest.mark.parametrize("further", [0, 1])
def test_one_that_went_two_ways_is_a_conflict(group, elsewhere, exchange, further):
    test = group.deploy.ab(HALF)
    moved = exchange()
    moved.deploy.live().reweight({"V1": 0.3, "V2": 0.7})
    for n in range(further + 1):
        test.reweight({"V1": 0.6 + n / 10, "V2": 0.4 - n / 10})
    before = elsewhere.audit_head()
    with pytest.raises(ConflictError, match=rf"the ab deployment {test.id} went on in another way"):
        exchange()
    assert elsewhere.audit_head() == before


def test_a_version_that_is_archived_here_gets_no_traffic(group, exchange):
    moved = exchange()
    moved.get_version(label="V2").archive()
    group.deploy.ab(HALF)
    with pytest.raises(ConflictError, match=r"would give traffic to .* archived here"):
        exchange()
    assert moved.deploy.history() == []


def test_failures_of_a_shadow_travel_with_inferences_only(group, elsewhere, tmp_path):
    from modelgroups.catalog.deployments import note_failure

    shadow = group.deploy.shadow("V2")
    with group._registry.catalog.write() as session:
        note_failure(session, shadow.id, "ValueError: age is 31")
    assert b"age is 31" not in group.export(tmp_path / "without").read_bytes()
    bundle = group.export(tmp_path / "with", inferences=True)
    moved = elsewhere.import_bundle(bundle, inferences=False)
    assert moved.deploy.live().failures == (0, None)
    with mg.connect(":memory:") as third:
        assert third.import_bundle(bundle).deploy.live().failures == (1, "ValueError: age is 31")


# --- what nobody would have written -------------------------------------------------------------


@pytest.fixture(scope="module")
def document():
    """Return the rows of a group with a deployment of each kind."""
    with example_group("V1", "V2", "V3") as group:
        group.deploy.replace("V1")
        group.deploy.shadow("V2").abort()
        group.deploy.canary("V2", steps=[0.1, 1.0], guardrails={"Accuracy Rate": 0.02}).abort()
        group.deploy.ab(HALF)
        return dump_content(_content(group._registry, group.id, with_logs=False))


def refuse(document, number, problem, **values):
    held = json.loads(document)
    part = held["deployments"]
    row = dict(zip(part["columns"], part["rows"][number], strict=True)) | values
    part["rows"][number] = list(row.values())
    group_id = held["model_group"]["rows"][0][held["model_group"]["columns"].index("id")]
    with pytest.raises(BundleError, match=problem):
        require_sound(load_content(json.dumps(held).encode()), group_id)


UNKNOWN = "00000000-0000-4000-8000-000000000000"
EARLY = "2020-01-01T00:00:00.000000+00:00"


@pytest.mark.parametrize(
    ("number", "values", "problem"),
    [
        (0, {"id": "../x"}, "no id"),
        (0, {"kind": "other"}, "there is not"),
        (0, {"state": "paused"}, "there is not"),
        (0, {"state": "live"}, "neither live nor ended"),
        (0, {"concluded_at": None}, "neither live nor ended"),
        (3, {"concluded_at": "2999-01-01T00:00:00.000000+00:00"}, "neither live nor ended"),
        (3, {"updated_at": EARLY}, "not in their order"),
        (3, {"created_at": "now"}, "no times"),
        (3, {"revision": 0}, "number that it cannot have"),
        (3, {"n_failures": -1}, "number that it cannot have"),
        (0, {"state": "live", "concluded_at": None}, "two deployments of the group are live"),
        (0, {"plan": "{}"}, "a plan that it cannot have"),
        (0, {"plan": "["}, "a plan that it cannot have"),
        (0, {"plan": "[" * 100_000}, "a plan that it cannot have"),
        (0, {"kind": "canary"}, "a plan that it cannot have"),
        (0, {"kind": "shadow"}, "a plan that it cannot have"),
        (2, {"kind": "ab"}, "a plan that it cannot have"),
        (0, {"revision": 2**63}, "a 'revision' it cannot have"),
    ],
)
def test_rows_that_nobody_wrote_are_refused(document, number, values, problem):
    refuse(document, number, problem, **values)


@pytest.mark.parametrize(
    "change",
    [
        {"versions": {}},
        {"versions": {UNKNOWN: "V1"}},
        {"versions": []},
        {"champion": UNKNOWN},
        {"pieces": []},
        {"pieces": [[2**53, UNKNOWN]]},
        {"pieces": [[2**53]]},
        {"pieces": [[float(2**53), None]]},
        {"salt": 5},
        {"since": "yesterday"},
        {"metric": ["x"]},
        {"guardrails": {"Accuracy Rate": "x"}},
        {"guardrails": ["Accuracy Rate"]},
        {"confidence": 2},
        {"confidence": True},
        {"planned": -1},
        {"planned": 2.5},
        {"steps": [2.0]},
        {"steps": "x"},
        {"step": 1},
        {"step": "x"},
        {"phase": 0},
        {"shadow": UNKNOWN},
        {"evil": 1},
    ],
    ids=str,
)
def test_plans_that_nobody_made_are_refused(document, change):
    held = json.loads(document)["deployments"]
    plan = json.loads(held["rows"][3][held["columns"].index("plan")])
    refuse(document, 3, "a plan that it cannot have", plan=json.dumps(plan | change))


def test_two_of_one_id_are_refused(document):
    held = json.loads(document)["deployments"]
    id_ = held["rows"][0][held["columns"].index("id")]
    refuse(document, 1, "two deployments have the id", id=id_)


def test_one_of_another_group_is_a_conflict(group):
    group.deploy.ab(HALF)
    with group._registry.catalog.read() as session:
        rows = read_deployments(session, group.id, with_failures=False)
        conflicts, _ = new_deployments(session, UNKNOWN, rows, [])
    assert "one of another group here" in conflicts[0]
