"""Invitations, as RFC 5545 wants them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from notifications.errors import MeetingEndsTooEarly
from notifications.invitations import invitation

MEETING: dict[str, Any] = {
    "uid": "meeting-1@mourafaka.example",
    "sequence": 0,
    "summary": "Module Gouvernance",
    "on": date(2027, 6, 15),
    "at": "10:00",
    "ends_at": "12:30",
    "place": "Salle A; Agadir, centre",
    "organiser": "Coach Exemple <coach@example.org>",
    "attendee": "cooperative@example.org",
    "stamped_at": datetime(2027, 6, 1, 9, 0, tzinfo=UTC),
}


def lines(text: str) -> list[str]:
    """The content lines, unfolded."""
    return text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def value(text: str, name: str) -> str:
    """A property's value, its escapes undone."""
    raw = next(line for line in lines(text) if line.startswith(f"{name}:")).partition(":")[2]
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], raw)


def test_invitation_is_one_event_in_utc() -> None:
    assert lines(invitation(**MEETING)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//ODCo//Mourafaka//FR",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:meeting-1@mourafaka.example",
        "SEQUENCE:0",
        "DTSTAMP:20270601T090000Z",
        "DTSTART:20270615T100000Z",
        "DTEND:20270615T123000Z",
        "SUMMARY:Module Gouvernance",
        r"LOCATION:Salle A\; Agadir\, centre",
        "STATUS:CONFIRMED",
        'ORGANIZER;CN="Coach Exemple":mailto:coach@example.org',
        "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:cooperative@example.org",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def test_lines_end_in_crlf_and_hold_75_octets() -> None:
    text = invitation(**MEETING | {"summary": "وحدة الحكامة، اليوم الأول " * 10})
    assert text.count("\r\n") == text.count("\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


def test_cancellation_keeps_the_uid_and_raises_the_sequence() -> None:
    text = invitation(**MEETING | {"method": "CANCEL", "sequence": 2})
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:2", "UID:meeting-1@mourafaka.example"} <= set(lines(text))


def test_cancellation_asks_nothing_of_the_invited() -> None:
    text = invitation(**MEETING | {"method": "CANCEL", "sequence": 2})
    assert "ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:cooperative@example.org" in lines(text)


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_calendar_program_reads_it(method: str) -> None:
    calendar = Calendar.from_ical(
        invitation(**MEETING | {"method": method, "summary": "وحدة الحكامة، اليوم الأول " * 5})
    )
    (event,) = calendar.walk("VEVENT")
    assert (calendar.errors, event.errors, str(calendar["METHOD"])) == ([], [], method)
    assert (str(event["UID"]), event["SEQUENCE"]) == ("meeting-1@mourafaka.example", 0)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (
        datetime(2027, 6, 15, 10, 0, tzinfo=UTC),
        datetime(2027, 6, 15, 12, 30, tzinfo=UTC),
    )
    assert str(event["SUMMARY"]) == "وحدة الحكامة، اليوم الأول " * 5
    assert str(event["LOCATION"]) == "Salle A; Agadir, centre"


def test_meeting_without_a_place_has_no_location() -> None:
    assert "LOCATION" not in invitation(**MEETING | {"place": None})


def test_wall_time_follows_the_zones_own_summer() -> None:
    text = invitation(**MEETING | {"zone": "Europe/Paris"})
    assert "DTSTART:20270615T080000Z" in lines(text)


def test_stamp_is_converted_to_utc() -> None:
    stamped_at = datetime(2027, 6, 1, 9, 0, tzinfo=timezone(timedelta(hours=1)))
    assert "DTSTAMP:20270601T080000Z" in lines(invitation(**MEETING | {"stamped_at": stamped_at}))


def test_stamp_without_a_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        invitation(**MEETING | {"stamped_at": datetime(2027, 6, 1, 9, 0)})  # noqa: DTZ001 - the very thing refused


@pytest.mark.parametrize("ends_at", ["10:00", "09:30"])
def test_meeting_that_does_not_last_is_refused(ends_at: str) -> None:
    with pytest.raises(MeetingEndsTooEarly) as refusal:
        invitation(**MEETING | {"ends_at": ends_at})
    assert refusal.value.facts == {"at": "10:00", "ends_at": ends_at}


def test_name_cannot_add_a_property() -> None:
    hostile = 'x\r\nATTENDEE:mailto:other@example.org"'
    text = invitation(**MEETING | {"summary": hostile, "place": hostile, "uid": hostile, "attendee": hostile})
    assert [line.partition(":")[0].partition(";")[0] for line in lines(text)].count("ATTENDEE") == 1
    assert len(lines(text)) == len(lines(invitation(**MEETING)))


@given(summary=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
def test_any_summary_comes_back_as_it_was(summary: str) -> None:
    text = invitation(**MEETING | {"summary": summary})
    assert value(text, "SUMMARY") == summary
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
