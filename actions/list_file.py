"""Writes the list of cooperatives: as XLSX or CSV, that people read and an import reads again, or as JSON."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from actions.listing import OURS
from actions.stored_words import OF_ENROLMENTS, OF_OUTCOMES, said
from models.placing import part_of, put_in_place, vacant
from programme.intake import fields
from programme.keeping_errors import CopyUnwritable, ListKindUnknown
from programme.system_words import system_words
from programme.wording import Bilingual, untranslated

Translate = Callable[[str], str]
KINDS = (".xlsx", ".csv", ".json")
SHEET = Bilingual(fr="Coopératives", ar="التعاونيات")
SAID = {"status": OF_ENROLMENTS, "outcome": OF_OUTCOMES}
"""The columns that hold words of the programme, with what a coordinator reads for them."""
YES, NO = Bilingual(fr="oui", ar="نعم"), Bilingual(fr="non", ar="لا")
FORMULA = frozenset("=+-@\t\r")
"""What a text must not begin with in a CSV file: a spreadsheet would take it for a formula."""


def checked(path: Path) -> Path:
    """Return where a list goes; refused when something is there, or when its ending is unknown."""
    return vacant(path, KINDS, ListKindUnknown)


def write(
    path: Path, rows: Sequence[dict[str, Any]], language: str = "fr", translate: Translate = untranslated
) -> None:
    """Write the rows into a file that only its owner can read, whole or not at all, for a reader of ``language``."""
    made = {".xlsx": _workbook, ".csv": _csv, ".json": _json}[path.suffix.lower()]
    try:
        with part_of(path) as part:
            made(part, rows, language, translate)
            put_in_place(part, path)
    except OSError as problem:
        raise CopyUnwritable(path=path, problem=system_words(problem)) from problem


def _json(part: Path, rows: Sequence[dict[str, Any]], _language: str, _translate: Translate) -> None:
    text = json.dumps({"cooperatives": rows}, ensure_ascii=False, indent=2, default=_plain)
    part.write_text(text + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    """Return what JSON can hold: a date as year-month-day, an amount as a number."""
    return float(value) if isinstance(value, Decimal) else str(value)


def headers(language: str) -> dict[str, str]:
    """Return the title of each column, in order: ours around those that an import reads."""
    ours = {key: title.of(language) for key, title in OURS.items()}
    first = {key: ours.pop(key) for key in ("code", "cohort")}
    return {**first, **{key: one.header.of(language) for key, one in fields().items()}, **ours}


def _csv(part: Path, rows: Sequence[dict[str, Any]], language: str, translate: Translate) -> None:
    """Write as Excel reads it in Morocco: semicolons, UTF-8 with its mark, dates day first."""
    with part.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(headers(language).values())
        for cells in _cells(rows, language, translate):
            writer.writerow(map(_text, cells))


def _text(value: Any) -> Any:
    """Return a cell as it is typed in Morocco; what a spreadsheet would take for a formula is kept from it."""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float):
        return f"{value:.2f}".replace(".", ",")
    return f"'{value}" if isinstance(value, str) and value[:1] in FORMULA else value


def _workbook(part: Path, rows: Sequence[dict[str, Any]], language: str, translate: Translate) -> None:
    import xlsxwriter  # noqa: PLC0415 - few write a workbook, and each command would load it

    options: dict[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    options["default_date_format"] = "dd/mm/yyyy"
    titles = headers(language)
    with part.open("wb") as target, xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(SHEET.of(language))
        if language == "ar":
            sheet.right_to_left()
        head = book.add_format({"bold": True, "bg_color": "#1F4E5F", "font_color": "#FFFFFF", "text_wrap": True})
        for place, (key, title) in enumerate(titles.items()):
            sheet.set_column(place, place, fields()[key].width if key in fields() else 18)
            sheet.write_string(0, place, title, head)
        for line, cells in enumerate(_cells(rows, language, translate), start=1):
            for place, value in enumerate(cells):
                if value is not None:
                    sheet.write(line, place, value)
        sheet.freeze_panes(1, 3)
        sheet.autofilter(0, 0, len(rows), len(titles) - 1)


def _cells(rows: Sequence[dict[str, Any]], language: str, translate: Translate) -> Iterator[list[Any]]:
    keys = [*headers(language)]
    return ([_cell(key, row.get(key), language, translate) for key in keys] for row in rows)


def _cell(key: str, value: Any, language: str, translate: Translate) -> Any:
    """Return what a person reads in a cell, and an import reads again."""
    if key in SAID and value is not None:
        return said(SAID[key], value, translate)
    if isinstance(value, bool):
        return (YES if value else NO).of(language)
    if key == "fiscal_year_end" and value:
        return "/".join(reversed(value.split("-")))
    if key == "phone" and value:
        return _dialled(value)
    return float(value) if isinstance(value, Decimal) else value


def _dialled(number: str) -> str:
    """Write a Moroccan number as Moroccans dial it, any other as it came."""
    national = re.fullmatch(r"\+212(\d{9})", number)
    return " ".join(re.findall("..", f"0{national[1]}")) if national else number
