"""One plausible set of facts for each kind of notice, as it is promised, and ways to read a mail."""

from __future__ import annotations

import re
from typing import Any

COMMON = {
    "recipient": "Mme Exemple",
    "cooperative": "Coopérative Exemple Souss",
    "cohort": "Tranche 4, phase 2",
    "contact_name": "Coach Exemple",
    "contact_phone": "+212600000012",
    "privacy_contact": "donnees@example.org",
}
STEP = {"fr": "Adoption du plan de développement par le conseil", "ar": "مصادقة مجلس الإدارة على مخطط التنمية"}
PLAN = {"fr": "Plan de développement rédigé", "ar": "تحرير مخطط التنمية"}
REPORT = {"fr": "Rapport de la séance 3", "ar": "تقرير الجلسة 3"}
TAKEN_OVER = {"fr": "Suivi repris de Coach Exemple", "ar": "مواكبة كانت على عاتق المواكب السابق"}
CORRECTED = {"fr": "Évaluation à 12 mois : proposition changée", "ar": "تقييم الشهر 12: تغير الاقتراح"}
MEETING = {"fr": "Module Gouvernance, première journée", "ar": "وحدة الحكامة، اليوم الأول"}
CHECKPOINT = {"fr": "Évaluation à 12 mois", "ar": "تقييم الشهر 12"}
NEXT = {"fr": "Séance d’accompagnement 6", "ar": "جلسة المواكبة 6"}
ARABIC_SCRIPT = "المطلوب من تعاونية «النور»: مصادقة مجلس الإدارة.\nآخر أجل هو الجمعة 5 مارس 2027."


def item(
    kind: str, cooperative: str | None, title: dict[str, str] | None, due_on: str | None, days: int | None, **more: Any
) -> dict[str, Any]:
    """One line of a digest."""
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


COACH_ITEMS = [
    item("step_reminder", "Coopérative Exemple Atlas", PLAN, "2027-03-06", 1),
    item("step_reminder", "Coopérative Exemple Souss", REPORT, "2027-03-12", 7),
    item("step_late", "Coopérative Exemple Souss", PLAN, "2027-03-02", -3),
    item("call", "تعاونية النور", STEP, "2027-03-05", 0, script=ARABIC_SCRIPT),
    item("info", None, None, None, None, text="La délégation est fermée le 11 mars."),
]
COORDINATOR_ITEMS = [
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
DELEGATE_ITEMS = [
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
DIGEST = {"recipient": None, "cooperative": None, "day": "2027-03-05"}

OWN: dict[str, dict[str, Any]] = {
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
    """The facts of a notice of this kind; a fresh dictionary, so that a test may change it."""
    return COMMON | OWN[kind]


def letters(html: str) -> str:
    """The text of a page's body, without what stands in `<bdi>`."""
    body = re.sub(r"<!--.*?-->", "", html[html.index("<body") :], flags=re.DOTALL)
    return re.sub(r"&#?\w+;", "", re.sub(r"<[^>]*>", "", re.sub(r"<bdi>.*?</bdi>", "", body)))


def said_to_cooperative(text: str) -> str:
    """The text between the greeting and the signature."""
    return text.split("\n\n", 1)[1].rsplit("\n\n", 2)[0]
