"""What is logged of mornings and deliveries through the real engine, failures too, names nobody."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlmodel import col, select

from actions.enrol import enrol_cohort
from models import Contact, Cooperative, Notice, Person
from notifications.answers import Answer, MemoryMailer
from runtime import house as houses
from runtime.house import House
from runtime.logs import Json
from tests.flows.server_api import Server, eventually
from tests.world import CODE, NOW, assign_coaches, at, open_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]

LOUD = ("", "mourafaka", "prefect", "prefect.flow_runs", "prefect.task_runs", "uvicorn", "sqlalchemy.engine", "apprise")


class Talkative(MemoryMailer):
    """Refuses the first with its address in the answer, breaks down at the third with a name in its words."""

    def send(self, address: str, body: bytes) -> Answer:
        self.sent.append((address, body))
        if len(self.sent) == 1:
            return Answer("refused", 550, f"<{address}> Présidence 1 is unknown here", bad_address=True)
        if len(self.sent) == 3:
            raise RuntimeError(f"no route to {address} for Présidence 2, +212528001002")
        return Answer("accepted", 250, "")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that any logger says, at its loudest, as the log would have it."""
    out = io.StringIO()
    listening = logging.StreamHandler(out)
    listening.setFormatter(Json())
    before = {name: logging.getLogger(name).level for name in LOUD}
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.INFO if name == "sqlalchemy.engine" else logging.DEBUG)
    logging.getLogger().addHandler(listening)
    yield out
    logging.getLogger().removeHandler(listening)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def people(house: House) -> set[str]:
    with house.database.reading() as session:
        contacts, staff = session.exec(select(Contact)).all(), session.exec(select(Person)).all()
        cooperatives = session.exec(select(Cooperative)).all()
    persons = {word for one in (*contacts, *staff) for word in (one.name, one.email, one.phone) if word}
    return persons | {word for one in cooperatives for word in (one.name, one.name_ar) if word}


def test_nobody_is_named(house: House, log: io.StringIO, server: Server) -> None:
    from flows.delivery import delivery
    from flows.run_day import run_mornings
    from tests.flows.test_rounds import spoil

    open_world(house.database, cooperatives=4)
    with house.database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    assign_coaches(house.database)
    spoil(house, f"{CODE}/004")
    monday = house.clock.today()
    assert len(run_mornings(house.clock.now()).failures) == 1
    house.clock.move_to(at(monday, 10))
    houses.use(replace(house, mailer=Talkative()))
    end = delivery(return_state=True)
    assert end.is_failed()
    with house.database.reading() as session:
        notices = session.exec(select(Notice).where(col(Notice.error).contains("Présidence 1"))).all()
    assert len(notices) == 1  # it is in the ledger, where it belongs
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {line["logger"].partition(".")[0] for line in lines} >= {"mourafaka", "prefect", "sqlalchemy"}
    assert any(line.get("failure", "").startswith("DeliveryBrokeOffError") for line in lines)
    named = people(house)
    assert len(named) == 29
    assert [line for line in lines if any(one in json.dumps(line, ensure_ascii=False) for one in named)] == []
    assert end.state_details.flow_run_id is not None
    stored = kept_by_prefect(server, str(end.state_details.flow_run_id))
    assert "DeliveryBrokeOffError" in stored
    assert [one for one in named if one in stored] == []


def kept_by_prefect(server: Server, run: str) -> str:
    """Return all that Prefect's server keeps of a run: its state, its tasks, its log."""
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=30, at_exit=False)

    def found() -> list[object]:
        return [server.of_run("logs", run), server.of_run("task_runs", run)]

    assert eventually(lambda: [bool(one) for one in found()], [True, True]) == [True, True]
    return json.dumps([server.ask(f"flow_runs/{run}"), *found()], ensure_ascii=False)
