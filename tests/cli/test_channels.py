"""Commands of links, of refusals and of other services."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from models import ServiceCopy
from models.session import Database
from tests.cli.conftest import Command
from tests.linking import first_links
from tests.world import open_enrolled


@pytest.fixture
def data(database: Database) -> Database:
    """The command line's own database."""
    return database


def test_open_links_are_listed_and_taken_back(mourafaka: Command, data: Database) -> None:
    links = first_links(data)
    data.close()
    listed = mourafaka("link", "list", "--json", as_of="2027-01-12T10:00").json
    assert sorted((row["person"], row["step"]) for row in listed) == [
        ("coach:c1", "start.contact"),
        ("coordinator:k1", "start.convention"),
    ]
    assert not any(token in str(listed) for token in links.values())
    ran = mourafaka("link", "revoke", "--person", "c1", "--by", "k1", as_of="2027-01-12T10:00")
    assert (ran.code, ran.out) == (0, "1 link is taken back; the next messages have new ones.\n")
    assert mourafaka("link", "revoke", "--all", "--json", as_of="2027-01-12T10:00").json == {"revoked": 1}
    assert mourafaka("link", "list", "--json", as_of="2027-01-12T10:00").json == []


def test_revoking_without_saying_which_is_refused(mourafaka: Command) -> None:
    ran = mourafaka("link", "revoke")
    assert (ran.code, ran.err) == (1, "Say which links to revoke: --person CODE, --enrolment CODE, or --all.\n")
    assert "No link that is still open was made for amina" in mourafaka("link", "revoke", "--person", "amina").err


def test_refusal_is_written_down_seen_and_undone(mourafaka: Command, data: Database) -> None:
    open_enrolled(data)
    data.close()
    assert mourafaka("contact", "refusals").out == "Nobody has refused anything.\n"
    ran = mourafaka("contact", "refuse", "SM-2027/001", "--by", "k1")
    assert ran.out == "reminders long before a date: not sent to the contact of SM-2027/001 any more.\n"
    [row] = mourafaka("contact", "refusals", "--json").json
    assert (row["enrolment"], row["topic"], row["how"], row["by"]) == (
        "SM-2027/001",
        "early_reminders",
        "coordinator",
        "k1",
    )
    assert "SM-2027/001" in mourafaka("contact", "refusals", "SM-2027/001").out
    assert mourafaka("contact", "accept", "SM-2027/001", "--by", "k1", "--json").json["refused"] is False
    assert mourafaka("contact", "refusals", "--json").json == []
    assert len(mourafaka("contact", "refusals", "--all", "--json").json) == 1
    assert mourafaka("contact", "accept", "SM-2027/001").code == 1


def services_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    file = tmp_path / "services.yaml"
    file.write_text(f'services:\n  - {{name: team, url: "{url}", who: [coordinator]}}\n')
    monkeypatch.setenv("MOURAFAKA_SERVICES_FILE", str(file))


def test_services_are_listed_without_their_address(
    mourafaka: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mourafaka("service", "list", "--json").json == []
    services_file(tmp_path, monkeypatch, "json://127.0.0.1:9/a-secret")
    assert mourafaka("service", "list", "--json").json == [
        {"name": "team", "by": "json", "who": ["coordinator"], "kinds": []}
    ]
    assert "a-secret" not in mourafaka("service", "list").out


def test_service_that_does_not_answer_is_said(
    mourafaka: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services_file(tmp_path, monkeypatch, "json://127.0.0.1:9/a-secret")
    ran = mourafaka("service", "try", "team")
    assert (ran.code, ran.err) == (1, "team did not take it: no answer, or a refusal.\n")
    assert mourafaka("service", "try", "other").err == (
        "There is no service other: `mourafaka service list` shows them (team).\n"
    )


def test_under_a_virtual_clock_no_service_elsewhere_is_used(
    mourafaka: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services_file(tmp_path, monkeypatch, "json://elsewhere.example/a-secret")
    assert mourafaka("service", "list", "--json").json == []


def test_ledger_and_why_show_a_copy_and_that_there_is_no_receipt(mourafaka: Command, data: Database) -> None:
    open_enrolled(data)
    at = datetime(2027, 1, 4, 9, tzinfo=UTC)
    copy = ServiceCopy(
        notice_id=1,
        service="team",
        title="",
        body="",
        send_at=at,
        status="handed",
        reason="handed to team, no receipt",
        attempts=1,
        token=1,
        settled_at=at,
    )
    with data.transaction() as session:
        session.add(copy)
    [row] = [one for one in mourafaka("ledger", "--json").json if one["channel"] == "service"]
    assert (row["key"].rpartition("@")[2], row["status"], row["reason"], row["sent_on"]) == (
        "team",
        "handed",
        "handed to team, no receipt",
        "2027-01-04",
    )
    said = mourafaka("why", row["key"].rpartition("@")[0]).out
    assert "was handed to team on 2027-01-04 09:00, which gives no receipt" in said


def test_doctor_looks_at_the_ways_out(mourafaka: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = mourafaka("doctor").out
    assert "✓ Links in messages: none" in plain
    assert "✓ Messages are not signed by us (DKIM)" in plain
    assert "✓ Other services: none get copies." in plain
    monkeypatch.setenv("MOURAFAKA_SECRET_KEY", "short")
    monkeypatch.setenv("MOURAFAKA_DKIM_DOMAIN", "odco.example")
    services_file(tmp_path, monkeypatch, "pigeon://a-secret")
    wrong = mourafaka("doctor").out
    assert "✗ Links in messages: the secret key is short" in wrong
    assert "✗ Messages cannot be signed." in wrong
    assert "✗ Other services cannot be used." in wrong
    assert "a-secret" not in wrong


def test_links_that_open_on_this_machine_only_are_a_fault(mourafaka: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOURAFAKA_SECRET_KEY", "a secret of at least thirty-two letters")
    assert "✗ Links in messages lead to http://127.0.0.1:8000" in mourafaka("doctor").out
    monkeypatch.setenv("MOURAFAKA_BASE_URL", "https://mourafaka.example")
    assert "✓ Links in messages lead to https://mourafaka.example." in mourafaka("doctor").out


def test_key_that_cannot_sign_is_refused_before_anything_begins(
    mourafaka: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "dkim.pem"
    key.write_text("not a key")
    key.chmod(0o600)
    for name, value in {"KEY_FILE": str(key), "DOMAIN": "odco.example", "SELECTOR": "mail2027"}.items():
        monkeypatch.setenv(f"MOURAFAKA_DKIM_{name}", value)
    monkeypatch.setenv("MOURAFAKA_SMTP_URL", "smtp://127.0.0.1:9")
    ran = mourafaka("run-day")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"{key} is not a key that mail can be signed with")
