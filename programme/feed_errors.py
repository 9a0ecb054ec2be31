"""What is refused about calendar feeds."""

from __future__ import annotations

from programme.errors import Refusal


class NoFeed(Refusal):
    """{code} has no calendar feed in force: make one with `mourafaka feed new {code}`."""
