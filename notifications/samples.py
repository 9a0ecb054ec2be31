"""Plausible facts for each kind of notice: for checks, for the gallery, and for whoever writes a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

COMMON: Final[dict[str, Any]] = {
    "recipient": "Mme Exemple",
    "cooperative": "Coopérative Exemple Souss",
    "cohort": "Tranche 4, phase 2",
    "contact_name": "Coach Exemple",
    "contact_phone": "+212600000012",
    "privacy_contact": "donnees@example.org",
}
STEP: Final = {"fr": "Adoption du plan de développement par le conseil", "ar": "مصادقة مجلس الإدارة على مخطط التنمية"}
PLAN: Final = {"fr": "Plan de développement rédigé", "ar": "تحرير مخطط التنمية"}
REPORT: Final = {"fr": "Rapport de la séance 3", "ar": "تقرير الجلسة 3"}
TAKEN_OVER: Final = {"fr": "Suivi repris de Coach Exemple", "ar": "مواكبة كانت على عاتق المواكب السابق"}
CORRECTED: Final = {"fr": "Évaluation à 12 mois : proposition changée", "ar": "تقييم الشهر 12: تغير الاقتراح"}
MEETING: Final = {"fr": "Module Gouvernance, première journée", "ar": "وحدة الحكامة، اليوم الأول"}
CHECKPOINT: Final = {"fr": "Évaluation à 12 mois", "ar": "تقييم الشهر 12"}
NEXT: Final = {"fr": "Séance d’accompagnement 6", "ar": "جلسة المواكبة 6"}
ARABIC_SCRIPT: Final = "المطلوب من تعاونية «النور»: مصادقة مجلس الإدارة.\nآخر أجل هو الجمعة 5 مارس 2027."


def item(
    kind: str, cooperative: str | None, title: dict[str, str] | None, due_on: str | None, days: int | None, **more: Any
) -> dict[str, Any]:
    """Return one line of a digest."""
    phones = {"Coopérative Exemple Souss": "+212600000021", "تعاونية النور": "+212600000022"}
    phone = phones.get(cooperative or "")
    return {
        "kind": kind,
        "cooperative": cooperative,
        "cooperative_phone": phone,
        "title": title,
        "due_on": due_on,
        "days": days,
        "script": None,
        "text": None,
        "owner_role": None,
        "owner_name": None,
    } | more


COACH_ITEMS: Final = [
    item("step_reminder", "Coopérative Exemple Atlas", PLAN, "2027-03-06", 1),
    item("step_reminder", "Coopérative Exemple Souss", REPORT, "2027-03-12", 7),
    item("step_late", "Coopérative Exemple Souss", PLAN, "2027-03-02", -3),
    item("call", "تعاونية النور", STEP, "2027-03-05", 0, script=ARABIC_SCRIPT),
    item("info", None, None, None, None, text="La délégation est fermée le 11 mars."),
]
COORDINATOR_ITEMS: Final = [
    item(
        "escalation",
        "Coopérative Exemple Souss",
        PLAN,
        "2027-02-26",
        -7,
        owner_role="coach",
        owner_name="Coach Exemple",
    ),
    item("escalation", "تعاونية النور", STEP, "2027-02-25", -8, owner_role="cooperative"),
    item("step_reminder", "Coopérative Exemple Atlas", REPORT, "2027-03-06", 1, owner_role="coordinator"),
]
DELEGATE_ITEMS: Final = [
    item(
        "escalation",
        "Coopérative Exemple Souss",
        PLAN,
        "2027-02-12",
        -21,
        owner_role="coach",
        owner_name="Coach Exemple",
    ),
]
DIGEST: Final[dict[str, Any]] = {"recipient": None, "cooperative": None, "day": "2027-03-05"}

OWN: Final[dict[str, dict[str, Any]]] = {
    "welcome": {"start_on": "2027-01-04", "end_on": "2029-01-04"},
    "step_reminder": {"step": STEP, "due_on": "2027-03-05", "days": 7},
    "step_late": {"step": STEP, "due_on": "2027-03-05", "days_late": 3},
    "meeting": {
        "meeting": MEETING,
        "on": "2027-03-05",
        "at": "10:00",
        "ends_at": "12:30",
        "place": "Maison de l’Exemple, Agadir",
        "days": 2,
    },
    "date_changed": {
        "step": MEETING,
        "was_on": "2027-03-05",
        "on": "2027-03-19",
        "at": "10:00",
        "ends_at": "12:30",
        "place": "Maison de l’Exemple, Agadir",
    },
    "meeting_cancelled": {
        "meeting": MEETING,
        "on": "2027-03-05",
        "at": "10:00",
        "ends_at": "12:30",
        "place": "Maison de l’Exemple, Agadir",
    },
    "coach_digest": DIGEST | {"items": COACH_ITEMS},
    "coordinator_digest": DIGEST | {"items": COORDINATOR_ITEMS},
    "delegate_digest": DIGEST | {"items": DELEGATE_ITEMS},
    "checkpoint_result": {"checkpoint": CHECKPOINT, "decided_on": "2028-01-10", "outcome": "continue", "next": NEXT},
    "certificate": {
        "outcome": "certificate",
        "decided_on": "2029-01-15",
        "modules_present": 4,
        "modules_total": 4,
        "sessions_held": 11,
        "sessions_total": 12,
    },
    "resumed": {"resumed_on": "2027-03-15", "next": NEXT, "due_on": "2027-03-17", "at": "10:00"},
}


def sample_facts(kind: str) -> dict[str, Any]:
    """Return the facts of a notice of this kind; a fresh dictionary, so that a caller may change it."""
    return COMMON | OWN[kind]


LONG: Final[dict[str, Any]] = {
    "recipient": "Mme la Présidente Fatima-Zahra Exemple Bent Mohammed Aït Exemple",
    "cooperative": "Coopérative féminine agricole des productrices exemplaires d’huile d’argan de la vallée de Tata",
    "contact_name": "Mohammed-Abdellatif Exemple El Idrissi El Alaoui",
}
ARABIC: Final[dict[str, Any]] = {
    "recipient": "السيدة الرئيسة مثال",
    "cooperative": "التعاونية النسوية الفلاحية لمنتجات زيت الأركان والنباتات الطبية والعطرية بأعالي وادي طاطا",
    "contact_name": "مواكب مثال",
}
NAMED: Final = {"fr": "Coopérative Exemple Souss", "ar": "تعاونية مثال سوس"}
LONG_STEP: Final = {
    "fr": "Dépôt du procès-verbal de l’assemblée générale ordinaire et des états de synthèse au registre local",
    "ar": "إيداع محضر الجمع العام العادي والقوائم التركيبية لدى السجل المحلي للتعاونيات",
}
CASES: Final[dict[str, list[dict[str, Any]]]] = {
    "step_reminder": [{"days": days} for days in (0, 1, 2, 14)],
    "step_late": [{"days_late": days} for days in (1, 2, 11)],
    "meeting": [{"place": None}, {"days": 0}, {"days": 1}],
    "meeting_cancelled": [{"place": None}],
    "date_changed": [{"place": None}, {"at": None}, {"was_on": "2027-03-19"}],
    "checkpoint_result": [
        *({"outcome": outcome} for outcome in ("recovery", "certificate", "participation", "exit")),
        {"next": None},
    ],
    "certificate": [{"outcome": "participation"}],
    "resumed": [{"at": None}, {"next": None, "due_on": None, "at": None}],
}
"""What differs from one notice of a kind to another."""


def facts_for(kind: str, reading: str) -> dict[str, Any]:
    """Return the facts of a notice of this kind for somebody who reads so: names as they are written there."""
    facts = sample_facts(kind)
    if facts["cooperative"] and reading != "fr":
        facts |= {"cooperative": NAMED["ar"], "recipient": ARABIC["recipient"]}
    return facts | ({"cooperative_in": NAMED} if reading == "both" else {})


def every_case(kind: str) -> Iterator[dict[str, Any]]:
    """Yield the facts of each case of a kind, then with names and titles as long as they come, in either script."""
    facts = sample_facts(kind)
    yield facts
    yield from (facts | case for case in CASES.get(kind, []))
    if facts["cooperative"]:
        titles = {name: LONG_STEP for name in ("step", "meeting", "checkpoint", "next") if name in facts}
        yield from (facts | names | titles for names in (LONG, ARABIC))
