"""What a cooperative may ask not to be sent: reminders long before a date, and nothing else.

Results, meetings, changes, certificates, what is late and the last reminder before a date always
leave: a cooperative that missed them would lose by it. What the staff get is their work.
"""

from __future__ import annotations

from programme.wording import Sentence, sentence

EARLY_REMINDERS = "early_reminders"
TOPICS: dict[str, Sentence] = {EARLY_REMINDERS: sentence("reminders long before a date")}
"""The topics that may be refused, as a coordinator reads them."""
UNWANTED = "the reader no longer wants reminders long before a date"
"""Why a promise of the topic is written down and not sent."""


def topic_of(kind: str, days: int, *, early_days: int) -> str | None:
    """Return the topic that a reminder to a cooperative is of, where it may be refused; None where it may not.

    ``days`` are its rule's, negative before the date: the rule's last one still leaves when closed
    days have it leave some days earlier.
    """
    return EARLY_REMINDERS if kind == "step_reminder" and days <= -early_days else None
