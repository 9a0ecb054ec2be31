"""Real headers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from programme.intake_columns import fields, recognise


def test_recognise_reads_the_public_dashboard() -> None:
    headers = [
        *("id_coop", "nom_cooperative", "region", "province", "secteur", "branche"),
        *("adherents_actuels", "femmes_actuelles", "jeunes_diplomes_actuels", "psh_actuels", "feminine", "ca"),
    ]
    columns = recognise(headers)
    assert list(columns.positions) == [
        *("external_id", "name", "region", "province", "sector", "branch"),
        *("members", "women", "young_graduates", "disabled", "feminine", "turnover_dh"),
    ]
    assert columns.ignored == ()
    assert columns.problems == ()


def test_recognise_reads_arabic_headers_and_takes_the_arabic_name_for_the_name() -> None:
    headers = ["اسم التعاونية", "نوع النشاط", "العنوان", "الهاتف", "البريد الإلكتروني", "تاريخ التسجيل"]
    columns = recognise(headers)
    assert columns.positions == {
        "name_ar": 0,
        "name": 0,
        "sector": 1,
        "address": 2,
        "phone": 3,
        "email": 4,
        "registered_on": 5,
    }
    assert columns.problems == ()


def test_recognise_sets_spaces_case_accents_and_remarks_aside() -> None:
    headers = [" NOM_Coopérative ", "Province *", "Nbre d'adhérents", "N° Tél.", "E-mail", "Chiffre d’affaires (en DH)"]
    columns = recognise(headers)
    assert list(columns.positions) == ["name", "province", "members", "phone", "email", "turnover_dh"]
    assert columns.titles["name"] == "NOM_Coopérative"


def test_recognise_reads_a_header_in_two_languages() -> None:
    assert recognise(["Nom / اسم التعاونية", "الإقليم | Province"]).positions == {
        "name_ar": 0,
        "name": 0,
        "province": 1,
    }


def test_recognise_reads_its_own_template_in_both_languages() -> None:
    assert list(recognise([field.header.fr for field in fields().values()]).positions) == list(fields())
    assert list(recognise([field.header.ar for field in fields().values()]).positions) == list(fields())


def test_recognise_prefers_the_better_of_two_headers_and_ignores_the_other() -> None:
    columns = recognise(["Date de création", "Date d'immatriculation", "GSM", "Téléphone", "Nom", "Province"])
    assert columns.positions == {"registered_on": 1, "phone": 3, "province": 5, "name": 4}
    assert columns.ignored == ("Date de création", "GSM")


def test_recognise_reports_unknown_columns_as_ignored() -> None:
    assert recognise(["nom_cooperative", "province", "s1", "", None, "Governanace"]).ignored == ("s1", "Governanace")


def test_recognise_says_which_required_columns_are_missing() -> None:
    found = [(problem.row, problem.column, str(problem.message)) for problem in recognise(["secteur"], row=3).problems]
    assert found == [
        (3, "nom_cooperative", "No column holds the cooperatives' names: add one headed nom_cooperative."),
        (3, "province", "No column holds the province or prefecture: add one headed province."),
    ]


def test_recognise_says_which_columns_are_there_twice() -> None:
    found = recognise(["nom_cooperative", "Province", "PROVINCE "]).problems
    assert [(problem.column, str(problem.message)) for problem in found] == [
        ("PROVINCE", "Columns 2 (Province) and 3 (PROVINCE) say the same thing: keep one, delete the other.")
    ]


def test_pick_gives_none_for_the_cells_that_a_row_has_not() -> None:
    columns = recognise(["nom_cooperative", "province", "ca"])
    assert columns.pick(["Argan Imal", "Agadir"]) == {"name": "Argan Imal", "province": "Agadir", "turnover_dh": None}


@given(st.lists(st.text(), max_size=8))
def test_recognise_never_raises(headers: list[str]) -> None:
    columns = recognise(headers)
    assert all(0 <= at < len(headers) for at in columns.positions.values())
