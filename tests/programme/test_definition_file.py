"""A definition's file: the shipped one checks, and each wrong one is refused at its place with what to do."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from programme.definition_file import DefinitionRefused, content_hash, read_definition
from runtime.language import LANGUAGES, catalogue, said_in
from tests.programme.definition_texts import TEXT, edited, flaws_of, place, told


def test_shipped_text_checks():
    definition = read_definition(TEXT)
    assert (definition.programme, definition.version) == ("mourafaka", 1)


def test_shipped_text_checks_with_windows_line_ends():
    assert read_definition(TEXT.replace("\n", "\r\n")) == read_definition(TEXT)


SWOT = "      - key: swot\n"

# What is changed, the words before the place and at it, and the sentence.
MISWRITTEN = [
    pytest.param(
        ("{fr: Visite de diagnostic, ar: زيارة ميدانية للتشخيص}", "{fr: Visite de diagnostic}"),
        ("title: ", "{fr: Visite de diagnostic}"),
        "stages.1.steps.0.title.ar is missing: write the title in both languages, fr and ar",
        id="no Arabic title",
    ),
    pytest.param(
        ("ar: زيارة ميدانية للتشخيص", 'ar: " "'),
        ("{fr: Visite de diagnostic, ar: ", '" "'),
        "stages.1.steps.0.title.ar is empty: write its text",
        id="empty Arabic title",
    ),
    pytest.param(
        ("    form: full\n    gate: {requires: [], met: continue, not_met: continue}\n", "    form: full\n"),
        ("checkpoints:\n  - ", "key: M0"),
        "checkpoints.0.gate is missing: a checkpoint needs a rule (requires, met, not_met)",
        id="gate without rule",
    ),
    pytest.param(
        ("lasts: start + 24 months\n", ""),
        ("version 1.\n", "programme: mourafaka"),
        "lasts is missing: add it",
        id="missing word",
    ),
    pytest.param(
        ("    after: [start]\n", "    atfer:\n      - start\n"),
        ("weeks\n    ", "atfer"),
        "stages.1.atfer is not a word of a definition: correct its spelling or take it out",
        id="misspelt word",
    ),
    pytest.param(
        ("due: start + 5 weeks", "due: five weeks later"),
        (SWOT, "five weeks later"),
        "stages.1.steps.1.due: “five weeks later” is not a date rule: write 'start + 3 months' or "
        "'stage.step + 10 working days' (months, weeks, days, working days; at most 999 of each)",
        id="not a date rule",
    ),
    pytest.param(
        ("repeat: {count: 12, every_weeks: 7}", "repeat: {count: twelve, every_weeks: 7}"),
        ("repeat: {count: ", "twelve"),
        "stages.3.steps.0.repeat.count: write a whole number",
        id="not a number",
    ),
    pytest.param(
        ("repeat: {count: 12, every_weeks: 7}", "repeat: {count: 61, every_weeks: 7}"),
        ("repeat: {count: ", "61"),
        "stages.3.steps.0.repeat.count: write 60 or less",
        id="too large a number",
    ),
    pytest.param(
        ("version: 1\n", "version: 0\n"),
        ("\nversion: ", "0"),
        "version: write 1 or more",
        id="too small a number",
    ),
    pytest.param(
        (
            "        minutes: 80\n        due: start + 3 weeks\n",
            "        minutes: 1.5\n        due: start + 3 weeks\n",
        ),
        ("minutes: ", "1.5"),
        "stages.1.steps.0.minutes: write a whole number",
        id="half a minute",
    ),
    pytest.param(
        ("owner: cooperative\n        due", "owner: president\n        due"),
        ("owner: ", "president"),
        "stages.1.steps.6.owner: write one of 'coordinator', 'coach', 'cooperative', 'delegate'",
        id="unknown owner",
    ),
    pytest.param(
        ('opens: "09:00"', "opens: 9:30"),
        ("  opens: ", "9:30"),
        'sending.opens: write the hour between quotes, such as "10:00"',
        id="hour without quotes",
    ),
    pytest.param(
        ('opens: "09:00"', 'opens: "nine"'),
        ("  opens: ", '"nine"'),
        'sending.opens: write the hour between quotes, such as "10:00"',
        id="not an hour",
    ),
    pytest.param(
        (SWOT, "      - key: 4forces\n"),
        ("- key: ", "4forces"),
        "stages.1.steps.1.key: write Latin letters, digits and hyphens, a letter first",
        id="key that begins with a digit",
    ),
    pytest.param(
        ("exit: {done: [plan-validation]}", "exit: {done: plan-validation}"),
        ("exit: {done: ", "plan-validation"),
        "stages.1.exit.done: write a list, each item after a hyphen",
        id="not a list",
    ),
]


@pytest.mark.parametrize(("change", "where", "sentence"), MISWRITTEN)
def test_read_definition_refuses_at_the_place_with_what_to_do(change, where, sentence):
    text = edited(change)
    assert told(text) == [(place(text, *where), sentence)]


def test_read_definition_refuses_a_word_written_twice():
    text = edited(("        due: start + 5 weeks\n", "        due: start + 5 weeks\n        due: start + 6 weeks\n"))
    assert told(text) == [
        (place(text, "due: start + 5 weeks\n        ", "due"), "due is written twice here: keep one of them")
    ]


def test_read_definition_tells_all_that_is_miswritten_at_once_in_the_order_of_the_file():
    text = edited(
        ("owner: cooperative\n        due", "owner: president\n        due"),
        ("version: 1\n", "version: one\nversoin: 2\n"),
        ("{fr: Visite de diagnostic, ar: زيارة ميدانية للتشخيص}", "{fr: Visite de diagnostic}"),
    )
    assert [(at[0], sentence.split(":")[0].split(" ")[0]) for at, sentence in told(text)] == [
        (place(text, "\n", "version: one")[0], "version"),
        (place(text, "\n", "versoin")[0], "versoin"),
        (place(text, "title: ", "{fr: Visite de diagnostic}")[0], "stages.1.steps.0.title.ar"),
        (place(text, "owner: ", "president")[0], "stages.1.steps.6.owner"),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_read_definition_refuses_an_empty_file(text):
    assert told(text) == [((1, 1), "the file is empty: start from the one shipped")]


def test_read_definition_refuses_what_is_not_yaml_where_it_stops():
    text = edited(("title: {fr: Démarrage, ar: الانطلاق}", "title: {fr: Démarrage, ar: الانطلاق"))
    [((line, column), sentence)] = told(text)
    assert (line, column) == place(text, "ar: الانطلاق\n    opens", ":")
    assert sentence == "a bracket is opened and not closed here: close it, or put a comma between the items"


def test_read_definition_refuses_a_character_that_yaml_does_not_know():
    text = edited(("due: start + 5 weeks", "due: start + 5\x07 weeks"))
    [(at, sentence)] = told(text)
    assert at == place(text, SWOT, "\x07")
    assert sentence == "a character that no text may have stands here: delete it"


def test_read_definition_refuses_a_tag_that_would_run_code():
    text = edited(("version: 1\n", "version: !!python/object/apply:len [[]]\n"))
    [(at, sentence)] = told(text)
    assert at == place(text, "\nversion: ", "!!python")
    assert sentence == "a word that begins with ! cannot be used here: take it out"


def test_read_definition_refuses_a_day_that_does_not_exist():
    text = edited(("questionnaire: questionnaire-v1", "questionnaire: 2027-02-30"))
    assert told(text) == [
        (place(text, "questionnaire: ", "2027-02-30"), "2027-02-30 is no day of the calendar: correct it")
    ]


@pytest.mark.parametrize(
    "damage", ["start:\tnow", "a: b: c", 'a: "b', "a: {b", "a: *b", "a: @b", "a: |b", "@", "a: 2027-13-01"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_read_definition_says_nothing_of_the_yaml_library_s_english(damage, language):
    [flaw] = flaws_of(damage)
    said = flaw.message.say(lambda text: said_in(language, text))
    assert said != str(flaw.message)
    assert "expected" not in said
    assert "found" not in said


def test_refusal_of_a_date_rule_is_wholly_in_the_reader_s_language():
    text = edited(("due: start + 5 weeks", "due: cinq semaines après"))
    with pytest.raises(DefinitionRefused) as refusal:
        read_definition(text, name="v2.yaml")
    line, column = place(text, SWOT, "cinq")
    assert refusal.value.say(lambda text: said_in("fr", text)) == (
        "v2.yaml n’est pas correct, rien n’est enregistré ; à corriger : 1, "
        f"le premier à la ligne {line}, colonne {column} : "
        "stages.1.steps.1.due : « cinq semaines après » n’est pas une règle de date : écrivez 'start + 3 months' ou "
        "'stage.step + 10 working days' (months : mois, weeks : semaines, days : jours, "
        "working days : jours ouvrables ; au plus 999 de chaque)"
    )
    arabic = refusal.value.say(lambda text: said_in("ar", text))
    assert "ليست قاعدة تاريخ" in arabic
    assert not any(word in arabic for word in ("write", "rule", "at most"))


def test_every_kind_of_wrong_value_is_said_in_the_reader_s_language():
    """No value, wherever it stands, brings out the checking library's own words."""
    for value in ("null", "yes", "1.5", "-9", "[]", "[x]", "{a: 1}", "2027-01-01", '""', ".nan", "9" * 5):
        for line in ("version: 1", "lasts: start + 24 months", '  opens: "09:00"'):
            _speaks_french(edited((line + "\n", f"{line.partition(':')[0]}: {value}\n")))


def _speaks_french(text: str) -> None:
    try:
        read_definition(text)
    except DefinitionRefused as refusal:
        for flaw in refusal.flaws:
            assert flaw.message.template in catalogue("fr")
            assert "Input should" not in str(flaw.message)


@pytest.mark.parametrize("text", ["bonjour", "- a\n- b\n", "42"])
def test_read_definition_refuses_a_file_of_another_kind(text):
    assert told(text) == [((1, 1), "the file: write its parts here, each with its word and a colon")]


def test_refusal_names_the_file_and_the_first_place():
    text = edited(
        ("version: 1\n", "version: 0\n"), ("owner: cooperative\n        due", "owner: president\n        due")
    )
    line, column = place(text, "\nversion: ", "0")
    with pytest.raises(DefinitionRefused) as refusal:
        read_definition(text, name="mourafaka-v2.yaml")
    assert str(refusal.value) == (
        "mourafaka-v2.yaml does not check, nothing was stored: 2 to mend, "
        f"first line {line}, column {column}: version: write 1 or more"
    )


@given(
    st.integers(0, TEXT.count("\n") - 1), st.sampled_from(["", "x", "- ", "  ", "{", "&a [*a]", "? [a]\n", "yes: 1"])
)
@settings(max_examples=30, deadline=None)
def test_read_definition_refuses_or_reads_any_damaged_line(number, damage):
    lines = TEXT.split("\n")
    lines[number] = damage
    try:
        found = read_definition("\n".join(lines)).programme
    except DefinitionRefused as refusal:
        found = [(flaw.line, flaw.column) for flaw in refusal.flaws]
    assert found == "mourafaka" or (found == sorted(found) and (1, 1) <= found[0] <= found[-1] <= (len(lines) + 1, 999))


def test_content_hash_is_the_texts_sha256():
    assert content_hash("a: 1") == hashlib.sha256(b"a: 1").hexdigest()


def test_content_hash_ignores_windows_line_ends_and_the_last_blank_line():
    assert content_hash(TEXT.replace("\n", "\r\n")) == content_hash(TEXT)
    assert content_hash(TEXT + "\n") == content_hash(TEXT)


def test_content_hash_changes_with_a_word():
    assert content_hash(edited(("version: 1\n", "version: 2\n"))) != content_hash(TEXT)
