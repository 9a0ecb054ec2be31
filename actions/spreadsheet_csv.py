"""CSV files as Excel, LibreOffice and other programs write them in Morocco: five encodings, four separators."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO, TextIOWrapper
from itertools import chain, islice

from programme.intake import Cell, known_headers
from programme.intake_errors import NotASpreadsheet

_SEPARATORS = (";", ",", "\t", "|")
_HEAD = 30
"""Rows looked at to find the separator and the encoding: the headers are among them."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),  # Excel's "Unicode text"
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ARABIC_WORD = re.compile(r"[\u0620-\u064a]{3}")
_EXCEL_HINT = re.compile(r'"?sep=.')


def open_csv(data: bytes, name: str) -> Iterator[tuple[str, Callable[[], Iterator[Sequence[Cell]]]]]:
    """Yield the one table of a CSV file, with its encoding; its rows are counted as Excel shows them."""
    encoding = _encoding(data)
    if encoding is None:
        raise NotASpreadsheet(name=name)
    separator = _separator(data, encoding, name)
    yield encoding, lambda: _records(data, encoding, separator, name)


def _encoding(data: bytes) -> str | None:
    """Return the encoding: a byte-order mark, else UTF-8 if it is valid, else Windows Arabic or Western.

    None for what is no text: it holds zero bytes, or is not what its mark says.
    """
    marked = next((encoding for bom, encoding in _BOMS if data.startswith(bom)), None)
    if marked:
        return marked if _decodes(data, marked) else None
    if b"\0" in data or data.startswith((b"%PDF", b"{\\rtf")):
        return None
    return "utf-8" if _decodes(data, "utf-8") else _windows_encoding(data)


def _windows_encoding(data: bytes) -> str:
    """Return cp1256 or cp1252: the one that makes more headers known, else cp1256 if it then holds Arabic words.

    Both write é alike, and É differently; a French list read as cp1256 has lone Arabic letters, never three in a row.
    """
    if not _decodes(data, "cp1252"):
        return "cp1256"
    arabic, western = _best_known(data, "cp1256"), _best_known(data, "cp1252")
    if arabic != western:
        return "cp1256" if arabic > western else "cp1252"
    return "cp1256" if _ARABIC_WORD.search(data.decode("cp1256")) else "cp1252"


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _best_known(data: bytes, encoding: str) -> int:
    return max(_score(data, encoding, separator)[0] for separator in _SEPARATORS)


def _separator(data: bytes, encoding: str, name: str) -> str:
    """Return the separator that makes most headers known, and of equals the one that makes most columns."""
    separator = max(_SEPARATORS, key=lambda separator: _score(data, encoding, separator))
    if _score(data, encoding, separator) == (0, 0):
        list(islice(_records(data, encoding, separator, name), _HEAD))  # refuses what breaks the reader
    return separator


def _score(data: bytes, encoding: str, separator: str) -> tuple[int, int]:
    """Return how many headers are known in the best of the first rows, and how many columns the widest has."""
    try:
        head = list(islice(_records(data, encoding, separator, ""), _HEAD))
    except NotASpreadsheet:
        return 0, 0
    return max(map(known_headers, head), default=0), max(map(len, head), default=0)


def _records(data: bytes, encoding: str, separator: str, name: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(_lines(data, encoding), delimiter=separator)
    except csv.Error as error:
        raise NotASpreadsheet(name=name) from error


def _lines(data: bytes, encoding: str) -> Iterator[str]:
    """Return the lines of the file; a first line "sep=;" is a hint to Excel, which does not show it as a row."""
    lines = iter(TextIOWrapper(BytesIO(data), encoding=encoding, newline=""))
    first = next(lines, "")
    return lines if _EXCEL_HINT.match(first) else chain([first], lines)
