"""`mourafaka bounces`."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    assert (ran.code, mourafaka("bounces", "imaps://u:secret@[x/INBOX").code) == (1, 1)
    nowhere = mourafaka("bounces", "nowhere.mbox")
    assert (nowhere.code, "in nowhere.mbox cannot be read (there is nothing of that name):" in nowhere.err) == (1, True)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fr",
            (
                "Les messages revenus dans nowhere.mbox ne peuvent pas être lus (il n’y a rien de ce nom) : "
                "indiquez un fichier, une boîte mbox, un Maildir ou imaps://user:password@host/folder.\n"
            ),
        ),
        (
            "ar",
            (
                "تعذرت قراءة الرسائل الراجعة في nowhere.mbox (لا يوجد شيء بهذا الاسم): "
                "اذكروا ملفا أو صندوق mbox أو Maildir أو imaps://user:password@host/folder.\n"
            ),
        ),
    ],
)
def test_source_that_is_not_there_is_refused_wholly_in_the_reader_s_language(
    mourafaka: Command, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", language)
    assert mourafaka("bounces", "nowhere.mbox").err == said


def test_folder_that_is_no_maildir_is_refused_in_the_reader_s_language(
    mourafaka: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "post").mkdir()
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "fr")
    assert "dans post ne peuvent pas être lus (le dossier n’est pas un Maildir) :" in mourafaka("bounces", "post").err
