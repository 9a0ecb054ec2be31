"""Lists of cooperatives, read from the Excel and CSV files that people really have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from actions.spreadsheet_csv import open_csv
from actions.spreadsheet_template import write_template
from actions.spreadsheet_xlsx import open_xlsx
from programme.intake import Cell, Columns, known_headers, recognise
from programme.intake_errors import ListEmpty, ListNotFound, ListTooLarge, NoHeader
from programme.intake_text import clean

__all__ = ["Rows", "Table", "read_table", "write_template"]

LARGEST_FILE = 50 * 2**20
"""Bytes; checked before anything is parsed."""

_HEADER_WITHIN = 30
"""Rows searched for the headers: titles and logos stand above them, never a whole page."""


@dataclass(frozen=True)
class Rows:
    """The rows under the headers, as (row of the spreadsheet, cells); blank rows are skipped.

    Read again from the start at each iteration, and never held all at once.
    """

    cells: Callable[[], Iterator[Sequence[Cell]]]
    after: int

    def __iter__(self) -> Iterator[tuple[int, tuple[Cell, ...]]]:
        for number, cells in enumerate(self.cells(), start=1):
            if number > self.after and not _is_blank(cells):
                yield number, tuple(cells)


@dataclass(frozen=True)
class Table:
    """A list: its headers and where they are, what they mean, and its rows.

    ``source`` says how it was read, for a preview: the encoding of a CSV file, the sheet of an Excel one.
    """

    headers: tuple[str, ...]
    header_row: int
    columns: Columns
    rows: Iterable[tuple[int, tuple[Cell, ...]]]
    source: str


def read_table(path: Path) -> Table:
    """Return the list in a file, XLSX or CSV by what is in it, whatever its suffix.

    The headers are the first row that names two of our columns, else the first row that is not empty. Refuses a file
    that is missing, too large, not a list, without headers or without rows.
    """
    data = _bytes(path)
    opened = open_xlsx(data, path.name) if data.startswith(b"PK") else open_csv(data, path.name)
    table: Table | None = None
    for source, cells in opened:
        found = _table(source, cells)
        if found and known_headers(found.headers) >= 2:
            return _not_empty(found, path.name)
        table = table or found
    if table is None:
        raise ListEmpty(name=path.name)
    if not known_headers(table.headers):
        raise NoHeader(name=path.name)
    return _not_empty(table, path.name)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ListTooLarge(name=path.name, most=LARGEST_FILE // 2**20)
        return path.read_bytes()
    except OSError as error:
        raise ListNotFound(name=path.name or path) from error


def _table(source: str, cells: Callable[[], Iterator[Sequence[Cell]]]) -> Table | None:
    """Return one sheet as a table; None when its first rows are all blank."""
    first = [(row, line) for row, line in enumerate(islice(cells(), _HEADER_WITHIN), start=1) if not _is_blank(line)]
    if not first:
        return None
    row, headers = next(((row, line) for row, line in first if known_headers(line) >= 2), first[0])
    return Table(
        headers=tuple(clean(header) for header in headers),
        header_row=row,
        columns=recognise(headers, row),
        rows=Rows(cells, row),
        source=source,
    )


def _not_empty(table: Table, name: str) -> Table:
    if next(iter(table.rows), None) is None:
        raise ListEmpty(name=name)
    return table


def _is_blank(cells: Sequence[Cell]) -> bool:
    return not any(clean(cell) for cell in cells)
