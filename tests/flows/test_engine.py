"""The flows on the real Prefect engine: names, artifacts, and failures that hold back nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from actions.enrol import enrol_cohort
from models import Enrolment, Lease, Notice, Passage, ProgrammeVersion
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.ledger import ledger_hash
from programme.errors import MorningBusy
from runtime import house as houses
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from tests.world import CODE, NOW, open_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]

START_MORNING = datetime(2027, 1, 4, 8, tzinfo=UTC)


@pytest.fixture
def house(database: Database, data_dir: Path, prefect: str) -> Iterator[House]:
    """A house with three enrolled cooperatives, its mails in memory, its flows on the real engine."""
    assert prefect
    open_world(database, cooperatives=3, without_email=(2,))
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    settings = Settings(data_dir=data_dir, _env_file=None)
    yield houses.use(House(settings, Clock(START_MORNING), database, mailer=MemoryMailer()))
    houses.use(None)  # type: ignore[arg-type] # nobody's house again


def _runs(name: str) -> list[object]:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName

    with get_client(sync_client=True) as client:
        return list(client.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=[name])), limit=200))


def test_morning_enters_the_first_stage_and_reminds(house: House) -> None:
    from flows.run_day import run_day

    house.clock.move_to(datetime(2027, 1, 4, 9, 30, tzinfo=UTC))
    day = run_day()
    with house.database.reading() as session:
        entered = session.exec(select(Passage.entered_on).where(Passage.stage == "start")).all()
        sent = session.exec(select(Notice.kind).where(Notice.status == "sent", Notice.channel == "email")).all()
    assert day.failures == []
    assert entered == [date(2027, 1, 4)] * 3
    assert sorted(sent) == ["coordinator_digest", "welcome", "welcome"]


def test_runs_have_names_that_a_coordinator_understands(house: House) -> None:
    from flows.run_day import run_day

    run_day()
    assert f"morning · {CODE} · 2027-01-04" in {run.name for run in _runs("morning")}  # type: ignore[attr-defined]
    assert f"start · {CODE} · 2027-01-04" in {run.name for run in _runs("start")}  # type: ignore[attr-defined]


def test_cohort_has_a_table_of_where_everybody_stands(house: House) -> None:
    from prefect.artifacts import Artifact

    from flows.run_day import run_day

    run_day()
    table = Artifact.get("cohort-sm-2027")
    assert table is not None
    rows = json.loads(table.data)
    assert [row["enrolment"] for row in rows] == [f"{CODE}/001", f"{CODE}/002", f"{CODE}/003"]
    assert [row["stage"] for row in rows] == ["Démarrage"] * 3


def _break(database: Database, code: str) -> None:
    """Pin an enrolment to a version whose text cannot be read any more."""
    with database.transaction() as session:
        spoilt = ProgrammeVersion(
            programme="mourafaka",
            version=99,
            content_hash="spoilt",
            body="programme: [",
            published_at=NOW,
            published_by="test",
        )
        session.add(spoilt)
        session.flush()
        enrolment = session.exec(select(Enrolment).where(Enrolment.code == code)).one()
        assert spoilt.id is not None
        enrolment.programme_version_id = spoilt.id


def test_a_failing_enrolment_shows_and_the_others_go_on(house: House) -> None:
    from flows.run_day import run_day

    _break(house.database, f"{CODE}/002")
    day = run_day()
    with house.database.reading() as session:
        entered = session.exec(
            select(Enrolment.code).join(Passage).where(Passage.stage == "start", Passage.entered_on == date(2027, 1, 4))
        ).all()
    assert sorted(entered) == [f"{CODE}/001", f"{CODE}/003"]
    assert len(day.failures) == 1
    assert "1 of start failed, the others went on" in day.failures[0]


def test_running_the_day_twice_does_nothing_twice(house: House) -> None:
    from flows.run_day import run_day

    house.clock.move_to(datetime(2027, 1, 4, 9, 30, tzinfo=UTC))
    run_day()
    with house.database.reading() as session:
        first = ledger_hash(session.exec(select(Notice)))
    house.clock.move_to(datetime(2027, 1, 4, 9, 40, tzinfo=UTC))
    run_day()
    with house.database.reading() as session:
        assert ledger_hash(session.exec(select(Notice))) == first


def test_a_second_morning_at_once_is_refused(house: House) -> None:
    from flows.morning import morning

    with house.database.transaction() as session:
        session.add(
            Lease(name=f"morning:{CODE}", holder="another", until=datetime(2027, 1, 4, 8, 30, tzinfo=UTC), fence=1)
        )
    end = morning(CODE, "2027-01-04", START_MORNING.isoformat(), return_state=True)
    assert end.is_failed()
    with pytest.raises(MorningBusy):
        end.result()


def test_scheduled_mornings_pass_a_cohort_by_whose_morning_is_under_way(house: House) -> None:
    from flows.morning import mornings

    with house.database.transaction() as session:
        session.add(
            Lease(name=f"morning:{CODE}", holder="another", until=datetime(2027, 1, 4, 8, 30, tzinfo=UTC), fence=1)
        )
    assert mornings("2027-01-04", START_MORNING.isoformat()) == "0 cohorts"
    house.clock.move_to(datetime(2027, 1, 4, 9, tzinfo=UTC))
    assert mornings("2027-01-04", "2027-01-04T09:00:00+00:00") == "1 cohorts"
