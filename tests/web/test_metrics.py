"""The house in figures: what each says, who may read them, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from sqlmodel import select
from starlette.testclient import TestClient

from actions.figures import measure
from actions.mornings import ROUND, keep, own
from actions.sending import hold_sending
from models import ChannelState, Notice, ServiceCopy
from runtime.clock import Clock
from runtime.house import House
from tests.journey.living import send
from tests.web.conftest import TODAY
from tests.world import CODE, at, everything_in, morning, plan_of, statements
from web.app import app_for
from web.metrics import Sent

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "mourafaka.rules.yml"
START = date(2027, 1, 4)


def asking(house: House, host: str = "127.0.0.1", base: str = "http://127.0.0.1:8000") -> TestClient:
    return TestClient(app_for(house), base_url=base, client=(host, 40000))


@pytest.fixture
def here(house: House) -> Iterator[TestClient]:
    """Asks on this machine."""
    with asking(house) as client:
        yield client


def figures(client: TestClient) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for one in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(one.labels.items()))
            found[f"{one.name}{{{labels}}}" if labels else one.name] = one.value
    return {name.removeprefix("mourafaka_"): value for name, value in found.items() if name.startswith("mourafaka_")}


def test_a_house_that_is_well_says_so_in_figures(house: House, here: TestClient) -> None:
    morning(house.database, TODAY)
    send(house.database, TODAY)
    began = at(TODAY, 8)
    keep(house.database, own(CODE), began_at=began, now=began + timedelta(seconds=5), failures=0)
    keep(house.database, ROUND, began_at=began, now=began + timedelta(seconds=7.5), failures=0)
    found = figures(here)
    revision = next(name for name in found if name.startswith("schema_info"))
    told = found.pop("notices_told_total")
    with house.database.reading() as session:
        assert told == len(session.exec(select(Notice.id).where(Notice.sent_at.is_not(None))).all())  # type: ignore[union-attr]
    assert told > 0
    assert found == {
        f"build_info{{version={version('mourafaka')}}}": 1,
        revision: 1,
        "database_up": 1,
        "outbox_notices{state=ready}": 0,
        "outbox_notices{state=later}": 0,
        "outbox_notices{state=sending}": 0,
        "outbox_oldest_age_seconds": 0,
        "notices_troubled{status=failed}": 0,
        "notices_troubled{status=in_doubt}": 0,
        "service_copies_failed": 0,
        "mail_held{cause=breaker}": 0,
        "mail_held{cause=person}": 0,
        "mail_held{cause=restore}": 0,
        "mail_paused": 0,
        f"work_due{{cohort={CODE}}}": 0,
        f"work_late{{cohort={CODE}}}": 0,
        "morning_missed": 0,
        "ailments": 0,
        "morning_last_success_timestamp_seconds": (began + timedelta(seconds=7.5)).timestamp(),
        "morning_duration_seconds": 7.5,
        "morning_failures": 0,
        f"cohort_morning_success_timestamp_seconds{{cohort={CODE}}}": (began + timedelta(seconds=5)).timestamp(),
        f"cohort_morning_failures{{cohort={CODE}}}": 0,
    }


def test_what_waits_for_a_morning_is_counted_and_what_waits_too_long(house: House, here: TestClient) -> None:
    found = figures(here)
    assert found[f"work_due{{cohort={CODE}}}"] > found[f"work_late{{cohort={CODE}}}"] - 1 > 0
    morning(house.database, TODAY)
    assert figures(here)[f"work_due{{cohort={CODE}}}"] == 0


def test_messages_that_do_not_leave_are_counted_with_the_age_of_the_oldest(house: House, here: TestClient) -> None:
    morning(house.database, TODAY)
    found = figures(here)
    assert found["outbox_notices{state=ready}"] > 0
    assert found["outbox_oldest_age_seconds"] == 16 * 86_400 + 3600  # welcomes may leave since 4 January, nine o'clock
    house.clock.move_to(at(START, 8))
    early = figures(here)
    assert (early["outbox_notices{state=ready}"], early["outbox_oldest_age_seconds"]) == (0, 0)
    assert early["outbox_notices{state=later}"] >= found["outbox_notices{state=ready}"]


def test_trouble_is_told_apart(house: House, here: TestClient) -> None:
    with house.database.transaction() as session:
        hold_sending(session, reason="the server moves", by="k1", now=at(TODAY))
        session.merge(ChannelState(channel="email", paused_until=at(TODAY, 11), reason="refused"))
        one = session.exec(select(Notice).order_by(Notice.id)).first()
        assert one is not None
        assert one.id is not None
        one.status = "in_doubt"
        session.add(
            ServiceCopy(
                notice_id=one.id, service="chat", title="", body="", send_at=at(TODAY), status="failed",
                settled_at=at(TODAY),
            )
        )  # fmt: skip
    keep(house.database, own(CODE), began_at=at(TODAY, 8), now=at(TODAY, 9), failures=3, broke=True)
    keep(house.database, ROUND, began_at=at(TODAY, 8), now=at(TODAY, 9), failures=1)
    found = figures(here)
    assert (found["mail_held{cause=person}"], found["mail_paused"], found["service_copies_failed"]) == (1, 1, 1)
    assert (found["notices_troubled{status=in_doubt}"], found["notices_troubled{status=failed}"]) == (1, 0)
    assert (found["morning_missed"], found["morning_failures"]) == (1, 1)
    assert found[f"cohort_morning_failures{{cohort={CODE}}}"] == 3
    assert f"cohort_morning_success_timestamp_seconds{{cohort={CODE}}}" not in found
    assert found["ailments"] >= 4


def test_a_house_without_its_database_says_that_alone(house: House, here: TestClient) -> None:
    with house.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE morning_run RENAME TO morning_run_gone")
    assert figures(here) == {f"build_info{{version={version('mourafaka')}}}": 1, "database_up": 0}


def test_nothing_of_anybody_is_in_it(house: House, here: TestClient) -> None:
    morning(house.database, TODAY)
    said = here.get("/metrics").text
    people = ("Coopérative", "Présidence", "Coordination", "k1", "+212", "@", "coop1")
    assert [one for one in people if one not in everything_in(house.database)] == []
    assert [one for one in people if one in said] == []


def test_process_is_measured_too(here: TestClient) -> None:
    assert "process_resident_memory_bytes " in here.get("/metrics").text


def test_prometheus_gets_the_format_that_it_asks_for(here: TestClient) -> None:
    plain = here.get("/metrics")
    asked = {"Accept": "application/openmetrics-text;version=1.0.0"}
    newer = here.get("/metrics", headers=asked)
    assert plain.headers["content-type"].startswith("text/plain")
    assert newer.headers["content-type"].startswith("application/openmetrics-text")
    assert newer.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("host", "base", "headers", "status"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", {}, 200),
        ("::1", "http://[::1]:8000", {}, 200),
        ("127.0.0.1", "http://localhost:8000", {}, 200),
        ("192.0.2.7", "http://127.0.0.1:8000", {}, 404),
        ("192.0.2.7", "http://192.0.2.1:8000", {}, 404),
        ("testclient", "http://127.0.0.1:8000", {}, 404),
        ("127.0.0.1", "https://suivi.example.ma", {}, 404),
        ("127.0.0.1", "http://127.0.0.1:8000", {"X-Forwarded-For": "192.0.2.7"}, 404),
        ("127.0.0.1", "http://127.0.0.1:8000", {"Forwarded": "for=192.0.2.7"}, 404),
    ],
)
def test_without_a_token_only_this_machine_reads_it(
    house: House, host: str, base: str, headers: dict[str, str], status: int
) -> None:
    with asking(house, host, base) as client:
        assert client.get("/metrics", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("given", "status"),
    [("Bearer a-long-token", 200), (None, 401), ("Bearer a-long-toke", 401), ("a-long-token", 401), ("Bearer é", 401)],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.7"])
def test_with_a_token_whoever_has_it_reads_it(house: House, host: str, given: str | None, status: int) -> None:
    closed = replace(house, settings=house.settings.model_copy(update={"metrics_token": "a-long-token"}))
    with asking(closed, host, "https://suivi.example.ma") as client:
        headers = [] if given is None else [(b"authorization", given.encode())]
        answer = client.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert answer.headers.get("www-authenticate") == (None if status == 200 else "Bearer")


def test_what_was_told_is_counted_once_and_added_to(house: House) -> None:
    days = [at(TODAY, 10) + timedelta(hours=hours) for hours in range(4)]
    sent = Sent()
    with house.database.transaction() as session:
        rows = session.exec(select(Notice)).all()
        assert len(rows) >= 2
        rows[0].sent_at = days[0]
    counted = []
    for now in days:
        with house.database.reading() as session, statements(house.database) as seen:
            counted.append(sent.total(session, now))
            asked = len([one for one in seen if one.startswith("SELECT")])
        assert asked == 2
        if now == days[1]:
            tell(house, days[2])
    assert counted == [1, 1, 2, 2]
    assert (Sent().total(session, days[-1]), sent.total(session, days[0])) == (2, 2)


def tell(house: House, when: datetime) -> None:
    with house.database.transaction() as session:
        waiting = select(Notice).where(Notice.sent_at.is_(None)).order_by(Notice.id)
        session.exec(waiting).first().sent_at = when  # type: ignore[union-attr]


def test_no_question_reads_a_whole_table(house: House) -> None:
    keep(house.database, ROUND, began_at=at(START), now=at(START), failures=0)
    with house.database.reading() as session, statements(house.database) as seen:
        measure(session, at(TODAY, 10))
        Sent().total(session, at(TODAY, 10))
    assert 30 <= len(seen) <= 45
    small = {"cohort", "hold", "role_assignment", "lease", "person", "holiday_override", "history", "programme_version"}
    grown = {"notice", "step", "passage", "enrolment", "morning_run", "service_copy", "evaluation"}
    scanned = {name for question in seen for name in scans(house, question)}
    assert scanned & grown == set()
    assert scanned <= small


def scans(house: House, question: str) -> set[str]:
    """Return the tables that a question reads from end to end."""
    if not question.startswith("SELECT"):
        return set()
    literal = re.sub(r"\?|%\([a-z_0-9]+\)s(::TIMESTAMP WITHOUT TIME ZONE|::\w+)?", "NULL", question)
    plan = plan_of(house.database, literal)
    return set(re.findall(r"(?:SCAN|Seq Scan on) (\w+)\b(?! USING)", plan)) - {"anon_1"}


def test_every_figure_that_an_alert_names_is_given(house: House, here: TestClient) -> None:
    keep(house.database, own(CODE), began_at=at(TODAY, 8), now=at(TODAY, 9), failures=0)
    keep(house.database, ROUND, began_at=at(TODAY, 8), now=at(TODAY, 9), failures=0)
    given = {f"mourafaka_{name.partition('{')[0]}" for name in figures(here)}
    rules = [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]
    named = {name for rule in rules for name in re.findall(r"\bmourafaka_\w+", rule["expr"])}
    assert len(rules) == 10
    assert named - given == set()
    assert {"alert", "expr", "labels", "annotations"} <= set.intersection(*map(set, rules))


def test_virtual_clock_is_the_figures_clock(house: House) -> None:
    later = replace(house, clock=Clock(at(TODAY + timedelta(days=30), 10)))
    with asking(later) as client:
        assert figures(client)[f"work_late{{cohort={CODE}}}"] > 0
