"""A line of the log: fixed words, codes and figures; of a failure its kind and its place; of a person nothing."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest

from runtime import logs
from runtime.logs import Json, Plain, Threshold, clean, for_a_service, formatter, handler


def record(
    name: str, words: str, *arguments: object, facts: object = None, failure: BaseException | None = None
) -> logging.LogRecord:
    info = (type(failure), failure, failure.__traceback__) if failure is not None else None
    made = logging.LogRecord(name, logging.WARNING, "x.py", 1, words, arguments, info)
    if facts is not None:
        made.__dict__["facts"] = facts
    return made


def caught(words: str) -> Exception:
    try:
        int(words)
    except ValueError as failure:
        return failure
    raise AssertionError


def test_json_is_one_object_a_line() -> None:
    line = Json().format(
        record("mourafaka.mornings", "morning ended", facts={"name": "morning:SM-2027", "failures": 2})
    )
    assert "\n" not in line
    found = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", found.pop("at"))
    assert isinstance(found.pop("pid"), int)
    assert found == {
        "level": "WARNING",
        "logger": "mourafaka.mornings",
        "message": "morning ended",
        "facts": {"name": "morning:SM-2027", "failures": 2},
    }


def test_plain_is_one_line_for_a_person() -> None:
    line = Plain().format(record("mourafaka.serve", "part ended\nby itself", facts={"part": "web", "code": -9}))
    assert line.partition("WARNING ")[2] == "mourafaka.serve: part ended / by itself part=web code=-9"


@pytest.mark.parametrize("form", [Json(), Plain()])
def test_failure_is_told_by_kind_and_place_without_its_words(form: logging.Formatter) -> None:
    line = form.format(record("mourafaka.web", "a page failed", failure=caught("Amina Alaoui")))
    assert "ValueError < caught (" in line
    assert "test_logs.py" in line
    assert "Amina" not in line


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("refused coop1@coop.example, twice", "refused <address>, twice"),
        ("<prénom.nom+x@sub.odco.ma>", "<<address>>"),
        ("call +212528001001 or 0528 00 10 01", "call <number> or <number>"),
        ("00212-528-001-001", "<number>"),
        ("postgresql://amina:secret@db/mourafaka", "postgresql://<secret>@db/mourafaka"),
        ("SM-2027/007 on 2027-01-04 at 09:00:00.123456", "SM-2027/007 on 2027-01-04 at 09:00:00.123456"),
        ("3300 due, 10500 in 0.123 s, port 8000, pid 1234567", "3300 due, 10500 in 0.123 s, port 8000, pid 1234567"),
    ],
)
def test_addresses_and_numbers_are_taken_out_and_dates_and_figures_stay(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_facts_are_cleaned_at_any_depth() -> None:
    facts = {"told": {"to": "k1@odco.example", "count": 3}, "phone": "+212528000001", "ok": True, "none": None}
    assert logs.said(record("mourafaka", "x", facts=facts))["facts"] == {
        "told": {"to": "<address>", "count": 3}, "phone": "<number>", "ok": True, "none": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ('Task run failed with exception: KeyError("Amina")', "Task run failed with exception KeyError"),
        ("Finished in state Failed('2 of start failed: Amina')", "Finished in state Failed"),
        ("Finished in state Held back('Amina', type=FAILED)", "Finished in state Held back"),
        ("Encountered an exception while saving\nTraceback…\nValueError: Amina", "Encountered an exception while"),
        ("Failed API connection to http://127.0.0.1:4200", "Failed API connection to http://127.0.0.1:4200"),
    ],
)
def test_words_of_a_failure_are_left_out_of_what_libraries_say(words: str, left: str) -> None:
    assert logs.said(record("prefect.task_runs", words))["message"] == left


def test_our_own_words_are_kept() -> None:
    assert logs.said(record("mourafaka.web", "an exception: %s", "SM-2027"))["message"] == "an exception: SM-2027"
    assert logs.said(record("mourafakas", "an exception: SM-2027"))["message"] == "an exception SM"


@pytest.mark.parametrize(("level", "kept"), [(None, [False, True]), ("INFO", [True, True]), ("ERROR", [False, False])])
def test_level_is_a_setting_for_our_own_loggers(
    monkeypatch: pytest.MonkeyPatch, level: str | None, kept: list[bool]
) -> None:
    monkeypatch.delenv("MOURAFAKA_LOG_LEVEL", raising=False)
    if level is not None:
        monkeypatch.setenv("MOURAFAKA_LOG_LEVEL", level)
    threshold = Threshold()
    quiet, loud = record("mourafaka.mornings", "x"), record("mourafaka.mornings", "x")
    quiet.levelno = logging.INFO
    assert [threshold.filter(one) for one in (quiet, loud)] == kept
    quiet.name = "prefect"
    assert threshold.filter(quiet) is True


def test_form_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOURAFAKA_LOG_FORMAT", raising=False)
    assert isinstance(formatter(), Plain)
    monkeypatch.setenv("MOURAFAKA_LOG_FORMAT", "json")
    out = io.StringIO()
    handler(out).emit(record("mourafaka", "ready"))
    assert json.loads(out.getvalue())["message"] == "ready"


def test_a_service_says_more_and_in_json_where_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import sys

    for name in ("MOURAFAKA_LOG_FORMAT", "MOURAFAKA_LOG_LEVEL"):
        monkeypatch.setenv(name, "x")  # so that it is put back afterwards
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    for_a_service()
    assert (os.environ["MOURAFAKA_LOG_FORMAT"], os.environ["MOURAFAKA_LOG_LEVEL"]) == ("json", "INFO")
    monkeypatch.setenv("MOURAFAKA_LOG_FORMAT", "plain")
    for_a_service()
    assert os.environ["MOURAFAKA_LOG_FORMAT"] == "plain"
