"""A person's data go: nothing of them is left anywhere, nothing else is lost, and nobody who is needed goes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlmodel import SQLModel, col
from sqlmodel import select as rows_of

from actions.contacts import change_contact, end_contact
from actions.people import correct_person
from actions.person_erase import erase_person
from actions.state import business_state
from models import (
    AccessLog,
    CalendarFeed,
    Contact,
    Decision,
    Erasure,
    History,
    Link,
    Notice,
    NoticeBody,
    Person,
    scrubbing,
)
from models.scrubbing import scrub
from models.session import Database
from notifications import erasures_told, ledger
from notifications.ledger import ledger_hash
from programme.errors import Refusal
from programme.personal import Erasing
from programme.personal_errors import (
    ErasureChanged,
    MessageLeaving,
    NamedInText,
    NobodyHasAddress,
    NotForThem,
    StillContact,
    StillFollows,
    StillOnStaff,
)
from tests.linking import send
from tests.lived import (
    ADDRESS,
    AFTER,
    COACH_ADDRESS,
    COACH_CODE,
    COACHS,
    FATIMA,
    HERS,
    LEFT,
    OLD_ADDRESS,
    ONE,
    PHONE,
    TWO,
    live,
)
from tests.world import at, everything_in, morning, notice_row


def erase(database: Database, email: str, *, name: str | None = None, by: str = "k1") -> Erasing:
    with database.transaction() as session:
        shown = erase_person(session, email=email, name=name, by=by, now=AFTER)
        return erase_person(session, email=email, name=name, by=by, now=AFTER, approve=shown.digest)


def found(words: Iterable[str], text: str) -> list[str]:
    """Return which words a text has, as they are written or as JSON writes them."""
    lower = text.lower()
    return [word for word in words if word.lower() in lower or json.dumps(word)[1:-1].lower() in lower]


def on_disk(database: Database) -> str:
    """Return every byte of a SQLite database, its log too."""
    file = Path(database.engine.url.database or "")
    return "".join(one.read_bytes().decode("latin-1") for one in sorted(file.parent.glob(f"{file.name}*")))


def counts(database: Database) -> dict[str, int]:
    grows = {"erasure", "access_log", "history", "notice_body"}
    with database.engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
            if table.name not in grows
        }


@pytest.mark.parametrize("address", [ADDRESS, OLD_ADDRESS, f"  {ADDRESS.upper()} "])
def test_nothing_of_a_contact_is_left_in_any_table(database: Database, address: str) -> None:
    live(database)
    assert found(HERS, everything_in(database)) == list(HERS)
    erase(database, address)
    assert found(HERS, everything_in(database)) == []


def test_nothing_of_a_coach_is_left_in_any_table(database: Database) -> None:
    live(database)
    assert found(COACHS, everything_in(database)) == list(COACHS)
    erase(database, COACH_ADDRESS)
    assert found(COACHS, everything_in(database)) == []


def test_what_was_corrected_long_ago_goes_too(database: Database) -> None:
    """Another name, address and number: messages of before still have the old ones."""
    live(database)
    with database.transaction() as session:
        said = {"name": "Zineb B. Alaoui", "email": "new@odco.example", "phone": "0611111111"}
        correct_person(session, code=COACH_CODE, by="k1", now=AFTER, **said)
    erase(database, "new@odco.example")
    assert found((*COACHS, "Alaoui", "new@odco.example", "611111111"), everything_in(database)) == []


@pytest.mark.sqlite
def test_nothing_is_left_in_any_byte_of_the_files(database: Database) -> None:
    live(database)
    assert found((*HERS, *COACHS), on_disk(database)) == [*HERS, *COACHS]
    erase(database, ADDRESS)
    erase(database, COACH_ADDRESS)
    assert found((*HERS, *COACHS), on_disk(database)) != []  # free pages and the log still have it
    assert scrub(database)
    assert found((*HERS, *COACHS), on_disk(database)) == []


@pytest.mark.sqlite
def test_scrubbing_says_when_a_reader_keeps_it_from_being_done(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "BUSY_SECONDS", 0.2)  # the reader stays: how long it is waited for is no matter
    live(database)
    with database.reading() as session:
        session.exec(rows_of(Contact)).all()
        erase(database, ADDRESS)
        assert not scrub(database)
    assert scrub(database)
    assert found(HERS, on_disk(database)) == []


def test_no_text_of_postgresql_has_it_whatever_the_column(database: Database) -> None:
    """Asked of the database itself, not of our models: also in what a later release would add."""
    if not database.has_room:
        pytest.skip("SQLite's bytes are looked at instead")
    live(database)
    erase(database, ADDRESS)
    assert scrub(database)
    with database.engine.connect() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        rows = [connection.execute(text(f'SELECT t::text FROM "{one}" t')).scalars().all() for one in tables]
    assert found(HERS, "\n".join(row for some in rows for row in some)) == []


def test_rows_numbers_and_the_state_stay(database: Database) -> None:
    live(database)
    with database.reading() as session:
        before = business_state(session), counts(database), ledger_hash(session.exec(rows_of(Notice)))
    erase(database, ADDRESS)
    with database.reading() as session:
        assert (business_state(session), counts(database), ledger_hash(session.exec(rows_of(Notice)))) == before


def test_signed_facts_keep_one_author_who_is_not_named(database: Database) -> None:
    live(database)
    erase(database, COACH_ADDRESS)
    with database.reading() as session:
        person = session.exec(rows_of(Person).where(Person.id == 4)).one()
        authors = session.exec(rows_of(History.by).where(History.verb == "contact corrected")).all()
    assert (person.code, person.name, person.email, person.phone) == ("X-P4", "X-P4", None, None)
    assert authors == ["X-P4"]


def test_row_of_a_contact_stays_without_what_they_go_by(database: Database) -> None:
    live(database)
    erase(database, ADDRESS)
    with database.reading() as session:
        row = session.get_one(Contact, 1)
    assert (row.name, row.email, row.phone, row.language, row.ends_on) == ("X-C1", None, None, "fr", date(2027, 2, 14))


def test_account_is_kept_and_names_nobody(database: Database) -> None:
    live(database)
    erase(database, ADDRESS)
    with database.reading() as session:
        erasure, line = session.exec(rows_of(Erasure)).one(), session.exec(rows_of(AccessLog)).one()
        told = session.exec(rows_of(History).where(History.verb == "data erased")).all()
    assert erasure.model_dump(exclude={"id"}) == {
        "subject": "contact",
        "subject_id": 1,
        "pseudonym": "X-C1",
        "cause": "asked",
        "by": "k1",
        "at": AFTER,
    }
    assert (line.action, line.subject, line.subject_id, line.by, line.at, line.rows > 50) == (
        "erase",
        "contact",
        1,
        "k1",
        AFTER,
        True,
    )
    assert [(one.by, one.subject, one.why) for one in told] == [("k1", "X-C1", "asked")]


def test_nothing_is_changed_before_it_is_approved(database: Database) -> None:
    live(database)
    before = everything_in(database)
    with database.transaction() as session:
        shown = erase_person(session, email=ADDRESS, by="k1", now=AFTER)
    assert everything_in(database) == before
    [gone] = shown.people
    assert (gone.kind, gone.pseudonym, gone.enrolments, gone.rows["contact"]) == ("contact", "X-C1", (ONE,), 1)
    with pytest.raises(ErasureChanged), database.transaction() as session:
        erase_person(session, email=ADDRESS, by="k1", now=AFTER, approve="00000000")
    assert everything_in(database) == before


def test_what_others_are_still_to_hear_leaves_and_names_who_is_there_now(database: Database) -> None:
    live(database)
    erase(database, COACH_ADDRESS)
    erase(database, ADDRESS)
    with database.reading() as session:
        assert session.exec(rows_of(NoticeBody)).all() == []
    letters = send(database, date(2027, 2, 17))
    morning(database, date(2027, 2, 22))
    letters += send(database, date(2027, 2, 22))
    assert {address for address, _ in letters} >= {"k1@odco.example", "c1@odco.example"}
    assert found(("X-P4", "X-C1", *HERS, *COACHS), b"\n".join(body for _, body in letters).decode("latin-1")) == []
    with database.reading() as session:
        assert session.exec(rows_of(Notice.key).where(col(Notice.status).in_(("failed", "in_doubt")))).all() == []


def test_frozen_bytes_that_a_killed_sender_left_of_what_was_sent_go_too(database: Database) -> None:
    live(database)
    with database.transaction() as session:
        sent = session.exec(rows_of(Notice).where(Notice.status == "sent").order_by(col(Notice.id))).first()
        assert sent is not None
        session.add(NoticeBody(notice_id=sent.id or 0, body=HERS[0].encode()))
    erase(database, ADDRESS)
    with database.reading() as session:
        assert session.exec(rows_of(NoticeBody).where(NoticeBody.notice_id == sent.id)).all() == []


def test_links_and_calendars_of_theirs_end(database: Database) -> None:
    live(database)
    erase(database, COACH_ADDRESS)
    with database.reading() as session:
        links = session.exec(rows_of(Link).where(Link.person == "coach:X-P4")).all()
        feed = session.exec(rows_of(CalendarFeed)).one()
    assert len(links) > 10
    assert {link.revoked_at for link in links} == {AFTER}
    assert (feed.revoked_at, feed.revoked_by) == (AFTER, "X-P4")


def test_promise_to_who_has_gone_is_taken_back(database: Database) -> None:
    live(database)
    with database.transaction() as session:
        notice_row(session, f"{ONE}/-/welcome/cooperative:{ONE}").status = "pending"
    erase(database, ADDRESS)
    with database.reading() as session:
        row = notice_row(session, f"{ONE}/-/welcome/cooperative:{ONE}")
    assert (row.status, row.reason, row.address, row.facts["recipient"]) == (
        "cancelled",
        "the addressee's data were erased",
        "X-C1",
        "X-C1",
    )


def test_why_says_that_an_addressee_has_gone(database: Database) -> None:
    live(database)
    with database.reading() as session:
        assert erasures_told.why(session, ledger.entries(session)) == []
    erase(database, ADDRESS)
    with database.reading() as session:
        told = erasures_told.why(session, ledger.entries(session, cooperative=ONE))
        others = erasures_told.why(session, ledger.entries(session, cooperative=TWO))
    said = "X-C1 stands for an addressee whose data were pseudonymised on 2027-02-17: they asked for it"
    assert ([str(one) for one in told], others) == ([said], [])


def test_contact_who_still_answers_is_needed(database: Database) -> None:
    live(database, until_they_left=False)
    with pytest.raises(StillContact, match=f"answers for {ONE}, which is under way: name somebody else"):
        erase(database, ADDRESS)
    assert found(HERS, everything_in(database)) == list(HERS)


def test_contact_may_go_when_all_enrolments_have_ended(database: Database) -> None:
    live(database, until_they_left=False)
    with database.transaction() as session:
        session.connection().execute(text("UPDATE enrolment SET status = 'dropped', ended_on = '2027-02-01'"))
    erase(database, ADDRESS)
    assert found(HERS, everything_in(database)) == []


def test_contact_who_ends_today_answers_until_tonight(database: Database) -> None:
    live(database, until_they_left=False)
    with database.transaction() as session:
        end_contact(session, code=ONE, on=AFTER.date(), by="k1", now=AFTER)
    with pytest.raises(StillContact):
        erase(database, ADDRESS)


@pytest.mark.parametrize(("address", "refusal"), [(COACH_ADDRESS, StillFollows), ("k1@odco.example", StillOnStaff)])
def test_staff_who_still_work_are_needed(database: Database, address: str, refusal: type[Refusal]) -> None:
    live(database, until_they_left=False)
    with pytest.raises(refusal):
        erase(database, address)


def test_nobody_goes_while_a_message_about_them_is_at_the_mail_server(database: Database) -> None:
    live(database)
    with database.transaction() as session:
        row = notice_row(session, f"{ONE}/-/welcome/cooperative:{ONE}")
        row.status, row.doubts = "pending", 1
    with pytest.raises(MessageLeaving, match="welcome/cooperative"):
        erase(database, ADDRESS)


def test_nobody_goes_while_a_text_that_is_read_names_them(database: Database) -> None:
    from models import CohortText

    live(database)
    with database.transaction() as session:
        said = {"language": "fr", "subject": "x", "body": f"Appelez {PHONE}", "version": "v", "by": "k1", "at": AFTER}
        session.add(CohortText(cohort_id=1, kind="welcome", **said))
    with pytest.raises(NamedInText, match="for welcome names this person"):
        erase(database, ADDRESS)


def test_address_that_was_handed_on_stays_its_new_owner_s(database: Database) -> None:
    live(database)
    with database.transaction() as session:
        change_contact(session, code=ONE, on=date(2027, 2, 16), name="Autre", email=ADDRESS, by="k1", now=AFTER)
    with pytest.raises(StillContact):
        erase(database, ADDRESS)
    erase(database, ADDRESS, name=FATIMA)
    assert found(HERS, everything_in(database)) == [ADDRESS]
    with database.reading() as session:
        had = rows_of(Contact.name, Contact.email).where(Contact.cooperative_id == 1)
        rows = session.exec(had.order_by(col(Contact.id))).all()
    assert rows == [("X-C1", None), ("Autre", "autre@coop.example"), ("Autre", ADDRESS)]


def test_erased_contact_is_nobody_to_go_on_from(database: Database) -> None:
    """What is not said of a new contact stays as it was, but a pseudonym is nobody's name."""
    live(database)
    with database.transaction() as session:
        end_contact(session, code=ONE, on=LEFT, by="k1", now=at(LEFT))
    for email in (ADDRESS, "autre@coop.example"):
        erase(database, email)
    with database.transaction() as session:
        row = change_contact(session, code=ONE, on=date(2027, 2, 18), phone="0612000000", by="k1", now=AFTER)
    assert (row.name, row.email, row.phone) == (None, None, "+212612000000")


def test_who_is_erased_already_or_unknown_is_nobody(database: Database) -> None:
    live(database)
    erase(database, ADDRESS)
    for email in (ADDRESS, OLD_ADDRESS, "nobody@coop.example"):
        with pytest.raises(NobodyHasAddress, match=email):
            erase(database, email)


@pytest.mark.parametrize("by", ["c1", "d1"])
def test_only_a_coordinator_s_word_erases(database: Database, by: str) -> None:
    live(database)
    with pytest.raises(NotForThem, match=f"{by} is no coordinator on 2027-02-17"):
        erase(database, ADDRESS, by=by)


def test_other_people_s_data_are_left_alone(database: Database) -> None:
    live(database)
    others = ("Présidence 2", "coop2@coop.example", "+212528001002", "Une autre", "k1@odco.example", "Accompagnement 1")
    erase(database, ADDRESS)
    erase(database, COACH_ADDRESS)
    assert found((*others, TWO), everything_in(database)) == [*others, TWO]
    assert COACH_CODE not in everything_in(database)
    with database.reading() as session:
        assert session.exec(rows_of(Decision)).all() == []
