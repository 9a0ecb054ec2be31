"""Sentences, their facts, and every refusal's own sentence."""

from __future__ import annotations

import pickle
from string import Formatter

import pytest
from pydantic import ValidationError

from programme import definition_file, errors, intake_errors, scoring_errors
from programme.errors import CohortClosed, Refusal
from programme.wording import Bilingual, Sentence, counted, sentence

MODULES = (errors, intake_errors, scoring_errors, definition_file)
REFUSALS = sorted(
    {
        kind
        for module in MODULES
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Refusal) and kind is not Refusal
    },
    key=lambda kind: kind.__name__,
)


class Nested(Refusal):
    """It cannot be done: {reason}."""


def names_in(template):
    """Return the facts that a template asks for."""
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


def test_sentence_fills_its_facts():
    assert sentence("{count} of {of} held", count=4, of=12).say() == "4 of 12 held"


def test_sentence_fills_its_facts_in_the_readers_language():
    french = {"{count} of {of} held": "{of} prévues, {count} tenues"}
    assert sentence("{count} of {of} held", count=4, of=12).say(french.__getitem__) == "12 prévues, 4 tenues"


def test_sentence_says_a_sentence_within_it_in_the_same_language():
    french = {"{day}, {cause}": "{day} : {cause}", "a holiday ({name})": "un jour férié ({name})"}
    inner = sentence("a holiday ({name})", name="Fête du Trône")
    outer = sentence("{day}, {cause}", day="2027-07-30", cause=inner)
    assert str(outer) == "2027-07-30, a holiday (Fête du Trône)"
    assert outer.say(french.__getitem__) == "2027-07-30 : un jour férié (Fête du Trône)"


def test_counted_sentence_has_the_words_of_its_number():
    said = [counted("{count} mail waits", "{count} mails wait", count).say() for count in (0, 1, 2)]
    assert said == ["0 mails wait", "1 mail waits", "2 mails wait"]


def test_counted_sentence_stands_within_another_and_survives_a_copy():
    outer = sentence("{mails}, since {on}", mails=counted("{count} mail", "{count} mails", 1), on="2027-01-04")
    assert str(pickle.loads(pickle.dumps(outer))) == "1 mail, since 2027-01-04"


def test_sentence_leaves_braces_in_a_fact_alone():
    assert str(sentence("there is no {what}", what="{code}")) == "there is no {code}"


def test_sentence_without_facts_is_its_template():
    assert str(sentence("a week-end")) == "a week-end"
    assert sentence("a week-end") == Sentence("a week-end", {})


@pytest.mark.parametrize(
    "texts", [{"fr": "Visite"}, {"ar": "زيارة"}, {"fr": "Visite", "ar": ""}, {"fr": " ", "ar": "زيارة"}]
)
def test_bilingual_requires_both_languages(texts):
    with pytest.raises(ValidationError):
        Bilingual(**texts)


def test_bilingual_refuses_a_third_language():
    with pytest.raises(ValidationError):
        Bilingual(fr="Visite", ar="زيارة", en="Visit")


@pytest.mark.parametrize(
    ("language", "text"), [("fr", "Visite"), ("ar", "زيارة"), ("both", "Visite"), ("en", "Visite")]
)
def test_bilingual_reads_french_but_for_arabic(language, text):
    assert Bilingual(fr="Visite", ar="زيارة").of(language) == text


def test_refusals_are_found_in_every_module():
    assert {module.__name__ for module in MODULES} == {kind.__module__ for kind in REFUSALS}
    assert len(REFUSALS) > 40


@pytest.mark.parametrize("kind", REFUSALS)
def test_refusal_has_a_sentence_that_says_what_is_wrong_and_what_to_do(kind):
    assert kind.__doc__ != Refusal.__doc__
    assert kind.template()[-1] in ".}"
    assert ": " in kind.template()
    assert "\n" not in kind.template()
    assert "  " not in kind.template()


@pytest.mark.parametrize("kind", REFUSALS)
def test_refusal_fills_every_fact_of_its_sentence(kind):
    names = names_in(kind.template())
    facts = {name: f"<{name}>" for name in names}
    said = Sentence(kind.template(), facts).say()
    assert [name for name in names if f"<{name}>" not in said] == []
    assert all(name.isidentifier() for name in names)
    assert "{" not in said


@pytest.mark.parametrize("kind", [kind for kind in REFUSALS if "__init__" not in vars(kind)])
def test_refusal_is_its_sentence(kind):
    refusal = kind(**{name: f"<{name}>" for name in names_in(kind.template())})
    assert str(refusal) == refusal.say()
    assert isinstance(refusal, Refusal)


def test_refusal_says_its_sentence_in_the_readers_language():
    french = {CohortClosed.template(): "La cohorte {code} est close."}
    assert str(CohortClosed(code="SM-2027")) == (
        "Cohort SM-2027 is closed: nothing can be added to it; use an open cohort."
    )
    assert CohortClosed(code="SM-2027").say(french.__getitem__) == "La cohorte SM-2027 est close."


def test_refusal_nests_a_sentence():
    refusal = Nested(reason=sentence("{day} is closed", day="2027-07-30"))
    french = {"It cannot be done: {reason}.": "Impossible : {reason}.", "{day} is closed": "le {day} est fermé"}
    assert str(refusal) == "It cannot be done: 2027-07-30 is closed."
    assert refusal.say(french.__getitem__) == "Impossible : le 2027-07-30 est fermé."


def test_refusal_without_its_fact_cannot_be_raised():
    with pytest.raises(KeyError):
        CohortClosed()
