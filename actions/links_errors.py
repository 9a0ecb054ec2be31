"""What is refused of links: those that cannot be used any more, and those that were never made."""

from __future__ import annotations

from programme.errors import Refusal


class LinkOver(Refusal):
    """This link cannot be used any more ({why}): open the latest message, or call your coordinator."""


class NotByLink(Refusal):
    """{step} is not recorded by a link: {remedy}."""


class NoLinkLike(Refusal):
    """No link that is still open was made for {what}: `mourafaka link list` shows those that are."""


class SayWhichLinks(Refusal):
    """Say which links to revoke: --person CODE, --enrolment CODE, or --all."""


class NamesNeeded(Refusal):
    """Nobody is named: write who was there, one name a line, or say that nobody came."""
