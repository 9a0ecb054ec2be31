"""What waits for somebody: steps by date, decisions without a signature."""

from __future__ import annotations

from datetime import date

import pytest

from actions.decide import decide
from actions.worklist import proposals, steps_of
from models.session import Database
from programme.errors import EnrolmentUnknown
from tests.world import at, evaluate, morning, open_enrolled, tick


def test_steps_of_an_enrolment_are_the_open_ones_by_date(database: Database) -> None:
    open_enrolled(database)
    tick(database, "start.contact", date(2027, 1, 5))
    with database.reading() as session:
        rows = steps_of(session, "SM-2027/001", date(2027, 1, 20))
        closed = [
            row for row in steps_of(session, "SM-2027/001", date(2027, 1, 20), all_of_them=True) if row.status == "done"
        ]
    assert [(row.key, row.due_on, row.days_late) for row in rows[:3]] == [
        ("start.coach", date(2027, 1, 12), 8),
        ("start.convention", date(2027, 1, 18), 2),
        ("diagnosis.visit", date(2027, 1, 25), 0),
    ]
    assert (rows[0].title.fr, rows[0].owner, rows[2].at) == ("Désigner l'accompagnateur", "coordinator", "10:30")
    assert [(row.key, row.days_late) for row in closed] == [("start.contact", 0)]


def test_steps_of_an_unknown_enrolment_are_refused(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session, pytest.raises(EnrolmentUnknown):
        steps_of(session, "SM-2027/999", date(2027, 1, 20))


def test_proposals_wait_with_their_reasons_until_they_are_signed(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    for day, stop in ((date(2027, 1, 4), None), (date(2027, 7, 5), "M6")):
        if stop:
            evaluate(database, stop, day)
        morning(database, day)
    with database.reading() as session:
        [waiting] = proposals(session, cohort="SM-2027")
    assert (waiting.enrolment, waiting.checkpoint, waiting.proposal, waiting.status) == (
        "SM-2027/001",
        "M6",
        "continue",
        "proposed",
    )
    assert [str(reason) for reason in waiting.reasons] == ["0 of 12 coaching sessions held, needs 1"]
    with database.transaction() as session:
        decide(session, code="SM-2027/001", checkpoint="M6", outcome="continue", by="k1", now=at(date(2027, 7, 6)))
        assert proposals(session) == []
