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
