"""What became of each morning, and who is told of one that did not happen: the coordinators, once for each gap."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from actions.health import ailments
from actions.morning import next_morning
from actions.mornings import ROUND, Missed, Support, alert_missed, broken, keep, last_round, missed, own
from actions.people import add_person
from models import Cohort, MorningRun, Notice, Person, RoleAssignment
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from tests.journey.living import SENDER
from tests.world import CODE, NOW, at, morning, open_enrolled, plan_of, statements

MONDAY = date(2027, 1, 4)
TUESDAY, SATURDAY, SUNDAY = date(2027, 1, 5), date(2027, 1, 9), date(2027, 1, 10)
MANIFESTO = date(2027, 1, 11)
"""A Monday, and a holiday."""


@pytest.fixture
def world(database: Database) -> Database:
    """A cohort of two whose work waits since Monday 2027-01-04: nobody has done any morning."""
    open_enrolled(database, cooperatives=2)
    return database


def had(database: Database, day: date, name: str = ROUND, *, hour: int = 7, broke: bool = False) -> None:
    """Have a morning of a day written down; the work itself is left undone."""
    keep(database, name, began_at=at(day, hour), now=at(day, hour) + timedelta(seconds=40), failures=0, broke=broke)


def asked(database: Database, now: datetime, *, in_round: bool = False) -> Missed | None:
    with database.reading() as session:
        return missed(session, now, in_round=in_round)


def alerts(session: Session) -> list[tuple[str, str, str]]:
    rows = session.exec(select(Notice).where(Notice.kind == "alert").order_by(col(Notice.id)))
    return [(row.key, row.status, row.facts["title"]["fr"]) for row in rows]


def lines(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        return alerts(session)


def test_a_day_s_runs_share_a_row_and_the_first_whole_one_stays_known(database: Database) -> None:
    keep(database, ROUND, began_at=at(MONDAY, 7), now=at(MONDAY, 8), failures=0, broke=True)
    keep(database, ROUND, began_at=at(MONDAY, 9), now=at(MONDAY, 10), failures=0)
    keep(database, ROUND, began_at=at(MONDAY, 11), now=at(MONDAY, 12), failures=2)
    with database.reading() as session:
        [row] = session.exec(select(MorningRun)).all()
    assert (row.name, row.day, row.runs) == (ROUND, MONDAY, 3)
    assert (row.began_at, row.ended_at, row.finished_at) == (at(MONDAY, 11), at(MONDAY, 12), at(MONDAY, 10))
    assert (row.outcome, row.failures) == ("failed", 2)


def test_a_house_in_which_nothing_ever_ran_misses_nothing(world: Database) -> None:
    assert asked(world, at(SATURDAY, 11)) is None


def test_a_day_without_anything_due_is_not_missed(world: Database) -> None:
    for day in (MONDAY, TUESDAY):
        morning(world, day)
        had(world, day)
    with world.reading() as session:
        due = next_morning(session)
    assert due == date(2027, 1, 8)
    assert asked(world, at(date(2027, 1, 7), 11)) is None
    assert asked(world, at(due, 11)) == Missed(due, due, since=TUESDAY)


def test_today_counts_from_ten_o_clock_on(world: Database) -> None:
    had(world, MONDAY)
    assert asked(world, at(TUESDAY, 10) - timedelta(minutes=1)) is None
    assert asked(world, at(TUESDAY, 10)) == Missed(TUESDAY, TUESDAY, since=MONDAY)


def test_a_round_that_begins_asks_about_the_days_before(world: Database) -> None:
    had(world, MONDAY)
    assert asked(world, at(TUESDAY, 11), in_round=True) is None
    assert asked(world, at(date(2027, 1, 6), 11), in_round=True) == Missed(TUESDAY, TUESDAY, since=MONDAY)


def test_a_quiet_sunday_and_a_holiday_are_no_outage(world: Database) -> None:
    had(world, SATURDAY)
    assert asked(world, at(SUNDAY, 11)) is None
    assert asked(world, at(MANIFESTO, 11)) is None
    tuesday = date(2027, 1, 12)
    assert asked(world, at(tuesday, 11)) == Missed(tuesday, tuesday, since=SATURDAY)


def test_an_outage_of_days_is_told_from_its_first_to_its_last(world: Database) -> None:
    had(world, MONDAY)
    assert asked(world, at(SUNDAY, 8)) == Missed(TUESDAY, SATURDAY, since=MONDAY)


def test_a_gap_begins_when_something_was_due(world: Database) -> None:
    had(world, date(2026, 12, 20))
    assert asked(world, at(TUESDAY, 8)) == Missed(MONDAY, MONDAY, since=date(2026, 12, 20))


def test_a_rehearsal_s_morning_of_a_day_to_come_hides_nothing(world: Database) -> None:
    had(world, MONDAY)
    had(world, date(2027, 6, 1))
    assert asked(world, at(TUESDAY, 10)) == Missed(TUESDAY, TUESDAY, since=MONDAY)
    with world.reading() as session:
        found = last_round(session, TUESDAY)
    assert found is not None
    assert found.day == MONDAY


def test_a_cohort_s_broken_morning_is_named_from_ten_o_clock_on(world: Database) -> None:
    had(world, MONDAY)
    had(world, MONDAY, own(CODE), broke=True)
    assert asked(world, at(MONDAY, 9)) is None
    assert asked(world, at(MONDAY, 10)) == Missed(MONDAY, MONDAY, since=MONDAY, cohorts=(CODE,))
    had(world, MONDAY, own(CODE), hour=11)
    assert asked(world, at(MONDAY, 12)) is None


def test_a_closed_cohort_s_morning_is_nobody_s_trouble(world: Database) -> None:
    had(world, MONDAY, own(CODE), broke=True)
    with world.transaction() as session:
        session.exec(select(Cohort)).one().status = "closed"
    with world.reading() as session:
        assert broken(session, MONDAY) == ()


def test_coordinators_are_told_once_for_each_gap(world: Database) -> None:
    had(world, MONDAY)
    assert alert_missed(world, at(TUESDAY, 10)) == 1
    assert alert_missed(world, at(TUESDAY, 11)) == 0
    assert alert_missed(world, at(SATURDAY, 8), in_round=True) == 0
    had(world, SATURDAY)
    assert alert_missed(world, at(date(2027, 1, 14), 9)) == 1
    key = "mornings/{}/alert/coordinator:k1"
    assert lines(world) == [
        (
            key.format("2027-01-04"),
            "pending",
            "Le travail du matin du 05/01/2027 n’est pas fait à 10:00 : prévenir la personne qui exploite le système",
        ),
        (
            key.format("2027-01-09"),
            "pending",
            "Aucun travail du matin du 12/01/2027 au 13/01/2027 : les rappels de ces jours sont en retard",
        ),
    ]


@pytest.mark.parametrize(
    ("support", "french", "arabic"),
    [
        (
            Support("Support SI", "+212528000001"),
            "appeler Support SI 05\xa028\xa000\xa000\xa001",
            "بـ Support SI 0528000001",
        ),
        (Support(phone="+212528000001"), "appeler 05\xa028\xa000\xa000\xa001", "يرجى الاتصال بـ 0528000001"),
        (Support("Support SI"), "prévenir Support SI", "يرجى إخبار Support SI"),
    ],
)
def test_the_alert_names_whom_to_call(world: Database, support: Support, french: str, arabic: str) -> None:
    had(world, MONDAY)
    alert_missed(world, at(TUESDAY, 10), support=support)
    with world.reading() as session:
        [row] = session.exec(select(Notice).where(Notice.kind == "alert"))
        assert row.facts["title"]["fr"] == f"Le travail du matin du 05/01/2027 n’est pas fait à 10:00 : {french}"
        assert row.facts["title"]["ar"].endswith(arabic)
        assert (row.facts["contact_name"], row.facts["contact_phone"]) == (support.name, support.phone)


def test_the_alert_of_days_gone_by_names_whom_to_call(world: Database) -> None:
    had(world, MONDAY)
    alert_missed(world, at(date(2027, 1, 7), 8), support=Support("Support SI"))
    [(_key, _status, said)] = lines(world)
    assert said.endswith("les rappels de ces jours sont en retard ; prévenir Support SI")


def test_a_broken_morning_is_told_beside_a_gap(world: Database) -> None:
    had(world, MONDAY)
    had(world, MONDAY, own(CODE), broke=True)
    assert (alert_missed(world, at(MONDAY, 10)), alert_missed(world, at(MONDAY, 11))) == (1, 0)
    assert alert_missed(world, at(TUESDAY, 10)) == 1
    assert [key for key, *_ in lines(world)] == [
        f"mornings/2027-01-04/{CODE}/alert/coordinator:k1",
        "mornings/2027-01-04/alert/coordinator:k1",
    ]


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "Le travail du matin du 05/01/2027 n’est pas fait"), ("ar", "عمل صباح 05/01/2027 لم ينجز")],
)
def test_the_message_of_the_day_says_it(world: Database, language: str, said: str) -> None:
    with world.transaction() as session:
        session.exec(select(Person).where(Person.code == "k1")).one().language = language
    had(world, MONDAY)
    alert_missed(world, at(TUESDAY, 10))
    mailer = MemoryMailer()
    deliver(Post(world, mailer, SENDER, Pace(), lambda: at(TUESDAY, 11)))
    [body] = [body for address, body in mailer.sent if address == "k1@odco.example"]
    assert said in readable(body)


def readable(body: bytes) -> str:
    from email import message_from_bytes, policy

    message = message_from_bytes(body, policy=policy.default)
    plain = message.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content()).translate(dict.fromkeys((0x2066, 0x2067, 0x2068, 0x2069)))


def test_a_coordinator_without_mail_is_not_told_and_it_is_said(world: Database) -> None:
    with world.transaction() as session:
        session.exec(select(Person).where(Person.code == "k1")).one().email = None
    had(world, MONDAY)
    alert_missed(world, at(TUESDAY, 10))
    with world.reading() as session:
        rows = session.exec(
            select(Notice.key, Notice.status, Notice.reason).where(Notice.recipient == "coordinator:k1")
        )
        assert sorted(rows) == [
            ("digest/coordinator:k1/2027-01-05", "failed", "no address for this person"),
            ("mornings/2027-01-04/alert/coordinator:k1", "failed", "no address for this person"),
        ]
        assert "2 notices did not leave: `mourafaka ledger` names them and why." in [
            one.say() for one in ailments(session, at(TUESDAY, 11))
        ]


def test_only_who_coordinates_where_somebody_is_under_way_is_told_and_once(world: Database) -> None:
    with world.transaction() as session:
        common = {"now": NOW, "phone": None, "name": "X"}
        add_person(session, code="k2", role="coordinator", delegation="meknes", email="a@o.example", **common)
        add_person(session, code="k3", role="coordinator", delegation=None, email="b@o.example", **common)
        k1 = session.exec(select(Person).where(Person.code == "k1")).one()
        session.add(RoleAssignment(person_id=k1.id, role="coordinator", delegation=None, starts_on=NOW.date()))
    had(world, MONDAY)
    assert alert_missed(world, at(TUESDAY, 10)) == 2
    assert [key.rpartition(":")[2] for key, *_ in lines(world)] == ["k1", "k3"]


def test_nobody_is_told_where_nobody_coordinates(world: Database) -> None:
    had(world, MONDAY)
    with world.transaction() as session:
        for role in session.exec(select(RoleAssignment).where(RoleAssignment.role == "coordinator")):
            role.ends_on = MONDAY
    assert (alert_missed(world, at(TUESDAY, 10)), lines(world)) == (0, [])


def test_health_names_a_missed_and_a_broken_morning(world: Database) -> None:
    had(world, MONDAY)
    had(world, MONDAY, own(CODE), broke=True)
    assert said(world, at(MONDAY, 11))[0].startswith("The morning of SM-2027 broke off on 2027-01-04: the log and")
    assert said(world, at(date(2027, 1, 7), 11))[0].startswith("No morning was done from 2027-01-05 to 2027-01-07: run")


def test_health_names_a_morning_that_held_somebody_back(world: Database) -> None:
    morning(world, MONDAY)
    had(world, MONDAY)
    keep(world, own(CODE), began_at=at(MONDAY, 7), now=at(MONDAY, 8), failures=1)
    [line] = said(world, at(MONDAY, 9))
    assert line.startswith("The morning of SM-2027 on 2027-01-04 held somebody back: Prefect's pages name whom")


def said(database: Database, now: datetime) -> list[str]:
    with database.reading() as session:
        return [one.say() for one in ailments(session, now)]


def test_asking_is_a_few_indexed_questions_that_write_nothing(world: Database) -> None:
    had(world, MONDAY)
    with statements(world) as seen:
        alert_missed(world, at(MONDAY, 12))
    questions = [one for one in seen if one.startswith("SELECT")]
    assert set(seen) - set(questions) <= {"BEGIN"}
    assert len(questions) == 3
    plan = plan_of(
        world, "SELECT day FROM morning_run WHERE name = 'mornings' AND day <= '2027-01-04' ORDER BY day DESC"
    )
    assert "SCAN" not in plan
    assert "Seq Scan" not in plan
