"""Versions of the programme as they are published and read back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import select

from actions.programmes import calendar_of, definition_of, definitions, newest, publish
from models import HolidayOverride, ProgrammeVersion
from models.session import Database
from programme.definition_file import DefinitionRefused, shipped_text
from programme.errors import ProgrammeUnknown, VersionTaken
from tests.world import NOW, enrolment_row, open_enrolled

TEXT = shipped_text()
SECOND = TEXT.replace("version: 1\n", "version: 2\n", 1)


def test_text_is_published_once(database: Database) -> None:
    with database.transaction() as session:
        first = publish(session, TEXT, by="k1", now=NOW)
        again = publish(session, TEXT, by="k2", now=NOW)
        assert (first.id, first.programme, first.version, first.published_by) == (again.id, "mourafaka", 1, "k1")
        assert len(session.exec(select(ProgrammeVersion)).all()) == 1


def test_published_version_with_another_text_is_refused(database: Database) -> None:
    with database.transaction() as session:
        publish(session, TEXT, by="k1", now=NOW)
        with pytest.raises(VersionTaken, match="Version 1 of mourafaka is already published"):
            publish(session, TEXT.replace("min_members: 5", "min_members: 7"), by="k1", now=NOW)


def test_text_that_is_no_definition_is_not_published(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(DefinitionRefused):
            publish(session, "programme: mourafaka", by="k1", now=NOW)
        assert session.exec(select(ProgrammeVersion)).all() == []


def test_newest_is_the_highest_version(database: Database) -> None:
    with database.transaction() as session:
        publish(session, SECOND, by="k1", now=NOW)
        publish(session, TEXT, by="k1", now=NOW)
        assert newest(session, "mourafaka", by="k1", now=NOW).version == 2


def test_newest_publishes_the_programme_that_comes_along(database: Database) -> None:
    with database.transaction() as session:
        assert newest(session, "mourafaka", by="k1", now=NOW).version == 1
        assert len(session.exec(select(ProgrammeVersion)).all()) == 1


def test_newest_of_an_unknown_programme_is_refused(database: Database) -> None:
    with database.transaction() as session, pytest.raises(ProgrammeUnknown):
        newest(session, "moussanada", by="k1", now=NOW)


def test_definitions_are_read_by_their_row(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        publish(session, SECOND, by="k1", now=NOW)
    with database.reading() as session:
        assert {key: one.version for key, one in definitions(session).items()} == {1: 1, 2: 2}
        assert definition_of(session, enrolment_row(session)).version == 1


def test_calendar_holds_what_coordinators_proclaimed(database: Database) -> None:
    with database.transaction() as session:
        session.add(HolidayOverride(on=date(2027, 1, 5), name="Aïd", entered_by="k1", entered_at=NOW))
        session.add(HolidayOverride(on=date(2027, 1, 11), name=None, entered_by="k1", entered_at=NOW))
    with database.reading() as session:
        calendar = calendar_of(session)
        assert calendar_of(session) is calendar
    days = [calendar.is_working(date(2027, 1, day)) for day in (4, 5, 11)]
    assert days == [True, False, True]
