"""A real mail server that misbehaves: the verdict, the tries, the pause, health and the ledger of each fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import repeat
from pathlib import Path

import pytest

from actions.health import ailments
from models.session import Database
from notifications import ledger
from notifications.delivery import Post, deliver
from notifications.smtp import SmtpMailer
from tests.notifications.certificates import certificate
from tests.notifications.post_office import (
    ANYONE,
    DROP,
    DROP_KEPT,
    DROP_LOST,
    NOW,
    PHASES,
    SENDER,
    PostOffice,
    after,
    bodies,
    channel,
    notice,
    open_office,  # noqa: F401 - the fixture `office`
    post_of,
    put,
    statuses,
)

SENT, WAITS = ("sent", ""), ("pending", "")
KEY = "SM/001/welcome"
PATIENCE = 0.3
"""Seconds that a server's answer is awaited here, as MOURAFAKA_REPLY_SECONDS sets them; 120 by default."""


@dataclass(frozen=True)
class Fault:
    """What the server does to coop1's message, and what is to come of it.

    ``copies`` of it have arrived in the end, when the server behaves again.
    """

    does: Callable[[PostOffice], None]
    verdict: str
    stands: tuple[str, str] = WAITS
    attempts: int = 1
    doubts: int = 0
    code: int | None = None
    error: str = ""
    copies: int = 1

    @property
    def pauses(self) -> bool:
        return self.verdict == "away"


def at_rcpt(*said: str) -> Callable[[PostOffice], None]:
    return lambda office: office.at_rcpt.update({ANYONE: iter(said)})


def at_data(*said: str) -> Callable[[PostOffice], None]:
    return lambda office: office.at_data.update({ANYONE: iter(said)})


def at_mail(*said: str) -> Callable[[PostOffice], None]:
    return lambda office: setattr(office, "at_mail", iter(said))


def at_connect(*said: str) -> Callable[[PostOffice], None]:
    return lambda office: setattr(office, "at_connect", iter(said))


REFUSED = "refused by the server"
FAULTS = {
    "RCPT 550": Fault(
        at_rcpt("550 5.1.1 who?"), "refused", ("failed", f"address {REFUSED} (550)"), 1, 0, 550, "5.1.1 who?", 0
    ),
    "RCPT 450": Fault(at_rcpt("450 4.2.1 busy"), "deferred", code=450, error="4.2.1 busy"),
    "RCPT hangs up": Fault(at_rcpt(DROP), "away", attempts=0, error="Connection unexpectedly closed"),
    "MAIL 550": Fault(at_mail("550 not you"), "away", attempts=0, error="not you"),
    "MAIL 451": Fault(at_mail("451 overloaded"), "away", attempts=0, error="overloaded"),
    "MAIL 552": Fault(
        at_mail("552 too big"), "refused", ("failed", f"message {REFUSED} (552)"), 1, 0, 552, "too big", 0
    ),
    "421 at connect": Fault(at_connect("421 closed for today"), "away", attempts=0, error="closed for today"),
    "554 at connect": Fault(at_connect("554 no service"), "away", attempts=0, error="no service"),
    "message 451": Fault(at_data("451 later"), "deferred", code=451, error="later"),
    "message 554": Fault(at_data("554 spam"), "refused", ("failed", f"message {REFUSED} (554)"), 1, 0, 554, "spam", 0),
    "drops, kept": Fault(at_data(DROP_KEPT), "doubt", doubts=1, error="Connection unexpectedly closed", copies=2),
    "drops, lost": Fault(at_data(DROP_LOST), "doubt", doubts=1, error="Connection unexpectedly closed"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_has_its_verdict_and_is_got_over(database: Database, office: PostOffice, name: str) -> None:
    fault = FAULTS[name]
    put(database)
    fault.does(office)
    post = post_of(database, office)
    assert deliver(post) == Counter({fault.verdict: 1})
    check(database, fault)
    later = [deliver(after(post, minutes=minute)) for minute in (2, 200)]
    assert sum(later, Counter()) == Counter(accepted=fault.stands == WAITS)
    assert len(office.kept) == fault.copies
    assert len({letter.body for letter in office.kept}) <= 1
    assert bodies(database) == []


def check(database: Database, fault: Fault) -> None:
    stands, state = notice(database, KEY), channel(database)
    assert statuses(database) == [fault.stands]
    assert (stands.attempts, stands.doubts, stands.code) == (fault.attempts, fault.doubts, fault.code)
    assert fault.error in stands.error
    row = ledger.row(stands)
    assert (row["status"], row["attempts"], row["sent_at"]) == (fault.stands[0], fault.attempts, None)
    paused = state is not None and state.paused_until == NOW + timedelta(minutes=1)
    assert paused is fault.pauses
    assert ills(database) == expected(fault)


def ills(database: Database, minutes: float = 0) -> list[str]:
    with database.reading() as session:
        return [str(one) for one in ailments(session, NOW + timedelta(minutes=minutes))]


def expected(fault: Fault) -> list[str]:
    if fault.pauses:
        return [f"Mail is paused until 2027-01-04 09:01 ({fault.error}): check the mail server; nothing is lost."]
    if fault.stands[0] == "failed":
        return ["1 notice did not leave: `mourafaka ledger` names it and why."]
    return []


@pytest.fixture
def silent(database: Database, office: PostOffice) -> Iterator[Callable[[str], Post]]:
    """Give the sending to a server that falls silent at a phase, longer than its answer is awaited."""

    def sending(phase: str) -> Post:
        office.silent_at, office.silence = phase, PATIENCE * 4
        mailer = SmtpMailer(office.server(), SENDER, reply_seconds=PATIENCE)
        return replace(post_of(database, office), mailer=mailer)

    yield sending
    office.silent_at = ""


@pytest.mark.parametrize("phase", PHASES)
def test_server_that_stalls_holds_up_nothing_for_ever(
    database: Database, office: PostOffice, silent: Callable[[str], Post], phase: str
) -> None:
    put(database, 2)
    post = silent(phase)
    in_doubt = phase == "message"
    assert deliver(post) == (Counter(doubt=2) if in_doubt else Counter(away=1))
    stands = notice(database, KEY)
    assert (stands.status, stands.attempts, stands.doubts) == ("pending", int(in_doubt), int(in_doubt))
    assert "timed out" in stands.error
    state = channel(database)
    assert (state is not None and state.failures == 1) is not in_doubt
    office.silent_at = ""
    assert deliver(after(post, minutes=2)) == Counter(accepted=2)
    assert Counter(office.addresses()) == dict.fromkeys(("coop1@coop.example", "coop2@coop.example"), 1 + in_doubt)


def test_answer_that_comes_late_but_comes_is_an_answer(
    database: Database, office: PostOffice, silent: Callable[[str], Post]
) -> None:
    put(database)
    post = silent("message")
    office.silence = PATIENCE * 0.6
    assert deliver(post) == Counter(accepted=1)
    assert (statuses(database), len(office.kept)) == ([SENT], 1)


def test_answer_that_is_always_too_late_ends_with_a_person_after_two_copies(
    database: Database, office: PostOffice, silent: Callable[[str], Post]
) -> None:
    put(database)
    post = silent("message")
    assert [deliver(after(post, minutes=minute)) for minute in (0, 2, 4)] == [
        Counter(doubt=1),
        Counter(doubt=1),
        Counter(),
    ]
    assert [status for status, _ in statuses(database)] == ["in_doubt"]
    assert (len(office.kept), len({letter.body for letter in office.kept})) == (2, 1)
    assert ills(database, 10) == ["1 notice is in doubt: `mourafaka ledger` names it and why."]


@pytest.mark.parametrize(("password", "at_once"), [("wrong", False), ("right", False), ("right", True)])
def test_server_that_cannot_be_trusted_or_lets_nobody_in_pauses_the_mail(
    database: Database, tmp_path: Path, password: str, at_once: bool
) -> None:
    """A wrong password in clear on this machine; a right one, that a certificate nobody vouches for keeps secret."""
    context, _ = certificate(tmp_path)
    secure = password == "right"
    office = PostOffice(tls=context if secure else None, tls_at_once=at_once, password="right")
    office.open()
    put(database, 3)
    mailer = SmtpMailer(office.server("user", password, tls=secure and not at_once), SENDER, reply_seconds=5)
    assert deliver(replace(post_of(database, office), mailer=mailer)) == Counter(away=1)
    office.close()
    assert statuses(database) == [WAITS] * 3
    assert {notice(database, f"SM/00{number}/welcome").attempts for number in (1, 2, 3)} == {0}
    [ill] = ills(database)
    assert ill.startswith("Mail is paused until 2027-01-04 09:01 (")
    assert ("certificate verify failed" in ill) is secure
    assert set(office.passwords_heard) == (set() if secure else {b"wrong"})


def test_tls_that_is_not_offered_pauses_the_mail(database: Database, office: PostOffice) -> None:
    put(database)
    mailer = SmtpMailer(office.server(tls=True), SENDER, reply_seconds=5)
    assert deliver(replace(post_of(database, office), mailer=mailer)) == Counter(away=1)
    assert "STARTTLS" in ills(database)[0]
    assert (statuses(database), office.kept) == ([WAITS], [])


def test_half_an_hour_away_loses_nothing_and_fails_nothing(database: Database, office: PostOffice) -> None:
    keys = put(database, 60)
    office.close()
    post = post_of(database, office)
    met = sum((deliver(after(post, minutes=minute)) for minute in range(0, 30, 5)), Counter())
    assert met["away"] >= 3
    assert set(statuses(database)) == {WAITS}
    office.open()
    left = sum((deliver(after(post, minutes=minute)) for minute in range(30, 65, 5)), Counter())
    assert left == Counter(accepted=60)
    assert (sorted(office.addresses()), len(keys)) == (sorted({one.address for one in office.kept}), 60)
    assert set(statuses(database)) == {SENT}
    assert ills(database, 65) == []


def test_days_away_cost_no_try_and_all_leaves_when_it_is_back(database: Database, office: PostOffice) -> None:
    put(database, 60)
    office.close()
    post = post_of(database, office)
    for hour in range(0, 24 * 4, 3):
        deliver(after(post, hours=hour))
    [paused, waiting] = ills(database, 60 * 24 * 4 - 175)
    assert paused.startswith("Mail is paused until ")
    assert waiting.endswith(" notices wait since more than a day: run `mourafaka doctor` and check the mail server.")
    office.open()
    assert deliver(after(post, days=4)) == Counter(accepted=60)
    assert {notice(database, f"SM/{number:03d}/welcome").attempts for number in range(1, 61)} == {1}


@pytest.mark.parametrize("first", [DROP_KEPT, DROP_LOST])
@pytest.mark.parametrize(
    ("then", "reason"),
    [(["554 spam"], f"message {REFUSED} (554)"), (["451 later"] * 4, "parked after 5 tries")],
)
def test_message_that_was_in_doubt_and_is_refused_then_may_have_arrived(
    database: Database, office: PostOffice, first: str, then: list[str], reason: str
) -> None:
    put(database)
    office.at_data[ANYONE] = iter([first, *then])
    post = post_of(database, office)
    for hour in range(6):
        deliver(after(post, hours=hour))
    assert statuses(database) == [("in_doubt", reason)]
    assert len(office.kept) == (first == DROP_KEPT)


def test_poison_is_parked_after_5_tries_and_the_others_leave(database: Database, office: PostOffice) -> None:
    put(database, 30)
    office.at_data["coop7@coop.example"] = repeat("451 not this one")
    office.at_rcpt["coop8@coop.example"] = repeat("550 5.1.1 who?")
    post, met = post_of(database, office), Counter[str]()
    for hour in range(7):
        met += deliver(after(post, hours=hour))
    assert met == Counter(accepted=28, deferred=5, refused=1)
    stands = dict(zip((f"coop{number}" for number in range(1, 31)), statuses(database), strict=True))
    assert stands.pop("coop7") == ("failed", "parked after 5 tries")
    assert stands.pop("coop8") == ("failed", f"address {REFUSED} (550)")
    assert set(stands.values()) == {SENT}
    assert notice(database, "SM/007/welcome").attempts == 5


def test_answer_of_a_strange_kind_never_stops_the_run(database: Database, office: PostOffice) -> None:
    put(database, 4)
    office.at_data["coop2@coop.example"] = iter(["nonsense"])
    office.at_data["coop3@coop.example"] = iter(["354 go on"])
    assert deliver(post_of(database, office)) == Counter(accepted=2, doubt=2)
