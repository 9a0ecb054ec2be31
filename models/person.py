"""The people of the programme: coordinators, coaches and delegates, with their dated roles."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of
from models.cooperative import LANGUAGES

STAFF_ROLES = ("coordinator", "coach", "delegate")


class Person(SQLModel, table=True):
    """Someone who works for the programme; `code` names them in keys and commands."""

    __table_args__ = (one_of("language", LANGUAGES),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    email: str | None = Field(default=None, unique=True)
    phone: str | None = None
    language: str = "fr"
    bad_address_at: datetime | None = Field(default=None, sa_type=Instant)


class RoleAssignment(SQLModel, table=True):
    """A role held from a day to a day, in one delegation or (without one) in the whole country."""

    __tablename__ = "role_assignment"
    __table_args__ = (one_of("role", STAFF_ROLES),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    role: str = Field(index=True)
    delegation: str | None = None
    starts_on: date
    ends_on: date | None = None
