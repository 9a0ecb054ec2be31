"""What a sender has of the messages that it took: plain values, read in one go, which no session keeps an eye on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Protocol, TypeVar, cast

import orjson
from sqlalchemy import update
from sqlmodel import Session, SQLModel

from models import Notice

TABLE = SQLModel.metadata.tables[str(Notice.__tablename__)]


class Tellable(Protocol):
    """What a message of the day tells of one thing."""

    @property
    def key(self) -> str: ...  # noqa: D102 - as `models.Notice` has them
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def enrolment_id(self) -> int | None: ...  # noqa: D102
    @property
    def step_id(self) -> int | None: ...  # noqa: D102
    @property
    def recipient(self) -> str: ...  # noqa: D102
    @property
    def facts(self) -> dict[str, Any]: ...  # noqa: D102


class Sayable(Tellable, Protocol):
    """What a message is made of, whether it is a row of the outbox or what a sender has of it."""

    @property
    def id(self) -> int | None: ...  # noqa: D102 - as `models.Notice` has them
    @property
    def address(self) -> str | None: ...  # noqa: D102
    @property
    def language(self) -> str: ...  # noqa: D102
    @property
    def template_version(self) -> str: ...  # noqa: D102
    @property
    def message_id(self) -> str | None: ...  # noqa: D102


@dataclass(slots=True)
class ToMake:
    """What a message is made of, as whoever makes it needs it."""

    id: int
    key: str
    kind: str
    enrolment_id: int | None
    step_id: int | None
    recipient: str
    address: str | None
    language: str
    facts: dict[str, Any]
    template_version: str
    message_id: str | None


@dataclass(slots=True)
class Claimed(ToMake):
    """A message as it stood when it was taken, or what a message of the day tells."""

    cohort_id: int | None
    digest_id: int | None
    due_on: date
    approved_by: str | None
    promised_at: datetime
    send_at: datetime
    status: str
    attempts: int
    doubts: int
    token: int
    lease_until: datetime | None
    data_begun: bool
    code: int | None
    error: str
    body_digest: str | None


NAMES = tuple(one.name for one in fields(Claimed))
COLUMNS = tuple(TABLE.c[name] for name in NAMES)
"""What to ask the database for, in the order in which `read` takes it."""


@dataclass(slots=True)
class Item:
    """What a message of the day tells: no more of it than telling it needs."""

    id: int
    digest_id: int
    key: str
    kind: str
    enrolment_id: int | None
    step_id: int | None
    recipient: str
    facts: dict[str, Any]


Read = TypeVar("Read", Claimed, Item)
ITEM_COLUMNS = tuple(TABLE.c[one.name] for one in fields(Item))
"""The same for `read_items`."""


def read(rows: Iterable[Sequence[Any]]) -> list[Claimed]:
    """Return rows as they were found; ValueError where the facts of one are no facts."""
    return _with_facts([Claimed(*row) for row in rows])


def read_items(rows: Iterable[Sequence[Any]]) -> list[Item]:
    """Return what messages of the day tell; ValueError where the facts of one are no facts."""
    return _with_facts([Item(*row) for row in rows])


def _with_facts(found: list[Read]) -> list[Read]:
    if not all(isinstance(one.facts, dict) for one in found):
        raise ValueError("its facts are none")
    return found


Packed = tuple[list[tuple[Any, ...]], bytes]
Passed = TypeVar("Passed", ToMake, Item)
_NAMES = {kind: [one.name for one in fields(kind)] for kind in (ToMake, Item)}
_BESIDE_FACTS = {kind: attrgetter(*(name for name in names if name != "facts")) for kind, names in _NAMES.items()}


def packed(kind: type[Passed], found: Sequence[Passed]) -> Packed:
    """Return what was read as another process takes it, in a fifth of the time that it takes as it is."""
    beside_facts = _BESIDE_FACTS[kind]
    return [beside_facts(one) for one in found], orjson.dumps([one.facts for one in found])


def unpacked(kind: type[Passed], given: Packed) -> list[Passed]:
    """Return what was packed; facts are as the database gives them, their names the same objects everywhere."""
    rows, facts = given
    place, made = _NAMES[kind].index("facts"), cast("Callable[..., Passed]", kind)
    return [made(*row[:place], own, *row[place:]) for row, own in zip(rows, orjson.loads(facts), strict=True)]


def write(session: Session, one: Claimed, values: Mapping[str, Any]) -> None:
    """Change a message that is held, here and in the database."""
    for name, value in values.items():
        if name in NAMES:
            setattr(one, name, value)
    session.connection().execute(update(TABLE).where(TABLE.c.id == one.id).values(**values))
