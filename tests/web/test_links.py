"""The page of a link: opening it changes nothing, its button records once, guesses lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from actions.pause import suspend
from actions.people import correct_person
from actions.unwanted import refusals
from models import Link, SessionReport
from models.session import Database
from programme.wording import Sentence
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from tests.linking import BASE, SECRET, early_reminder, first_links, link_to, tokens
from tests.world import NOW, at, evaluate, morning, open_enrolled, step_row
from web.app import app_for
from web.guesses import ALLOWED, REMEMBERED, Guesses
from web.link_words import BUTTONS, ELSEWHERE, NO_LONGER_SENT, OVER
from web.pages import words

TODAY = date(2027, 1, 12)
CALL = "call.-/welcome/cooperative:SM-2027/001"


def house_of(database: Database) -> House:
    return House(Settings(base_url=BASE, secret_key=SECRET), Clock(at(TODAY, 10)), database)


@pytest.fixture
def pages(database: Database) -> Iterator[TestClient]:
    with TestClient(app_for(house_of(database)), base_url=BASE, follow_redirects=False) as client:
        yield client


def said(sentence: Sentence, language: str = "fr", **facts: object) -> str:
    return Sentence(sentence.template, facts).say(words(language))


def statuses(database: Database, step: str = "start.contact") -> str:
    with database.reading() as session:
        return step_row(session, step).status


def test_opening_a_link_shows_the_step_and_changes_nothing(database: Database, pages: TestClient) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    for _ in range(3):
        answer = pages.get(f"/l/{token}")
    assert answer.status_code == 200
    assert "Confirmer le contact, le canal et la langue" in answer.text
    assert "lundi 18 janvier 2027" in answer.text
    assert 'href="tel:+212528001001"' in answer.text
    assert '<form method="post">' in answer.text
    assert said(BUTTONS["tick"]) in answer.text
    assert (statuses(database), pages.head(f"/l/{token}").status_code) == ("open", 200)


def test_pressing_the_button_records_it_and_shows_it_again(database: Database, pages: TestClient) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    answer = pages.post(f"/l/{token}", data={"on": "2027-01-11"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/l/{token}")
    assert statuses(database) == "done"
    after = pages.get(f"/l/{token}")
    assert said(OVER["recorded"], on="11/01/2027") in after.text
    assert "<form" not in after.text
    assert pages.post(f"/l/{token}", data={"on": "2027-01-12"}).status_code == 303
    with database.reading() as session:
        assert step_row(session, "start.contact").done_on == date(2027, 1, 11)


def test_call_shows_what_to_say_and_whom_to_write_to(database: Database, pages: TestClient) -> None:
    token = first_links(database, without_email=(1,))["c1@odco.example", CALL]
    with database.transaction() as session:
        from models import Contact

        session.exec(select(Contact)).one().phone = "+212612345678"
    text = pages.get(f"/l/{token}").text
    assert 'href="tel:+212612345678"' in text
    assert 'href="https://wa.me/212612345678?text=' in text
    assert "<blockquote" in text
    assert said(BUTTONS["call"]) in text
    pages.post(f"/l/{token}")
    assert statuses(database, CALL) == "done"


def test_landline_is_not_written_to(database: Database, pages: TestClient) -> None:
    token = first_links(database, without_email=(1,))["c1@odco.example", CALL]
    assert "wa.me" not in pages.get(f"/l/{token}").text


def test_page_is_arabic_for_who_reads_arabic_and_can_be_had_in_french(database: Database, pages: TestClient) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    with database.transaction() as session:
        correct_person(session, code="c1", by="k1", now=NOW, language="ar")
    arabic = pages.get(f"/l/{token}").text
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "تأكيد جهة الاتصال والقناة واللغة" in arabic
    assert "18 يناير 2027" in arabic
    assert "تعاونية 1" in arabic
    assert '<html lang="fr" dir="ltr">' in pages.get(f"/l/{token}?language=fr").text
    assert '<html lang="ar" dir="rtl">' in pages.get(f"/l/{token}?language=xx").text


def test_session_is_reported_with_what_was_done(database: Database, pages: TestClient) -> None:
    first_links(database)
    token = link_to(database, "coaching.session-01")
    assert 'name="held"' in pages.get(f"/l/{token}").text
    summary = "Caisse <b>tenue</b>\nà jour"
    assert pages.post(f"/l/{token}", data={"held": "yes", "summary": summary}).status_code == 303
    with database.reading() as session:
        report = session.exec(select(SessionReport)).one()
    assert (report.held, report.summary, report.recorded_by) == (True, summary, "c1")


def test_names_of_a_module_are_taken_one_a_line(database: Database, pages: TestClient) -> None:
    first_links(database)
    token = link_to(database, "training.strategy")
    assert pages.post(f"/l/{token}", data={"present": ""}).status_code == 409
    assert statuses(database, "training.strategy") == "open"
    assert pages.post(f"/l/{token}", data={"present": " Fatima \r\n\r\nAïcha"}).status_code == 303
    assert statuses(database, "training.strategy") == "done"


def test_decision_is_shown_and_not_signed_here(database: Database, pages: TestClient) -> None:
    first_links(database)
    evaluate(database, "M0", TODAY)
    morning(database, date(2027, 1, 13))
    token = link_to(database, "diagnosis.M0-decision", person="coordinator:k1")
    text = pages.get(f"/l/{token}").text
    assert said(ELSEWHERE["decision"]) in text
    assert "<form" not in text
    assert pages.post(f"/l/{token}").status_code == 409


@pytest.mark.parametrize("on", ["2027-01-13", "yesterday"])
def test_wrong_day_is_refused_in_a_sentence_and_nothing_is_stored(
    database: Database, pages: TestClient, on: str
) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    answer = pages.post(f"/l/{token}", data={"on": on})
    assert answer.status_code == 409
    assert on in answer.text
    assert statuses(database) == "open"


def test_suspended_enrolment_is_said(database: Database, pages: TestClient) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    with database.transaction() as session:
        suspend(session, code="SM-2027/001", reason="flood", on=TODAY, by="k1", now=at(TODAY))
    assert said(OVER["suspended"]) in pages.get(f"/l/{token}").text
    assert pages.post(f"/l/{token}").status_code == 409


def test_link_that_is_over_says_so(database: Database, pages: TestClient) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    with database.transaction() as session:
        for link in session.exec(select(Link)):
            link.expires_at = at(TODAY, 9)
    answer = pages.get(f"/l/{token}")
    assert (answer.status_code, said(OVER["expired"]) in answer.text) == (410, True)
    with database.transaction() as session:
        for link in session.exec(select(Link)):
            session.delete(link)
    assert pages.get(f"/l/{token}").status_code == 410
    assert pages.post(f"/l/{token}").status_code == 410


def test_another_secret_key_ends_every_link(database: Database) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    house = House(Settings(base_url=BASE, secret_key="another one, of the same length"), Clock(at(TODAY)), database)
    with TestClient(app_for(house), base_url=BASE) as client:
        assert client.get(f"/l/{token}").status_code == 404


def test_without_a_secret_key_there_are_no_links(database: Database) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    with TestClient(app_for(House(Settings(base_url=BASE), Clock(at(TODAY)), database)), base_url=BASE) as client:
        assert client.get(f"/l/{token}").status_code == 404


def test_who_guesses_much_is_told_to_wait_and_a_right_link_still_opens(database: Database, pages: TestClient) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    codes = [pages.get(f"/l/{number:032d}").status_code for number in range(ALLOWED + 2)]
    assert codes == [404] * ALLOWED + [429] * 2
    assert int(pages.get("/l/guess").headers["retry-after"]) == 600
    assert pages.get(f"/l/{token}").status_code == 200


def test_guesses_of_many_places_take_little_memory_and_are_forgotten() -> None:
    guesses = Guesses()
    for number in range(REMEMBERED + 50):
        guesses.are_too_many(f"place {number}", at(TODAY, 10))
    assert len(guesses.seen) == REMEMBERED
    for _ in range(ALLOWED):
        guesses.are_too_many("one", at(TODAY, 10))
    assert guesses.are_too_many("one", at(TODAY, 10))
    assert not guesses.are_too_many("one", at(TODAY, 11))


def test_form_that_is_too_large_is_refused(database: Database, pages: TestClient) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    assert pages.post(f"/l/{token}", content=b"x" * 100_000).status_code == 413
    assert statuses(database) == "open"


def test_post_from_another_site_is_refused(database: Database, pages: TestClient) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    assert pages.post(f"/l/{token}", headers={"origin": "https://evil.example"}).status_code == 403
    assert statuses(database) == "open"


def test_page_is_kept_by_nobody_and_holds_nothing_of_elsewhere(database: Database, pages: TestClient) -> None:
    answer = pages.get(f"/l/{first_links(database)['c1@odco.example', 'start.contact']}")
    assert answer.headers["cache-control"] == "no-store"
    assert re.findall(r'(?:src|href)="(https?:[^"]*)"', answer.text) == []
    assert "<script" not in answer.text


def test_reader_stops_reminders_only_by_the_button(database: Database, pages: TestClient) -> None:
    open_enrolled(database)
    [token] = tokens(early_reminder(database))
    shown = pages.get(f"/l/{token}")
    assert said(BUTTONS["unwanted"]) in shown.text
    with database.reading() as session:
        assert refusals(session) == []
    assert pages.post(f"/l/{token}").status_code == 303
    assert said(NO_LONGER_SENT, on="12/01/2027") in pages.get(f"/l/{token}").text
    with database.reading() as session:
        assert [one.how for one in refusals(session)] == ["link"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_mail_program_stops_them_at_one_click(database: Database, pages: TestClient, body: bytes, kind: str) -> None:
    open_enrolled(database)
    [token] = tokens(early_reminder(database))
    for _ in range(2):
        answer = pages.post(f"/l/{token}", content=body, headers={"content-type": kind})
        assert answer.status_code == 200  # a mail program follows no redirection
    with database.reading() as session:
        assert [one.how for one in refusals(session)] == ["mail program"]
