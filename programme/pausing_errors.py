"""What pauses, ends, appeals and alerts refuse."""

from __future__ import annotations

from programme.errors import Refusal


class EnrolmentSuspended(Refusal):
    """Enrolment {code} is suspended since {on}: resume it first with `mourafaka resume {code}`."""


class NotSuspended(Refusal):
    """Enrolment {code} is {status}, not suspended: there is nothing to resume."""


class PauseTooEarly(Refusal):
    """Enrolment {code} was resumed on {on}: a new suspension begins on that day at the soonest."""


class ResumedBeforePause(Refusal):
    """Enrolment {code} is suspended since {on}: it cannot be resumed before that day."""


class WhyNeeded(Refusal):
    """Say why with `--reason`: the history keeps it, and the cooperative may ask."""


class AlreadyEnded(Refusal):
    """Enrolment {code} has ended on {on} ({outcome}): it is not ended twice."""


class EndUnknown(Refusal):
    """{how} is not a way to end an enrolment: write one of {known}."""


class NotSelected(Refusal):
    """Enrolment {code} is {status}: only a selected cooperative that is not enrolled yet can be declined."""


class NothingToAppeal(Refusal):
    """Nothing can be appealed against for {code} (it is {status}): only an exclusion or a refusal to select can."""


class AppealTooLate(Refusal):
    """{code} could appeal until {last_on}, {days} after the decision of {decided_on}: the time is over."""


class AppealTooEarly(Refusal):
    """The decision on {code} is of {decided_on}: an appeal is filed on that day or later."""


class AppealKnown(Refusal):
    """{code} has appealed against this decision on {on} already ({status}): a decision is appealed against once."""


class NoAppeal(Refusal):
    """{code} has no appeal that waits for an answer: file one with `mourafaka appeal file {code}`."""


class NoAlert(Refusal):
    """{code} has no open alert {kind}: `mourafaka alerts` lists the open ones."""


class NothingToAccept(Refusal):
    """The alert {kind} of {code} proposes nothing to carry out: dismiss it with `mourafaka alert dismiss`."""
