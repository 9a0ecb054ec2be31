"""What reaches Prefect's automations: an event of each conclusion, by the enrolment's code, and nobody's data."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from actions.decide import decide
from runtime.clock import Clock
from runtime.house import House
from tests.flows.server_api import Server, eventually
from tests.world import CODE, at, evaluate, open_enrolled

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]

ONE = f"{CODE}/001"
PERSONAL = ("Coopérative 1", "تعاونية", "Présidence", "coop1", "+21252800", "Accompagnement", "odco.example", "enough")
TOLD = [
    ("mourafaka.stage.entered", "start", "entered"),
    ("mourafaka.stage.late", "start", "late"),
    ("mourafaka.stage.entered", "closing", "entered"),
    ("mourafaka.decision.proposed", "M24", "proposed participation"),
    ("mourafaka.alert.raised", "no_contact", "alerted no_contact"),
    *[("mourafaka.alert.raised", "checkpoint_late", "alerted checkpoint_late")] * 4,
    ("mourafaka.decision.decided", "M24", "decided certificate"),
    ("mourafaka.enrolment.graduated", "M24", "graduated"),
]


def live(day: date) -> None:
    """Run the cohort's morning flow of a day, and hand its events over to the server."""
    from prefect.events.worker import EventsWorker

    from flows.morning import morning

    assert morning(CODE, day.isoformat(), at(day).isoformat(), return_state=True).is_completed()
    EventsWorker.drain_all(timeout=15, at_exit=False)


def sign_certificate(house: House, on: date) -> None:
    with house.database.transaction() as session:
        decide(session, code=ONE, checkpoint="M24", outcome="certificate", by="k1", reason="enough", now=at(on, 15))


def ours_since(server: Server, since: str) -> list[dict[str, Any]]:
    """Return the events that flows emitted since an instant, in the order in which they happened."""
    question = {"occurred": {"since": since}, "event": {"prefix": ["mourafaka."]}, "order": "ASC"}
    found: list[dict[str, Any]] = server.ask("events/filter", {"filter": question})["events"]
    return found


def told(one: dict[str, Any]) -> tuple[str, dict[str, str], str, str]:
    payload = one["payload"]
    assert payload == {"enrolment": ONE, "subject": payload["subject"], "what": payload["what"]}
    return one["event"], one["resource"], payload["subject"], payload["what"]


def test_entering_a_stage_a_decision_and_a_graduation_are_events(house: House, server: Server) -> None:
    since = Clock().now().isoformat()
    open_enrolled(house.database)
    live(date(2027, 1, 4))
    evaluate(house.database, "M24", date(2029, 1, 4))
    live(date(2029, 1, 5))
    sign_certificate(house, date(2029, 1, 5))
    live(date(2029, 1, 8))
    wanted = [
        (name, {"prefect.resource.id": f"mourafaka.enrolment.{ONE}", "prefect.resource.name": ONE}, subject, what)
        for name, subject, what in TOLD
    ]
    assert eventually(lambda: [told(one) for one in ours_since(server, since)], wanted) == wanted
    text = json.dumps(ours_since(server, since), ensure_ascii=False)
    assert [word for word in PERSONAL if word in text] == []
