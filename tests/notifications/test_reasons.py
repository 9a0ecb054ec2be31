"""Stored reasons, said again in the reader's language."""

from __future__ import annotations

from functools import partial

import pytest

from notifications import digests, holders, outbox
from notifications.reasons import REASONS, reason_said
from programme import catching_up
from programme.wording import Sentence
from runtime.language import said_in


@pytest.mark.parametrize(
    ("stored", "french"),
    [
        (
            "the date has moved from 2027-03-08 to 2027-03-19: set by hand",
            "la date est passée du 2027-03-08 au 2027-03-19 : fixé à la main",
        ),
        (
            "the date has moved from 2027-03-08 to 2027-03-19: start + 3 weeks, from the new start",
            "la date est passée du 2027-03-08 au 2027-03-19 : 3 semaines après le début, depuis le nouveau démarrage",
        ),
        (
            "the date has moved from 2027-12-06 to 2027-12-20: 2027-12-06 is in closed days (les (olives))",
            "la date est passée du 2027-12-06 au 2027-12-20 : le 2027-12-06 est dans une période fermée (les (olives))",
        ),
        ("2028-01-31 is in a closed season (Ramadan)", "le 2028-01-31 est en période fermée (ramadan)"),
        ("2027-05-18 is a holiday (Fête du sacrifice)", "le 2027-05-18 est un jour férié (Fête du sacrifice)"),
        ("the president is ill", "the president is ill"),
        ("step not_required on 2027-03-08", "action devenue inutile le 2027-03-08"),
        ("enrolment ended: dropped", "inscription terminée : abandon"),
        (
            "enrolment suspended on 2027-02-10: inondation: le local",
            "inscription suspendue le 2027-02-10 : inondation: le local",
        ),
        ("address refused by the server (550)", "adresse refusée par le serveur (550)"),
        ("amina leaves on 2027-04-15", "amina part le 2027-04-15"),
        ("not part of version 2 of the programme", "absente de la version 2 du programme"),
        ("le président a téléphoné", "le président a téléphoné"),
    ],
)
def test_reason_is_said_in_the_readers_language(stored: str, french: str) -> None:
    said = reason_said(stored)
    assert (said if isinstance(said, str) else said.say(partial(said_in, "fr"))) == french


def test_holiday_is_called_by_its_arabic_name_where_arabic_is_read() -> None:
    said = reason_said("2027-05-18 is a holiday (Fête du sacrifice)")
    assert isinstance(said, Sentence)
    assert "عيد الأضحى" in said.say(partial(said_in, "ar"))


@pytest.mark.parametrize(
    "stored",
    [
        catching_up.PAST,
        catching_up.ENOUGH,
        digests.NO_ADDRESS,
        holders.NOBODY,
        outbox.TWICE_IN_DOUBT,
        outbox.UNREADABLE,
    ],
)
def test_reason_of_the_sending_is_known_by_its_words(stored: str) -> None:
    assert not isinstance(reason_said(stored), str)


def test_no_two_reasons_have_the_same_words() -> None:
    templates = [one.template for one in REASONS]
    assert len(set(templates)) == len(templates)
