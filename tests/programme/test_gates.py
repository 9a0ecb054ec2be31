"""What the engine proposes from the facts, and why; when a stage is completed."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.definition import Exit, FactName, Requirement
from programme.definition_file import read_definition, shipped_text
from programme.gates import REASONS, Reason, is_completed, propose, weigh

SHIPPED = read_definition(shipped_text())
M12 = SHIPPED.checkpoint("M12").gate
M24 = SHIPPED.checkpoint("M24").gate
FULL = {"modules_present": 3, "sessions_held": 9, "endline_done": 1, "assembly_held": 1}


def reasons(gate, facts):
    """Return the proposal's sentences."""
    return [str(reason.sentence()) for reason in propose(gate, facts).reasons]


def test_propose_at_m12_continues_when_all_is_reached():
    facts = {"sessions_held": 5, "plan_done_percent": 40}
    assert propose(M12, facts).outcome == "continue"
    assert reasons(M12, facts) == [
        "5 of 12 coaching sessions held, needs 5",
        "40 % of the plan's actions done, needs 40 %",
    ]


@pytest.mark.parametrize(("sessions", "percent"), [(4, 40), (5, 39), (0, 0)])
def test_propose_at_m12_asks_for_a_recovery_plan_when_something_lacks(sessions, percent):
    assert propose(M12, {"sessions_held": sessions, "plan_done_percent": percent}).outcome == "recovery"


def test_propose_takes_a_plan_without_action_as_met():
    facts = {"sessions_held": 6, "plan_done_percent": None}
    assert propose(M12, facts).outcome == "continue"
    assert reasons(M12, facts) == [
        "6 of 12 coaching sessions held, needs 5",
        "the development plan has no action: nothing to measure",
    ]


def test_propose_at_m24_certifies_when_all_is_reached():
    assert propose(M24, FULL).outcome == "certificate"
    assert [reason.met for reason in propose(M24, FULL).reasons] == [True, True, True, True]
    assert reasons(M24, FULL) == [
        "3 of 4 training modules attended, needs 3",
        "9 of 12 coaching sessions held, needs 9",
        "endline diagnosis done: 1 of 1",
        "last general assembly held: 1 of 1",
    ]


@pytest.mark.parametrize("fact", list(FULL))
def test_propose_at_m24_gives_a_certificate_of_participation_when_one_lacks(fact):
    found = propose(M24, FULL | {fact: FULL[fact] - 1})
    assert found.outcome == "participation"
    assert [reason.fact for reason in found.reasons if not reason.met] == [fact]


def test_propose_takes_unknown_facts_as_not_met_and_says_so():
    assert propose(M24, {}).outcome == "participation"
    assert [reason.met for reason in propose(M24, {}).reasons] == [False, False, False, False]
    assert reasons(M24, {}) == [
        "training modules: not measured",
        "coaching sessions: not measured",
        "endline diagnosis: not measured",
        "last general assembly: not known",
    ]


def test_propose_without_requirement_is_met():
    assert propose(SHIPPED.checkpoint("M0").gate, {}).outcome == "continue"
    assert reasons(SHIPPED.checkpoint("M0").gate, {}) == []


def test_weigh_keeps_what_was_recorded_and_what_is_needed():
    requirement = Requirement(fact="sessions_held", at_least=5, of=12)
    assert weigh(requirement, {"sessions_held": 4}) == Reason("sessions_held", 4, 5, 12, met=False)


def test_reasons_speak_of_every_fact():
    assert set(REASONS) == set(get_args(FactName))


@given(st.integers(0, 12), st.integers(0, 100))
def test_propose_never_gets_worse_with_more_done(sessions, percent):
    facts = {"sessions_held": sessions, "plan_done_percent": percent}
    more = {"sessions_held": sessions + 1, "plan_done_percent": percent}
    assert propose(M12, facts).outcome == "recovery" or propose(M12, more).outcome == "continue"


@pytest.mark.parametrize(
    ("rule", "open_keys", "done_keys", "facts", "completed"),
    [
        (Exit(all_done=True), {"coach"}, {"contact"}, {}, False),
        (Exit(all_done=True), set(), {"coach", "contact"}, {}, True),
        (Exit(all_done=True), set(), set(), {}, True),  # the rest was closed as not required
        (Exit(done=("coach",)), {"contact"}, {"coach"}, {}, True),
        (Exit(done=("coach", "contact")), set(), {"coach"}, {}, False),
        (Exit(fact="modules_present", at_least=3), set(), set(), {"modules_present": 2}, False),
        (Exit(fact="modules_present", at_least=3), {"coach"}, set(), {"modules_present": 3}, True),
        (Exit(fact="modules_present", at_least=3), set(), set(), {"modules_present": None}, False),
        (Exit(fact="modules_present", at_least=3), set(), set(), {}, False),
    ],
)
def test_is_completed_by_each_kind_of_exit(rule, open_keys, done_keys, facts, completed):
    stage = SHIPPED.stage("start").model_copy(update={"exit": rule})
    assert is_completed(stage, open_keys=open_keys, done_keys=done_keys, facts=facts) == completed
