"""The kinds of notice, and the languages that they are read in."""

from __future__ import annotations

from typing import Final

COOPERATIVE_KINDS: Final = (
    "welcome",
    "step_reminder",
    "step_late",
    "meeting",
    "date_changed",
    "meeting_cancelled",
    "checkpoint_result",
    "certificate",
    "resumed",
)
DIGESTS: Final = ("coach_digest", "coordinator_digest", "delegate_digest")
KINDS: Final = COOPERATIVE_KINDS + DIGESTS
LANGUAGES: Final = ("fr", "ar")
"""The languages that texts are written in."""
BOTH: Final = "both"
"""What a contact may choose beside one language: the Arabic text, then the French one."""
READINGS: Final = (*LANGUAGES, BOTH)
"""How a notice may be read."""
IN_TURN: Final = {"fr": ("fr",), "ar": ("ar",), BOTH: ("ar", "fr")}
"""The languages of each reading, in the order in which they stand in the message."""
SUBJECT_LENGTH: Final = 78
"""Characters: what RFC 5322 recommends for a line, and more than a phone shows."""


def content_language(reading: str) -> str:
    """Return a reading as the header Content-Language has it (RFC 3282)."""
    return ", ".join(IN_TURN[reading])
