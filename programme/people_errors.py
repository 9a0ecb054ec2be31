"""What is refused when people change: coaches, contacts, delegations."""

from __future__ import annotations

from programme.errors import Refusal


class SharesDoNotAddUp(Refusal):
    """{coach} follows {cooperatives}, not the {shared} that are shared out: say who takes each, such as `--to A=7 --to B=5`."""


class NotFollowed(Refusal):
    """{enrolment} is not followed by {coach} on {on}: name only cooperatives that are."""


class NamedTwice(Refusal):
    """{enrolment} is given to two coaches: keep one of them."""


class NobodyCovers(Refusal):
    """No successor covers {delegation}, where {enrolment} is: name a coach of that territory or of the whole country."""


class OwnSuccessor(Refusal):
    """{coach} leaves and cannot take over as well: name another coach."""


class SuccessorNeeded(Refusal):
    """{coach} follows {cooperatives}: name who takes over, such as `--to CODE`."""


class CoachFollows(Refusal):
    """{code} follows cooperatives: hand them over with `mourafaka coach leave {code} --on {on} --to CODE`."""


class RoleNotHeld(Refusal):
    """{code} is not {role} on {on}: nothing ends that day; correct the code, the role or the date."""


class OutsideTerritory(Refusal):
    """{by} has no role in {delegation} on {on}: {code} is changed there; ask its coordinator."""


class NoContactThen(Refusal):
    """{code} has no contact on {on}: name one with `mourafaka contact change {code} --name NAME`."""


class ContactStartsLater(Refusal):
    """The contact of {code} began on {starts_on}: a change cannot be dated {on}; give that day or a later one."""


class NothingSaidOfContact(Refusal):
    """Nothing was said of the contact of {code}: give a name, an email, a phone or a language."""


class ReadingUnknown(Refusal):
    """{language} is not how a contact can be written to: write fr, ar or both."""


class NothingSaidOfPerson(Refusal):
    """Nothing was said of {code}: give a name, an email, a phone or a language."""


class TransferredAlready(Refusal):
    """{code} is in {delegation} already: name another delegation, `mourafaka user territories` lists them."""


class TransferAhead(Refusal):
    """A transfer is entered on its day or later, not on {today} for {on}: enter it on that day."""


class TransferTooEarly(Refusal):
    """{code} is in {delegation} since {since}: a transfer cannot be dated {on}; give a later day."""
