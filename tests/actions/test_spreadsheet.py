"""Files as people have them: Excel, CSV of every encoding, and what is no list."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter

from actions import spreadsheet, spreadsheet_xlsx
from actions.spreadsheet import Table, read_table
from programme.errors import Refusal
from programme.intake import Candidate, Cell, read_row
from programme.intake_errors import (
    ListEmpty,
    ListNotFound,
    ListTooLarge,
    ListTooSpread,
    NoHeader,
    NotASpreadsheet,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
TODAY = date(2026, 12, 1)
ARABIC = (
    "اسم التعاونية;نوع النشاط;العنوان;الهاتف;البريد الإلكتروني;تاريخ التسجيل\r\n"
    "تعاونية إمال;فلاحة;حي السلام، تيزنيت;0612345678;a@coop.example;15/03/2024\r\n"
)
FRENCH = "Nom de la coopérative;Province;Adhérents\r\nCoopérative Été;Chtouka Aït Baha;12\r\nCRÉÉE À FÈS;Fès;7\r\n"


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


def xlsx_file(folder: Path, *sheets: list[list[Cell]]) -> Path:
    path = folder / "list.xlsx"
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"}) as workbook:
        for rows in sheets:
            sheet = workbook.add_worksheet()
            for number, cells in enumerate(rows):
                sheet.write_row(number, 0, cells)
    return path


def read(table: Table) -> list[Candidate]:
    assert table.columns.problems == ()
    found = [read_row(row, table.columns.pick(cells), TODAY, table.columns.titles) for row, cells in table.rows]
    assert [problem for problem in found if isinstance(problem, list)] == []
    return [candidate for candidate in found if isinstance(candidate, Candidate)]


def refusal(path: Path) -> tuple[type[Refusal], str]:
    with pytest.raises(Refusal) as raised:
        read_table(path)
    return type(raised.value), str(raised.value)


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1256", "utf-16"])
def test_read_table_reads_an_arabic_csv_and_finds_the_province_in_the_address(tmp_path: Path, encoding: str) -> None:
    table = read_table(csv_file(tmp_path, ARABIC, encoding))
    assert table.source == encoding
    assert table.header_row == 1
    assert read(table) == [
        Candidate(
            row=2,
            name="تعاونية إمال",
            name_ar="تعاونية إمال",
            sector="Agriculture",
            address="حي السلام، تيزنيت",
            province_code="09.581",
            phone="+212612345678",
            email="a@coop.example",
            registered_on=date(2024, 3, 15),
        )
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_read_table_reads_a_french_csv(tmp_path: Path, encoding: str) -> None:
    table = read_table(csv_file(tmp_path, FRENCH, encoding))
    assert table.source == encoding
    assert [candidate.name for candidate in read(table)] == ["Coopérative Été", "CRÉÉE À FÈS"]


def test_read_table_reads_arabic_values_under_ascii_headers(tmp_path: Path) -> None:
    table = read_table(csv_file(tmp_path, "nom_cooperative;province\nتعاونية إمال;تيزنيت\n", "cp1256"))
    assert [candidate.name for candidate in read(table)] == ["تعاونية إمال"]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_read_table_finds_the_separator(tmp_path: Path, separator: str) -> None:
    text = (
        separator.join(["nom_cooperative", "province", "ca"]) + "\n" + separator.join(["Imal", "Agadir", "12"]) + "\n"
    )
    table = read_table(csv_file(tmp_path, text))
    assert table.headers == ("nom_cooperative", "province", "ca")
    assert list(table.rows) == [(2, ("Imal", "Agadir", "12"))]


def test_read_table_counts_the_rows_as_excel_shows_them(tmp_path: Path) -> None:
    text = 'sep=;\nListe des coopératives\n\nnom_cooperative;province\n"Imal\nde Tamri";Agadir\n;\nAutre;Tata\n'
    table = read_table(csv_file(tmp_path, text))
    assert table.header_row == 3
    assert [(candidate.row, candidate.name) for candidate in read(table)] == [(4, "Imal de Tamri"), (6, "Autre")]


def test_read_table_rows_can_be_read_again(tmp_path: Path) -> None:
    table = read_table(csv_file(tmp_path, FRENCH))
    assert list(table.rows) == list(table.rows)
    assert len(list(table.rows)) == 2


# Excel


def test_read_table_reads_excel_below_titles_with_its_dates_and_numbers(tmp_path: Path) -> None:
    path = xlsx_file(
        tmp_path,
        [
            ["Tranche 4"],
            [],
            ["nom_cooperative", "Province ", "Date d'immatriculation", "ca", "tel"],
            ["Imal", "Tata", date(2024, 3, 15), 1234.5, 612345678],
            [None, " "],
            ["Ighzer", 9.541, 45366, "1 234,50", "0612345679"],
        ],
    )
    table = read_table(path)
    assert table.header_row == 3
    first, second = read(table)
    assert (first.row, first.registered_on, str(first.turnover_dh), first.phone) == (
        4,
        date(2024, 3, 15),
        "1234.50",
        "+212612345678",
    )
    assert (second.row, second.province_code, second.registered_on, str(second.turnover_dh)) == (
        6,
        "09.541",
        date(2024, 3, 15),
        "1234.50",
    )


def test_read_table_takes_the_sheet_that_has_the_headers(tmp_path: Path) -> None:
    table = read_table(xlsx_file(tmp_path, [["Bonjour"]], [], [["nom", "province"], ["Imal", "Tata"]]))
    assert table.source == "Sheet3"
    assert [candidate.name for candidate in read(table)] == ["Imal"]


def test_read_table_goes_by_the_content_not_by_the_suffix(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path, [["nom", "province"], ["Imal", "Tata"]]).rename(tmp_path / "list.csv")
    assert [candidate.name for candidate in read(read_table(path))] == ["Imal"]


def test_read_table_with_one_known_header_reports_the_others_as_missing(tmp_path: Path) -> None:
    table = read_table(xlsx_file(tmp_path, [["nom_cooperative", "x"], ["Imal", 1]]))
    assert [problem.column for problem in table.columns.problems] == ["province"]
    assert table.columns.ignored == ("x",)


# Refusals


def test_read_table_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.xlsx") == (
        ListNotFound,
        "The file none.xlsx cannot be opened: check its name, its folder, and that it is not open in another program.",
    )
    assert refusal(tmp_path)[0] is ListNotFound
    assert refusal(Path())[1].startswith("The file . cannot be opened")  # a folder that is named so has no name


def workbook_bytes() -> bytes:
    held = BytesIO()
    with xlsxwriter.Workbook(held) as workbook:
        workbook.add_worksheet().write_row(0, 0, ["nom", "province"])
    return held.getvalue()


def archive_bytes(name: str) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, "<?xml")
    return held.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),  # an .xls of Excel 97, or an encrypted .xlsx
        b"%PDF-1.7 nom;province",
        b"\xff\xfen\x00o",  # cut short in the middle of a UTF-16 letter
        b"\xef\xbb\xbfnom;\xff",
        b"PK\x03\x04 nothing",
        workbook_bytes()[:-40],
        workbook_bytes().replace(b"xl/workbook.xml", b"xl/worxxxxk.xml"),
        archive_bytes("word/document.xml"),
        archive_bytes("xl/workbook.xml"),
        b'nom;province\n"' + b"x" * 200_000,
    ],
)
def test_read_table_refuses_what_is_no_list(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "list.bin"
    path.write_bytes(data)
    kind, said = refusal(path)
    assert kind is NotASpreadsheet
    assert said.startswith("list.bin is not a list that can be read: open it in Excel, save it as .xlsx or CSV UTF-8")


@pytest.mark.parametrize("text", ["", "\n;;\n", "nom_cooperative;province\n", "nom_cooperative;province\n;\n \n"])
def test_read_table_refuses_a_list_without_rows(tmp_path: Path, text: str) -> None:
    assert refusal(csv_file(tmp_path, text))[0] is ListEmpty


def test_read_table_refuses_an_empty_workbook(tmp_path: Path) -> None:
    kind, said = refusal(xlsx_file(tmp_path, []))
    assert kind is ListEmpty
    assert said.startswith("The list list.xlsx holds no cooperative: write one in each row under the headers")


def test_read_table_refuses_rows_without_headers(tmp_path: Path) -> None:
    assert refusal(csv_file(tmp_path, "Imal;Tata\nIghzer;Tata\n"))[0] is NoHeader


def test_read_table_refuses_a_large_file_before_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "LARGEST_FILE", 2**20)
    path = csv_file(tmp_path, "nom;province\n" + "x" * 2**20)
    assert refusal(path)[1].startswith("The list list.csv is larger than 1 MB")


def test_read_table_refuses_what_unpacks_into_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet_xlsx, "LARGEST_UNPACKED", 2_000)
    assert refusal(xlsx_file(tmp_path, [["nom", "province"], ["Imal", "Tata"]]))[0] is ListTooLarge


def forget_the_rows(workbook: xlsxwriter.Workbook) -> None:
    """Let go of a million empty rows: what wrote them refers to itself, and would stay until garbage is looked for."""
    for sheet in workbook.worksheets():
        vars(sheet).clear()


@pytest.mark.parametrize(
    ("row", "column", "cell"), [(1_048_575, 16_383, "XFD1048576"), (1_048_575, 0, "A1048576"), (1, 104, "DA2")]
)
def test_read_table_refuses_a_cell_far_away_instead_of_making_room_for_it(
    tmp_path: Path, row: int, column: int, cell: str
) -> None:
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["nom", "province"])
        sheet.write(row, column, "x")
    forget_the_rows(workbook)
    kind, said = refusal(path)
    assert kind is ListTooSpread
    assert said.startswith(
        f"The list list.xlsx has a value in cell {cell}, far from the rest: delete that row and column"
    )


def test_read_table_does_not_mind_colours_far_away(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["nom", "province"])
        sheet.write_row(1, 0, ["Imal", "Tata"])
        sheet.write_blank(1_048_575, 16_383, None, workbook.add_format({"bg_color": "yellow"}))
    forget_the_rows(workbook)
    assert [candidate.name for candidate in read(read_table(path))] == ["Imal"]
