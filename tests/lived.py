"""Some weeks of a programme with people whose names are like no others: their data have gone wherever data go."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, SQLModel, col, select

from actions.assign import assign_coach
from actions.coaches import leave
from actions.contacts import change_contact, correct_contact
from actions.correct import correct_attendance
from actions.enrol import enrol_cohort
from actions.feeds import new_feed
from actions.people import add_person
from actions.record import record_attendance
from models import (
    Alert,
    Appeal,
    ClosedWindow,
    Contact,
    Hold,
    Notice,
    NoticeBody,
    ServiceCopy,
    SessionReport,
    Suspension,
    Unwanted,
)
from models.session import Database
from tests.linking import send
from tests.moulds import built_once
from tests.world import CODE, DELEGATION, NOW, at, enrolment_row, morning, notice_row, open_world, step_row

ONE, TWO = f"{CODE}/001", f"{CODE}/002"
FATIMA, OLD_ADDRESS, ADDRESS, PHONE = (
    "Fatima Zahra Idrissi",
    "f.idrissi@old.example",
    "fatima@coop.example",
    "+212612345678",
)
COACH, COACH_CODE = "Zineb Berrada", "zineb-berrada"
COACH_ADDRESS, COACH_PHONE = "z.berrada@odco.example", "+212698765432"
LEFT = date(2027, 2, 15)
"""The last day of the coach; on it somebody else answers for the cooperative."""
AFTER = at(date(2027, 2, 17), 15)
HERS = (FATIMA, OLD_ADDRESS, ADDRESS, PHONE, "612345678")
COACHS = (COACH, COACH_CODE, COACH_ADDRESS, COACH_PHONE, "698765432")
"""What must be nowhere afterwards."""
MODULE = "training.strategy"


@built_once
def live(database: Database, *, until_they_left: bool = True) -> None:
    """Open two cooperatives, and have Fatima answer for the first and Zineb follow both, for six weeks."""
    open_world(database, cooperatives=2, coaches=1)
    with database.transaction() as session:
        _they_come(session)
    for day in (date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 11)):
        morning(database, day)
        send(database, day)
    with database.transaction() as session:
        _things_happen(session)
    for day in (date(2027, 1, 25), date(2027, 1, 26), date(2027, 2, 8)):
        morning(database, day)
        send(database, day)
    morning(database, LEFT)  # what it promises waits when they leave
    with database.transaction() as session:
        session.add_all(_mentions(session))
        if until_they_left:
            _they_leave(session)


def _they_come(session: Session) -> None:
    contact = session.exec(select(Contact).order_by(col(Contact.id))).first()
    assert contact is not None
    contact.name, contact.email, contact.phone = FATIMA, OLD_ADDRESS, PHONE
    common = {"now": NOW, "delegation": DELEGATION, "role": "coach"}
    add_person(session, code=COACH_CODE, name=COACH, email=COACH_ADDRESS, phone=COACH_PHONE, **common)
    enrol_cohort(session, code=CODE, by="k1", now=NOW)
    for code in (ONE, TWO):
        assign_coach(session, code=code, coach=COACH_CODE, by="k1", now=NOW)
    new_feed(session, code=COACH_CODE, token="t" * 32, by=COACH_CODE, now=NOW)


def _things_happen(session: Session) -> None:
    day, by = date(2027, 1, 12), COACH_CODE
    said = {"by": by, "now": at(day, 15)}
    correct_contact(session, code=ONE, email=ADDRESS, reason=f"{FATIMA} says {OLD_ADDRESS} is wrong", **said)
    record_attendance(
        session, code=ONE, step=MODULE, presence={FATIMA: True, "Une autre": False}, on=day, early=True, **said
    )
    correct_attendance(session, code=ONE, step=MODULE, presence={"Une autre": True}, why=f"{FATIMA} told me", **said)


def _mentions(session: Session) -> list[SQLModel]:
    """Return rows in which they are named by those who write freely, by mail servers, and by messages on their way."""
    enrolment, welcome = enrolment_row(session).id or 0, notice_row(session, f"{ONE}/-/welcome/cooperative:{ONE}")
    welcome.error = f"550 5.1.1 <{ADDRESS}> unknown; coach {COACH_ADDRESS}"
    session.add(welcome)
    waiting = select(Notice).where(Notice.status == "pending", Notice.recipient == "coordinator:k1")
    about_her = waiting.where(Notice.enrolment_id == enrolment).order_by(col(Notice.id))
    waits = next(one for one in session.exec(about_her) if one.facts.get("owner_name") == COACH)
    said, step = f"{FATIMA} ({PHONE}) – {COACH}, 06 98 76 54 32", step_row(session, "coaching.session-01").id or 0
    day, mine = date(2027, 2, 1), {"enrolment_id": enrolment}
    return [
        SessionReport(**mine, step_id=step, on=day, held=True, summary=said, recorded_by=COACH_CODE, recorded_at=NOW),
        Appeal(**mine, against="decision", decided_on=day, filed_on=day, filed_by=FATIMA, grounds=said),
        Alert(**mine, kind="silence", about="x", detail={"coach": COACH_CODE, "said": [said]}, raised_on=day),
        Suspension(**mine, from_on=day, until_on=day, reason=said, suspended_by=COACH, suspended_at=NOW),
        ClosedWindow(
            scope="cooperative",
            target=ONE,
            first_on=day,
            last_on=day,
            reason=said,
            entered_by=COACH_CODE,
            entered_at=NOW,
        ),
        Hold(channel="email", cause="person", reason=said, began_at=NOW, by=COACH_CODE, released_at=NOW),
        Unwanted(contact_id=1, topic="early", how="coordinator", said_by=COACH_CODE, refused_at=NOW, accepted_at=NOW),
        ServiceCopy(notice_id=waits.id, service="chat", title=COACH, body=said, send_at=NOW),
        NoticeBody(notice_id=waits.id, body=said.encode()),
    ]


def _they_leave(session: Session) -> None:
    said = {"by": "k1", "now": at(LEFT)}
    change_contact(session, code=ONE, on=LEFT, name="Autre", email="autre@coop.example", phone="0528001099", **said)
    leave(session, coach=COACH_CODE, on=LEFT, to={"c1": None}, reason=f"{COACH} moves", **said)
