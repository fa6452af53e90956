"""modelgroups, called by the SDK's names, does what the published SDK did.

The golden files hold the SDK's results (see ``generate_golden.py``). Where modelgroups differs on
purpose, the case says why and holds the result that the specification asks for.
"""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import modelgroups
from modelgroups.arthurai import ArthurModel, util
from modelgroups.arthurai.common import exceptions
from modelgroups.arthurai.core.attributes import ArthurAttribute, AttributeBin, AttributeCategory

from .cases import GROUPS
from .harness import Case, Outcome, Record, Side, as_text, run

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN: dict[str, dict[str, Record]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (Path(__file__).parent / "golden").glob("*.json")
}
OFFLINE = [(group, case) for group, cases in GROUPS.items() if group != "saving" for case in cases]
SAVING = [("saving", case) for case in GROUPS["saving"]]


def expected(group: str, case: Case) -> Record:
    return GOLDEN[group][case.id] if case.ours is None else case.ours


def params(chosen: list[tuple[str, Case]]) -> pytest.MarkDecorator:
    ids = [f"{group}: {case.id}" for group, case in chosen]
    return pytest.mark.parametrize("group, case", chosen, ids=ids)


def side(client: Any = None) -> Side:
    return Side(ArthurModel, ArthurAttribute, AttributeCategory, AttributeBin, util, client)


@pytest.fixture
def saving_side(tmp_path: Path) -> Iterator[Side]:
    with modelgroups.connect(tmp_path / "registry") as connection:
        yield side(connection)


def assert_as_expected(outcome: Outcome, case: Case, wanted: Record) -> None:
    if "error" not in wanted:
        if outcome.error is not None:
            raise outcome.error
        assert as_text(outcome.record(case)) == as_text(wanted)
        return
    name = wanted["error"]
    assert outcome.error is not None, f"no {name} was raised"
    error_class = getattr(exceptions, name, None) or getattr(builtins, name)
    if not isinstance(outcome.error, error_class):
        raise outcome.error
    mentions = outcome.record(case)["mentions"]
    assert len(mentions) == len(wanted["mentions"]), str(outcome.error)
    for ours, theirs in zip(mentions, wanted["mentions"], strict=True):
        assert set(theirs) <= set(ours), str(outcome.error)


@params(OFFLINE)
def test_a_call_comes_to_what_the_sdk_makes_of_it(group: str, case: Case) -> None:
    assert_as_expected(run(case, side()), case, expected(group, case))


@params(SAVING)
def test_saving_comes_to_what_the_sdk_makes_of_it(
    group: str, case: Case, saving_side: Side
) -> None:
    assert_as_expected(run(case, saving_side), case, expected(group, case))


@params([item for item in OFFLINE if "error" in expected(*item) and item[0] != "validation"])
def test_a_refused_call_leaves_the_schema_as_it_was(group: str, case: Case) -> None:
    outcome = run(case, side())
    assert outcome.error is not None
    assert as_text(outcome.attributes) == as_text(outcome.before)


@pytest.mark.parametrize("group", GROUPS)
def test_the_golden_file_holds_exactly_the_cases(group: str) -> None:
    ids = [case.id for case in GROUPS[group]]
    assert len(ids) == len(set(ids))
    assert set(ids) == set(GOLDEN[group])


@params([item for item in OFFLINE + SAVING if item[1].differs])
def test_a_declared_difference_is_one(group: str, case: Case) -> None:
    assert as_text(case.ours) != as_text(GOLDEN[group][case.id])
