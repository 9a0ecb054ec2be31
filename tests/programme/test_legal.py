"""The legal calendar of a cooperative: which duties, when, and why then."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.calendar import Calendar
from programme.definition_file import read_definition
from programme.legal import legal_plan, legal_rule, legal_title, why_legal, year_end_of
from programme.replanning import Basis, Change, Held, replan
from tests.programme.definition_texts import TEXT, edited, place, told

PLAIN = Calendar()
SHIPPED = read_definition(TEXT)
START, END = date(2027, 1, 4), date(2029, 1, 3)
ACCOUNTS = "    - key: accounts\n"


def dated(fiscal_year_end: str, start: date = START, end: date = END) -> list[tuple[str, date]]:
    return [
        (duty.key.removeprefix("legal."), duty.due_on)
        for duty in legal_plan(SHIPPED, fiscal_year_end, start, end, PLAIN)
    ]


def test_civil_year_brings_five_duties_a_year() -> None:
    assert dated("12-31") == [
        ("accounts-2026", date(2027, 1, 29)),
        ("assembly-preparation-2026", date(2027, 4, 30)),
        ("assembly-notice-2026", date(2027, 5, 31)),
        ("assembly-2026", date(2027, 6, 30)),
        ("minutes-2026", date(2027, 7, 14)),
        ("accounts-2027", date(2028, 1, 31)),
        ("assembly-preparation-2027", date(2028, 4, 28)),
        ("assembly-notice-2027", date(2028, 5, 31)),
        ("assembly-2027", date(2028, 6, 30)),
        ("minutes-2027", date(2028, 7, 14)),
    ]


def test_year_that_ends_in_summer_brings_only_what_falls_in_the_two_years() -> None:
    assert dated("06-30") == [
        ("minutes-2026", date(2027, 1, 13)),
        ("accounts-2027", date(2027, 7, 29)),
        ("assembly-preparation-2027", date(2027, 10, 29)),
        ("assembly-notice-2027", date(2027, 11, 30)),
        ("assembly-2027", date(2027, 12, 30)),
        ("minutes-2027", date(2028, 1, 13)),
        ("accounts-2028", date(2028, 7, 28)),
        ("assembly-preparation-2028", date(2028, 10, 30)),
        ("assembly-notice-2028", date(2028, 11, 30)),
        ("assembly-2028", date(2028, 12, 29)),
    ]


def test_duty_of_a_year_that_ended_before_the_registration_is_not_brought() -> None:
    duties = legal_plan(SHIPPED, "12-31", START, END, PLAIN, registered_on=date(2027, 1, 2))
    assert [duty.key for duty in duties][:2] == ["legal.accounts-2027", "legal.assembly-preparation-2027"]


def test_duty_stands_beside_the_programme() -> None:
    assembly = legal_plan(SHIPPED, "12-31", START, END, PLAIN)[3]
    assert (assembly.key, assembly.rule, assembly.stage, assembly.kind) == (
        "legal.assembly-2026",
        "legal.assembly",
        "legal",
        "legal",
    )
    assert (assembly.owner, assembly.number, assembly.nominal_on) == ("cooperative", 2026, date(2027, 6, 30))


def test_programme_without_a_legal_calendar_brings_no_duty() -> None:
    assert legal_plan(SHIPPED.model_copy(update={"legal": None}), "12-31", START, END, PLAIN) == []


@pytest.mark.parametrize(
    ("year_end", "said"),
    [("12-31", "Arrêter les comptes de l'exercice 2027"), ("06-30", "Arrêter les comptes de l'exercice 2026-2027")],
)
def test_title_names_the_fiscal_year(year_end: str, said: str) -> None:
    assert legal_title(SHIPPED, "legal.accounts", 2027, year_end).fr == said
    assert "2027" in legal_title(SHIPPED, "legal.accounts", 2027, year_end).ar


@pytest.mark.parametrize(
    ("text", "year", "day"),
    [
        ("12-31", 2026, date(2026, 12, 31)),
        ("02-28", 2028, date(2028, 2, 28)),
        ("02-29", 2027, date(2027, 2, 28)),
        ("02-29", 2028, date(2028, 2, 29)),
    ],
)
def test_year_end_is_a_day_of_every_year(text: str, year: int, day: date) -> None:
    assert year_end_of(text, year) == day


@pytest.mark.parametrize(
    ("year", "due_on", "said"),
    [
        (
            2026,
            date(2027, 6, 30),
            "6 months after the end of the fiscal year (the fiscal year ends on 2026-12-31) is 2027-06-30",
        ),
        (
            2028,
            date(2029, 6, 29),
            (
                "6 months after the end of the fiscal year (the fiscal year ends on 2028-12-31) is "
                "2029-06-30, a closed day, "
                "and a legal limit is not extended: moved back to 2029-06-29"
            ),
        ),
    ],
)
def test_date_of_a_duty_is_explained(year: int, due_on: date, said: str) -> None:
    rule = legal_rule(SHIPPED, "legal.assembly")
    assert rule is not None
    assert str(why_legal(rule, date(year, 12, 31), due_on, PLAIN)) == said


@given(
    st.dates(date(2024, 1, 1), date(2032, 12, 31)),
    st.sampled_from(("12-31", "06-30", "08-31", "02-28", "02-29", "09-15")),
)
def test_duties_are_on_working_days_never_after_the_limit_and_once(start: date, fiscal_year_end: str) -> None:
    end = date(start.year + 2, start.month, 1)
    duties = legal_plan(SHIPPED, fiscal_year_end, start, end, PLAIN)
    assert [duty for duty in duties if not (start <= duty.due_on <= min(end, duty.nominal_on))] == []
    assert [duty for duty in duties if not PLAIN.is_working(duty.due_on)] == []
    assert len({duty.key for duty in duties}) == len(duties)


@pytest.mark.parametrize(
    ("change", "word", "said"),
    [
        (
            ("due: year-end + 1 months", "due: start + 1 months"),
            "start + 1 months",
            "a legal duty counts from 'year-end', not from start: write 'year-end + 6 months'",
        ),
        (
            ('title: {fr: "Arrêter les comptes de l\'exercice {year}"', 'title: {fr: "Arrêter les comptes"'),
            '"Arrêter les comptes"',
            "a legal duty's title names its year: write {year} in it",
        ),
        (
            (ACCOUNTS, "    - key: minutes\n"),
            None,
            "minutes is written twice: give one of them another key",
        ),
    ],
)
def test_legal_calendar_that_makes_no_sense_is_refused(change: tuple[str, str], word: str | None, said: str) -> None:
    text = edited(change)
    flaws = told(text)
    assert [message for _at, message in flaws] == [said]
    if word is not None:
        assert flaws[0][0] == place(text, "legal:\n", word)


def test_alert_of_a_suspension_before_that_of_a_row_is_refused() -> None:
    text = edited(("missed_sessions: 3", "missed_sessions: 1"))
    said = "a suspension would be proposed before 2 sessions are missed in a row: write 2 or more"
    assert told(text) == [(place(text, "alerts:\n", "1\n"), said)]


def test_stage_named_as_the_legal_calendar_is_refused() -> None:
    text = edited(("  - key: start\n", "  - key: call\n"))
    assert "call is a word of the program's own: give the stage another key" in [said for _at, said in told(text)]


def test_duty_on_a_day_that_becomes_a_holiday_moves_back() -> None:
    """The accounts of 2027 are due on Monday 31 January 2028: proclaimed off, they are due on Friday 28."""
    before = Basis(START, PLAIN)
    after = Basis(START, Calendar({date(2028, 1, 31): "Aïd"}))
    steps = [
        Held(one.key, one.rule, one.kind, one.nominal_on, one.due_on, origin="legal")
        for one in legal_plan(SHIPPED, "12-31", START, END, PLAIN)
    ]
    moves = replan(SHIPPED, steps, Change(before, after, today=START))
    assert [(move.key, move.was_on, move.on, str(move.why)) for move in moves] == [
        ("legal.accounts-2027", date(2028, 1, 31), date(2028, 1, 28), "2028-01-31 is a holiday (Aïd)")
    ]
