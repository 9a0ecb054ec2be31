"""The ledger's rows, its identity, and the sentence that says why."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from sqlmodel import select

from models import Enrolment, Hold, Notice
from models.notice import NOTICE_STATUSES
from models.session import Database
from notifications.errors import CooperativeUnknown, StatusUnknown
from notifications.kind_words import KIND_WORDS
from notifications.ledger import entries, ledger_hash, row
from notifications.rendering import KINDS
from notifications.why import why
from runtime.language import said_in
from tests.notifications.post_office import change, put
from tests.world import open_world

SENT_AT = datetime(2027, 1, 4, 9, 0, 7, tzinfo=UTC)


def one(number: int = 1, **more: Any) -> Notice:
    values: dict[str, Any] = {
        "key": f"SM/{number:03d}/welcome",
        "kind": "welcome",
        "recipient": f"cooperative:SM/{number:03d}",
        "language": "ar",
        "channel": "email",
        "due_on": date(2027, 1, 4),
        "message_id": f"<{number}@mourafaka.invalid>",
        "promised_at": datetime(2026, 12, 14, 10, tzinfo=UTC),
        "send_at": datetime(2027, 1, 4, 9, tzinfo=UTC),
        "attempts": 1,
    }
    return Notice(**(values | more))


def test_row_holds_what_the_contract_names() -> None:
    assert row(one(status="sent", sent_at=SENT_AT)) == {
        "key": "SM/001/welcome",
        "kind": "welcome",
        "recipient": "cooperative:SM/001",
        "language": "ar",
        "channel": "email",
        "due": "2027-01-04",
        "status": "sent",
        "reason": "",
        "message_id": "<1@mourafaka.invalid>",
        "attempts": 1,
        "error": "",
        "sent_at": "2027-01-04T09:00:07+00:00",
        "sent_on": "2027-01-04",
    }


def test_row_of_what_has_not_left_has_no_time() -> None:
    assert (row(one())["sent_at"], row(one())["sent_on"]) == (None, None)


def test_hash_knows_neither_order_nor_times_of_day_nor_tries() -> None:
    sent = [one(number, status="sent", sent_at=SENT_AT) for number in (1, 2, 3)]
    later = {"sent_at": datetime(2027, 1, 4, 16, tzinfo=UTC), "attempts": 3, "error": "x", "id": 9, "token": 4}
    again = [one(number, status="sent", **later) for number in (3, 1, 2)]
    assert ledger_hash(sent) == ledger_hash(again)
    assert ledger_hash([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    "change_",
    [
        {"status": "failed"},
        {"reason": "parked"},
        {"recipient": "coach:c1"},
        {"language": "fr"},
        {"due_on": date(2027, 1, 5)},
        {"message_id": None},
        {"sent_at": datetime(2027, 1, 5, 9, tzinfo=UTC)},
        {"key": "SM/009/welcome"},
        {"kind": "step_late"},
    ],
)
def test_hash_knows_everything_else(change_: dict[str, Any]) -> None:
    assert ledger_hash([one(**({"sent_at": SENT_AT} | change_))]) != ledger_hash([one(sent_at=SENT_AT)])


WHY = {
    "pending": "waits: it leaves on 2027-01-04 09:00 at the soonest",
    "sending": "is being sent now",
    "sent": "left on 2027-01-04 09:00 (try 1), accepted by the mail server",
    "failed": "did not leave: the reason",
    "in_doubt": "may have arrived: the reason",
    "skipped": "was not sent: the reason",
    "cancelled": "was taken back: the reason",
}


@pytest.mark.parametrize("status", NOTICE_STATUSES)
def test_why_has_a_sentence_for_every_status(status: str) -> None:
    sent_at = SENT_AT if status == "sent" else None
    assert (
        str(why(one(status=status, reason="the reason", sent_at=sent_at)))
        == f"the welcome for cooperative:SM/001, due 2027-01-04, {WHY[status]}"
    )


@pytest.mark.parametrize(
    ("channel", "end"),
    [
        ("digest", "left in the message of the day on 2027-01-04 09:00"),
        ("call", "was told by telephone on 2027-01-04 09:00"),
    ],
)
def test_why_says_by_which_way_it_was_told(channel: str, end: str) -> None:
    said = str(why(one(status="sent", channel=channel, sent_at=SENT_AT)))
    assert said == f"the welcome for cooperative:SM/001, due 2027-01-04, {end}"


def test_entries_are_found_by_cooperative_and_by_day(database: Database) -> None:
    open_world(database, cooperatives=2)
    put(database, 3)
    with database.reading() as session:
        first = session.exec(select(Enrolment.id).where(Enrolment.rank == 1)).one()
    change(database, "SM/002/welcome", enrolment_id=first, due_on=date(2027, 2, 1))
    with database.reading() as session:
        assert [found.key[:6] for found in entries(session)] == ["SM/001", "SM/002", "SM/003"]
        for name in ("SM-2027/001", "Coopérative 1", "تعاونية 1"):
            assert [found.key[:6] for found in entries(session, cooperative=name)] == ["SM/002"]
        assert [found.key[:6] for found in entries(session, since=date(2027, 1, 5))] == ["SM/002"]
        assert entries(session, cooperative="SM-2027/001", since=date(2027, 2, 2)) == []
        for nobody in ("nobody", "SM-2027/0001", ""):
            with pytest.raises(CooperativeUnknown, match=r"write an enrolment's code, such as SM-2027/007"):
                entries(session, cooperative=nobody)
        assert [found.key[:6] for found in entries(session, status="pending")] == ["SM/001", "SM/002", "SM/003"]
        assert entries(session, status="sent") == []
        with pytest.raises(StatusUnknown, match="lost is not what becomes of a notice: write one of pending, sending"):
            entries(session, status="lost")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("step_reminder", "a reminder about diagnosis.visit of 2027-01-25"),
        ("unheard", "unheard about diagnosis.visit of 2027-01-25"),
    ],
)
def test_why_says_the_kind_in_words_and_names_the_step(kind: str, said: str) -> None:
    key = f"SM/001/diagnosis.visit/{kind}-7@2027-01-25/coach:c1"
    notice = one(kind=kind, key=key, step_id=3, facts={"due_on": "2027-01-25"})
    assert str(why(notice)).startswith(f"{said} for cooperative:SM/001, due 2027-01-04, waits")


@pytest.mark.parametrize(
    ("stands_for", "said"),
    [
        ("-/welcome", "a call to make about the welcome"),
        ("diagnosis.visit/meeting-10@2027-01-25", "a call to make about diagnosis.visit: an invitation"),
        ("diagnosis.visit/unheard-1", "a call to make about diagnosis.visit: unheard"),
    ],
)
def test_why_says_what_a_call_is_about(stands_for: str, said: str) -> None:
    key = f"SM/001/call.{stands_for}/cooperative:SM/001/call/coach:c1"
    notice = one(kind="call", key=key, step_id=3, facts={"due_on": "2027-01-25"})
    assert str(why(notice)).startswith(f"{said} for cooperative:SM/001, due 2027-01-04, waits")


VISIT = {"due_on": "2027-01-25", "title": {"fr": "Visite de diagnostic", "ar": "زيارة ميدانية للتشخيص"}}
REMINDER = "SM/001/diagnosis.visit/step_reminder-7@2027-01-25/coach:c1"


def reminder(**more: Any) -> Notice:
    facts = VISIT | {"recipient": "Amina", "cooperative": "Coopérative Exemple"}
    values = {"kind": "step_reminder", "key": REMINDER, "step_id": 3, "recipient": "coach:c1", "facts": facts}
    return one(**(values | {"channel": "digest"} | more))


def test_why_names_people_steps_and_cooperatives_and_gives_the_rule() -> None:
    assert str(why(reminder(status="sent", sent_at=SENT_AT))) == (
        "a reminder about “Visite de diagnostic” (Coopérative Exemple) of 2027-01-25 for Amina (coach), "
        "due 2027-01-04, "
        "left in the message of the day on 2027-01-04 09:00 (7 days before 2027-01-25, as the programme has it)"
    )
    facts = VISIT | {"recipient": "Fatima", "cooperative": "Coopérative Exemple"}
    meeting = one(kind="meeting", key="SM/001/diagnosis.visit/meeting-1@2027-01-25/x", step_id=3, facts=facts)
    assert str(why(meeting)).startswith(
        "an invitation about “Visite de diagnostic” of 2027-01-25 for Fatima (Coopérative"
    )
    assert str(why(meeting)).endswith("(1 day before 2027-01-25, as the programme has it)")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fr",
            "« rappel au sujet de “Visite de diagnostic” (Coopérative Exemple) du 2027-01-25 » pour Amina (acc",
        ),
        ("ar", "“زيارة ميدانية للتشخيص” (Coopérative Exemple)"),
    ],
)
def test_why_names_a_step_in_the_reader_s_language(language: str, said: str) -> None:
    assert said in why(reminder()).say(partial(said_in, language))


def test_a_sequence_of_a_cancelled_meeting_is_no_rule() -> None:
    gone = one(kind="meeting_cancelled", key="SM/001/diagnosis.visit/meeting_cancelled-2@2027-01-25/x", facts=VISIT)
    assert "as the programme has it" not in str(why(gone))


def test_what_waits_for_a_later_message_of_the_day_says_when_that_one_leaves() -> None:
    digest = one(9, kind="coach_digest", send_at=datetime(2027, 1, 5, 9, tzinfo=UTC))
    now = datetime(2027, 1, 4, 12, tzinfo=UTC)
    assert "waits for the message of the day, which leaves on 2027-01-05 09:00 at the soonest" in str(
        why(reminder(), digest=digest, now=now)
    )


@pytest.mark.parametrize("digest", [None, one(9, kind="coach_digest")])
def test_what_could_have_left_already_leaves_at_the_next_sending(digest: Notice | None) -> None:
    now = datetime(2027, 1, 4, 12, tzinfo=UTC)
    assert "waits: it leaves at the next sending (7 days" in str(why(reminder(), digest=digest, now=now))


def test_what_is_to_be_said_by_telephone_waits_for_its_call_and_for_no_hold() -> None:
    notice = one(kind="welcome", key="SM/001/-/welcome/cooperative:SM/001", channel="call")
    hold = Hold(cause="person", by="amal", reason="the server moves", began_at=datetime(2027, 1, 4, 9, tzinfo=UTC))
    expected = (
        "the welcome for cooperative:SM/001, due 2027-01-04, waits for a call: there is no address to write to, "
        "so its coach is to say it by telephone and tick that off"
    )
    assert str(why(notice, hold)) == expected


def test_every_kind_of_notice_has_its_words() -> None:
    assert [kind for kind in KINDS if kind not in KIND_WORDS] == []
