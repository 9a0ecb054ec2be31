"""One cooperative on two rows."""

from __future__ import annotations

from programme.intake_candidate import Candidate
from programme.intake_columns import Problem
from programme.intake_duplicates import duplicates


def row(number: int, name: str, court: str | None, register: str | None, **more: str) -> Candidate:
    return Candidate(
        row=number,
        name=name,
        province_code=more.get("province_code", "09.001"),
        register_court=court,
        register_number=register,
        external_id=more.get("external_id"),
    )


def said(found: list[Problem]) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, str(problem.message)) for problem in found]


def test_duplicates_of_one_register_identity_name_the_other_row() -> None:
    found = duplicates([row(2, "A", "Agadir", "012/2024"), row(3, "B", "AGADIR ", "12-2024")])
    assert said(found) == [
        (
            3,
            "N° du registre local",
            "This court and register number are already on row 2: delete one of the two rows, or correct it.",
        )
    ]


def test_duplicates_without_register_are_one_name_in_one_province() -> None:
    found = duplicates(
        [
            row(2, "Coopérative Imal", None, None),
            row(3, "IMAL", None, "7"),
            row(4, "Imal", None, None, province_code="09.581"),
        ],
        {"name": "nom_cooperative"},
    )
    assert said(found) == [
        (
            3,
            "nom_cooperative",
            "IMAL is already on row 2 in the same province: delete one of the two, or write both register numbers.",
        )
    ]


def test_duplicates_compare_names_when_either_register_is_missing() -> None:
    known, unknown = row(2, "Imal", "Agadir", "1"), row(3, "Imal", None, None)
    assert [problem.row for problem in duplicates([known, unknown])] == [3]
    assert [problem.row for problem in duplicates([unknown, known])] == [2]
    assert duplicates([known, row(4, "Imal", "Agadir", "2")]) == []


def test_duplicates_of_the_lists_own_identifier_are_told() -> None:
    found = duplicates([row(2, "A", None, None, external_id="7"), row(5, "B", None, None, external_id="7")])
    assert said(found) == [
        (5, "Identifiant", "The identifier 7 is already on row 2: delete one of the two rows, or correct it.")
    ]
