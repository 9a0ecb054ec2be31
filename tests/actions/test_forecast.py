"""The forecast says, before anything is promised, what the mornings will promise."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from actions.forecast import Expected, forecast
from models import Notice
from models.session import Database
from programme.errors import CohortUnknown
from tests.world import at, morning, open_enrolled, open_followed, tick

FIRST = date(2027, 1, 4)


def ahead(database: Database, day: date = FIRST, days: int = 30, cohort: str | None = None) -> list[Expected]:
    with database.reading() as session:
        return forecast(session, now=at(day), days=days, cohort=cohort)


@pytest.mark.parametrize("day", [FIRST, date(2027, 2, 26), date(2027, 6, 30)])
def test_forecast_is_what_the_mornings_promise_when_nobody_acts(database: Database, day: date) -> None:
    open_followed(database, cooperatives=3)
    for offset in range((day - FIRST).days):
        morning(database, FIRST + timedelta(days=offset))
    with database.reading() as session:
        before = set(session.exec(select(Notice.key)))
    expected = {one.key: one.on for one in ahead(database, day) if one.key not in before}
    for offset in range(31):
        morning(database, day + timedelta(days=offset))
    with database.reading() as session:
        rows = session.exec(select(Notice).where(col(Notice.key).not_in(before), col(Notice.step_id).is_not(None)))
        promised = {row.key: row.due_on for row in rows}
    assert len(promised) > 30
    assert expected == promised


def test_forecast_says_who_when_what_and_why(database: Database) -> None:
    open_followed(database)
    [visit] = [one for one in ahead(database) if (one.about, one.kind) == ("diagnosis.visit", "meeting")][:1]
    assert (visit.on, visit.recipient, visit.channel, visit.language) == (
        date(2027, 1, 15),
        "cooperative:SM-2027/001",
        "email",
        "fr",
    )
    assert str(visit.reason) == "10 days before “Visite de diagnostic” is due (2027-01-25)"


def test_forecast_of_what_is_promised_already_says_when_it_leaves(database: Database) -> None:
    open_enrolled(database)
    [welcome] = [one for one in ahead(database, date(2027, 1, 2)) if one.kind == "welcome"]
    assert (welcome.on, str(welcome.reason)) == (FIRST, "promised already, it leaves on 2027-01-04")


def test_forecast_of_what_waits_still_is_no_day_that_is_past(database: Database) -> None:
    open_enrolled(database, cooperatives=2, without_email=(2,))
    now = date(2027, 1, 6)
    welcomes = [(one.on, str(one.reason)) for one in ahead(database, now) if one.kind == "welcome"]
    assert welcomes == [
        (now, "promised already, it leaves on 2027-01-06"),
        (now, "promised already, its coach is to say it by telephone since 2027-01-04"),
    ]


def test_forecast_forgets_a_step_that_is_done(database: Database) -> None:
    open_followed(database)
    tick(database, "start.contact", FIRST)
    assert [one for one in ahead(database) if one.about == "start.contact"] == []


def test_forecast_of_another_cohort_is_refused_or_empty(database: Database) -> None:
    open_enrolled(database)
    assert ahead(database, cohort="SM-2027") == ahead(database)
    with pytest.raises(CohortUnknown):
        ahead(database, cohort="SM-2099")
