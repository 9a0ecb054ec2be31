"""Numbers with their nouns, as they stand within sentences: each language has forms of its own."""

from __future__ import annotations

from programme.wording import Sentence, counted


def days(count: int) -> Sentence:
    """Return so many days."""
    return counted("{count} day", "{count} days", count)


def cooperatives(count: int) -> Sentence:
    """Return so many cooperatives."""
    return counted("{count} cooperative", "{count} cooperatives", count)


def enrolments(count: int) -> Sentence:
    """Return so many enrolments."""
    return counted("{count} enrolment", "{count} enrolments", count)


def mails_beyond(count: int) -> Sentence:
    """Return so many mails that no plan asked for."""
    return counted("{count} mail beyond the plan", "{count} mails beyond the plan", count)


def people(count: int) -> Sentence:
    """Return so many people."""
    return counted("{count} person", "{count} people", count)


def rows(count: int) -> Sentence:
    """Return so many rows of tables."""
    return counted("{count} row", "{count} rows", count)


def too_long(length: int, most: int) -> Sentence:
    """Say that a text has more characters than there is room for."""
    return counted("it has {count} character, over {most}", "it has {count} characters, over {most}", length, most=most)


def not_assessable(answered: int, asked: int) -> Sentence:
    """Say that too few questions were answered."""
    return counted(
        "Not assessable: {count} of {asked} answered.",
        "Not assessable: {count} of {asked} answered.",
        answered,
        asked=asked,
    )
