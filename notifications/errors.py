"""Every refusal of the notices' room: what cannot be rendered or put in a calendar, and what to do."""

from __future__ import annotations

from programme.errors import Refusal


class UnknownNotice(Refusal):
    """There is no notice of kind "{kind}" in the language "{language}": check the kind, and use fr, ar or both."""


class MissingFact(Refusal):
    """The notice "{kind}" in the language "{language}" lacks the fact "{fact}": give it when the notice is promised."""


class UnusableFact(Refusal):
    """The notice "{kind}" in the language "{language}" was given a fact that cannot be said ({problem}): correct it."""


class MeetingEndsTooEarly(Refusal):
    """The meeting would end at {ends_at}, not after its start at {at}: correct its hours."""


class CooperativeUnknown(Refusal):
    """No cooperative is called {cooperative}: write an enrolment's code, such as SM-2027/007, or the cooperative's whole name, as `mourafaka state` lists them."""


class StatusUnknown(Refusal):
    """{status} is not what becomes of a notice: write one of {known}."""
