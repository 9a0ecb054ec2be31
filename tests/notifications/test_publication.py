"""What is wrong with a template is found before anybody reads it, by file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from notifications.publication import check_templates
from notifications.rendering import render
from notifications.samples import facts_for
from notifications.scrutiny import remarks
from notifications.sources import FOLDER

Break = Callable[[str, str, str], list[str]]


def test_the_programmes_own_templates_are_all_good() -> None:
    assert [str(finding.says()) for finding in check_templates()] == []


@pytest.fixture
def broken(tmp_path: Path) -> Break:
    """Change something in a copy of the templates, and return what the check says of it."""

    def change(name: str, old: str, new: str) -> list[str]:
        copytree(FOLDER, tmp_path / "emails")
        path = tmp_path / "emails" / f"{name}.jinja"
        source = path.read_text("utf-8")
        assert old in source
        path.write_text(source.replace(old, new), "utf-8")
        kind = name.partition("/")[0]
        found = check_templates(tmp_path / "emails", ["welcome" if kind == "_layout" else kind])
        return [str(finding.says()) for finding in found]

    return change


def test_variable_in_one_language_alone_is_found_by_its_line(broken: Break) -> None:
    assert broken("step_reminder/ar/body.txt", "say.in_days(days)", "say.in_days(7)") == [
        "step_reminder/fr/body.txt.jinja:4: days is said here and not in ar",
        "step_reminder/ar/body.html.jinja:4: days is said here and not in body.txt",
    ]


def test_variable_that_nobody_gives_is_found_by_its_line(broken: Break) -> None:
    found = broken("welcome/fr/body.txt", "say.day(end_on)", "say.day(ends_on)")
    assert found[0] == "welcome/fr/body.txt.jinja:4: nobody gives the variable ends_on"


def test_unknown_filter_is_found_by_its_line(broken: Break) -> None:
    found = broken("welcome/fr/body.txt", "cohort | isolate", "cohort | upper_case")
    assert found == ["welcome/fr/body.txt.jinja:3: the filter upper_case is unknown"]


def test_template_that_cannot_be_read_is_found_by_its_line(broken: Break) -> None:
    [first, *_] = broken("meeting/ar/body.txt", "{% endif %}", "{% endfor %}")
    assert first.startswith("meeting/ar/body.txt.jinja:4: it cannot be read (")


def test_part_that_is_empty_or_missing_is_found(tmp_path: Path) -> None:
    copytree(FOLDER, tmp_path / "emails")
    (tmp_path / "emails/resumed/fr/subject.txt.jinja").write_text("\n")
    (tmp_path / "emails/resumed/ar/body.html.jinja").unlink()
    found = [str(finding.says()) for finding in check_templates(tmp_path / "emails", ["resumed"])]
    assert "resumed/fr/subject.txt.jinja: this part is missing or empty" in found
    assert "resumed/ar/body.html.jinja: this part is missing or empty" in found


DIRECTED = '<html lang="{{ language }}" dir="{{ "rtl" if rtl else "ltr" }}">'
FAULTS = [
    (
        "checkpoint_result/fr/subject.txt",
        "{{ line | signed(cooperative) }}",
        "{{ line }} {{ cooperative }}",
        "checkpoint_result/fr/subject.txt.jinja: it has 206 characters, over 78",
    ),
    (
        "welcome/ar/body.txt",
        "{{ cohort | isolate }}",
        "{{ cohort }}",
        "welcome/ar/body.txt.jinja: Tranche is not isolated in the Arabic text: use a filter",
    ),
    (
        "welcome/fr/body.txt",
        "Mourafaka (",
        "Mourafaka. Merci. Bravo. (",
        "welcome/fr/body.txt.jinja: it has 6 sentences with the one on whom to call, over 3",
    ),
    (
        "step_late/fr/body.txt",
        "say.day(due_on)",
        "due_on | date_long",
        "step_late/fr/body.txt.jinja: due_on is not said in words and figures: use date",
    ),
    (
        "_layout/body.html",
        "</body>",
        '<img src="https://x.example/a.png"></body>',
        "welcome/fr/body.html.jinja: it fetches something from elsewhere (<img)",
    ),
    (
        "_layout/body.html",
        'href="mailto:',
        'href="http://x.example/?',
        "welcome/fr/body.html.jinja: the link http://x.example/?donnees@example.org is neither tel, https nor mailto",
    ),
    (
        "_layout/body.html",
        DIRECTED,
        "<html>",
        "welcome/fr/body.html.jinja: the page does not begin with its language and direction",
    ),
    (
        "_layout/body.txt",
        "{{ say.help(contact_name, contact_phone) }}",
        "",
        "welcome/fr/body.txt.jinja: it does not say whom to call",
    ),
    (
        "_layout/both/body.html",
        'lang="fr" dir="ltr"',
        "",
        "welcome/both/body.html.jinja: nothing in it is marked as fr, with its direction",
    ),
    (
        "_layout/body.html",
        "{% if contact_phone %}",
        "{% if contact_phone %}{% call part.button(contact_phone) %}x{% endcall %}",
        "welcome/fr/body.html.jinja: it has 2 buttons, over one",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "old", "new", "said"), FAULTS)
def test_fault_that_a_reader_would_stumble_over_is_found(
    broken: Break, name: str, old: str, new: str, said: str
) -> None:
    assert said in broken(name, old, new)


def test_leftovers_of_a_template_are_seen() -> None:
    facts = facts_for("welcome", "fr") | {"cohort": "{{ cohort }}"}
    said = [f"{part}: {what}" for part, what in remarks("welcome", render("welcome", "fr", facts), facts)]
    assert said == [
        "body.txt: it shows {{, which no reader should see",
        "body.html: it shows {{, which no reader should see",
    ]
