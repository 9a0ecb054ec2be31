"""Alerts: a person is told once that something is amiss, and answers what the rule proposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from actions import history
from actions.conclude import Conclusion
from actions.desk import open_desk
from actions.ends import end
from actions.lookup import cohort_of_enrolment, enrolment_named
from actions.pause import said, suspend
from actions.tell import tell
from actions.watch import found, told, watch
from models import Alert, Cooperative, Enrolment
from notifications.promises import Word
from programme.alerts import AlertKind, Finding, to_raise
from programme.civil import civil_day
from programme.pausing_errors import NoAlert, NothingToAccept
from programme.wording import Bilingual, Language, Sentence, Tally, counted, recounted, sentence

TITLES: Mapping[AlertKind, Tally] = {
    "missed_in_a_row": Tally(
        fr=("{count} séance manquée de suite", "{count} séances manquées de suite"),
        ar=(
            "لا جلسة متتالية لم تعقد",
            "جلسة واحدة لم تعقد",
            "جلستان متتاليتان لم تعقدا",
            "{count} جلسات متتالية لم تعقد",
            "{count} جلسة متتالية لم تعقد",
            "{count} جلسة متتالية لم تعقد",
        ),
    ),
    "missed_sessions": Tally(
        fr=(
            "{count} séance manquée : suspension proposée",
            "{count} séances manquées : suspension proposée",
        ),
        ar=(
            "لا جلسة لم تعقد؛ اقتراح توقيف مؤقت",
            "جلسة واحدة لم تعقد؛ اقتراح توقيف مؤقت",
            "جلستان لم تعقدا؛ اقتراح توقيف مؤقت",
            "{count} جلسات لم تعقد؛ اقتراح توقيف مؤقت",
            "{count} جلسة لم تعقد؛ اقتراح توقيف مؤقت",
            "{count} جلسة لم تعقد؛ اقتراح توقيف مؤقت",
        ),
    ),
    "no_contact": Tally(
        fr=(
            "Aucun contact depuis {count} jour : suspension proposée",
            "Aucun contact depuis {count} jours : suspension proposée",
        ),
        ar=(
            "لا تواصل اليوم: اقتراح توقيف مؤقت",
            "لا تواصل منذ يوم واحد: اقتراح توقيف مؤقت",
            "لا تواصل منذ يومين: اقتراح توقيف مؤقت",
            "لا تواصل منذ {count} أيام: اقتراح توقيف مؤقت",
            "لا تواصل منذ {count} يوما: اقتراح توقيف مؤقت",
            "لا تواصل منذ {count} يوم: اقتراح توقيف مؤقت",
        ),
    ),
    "suspended_long": Tally(
        fr=(
            "Suspendue depuis plus de {count} jour : sortie proposée",
            "Suspendue depuis plus de {count} jours : sortie proposée",
        ),
        ar=(
            "موقوفة منذ اليوم: اقتراح الخروج",
            "موقوفة منذ أكثر من يوم واحد: اقتراح الخروج",
            "موقوفة منذ أكثر من يومين: اقتراح الخروج",
            "موقوفة منذ أكثر من {count} أيام: اقتراح الخروج",
            "موقوفة منذ أكثر من {count} يوما: اقتراح الخروج",
            "موقوفة منذ أكثر من {count} يوم: اقتراح الخروج",
        ),
    ),
}
"""What the coordinator reads in the message of the day of what is counted."""
CHECKPOINT_LATE = Bilingual(fr="Évaluation {about} hors délai", ar="تقييم {about} خارج الأجل")
"""The same of a checkpoint."""

SENTENCES: Mapping[AlertKind, Sentence] = {
    "missed_in_a_row": counted(
        "{count} coaching session missed in a row", "{count} coaching sessions missed in a row", 0
    ),
    "missed_sessions": counted(
        "{count} coaching session missed: a suspension is proposed",
        "{count} coaching sessions missed: a suspension is proposed",
        0,
    ),
    "no_contact": counted(
        "no contact for {count} day: a suspension is proposed",
        "no contact for {count} days: a suspension is proposed",
        0,
    ),
    "checkpoint_late": sentence("the evaluation {about} is past its window"),
    "suspended_long": counted(
        "suspended for more than {count} day: an exit is proposed",
        "suspended for more than {count} days: an exit is proposed",
        0,
    ),
}
"""The same in a command's output, still without its figures."""


def raise_alerts(session: Session, enrolment_id: int, *, now: datetime) -> list[Conclusion]:
    """Tell the coordinator what is amiss with one enrolment and was not told yet, and set when to look again."""
    enrolment = session.get_one(Enrolment, enrolment_id)
    amiss = to_raise(found(session, enrolment), told(session, enrolment), civil_day(now))
    for finding in amiss:
        session.add(_alert(enrolment, finding, civil_day(now)))
        history.record(
            session, enrolment, "alert raised", by="engine", now=now, subject=finding.kind, **_facts_of(finding)
        )
    if amiss:
        _tell(session, enrolment, amiss, now=now)
    watch(session, enrolment)
    return [Conclusion(enrolment.code, enrolment_id, one.kind, f"alerted {one.kind}") for one in amiss]


def _facts_of(finding: Finding) -> dict[str, Any]:
    return {"about": finding.about, "count": finding.count, "on": str(finding.on), "proposal": finding.proposal}


def _alert(enrolment: Enrolment, finding: Finding, today: date) -> Alert:
    return Alert(
        enrolment_id=enrolment.id or 0,
        kind=finding.kind,
        about=finding.about,
        detail=_facts_of(finding),
        proposal=finding.proposal,
        raised_on=today,
    )


def _tell(session: Session, enrolment: Enrolment, amiss: Sequence[Finding], *, now: datetime) -> None:
    cohort = cohort_of_enrolment(session, enrolment)
    desk = open_desk(session, cohort, [enrolment], now=now)
    to, contact = desk.people.find("coordinator", enrolment), desk.people.find("cooperative", enrolment)
    if to is None:
        return
    words = []
    for finding in amiss:
        facts = {
            "title": {"fr": _title(finding, "fr"), "ar": _title(finding, "ar")},
            "cooperative_phone": contact.phone if contact else None,
        }
        words.append(Word("alert", enrolment, to, desk.today, facts, mark=f"-{finding.kind}@{finding.about}"))
    tell(desk, words, cohort)


def _title(finding: Finding, language: Language) -> str:
    if finding.kind in TITLES:
        return TITLES[finding.kind].of(language, finding.count)
    return CHECKPOINT_LATE.of(language).format(about=finding.about)


def open_alerts(session: Session) -> list[dict[str, Any]]:
    """Return the alerts that nobody has answered, the oldest first, as rows of a command's table."""
    rows = session.exec(
        select(Alert, Enrolment.code, Cooperative.name)
        .join(Enrolment, col(Alert.enrolment_id) == col(Enrolment.id))
        .join(Cooperative, col(Enrolment.cooperative_id) == col(Cooperative.id))
        .where(Alert.status == "open")
        .order_by(col(Alert.raised_on), col(Enrolment.code), col(Alert.kind))
    )
    return [
        {
            "enrolment": code,
            "cooperative": name,
            "kind": alert.kind,
            "about": alert.about,
            "count": alert.detail.get("count"),
            "proposal": alert.proposal,
            "raised_on": alert.raised_on.isoformat(),
        }
        for alert, code, name in rows
    ]


def spoken(row: Mapping[str, Any]) -> Sentence:
    """Say an open alert."""
    kind: AlertKind = row["kind"]
    return recounted(SENTENCES[kind], row["count"] or 0, about=row["about"])


def answer_alert(session: Session, *, code: str, kind: str, accept: bool, by: str, reason: str, now: datetime) -> Alert:
    """Carry out what an alert proposes, or dismiss it; the same thing later is another alert."""
    enrolment = enrolment_named(session, code)
    alert = session.exec(
        select(Alert)
        .where(Alert.enrolment_id == enrolment.id, Alert.kind == kind, Alert.status == "open")
        .order_by(col(Alert.id))
    ).first()
    if alert is None:
        raise NoAlert(code=code, kind=kind)
    if accept and alert.proposal is None:
        raise NothingToAccept(code=code, kind=kind)
    alert.status = "accepted" if accept else "dismissed"
    alert.closed_on, alert.closed_by, alert.reason = civil_day(now), by, said(reason)
    session.add(alert)
    session.flush()
    history.record(
        session, enrolment, f"alert {alert.status}", by=by, now=now, subject=kind, why=said(reason), about=alert.about
    )
    if accept and alert.proposal == "suspension":
        suspend(session, code=code, reason=said(reason), by=by, now=now)
    elif accept:
        end(session, code=code, how="excluded", reason=said(reason), by=by, now=now)
    else:
        watch(session, enrolment)
    return alert
