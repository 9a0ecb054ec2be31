"""Writes what is held about somebody into a file of their own: JSON, or a workbook with a sheet for each table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.placing import part_of, put_in_place, vacant
from programme.keeping_errors import CopyUnwritable
from programme.personal_errors import ExportKindUnknown
from programme.system_words import system_words

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

KINDS = (".json", ".xlsx")


def checked(path: Path) -> Path:
    """Return where an export goes; refused when something is there, or when its ending is unknown."""
    return vacant(path, KINDS, ExportKindUnknown)


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document that only the file's owner can read, whole or not at all."""
    try:
        with part_of(path) as part:
            if path.suffix.lower() == ".json":
                part.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            else:
                _workbook(part, document)
            put_in_place(part, path)
    except OSError as problem:
        raise CopyUnwritable(path=path, problem=system_words(problem)) from problem


def _workbook(part: Path, document: Mapping[str, Any]) -> None:
    import xlsxwriter  # noqa: PLC0415 - few write a workbook, and each command would load it

    with (
        part.open("wb") as target,
        xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False}) as book,
    ):
        for number, person in enumerate(document["people"], start=1):
            about = {"asked_for": document["asked_for"], "made_at": document["made_at"], "is": person["is"]}
            _sheet(book, f"{number} person", [about | person["goes_by"] | {"enrolments": person["enrolments"]}])
            for table, rows in person["held"].items():
                _sheet(book, f"{number} {table}", rows)


def _sheet(book: Workbook, name: str, rows: list[dict[str, Any]]) -> None:
    sheet = book.add_worksheet(name)
    headers = list(dict.fromkeys(header for row in rows for header in row))
    sheet.write_row(0, 0, headers, book.add_format({"bold": True}))
    for line, row in enumerate(rows, start=1):
        for place, header in enumerate(headers):
            sheet.write(line, place, _cell(row.get(header)))
    sheet.freeze_panes(1, 0)
    sheet.autofit()


def _cell(value: Any) -> Any:
    """Return what a cell can hold; a list or a JSON value as its text."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value
