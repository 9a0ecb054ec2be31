"""Dates, numbers, amounts and answers as people write them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from programme.intake_text import Cell, clean, fold
from programme.intake_values import read_amount, read_count, read_date, read_language, read_month_day, read_yes_no
from programme.wording import Sentence


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("15/03/2024", date(2024, 3, 15)),
        ("5/3/2024", date(2024, 3, 5)),
        ("15-03-2024", date(2024, 3, 15)),
        ("15.03.2024", date(2024, 3, 15)),
        ("2024-03-15", date(2024, 3, 15)),
        ("2024/03/15", date(2024, 3, 15)),
        ("2024-03-15T10:20:30Z", date(2024, 3, 15)),
        ("15/03/2024 00:00", date(2024, 3, 15)),
        ("١٥/٠٣/٢٠٢٤", date(2024, 3, 15)),
        ("15 mars 2024", date(2024, 3, 15)),
        ("1er Août 2024", date(2024, 8, 1)),
        ("15 غشت 2024", date(2024, 8, 15)),
        (45366, date(2024, 3, 15)),
        (45366.75, date(2024, 3, 15)),
        ("45366", date(2024, 3, 15)),
        (date(2024, 3, 15), date(2024, 3, 15)),
        (datetime.fromisoformat("2024-03-15T23:59"), date(2024, 3, 15)),
    ],
)
def test_read_date_reads_what_lists_hold(value: Cell, expected: date) -> None:
    assert read_date(value) == expected


@pytest.mark.parametrize("value", ["31/02/2024", "03/25/2024", "15/03/24", "15/03/0224", "2024", 2024, True, "hier"])
def test_read_date_does_not_guess(value: Cell) -> None:
    assert isinstance(read_date(value), Sentence)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("31/12", "12-31"),
        ("30-06", "06-30"),
        ("06-30", "06-30"),
        ("05-06", "05-06"),
        ("05/06", "06-05"),
        ("30 juin", "06-30"),
        ("29/02", "02-28"),
        ("31/12/2026", "12-31"),
        (date(2024, 2, 29), "02-28"),
    ],
)
def test_read_month_day_reads_the_end_of_a_fiscal_year(value: Cell, expected: str) -> None:
    assert read_month_day(value) == expected


@pytest.mark.parametrize("value", ["31/06", "13/13", "décembre", 31.12, "0/5"])
def test_read_month_day_refuses_what_is_no_day(value: Cell) -> None:
    assert isinstance(read_month_day(value), Sentence)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12 345,50", "12345.50"),
        ("12\u202f345,50", "12345.50"),
        ("12.345,50", "12345.50"),
        ("12,345.50", "12345.50"),
        ("1.234.567", "1234567.00"),
        ("12.345", "12345.00"),
        ("12345,5", "12345.50"),
        ("120 000 DH", "120000.00"),
        ("120000 درهم", "120000.00"),
        ("١٢٣٤٥٫٥", "12345.50"),
        (12345.675, "12345.68"),
        (12.345, "12.34"),
        (0, "0.00"),
    ],
)
def test_read_amount_reads_dirhams(value: Cell, expected: str) -> None:
    assert str(read_amount(value)) == expected


@pytest.mark.parametrize(
    "value", ["-5", "beaucoup", "1,2,3", float("nan"), float("inf"), True, "1e9", "9" * 13, 1e26, "1" + ".000" * 9]
)
def test_read_amount_refuses_what_is_no_amount(value: Cell) -> None:
    assert isinstance(read_amount(value), Sentence)


@pytest.mark.parametrize(("value", "expected"), [("1 234", 1234), (12.0, 12), ("٠١٢", 12), (0, 0), ("1000000", 10**6)])
def test_read_count_reads_whole_numbers(value: Cell, expected: int) -> None:
    assert read_count(value) == expected


@pytest.mark.parametrize("value", ["-1", -1, "12,5", 12.5, True, "1000001", "0612345678", date(2024, 1, 1)])
def test_read_count_refuses_the_rest(value: Cell) -> None:
    assert isinstance(read_count(value), Sentence)


@pytest.mark.parametrize("value", ["oui", "OUI ", "Présent ", "présent", "نعم", "x", "1", 1, 1.0, True, "féminine"])
def test_read_yes_no_reads_yes(value: Cell) -> None:
    assert read_yes_no(value) is True


@pytest.mark.parametrize("value", ["non", "Non", "لا", "0", 0, False, "Absent", "mixte"])
def test_read_yes_no_reads_no(value: Cell) -> None:
    assert read_yes_no(value) is False


def test_read_yes_no_refuses_perhaps() -> None:
    assert str(read_yes_no("peut-être")) == "peut-être is neither yes nor no: write oui or non."


@pytest.mark.parametrize(
    ("value", "expected"),
    [("AR", "ar"), ("العربية", "ar"), ("Français", "fr"), ("الفرنسية", "fr"), ("Langue arabe", "ar")],
)
def test_read_language_reads_either(value: str, expected: str) -> None:
    assert read_language(value) == expected


@pytest.mark.parametrize(
    "value",
    ["both", "ar+fr", "fr/ar", "Les deux", "bilingue", "arabe et français", "كلاهما", "العربية والفرنسية", "AR FR"],
)
def test_read_language_reads_both_at_once(value: str) -> None:
    assert read_language(value) == "both"


def test_read_language_refuses_a_third() -> None:
    assert str(read_language("anglais")) == "anglais is not a language of the notices: write fr, ar or both."


def test_clean_removes_what_cannot_be_seen() -> None:
    assert clean("\ufeffArgan\u200f \x00Imal\ud800\r\n") == "Argan Imal"


def test_fold_makes_one_of_the_arabic_letter_forms() -> None:
    assert fold("أكَادِيـر") == fold("اكادير") == fold("أگادير") == fold("أڭادير")
