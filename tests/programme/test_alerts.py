"""What is amiss, from which day on, and what tells it from the same thing at another time."""

from __future__ import annotations

from datetime import date, timedelta

from programme.alerts import Finding, Known, Missed, findings, next_look, to_raise
from programme.definition import AlertRules

RULES = AlertRules()
START = date(2027, 1, 4)


def sessions(*held: bool, first: date = date(2027, 4, 5)) -> tuple[Missed, ...]:
    return tuple(
        Missed(f"coaching.session-{number:02d}", first + timedelta(weeks=number - 1), one)
        for number, one in enumerate(held, start=1)
    )


def kinds(known: Known) -> list[tuple[str, str, date]]:
    return [(one.kind, one.about, one.on) for one in findings(known, RULES)]


def test_one_missed_session_is_nothing_amiss() -> None:
    assert [kind for kind, _, _ in kinds(Known(START, sessions=sessions(True, False)))] == ["no_contact"]


def test_two_missed_in_a_row_are_amiss_from_the_second() -> None:
    found = kinds(Known(START, sessions=sessions(True, False, False)))
    assert ("missed_in_a_row", "coaching.session-02", date(2027, 4, 19)) in found


def test_series_that_goes_on_is_the_same_alert() -> None:
    two = findings(Known(START, sessions=sessions(False, False)), RULES)[0]
    three = findings(Known(START, sessions=sessions(False, False, False)), RULES)[0]
    assert two.identity == three.identity == ("missed_in_a_row", "coaching.session-01")


def test_session_held_ends_a_series_and_a_new_one_is_another_alert() -> None:
    assert kinds(Known(START, sessions=sessions(False, False, True)))[0][0] == "no_contact"
    again = kinds(Known(START, sessions=sessions(False, False, True, False, False)))
    assert again[0] == ("missed_in_a_row", "coaching.session-04", date(2027, 5, 3))


def test_third_missed_session_proposes_a_suspension_and_so_does_the_sixth() -> None:
    known = Known(START, sessions=sessions(False, True, False, True, False, True, False, True, False, True, False))
    found = [one for one in findings(known, RULES) if one.kind == "missed_sessions"]
    assert [(one.about, one.proposal, one.count) for one in found] == [
        ("coaching.session-05", "suspension", 3),
        ("coaching.session-11", "suspension", 6),
    ]


def test_silence_is_amiss_after_ninety_days() -> None:
    assert kinds(Known(date(2027, 1, 4))) == [("no_contact", "2027-01-04", date(2027, 4, 4))]


def test_checkpoint_is_late_the_day_after_its_window() -> None:
    found = kinds(Known(START, windows=(("M6", date(2027, 8, 2)),)))
    assert found[1] == ("checkpoint_late", "M6", date(2027, 8, 3))


def test_of_a_suspended_enrolment_only_its_pause_counts() -> None:
    known = Known(START, suspended_on=date(2027, 2, 1), sessions=sessions(False, False, False))
    assert findings(known, RULES) == [Finding("suspended_long", "2027-02-01", date(2027, 8, 1), "exit")]


def test_what_somebody_was_told_of_is_not_raised_again() -> None:
    found = findings(Known(START), RULES)
    assert to_raise(found, set(), date(2027, 4, 3)) == []
    assert to_raise(found, set(), date(2027, 4, 4)) == found
    assert to_raise(found, {("no_contact", "2027-01-04")}, date(2027, 4, 4)) == []
    assert next_look(found, set()) == date(2027, 4, 4)
    assert next_look(found, {("no_contact", "2027-01-04")}) is None
