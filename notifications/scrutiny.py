"""Looks at a finished message as its reader would: what is too long, missing, unsaid or in the wrong direction."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Final

from notifications.filters import FSI, PDI
from notifications.kinds import BOTH, COOPERATIVE_KINDS, IN_TURN, SUBJECT_LENGTH
from notifications.rendering import Rendered
from notifications.sources import environment_of
from programme.counts import too_long
from programme.wording import Sentence, counted, sentence

SENTENCES: Final = 3
"""What a cooperative reads at most in one language, the line that names whom to call included."""
KEY_DATES: Final = {
    "welcome": "start_on",
    "step_reminder": "due_on",
    "step_late": "due_on",
    "meeting": "on",
    "date_changed": "on",
    "meeting_cancelled": "on",
    "checkpoint_result": "decided_on",
    "certificate": "decided_on",
    "resumed": "resumed_on",
    "coach_digest": "day",
    "coordinator_digest": "day",
    "delegate_digest": "day",
}
"""The date that each kind is about, which is said in words and in figures."""
_DIRECTIONS: Final = {"fr": "ltr", "ar": "rtl"}
_LEFT_OVER: Final = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|\bNone\b|\bUndefined\b")
_SENTENCE_END: Final = re.compile(r"[.!?؟…](?=\s|$)")
_REMOTE: Final = re.compile(r"<(?:img|link|script|iframe|object|video|audio)\b|\bsrc=|url\(|@import", re.IGNORECASE)
_LINK: Final = re.compile(r'href="([^"]*)"')
_SAFE_LINK: Final = re.compile(r"tel:\+?[0-9]+|mailto:[^\s\"]+|https://[^\s\"]+")
_ISOLATED: Final = re.compile(f"{FSI}[^{PDI}]*{PDI}")
_PARTED: Final = "\n* * *\n"

Remark = tuple[str, Sentence]
"""The part of the message (subject.txt, body.txt, body.html), and what is wrong with it."""


def remarks(kind: str, mail: Rendered, facts: Mapping[str, object]) -> Iterator[Remark]:
    """Yield what is wrong with a message that was made of these facts."""
    yield from _subject(mail)
    for part, said in (("subject.txt", mail.subject), ("body.txt", mail.text), ("body.html", mail.html)):
        if found := _LEFT_OVER.search(said):
            yield part, sentence("it shows {piece}, which no reader should see", piece=found[0])
    yield from _direction(mail)
    yield from _page(mail)
    if kind in COOPERATIVE_KINDS:
        yield from _length(mail)
    yield from _phone(mail, facts)
    yield from _date(kind, mail, facts)


def _subject(mail: Rendered) -> Iterator[Remark]:
    if not mail.subject:
        yield "subject.txt", sentence("it is empty")
    if len(mail.subject.splitlines()) > 1:
        yield "subject.txt", sentence("it has several lines")
    if len(mail.subject) > SUBJECT_LENGTH:
        yield (
            "subject.txt",
            too_long(len(mail.subject), SUBJECT_LENGTH),
        )


def _direction(mail: Rendered) -> Iterator[Remark]:
    first = IN_TURN[mail.language][0]
    if not mail.html.startswith(f'<!DOCTYPE html>\n<html lang="{first}" dir="{_DIRECTIONS[first]}">'):
        yield "body.html", sentence("the page does not begin with its language and direction")
    for language in IN_TURN[mail.language]:
        if f'lang="{language}" dir="{_DIRECTIONS[language]}"' not in _body(mail.html):
            yield "body.html", sentence("nothing in it is marked as {language}, with its direction", language=language)
    for part, said in (("subject.txt", mail.subject), ("body.txt", mail.text)):
        if said.count(FSI) != said.count(PDI):
            yield part, sentence("a direction that it opens is not closed")
    if mail.language == "ar":
        yield from _bare(mail)


def _bare(mail: Rendered) -> Iterator[Remark]:
    """Yield the first number or Latin word of each part that could turn an Arabic line around."""
    page = re.sub(r"<bdi>.*?</bdi>", "", _body(mail.html), flags=re.DOTALL)
    for part, said in (
        ("subject.txt", _ISOLATED.sub("", mail.subject)),
        ("body.txt", _ISOLATED.sub("", _without_links(mail.text))),
        ("body.html", re.sub(r"&#?\w+;", "", re.sub(r"<!--.*?-->|<[^>]*>", "", page, flags=re.DOTALL))),
    ):
        if found := re.search("[0-9A-Za-z]+", said):
            yield part, sentence("{piece} is not isolated in the Arabic text: use a filter", piece=found[0])


def _without_links(text: str) -> str:
    return re.sub(r"(?m)^\s*https://\S+$", "", text)


def _page(mail: Rendered) -> Iterator[Remark]:
    if found := _REMOTE.search(mail.html):
        yield "body.html", sentence("it fetches something from elsewhere ({piece})", piece=found[0])
    for link in map(unescape, _LINK.findall(mail.html)):
        if not _SAFE_LINK.fullmatch(link):
            yield "body.html", sentence("the link {link} is neither tel, https nor mailto", link=link)
    if mail.html.count('class="button"') > 1:
        yield (
            "body.html",
            counted(
                "it has {count} button, over one", "it has {count} buttons, over one", mail.html.count('class="button"')
            ),
        )


def _length(mail: Rendered) -> Iterator[Remark]:
    halves = mail.text.split(_PARTED) if mail.language == BOTH else [mail.text]
    for half in halves:
        count = len(_SENTENCE_END.findall(_said(half)))
        if count > SENTENCES:
            yield (
                "body.txt",
                counted(
                    "it has {count} sentence with the one on whom to call, over {most}",
                    "it has {count} sentences with the one on whom to call, over {most}",
                    count,
                    most=SENTENCES,
                ),
            )


def _said(text: str) -> str:
    """Return what stands between the greeting and the signature."""
    body = text.partition("\n-- \n")[0].strip()
    passages = body.split("\n\n")
    return "\n".join(passages[1:])


def _phone(mail: Rendered, facts: Mapping[str, object]) -> Iterator[Remark]:
    number = facts.get("contact_phone")
    if not isinstance(number, str):
        return
    say = environment_of(IN_TURN[mail.language][0], "txt").filters["phone"]
    if say(number).strip(FSI + PDI) not in mail.text:
        yield "body.txt", sentence("it does not say whom to call")
    if say(number).strip(FSI + PDI) not in visible(mail.html):
        yield "body.html", sentence("it does not say whom to call")


def _date(kind: str, mail: Rendered, facts: Mapping[str, object]) -> Iterator[Remark]:
    name = KEY_DATES.get(kind, "")
    day = facts.get(name)
    if not isinstance(day, str):
        return
    for language in IN_TURN[mail.language]:
        filters = environment_of(language, "txt").filters
        wanted = [filters[one](day).strip(FSI + PDI) for one in ("date_long", "date_figures")]
        for part, said in (("body.txt", mail.text), ("body.html", visible(mail.html))):
            if not all(piece in said for piece in wanted):
                yield part, sentence("{name} is not said in words and figures: use {filter}", name=name, filter="date")


def visible(html: str) -> str:
    """Return the letters of a page's body."""
    return unescape(re.sub(r"<!--.*?-->|<[^>]*>", "", _body(html), flags=re.DOTALL))


def _body(html: str) -> str:
    return html[html.find("<body") :]
