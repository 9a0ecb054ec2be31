"""Why each date of a plan is what it is, in a sentence."""

from __future__ import annotations

from datetime import date

import pytest

from programme.calendar import Calendar
from programme.definition_file import read_definition
from programme.planning import plan, why_then
from programme.wording import Sentence
from tests.programme.definition_texts import SPREAD

PLAIN = Calendar()
SHIPPED = read_definition(SPREAD)


def why(start: date, key: str, *, rank: int = 0) -> Sentence:
    """Explain the date of one step of a plan."""
    step = next(step for step in plan(SHIPPED, start, PLAIN, rank=rank) if step.key == key)
    return why_then(step, SHIPPED, PLAIN)


@pytest.mark.parametrize(
    ("start", "rank", "key", "said"),
    [
        (date(2027, 1, 4), 0, "diagnosis.visit", "3 weeks after the start, as the programme has it"),
        (
            date(2027, 1, 4),
            1,
            "diagnosis.visit",
            (
                "3 weeks after the start is 2027-01-25, a day shared out among the coach's cooperatives: "
                "moved to 2027-01-26"
            ),
        ),
        (
            date(2027, 1, 4),
            0,
            "start.coach",
            "1 week after the start is 2027-01-11, a holiday (Manifeste de l'indépendance): moved to 2027-01-12",
        ),
        (
            date(2027, 1, 4),
            0,
            "coaching.session-03",
            "3 months and 14 weeks after the start is 2027-07-11, a week-end: moved to 2027-07-12",
        ),
        (
            date(2027, 1, 4),
            1,
            "coaching.session-03",
            (
                "3 months and 14 weeks after the start is 2027-07-11, a week-end, then "
                "a day shared out among the coach's cooperatives: moved to 2027-07-13"
            ),
        ),
        (
            date(2027, 1, 4),
            0,
            "coaching.session-09",
            (
                "3 months and 56 weeks after the start is 2028-04-30, a week-end, then "
                "a holiday (Fête du Travail): moved to 2028-05-02"
            ),
        ),
        (
            date(2027, 4, 30),
            0,
            "training.strategy",
            (
                "3 months after the start is 2027-07-30, a holiday (Fête du Trône), then a week-end, then "
                "in a closed season (August): moved to 2027-09-01"
            ),
        ),
        (
            date(2026, 11, 10),
            0,
            "training.strategy",
            (
                "3 months after the start is 2027-02-10, in a closed season (Ramadan), then "
                "a holiday (Fête de la rupture du jeûne): moved to 2027-03-11"
            ),
        ),
        (
            date(2027, 1, 4),
            0,
            "coaching.report-01",
            "10 days after “Séance d'accompagnement n° 1”, as the programme has it",
        ),
    ],
)
def test_why_then_tells_the_rule_and_all_that_moved_the_date(start, rank, key, said):
    assert str(why(start, key, rank=rank)) == said


def test_why_then_can_be_said_in_another_language():
    french = {
        "{rule} is {nominal}, {cause}: moved to {day}": "{rule} : le {nominal}, {cause} ; reporté au {day}",
        "{first}, then {then}": "{first}, puis {then}",
        "in a closed season ({season})": "en période fermée ({season})",
        "August": "août",
        "a week-end": "une fin de semaine",
        "{span} after {anchor}": "{span} après {anchor}",
        "{count} month": "{count} mois",
        "the start": "le début",
    }
    assert why(date(2027, 5, 1), "training.strategy").say(lambda text: french.get(text, text)) == (
        "3 mois après le début : le 2027-08-01, en période fermée (août) ; reporté au 2027-09-01"
    )
