"""The sample facts of each kind of notice, and ways to read a mail."""

from __future__ import annotations

import re

from notifications.samples import COACH_ITEMS, CORRECTED, TAKEN_OVER, item, sample_facts

__all__ = ["COACH_ITEMS", "CORRECTED", "TAKEN_OVER", "item", "letters", "said_to_cooperative", "sample_facts"]


def letters(html: str) -> str:
    """The text of a page's body, without what stands in `<bdi>`."""
    body = re.sub(r"<!--.*?-->", "", html[html.index("<body") :], flags=re.DOTALL)
    return re.sub(r"&#?\w+;", "", re.sub(r"<[^>]*>", "", re.sub(r"<bdi>.*?</bdi>", "", body)))


def said_to_cooperative(text: str) -> str:
    """The text between the greeting and the signature."""
    return text.split("\n\n", 1)[1].rsplit("\n\n", 2)[0]
