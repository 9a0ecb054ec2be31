"""Refusals of the sending: holds that are there already or are not."""

from __future__ import annotations

from programme.errors import Refusal


class AlreadyOnHold(Refusal):
    """Mail is on hold already, by {by} since {since} ({reason}): `mourafaka sending` shows what waits."""


class NothingOnHold(Refusal):
    """Mail is not on hold: nothing needs to be released; `mourafaka sending` shows what waits and why."""


class HoldNeedsReason(Refusal):
    """A hold needs its reason, for those who find it: add it with `--reason`."""


class NothingBeyond(Refusal):
    """No mail beyond the plan waits: nothing is discarded; let the rest go with `mourafaka sending release`."""
