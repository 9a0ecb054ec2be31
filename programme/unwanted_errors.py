"""What is refused of refusals of messages."""

from __future__ import annotations

from programme.errors import Refusal


class TopicUnknown(Refusal):
    """{topic} is not a topic that a cooperative may refuse: write one of {known}."""


class NothingRefused(Refusal):
    """The contact of {code} has refused nothing of {topic}: `mourafaka contact refusals {code}` shows what was refused."""
