"""The list of cooperatives: each one's own fields, who answers for it, its coach, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from actions.access_log import reach_of
from actions.cohorts import cohort_of
from actions.intake import COOPERATIVE_FIELDS
from actions.state import Standing, standings
from models import AccessLog, Cohort, Contact, Cooperative, Enrolment
from models.among import among
from models.columns import columns
from notifications.recipients import Directory, directory, held
from programme.civil import civil_day
from programme.territory import Province, Region, resolve_province, resolve_region
from programme.wording import Bilingual

OURS = {
    "code": Bilingual(fr="Code", ar="الرمز"),
    "cohort": Bilingual(fr="Cohorte", ar="الدفعة"),
    "delegation": Bilingual(fr="Délégation", ar="المندوبية"),
    "coach": Bilingual(fr="Accompagnateur", ar="المواكب(ة)"),
    "status": Bilingual(fr="État", ar="الوضعية"),
    "outcome": Bilingual(fr="Issue", ar="النتيجة"),
    "start_on": Bilingual(fr="Début", ar="البداية"),
    "ended_on": Bilingual(fr="Fin", ar="النهاية"),
    "stage": Bilingual(fr="Étape en cours", ar="المرحلة الحالية"),
    "next_step": Bilingual(fr="Prochaine action", ar="الإجراء المقبل"),
    "next_due_on": Bilingual(fr="Échéance", ar="الأجل"),
    "days_late": Bilingual(fr="Jours de retard", ar="أيام التأخير"),
}
"""What a list says beside the fields that an import reads, and how it heads it."""


def listing(
    session: Session, *, cohort: str | None = None, by: str, now: datetime, language: str = "fr"
) -> list[dict[str, Any]]:
    """Return each stored cooperative of a cohort (or of all) as a row, by code; what it names is in ``language``.

    A coordinator of the staff gets those of their territory, others of the staff none. Whose data are handed out is
    written into the access log.
    """
    reach = reach_of(session, by, now)
    query = select(Cohort).order_by(Cohort.code)
    cohorts = [cohort_of(session, cohort)] if cohort else list(session.exec(query))
    return [row for one in cohorts for row in _rows(session, one, reach, by=by, now=now, language=language)]


def _rows(
    session: Session, cohort: Cohort, reach: set[str] | None, *, by: str, now: datetime, language: str
) -> Iterator[dict[str, Any]]:
    today = civil_day(now)
    query = select(Enrolment, Cooperative).join(Cooperative).where(Enrolment.cohort_id == cohort.id)
    if reach is not None:
        query = query.where(col(Enrolment.delegation).in_(reach))
    found = session.exec(query.order_by(col(Enrolment.rank))).all()
    people = directory(session, [enrolment for enrolment, _ in found], today)
    stands = {one.code: one for one in standings(session, cohort.code, today, language=language)}
    _log(session, [cooperative.id for _, cooperative in found], by, now)
    for enrolment, cooperative in found:
        yield {
            "code": enrolment.code,
            "cohort": cohort.code,
            **_cooperative(cooperative, language),
            **_people(people, enrolment),
            **_standing(enrolment, stands[enrolment.code]),
        }


def _cooperative(row: Cooperative, language: str) -> dict[str, Any]:
    province = resolve_province(row.province_code)
    region = resolve_region(province.region_code) if province else None
    return {
        **{name: getattr(row, name) for name in COOPERATIVE_FIELDS},
        "region": _said(region, language),
        "province": _said(province, language),
    }


def _said(place: Province | Region | None, language: str) -> str | None:
    return Bilingual(fr=place.fr, ar=place.ar).of(language) if place else None


def _people(people: Directory, enrolment: Enrolment) -> dict[str, Any]:
    contact, coach = people.contacts.get(enrolment.cooperative_id), people.coaches.get(enrolment.id or 0)
    return {
        "president": contact.name if contact else None,
        "phone": contact.phone if contact else None,
        "email": contact.email if contact else None,
        "language": contact.language if contact else None,
        "coach": coach.name if coach else None,
    }


def _standing(enrolment: Enrolment, stands: Standing) -> dict[str, Any]:
    return {
        "delegation": enrolment.delegation,
        "status": enrolment.status,
        "outcome": enrolment.outcome,
        "start_on": enrolment.start_on,
        "ended_on": enrolment.ended_on,
        "stage": stands.stage or None,
        "next_step": stands.next_step or None,
        "next_due_on": stands.next_due_on,
        "days_late": stands.days_late,
    }


def _log(session: Session, cooperative_ids: Sequence[int | None], by: str, now: datetime) -> None:
    """Write down whose data are handed out: one statement, however many they are."""
    contact, today = columns(Contact), civil_day(now)
    asked = sa.select(
        sa.literal(now, type_=columns(AccessLog).at.type),
        sa.literal(by),
        sa.literal("export"),
        sa.literal("contact"),
        contact.id,
        sa.literal(1),
    ).where(among(contact.cooperative_id, [one for one in cooperative_ids if one is not None]), *held(contact, today))
    names = ["at", "by", "action", "subject", "subject_id", "rows"]
    session.execute(sa.insert(AccessLog).from_select(names, asked))
