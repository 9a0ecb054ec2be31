"""A small invented world for tests: one cohort of Souss-Massa, its staff and a few cooperatives."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlmodel import Session

from actions.cohorts import open_cohort
from actions.people import add_person
from models import Cohort, Contact, Cooperative, Enrolment
from models.session import Database

DELEGATION = "region-souss-massa"
NOW = datetime(2026, 12, 14, 10, tzinfo=UTC)
START = date(2027, 1, 4)
CODE = "SM-2027"


def open_world(
    database: Database, *, cooperatives: int = 3, without_email: tuple[int, ...] = (), coaches: int = 1
) -> None:
    """Open a cohort that starts on Monday 2027-01-04, with staff and selected (not yet enrolled) cooperatives."""
    with database.transaction() as session:
        cohort = open_cohort(
            session, code=CODE, start_on=START, by="test", now=NOW, region="Souss-Massa", title="Souss-Massa 2027"
        )
        add_staff(session, coaches)
        for rank in range(1, cooperatives + 1):
            add_cooperative(session, cohort, rank, email=None if rank in without_email else f"coop{rank}@coop.example")


def add_staff(session: Session, coaches: int) -> None:
    """Add a coordinator k1, a delegate d1 and coaches c1, c2…, all of one delegation."""
    common = {"now": NOW, "delegation": DELEGATION}
    add_person(
        session,
        code="k1",
        name="Coordination",
        role="coordinator",
        email="k1@odco.example",
        phone="+212528000001",
        **common,
    )
    add_person(
        session, code="d1", name="Délégation", role="delegate", email="d1@odco.example", phone="+212528000002", **common
    )
    for number in range(1, coaches + 1):
        add_person(
            session,
            code=f"c{number}",
            name=f"Accompagnement {number}",
            role="coach",
            email=f"c{number}@odco.example",
            phone=f"+21252800001{number}",
            **common,
        )


def add_cooperative(
    session: Session, cohort: Cohort, rank: int, *, email: str | None, language: str = "fr"
) -> Enrolment:
    """Add a selected cooperative, SM-2027/001 and so on."""
    cooperative = Cooperative(
        name=f"Coopérative {rank}",
        name_ar=f"تعاونية {rank}",
        register_court="Agadir",
        register_number=f"{rank}/2025",
        registered_on=date(2025, 6, 1),
        province_code="09.001",
        members=9,
        created_at=NOW,
    )
    session.add(cooperative)
    session.flush()
    assert cooperative.id is not None
    assert cohort.id is not None
    session.add(
        Contact(
            cooperative_id=cooperative.id,
            name=f"Présidence {rank}",
            email=email,
            phone=f"+2125280010{rank:02d}",
            language=language,
            starts_on=NOW.date(),
        )
    )
    enrolment = Enrolment(
        code=f"{CODE}/{rank:03d}",
        cohort_id=cohort.id,
        cooperative_id=cooperative.id,
        programme_version_id=cohort.programme_version_id,
        delegation=DELEGATION,
        rank=rank,
    )
    session.add(enrolment)
    session.flush()
    return enrolment
