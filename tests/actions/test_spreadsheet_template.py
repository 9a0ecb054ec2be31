"""The list to download, and the invented example made with it."""

from __future__ import annotations

import importlib.util
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter

from actions.spreadsheet import Table, read_table, write_template
from actions.spreadsheet_template import SHEET, write_headers
from programme.eligibility import Eligibility, reasons_against
from programme.intake import Candidate, Cell, duplicates, fields, read_row
from programme.intake_errors import ListEmpty
from programme.territory import resolve_province

EXAMPLES = Path(__file__).parents[2] / "examples"
TODAY = date(2026, 12, 1)


def read(table: Table) -> list[Candidate]:
    assert table.columns.problems == ()
    found = [read_row(row, table.columns.pick(cells), TODAY, table.columns.titles) for row, cells in table.rows]
    assert [problem for problem in found if isinstance(problem, list)] == []
    return [candidate for candidate in found if isinstance(candidate, Candidate)]


def test_template_left_blank_is_an_empty_list(tmp_path: Path) -> None:
    write_template(tmp_path / "template.xlsx")
    with pytest.raises(ListEmpty):
        read_table(tmp_path / "template.xlsx")


def test_template_is_the_same_bytes_in_a_file_and_in_a_stream(tmp_path: Path) -> None:
    write_template(tmp_path / "template.xlsx")
    stream = BytesIO()
    write_template(stream)
    assert stream.getvalue() == (tmp_path / "template.xlsx").read_bytes()


def test_template_offers_lists_and_explains_every_column(tmp_path: Path) -> None:
    write_template(tmp_path / "template.xlsx")
    with zipfile.ZipFile(tmp_path / "template.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        texts = archive.read("xl/sharedStrings.xml").decode()
        comments = archive.read("xl/comments1.xml").decode()
    assert sheet.count("<dataValidation ") == 4
    assert '<pane xSplit="2" ySplit="1"' in sheet
    assert comments.count("<comment ") == len(fields())
    for field in fields().values():
        assert all(text in texts for text in (field.header.fr, field.header.ar, field.help.ar))


def fill_in_template(path: Path, row: dict[str, Cell]) -> None:
    """Write a row as a person would: the template's first sheet, its second line."""
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"}) as workbook:
        sheet = workbook.add_worksheet(SHEET)
        write_headers(workbook, sheet)
        for column, field in enumerate(fields()):
            sheet.write(1, column, row.get(field))


def test_template_filled_in_imports(tmp_path: Path) -> None:
    path = tmp_path / "filled.xlsx"
    fill_in_template(path, {"name": "Imal", "province": "Tata", "registered_on": date(2024, 3, 15), "members": 7})
    assert read(read_table(path)) == [
        Candidate(row=2, name="Imal", province_code="09.551", registered_on=date(2024, 3, 15), members=7)
    ]


def example() -> list[Candidate]:
    return read(read_table(EXAMPLES / "souss-massa-33.xlsx"))


def test_example_imports_without_a_problem_and_says_that_it_is_invented() -> None:
    table = read_table(EXAMPLES / "souss-massa-33.xlsx")
    assert table.columns.ignored == ()
    assert table.header_row == 3
    assert duplicates(example()) == []
    with zipfile.ZipFile(EXAMPLES / "souss-massa-33.xlsx") as archive:
        assert "Données inventées pour la démonstration" in archive.read("xl/sharedStrings.xml").decode()


def test_example_is_a_regional_group_of_33_over_six_provinces() -> None:
    found = example()
    provinces = [resolve_province(candidate.province_code) for candidate in found]
    assert len(found) == 33
    assert {province.region_code for province in provinces if province} == {"09"}
    assert len({candidate.province_code for candidate in found}) == 6
    assert sum(candidate.language == "ar" for candidate in found) == 22
    assert sum(candidate.email is None for candidate in found) == 5
    assert sum(candidate.register_number is None for candidate in found) == 2
    assert all(candidate.phone and candidate.phone.startswith("+2125280000") for candidate in found)


def test_example_cooperatives_are_all_eligible() -> None:
    rule = Eligibility(max_age_years=4, min_members=5, registered=True)
    reasons = [
        reasons_against(
            rule,
            called_on=TODAY,
            registered_on=candidate.registered_on,
            members=candidate.members,
            has_register=candidate.register_number is not None,
        )
        for candidate in example()
    ]
    assert reasons == [[]] * 33


def test_example_is_what_its_script_writes(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_souss_massa", EXAMPLES / "make_souss_massa.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.write(tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == (EXAMPLES / "souss-massa-33.xlsx").read_bytes()
