"""Tells that an enrolment goes on: the cooperative and its coach once, and what a pause took back and is still true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from actions.lookup import cohort_of_enrolment
from actions.tell import AFTER_THE_END, tell, title_for
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
    words = [*_told_again(desk, enrolment, taken)]
    for role, concerns in (("cooperative", _is_theirs), ("coach", _is_coachs)):
        to = desk.people.find(role, enrolment)
        if to is None or to.code.partition(":")[2] == by:
            continue
        following = _next(steps, on, concerns)
        facts = {"resumed_on": on.isoformat(), **_next_facts(desk, following)}
        words.append(Word("resumed", enrolment, to, desk.today, facts, mark=f"@{on}"))
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
