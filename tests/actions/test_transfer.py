"""Transfers of territory: who changes what, who reads what, and who hears."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from actions.access import may_change, may_read
from actions.assign import assign_coach
from actions.people import add_person
from actions.transfer import transfer
from models import Notice, Territory
from models.session import Database
from notifications.recipients import directory
from programme.errors import Refusal, TerritoryUnknown
from programme.people_errors import OutsideTerritory, TransferAhead, TransferredAlready, TransferTooEarly
from tests.moulds import built_once
from tests.world import CODE, DELEGATION, NOW, at, enrolment_row, morning, open_enrolled, story

ONE = f"{CODE}/001"
DAY = date(2027, 1, 19)


@built_once
def world(database: Database, *, coach_in: str | None = DELEGATION) -> None:
    """One cooperative with coach c9, who works in one delegation or (None) everywhere; Meknès has k2 and d2."""
    open_enrolled(database)
    with database.transaction() as session:
        for code, role, where in (
            ("k2", "coordinator", "meknes"),
            ("d2", "delegate", "meknes"),
            ("c9", "coach", coach_in),
        ):
            email = f"{code}@odco.example"
            add_person(session, code=code, name=code, role=role, email=email, now=NOW, delegation=where)
        assign_coach(session, code=ONE, coach="c9", by="k1", now=NOW)


def go(database: Database, to: str = "meknes", on: date = DAY, *, by: str = "k1", now_on: date = DAY) -> None:
    with database.transaction() as session:
        transfer(session, code=ONE, delegation=to, on=on, by=by, now=at(now_on, 8), reason="siège déplacé")


def heard(database: Database, kind: str) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        rows = session.exec(select(Notice).where(Notice.kind == kind).order_by(Notice.key))
        return [(row.recipient, row.status, row.facts["title"]["fr"]) for row in rows]


def test_transfer_is_dated_and_written_down(database: Database) -> None:
    world(database)
    go(database)
    with database.reading() as session:
        rows = session.exec(select(Territory).order_by(col(Territory.id)))
        past = [(row.delegation, row.starts_on, row.ends_on) for row in rows]
        row, lines = enrolment_row(session), story(session)[-2:]
    assert past == [
        (DELEGATION, date(2027, 1, 4), date(2027, 1, 18)),
        ("meknes", DAY, None),
    ]
    assert (row.delegation, lines) == ("meknes", [("k1", "transferred", "meknes"), ("k1", "coach left", "")])


def test_coach_who_does_not_work_there_is_let_go_and_the_new_coordinator_told(database: Database) -> None:
    world(database)
    go(database)
    with database.reading() as session:
        row = enrolment_row(session)
        who = [directory(session, [row], day).find("coach", row) for day in (date(2027, 1, 18), DAY)]
    # On a day of the past, the coach was c9: the assignment is dated.
    assert [one and one.code for one in who] == ["coach:c9", "coordinator:k2"]
    assert heard(database, "handover") == [
        ("coordinator:k2", "pending", f"Coopérative transférée depuis {DELEGATION} : désigner un accompagnateur")
    ]


def test_coach_of_the_whole_country_stays(database: Database) -> None:
    world(database, coach_in=None)
    go(database)
    with database.reading() as session:
        row = enrolment_row(session)
        found = directory(session, [row], DAY).find("coach", row)
    assert found is not None
    assert found.code == "coach:c9"
    assert heard(database, "handover") == [("coordinator:k2", "pending", f"Coopérative transférée depuis {DELEGATION}")]


def test_what_the_old_coordinator_had_not_read_goes_to_the_new_one(database: Database) -> None:
    world(database)
    morning(database, DAY)
    with database.reading() as session:
        query = select(Notice.key).where(Notice.channel == "digest", Notice.status == "pending")
        old = session.exec(query.where(col(Notice.recipient).in_(("coordinator:k1", "coach:c9")))).all()
    go(database)
    with database.reading() as session:
        gone = session.exec(select(Notice).where(col(Notice.key).in_(old))).all()
        new = session.exec(query.where(Notice.recipient == "coordinator:k2")).all()
    assert old
    assert {(one.status, one.reason) for one in gone} == {("cancelled", "transferred to meknes on 2027-01-19")}
    assert len([key for key in new if "handover" not in key]) == len({key.rpartition("/")[0] for key in old})


@pytest.mark.parametrize(
    ("to", "on", "refusal"),
    [
        (DELEGATION, DAY, TransferredAlready),
        ("atlantis", DAY, TerritoryUnknown),
        ("meknes", date(2027, 1, 20), TransferAhead),
    ],
)
def test_transfer_that_cannot_be_is_refused(database: Database, to: str, on: date, refusal: type[Refusal]) -> None:
    world(database)
    with pytest.raises(refusal):
        go(database, to, on)
    with database.reading() as session:
        assert enrolment_row(session).delegation == DELEGATION


def test_old_delegation_does_not_take_the_enrolment_back_by_itself(database: Database) -> None:
    world(database)
    go(database)
    later = date(2027, 3, 1)
    with pytest.raises(OutsideTerritory, match="k1 has no role in meknes on 2027-03-01"):
        go(database, DELEGATION, later, by="k1", now_on=later)
    with pytest.raises(TransferTooEarly, match="is in meknes since 2027-01-19"):
        go(database, DELEGATION, DAY, by="k2", now_on=later)
    go(database, DELEGATION, later, by="k2", now_on=later)
    with database.reading() as session:
        row = enrolment_row(session)
        reads = [may_read(session, "k2", row, later, about=day) for day in (date(2027, 2, 28), later)]
        assert reads == [True, False]
        assert [may_change(session, one, row, later) for one in ("k1", "k2")] == [True, False]


def test_who_holds_no_role_any_more_reads_nothing(database: Database) -> None:
    world(database)
    go(database)
    with database.reading() as session:
        row = enrolment_row(session)
        assert not may_read(session, "k1", row, date(2026, 12, 1))
        assert may_read(session, "k1", row, date(2027, 6, 1))
        assert not may_read(session, "nobody", row, DAY)
