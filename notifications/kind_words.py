"""What a kind of notice is called in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from programme.wording import Sentence, sentence

KIND_WORDS: Mapping[str, Sentence] = {
    "welcome": sentence("the welcome"),
    "step_reminder": sentence("a reminder"),
    "step_late": sentence("a reminder of what is late"),
    "meeting": sentence("an invitation"),
    "date_changed": sentence("a change of date"),
    "meeting_cancelled": sentence("word of a cancelled meeting"),
    "checkpoint_result": sentence("the result of a checkpoint"),
    "certificate": sentence("the certificate"),
    "resumed": sentence("the word that support goes on"),
    "call": sentence("a call to make"),
    "escalation": sentence("word of a late step"),
    "alert": sentence("an alert"),
    "handover": sentence("a handover"),
    "correction": sentence("word of a corrected fact"),
    "info": sentence("word of a change"),
    "coach_digest": sentence("the coach's message of the day"),
    "coordinator_digest": sentence("the coordinator's message of the day"),
    "delegate_digest": sentence("the delegate's message of the day"),
}


def kind_said(kind: str) -> Sentence | str:
    """Return a kind in words; one that has none yet as it is."""
    return KIND_WORDS.get(kind, kind)
