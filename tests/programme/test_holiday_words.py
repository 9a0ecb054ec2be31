"""Holidays are called by their Arabic names where Arabic is read."""

import pytest

from programme.calendar import legal_holidays
from programme.holiday_words import holiday_said


@pytest.mark.parametrize("year", range(2024, 2036))
def test_every_legal_holiday_has_an_arabic_name(year: int) -> None:
    for holiday in legal_holidays(year).values():
        said = holiday_said(holiday.name)
        assert said.of("fr") == holiday.name
        assert not any("a" <= letter.lower() <= "z" for letter in said.of("ar")), said
        assert said.of("ar").count("؛") == holiday.name.count(";")


def test_two_on_one_day_stand_behind_each_other() -> None:
    said = holiday_said("Allégeance Oued Eddahab; Anniversaire du prophète")
    assert said.of("ar") == "ذكرى استرجاع إقليم وادي الذهب؛ عيد المولد النبوي"


def test_a_day_that_a_coordinator_named_keeps_its_name() -> None:
    assert holiday_said("Jour chômé").of("ar") == "Jour chômé"
