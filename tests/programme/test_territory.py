"""Provinces as lists write them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from programme.intake_address import province_in
from programme.territory import (
    Delegation,
    Province,
    delegation_of,
    provinces,
    regions,
    resolve_province,
    resolve_region,
    suggest_provinces,
)


def code(text: str) -> str | None:
    province = resolve_province(text)
    return province.code if province else None


def without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def test_provinces_are_seventy_five_in_twelve_regions() -> None:
    assert len(provinces()) == 75
    assert len({province.code for province in provinces()}) == 75
    assert [region.code for region in regions()] == [f"{number:02}" for number in range(1, 13)]


def test_provinces_hold_what_the_source_says() -> None:
    assert provinces()[0] == Province("01.051", "01", "province", "Al Hoceima", "الحسيمة")


@pytest.mark.parametrize(
    "written",
    [
        str,
        str.upper,
        str.lower,
        without_accents,
        lambda name: without_accents(name).upper(),
        lambda name: name.replace(" ", "_").replace("-", "_"),
        lambda name: name.replace("-", " "),
        lambda name: name.replace("-", " – "),
        lambda name: name.replace("'", "’"),
        lambda name: f"  {name}\u00a0",
        lambda name: f"Province de {name}",
        lambda name: f"Préfecture d'{name}",
        lambda name: f"إقليم {name}",
        lambda name: f"عمالة {name}",
    ],
)
@pytest.mark.parametrize("province", provinces(), ids=lambda province: province.code)
def test_resolve_province_reads_every_name_however_written(province: Province, written: Callable[[str], str]) -> None:
    assert resolve_province(written(province.fr)) == province
    assert resolve_province(written(province.ar)) == province


@pytest.mark.parametrize("province", provinces(), ids=lambda province: province.code)
def test_resolve_province_reads_every_code_also_as_excel_shortens_it(province: Province) -> None:
    assert resolve_province(province.code) == province
    assert resolve_province(province.code.lstrip("0")) == province


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Agadir", "09.001"),
        ("Agadir Ida Outanane", "09.001"),
        ("أكادير", "09.001"),
        ("أگادير", "09.001"),
        ("Inezgane", "09.273"),
        ("Chtouka", "09.163"),
        ("Chtouka_Ait_Baha", "09.163"),
        ("Taroudant", "09.541"),
        ("Fes", "03.231"),
        ("Mekness", "03.061"),
        ("Kelaa", "07.191"),
        ("El Kelaa des Sraghna", "07.191"),
        ("Haouz", "07.041"),
        ("Eljadida", "06.181"),
        ("Tanger", "01.511"),
        ("Oujda", "02.411"),
        ("Dakhla", "12.391"),
        ("Témara", "04.501"),
        ("Province de Taroudannt, Maroc", "09.541"),
        ("عمالة إقليم تارودانت", "09.541"),
        ("اقليم سيدي افني", "10.473"),
    ],
)
def test_resolve_province_reads_well_known_variants(text: str, expected: str) -> None:
    assert code(text) == expected


@pytest.mark.parametrize("text", ["", " ", "Province de", "xyz", "Tarodant", "99.999", "Agadir Casablanca", "🐐"])
def test_resolve_province_guesses_nothing(text: str) -> None:
    assert resolve_province(text) is None


def test_resolve_province_within_a_region_refuses_another_regions() -> None:
    assert resolve_province("Tiznit", "Souss Massa") == resolve_province("09.581")
    assert resolve_province("Tiznit", "07") is None
    assert resolve_province("Tiznit", "nowhere") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Marrakech Safi", "07"),
        ("Marrakech_Safi", "07"),
        ("MARRAKECH-SAFI ", "07"),
        ("مراكش آسفي", "07"),
        ("جهة سوس ماسة", "09"),
        ("Région de l'Oriental", "02"),
        ("الجهة الشرقية", "02"),
        ("9", "09"),
        ("Fès - Meknès", "03"),
    ],
)
def test_resolve_region_reads_every_spelling(text: str, expected: str) -> None:
    region = resolve_region(text)
    assert region is not None
    assert region.code == expected


def test_resolve_region_guesses_nothing() -> None:
    assert resolve_region("Souss") is None


def test_suggest_provinces_answers_in_the_script_of_the_question() -> None:
    assert suggest_provinces("Tarodant")[0] == "Taroudannt"
    assert suggest_provinces("تارودنات")[0] == "تارودانت"
    assert len(suggest_provinces("zzz", n=5)) == 5


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Douar X, commune Tamri, Agadir, région Casablanca-Settat", "Agadir-Ida-Ou-Tanane"),
        ("12 rue de Fès, Agadir", "Agadir-Ida-Ou-Tanane"),
        ("Fès, province de Tiznit", "Tiznit"),
        ("دوار تامري، إقليم تارودانت", "Taroudannt"),
        ("حي السلام تيزنيت", "Tiznit"),
        ("80000 Agadir Maroc", "Agadir-Ida-Ou-Tanane"),
        ("Agadir, Casablanca", None),
        ("9 001 douar Tassila", None),
        ("Centre, Souss-Massa", None),
        ("", None),
    ],
)
def test_province_in_finds_the_one_province_of_an_address(address: str, expected: str | None) -> None:
    province = province_in(address)
    assert (province and province.fr) == expected


@pytest.mark.parametrize(
    ("province", "expected"),
    [
        ("Meknès", Delegation("meknes", "Délégation de Meknès", "مندوبية مكناس")),
        ("Khénifra", Delegation("meknes", "Délégation de Meknès", "مندوبية مكناس")),
        ("Errachidia", Delegation("meknes", "Délégation de Meknès", "مندوبية مكناس")),
        ("El Jadida", Delegation("safi", "Délégation de Safi", "مندوبية آسفي")),
        ("Guercif", Delegation("al-hoceima", "Délégation d'Al Hoceima", "مندوبية الحسيمة")),
        ("Nador", Delegation("oujda", "Délégation d'Oujda", "مندوبية وجدة")),
        (
            "Tiznit",
            Delegation("region-souss-massa", "Délégation régionale de Souss-Massa", "المندوبية الجهوية لجهة سوس-ماسة"),
        ),
    ],
)
def test_delegation_of_is_the_listed_one_else_the_regions(province: str, expected: Delegation) -> None:
    found = resolve_province(province)
    assert found is not None
    assert delegation_of(found) == expected


def test_delegation_of_answers_for_every_province() -> None:
    assert len({delegation_of(province).code for province in provinces()}) == 16
