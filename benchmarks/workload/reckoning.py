"""What a crash run came to: what was lost, what was done twice, and what only a person can tell, each counted apart.

The oracle says what must take effect; the file of lines, what did; the mail server's own file, what arrived. Of a
mail that was repeated because nobody could know whether it had arrived (rule 4, docs/adr/0006), the outbox must say
so, and both copies must be the same bytes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from benchmarks.markdown import table
from benchmarks.workload import oracle
from benchmarks.workload.counting import told as totals_of
from benchmarks.workload.crash import MAILS, OPERATIONS, Run
from benchmarks.workload.journal import DECISION, read_lines
from benchmarks.workload.oracle import Operation
from benchmarks.workload.ours import FILE, START
from models import Notice
from models.session import Database

SHOWN = 10
OF_W = ("step_reminder", "escalation", "checkpoint_result")


class Mail(NamedTuple):
    """A mail that a notice of W is told in: its own, or its reader's message of the day."""

    key: str
    message_id: str
    status: str
    doubts: int


@dataclass(frozen=True)
class Account:
    """All that is held against a crash run; only ``repeated`` and ``held`` are allowed, and they are rule 4's."""

    operations: int
    lost: Sequence[Operation]
    doubled: Sequence[Operation]
    unknown: Sequence[Operation]
    mails: int
    mails_lost: Sequence[str]
    mails_doubled: Sequence[str]
    repeated: Sequence[str]
    held: Sequence[str]
    differences: Sequence[str]

    @property
    def is_right(self) -> bool:
        """Tell whether nothing was lost or done twice, and the totals are the oracle's."""
        return not any((self.lost, self.doubled, self.unknown, self.mails_lost, self.mails_doubled, self.differences))


def reckon(n: int, seed: int, folder: Path) -> Account:
    """Reckon what a crash run left in its folder."""
    database = Database(f"sqlite:///{folder / FILE}")
    differences = totals_of(database, START).differences(oracle.run(n, seed))
    told, mails = _told_in(database)
    database.close()
    arrived = _arrived(folder / MAILS)
    lines, wanted = Counter(read_lines(folder / OPERATIONS)), frozenset(expected(n, seed))
    twice = {one.key for one in mails if len(arrived[one.message_id]) > 1}
    repeated = {one.key for one in mails if one.key in twice and _is_rule_4(one, arrived[one.message_id])}
    held = {one.key for one in mails if one.status == "in_doubt"}
    return Account(
        len(wanted),
        sorted(wanted - lines.keys()),
        sorted(one for one in lines for _ in range(lines[one] - 1)),
        sorted(lines.keys() - wanted),
        len(mails),
        [f"{key} in {one.key}, {one.status}" for key, one in told if not (arrived[one.message_id] or one.key in held)],
        sorted(twice - repeated)
        + [f"{one} is nobody's" for one in arrived.keys() - {mail.message_id for mail in mails}],
        sorted(repeated),
        sorted(held),
        differences,
    )


def expected(n: int, seed: int) -> Iterator[Operation]:
    """Yield every operation of the oracle, and of every evaluation also its effect."""
    for one in oracle.operations(n, seed):
        yield one
        if one.kind == "E":
            yield one._replace(kind=DECISION)


def _told_in(database: Database) -> tuple[list[tuple[str, Mail]], list[Mail]]:
    """Return each notice of W with the mail that tells it, and all mails there are."""
    digest = aliased(Notice)
    of_mail = (getattr(Notice, name) for name in Mail._fields)
    of_digest = (getattr(digest, name) for name in Mail._fields)
    told_in = [func.coalesce(*pair) for pair in zip(of_digest, of_mail, strict=True)]
    query = select(col(Notice.key), col(Notice.kind), *told_in, col(Notice.channel))
    query = query.outerjoin(digest, col(Notice.digest_id) == digest.id)
    with database.reading() as session:
        rows = session.execute(query.order_by(col(Notice.key))).all()
    told = [(key, Mail(*rest)) for key, kind, *rest, _channel in rows if kind in OF_W]
    return told, [Mail(*rest) for _key, _kind, *rest, channel in rows if channel == "email"]


def _arrived(file: Path) -> defaultdict[str, list[str]]:
    """Return the digests of the messages that arrived, by Message-ID."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in file.read_text("ascii").splitlines():
        message_id, digest = line.split()
        found[message_id].append(digest)
    return found


def _is_rule_4(mail: Mail, copies: Sequence[str]) -> bool:
    return mail.doubts > 0 and len(copies) == 2 and len(set(copies)) == 1


def told(run: Run, account: Account) -> str:
    """Return the account as a table, and what is wrong in words."""
    found: list[tuple[str, Sequence[object], bool]] = [
        ("operations lost", account.lost, False),
        ("operations executed twice", account.doubled, False),
        ("operations that nobody asked for", account.unknown, False),
        ("totals that are not the oracle's", account.differences, False),
        ("notices whose mail was lost", account.mails_lost, False),
        ("mails doubled", account.mails_doubled, False),
        ("mails repeated by rule 4, in doubt and byte for byte", account.repeated, True),
        ("mails held for a person by rule 4", account.held, True),
    ]
    rows = [[name, "" if may else "0", str(len(one)), _verdict(one, may=may)] for name, one, may in found]
    kills = ", ".join(f"{count} in {work}" for work, count in sorted(run.kills.items())) or "none"
    return "\n".join(
        [
            table(("figure", "bound", "found", ""), rows),
            "",
            (
                f"{account.operations:,} operations (evaluations' effects among them), {account.mails:,} mails, "
                f"{run.kills.total()} kills ({kills}), {run.starts} starts, {run.seconds:.0f} s."
            ),
            *_named(found),
        ]
    )


def _verdict(found: Sequence[object], *, may: bool) -> str:
    return "" if may else "FAIL" if found else "pass"


def _named(found: Iterable[tuple[str, Sequence[object], bool]]) -> Iterator[str]:
    for name, those, may in found:
        if those and not may:
            yield f"{name}: {'; '.join(str(one) for one in those[:SHOWN])}"
