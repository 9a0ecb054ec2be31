"""A row with real cells and real mistakes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.intake import Candidate, Cell, fields, read_row, sectors

TODAY = date(2026, 12, 1)


def candidate(**cells: Cell) -> Candidate:
    read = read_row(4, {"name": "Argan Imal", "province": "Agadir", **cells}, TODAY)
    assert isinstance(read, Candidate)
    return read


def problems(**cells: Cell) -> list[tuple[str, str]]:
    read = read_row(4, {"name": "Argan Imal", "province": "Agadir", **cells}, TODAY)
    assert isinstance(read, list)
    assert {problem.row for problem in read} == {4}
    return [(problem.column, str(problem.message)) for problem in read]


def test_read_row_with_only_what_is_required_has_the_defaults() -> None:
    assert candidate() == Candidate(row=4, name="Argan Imal", province_code="09.001")
    assert candidate().language == "ar"
    assert candidate().fiscal_year_end == "12-31"


def test_read_row_reads_a_whole_row() -> None:
    read = candidate(
        name=" Coopérative\u00a0Argan  Imal\n",
        name_ar="تعاونية أركان إمال",
        external_id=1207.0,
        register_court="Agadir",
        register_number="012/2024",
        registered_on=datetime.fromisoformat("2024-03-15T00:00"),
        region="Souss_Massa",
        province="Province d'Agadir",
        commune="Tamri",
        address="Centre",
        sector="argane",
        branch="Huile",
        phone="06 12 34 56 78 / 0528000001",
        email=" Contact@Coop-01.Example ",
        language="Arabe",
        president="Présidente fictive 01",
        members="٢٤",
        women=24.0,
        young_graduates="2",
        disabled="néant",
        feminine="Oui ",
        turnover_dh="12 345,50",
        fiscal_year_end="30/06",
    )
    assert read == Candidate(
        row=4,
        name="Coopérative Argan Imal",
        name_ar="تعاونية أركان إمال",
        external_id="1207",
        register_court="Agadir",
        register_number="012/2024",
        registered_on=date(2024, 3, 15),
        province_code="09.001",
        commune="Tamri",
        address="Centre",
        sector="Argan",
        branch="Huile",
        phone="+212612345678",
        email="contact@coop-01.example",
        language="ar",
        president="Présidente fictive 01",
        members=24,
        women=24,
        young_graduates=2,
        feminine=True,
        turnover_dh=Decimal("12345.50"),
        fiscal_year_end="06-30",
    )


def test_read_row_takes_an_arabic_name_as_the_arabic_name_too() -> None:
    assert candidate(name="تعاونية أركان").name_ar == "تعاونية أركان"


def test_read_row_takes_a_cooperative_of_women_only_as_feminine_unless_it_says_no() -> None:
    assert candidate(members=9, women=9).feminine is True
    assert candidate(members=9, women=9, feminine="non").feminine is False
    assert candidate(members=9, women=8).feminine is False
    assert candidate().feminine is False


def test_read_row_tells_all_the_problems_at_once() -> None:
    found = problems(name=" ", province="Tarodant", email="a@b", phone="12", members="beaucoup", registered_on="hier")
    assert found == [
        ("Nom de la coopérative", "The name of the cooperative is missing: write it as it is registered."),
        (
            "Date d'immatriculation",
            "hier is not a date that can be read: write day/month/year, for example 31/12/2024.",
        ),
        (
            "Province ou préfecture",
            (
                "Tarodant is not a province of Morocco:"
                " write one of Taroudannt, Taounate, Skhirate-Témara, or its HCP code."
            ),
        ),
        (
            "Téléphone",
            "12 is not a Moroccan telephone number: write ten digits, for example 0528000001, or leave it blank.",
        ),
        (
            "Adresse électronique",
            "a@b is not an e-mail address: correct it, for example nom@domaine.ma, or leave it blank.",
        ),
        (
            "Nombre d'adhérents",
            "beaucoup is not a number of people, from 0 to 1000000: write digits only, for example 12.",
        ),
    ]


def test_read_row_names_the_column_as_the_list_does() -> None:
    read = read_row(9, {"name": "A", "province": None}, TODAY, {"province": "PROVINCE*"})
    assert isinstance(read, list)
    assert [(problem.row, problem.column, str(problem.message)) for problem in read] == [
        (9, "PROVINCE*", "The province or prefecture is missing: write its name or its HCP code.")
    ]


def test_read_row_refuses_a_registration_in_the_future() -> None:
    assert candidate(registered_on="01/12/2026").registered_on == TODAY
    assert problems(registered_on="02/12/2026") == [
        (
            "Date d'immatriculation",
            "The date 02/12/2026 is in the future: correct it, or wait until the cooperative is registered.",
        )
    ]


def test_read_row_refuses_a_province_outside_the_region_stated() -> None:
    assert problems(region="Marrakech Safi") == [
        (
            "Province ou préfecture",
            "Agadir-Ida-Ou-Tanane is not in the region Marrakech-Safi: correct the province or the region.",
        )
    ]
    assert problems(region="Atlantide") == [
        (
            "Région",
            "Atlantide is not a region of Morocco: correct it, or leave it blank, the province says it.",
        )
    ]


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("women", "Dont femmes"),
        ("young_graduates", "Dont jeunes diplômés"),
        ("disabled", "Dont personnes en situation de handicap"),
    ],
)
def test_read_row_refuses_a_part_larger_than_the_members(field: str, column: str) -> None:
    cells: dict[str, Cell] = {"members": 5, field: 6}
    assert problems(**cells) == [(column, "6 is more than its members (5): correct one of the two numbers.")]


def test_read_row_refuses_a_text_of_a_paragraph() -> None:
    assert candidate(address="x" * 300).address == "x" * 300
    [(column, message)] = problems(address="x" * 301)
    assert column == "Adresse"
    assert message.startswith("x" * 59 + "… has more than 300 characters")


def test_read_row_finds_the_province_in_the_address_where_no_column_says_it() -> None:
    read = read_row(2, {"name": "تعاونية", "address": "دوار تامري، إقليم تارودانت"}, TODAY)
    assert isinstance(read, Candidate)
    assert read.province_code == "09.541"


def test_read_row_asks_for_the_province_column_where_the_address_does_not_say_it() -> None:
    read = read_row(2, {"name": "تعاونية", "address": "شارع الحسن الثاني"}, TODAY, {"address": "العنوان"})
    assert isinstance(read, list)
    assert [(problem.column, str(problem.message)) for problem in read] == [
        ("العنوان", "The address does not say which province: add a column headed province, and fill it in.")
    ]


CELLS = st.one_of(
    st.text(),
    st.text("0123456789٠١٢٣/-.,+ @aàé\u00a0ـء", max_size=20),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.dates(),
    st.datetimes(),
    st.just(time(8, 30)),
    st.just(timedelta(hours=30)),
)


@given(st.dictionaries(st.sampled_from(list(fields())), CELLS))
def test_read_row_never_raises_whatever_the_cells(cells: dict[str, Cell]) -> None:
    read = read_row(2, cells, TODAY)
    if isinstance(read, Candidate):
        assert Candidate.model_validate(read.model_dump()) == read
    else:
        assert all(problem.message.say() for problem in read)


def test_sectors_are_read_in_any_spelling_and_others_kept_as_written() -> None:
    for sector in sectors():
        assert candidate(sector=sector.ar).sector == sector.fr
        assert candidate(sector=sector.fr.upper()).sector == sector.fr
    assert candidate(sector="Apiculture nomade").sector == "Apiculture nomade"
