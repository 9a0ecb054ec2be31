"""`mourafaka texts`: checked, shown, set, tried and taken back from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime import house as houses
from tests.cli.conftest import Command
from tests.notifications.post_office import PostOffice, open_office  # noqa: F401 - the fixture `office`
from tests.world import CODE, open_enrolled

ONE = f"{CODE}/001"
FILE = """# A remark
[fr]
Bienvenue à bord

Bienvenue à la {{ cooperative | named }}.

L’accompagnement commence le {{ start_on | date }}.

[ar]
مرحبا بكم معنا

مرحبا بـ {{ cooperative | named }}.

تبدأ المواكبة يوم {{ start_on | date }}.
"""


@pytest.fixture
def texte(mourafaka: Command, tmp_path: Path) -> Path:
    """A file with a good text, beside a database with an enrolled cohort."""
    mourafaka("health")
    assert houses._house is not None
    open_enrolled(houses._house.database)
    path = tmp_path / "texte.txt"
    path.write_text(FILE, "utf-8")
    return path


def put(mourafaka: Command, file: Path) -> int:
    return mourafaka("texts", "set", "welcome", "--cohort", CODE, "--file", str(file), "--by", "k1").code


def test_check_says_that_all_is_good(mourafaka: Command) -> None:
    ran = mourafaka("texts", "check")
    assert (ran.code, ran.out) == (0, "12 kinds in 3 languages: all good.\n")
    assert mourafaka("texts", "check", "--json").json == []


def test_what_show_prints_can_be_set_as_it_is(mourafaka: Command, texte: Path) -> None:
    shown = mourafaka("texts", "show", "meeting")
    assert "#   {{ on }}  2027-03-05" in shown.out
    texte.write_text(shown.out, "utf-8")
    assert mourafaka("texts", "set", "meeting", "--cohort", CODE, "--file", str(texte), "--by", "k1").code == 0
    said = mourafaka("texts", "show", "meeting", "--json").json
    assert (said["version"], said["variables"]["days"], said["filters"][0]) == (None, 2, "date")


def test_text_is_set_shown_and_reset(mourafaka: Command, texte: Path) -> None:
    assert put(mourafaka, texte) == 0
    shown = mourafaka("texts", "show", "welcome", "--cohort", CODE, "--json").json
    assert shown["texts"]["fr"]["subject"] == "Bienvenue à bord"
    assert len(shown["version"]) == 12
    assert mourafaka("texts", "reset", "welcome", "--cohort", CODE, "--by", "k1").code == 0
    assert mourafaka("texts", "show", "welcome", "--cohort", CODE, "--json").json["version"] is None
    rows = mourafaka("texts", "history", "--cohort", CODE, "--json").json
    assert [(row["language"], row["by"], row["replaced_by"]) for row in rows] == [
        ("fr", "k1", "k1"),
        ("ar", "k1", "k1"),
    ]
    assert "Bienvenue" in mourafaka("texts", "history", "--cohort", CODE).out


def test_yaml_is_read_too(mourafaka: Command, texte: Path) -> None:
    said = {one: {"subject": "Sujet موضوع", "body": "{{ start_on | date }}."} for one in ("fr", "ar")}
    path = texte.with_suffix(".yaml")
    path.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    assert put(mourafaka, path) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[fr]\nSujet\n\nCorps.\n", 'lacks the subject in the language "ar"'),
        (b"[fr]\nSujet\n[ar]\nx\n\ny", 'lacks the body in the language "fr"'),
        (b"\xff\xfe", "cannot be read as texts (it is not UTF-8 text)"),
        (b"x" * 70_000, "cannot be read as texts (more than 64 KB)"),
    ],
)
def test_file_that_is_no_text_is_refused(mourafaka: Command, texte: Path, content: bytes, said: str) -> None:
    texte.write_bytes(content)
    ran = mourafaka("texts", "set", "welcome", "--cohort", CODE, "--file", str(texte), "--by", "k1")
    assert (ran.code, said in ran.err) == (1, True)


@pytest.mark.parametrize("content", ["a: [", "- 1", "fr: 3", "fr: {subject: 1}"])
def test_yaml_that_is_no_text_is_refused(mourafaka: Command, texte: Path, content: str) -> None:
    path = texte.with_suffix(".yml")
    path.write_text(content, "utf-8")
    assert put(mourafaka, path) == 1


def test_every_fault_is_said_and_nothing_is_stored(mourafaka: Command, texte: Path) -> None:
    texte.write_text(FILE.replace("| named", "| upper"), "utf-8")
    ran = mourafaka("texts", "set", "welcome", "--cohort", CODE, "--file", str(texte), "--by", "k1")
    assert ran.code == 1
    assert "welcome/fr/body:1: the filter upper is unknown" in ran.err
    assert "welcome/ar/body:1: the filter upper is unknown" in ran.err
    assert mourafaka("texts", "history", "--cohort", CODE, "--json").json == []


def test_preview_shows_the_text_with_a_real_enrolment(mourafaka: Command, texte: Path, tmp_path: Path) -> None:
    put(mourafaka, texte)
    words = ("texts", "preview", "welcome", "--cohort", CODE, "--enrolment", ONE, "--language", "both")
    ran = mourafaka(*words, "--out", str(tmp_path / "apercu"))
    assert "Bienvenue à la Coopérative 1." in ran.out
    assert sorted(path.name for path in (tmp_path / "apercu").iterdir()) == ["welcome-both.html", "welcome-both.txt"]
    shown = mourafaka(*words, "--json").json
    assert (shown["language"], shown["facts"]) == ("both", "promised")


def test_preview_in_another_language_is_refused(mourafaka: Command, texte: Path) -> None:
    ran = mourafaka("texts", "preview", "welcome", "--cohort", CODE, "--enrolment", ONE, "--language", "en")
    assert (ran.code, ran.err) == (1, "en is not how a contact can be written to: write fr, ar or both.\n")


def test_test_is_sent_to_whoever_asks(
    mourafaka: Command, texte: Path, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOURAFAKA_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
    put(mourafaka, texte)
    ran = mourafaka("texts", "send-test", "welcome", "--cohort", CODE, "--enrolment", ONE, "--by", "k1")
    assert (ran.code, office.addresses()) == (0, ["k1@odco.example"])
    assert office.kept[0].message["Subject"] == "[essai] Bienvenue à bord – Coopérative 1"
    assert "k1@odco.example" in ran.out


def test_gallery_holds_every_message(mourafaka: Command, tmp_path: Path) -> None:
    ran = mourafaka("texts", "gallery", str(tmp_path / "galerie"))
    assert ran.code == 0
    names = {path.name for path in (tmp_path / "galerie").iterdir()}
    assert len(names) == 12 * 3 * 2 + 1
    index = (tmp_path / "galerie/index.html").read_text("utf-8")
    assert index.count('<td dir="auto">') == 36
    assert "welcome-both.html" in index


def test_gallery_that_cannot_be_written_is_refused(mourafaka: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert mourafaka("texts", "gallery", str(tmp_path / "file")).code == 1


def test_contact_may_read_both(mourafaka: Command, texte: Path) -> None:
    ran = mourafaka("contact", "correct", ONE, "--language", "both", "--by", "k1", "--json")
    assert (ran.code, ran.json["language"]) == (0, "both")
    rows = mourafaka("forecast", "--days", "60", "--json").json
    assert {row["language"] for row in rows if row["person"] == f"cooperative:{ONE}"} == {"both"}
    ledger = mourafaka("ledger", "--cooperative", ONE, "--json").json
    assert {row["language"] for row in ledger if row["recipient"] == f"cooperative:{ONE}"} == {"both"}


def test_doctor_names_a_text_that_cannot_be_said(mourafaka: Command, texte: Path) -> None:
    put(mourafaka, texte)
    assert houses._house is not None
    with houses._house.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE cohort_text SET body = '{{ x }}' WHERE language = 'fr'")
    ran = mourafaka("doctor")
    assert "Texts: 1 to mend, the first: SM-2027 welcome/fr/body:1: the variable x is unknown" in ran.out
    assert mourafaka("texts", "check").code == 1
