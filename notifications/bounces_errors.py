"""What is refused when returned messages are read."""

from __future__ import annotations

from programme.errors import Refusal


class BouncesUnreadable(Refusal):
    """The returned messages in {source} cannot be read ({problem}): name a file, an mbox, a Maildir or imaps://user:password@host/folder."""
