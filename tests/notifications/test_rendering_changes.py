"""What the message of the day says when people change and facts are corrected."""

from __future__ import annotations

import pytest

from notifications.rendering import render
from tests.notifications.samples import CORRECTED, TAKEN_OVER, item, sample_facts

SOUSS = "Coopérative Exemple Souss"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "- Suivi à reprendre : Suivi repris de Coach Exemple\n  jeudi 15 avril 2027 (15/04/2027)"),
        ("ar", "- مواكبة جديدة على عاتقكم: \u2068مواكبة كانت على عاتق المواكب السابق\u2069"),
    ],
)
def test_handover_says_from_whom_and_since_when(language: str, said: str) -> None:
    facts = sample_facts("coach_digest") | {"items": [item("handover", SOUSS, TAKEN_OVER, "2027-04-15", None)]}
    assert said in render("coach_digest", language, facts).text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "- Fait corrigé après la décision : Évaluation à 12 mois : proposition changée"),
        ("ar", "- تصحيح بعد القرار: \u2068تقييم الشهر 12: تغير الاقتراح\u2069"),
    ],
)
def test_correction_says_which_decision_it_touches(language: str, said: str) -> None:
    facts = sample_facts("coordinator_digest") | {"items": [item("correction", SOUSS, CORRECTED, None, None)]}
    assert said in render("coordinator_digest", language, facts).text.replace("\u00a0", " ")


def test_coordinators_day_parts_what_wants_their_judgement_from_what_is_only_news() -> None:
    items = [
        item("date_changed", SOUSS, TAKEN_OVER, "2027-03-19", None, was_on="2027-03-05"),
        item("alert", SOUSS, CORRECTED, "2027-03-04", None),
        item("step_reminder", SOUSS, TAKEN_OVER, "2027-03-06", 1),
        item("escalation", SOUSS, TAKEN_OVER, "2027-02-26", -7, owner_role="coach"),
    ]
    text = render("coordinator_digest", "fr", sample_facts("coordinator_digest") | {"items": items}).text
    parts = [line for line in text.splitlines() if line.startswith("==")]
    assert parts == [
        "== À examiner (1) ==",
        "== En retard chez d’autres (1) ==",
        "== À faire par vous (1) ==",
        "== À savoir (1) ==",
    ]
    assert "1 alerte, 1 en retard, 1 à faire, 1 à savoir." in text
    assert "vendredi 19 mars 2027 (19/03/2027), au lieu du vendredi 5 mars 2027" in text


@pytest.mark.parametrize(
    ("was_on", "said"),
    [
        ("2027-03-05", "La nouvelle date est le vendredi 19 mars 2027"),
        ("2027-03-19", "C’est toujours le vendredi 19 mars 2027 (19/03/2027), mais l’heure ou le lieu change"),
    ],
)
def test_changed_date_comes_before_the_one_it_replaces(was_on: str, said: str) -> None:
    text = render("date_changed", "fr", sample_facts("date_changed") | {"was_on": was_on}).text
    assert said in text
