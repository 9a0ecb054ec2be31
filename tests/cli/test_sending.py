"""`mourafaka sending`: what it shows, what it changes only with --yes; how run-day, health and why speak of a hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.mailbox import LocalMailbox
from tests.cli.conftest import Command

LIST = (
    "nom_cooperative;province;date_creation;adherents_actuels;tribunal;numero_registre;email\n"
    "Une;Tiznit;01/02/2025;9;Tiznit;12/2025;une@coop.example\n"
)
DAY = "2027-01-04T10:00"


@pytest.fixture
def enrolled(after: Callable[..., Command], tmp_path: Path) -> Command:
    """One cooperative, enrolled on 2026-12-14; its welcome waits for 4 January."""
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    return after(
        ("cohort", "open", "SM-2027", "--start", "2027-01-04", "--region", "Souss-Massa", "--called", "2026-12-01"),
        ("import", "list.csv", "--cohort", "SM-2027"),
        ("enrol", "--cohort", "SM-2027"),
    )


def test_sending_says_that_nothing_holds_it(enrolled: Command) -> None:
    ran = enrolled("sending")
    assert ran.out == (
        "Mail is not held.\n"
        "Mails that wait to leave now: 0, beyond the plan: 0 (a day, 50 leave without a person's word); "
        "for later days: 1; too late, to be skipped: 0.\n"
    )


def test_sending_hold_and_release_show_first_and_act_with_yes(enrolled: Command) -> None:
    held = enrolled("sending", "hold", "--reason", "the server moves", "--by", "amal", as_of=DAY)
    assert held.out == (
        "Mail is held by amal since 2027-01-04 10:00 (the server moves); release with `mourafaka sending release`.\n"
    )
    shown = enrolled("sending", "release", as_of=DAY)
    assert "What would leave now" in shown.out
    assert shown.out.endswith("Nothing is released yet. To let it go: mourafaka sending release --yes\n")
    assert enrolled("sending", "--json", as_of=DAY).json["holds"] == [
        {
            "cause": "person",
            "reason": "the server moves",
            "size": 0,
            "by": "amal",
            "began_at": "2027-01-04T10:00:00+00:00",
        }
    ]
    assert enrolled("sending", "release", "--by", "amal", "--yes", "--json", as_of=DAY).json["released"] is True
    assert enrolled("sending", "--json", as_of=DAY).json["holds"] == []


def test_sending_refuses_what_makes_no_sense(enrolled: Command) -> None:
    assert (enrolled("sending", "release", "--yes").code, enrolled("sending", "hold").code) == (1, 2)
    refused = enrolled("sending", "discard", "--reason", "a mistake", "--yes")
    assert (refused.code, refused.err) == (
        1,
        ("No mail beyond the plan waits: nothing is discarded; let the rest go with `mourafaka sending release`.\n"),
    )


def test_health_and_why_name_the_hold_and_its_end(enrolled: Command) -> None:
    enrolled("sending", "hold", "--reason", "the server moves", "--by", "amal", as_of=DAY)
    ill = enrolled("health", as_of=DAY)
    assert (ill.code, "Mail is held by amal since 2027-01-04 10:00 (the server moves)" in ill.err) == (1, True)
    assert "is held by amal since 2027-01-04 10:00" in enrolled("why", "SM-2027/001", as_of=DAY).out


@pytest.mark.slow
@pytest.mark.xdist_group("prefect")
def test_run_day_promises_and_sends_nothing_while_the_mail_is_held(
    enrolled: Command, tmp_path: Path, prefect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", prefect)
    enrolled("sending", "hold", "--reason", "the server moves", "--by", "amal", as_of=DAY)
    with LocalMailbox(tmp_path / "box") as mailbox:
        monkeypatch.setenv("MOURAFAKA_SMTP_URL", mailbox.url)
        held = enrolled("run-day", as_of=DAY)
        assert (held.code, mailbox.count()) == (0, 0)
        assert "Mail is held by amal" in held.err
        enrolled("sending", "release", "--yes", as_of=DAY)
        assert enrolled("run-day", as_of=DAY).code == 0
        assert mailbox.count() >= 1


def test_send_takes_to_the_server_what_may_leave_now(
    enrolled: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalMailbox(tmp_path / "mailbox") as mailbox:
        monkeypatch.setenv("MOURAFAKA_SMTP_URL", mailbox.url)
        early = enrolled("send", as_of="2027-01-04T08:00")
        assert early.out == "Notices sent: 0, waiting for another try: 0, failed: 0.\n"
        first = enrolled("send", "--processes", "1", "--json", as_of=DAY)
        assert (first.code, first.json) == (0, {"accepted": 1, "cancelled": 0, "failed": 0})
        again = enrolled("send", as_of=DAY)
        assert again.out == "Notices sent: 0, waiting for another try: 0, failed: 0.\n"
        assert mailbox.count() == 1


def test_send_refuses_without_a_mail_server(enrolled: Command) -> None:
    ran = enrolled("send", as_of=DAY)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("No mail server is set: write MOURAFAKA_SMTP_URL=")


def test_send_says_what_holds_the_mail(enrolled: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolled("sending", "hold", "--reason", "the server moves", "--by", "amal", as_of=DAY)
    with LocalMailbox(tmp_path / "mailbox") as mailbox:
        monkeypatch.setenv("MOURAFAKA_SMTP_URL", mailbox.url)
        ran = enrolled("send", as_of=DAY)
    assert (ran.code, ran.out) == (0, "Notices sent: 0, waiting for another try: 0, failed: 0.\n")
    assert ran.err.startswith("Mail is held by amal since 2027-01-04 10:00 (the server moves)")


def test_send_fails_when_the_server_is_away_and_loses_nothing(
    enrolled: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOURAFAKA_SMTP_URL", "smtp://127.0.0.1:9")
    ran = enrolled("send", as_of=DAY)
    assert (ran.code, ran.out) == (1, "Notices sent: 0, waiting for another try: 1, failed: 0.\n")
    assert ran.err == ("The mail server does not answer: nothing is lost, it is tried again; see `mourafaka doctor`.\n")
    assert [row["status"] for row in enrolled("ledger", "--json", as_of=DAY).json] == ["pending"]
