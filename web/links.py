"""The page of a link in a message: opening it shows one step, and only its button records anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from actions.links import Opened, Said, opened, use
from actions.told import About, about
from notifications.filters import passages
from notifications.links import PATH, hash_of
from notifications.recipients import Recipient
from notifications.sources import environment_of
from notifications.telephone import tel_link, whatsapp_link
from programme import counts
from programme.errors import DateUnreadable
from programme.wording import Sentence
from runtime.house import House
from runtime.language import LANGUAGES
from web.forms import body_of, fields_of
from web.guesses import SPAN, Guesses
from web.link_words import BUTTONS, ELSEWHERE, HEADINGS, LABELS, NO_LONGER_SENT, OVER, STOP
from web.pages import in_both, page, words

router = APIRouter()

ONE_CLICK: Final = b"One-Click"
"""What a mail program says when its own button ends messages (RFC 8058): it is answered, never sent elsewhere."""
MOST_NAMES: Final = 30
LONGEST_NAME: Final = 80
LONGEST_SUMMARY: Final = 1000


@router.api_route(f"{PATH}{{token}}", methods=["GET", "HEAD"])
def show(request: Request, token: str, language: str | None = None) -> Response:
    """Show the step as it stands; nothing changes, as mail servers open links too."""
    house = _house(request)
    hashed = _checked(request, house, token)
    with house.database.reading() as session:
        found = opened(session, hashed, now=house.clock.now())
        return _over() if found is None else _page(session, house, found, language)


@router.post(f"{PATH}{{token}}")
async def act(request: Request, token: str) -> Response:
    """Record the step, and show it again."""
    body = await body_of(request)
    return await run_in_threadpool(_act, request, token, body)


def _act(request: Request, token: str, body: bytes) -> Response:
    house = _house(request)
    hashed, at_one_click = _checked(request, house, token), ONE_CLICK in body
    now = house.clock.now()
    with house.database.transaction() as session:
        found = opened(session, hashed, now=now, to_change=True)
        if found is None:
            return _over()
        said = Said(on=house.clock.today()) if found.step is None else _said(fields_of(body), house.clock.today())
        after = use(session, found, said, now=now, how="mail program" if at_one_click else "link")
        if at_one_click:
            return _page(session, house, after, None)
    return RedirectResponse(f"{PATH}{token}", 303)


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


def _checked(request: Request, house: House, token: str) -> str:
    """Return a token's hash; a guess is known without the database, and whoever guesses much is told to wait."""
    if house.links is not None and house.links.is_ours(token):
        return hash_of(token)
    place = request.client.host if request.client else ""
    if _guesses(request).are_too_many(place, house.clock.now()):
        raise HTTPException(429, headers={"Retry-After": str(int(SPAN.total_seconds()))})
    raise HTTPException(404)


def _guesses(request: Request) -> Guesses:
    """Return what counts the guesses at this application."""
    state = request.app.state
    if not hasattr(state, "guesses"):
        state.guesses = Guesses()
    counted: Guesses = state.guesses
    return counted


def _over() -> HTMLResponse:
    """Answer for a link that was ours once and is so old that nothing is known of it any more."""
    return in_both("problem.html.jinja", HEADINGS["none"], OVER["expired"], status=410)


def _said(fields: Mapping[str, str], today: date) -> Said:
    names = [" ".join(line.split())[:LONGEST_NAME] for line in fields.get("present", "").splitlines()]
    return Said(
        on=_day(fields.get("on"), today),
        held=fields.get("held", "yes") != "no",
        summary=fields.get("summary", "")[:LONGEST_SUMMARY],
        present=tuple(dict.fromkeys(name for name in names if name))[:MOST_NAMES],
        nobody=fields.get("nobody") == "yes",
    )


def _day(text: str | None, today: date) -> date:
    try:
        return date.fromisoformat(text) if text else today
    except ValueError:
        raise DateUnreadable(text=text) from None


def _page(session: Session, house: House, found: Opened, asked: str | None) -> HTMLResponse:
    facts = about(session, found, now=house.clock.now())
    language = asked if asked in LANGUAGES else facts.reads
    say = words(language)
    return page(
        "link.html.jinja",
        status=410 if found.state in {"expired", "revoked", "left"} else 200,
        language=language,
        other=next(one for one in LANGUAGES if one != language),
        heading=HEADINGS[_kind(found)].say(say),
        form=found.by_form if found.state == "open" else None,
        button=BUTTONS[_kind(found)].say(say) if _kind(found) in BUTTONS else None,
        notes=[one.say(say) for one in _notes(found, facts, language)],
        labels={name: label.say(say) for name, label in LABELS.items()},
        rows=_rows(found, facts, language),
        people=[_person(one, facts.script if found.state == "open" else None, language) for one in facts.people],
        script=passages(facts.script) if facts.script and found.state == "open" else [],
        today=house.clock.today().isoformat(),
    )


def _kind(found: Opened) -> str:
    return "call" if found.step is not None and found.step.kind == "call" else found.by_form


def _notes(found: Opened, facts: About, language: str) -> list[Sentence]:
    """Return the sentences that say how it stands, and what is to be done where this page does not do it."""
    if found.state != "open":
        said = NO_LONGER_SENT if found.step is None and found.state == "recorded" else OVER[found.state]
        return [Sentence(said.template, {"on": f"{found.on:%d/%m/%Y}" if found.on else ""})]
    if found.step is None:
        return [
            Sentence(
                STOP.template, {"cooperative": facts.cooperative.of(language), "days": counts.days(facts.early_days)}
            )
        ]
    return [ELSEWHERE[found.step.kind], *facts.reasons] if found.step.kind in ELSEWHERE else []


def _rows(found: Opened, facts: About, language: str) -> list[tuple[str, Any]]:
    """Return what is known of the step, by label: whose, what, when, where."""
    say: Mapping[str, Callable[[str], str]] = environment_of(language, "html").filters
    rows: list[tuple[str, Any]] = [("cooperative", say["isolate"](facts.cooperative.of(language)))]
    if facts.title is None or found.step is None:
        return rows
    rows += [("what", say["isolate"](facts.title.of(language))), ("due", say["date_long"](f"{found.step.due_on}"))]
    if found.step.at:
        rows.append(("meeting", (say["hour"](found.step.at), say["isolate"](found.step.place or ""))))
    return rows


def _person(one: Recipient, script: str | None, language: str) -> dict[str, Any]:
    """Return how somebody is called; the cooperative can also be written to, with the words ready."""
    say: Mapping[str, Callable[[str], Any]] = environment_of(language, "html").filters
    phone = one.phone or ""
    return {
        "name": say["isolate"](one.name) if one.name else "",
        "phone": say["phone"](phone),
        "tel": tel_link(phone),
        "whatsapp": whatsapp_link(phone, script) if script and not one.is_staff else None,
    }
