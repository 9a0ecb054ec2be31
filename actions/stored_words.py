"""What a table says for the words that are stored: statuses, roles, outcomes; JSON keeps the words themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from programme.wording import Sentence, sentence

OF_NOTICES: Mapping[str, Sentence] = {
    "pending": sentence("waits"),
    "sending": sentence("being sent"),
    "sent": sentence("sent"),
    "failed": sentence("did not leave"),
    "in_doubt": sentence("in doubt"),
    "skipped": sentence("skipped"),
    "cancelled": sentence("taken back"),
}
OF_STEPS: Mapping[str, Sentence] = {
    "open": sentence("to do"),
    "done": sentence("done"),
    "missed": sentence("missed"),
    "not_required": sentence("not required"),
}
OF_ENROLMENTS: dict[str, Sentence] = {
    "selected": sentence("selected"),
    "active": sentence("under way"),
    "suspended": sentence("suspended"),
    "completed": sentence("completed"),
    "dropped": sentence("dropped out"),
    "excluded": sentence("excluded"),
    "dissolved": sentence("dissolved"),
}
OF_ROLES: Mapping[str, Sentence] = {
    "coordinator": sentence("coordinator"),
    "coach": sentence("coach"),
    "delegate": sentence("delegate"),
    "cooperative": sentence("cooperative"),
}
OF_OUTCOMES: dict[str, Sentence] = {
    "certificate": sentence("programme certificate"),
    "participation": sentence("certificate of participation"),
    "exit": sentence("exit from the programme"),
}


def word_of(words: Mapping[str, Sentence], stored: str) -> Sentence | str:
    """Return a stored word as a refusal has it, which is said later; one that has none as it is."""
    return words.get(stored, stored)


def said(words: Mapping[str, Sentence], stored: str, translate: Callable[[str], str]) -> str:
    """Return a stored word as its reader says it; one that has none as it is."""
    return words[stored].say(translate) if stored in words else stored
