"""Why a date, a start, a holiday or a window is not changed, and what to do instead."""

from __future__ import annotations

from programme.errors import Refusal


class UntilPast(Refusal):
    """{until} is past, today is {today}: what is to come begins today; write today or a later day."""


class PlanChanged(Refusal):
    """The plan has changed since you looked (you approve {approved}, now it is {digest}): look at it again, then approve {digest}."""


class NothingToMove(Refusal):
    """{step} of {code} is on {on} already, at the same hour and place: nothing would change."""


class StartUnchanged(Refusal):
    """{code} starts on {on} already: nothing would change."""


class DayClosed(Refusal):
    """{on} is {cause}: choose an open day, such as {example}."""


class DayPast(Refusal):
    """{on} is past: a step is moved to today or to a later day; what has happened is recorded with `mourafaka done`."""


class DayBeforeStart(Refusal):
    """{on} is before the start of {code} ({start_on}): choose a later day."""


class DayTooEarly(Refusal):
    """{on} is too early for {step} of {code}, nobody was to do it before {first}: correct the day or the code; if it did happen so early, the coordinator records it with `--early`."""


class PinnedBeforeStart(Refusal):
    """{step} of {code} is set to {on}, before the new start: move it first, or give it back to its rule with `mourafaka unpin`."""


class NotPinned(Refusal):
    """{step} of {code} follows its rule already: only a date that a person has set can be unpinned."""


class NotAMeeting(Refusal):
    """{step} has no hour and no place: give them only for a visit, a module or a session."""


class HourUnfit(Refusal):
    """A meeting of {minutes} minutes cannot begin at {at}: write an hour of the day, such as 09:30."""


class CallNotMoved(Refusal):
    """{step} is a call to make: it is made, and told with `mourafaka done`, not moved."""


class DaysBackwards(Refusal):
    """{first} comes after {last}: write the first day, then the last one."""


class FeastTooLong(Refusal):
    """{first} to {last} is longer than any feast ({days} days at most): correct the dates."""


class FeastUnknown(Refusal):
    """No estimated feast is near {first}: add the day with `mourafaka holiday add {first} --name NAME`."""


class NotAHoliday(Refusal):
    """{on} is not a holiday: `mourafaka holiday list` shows them."""


class HolidayKnown(Refusal):
    """{on} is a holiday already: {name}."""


class WindowTooLong(Refusal):
    """{first} to {last} closes more than {days} days: the programme's meetings would have no place left; close less."""


class WindowKnown(Refusal):
    """{target} is closed from {first} to {last} already: `mourafaka window list` shows it."""


class WindowUnknown(Refusal):
    """There is no window {number}: `mourafaka window list` shows them with their numbers."""


class SectorUnknown(Refusal):
    """No cooperative is of the sector {sector}: write one of {known}."""
