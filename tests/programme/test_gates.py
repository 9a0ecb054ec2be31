"""What the engine proposes from the facts, and why; when a stage is completed."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.definition import Exit, Floor, Gate, Requirement
from programme.definition_file import read_definition, shipped_text
from programme.definition_terms import FactName
from programme.gates import REASONS, Reason, can_complete, choices, is_completed, propose, said_share, weigh

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


SHARE = Gate(requires=({"fact": "modules_present", "percent": 75, "of": 6},), met="continue", not_met="recovery")


@pytest.mark.parametrize(
    ("attended", "outcome", "reason"),
    [
        (4, "recovery", "4 of 6 attended = 66.7 %, needs 75 %"),
        (5, "continue", "5 of 6 attended = 83.3 %, needs 75 %"),
        (6, "continue", "6 of 6 attended = 100 %, needs 75 %"),
        (None, "recovery", "training modules: not measured"),
    ],
)
def test_propose_weighs_a_share_of_the_whole(attended, outcome, reason):
    assert propose(SHARE, {"modules_present": attended}).outcome == outcome
    assert reasons(SHARE, {"modules_present": attended}) == [reason]


def test_share_is_weighed_in_whole_numbers():
    two_thirds = Requirement(fact="sessions_held", percent=67, of=12)
    assert [weigh(two_thirds, {"sessions_held": value}).met for value in (8, 9)] == [False, True]
    assert str(weigh(two_thirds, {"sessions_held": 8}).sentence()) == "8 of 12 held = 66.7 %, needs 67 %"


@given(st.integers(0, 60), st.integers(1, 60), st.integers(1, 100))
def test_share_is_reached_exactly_when_the_number_that_it_stands_for_is(value, whole, percent):
    number = next(count for count in range(6001) if count * 100 >= percent * whole)
    share = weigh(Requirement(fact="sessions_held", percent=percent, of=whole), {"sessions_held": value})
    plain = weigh(Requirement(fact="sessions_held", at_least=number, of=whole), {"sessions_held": value})
    assert share.met == plain.met


@pytest.mark.parametrize("requirement", [*M24.requires, *SHARE.requires])
def test_reason_is_read_again_from_what_a_decision_keeps(requirement):
    reason = weigh(requirement, {"modules_present": 4})
    assert Reason(**reason.to_json()) == reason


def test_share_of_a_whole_is_said_with_one_decimal_at_most():
    said = [said_share(value, whole) for value, whole in ((0, 6), (1, 6), (4, 6), (3, 4), (1, 8), (13, 12))]
    assert said == ["0", "16.7", "66.7", "75", "12.5", "108.3"]


SCORED = Gate(
    requires=(Requirement(fact="global_score", at_least=20),),
    met="continue",
    not_met="recovery",
    floor=Floor(requires=(Requirement(fact="global_score", at_least=3),), not_met="exit"),
)


@pytest.mark.parametrize(
    ("score", "outcome"),
    [(0, "exit"), (2, "exit"), (3, "recovery"), (19, "recovery"), (20, "continue"), (100, "continue"), (None, "exit")],
)
def test_floor_goes_before_what_is_met(score, outcome):
    assert propose(SCORED, {"global_score": score}).outcome == outcome


def test_floor_says_its_reasons_after_the_others():
    assert reasons(SCORED, {"global_score": 2}) == [
        "global score 2 of 100, needs 20",
        "global score 2 of 100, needs 3",
    ]
    assert reasons(SCORED, {"global_score": None})[0] == "global score: not assessable"


def test_choices_are_those_of_the_last_checkpoint_or_of_the_others():
    assert choices(M12) == choices(SCORED) == ("continue", "recovery", "exit")
    assert choices(M24) == ("certificate", "participation")
    assert choices(M24.model_copy(update={"floor": SCORED.floor})) == ("certificate", "participation", "exit")


def test_step_that_a_stage_does_not_wait_for_cannot_complete_it():
    closing, start = SHIPPED.stage("closing"), SHIPPED.stage("start")
    assert [can_complete(closing, key) for key in ("M24-decision", "assembly")] == [True, False]
    assert can_complete(start, "coach")
