"""What is refused when a person's data are asked for, or asked to be erased."""

from __future__ import annotations

from programme.errors import Refusal


class NobodyHasAddress(Refusal):
    """Nobody here has or had the address {email}, or their data are erased already: correct it, or look for them with `mourafaka history CODE`."""


class StillContact(Refusal):
    """This person answers for {code}, which is {status}: name somebody else with `mourafaka contact change {code} --name NAME --email ADDRESS --phone NUMBER`, or `mourafaka contact end {code}`, and erase from the day after."""


class StillOnStaff(Refusal):
    """{code} is {role}: end it with `mourafaka staff end {code} {role}`, and erase from the day after."""


class StillFollows(Refusal):
    """{code} follows {cooperatives}: hand them over with `mourafaka coach leave {code} --to CODE`, and erase from the day after."""


class MessageLeaving(Refusal):
    """A message that speaks of this person is leaving now ({key}): try again in a few minutes, when it is settled."""


class NamedInText(Refusal):
    """The text of {cohort} for {kind} names this person to its readers: set it anew with `mourafaka texts set`, then erase."""


class ErasureChanged(Refusal):
    """What was approved ({approved}) is not what would be erased now ({digest}): look again, then approve {digest}."""


class NotForThem(Refusal):
    """{by} is no coordinator on {on}: a person's data are handed out and erased by a coordinator's word; ask one."""


class ExportKindUnknown(Refusal):
    """{path} is neither .json nor .xlsx: give the file one of these endings."""


class ExportThere(Refusal):
    """{path} is there already: an export never overwrites a file; choose another name."""
