"""Where keys stand: beside those that a morning writes with them; and how notices are found by key and by enrolment."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from models import Enrolment, Notice
from models.belonging import PromisedLate, of_enrolments
from models.columns import columns
from models.placed import keyed, place_of
from models.session import Database
from tests.world import morning, open_enrolled, plan_of

NOTICE = columns(Notice)
REMINDER = "{}/diagnosis.visit/step_reminder-7@2027-02-08/cooperative:{}"


def key(enrolment: str, day: str = "2027-02-08") -> str:
    return REMINDER.format(enrolment, enrolment).replace("2027-02-08", day)


def test_keys_of_one_kind_step_and_day_stand_together_and_later_days_come_last() -> None:
    assert place_of(key("SM-2027/001")) == place_of(key("SM-2027/900"))
    days = ["2027-02-08", "2027-02-28", "2027-03-01", "2028-01-01", "9999-99-99"]
    places = [place_of(key("SM-2027/001", day)) for day in days]
    assert places == sorted(set(places))
    assert places[-1] < 2**31


@pytest.mark.parametrize("text", ["", "/", "welcome", "W/1/-/welcome/cooperative:W/1", "٢٠٢٧-٠١-٠١"])
def test_keys_without_a_day_come_before_all_days(text: str) -> None:
    assert 0 <= place_of(text) < place_of(key("SM-2027/001", "0001-01-01"))


def test_notices_are_found_by_their_keys_and_by_no_others(database: Database) -> None:
    open_enrolled(database, cooperatives=3)
    morning(database, date(2027, 1, 15))
    with database.reading() as session:
        keys = list(session.exec(select(Notice.key).order_by(Notice.key)))
        stand = session.exec(select(Notice.place, Notice.key)).all()
        some, none = keyed(NOTICE.id, [*keys[::2], "none/none/none"]), keyed(NOTICE.id, [])
        found = session.exec(select(Notice.key).where(some).order_by(Notice.key)).all()
        assert session.exec(select(Notice.key).where(none)).all() == []
    assert len(keys) > 6
    assert list(found) == keys[::2]
    assert [place for place, _ in stand] == [place_of(one) for _, one in stand]


def test_a_key_is_promised_once(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        known = session.exec(select(Notice)).first()
    assert known is not None
    again = Notice(**known.model_dump(exclude={"id", "place"}))
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(again)


def test_keys_are_looked_up_by_the_index(database: Database) -> None:
    plan = plan_of(database, said(database, sa.select(NOTICE.id).where(keyed(NOTICE.id, ["a", "b"]))))
    assert "notice_place_key_key" in plan or "sqlite_autoindex_notice_1 (place=? AND key=?)" in plan
    assert "SCAN notice" not in plan
    assert "SCAN placed" not in plan


def said(database: Database, question: sa.Select[Any]) -> str:
    return str(question.compile(database.engine, compile_kwargs={"literal_binds": True}))


def test_an_enrolments_notices_are_those_of_its_steps_and_those_of_none(database: Database) -> None:
    open_enrolled(database, cooperatives=3)
    morning(database, date(2027, 1, 15))
    with database.reading() as session:
        [first, *_] = session.exec(select(Enrolment.id).order_by(Enrolment.code)).all()
        plainly = session.exec(select(Notice.id).where(Notice.enrolment_id == first).order_by(NOTICE.id)).all()
        found = session.exec(select(Notice.id).where(of_enrolments([first])).order_by(NOTICE.id)).all()
        kinds = {one is None for one in session.exec(select(Notice.step_id).where(of_enrolments([first])))}
    assert list(found) == list(plainly)
    assert kinds == {True, False}


def test_late_promises_are_all_in_their_index(database: Database) -> None:
    """Promised on a day after theirs, at midnight by the wall or at noon; what is in time is not read."""
    open_enrolled(database)
    midnight, noon = datetime(2027, 7, 1, 23, tzinfo=UTC), datetime(2027, 7, 2, 12, tzinfo=UTC)
    cases = {"a": (date(2027, 7, 1), midnight), "b": (date(2027, 7, 1), noon), "c": (date(2027, 7, 2), noon)}
    with database.transaction() as session:
        known = session.exec(select(Notice)).first()
        assert known is not None
        for name, (due_on, promised_at) in cases.items():
            told = known.model_dump(exclude={"id", "place"}) | {"key": name, "due_on": due_on}
            session.add(Notice(**(told | {"promised_at": promised_at})))
    with database.reading() as session:
        late = session.scalars(sa.select(NOTICE.key).where(PromisedLate(), NOTICE.key.in_(cases)).order_by(NOTICE.key))
        assert list(late) == ["a", "b"]
    asked = sa.select(NOTICE.id).where(PromisedLate(), NOTICE.promised_at >= sa.text("'2027-07-01'"))
    assert "notice_late" in plan_of(database, said(database, asked))
