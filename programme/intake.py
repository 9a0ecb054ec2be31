"""From a row of a list to a cooperative that can be enrolled, or to everything that is wrong with the row at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from programme.intake_address import province_in
from programme.intake_candidate import Candidate
from programme.intake_columns import Columns, Problem, fields, header_of, known_headers, recognise
from programme.intake_contact import read_email, read_phone
from programme.intake_duplicates import duplicates, name_key, register_key
from programme.intake_sectors import known_sector, sectors
from programme.intake_text import Cell, clean, is_arabic, is_blank, quoted
from programme.intake_values import read_amount, read_count, read_date, read_language, read_month_day, read_yes_no
from programme.territory import Province, resolve_province, resolve_region, suggest_provinces
from programme.wording import Sentence, sentence

__all__ = [
    "Candidate",
    "Cell",
    "Columns",
    "Problem",
    "duplicates",
    "fields",
    "known_headers",
    "name_key",
    "read_row",
    "recognise",
    "register_key",
    "sectors",
]

LONGEST_TEXT = 300
"""Characters in a name or an address; a longer one is a paragraph in the wrong column."""

_FIELD_NAMES = set(Candidate.model_fields)

T = TypeVar("T")


def read_row(
    number: int, cells: Mapping[str, Cell], today: date, titles: Mapping[str, str] | None = None
) -> Candidate | list[Problem]:
    """Return the cooperative of a row, or all the row's problems; it never raises, whatever a cell holds.

    ``cells`` is by field (``Columns.pick``); a field that is absent is a column that the list has not.
    ``titles`` is the list's own headers by field (``Columns.titles``): problems name the column as the reader sees it.
    """
    row = _Row(number, cells, titles or {})
    found = {**_identity(row, today), **_place(row), **_contact(row), **_people(row), **_money(row)}
    if row.problems:
        return row.problems
    given: dict[str, Any] = {field: value for field, value in found.items() if value is not None}
    # The readers have checked each value. One shared set of field names: pydantic's own, one a row, would take 200 MB
    # for a list of 100,000.
    return Candidate.model_construct(_fields_set=_FIELD_NAMES, row=number, **given)


class _Row:
    """One row being read: its cells by field, and the problems found so far."""

    def __init__(self, number: int, cells: Mapping[str, Cell], titles: Mapping[str, str]) -> None:
        self.number = number
        self.cells = cells
        self.titles = titles
        self.problems: list[Problem] = []

    def complain(self, field: str, message: Sentence) -> None:
        title = header_of(field, self.titles)
        self.problems.append(Problem(self.number, title, message))

    def read(self, field: str, reader: Callable[[Cell], T | Sentence]) -> T | None:
        """Return what ``reader`` makes of a cell; None when it is blank, or unreadable (then a problem is kept)."""
        value = self.cells.get(field)
        if is_blank(clean(value)):
            return None
        found = reader(value)
        if isinstance(found, Sentence):
            self.complain(field, found)
            return None
        return found

    def text(self, field: str) -> str | None:
        return self.read(field, _read_text)


def _read_text(value: Cell) -> str | Sentence:
    text = clean(value)
    if len(text) <= LONGEST_TEXT:
        return text
    return sentence(
        "{value} has more than {most} characters: shorten it, or check that the columns are in their places.",
        value=quoted(text),
        most=LONGEST_TEXT,
    )


def _identity(row: _Row, today: date) -> dict[str, object]:
    name, name_ar = row.text("name"), row.text("name_ar")
    if name is None and is_blank(clean(row.cells.get("name"))):
        row.complain("name", sentence("The name of the cooperative is missing: write it as it is registered."))
    return {
        "name": name,
        "name_ar": name_ar or (name if name and is_arabic(name) else None),
        "external_id": row.text("external_id"),
        "register_court": row.text("register_court"),
        "register_number": row.text("register_number"),
        "registered_on": _registered_on(row, today),
        "sector": row.read("sector", _read_sector),
        "branch": row.text("branch"),
    }


def _registered_on(row: _Row, today: date) -> date | None:
    registered_on = row.read("registered_on", read_date)
    if registered_on and registered_on > today:
        message = sentence(
            "The date {value} is in the future: correct it, or wait until the cooperative is registered.",
            value=registered_on.strftime("%d/%m/%Y"),
        )
        row.complain("registered_on", message)
    return registered_on


def _place(row: _Row) -> dict[str, object]:
    address, commune = row.text("address"), row.text("commune")
    province = _province(row) if "province" in row.cells else _province_of_address(row, address, commune)
    if province:
        _check_region(row, province)
    return {"province_code": province and province.code, "address": address, "commune": commune}


def _province(row: _Row) -> Province | None:
    text = clean(row.cells["province"])
    if is_blank(text):
        row.complain("province", sentence("The province or prefecture is missing: write its name or its HCP code."))
        return None
    province = resolve_province(text)
    if province is None:
        message = sentence(
            "{value} is not a province of Morocco: write one of {suggestions}, or its HCP code.",
            value=quoted(text),
            suggestions=", ".join(suggest_provinces(text[:LONGEST_TEXT])),
        )
        row.complain("province", message)
    return province


def _province_of_address(row: _Row, address: str | None, commune: str | None) -> Province | None:
    province = province_in(address or "") or province_in(commune or "")
    if province is None:
        message = sentence("The address does not say which province: add a column headed province, and fill it in.")
        row.complain("address", message)
    return province


def _check_region(row: _Row, province: Province) -> None:
    """Complain when the row states another region than the province's; a blank region is nothing to check."""
    stated = row.text("region")
    if stated is None:
        return
    region = resolve_region(stated)
    if region is None:
        message = sentence(
            "{value} is not a region of Morocco: correct it, or leave it blank, the province says it.",
            value=quoted(stated),
        )
        row.complain("region", message)
    elif region.code != province.region_code:
        message = sentence(
            "{province} is not in the region {region}: correct the province or the region.",
            province=province.fr,
            region=region.fr,
        )
        row.complain("province" if "province" in row.cells else "region", message)


def _contact(row: _Row) -> dict[str, object]:
    return {
        "phone": row.read("phone", read_phone),
        "email": row.read("email", read_email),
        "language": row.read("language", read_language),
        "president": row.text("president"),
    }


def _people(row: _Row) -> dict[str, object]:
    members = row.read("members", read_count)
    parts = {field: row.read(field, read_count) for field in ("women", "young_graduates", "disabled")}
    for field, count in parts.items():
        if count is not None and members is not None and count > members:
            message = sentence(
                "{count} is more than its members ({members}): correct one of the two numbers.",
                count=count,
                members=members,
            )
            row.complain(field, message)
    feminine = row.read("feminine", read_yes_no)
    if feminine is None:  # not said: it is a women's cooperative when all its members are women
        feminine = bool(members) and parts["women"] == members
    return {"members": members, **parts, "feminine": feminine}


def _money(row: _Row) -> dict[str, object]:
    return {
        "turnover_dh": row.read("turnover_dh", read_amount),
        "fiscal_year_end": row.read("fiscal_year_end", read_month_day),
    }


def _read_sector(value: Cell) -> str | Sentence:
    """Return the French name of a sector that the template proposes, else the text as written."""
    text = _read_text(value)
    return text if isinstance(text, Sentence) else known_sector(text) or text
