"""Links are made with a message's bytes: one per thing to do, a hash of each kept, the address in the message alone."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from models import Enrolment, Link, Notice, Person, Step
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import deliver
from notifications.links import LASTS, Links, hash_of
from notifications.outbox import Pace
from notifications.post import Post
from runtime.clock import Clock
from tests import databases
from tests.notifications.post_office import NOW, SENDER, Letter, a_notice, put, put_digest
from tests.world import everything_in, open_world, statements

SECRET = "a secret of at least thirty-two letters"
LINKS = Links(SECRET, "https://mourafaka.example/")


def post_with(database: Database, mailer: MemoryMailer, links: Links | None = LINKS) -> Post:
    return Post(database, mailer, SENDER, Pace(), Clock(NOW).now, links=links, breaker=False)


def put_day(database: Database, kinds: tuple[str, ...] = ("step_reminder", "call")) -> None:
    """Promise a coach's message of the day with one thing of each kind, each about a step of one enrolment."""
    open_world(database, cooperatives=1)
    put_digest(database, 0)
    with database.transaction() as session:
        digest = session.exec(select(Notice)).one()
        enrolment = session.exec(select(Enrolment)).one()
        for number, kind in enumerate(kinds, 1):
            step = a_step(enrolment, number)
            session.add(step)
            session.flush()
            facts = {"cooperative": "Coopérative 1", "title": {"fr": "Étape", "ar": "مرحلة"}, "due_on": "2027-01-11"}
            more = {"channel": "digest", "digest_id": digest.id, "enrolment_id": enrolment.id, "step_id": step.id}
            facts |= {"days": 7, "script": "Bonjour"}
            row = a_notice(number, f"SM/001/{kind}", "welcome", "fr", more | {"facts": facts, "recipient": "coach:c1"})
            row.kind = kind
            session.add(row)


def a_step(enrolment: Enrolment, number: int) -> Step:
    return Step(
        enrolment_id=enrolment.id or 0,
        key=f"diagnosis.step-{number}",
        rule="diagnosis.visit",
        stage="diagnosis",
        kind="step",
        owner="coach",
        nominal_on=NOW.date(),
        due_on=NOW.date(),
    )


def tokens(letter: tuple[str, bytes]) -> list[str]:
    """Return the tokens in a message, in the order of its plain text."""
    text = Letter(*letter).message.get_body(("plain",))
    assert text is not None
    return re.findall(r"https://mourafaka\.example/l/([A-Za-z0-9_-]+)", text.get_content())


def rows(database: Database) -> list[Link]:
    with database.reading() as session:
        return list(session.exec(select(Link).order_by(col(Link.id))))


def test_each_thing_to_do_has_its_link_and_only_its_hash_is_kept(database: Database) -> None:
    put_day(database)
    mailer = MemoryMailer()
    deliver(post_with(database, mailer))
    found = tokens(mailer.sent[0])
    assert len(set(found)) == 2
    assert sorted(hash_of(token) for token in found) == sorted(row.hash for row in rows(database))
    assert {(row.purpose, row.person, row.expires_at) for row in rows(database)} == {("step", "coach:c1", NOW + LASTS)}
    assert all(len(token) == 32 and LINKS.is_ours(token) for token in found)


def test_no_token_is_in_the_database_once_the_message_has_left(database: Database) -> None:
    put_day(database)
    mailer = MemoryMailer()
    deliver(post_with(database, mailer))
    [token, _] = tokens(mailer.sent[0])
    dump = everything_in(database)
    assert hash_of(token) in dump
    assert token not in dump


def test_html_has_the_links_of_the_text(database: Database) -> None:
    put_day(database)
    mailer = MemoryMailer()
    deliver(post_with(database, mailer))
    html = Letter(*mailer.sent[0]).message.get_body(("html",))
    assert html is not None
    assert [token in html.get_content() for token in tokens(mailer.sent[0])] == [True, True]


def test_news_has_no_link(database: Database) -> None:
    put_day(database, ("resumed", "alert", "date_changed"))
    mailer = MemoryMailer()
    deliver(post_with(database, mailer))
    assert (tokens(mailer.sent[0]), rows(database)) == ([], [])


def test_without_a_secret_there_is_no_link(database: Database) -> None:
    put_day(database)
    mailer = MemoryMailer()
    deliver(post_with(database, mailer, None))
    assert (tokens(mailer.sent[0]), rows(database)) == ([], [])


def test_message_that_is_made_again_has_the_same_links_and_another_reader_has_others(database: Database) -> None:
    put_day(database)
    first = MemoryMailer()
    deliver(post_with(database, first))
    again(database, address="c1@odco.example")
    second = MemoryMailer()
    deliver(post_with(database, second))
    again(database, address="c1@other.example")
    with database.transaction() as session:
        session.exec(select(Person).where(Person.code == "c1")).one().email = "c1@other.example"
    third = MemoryMailer()
    deliver(post_with(database, third))
    assert tokens(first.sent[0]) == tokens(second.sent[0])
    assert set(tokens(first.sent[0])).isdisjoint(tokens(third.sent[0]))
    assert len(rows(database)) == 4


def again(database: Database, address: str) -> None:
    """Put everything back as if nothing had left."""
    with database.transaction() as session:
        for notice in session.exec(select(Notice)):
            notice.status, notice.body_digest = "pending", None
            notice.address = address if notice.kind == "coach_digest" else notice.address


def test_early_reminder_can_be_refused_by_its_link_and_by_mail_programs(database: Database) -> None:
    letter = an_early_reminder(database, LINKS)
    [token] = tokens(letter)
    message = Letter(*letter).message
    assert message["List-Unsubscribe"] == f"<https://mourafaka.example/l/{token}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [row] = rows(database)
    assert (row.purpose, row.topic, row.person, row.step_id) == (
        "unwanted",
        "early_reminders",
        "cooperative:SM/001",
        None,
    )


def test_over_plain_http_no_one_click_is_offered(database: Database) -> None:
    message = Letter(*an_early_reminder(database, Links(SECRET, "http://127.0.0.1:8000"))).message
    assert message["List-Unsubscribe"].startswith("<http://127.0.0.1:8000/l/")
    assert message["List-Unsubscribe-Post"] is None


def an_early_reminder(database: Database, links: Links) -> tuple[str, bytes]:
    open_world(database, cooperatives=1)
    with database.reading() as session:
        enrolment_id = session.exec(select(Enrolment.id)).one()
    put(database, kind="step_reminder", enrolment_id=enrolment_id)
    with database.transaction() as session:
        notice = session.exec(select(Notice)).one()
        notice.address, notice.facts["topic"] = "coop1@coop.example", "early_reminders"
    mailer = MemoryMailer()
    deliver(post_with(database, mailer, links))
    return mailer.sent[0]


@pytest.mark.database
def test_links_cost_three_statements_a_batch(tmp_path: Path) -> None:
    counts = []
    for links in (None, LINKS):
        for few_or_many in (2, 20):
            with databases.another(tmp_path / f"{few_or_many}-{links is None}.sqlite3") as with_steps:
                put_some(with_steps, few_or_many)
                with statements(with_steps) as seen:
                    deliver(post_with(with_steps, MemoryMailer(), links))
                counts.append(len(seen))
    none_few, none_many, few, many = counts
    assert (few - none_few, many - none_many) == (3, 3)


def put_some(database: Database, count: int) -> None:
    open_world(database, cooperatives=count)
    with database.transaction() as session:
        for enrolment in session.exec(select(Enrolment)).all():
            facts = {"topic": "early_reminders"}
            row = a_notice(enrolment.rank, f"{enrolment.code}/-/step_reminder", "step_reminder", "fr", {})
            row.enrolment_id, row.facts = enrolment.id, {**row.facts, **facts}
            row.recipient = f"cooperative:{enrolment.code}"
            session.add(row)


def test_links_of_long_ago_are_forgotten(database: Database) -> None:
    put_day(database)
    deliver(post_with(database, MemoryMailer()))
    with database.transaction() as session:
        for link in session.exec(select(Link)):
            link.expires_at = NOW - timedelta(days=31)
    again(database, address="c1@other.example")
    deliver(post_with(database, MemoryMailer()))
    assert {row.expires_at for row in rows(database)} == {NOW + LASTS}


@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_token_is_ours_and_opens_only_with_our_key(what_for: list[str]) -> None:
    token = LINKS.token(*what_for)
    assert LINKS.is_ours(token)
    assert not Links("another secret", "https://mourafaka.example").is_ours(token)


@given(st.text(max_size=40))
def test_guess_is_never_ours(guess: str) -> None:
    assert not LINKS.is_ours(guess)


def test_token_with_one_letter_changed_is_not_ours() -> None:
    token = LINKS.token("step", "SM/001")
    for place in range(32):
        other = "B" if token[place] == "A" else "A"
        assert not LINKS.is_ours(token[:place] + other + token[place + 1 :])


def test_secret_is_not_shown() -> None:
    assert SECRET not in repr(LINKS)
