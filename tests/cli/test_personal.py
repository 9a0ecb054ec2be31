"""`mourafaka person`: what a coordinator does when somebody asks for their data, or for its erasure."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.test_people import ONE, enrolled  # noqa: F401 - a fixture

HER, HER_NAME = "contact@coop-03.example", "Présidente fictive 03"
THREE = "SM-2027/003"
LATER = "2026-12-16T10:00"


@pytest.fixture
def replaced(enrolled: Command) -> Command:  # noqa: F811 - the fixture
    """Somebody else answers for the third cooperative."""
    said = ("--name", "Nouvelle", "--email", "nouvelle@coop.example", "--phone", "0612345678")
    assert enrolled("contact", "change", THREE, *said).code == 0
    return enrolled


def test_export_says_what_it_wrote_and_never_overwrites(enrolled: Command, tmp_path: Path) -> None:  # noqa: F811
    ran = enrolled("person", "export", HER, "her.json")
    path = tmp_path / "her.json"
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{path}: what is held about 1 person in 2 rows. Hand it to them alone, then delete it.\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text(encoding="utf-8"))["people"][0]["goes_by"]["names"] == [HER_NAME]
    again = enrolled("person", "export", HER, "her.json")
    assert (again.code, again.out) == (1, "")
    assert again.err == "her.json is there already: an export never overwrites a file; choose another name.\n"
    assert enrolled("person", "export", HER, "her.xlsx", "--json").json == {
        "path": str(tmp_path / "her.xlsx"),
        "people": 1,
        "rows": 2,
    }


def test_export_that_cannot_be_written_is_not_logged(enrolled: Command) -> None:  # noqa: F811
    assert enrolled("person", "export", HER, "missing/her.json").code == 1
    assert enrolled("person", "log", "--json").json == []


def test_erasure_is_shown_then_approved(replaced: Command) -> None:
    shown = replaced("person", "erase", HER, as_of=LATER)
    assert "a contact becomes X-C3 (SM-2027/003)." in shown.out
    found = re.search(r"Nothing is changed yet. To approve it: mourafaka .* --approve ([0-9a-f]{8})", shown.out)
    assert found is not None
    done = replaced("person", "erase", HER, "--approve", found[1], as_of=LATER)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(
        "Done. Copies of the database that were made before still hold their data: delete them when you can.\n"
    )
    again = replaced("person", "erase", HER, as_of=LATER)
    assert again.err == (
        f"Nobody here has or had the address {HER}, or their data are erased already: correct it, "
        "or look for them with `mourafaka history CODE`.\n"
    )


def test_erasure_in_json(replaced: Command) -> None:
    shown = replaced("person", "erase", HER, "--json", as_of=LATER).json
    assert (shown["applied"], shown["scrubbed"]) == (False, None)
    done = replaced("person", "erase", HER, "--yes", "--json", as_of=LATER).json
    assert done == {**shown, "applied": True, "scrubbed": True}
    assert HER not in json.dumps(done)


def test_contact_who_is_needed_stays(enrolled: Command) -> None:  # noqa: F811
    ran = enrolled("person", "erase", HER, "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"This person answers for {THREE}, which is under way: name somebody else with")


def test_log_says_who_asked_and_names_nobody(replaced: Command) -> None:
    replaced("person", "export", HER, "her.json", "--by", "k1")
    replaced("person", "erase", HER, "--yes", as_of=LATER)
    lines = replaced("person", "log", "--json").json
    assert [(one["by"], one["action"], one["subject"], one["subject_id"]) for one in lines] == [
        ("k1", "export", "contact", 3),
        ("command line", "erase", "contact", 3),
    ]
    assert lines[0]["at"] == "2026-12-14T10:00:00+00:00"
    table = replaced("person", "log").out
    assert "contact 3" in table
    assert HER not in table


def test_history_says_that_somebody_has_gone(replaced: Command) -> None:
    replaced("person", "erase", HER, "--yes", as_of=LATER)
    assert replaced("history", THREE, "--json").json[-1]["says"] == "somebody's data erased"


@pytest.mark.parametrize(
    ("language", "log", "history"),
    [
        ("fr", ("remis", "effacé", "contact d’une coopérative 3"), ("à sa demande", "adresse électronique:")),
        ("ar", ("سلم", "محي", "جهة اتصال تعاونية 3"), ("بطلب منه", "البريد الإلكتروني:")),
    ],
)
def test_log_and_history_say_nothing_in_english(
    replaced: Command,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    log: tuple[str, ...],
    history: tuple[str, ...],
) -> None:
    replaced("person", "export", HER, "her.json", "--by", "k1")
    replaced("person", "erase", HER, "--yes", as_of=LATER)
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", language)
    told, lived = replaced("person", "log").out, replaced("history", THREE).out
    assert [one for one in log if one not in told] == []
    assert [one for one in history if one not in lived] == []
    assert [one for one in ("export", "erase ", "email:", "asked") if one in told + lived] == []


def test_scrub_says_done(enrolled: Command) -> None:  # noqa: F811
    assert enrolled("person", "scrub").out == "Done.\n"


def test_retention_shows_whose_data_are_kept_no_longer_and_ends_it(enrolled: Command) -> None:  # noqa: F811
    assert enrolled("end", ONE, "dropped", "--reason", "left").code == 0
    assert enrolled("retention", as_of="2031-12-13T10:00").out == "Closed for 5 years: nothing to show.\n"
    shown = enrolled("retention", as_of="2031-12-14T10:00")
    assert ONE in shown.out
    assert shown.out.endswith("Nothing is changed yet: the next morning does it, or --yes now.\n")
    done = enrolled("retention", "--yes", "--json", as_of="2031-12-14T10:00").json
    assert done == {
        "years": 5,
        "cooperatives": [[ONE]],
        "staff": [],
        "ended": {"done": 1, "failures": 0},
        "scrubbed": True,
    }
    assert enrolled("retention", "--yes", as_of="2031-12-14T10:00").out.endswith("0 became pseudonyms, 0 could not.\n")
