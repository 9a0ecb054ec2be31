"""Coaches who leave, and who takes over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from actions.assign import assign_coach
from actions.coaches import Share, _quotas, leave
from actions.handing_over import redirect
from actions.people import add_person, correct_person, end_role
from models import AccessLog, CoachAssignment, Enrolment, Notice, Person, Step
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.recipients import directory
from notifications.smtp import Sender
from programme.errors import AddressTaken, NotACoach, Refusal
from programme.people_errors import (
    CoachFollows,
    NamedTwice,
    NobodyCovers,
    NotFollowed,
    NothingSaidOfPerson,
    OutsideTerritory,
    OwnSuccessor,
    RoleNotHeld,
    SharesDoNotAddUp,
    SuccessorNeeded,
)
from tests.moulds import built_once
from tests.world import CODE, NOW, assign_coaches, at, enrolment_row, morning, open_enrolled, step_row, story, told

DAY = date(2027, 1, 19)
ONE, TWO = f"{CODE}/001", f"{CODE}/002"


@built_once
def followed(database: Database, cooperatives: int = 3, **more: Any) -> None:
    """So many cooperatives, all with c1; c2 and c3 follow nobody."""
    open_enrolled(database, cooperatives=cooperatives, coaches=3, **more)
    with database.transaction() as session:
        for rank in range(1, cooperatives + 1):
            assign_coach(session, code=f"{CODE}/{rank:03d}", coach="c1", by="k1", now=NOW)


def go(database: Database, to: Mapping[str, Share], on: date = DAY, now_on: date = DAY, **more: Any) -> Any:
    with database.transaction() as session:
        return leave(session, coach="c1", on=on, to=to, by="k1", now=at(now_on, 10), **more)


def send(database: Database, day: date, hour: int = 9) -> list[str]:
    mailer = MemoryMailer()
    sender = Sender("m@odco.example", "M")
    deliver(Post(database, mailer, sender, Pace(), lambda: at(day, hour), pass_on=redirect))
    return [address for address, _ in mailer.sent]


def coach_of(database: Database, on: date, rank: int = 1) -> str | None:
    with database.reading() as session:
        row = enrolment_row(session, rank)
        found = directory(session, [row], on).find("coach", row)
    return found and found.code


def waiting_for(database: Database, recipient: str) -> list[str]:
    with database.reading() as session:
        rows = select(Notice.kind).where(
            Notice.recipient == recipient, Notice.channel == "digest", Notice.status == "pending"
        )
        return sorted(session.exec(rows).all())


@pytest.mark.parametrize(
    ("to", "shares"),
    [
        ({"c2": None, "c3": None}, {"c2": 3, "c3": 2}),
        ({"c2": 1, "c3": None}, {"c2": 1, "c3": 4}),
        ({"c2": 5}, {"c2": 5}),
        ({"c2": [ONE, f"{CODE}/005"], "c3": 3}, {"c2": 2, "c3": 3}),
    ],
)
def test_shares_are_as_said_and_even_where_nothing_is_said(
    database: Database, to: Mapping[str, Share], shares: dict[str, int]
) -> None:
    followed(database, 5)
    assert {heir: len(codes) for heir, codes in go(database, to).items()} == shares


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        ({"c2": 2}, SharesDoNotAddUp),
        ({"c2": 2, "c3": 2}, SharesDoNotAddUp),
        ({"c2": 4, "c3": None}, SharesDoNotAddUp),
        ({}, SuccessorNeeded),
        ({"c1": 3}, OwnSuccessor),
        ({"k1": 3}, NotACoach),
        ({"c2": [f"{CODE}/009"], "c3": None}, NotFollowed),
        ({"c2": [ONE], "c3": [ONE, TWO, f"{CODE}/003"]}, NamedTwice),
    ],
)
def test_shares_that_cannot_be_are_refused_and_nobody_moves(
    database: Database, to: Mapping[str, Share], refusal: type[Refusal]
) -> None:
    followed(database)
    with pytest.raises(refusal):
        go(database, to)
    assert [coach_of(database, DAY, rank) for rank in (1, 2, 3)] == ["coach:c1"] * 3


def test_successor_of_another_territory_takes_only_what_is_there(database: Database) -> None:
    followed(database)
    with database.transaction() as session:
        enrolment_row(session, 2).delegation = "meknes"
        add_person(session, code="m1", name="m1", role="coach", now=NOW, delegation="meknes")
    assert go(database, {"c2": 2, "m1": 1}) == {"c2": [ONE, f"{CODE}/003"], "m1": [TWO]}


def test_nobody_is_sent_where_they_do_not_work(database: Database) -> None:
    followed(database)
    with database.transaction() as session:
        enrolment_row(session, 2).delegation = "meknes"
    with pytest.raises(NobodyCovers, match=f"No successor covers meknes, where {TWO} is"):
        go(database, {"c2": 3})


@given(st.integers(0, 40), st.integers(1, 6))
def test_even_shares_differ_by_one_at_most_and_lose_nobody(count: int, heirs: int) -> None:
    quotas = _quotas("c1", count, count, {f"h{number}": None for number in range(heirs)})
    assert sum(quotas.values()) == count
    assert max(quotas.values()) - min(quotas.values()) <= 1


def test_leaving_said_before_the_day_changes_nothing_until_then(database: Database) -> None:
    followed(database)
    go(database, {"c2": 3}, on=DAY, now_on=date(2027, 1, 4))
    assert [coach_of(database, day) for day in (date(2027, 1, 18), DAY)] == ["coach:c1", "coach:c2"]
    assert "coach:c2" not in send(database, date(2027, 1, 18))
    assert send(database, DAY) == ["c2@odco.example"]


def test_change_of_mind_before_the_day_leaves_one_successor(database: Database) -> None:
    followed(database, 1)
    go(database, {"c2": 1}, on=DAY, now_on=date(2027, 1, 4))
    with database.transaction() as session:
        assign_coach(session, code=ONE, coach="c3", by="k1", now=at(date(2027, 1, 5), 10))
    assert [coach_of(database, day) for day in (date(2027, 1, 4), date(2027, 1, 5), DAY)] == [
        "coach:c1",
        "coach:c3",
        "coach:c3",
    ]
    assert (waiting_for(database, "coach:c2"), waiting_for(database, "coach:c3")) == (["handover"], ["handover"])


def test_digest_that_has_left_already_is_not_followed_by_another_that_day(database: Database) -> None:
    followed(database, 2)
    with database.transaction() as session:
        assign_coach(session, code=TWO, coach="c2", by="k1", now=at(date(2027, 1, 4), 10))
    morning(database, DAY)
    assert "c2@odco.example" in send(database, DAY)
    go(database, {"c2": 1})
    assert "c2@odco.example" not in send(database, DAY, 11)
    assert "c2@odco.example" in send(database, date(2027, 1, 20))
    with database.reading() as session:
        [handover] = session.exec(select(Notice).where(col(Notice.key).contains("handover@2027-01-19")))
    assert (handover.status, handover.recipient) == ("sent", "coach:c2")


def a_call_to_make(database: Database) -> str:
    """A cooperative without mail is to be called about a visit: its coach has been told, and has not called yet."""
    followed(database, 1, without_email=(1,))
    for day in range(4, 19):
        morning(database, date(2027, 1, day))
        send(database, date(2027, 1, day))
    with database.reading() as session:
        query = select(Step.key).join(Notice).where(Notice.kind == "call", Notice.recipient == "coach:c1")
        calls = session.exec(query.where(Step.status == "open", Notice.status == "sent").order_by(Step.key)).all()
    return next(key for key in calls if "/welcome/" not in key)


def test_call_that_was_not_made_is_told_to_the_new_coach(database: Database) -> None:
    call = a_call_to_make(database)
    go(database, {"c2": 1})
    with database.reading() as session:
        lines = [line for line in told(session, call) if line[0].endswith(" call")]
        assert step_row(session, call).status == "open"
    assert lines == [("coach:c1 call", "sent", ""), ("coach:c2 call", "pending", "")]


def test_call_of_an_ended_enrolment_goes_to_the_coordinator(database: Database) -> None:
    call = a_call_to_make(database)
    with database.transaction() as session:
        enrolment_row(session).status = "completed"
    assert go(database, {}) == {}
    assert coach_of(database, DAY) == "coordinator:k1"
    assert set(waiting_for(database, "coordinator:k1")) == {"call"}
    with database.reading() as session:
        assert step_row(session, call).owner == "coordinator"


def test_suspended_cooperative_is_handed_over_silently(database: Database) -> None:
    followed(database, 1)
    with database.transaction() as session:
        enrolment_row(session).status = "suspended"
    assert go(database, {"c2": None}) == {"c2": [ONE]}
    assert (coach_of(database, DAY), waiting_for(database, "coach:c2")) == ("coach:c2", [])


def test_message_that_waits_names_the_new_coach_to_call(database: Database) -> None:
    followed(database, 1)
    go(database, {"c2": 1}, on=date(2026, 12, 28), now_on=date(2026, 12, 28))
    with database.reading() as session:
        [welcome] = session.exec(select(Notice).where(Notice.kind == "welcome"))
    assert (welcome.facts["contact_name"], welcome.facts["contact_phone"]) == ("Accompagnement 2", "+212528000012")
    assert (welcome.status, welcome.address) == ("pending", "coop1@coop.example")


def test_another_coach_mid_way_takes_the_same_path(database: Database) -> None:
    followed(database, 1)
    morning(database, DAY)
    before = waiting_for(database, "coach:c1")
    with database.transaction() as session:
        assign_coach(session, code=ONE, coach="c2", by="k1", now=at(DAY, 8), reason="équilibre")
        line = story(session)[-1]
        rows = session.exec(select(CoachAssignment.ends_on).order_by(col(CoachAssignment.id))).all()
    assert before
    assert (waiting_for(database, "coach:c1"), waiting_for(database, "coach:c2")) == ([], sorted([*before, "handover"]))
    assert (line, list(rows)) == (("k1", "coach assigned", "c2"), [date(2027, 1, 18), None])


def test_coordinator_of_another_delegation_assigns_nobody_here(database: Database) -> None:
    followed(database, 1)
    with database.transaction() as session:
        add_person(session, code="k2", name="k2", role="coordinator", now=NOW, delegation="meknes")
    with (
        pytest.raises(OutsideTerritory, match="k2 has no role in region-souss-massa"),
        database.transaction() as session,
    ):
        assign_coach(session, code=ONE, coach="c2", by="k2", now=at(DAY, 10))


def test_role_that_ends_passes_its_promises_on(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        add_person(session, code="k2", name="k2", role="coordinator", email="k2@odco.example", now=at(date(2027, 1, 4)))
    assign_coaches(database)
    morning(database, DAY)
    late = date(2027, 1, 22)
    morning(database, late)
    before = waiting_for(database, "coordinator:k1")
    with database.transaction() as session:
        end_role(session, code="k1", role="coordinator", on=date(2027, 1, 21), by="n", now=at(late, 8))
    assert before
    assert (waiting_for(database, "coordinator:k1"), waiting_for(database, "coordinator:k2")) == ([], before)


def test_role_that_is_not_held_does_not_end(database: Database) -> None:
    followed(database, 1)
    with database.transaction() as session:
        with pytest.raises(RoleNotHeld, match="k1 is not delegate on 2027-01-19"):
            end_role(session, code="k1", role="delegate", on=DAY, by="n", now=at(DAY))
        with pytest.raises(CoachFollows, match="coach leave c1 --on 2027-01-19"):
            end_role(session, code="c1", role="coach", on=DAY, by="n", now=at(DAY))


def test_corrected_address_is_written_to_again(database: Database) -> None:
    followed(database, 1)
    with database.transaction() as session:
        session.exec(select(Person).where(Person.code == "c1")).one().bad_address_at = NOW
        person = correct_person(session, code="c1", by="k1", now=NOW, email="C1.bis@odco.example", name=" Amina ")
        assert (person.email, person.name, person.bad_address_at) == ("c1.bis@odco.example", "Amina", None)
        with pytest.raises(AddressTaken, match="already the address of c2"):
            correct_person(session, code="c1", by="k1", now=NOW, email="c2@odco.example")
        with pytest.raises(NothingSaidOfPerson):
            correct_person(session, code="c1", by="k1", now=NOW)
        log = session.exec(select(AccessLog.by, AccessLog.action, AccessLog.subject, AccessLog.subject_id)).all()
        assert log == [("k1", "correct", "person", person.id)]


def test_leaving_is_refused_to_who_is_no_coach(database: Database) -> None:
    followed(database, 1)
    with pytest.raises(NotACoach, match="k1 is not a coach on 2027-01-19"), database.transaction() as session:
        leave(session, coach="k1", on=DAY, to={}, by="k1", now=at(DAY))
    with database.reading() as session:
        assert len(session.exec(select(Enrolment)).all()) == 1
