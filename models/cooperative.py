"""Cooperatives, and the dated contacts through whom they are reached."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, text
from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of

LANGUAGES = ("fr", "ar")
"""The languages that the programme's texts are written in."""
READINGS = (*LANGUAGES, "both")
"""How a contact wants to read: one language, or both in one message, Arabic first."""


class Cooperative(SQLModel, table=True):
    """A cooperative, known by its court and local-register number where it has given them."""

    __table_args__ = (
        CheckConstraint("members IS NULL OR members >= 0", name="members_not_negative"),
        Index(
            "cooperative_register",
            "register_court",
            "register_number",
            unique=True,
            sqlite_where=text("register_number IS NOT NULL"),
            postgresql_where=text("register_number IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    name_ar: str | None = None
    external_id: str | None = None
    register_court: str | None = None
    register_number: str | None = None
    registered_on: date | None = None
    province_code: str = Field(index=True)
    commune: str | None = None
    address: str | None = None
    sector: str | None = None
    branch: str | None = None
    members: int | None = None
    women: int | None = None
    young_graduates: int | None = None
    disabled: int | None = None
    feminine: bool | None = None
    turnover_dh: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    fiscal_year_end: str = "12-31"
    created_at: datetime = Field(sa_type=Instant)


class Contact(SQLModel, table=True):
    """Who answers for a cooperative, from a day to a day; mail goes to the one of the day."""

    __table_args__ = (one_of("language", READINGS),)

    id: int | None = Field(default=None, primary_key=True)
    cooperative_id: int = Field(foreign_key="cooperative.id", index=True)
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str = "ar"
    starts_on: date
    ends_on: date | None = None
    bad_address_at: datetime | None = Field(default=None, sa_type=Instant)
