"""The figures of a campaign: each life is held against the mail server's own record, and against a life without faults.

None of them asks the program whether it did well: what counts is what arrived, what the rows say, and the other life.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from programme.calendar import Calendar
from programme.civil import civil_day, wall
from tests.chaos.lives import Lived, Row
from tests.chaos.office import Arrival

REPEATED_AFTER = timedelta(seconds=60)
AHEAD = frozenset({"meeting", "step_reminder", "date_changed", "meeting_cancelled"})
"""Kinds that speak of a day to come, and of nothing else."""
EACH_KIND, IN_ALL = 1, 3
UNSETTLED = ("pending", "sending")
NEEDS_REASON = ("failed", "in_doubt", "skipped", "cancelled")
TRIES_TO_PARK = 5


@dataclass(frozen=True)
class Figure:
    """A figure with its bound: every one counts what may not be, so the bound is none of it."""

    name: str
    counts: Callable[[Lived], Iterator[str]]


def _arrivals(life: Lived) -> dict[str, list[Arrival]]:
    found: dict[str, list[Arrival]] = defaultdict(list)
    for one in life.arrivals:
        found[one.key].append(one)
    return found


def _was_lost(life: Lived, moment: datetime) -> bool:
    """Tell whether a restored copy knows nothing of what was done at a moment."""
    return any(window.has(moment) for window in life.diary.lost)


def lost(life: Lived) -> Iterator[str]:
    """Promises whose time has come and that are not settled, or sent as the rows say and never seen by the server."""
    arrived = _arrivals(life)
    for row in life.ledger.values():
        if row.channel != "call" and row.status in UNSETTLED and row.send_at <= life.ended_at and not life.is_held:
            yield f"{row.key} is still {row.status}"
        elif row.channel == "email" and row.status == "sent" and row.key not in arrived:
            yield f"{row.key} is said to be sent, and never arrived"
        elif row.channel == "digest" and row.status == "sent" and row.told_in not in arrived:
            yield f"{row.key} is said to be told in {row.told_in}, which never arrived"


def unknown(life: Lived) -> Iterator[str]:
    """Mails that the server has and of which the ledger does not say that they left, or may have."""
    for key, copies in _arrivals(life).items():
        row = life.ledger.get(key)
        if any(_was_lost(life, one.at) for one in copies):
            continue
        if row is None or row.status not in {"sent", "in_doubt"}:
            yield f"{key} arrived, and is {row.status if row else 'not in the ledger'}"
        elif row.message_id != copies[0].message_id:
            yield f"{key} arrived under another Message-ID"


def doubled(life: Lived) -> Iterator[str]:
    """Repetitions that rule 4 does not allow: once, of the same bytes, after a doubt, 60 s later at the soonest."""
    for key, copies in _arrivals(life).items():
        known = [one for one in copies if not _was_lost(life, one.at)]
        if len(known) > 2:
            yield f"{key} arrived {len(known)} times"
        elif len(known) == 2:
            yield from _wrong_pair(life, key, known)


def _wrong_pair(life: Lived, key: str, copies: Sequence[Arrival]) -> Iterator[str]:
    one, two = copies
    if (one.digest, one.message_id) != (two.digest, two.message_id):
        yield f"{key} was repeated with other bytes"
    if two.at - one.at < REPEATED_AFTER:
        yield f"{key} was repeated after {two.at - one.at}"
    if life.ledger[key].doubts == 0:
        yield f"{key} was repeated without a doubt"


def wrongly_failed(life: Lived) -> Iterator[str]:
    """Mails that failed without a word of the server about them: 5xx once, or 4xx five times."""
    said = defaultdict[str, Counter[int]](Counter)
    for one in life.said_no:
        said[one.address][one.code // 100] += 1
    for row in life.ledger.values():
        if row.status == "failed" and row.channel == "email" and row.address is not None:
            heard = said[row.address]
            if not (heard[5] or heard[4] >= TRIES_TO_PARK):
                yield f"{row.key} failed: {row.reason}"


def at_wrong_hours(life: Lived) -> Iterator[str]:
    """Mails that left on a closed day, or outside 09:00-17:00."""
    calendar = Calendar()
    for one in life.arrivals:
        moment = wall(one.at)
        if not (calendar.is_sending_day(moment.date()) and 9 <= moment.hour < 17):
            yield f"{one.key} left at {moment:%Y-%m-%d %H:%M}"


def past(life: Lived) -> Iterator[str]:
    """Mails to cooperatives about a day that was over when they left."""
    for one in life.arrivals:
        row = life.ledger.get(one.key)
        if row is None or row.kind not in AHEAD or row.about is None or _was_lost(life, one.at):
            continue
        if date.fromisoformat(row.about) < civil_day(one.at):
            yield f"{one.key} left on {civil_day(one.at)} about {row.about}"


def heaped(life: Lived) -> Iterator[str]:
    """More than one mail of a kind, or three in all, to somebody on the day after a stop."""
    for window in life.diary.returns:
        told: dict[str, Counter[str]] = defaultdict(Counter)
        for key in {one.key for one in life.arrivals if window.has(one.at)}:
            row = life.ledger.get(key)
            if row is not None:
                told[row.recipient][row.kind] += 1
        for recipient, kinds in sorted(told.items()):
            if max(kinds.values()) > EACH_KIND or kinds.total() > IN_ALL:
                yield f"{recipient} got {dict(kinds)} on {civil_day(window.begins)}"


def before_cause(life: Lived) -> Iterator[str]:
    """Lines of the history before the line above them, effects before their causes, mails before their promises."""
    for (_, above), (number, at) in zip(life.history, life.history[1:], strict=False):
        if at < above:
            yield f"history line {number} stands at {at}, the one above at {above}"
    for what, cause, effect in life.effects:
        if cause is not None and effect is not None and effect < cause:  # type: ignore[operator] # both days
            yield f"{what}: {cause}, {effect}"
    for row in life.ledger.values():
        if row.channel != "call" and row.sent_at is not None and row.sent_at < row.promised_at:
            yield f"{row.key} left at {row.sent_at}, before it was promised"


def unexplained(life: Lived) -> Iterator[str]:
    """Settled rows without the time, or without the reason that their kind of end must have."""
    for row in life.ledger.values():
        if row.status in UNSETTLED:
            continue
        if row.settled_at is None and not (row.status == "sent" and row.sent_at is not None):
            yield f"{row.key} is {row.status} without a time"
        if row.status in NEEDS_REASON and not row.reason:
            yield f"{row.key} is {row.status} without a reason"


def while_held(life: Lived) -> Iterator[str]:
    """Mails that left after a restore and before somebody let them go."""
    for one in life.arrivals:
        if any(window.has(one.at) for window in life.diary.held):
            yield f"{one.key} left on {civil_day(one.at)}"


def betrayed(life: Lived) -> Iterator[str]:
    """Mails handed to a server that could not be trusted, or that let nobody in."""
    if life.at_wrong_doors:
        yield f"{life.at_wrong_doors} mails"


def broken(life: Lived) -> Iterator[str]:
    """Pieces of a morning that failed: what strikes is nobody's fault, and is done again."""
    yield from life.diary.failures


def undrained(life: Lived) -> Iterator[str]:
    """Sendings at whose last hour something waited that could have left, the server being there."""
    yield from life.diary.undrained


FIGURES: Sequence[Figure] = (
    Figure("lost", lost),
    Figure("arrived, and unknown to the ledger", unknown),
    Figure("duplicates but rule 4's", doubled),
    Figure("wrongly failed", wrongly_failed),
    Figure("sent outside the hours", at_wrong_hours),
    Figure("about a day that is past", past),
    Figure("after a stop: over 1 a kind or 3 in all", heaped),
    Figure("history before its cause", before_cause),
    Figure("settled without reason and time", unexplained),
    Figure("left while on hold", while_held),
    Figure("handed to a server not to be trusted", betrayed),
    Figure("not drained by the evening", undrained),
    Figure("pieces of mornings that failed", broken),
)


def other_state(life: Lived, calm: Lived) -> Iterator[str]:
    """Enrolments that do not stand as in the life without faults: stages, steps, decisions, and every day of them."""
    for code, state in calm.state.items():
        if life.state.get(code) != state:
            names = [name for name, value in state.items() if life.state.get(code, {}).get(name) != value]
            yield f"{code}: other {', '.join(names)}"


def other_promises(life: Lived, calm: Lived) -> Iterator[str]:
    """Promises that only one of the two lives has made; messages of the day follow the mail, and are left out."""
    mine, theirs = ({key for key in one.ledger if not key.startswith("digest/")} for one in (life, calm))
    yield from (f"{key} was never promised" for key in sorted(theirs - mine))
    yield from (f"{key} was promised here alone" for key in sorted(mine - theirs))


def other_ends(life: Lived, calm: Lived) -> Iterator[str]:
    """Promises with another end than in the calm life, though the mail server did nothing but what it should.

    What was in doubt may end in doubt, or leave on another day; with it what its message of the day tells.
    """
    for key, row in life.ledger.items():
        other = calm.ledger.get(key)
        if other is not None and row.identity != other.identity and not _was_in_doubt(life, row):
            yield f"{key}: {row.status} {row.reason}, not {other.status} {other.reason}"


def _was_in_doubt(life: Lived, row: Row) -> bool:
    told_in = life.ledger.get(row.told_in or "")
    return row.doubts > 0 or (told_in is not None and told_in.doubts > 0)


def other_again(life: Lived, again: Lived) -> Iterator[str]:
    """What differs when the same life is lived a second time: the ledger's hash, and so its rows."""
    if life.hash != again.hash:
        rows = {row.identity for row in life.ledger.values()} ^ {row.identity for row in again.ledger.values()}
        yield f"{life.hash[:12]}, then {again.hash[:12]}"
        yield from sorted(rows)
