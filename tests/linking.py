"""The links of messages that really left, for tests: found in the mail, known by what they lead to."""

from __future__ import annotations

import re
from datetime import date

from sqlmodel import select

from actions.cohorts import cohort_of
from actions.desk import open_desk
from actions.tell import tell
from models import Enrolment, Link, Notice, Passage, Step
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import deliver
from notifications.links import LASTS, Links, hash_of
from notifications.outbox import Pace
from notifications.post import Post
from notifications.promises import Desk, Word
from notifications.services import Services
from programme.unwanted import topic_of
from runtime.clock import Clock
from tests.notifications.post_office import SENDER, Letter
from tests.world import CODE, at, enrolment_row, morning, open_followed, step_row

SECRET = "a secret of at least thirty-two letters"
BASE = "https://mourafaka.example"
LINKS = Links(SECRET, BASE)
_LINK = re.compile(rf"{re.escape(BASE)}/l/([A-Za-z0-9_-]+)")


def send(database: Database, day: date, services: Services | None = None) -> list[tuple[str, bytes]]:
    """Send what may leave at nine o'clock of a day; return the letters."""
    mailer, clock = MemoryMailer(), Clock(at(day, 9))
    deliver(Post(database, mailer, SENDER, Pace(), clock.now, links=LINKS, services=services, breaker=False))
    return mailer.sent


def tokens(letter: tuple[str, bytes]) -> list[str]:
    """Return the tokens in the plain text of a letter, in their order."""
    text = Letter(*letter).message.get_body(("plain",))
    assert text is not None
    return _LINK.findall(text.get_content())


def tokens_by_step(database: Database, letters: list[tuple[str, bytes]]) -> dict[tuple[str, str], str]:
    """Return the tokens of these letters by address and step (an empty one: the link that ends a topic)."""
    found = [(address, token) for address, body in letters for token in tokens((address, body))]
    with database.reading() as session:
        steps = {
            row.hash: session.get_one(Step, row.step_id).key if row.step_id else ""
            for row in session.exec(select(Link))
        }
    return {(address, steps[hash_of(token)]): token for address, token in found}


def first_links(database: Database, *, without_email: tuple[int, ...] = ()) -> dict[tuple[str, str], str]:
    """Open a cohort with a coach, live its first mornings, and return the links of all that left, by step."""
    open_followed(database, without_email=without_email)
    letters: list[tuple[str, bytes]] = []
    for day in (date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 11)):
        morning(database, day)
        letters += send(database, day)
    return tokens_by_step(database, letters)


def link_to(database: Database, step: str, *, person: str = "coach:c1", rank: int = 1) -> str:
    """Make a link to a step as a message of today would hold it; return its token."""
    token = LINKS.token("test", step, person, str(rank))
    with database.transaction() as session:
        row = step_row(session, step, rank=rank)
        notice_id = session.exec(select(Notice.id).limit(1)).one()
        assert notice_id is not None
        made = at(date(2027, 1, 4), 9)
        passage = select(Passage).where(Passage.enrolment_id == row.enrolment_id, Passage.stage == row.stage)
        for one in session.exec(passage):
            one.opens_on = made.date()  # nobody holds a link to what is still far away
        session.add(
            Link(
                hash=hash_of(token),
                purpose="step",
                notice_id=notice_id,
                enrolment_id=row.enrolment_id,
                step_id=row.id,
                person=person,
                made_at=made,
                expires_at=made + LASTS,
            )
        )
    return token


def early_reminder(database: Database, *, rank: int = 1, days: int = 7) -> tuple[str, bytes]:
    """Have a cooperative get a reminder long before a date; return the letter."""
    with database.transaction() as session:
        enrolment = enrolment_row(session, rank)
        step = step_row(session, "start.contact", rank=rank)
        cohort = cohort_of(session, CODE)
        desk = open_desk(session, cohort, [enrolment], now=at(date(2027, 1, 4), 8))
        tell(desk, [early_word(desk, enrolment, step, days=days)], cohort)
    [letter] = [one for one in send(database, date(2027, 1, 4)) if one[0] == f"coop{rank}@coop.example"][-1:]
    return letter


def early_word(desk: Desk, enrolment: Enrolment, step: Step, *, days: int, mark: str = "") -> Word:
    """Return the word that a step of the cooperative's own is due in so many days."""
    to = desk.people.find("cooperative", enrolment)
    assert to is not None
    facts = {"step": {"fr": "Tenir l'assemblée", "ar": "عقد الجمع العام"}, "due_on": "2027-01-11", "days": days}
    facts["topic"] = topic_of("step_reminder", -days, early_days=2)
    return Word("step_reminder", enrolment, to, desk.today, facts, step=step, mark=mark or f"-{days}")
