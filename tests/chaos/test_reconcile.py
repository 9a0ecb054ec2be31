"""Every figure of the campaign can fail: what may not be, forged into a life, is found and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.chaos import reconcile
from tests.chaos.life import Diary, Window
from tests.chaos.lives import Lived, Row
from tests.chaos.office import Arrival, No
from tests.chaos.storm import Storm

MONDAY = datetime(2027, 1, 4, 9, tzinfo=UTC)
PROMISED = MONDAY - timedelta(hours=1)
SENT = Row(
    key="SM/001/-/welcome",
    kind="welcome",
    channel="email",
    recipient="cooperative:SM/001",
    address="coop1@coop.example",
    status="sent",
    reason="",
    message_id="<1@x>",
    doubts=0,
    attempts=1,
    said=MONDAY.date(),
    about=None,
    told_in=None,
    send_at=MONDAY,
    promised_at=PROMISED,
    sent_at=MONDAY,
    settled_at=MONDAY,
    identity="SM/001/-/welcome|sent",
)
CAME = Arrival(MONDAY, "coop1@coop.example", "SM/001/-/welcome", "<1@x>", "aa")
LATER = timedelta(minutes=6)


def life(*rows: Row, arrivals: tuple[Arrival, ...] = (CAME,), **other: Any) -> Lived:
    values: dict[str, Any] = {
        "storm": Storm(1, (), MONDAY.date(), MONDAY.date()),
        "ended_at": MONDAY + timedelta(days=1),
        "ledger": {row.key: row for row in rows or (SENT,)},
        "hash": "one",
        "state": {"SM/001": {"status": "active", "steps": []}},
        "history": [(1, PROMISED), (2, MONDAY)],
        "effects": [("evaluated, proposed M0", date(2027, 1, 4), date(2027, 1, 4))],
        "arrivals": list(arrivals),
        "at_wrong_doors": 0,
        "said_no": [],
        "is_held": False,
        "diary": Diary(),
    }
    return Lived(**(values | other))


def named(another: Lived) -> set[str]:
    """Return the figures that do not hold."""
    return {figure.name for figure in reconcile.FIGURES if list(figure.counts(another))}


def test_life_in_order_has_every_figure_hold() -> None:
    twice = (CAME, replace(CAME, at=CAME.at + LATER))
    assert named(life()) == set()
    assert named(life(SENT._replace(doubts=1), arrivals=twice)) == set()


MEETING = SENT._replace(kind="meeting", about="2027-01-03")
FAILED = SENT._replace(status="failed", reason="address refused by the server (550)", sent_at=None)
OTHERS = [SENT._replace(key=f"{kind}/1", kind=kind) for kind in ("certificate", "resumed", "welcome", "meeting")]
ARRIVED = tuple(replace(CAME, key=row.key) for row in OTHERS)
BACK = Diary(returns=[Window(PROMISED, MONDAY + timedelta(hours=6))])
FORGED: dict[str, tuple[Lived, str]] = {
    "never left": (life(SENT._replace(status="pending", sent_at=None), arrivals=()), "lost"),
    "sent, not arrived": (life(arrivals=()), "lost"),
    "told in what never arrived": (
        life(SENT, SENT._replace(key="SM/001/x", channel="digest", told_in="digest/c1")),
        "lost",
    ),
    "arrived, cancelled": (
        life(SENT._replace(status="cancelled", reason="done")),
        "arrived, and unknown to the ledger",
    ),
    "arrived, of nobody": (
        life(arrivals=(CAME, replace(CAME, key="SM/002/-/welcome"))),
        "arrived, and unknown to the ledger",
    ),
    "under another name": (
        life(arrivals=(replace(CAME, message_id="<2@x>"),)),
        "arrived, and unknown to the ledger",
    ),
    "three times": (
        life(SENT._replace(doubts=1), arrivals=(CAME, replace(CAME, at=CAME.at + LATER), CAME)),
        "duplicates but rule 4's",
    ),
    "without a doubt": (life(arrivals=(CAME, replace(CAME, at=CAME.at + LATER))), "duplicates but rule 4's"),
    "too soon": (
        life(SENT._replace(doubts=1), arrivals=(CAME, replace(CAME, at=CAME.at + timedelta(seconds=59)))),
        "duplicates but rule 4's",
    ),
    "other bytes": (
        life(SENT._replace(doubts=1), arrivals=(CAME, replace(CAME, at=CAME.at + LATER, digest="bb"))),
        "duplicates but rule 4's",
    ),
    "failed of itself": (life(FAILED, arrivals=()), "wrongly failed"),
    "parked after four tries": (
        life(FAILED, arrivals=(), said_no=[No(MONDAY, "coop1@coop.example", 451)] * 4),
        "wrongly failed",
    ),
    "on Sunday": (life(arrivals=(replace(CAME, at=MONDAY - timedelta(days=1)),)), "sent outside the hours"),
    "at five": (life(arrivals=(replace(CAME, at=MONDAY + timedelta(hours=8)),)), "sent outside the hours"),
    "on a holiday": (
        life(arrivals=(replace(CAME, at=datetime(2027, 1, 11, 9, tzinfo=UTC)),)),
        "sent outside the hours",
    ),
    "of yesterday": (life(MEETING), "about a day that is past"),
    "four after a stop": (life(*OTHERS, arrivals=ARRIVED, diary=BACK), "after a stop: over 1 a kind or 3 in all"),
    "history back": (life(history=[(1, MONDAY), (2, PROMISED)]), "history before its cause"),
    "proposed before": (
        life(effects=[("evaluated, proposed M0", date(2027, 1, 4), date(2027, 1, 1))]),
        "history before its cause",
    ),
    "sent before promised": (life(SENT._replace(promised_at=MONDAY + LATER)), "history before its cause"),
    "no reason": (life(SENT, SENT._replace(key="x", status="skipped")), "settled without reason and time"),
    "no time": (
        life(SENT, SENT._replace(key="x", status="skipped", reason="late", settled_at=None)),
        "settled without reason and time",
    ),
    "while on hold": (life(diary=Diary(held=[Window(PROMISED)])), "left while on hold"),
    "wrong door": (life(at_wrong_doors=1), "handed to a server not to be trusted"),
    "broken morning": (life(diary=Diary(failures=["2027-01-04: boom"])), "pieces of mornings that failed"),
    "left over night": (life(diary=Diary(undrained=["evening of 2027-01-04"])), "not drained by the evening"),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_life_is_found(name: str) -> None:
    forged, figure = FORGED[name]
    assert named(forged) == {figure}


def test_every_figure_is_forged_once() -> None:
    assert {figure for _, figure in FORGED.values()} == {figure.name for figure in reconcile.FIGURES}


def test_refusals_of_the_server_are_no_wrong_failures() -> None:
    refused = life(FAILED, arrivals=(), said_no=[No(MONDAY, "coop1@coop.example", 550)])
    parked = life(FAILED, arrivals=(), said_no=[No(MONDAY, "coop1@coop.example", 451)] * 5)
    assert (named(refused), named(parked)) == (set(), set())


COMPARED: dict[str, tuple[Callable[[Lived, Lived], Any], Lived]] = {
    "state": (reconcile.other_state, life(state={"SM/001": {"status": "active", "steps": ["done"]}})),
    "promise lacking": (reconcile.other_promises, life(SENT._replace(key="other"))),
    "end": (reconcile.other_ends, life(SENT._replace(identity="another"))),
    "hash": (reconcile.other_again, life(hash="two")),
}


@pytest.mark.parametrize("name", COMPARED)
def test_life_unlike_the_calm_one_is_found(name: str) -> None:
    compare, forged = COMPARED[name]
    assert list(compare(life(), life())) == []
    assert list(compare(forged, life())) != []
