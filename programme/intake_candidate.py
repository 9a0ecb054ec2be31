"""A cooperative as a list presents it, read and checked, not yet stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from programme.wording import Reading


class Candidate(BaseModel):
    """A cooperative as a list presents it, read and checked; ``row`` is the one that the spreadsheet shows.

    What the list leaves blank is None. ``turnover_dh`` is in dirhams, ``fiscal_year_end`` is "MM-DD" and never
    29 February, ``phone`` is E.164.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    name: str
    name_ar: str | None = None
    external_id: str | None = None
    register_court: str | None = None
    register_number: str | None = None
    registered_on: date | None = None
    province_code: str
    commune: str | None = None
    address: str | None = None
    sector: str | None = None
    branch: str | None = None
    phone: str | None = None
    email: str | None = None
    language: Reading = "ar"
    president: str | None = None
    members: int | None = Field(default=None, ge=0)
    women: int | None = Field(default=None, ge=0)
    young_graduates: int | None = Field(default=None, ge=0)
    disabled: int | None = Field(default=None, ge=0)
    feminine: bool = False
    turnover_dh: Decimal | None = Field(default=None, ge=0)
    fiscal_year_end: str = Field(default="12-31", pattern=r"^\d\d-\d\d$")
