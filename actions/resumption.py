"""Tells that an enrolment goes on: the cooperative and its coach once, and what a pause took back and is still true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from actions.lookup import cohort_of_enrolment
from actions.meetings import last_said
from actions.remind import meeting_facts
from actions.tell import AFTER_THE_END, item_facts, tell, title_for
from models import Enrolment, Notice, Step
from notifications.promises import Desk, Word

SAID_ANEW = frozenset(
    {"recipient", "cooperative", "cohort", "contact_name", "contact_phone", "privacy_contact", "script"}
)
"""Facts that a promise takes from the day on which it is made again."""


def tell_resumed(
    desk: Desk, enrolment: Enrolment, steps: Sequence[Step], taken: Iterable[Notice], *, on: date, by: str
) -> None:
    """Promise one notice to the cooperative and one line to its coach, unless they resumed it themselves."""
    words, named = [*_told_again(desk, enrolment, taken)], set()
    for role, concerns in (("cooperative", _is_theirs), ("coach", _is_coachs)):
        to = desk.people.find(role, enrolment)
        if to is None or to.code.partition(":")[2] == by:
            continue
        following = _next(steps, on, concerns)
        facts = {"resumed_on": on.isoformat(), **_next_facts(desk, following), **_renewed(desk, enrolment, following)}
        words.append(Word("resumed", enrolment, to, desk.today, facts, mark=f"@{on}"))
        named |= {following.key} if following and not to.is_staff else set()
    words += _called_again(desk, enrolment, [step for step in steps if step.key not in named])
    tell(desk, words, cohort_of_enrolment(desk.session, enrolment))


def _is_theirs(step: Step) -> bool:
    return step.at is not None or step.owner == "cooperative"


def _is_coachs(step: Step) -> bool:
    return step.owner == "coach"


def _next(steps: Iterable[Step], on: date, concerns: Callable[[Step], bool]) -> Step | None:
    ahead = [step for step in steps if step.due_on >= on and concerns(step)]
    return min(ahead, key=lambda step: (step.due_on, step.key), default=None)


def _next_facts(desk: Desk, step: Step | None) -> dict[str, Any]:
    """Return what is said of the next step: the same in a message of the day and in a mail."""
    if step is None:
        return {"next": None, "title": None, "due_on": None, "at": None}
    title = title_for(step, desk.definition)
    words = {"fr": title.fr, "ar": title.ar}
    return {"next": words, "title": words, "due_on": step.due_on.isoformat(), "at": step.at}


def _renewed(desk: Desk, enrolment: Enrolment, step: Step | None) -> dict[str, Any]:
    """Return what makes the word an invitation: calendars that hold the meeting's old date follow the new one."""
    if step is None or step.at is None:
        return {}
    said = [notice.facts.get("sequence") or 0 for _, notice in last_said(desk.session, enrolment, [step])]
    if not said or max(said) >= step.moves:
        return {}
    title = title_for(step, desk.definition)
    return {**meeting_facts(step, enrolment), "meeting": {"fr": title.fr, "ar": title.ar}}


def _called_again(desk: Desk, enrolment: Enrolment, steps: Sequence[Step]) -> Iterator[Word]:
    """Yield an invitation to each meeting of which a calendar holds an old date, or that it was cancelled.

    What the morning of this very day says of it is enough.
    """
    for step, notice in last_said(desk.session, enrolment, steps):
        to = desk.people.find("cooperative", enrolment)
        is_said = step.remind_on is not None and step.remind_on <= desk.today
        is_new = (notice.facts.get("sequence") or 0) < step.moves and step.due_on >= desk.today
        if to is None or to.code != notice.recipient or is_said or not is_new:
            continue
        facts = item_facts(desk, step, title_for(step, desk.definition), enrolment)
        facts |= {**meeting_facts(step, enrolment), "meeting": facts["step"]}
        yield Word("meeting", enrolment, to, desk.today, facts, step=step, mark=f"-again{step.moves}@{step.due_on}")


def _told_again(desk: Desk, enrolment: Enrolment, taken: Iterable[Notice]) -> Iterator[Word]:
    """Yield what the pause took back that is about no step, and still true: results, and what is still to come."""
    for notice in taken:
        is_true = notice.kind in AFTER_THE_END or notice.due_on >= desk.today
        to = desk.people.find(notice.recipient.partition(":")[0], enrolment)
        if notice.step_id is not None or notice.kind in {"resumed", "alert"} or not is_true or to is None:
            continue
        facts = {name: value for name, value in notice.facts.items() if name not in SAID_ANEW}
        mark = notice.key.removeprefix(f"{enrolment.code}/-/{notice.kind}").removesuffix(f"/{notice.recipient}")
        yield Word(notice.kind, enrolment, to, max(notice.due_on, desk.today), facts, mark=mark)
