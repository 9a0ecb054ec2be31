"""Excel workbooks: checked before they are parsed, because a small file can unfold into more than a machine holds."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import BytesIO
from typing import IO
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from programme.intake import Cell
from programme.intake_errors import ListTooLarge, ListTooSpread, NotASpreadsheet

LARGEST_UNPACKED = 500 * 2**20
"""Bytes of the workbook's parts together, once unpacked."""

_PIECE = 2**20
_OVERLAP = 256
"""Bytes kept from one piece to the next: a cell's opening tag is shorter."""

_FAR_CELL = re.compile(rb"""\br=["']([A-Z]{3,}\d+|[D-Z][A-Z]\d+|[A-Z]+(?:[2-9]\d{5}|\d{7,}))["'](?=[^>/]*>)""")
"""A cell that holds something beyond column CZ or row 199,999; a formatted but empty one ends with "/>"."""


def open_xlsx(data: bytes, name: str) -> Iterator[tuple[str, Callable[[], Iterator[Sequence[Cell]]]]]:
    """Yield the visible sheets of a workbook in their order, each read only when it is asked for."""
    _check(data, name)
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
        for sheet in workbook.sheets_metadata:
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
                yield sheet.name, partial(_rows, workbook.get_sheet_by_name(sheet.name))
    except CalamineError as error:
        raise NotASpreadsheet(name=name) from error


def _rows(sheet: CalamineSheet) -> Iterator[Sequence[Cell]]:
    """Return the rows from row 1 on, blank ones included; columns start at the first that is used."""
    return iter(sheet.iter_rows())


def _check(data: bytes, name: str) -> None:
    """Refuse what is no workbook, unfolds into too much, or has a cell far away.

    The parser makes room for every cell up to the furthest one: one space in XFD1048576 asks for 500 GB, and kills
    the process.
    """
    try:
        with ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise NotASpreadsheet(name=name)
            if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise ListTooLarge(name=name, most=LARGEST_UNPACKED // 2**20)
            for part in parts:
                with archive.open(part) as content:
                    _check_part(content, name)
    except (BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # RuntimeError: it wants a password
        raise NotASpreadsheet(name=name) from error


def _check_part(content: IO[bytes], name: str) -> None:
    kept = b""
    while piece := content.read(_PIECE):
        far = _FAR_CELL.search(kept + piece)
        if far:
            raise ListTooSpread(name=name, cell=far[1].decode())
        kept = piece[-_OVERLAP:]
