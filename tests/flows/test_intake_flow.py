"""The intake flow on the real engine: a list that lies on disk, taken in once, as a whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import func, select

from actions.state import business_state
from models import Contact, Cooperative, Enrolment, History, Notice, Step
from models.session import Database
from notifications.ledger import ledger_hash
from runtime.house import House
from tests.flows.server_api import Server, eventually
from tests.world import CODE, open_world, poison

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]

HEADER = "nom_cooperative;province;adherents;tribunal;numero registre;date d'immatriculation;president;telephone;email"
ARGAN = "Argan Idaoutanane;Chtouka Aït Baha;9;Agadir;1/2025;01/06/2025;Fadma Amzil;0661234501;fadma@coop.example"
MIEL = "Miel du Souss;Tiznit;12;Tiznit;2/2025;02/06/2025;Brahim Oubella;0661234502;brahim@coop.example"
SAFRAN = "Safran Taliouine;Taroudannt;7;Taroudant;3/2025;03/06/2025;Zahra Tafraout;0661234503;zahra@coop.example"
ELSEWHERE = MIEL.replace("Tiznit;12", "Rabat;12")
TOO_SMALL = SAFRAN.replace(";7;", ";2;").replace("zahra@coop.example", "zahra-at-coop")
PEOPLE = ("Fadma", "Amzil", "Brahim", "Oubella", "Zahra", "Tafraout", "66123450", "@coop", "zahra-at")
PERSONAL = (*PEOPLE, "Argan", "Miel", "Safran")
ACCEPTED = {"file": "list.csv", "status": "accepted", "stored": 2, "known": 0, "problems": [], "enrolled": 2}


@pytest.fixture
def cohort(house: House) -> Database:
    """A house with an open cohort, its staff, and nobody in it."""
    open_world(house.database, cooperatives=0)
    return house.database


def put_down(folder: Path, *rows: str) -> str:
    path = folder / "list.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8-sig")
    return str(path)


def take_in(path: str) -> Any:
    """Run the flow and return the state it ended in."""
    from flows.intake import intake

    return intake(path, CODE, return_state=True)


def run_of(end: Any) -> str:
    return str(end.state_details.flow_run_id)


def tasks_of(server: Server, run: str) -> list[tuple[str, str]]:
    """Return a run's task runs in the order of their start: name, and how it ended."""
    rows = sorted(server.of_run("task_runs", run), key=lambda row: str(row["start_time"]))
    return [(row["name"], row["state_name"]) for row in rows]


def told(server: Server, run: str) -> str:
    """Return, as one text, all that the server keeps of a run: itself, its tasks, logs, artifacts and events."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    EventsWorker.drain_all(timeout=15, at_exit=False)
    APILogWorker.drain_all(timeout=15, at_exit=False)
    shown = server.ask(f"flow_runs/{run}")
    ended = f"prefect.flow-run.{shown['state_name']}"
    assert eventually(lambda: ended in {one["event"] for one in events_of(server, run)}, expected=True)
    rest = [server.of_run(what, run) for what in ("task_runs", "logs", "artifacts")]
    return json.dumps([shown, events_of(server, run), rest], ensure_ascii=False)


def events_of(server: Server, run: str) -> list[dict[str, Any]]:
    question = {"any_resource": {"id": [f"prefect.flow-run.{run}"]}}
    found: list[dict[str, Any]] = server.ask("events/filter", {"filter": question})["events"]
    return found


def stored(database: Database) -> list[int]:
    with database.reading() as session:
        tables = (Cooperative, Contact, Enrolment, Step, Notice, History)
        return [session.exec(select(func.count()).select_from(table)).one() for table in tables]


def kept(database: Database) -> tuple[dict[str, Any], str]:
    with database.reading() as session:
        return business_state(session), ledger_hash(session.exec(select(Notice)))


def test_list_is_taken_into_the_cohort_and_enrolled(cohort: Database, tmp_path: Path) -> None:
    end = take_in(put_down(tmp_path, ARGAN, MIEL))
    with cohort.reading() as session:
        rows = session.exec(select(Enrolment.code, Enrolment.status).order_by(Enrolment.code)).all()
        of_one = select(History.by, History.verb).join(Enrolment).where(Enrolment.rank == 1)
        by = session.exec(of_one.order_by(History.id)).all()
        welcomed = session.exec(select(Notice.recipient).where(Notice.kind == "welcome").order_by(Notice.key)).all()
    assert (end.type, end.result()) == ("COMPLETED", ACCEPTED)
    assert list(rows) == [(f"{CODE}/001", "active"), (f"{CODE}/002", "active")]
    assert list(by) == [("intake", "selected"), ("intake", "enrolled")]
    assert list(welcomed) == [f"cooperative:{CODE}/001", f"cooperative:{CODE}/002"]


def test_intake_and_its_tasks_have_names_that_a_coordinator_understands(
    cohort: Database, tmp_path: Path, server: Server
) -> None:
    path = put_down(tmp_path, ARGAN, MIEL)
    run = run_of(take_in(path))
    shown = server.ask(f"flow_runs/{run}")
    tasks = [("read list.csv", "Completed"), (f"enrol {CODE}", "Completed")]
    assert (shown["name"], shown["parameters"]) == (f"intake · {CODE}", {"path": path, "cohort": CODE})
    assert eventually(lambda: tasks_of(server, run), tasks) == tasks


@pytest.mark.parametrize("rows", [(ARGAN, MIEL), (ARGAN, ELSEWHERE, TOO_SMALL)], ids=["accepted", "rejected"])
def test_intake_tells_prefect_nothing_of_people(
    cohort: Database, tmp_path: Path, server: Server, rows: tuple[str, ...]
) -> None:
    said = told(server, run_of(take_in(put_down(tmp_path, *rows))))
    assert "read list.csv" in said
    assert [word for word in PERSONAL if word in said] == []


def kept_results() -> set[Path]:
    """Return the files in which Prefect keeps what runs return or raise, with the values of a statement that failed."""
    from prefect.settings import PREFECT_LOCAL_STORAGE_PATH

    return set(Path(PREFECT_LOCAL_STORAGE_PATH.value()).rglob("*"))


@pytest.mark.database
def test_intake_stopped_by_the_database_tells_prefect_nothing_of_people(
    cohort: Database, tmp_path: Path, server: Server
) -> None:
    poison(cohort, "contact", "1 = 1")
    before = kept_results()
    said = told(server, run_of(take_in(put_down(tmp_path, ARGAN, MIEL))))
    assert [word for word in PERSONAL if word in said] == []
    assert kept_results() == before


def test_rejected_list_stores_nothing_and_its_run_names_the_rows(
    cohort: Database, tmp_path: Path, server: Server
) -> None:
    before = stored(cohort)
    run = run_of(take_in(put_down(tmp_path, ARGAN, ELSEWHERE, TOO_SMALL)))
    state = server.ask(f"flow_runs/{run}")["state"]
    tasks = [("read list.csv", "Completed")]
    assert (state["type"], state["message"]) == (
        "FAILED",
        "list.csv was rejected: rows [3, 4]; run `mourafaka import` to read why",
    )
    assert stored(cohort) == before == [0, 0, 0, 0, 0, 0]
    assert eventually(lambda: tasks_of(server, run), tasks) == tasks


def test_intake_run_twice_does_it_once(cohort: Database, tmp_path: Path) -> None:
    path = put_down(tmp_path, ARGAN, MIEL)
    take_in(path)
    first = kept(cohort)
    assert take_in(path).result() == {**ACCEPTED, "stored": 0, "known": 2, "enrolled": 0}
    assert kept(cohort) == first


def test_longer_list_enrols_what_is_new(cohort: Database, tmp_path: Path) -> None:
    take_in(put_down(tmp_path, ARGAN, MIEL))
    again = take_in(put_down(tmp_path, SAFRAN, ARGAN, MIEL)).result()
    with cohort.reading() as session:
        rows = session.exec(select(Enrolment.code, Enrolment.status).order_by(Enrolment.code)).all()
    assert again == {**ACCEPTED, "stored": 1, "known": 2, "enrolled": 1}
    assert list(rows) == [(f"{CODE}/00{rank}", "active") for rank in (1, 2, 3)]
