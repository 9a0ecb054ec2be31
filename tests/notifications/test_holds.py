"""While the mail is on hold nothing leaves, whoever holds it; a batch under way stops before its next message."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from models.session import Database
from notifications import holds
from notifications.answers import Answer, MemoryMailer
from notifications.delivery import deliver
from tests.notifications.post_office import (
    NOW,
    PostOffice,
    after,
    notice,
    open_office,  # noqa: F401 - the fixture `office`
    post_of,
    put,
    statuses,
)

SENT = ("sent", "")


def on_hold(database: Database, cause: str = "person") -> None:
    with database.transaction() as session:
        holds.hold(session, cause=cause, by="amal", now=NOW, reason="the server moves")


def let_go(database: Database) -> None:
    with database.transaction() as session:
        holds.release(session, by="amal", now=NOW)


@pytest.mark.parametrize("cause", ["person", "restore", "breaker"])
def test_nothing_leaves_while_the_mail_is_on_hold(database: Database, office: PostOffice, cause: str) -> None:
    put(database, 2)
    on_hold(database, cause)
    post = post_of(database, office)
    assert deliver(post) == Counter()
    assert (deliver(after(post, days=1)), office.connections) == (Counter(), [])
    assert statuses(database) == [("pending", "")] * 2
    let_go(database)
    assert deliver(post) == Counter(accepted=2)


def test_hold_stops_a_batch_under_way_before_its_next_message(database: Database, office: PostOffice) -> None:
    put(database, 5)

    class Interrupted(MemoryMailer):
        def send(self, address: str, body: bytes) -> Answer:
            if address == "coop2@coop.example":
                on_hold(database)
            return super().send(address, body)

    mailer = Interrupted()
    assert deliver(replace(post_of(database, office), mailer=mailer)) == Counter(accepted=2)
    assert statuses(database) == [SENT, SENT, *[("pending", "")] * 3]
    assert [notice(database, f"SM/00{number}/welcome").attempts for number in (1, 2, 3, 4, 5)] == [1, 1, 0, 0, 0]
    let_go(database)
    assert deliver(post_of(database, office)) == Counter(accepted=3)
    assert office.addresses() == [f"coop{number}@coop.example" for number in (3, 4, 5)]


def test_hold_is_not_ended_by_an_outage_that_is_over(database: Database, office: PostOffice) -> None:
    put(database, 1)
    office.close()
    deliver(post_of(database, office))
    on_hold(database)
    office.open()
    assert deliver(after(post_of(database, office), minutes=2)) == Counter()
    let_go(database)
    assert deliver(after(post_of(database, office), minutes=2)) == Counter(accepted=1)
