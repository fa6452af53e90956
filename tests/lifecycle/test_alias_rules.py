"""Promotions, rollbacks and the past, against a list of plain Python."""

from datetime import datetime

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import modelgroups as mg
from modelgroups.errors import ConflictError, NotFoundError

from .conftest import group_of

VERSIONS = st.sampled_from(["V1", "V2", "V3"])


class Champions(RuleBasedStateMachine):
    """A stack of champions, and what was on top of it when."""

    @initialize()
    def open(self):
        self.connection = mg.connect(":memory:")
        self.group = group_of(self.connection, "V1", "V2", "V3")
        self.stack = []
        self.past = []
        self.archived = set()

    def teardown(self):
        if hasattr(self, "connection"):
            assert self.connection.verify()
            self.connection.close()

    def moved(self):
        timestamp = self.group.alias_history("champion")["timestamp"].iloc[-1]
        self.past.append((timestamp, self.stack[-1] if self.stack else None))

    @rule(version=VERSIONS, expected=st.one_of(st.just(...), st.none(), VERSIONS))
    def promote(self, version, expected):
        top = self.stack[-1] if self.stack else None
        if expected not in (..., top) or version in self.archived:
            self.refused(lambda: self.group.promote(version, if_current=expected), ConflictError)
            return
        self.group.promote(version, if_current=expected)
        if version != top:
            self.stack.append(version)
            self.moved()

    @rule()
    def rollback(self):
        if not self.stack:
            self.refused(self.group.rollback, NotFoundError)
        elif len(self.stack) == 1 or self.stack[-2] in self.archived:
            self.refused(self.group.rollback, ConflictError)
        else:
            self.group.rollback()
            self.stack.pop()
            self.moved()

    @precondition(lambda self: self.stack)
    @rule(version=VERSIONS)
    def rollback_to(self, version):
        places = [i for i, name in enumerate(self.stack[:-1]) if name == version]
        if not places or version in self.archived:
            self.refused(lambda: self.group.rollback(to=version), ConflictError)
            return
        self.group.rollback(to=version)
        del self.stack[places[-1] + 1 :]
        self.moved()

    @precondition(lambda self: self.stack)
    @rule()
    def delete(self):
        self.group.delete_alias("champion")
        self.stack.clear()
        self.moved()

    @rule(version=VERSIONS)
    def archive_or_restore(self, version):
        model = self.group.get_version(label=version, include_archived=True)
        if version in self.archived:
            model.restore()
            self.archived.remove(version)
        elif self.stack and self.stack[-1] == version:
            self.refused(model.archive, ConflictError)
        else:
            model.archive()
            self.archived.add(version)

    def refused(self, attempt, error):
        before = self.connection.audit_head()
        try:
            attempt()
        except error:
            assert self.connection.audit_head() == before
        else:
            raise AssertionError("it was not refused")

    @invariant()
    def the_champion_is_on_top(self):
        if hasattr(self, "group"):
            found = self.group.champion()
            assert (found and found.version_label) == (self.stack[-1] if self.stack else None)

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def the_past_is_as_it_was(self, data):
        at, _ = data.draw(st.sampled_from(self.past))
        wanted = [name for moment, name in self.past if moment <= at][-1]
        found = self.group.champion(at=datetime.fromisoformat(at.isoformat()))
        assert (found and found.version_label) == wanted


TestChampions = Champions.TestCase
TestChampions.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
