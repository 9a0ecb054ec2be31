"""A calendar under its secret address: what programs are given, and that wrong addresses are all alike."""

from __future__ import annotations

from datetime import date

import pytest
from icalendar import Calendar
from starlette.testclient import TestClient

from actions.feeds import new_feed, revoke_feed
from actions.people import add_person
from runtime.house import House
from tests.web.conftest import TODAY, TOKEN
from tests.world import at, tick

FEED = f"/calendar/{TOKEN}.ics"


def test_feed_is_a_calendar_that_nobody_may_keep(client: TestClient) -> None:
    answer = client.get(FEED)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    calendar = Calendar.from_ical(answer.content)
    assert str(calendar["X-WR-CALNAME"]) == "Mourafaka – Accompagnement 1"
    assert "SM-2027-001-diagnosis.visit" in {str(event["UID"]) for event in calendar.walk("VEVENT")}
    assert answer.content.count(b"\n") == answer.content.count(b"\r\n")


def test_head_says_the_same_without_the_calendar(client: TestClient) -> None:
    head, full = client.head(FEED), client.get(FEED)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(full.headers)


def test_unchanged_calendar_is_not_sent_again(house: House, client: TestClient) -> None:
    tag = client.get(FEED).headers["etag"]
    for held in (tag, f'"other", W/{tag}', "*"):
        again = client.get(FEED, headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    tick(house.database, "diagnosis.visit", TODAY)
    changed = client.get(FEED, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] == tag) == (200, False)


def test_unknown_revoked_expired_and_left_are_the_same_404(house: House, client: TestClient) -> None:
    unknown = client.get("/calendar/never-was.ics")
    answers = []
    house.clock.move_to(at(date(2028, 1, 21), 10))
    answers.append(client.get(FEED))
    house.clock.move_to(at(TODAY, 10))
    with house.database.transaction() as session:
        revoke_feed(session, code="c1", by="k1", now=at(TODAY))
    answers.append(client.get(FEED))
    assert unknown.status_code == 404
    for answer in answers:
        assert (answer.status_code, answer.content, answer.headers) == (404, unknown.content, unknown.headers)


@pytest.mark.parametrize("path", [".ics", "a/b.ics", TOKEN, f"{TOKEN}.ICS"])
def test_malformed_addresses_are_that_404_too(client: TestClient, path: str) -> None:
    answer = client.get(f"/calendar/{path}")
    assert (answer.status_code, answer.content) == (404, client.get("/calendar/x.ics").content)


def test_posting_to_a_calendar_does_nothing(client: TestClient) -> None:
    assert client.post(FEED).status_code == 405
    assert client.get(FEED).status_code == 200


def test_coach_with_nobody_to_follow_has_an_empty_calendar(house: House, client: TestClient) -> None:
    with house.database.transaction() as session:
        add_person(session, code="c9", name="Neuf", role="coach", now=at(TODAY))
        new_feed(session, code="c9", token="nine", by="k1", now=at(TODAY))
    calendar = Calendar.from_ical(client.get("/calendar/nine.ics").content)
    assert (str(calendar["X-WR-CALNAME"]), calendar.walk("VEVENT")) == ("Mourafaka – Neuf", [])
