"""The breaker's rule: which mails are beyond the day's plan, and how many of them a person must let go.

The plan of a day is what its own date brings: the welcomes of a start, the reminders and meetings that the
dated plan puts on that day, the results that somebody signs, and the message of the day of each member of the
staff. However many they are, they leave: a cohort of 600 is welcomed on its start day.

Beyond the plan is what comes in a mass from elsewhere: what is promised later than two working days after
its own day (a clock that jumped forward, a long stop, repaired data), and what nobody has dated or signed
(changed dates that no person has approved). What a person has approved with its number before their eyes
(a proclaimed holiday that moves 400 dates, a release) has had the word already. See docs/adr/0011.
"""

from __future__ import annotations

from datetime import date

from programme.calendar import Calendar
from programme.catching_up import fresh_since

FLOOR = 50
"""Mails a day: below it there is no mass, however small the programme."""
SHARE = 10
"""Percent of the enrolments under way."""
DATED = frozenset({"welcome", "meeting", "step_reminder", "step_late"})
"""Kinds that the dated plan brings on their day."""
SIGNED = frozenset({"checkpoint_result", "certificate", "resumed"})
"""Kinds that each follow one named person's word on one enrolment.

Not among them: what one word may bring to many at once, such as changed dates and cancelled meetings.
"""


def is_beyond(kind: str, due_on: date, promised_on: date, calendar: Calendar) -> bool:
    """Tell whether a mail that nobody has approved is beyond the plan; a kind that is not known here is.

    What was promised in time and then waited (the mail server was away) is still the plan's.
    """
    if kind.endswith("_digest"):
        return False
    return kind not in DATED | SIGNED or due_on < fresh_since(promised_on, calendar)


def most(enrolments: int) -> int:
    """Return how many mails beyond the plan leave in a day without a person's word: a tenth of the enrolments, or 50.

    A tenth that is not whole is rounded down: the next mail is over it.
    """
    return max(FLOOR, enrolments * SHARE // 100)


def is_mass(beyond: int, enrolments: int) -> bool:
    """Tell whether so many mails beyond the plan need a person's word."""
    return beyond > most(enrolments)
