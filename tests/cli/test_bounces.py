"""`mourafaka bounces`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command
from tests.notifications.test_bounces import report


def test_report_that_is_not_ours_is_counted_and_changes_nothing(mourafaka: Command, tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(report())
    assert mourafaka("bounces", "one.eml", "--json").json == [{"taken": "not ours", "status": "5.1.1", "key": None}]
    assert mourafaka("bounces", "one.eml").out == (
        "Addresses marked: 0; reports known already: 0; temporary: 0; not about our messages: 1.\n"
    )


def test_source_that_cannot_be_read_is_refused_without_its_password(mourafaka: Command) -> None:
    ran = mourafaka("bounces", "imap://user:secret@mail.example/INBOX")
    assert (ran.code, "secret" in ran.err, "write imaps://" in ran.err) == (1, False, True)
    nowhere = mourafaka("bounces", "nowhere.mbox")
    assert (nowhere.code, "in nowhere.mbox cannot be read (No such file or directory):" in nowhere.err) == (1, True)
