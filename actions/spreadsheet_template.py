"""The empty list that a coordinator downloads, fills in and imports; it explains itself in two languages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from programme.intake import fields, sectors
from programme.territory import provinces

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

SHEET = "Coopératives"
README = "Lisez-moi - اقرأني"
LISTS = "Listes"
_ROWS = 2_000
"""Rows that offer lists and formats; the ones below import as well."""

_MADE_ON = datetime(2026, 1, 1, tzinfo=UTC)  # in the file's properties: the same template is the same bytes
_HEADER = {"bold": True, "bg_color": "#1F4E5F", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}
_DATE = "dd/mm/yyyy"
_TEXT = "@"
_FORMATS = {
    "registered_on": _DATE,
    "turnover_dh": "#,##0.00",
    # Text, or Excel would drop a first 0 and read 31/12 as a date of this year.
    **dict.fromkeys(("external_id", "register_number", "phone", "fiscal_year_end", "province"), _TEXT),
}
_INTRODUCTION = (
    (
        "Une ligne par coopérative, dans la feuille « Coopératives », à partir de la ligne 2.",
        "سطر واحد لكل تعاونية، في ورقة « Coopératives »، ابتداء من السطر 2.",
    ),
    ("Les colonnes facultatives peuvent rester vides.", "يمكن ترك الأعمدة الاختيارية فارغة."),
    (
        "N'écrivez jamais de numéro de carte d'identité ni de donnée de santé (loi 09-08).",
        "لا تكتبوا أبدا رقم البطاقة الوطنية ولا معطيات صحية (القانون 09-08).",
    ),
)


def write_template(path: Path | BinaryIO) -> None:
    """Write the empty list as XLSX, to a file or to a stream opened in binary.

    French headers that the import knows, each with its Arabic name and its explanation as a comment; lists to choose
    from for province, sector and language; a second sheet that explains every column in French and Arabic.
    """
    import xlsxwriter  # noqa: PLC0415 - few write a workbook, and each command would load it

    target: Any = str(path) if isinstance(path, Path) else path
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        workbook.set_properties({"title": "Mourafaka", "created": _MADE_ON})
        sheet = workbook.add_worksheet(SHEET)
        write_headers(workbook, sheet)
        _offer_lists(workbook, sheet)
        _write_readme(workbook)


def write_headers(workbook: Workbook, sheet: Worksheet, row: int = 0) -> None:
    """Write the headers on ``row`` (from 0) with their comments, formats and widths, and freeze what is above."""
    header = workbook.add_format(_HEADER)
    for column, field in enumerate(fields().values()):
        style = workbook.add_format({"num_format": _FORMATS[field.key]}) if field.key in _FORMATS else None
        sheet.set_column(column, column, field.width, style)
        sheet.write_string(row, column, field.header.fr, header)
        note = f"{field.header.ar}\n{field.help.fr}\n{field.help.ar}"
        sheet.write_comment(row, column, note, {"x_scale": 2, "y_scale": 1.5})
    sheet.set_row(row, 32)
    sheet.freeze_panes(row + 1, 2)


def _offer_lists(workbook: Workbook, sheet: Worksheet) -> None:
    """Offer the values to choose from; another province's spelling or sector only warns, the import reads many."""
    lists = workbook.add_worksheet(LISTS)
    lists.hide()
    offered = {
        "province": [province.fr for province in provinces()],
        "sector": [sector.fr for sector in sectors()],
        "language": ["ar", "fr", "both"],
        "feminine": ["oui", "non"],
    }
    for at, (key, values) in enumerate(offered.items()):
        lists.write_column(0, at, values)
        column, letter = list(fields()).index(key), chr(ord("A") + at)
        sheet.data_validation(1, column, _ROWS, column, _choice(f"={LISTS}!${letter}$1:${letter}${len(values)}"))


def _choice(source: str) -> dict[str, object]:
    return {
        "validate": "list",
        "source": source,
        "error_type": "warning",
        "error_title": "Mourafaka",
        "error_message": "Cette valeur n'est pas dans la liste. هذه القيمة ليست في اللائحة.",
    }


def _write_readme(workbook: Workbook) -> None:
    sheet = workbook.add_worksheet(README)
    header = workbook.add_format(_HEADER)
    french = workbook.add_format({"text_wrap": True, "valign": "top"})
    arabic = workbook.add_format({"text_wrap": True, "valign": "top", "reading_order": 2, "align": "right"})
    for row, (fr, ar) in enumerate(_INTRODUCTION):
        sheet.merge_range(row, 0, row, 2, fr, french)
        sheet.merge_range(row, 3, row, 4, ar, arabic)
    first = len(_INTRODUCTION) + 1
    for column, text in enumerate(("Colonne", "Obligatoire / إلزامي", "Explication", "العمود", "الشرح")):
        sheet.write_string(first, column, text, header)
    for row, field in enumerate(fields().values(), start=first + 1):
        required = "oui / نعم" if field.required else "non / لا"
        texts = (field.header.fr, required, field.help.fr, field.header.ar, field.help.ar)
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, arabic if column > 2 else french)
    for column, width in enumerate((32, 18, 60, 30, 60)):
        sheet.set_column(column, column, width)
