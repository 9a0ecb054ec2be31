"""Signs of life: a lease that its holder renews while it works, and what becomes of one whose holder is gone.

How a lease is first taken stands beside the morning (`actions.morning.take_lease`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from models import Lease
from models.session import Database

RUN = "run:"
"""What the leases of flow runs begin with; the run's id follows. Mornings have `morning:`."""


@dataclass(frozen=True)
class Lapsed:
    """A flow run that gives no sign of life any more, and who did it."""

    run: str
    holder: str
    until: datetime


def renew(database: Database, name: str, *, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Prolong a lease; False when somebody else has it by now, for the holder was thought dead.

    It waits for no other writer (but SQLite's one pen): whoever does long work must still give signs of life.
    """
    change = update(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder).values(until=now + lasts)
    with database.transaction(alone=False) as session:
        return bool(session.execute(change).rowcount)  # type: ignore[attr-defined] # a CursorResult


def drop(database: Database, name: str, *, holder: str) -> None:
    """Forget a lease that nobody will ask for again, a flow run's: their names never come twice."""
    with database.transaction(alone=False) as session:
        session.execute(delete(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder))


def lapsed(session: Session, *, now: datetime, is_dead: Callable[[str], bool]) -> list[Lapsed]:
    """Return the flow runs whose process is surely gone, or gave no sign of life for a whole lease."""
    rows = session.exec(select(Lease).where(col(Lease.name).startswith(RUN)).order_by(Lease.name))
    return [
        Lapsed(row.name.removeprefix(RUN), row.holder, row.until)
        for row in rows
        if row.until <= now or is_dead(row.holder)
    ]


def living(session: Session) -> set[str]:
    """Return the flow runs that have a lease, lapsed or not."""
    return {name.removeprefix(RUN) for name in session.exec(select(Lease.name).where(col(Lease.name).startswith(RUN)))}


def bury(database: Database, dead: Sequence[Lapsed], *, now: datetime) -> int:
    """Forget the dead runs and end what else their processes held; return how many leases they gave free.

    A run that has given a sign of life since it was thought dead keeps what it has.
    """
    free = 0
    with database.transaction() as session:
        for one in dead:
            gone = session.execute(
                delete(Lease).where(
                    col(Lease.name) == RUN + one.run, col(Lease.holder) == one.holder, col(Lease.until) == one.until
                )
            )
            if gone.rowcount:  # type: ignore[attr-defined] # a CursorResult
                held = update(Lease).where(col(Lease.holder) == one.holder, col(Lease.until) > now).values(until=now)
                free += session.execute(held).rowcount  # type: ignore[attr-defined] # the same
    return free
