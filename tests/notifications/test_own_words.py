"""A cohort's own text: what it may say, what it may never do, and how it is framed."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.errors import MissingFact, UnusableFact
from notifications.kinds import COOPERATIVE_KINDS
from notifications.own_publication import check_own
from notifications.own_words import OWN_TEXT, OwnText, unsafe
from notifications.rendering import render, script
from notifications.samples import facts_for
from notifications.starting_point import starting_point
from programme.texts_errors import TextNotPublishable

SUBJECT = {"fr": "Rappel : {{ step }}", "ar": "تذكير: {{ step }}"}
BODY = {
    "fr": "À faire : {{ step }}.\n\nAvant le {{ due_on | date }}{% if days == 7 %}, dans une semaine{% endif %}.",
    "ar": "المطلوب: {{ step }}.\n\nقبل {{ due_on | date }}{% if days == 7 %}، بعد أسبوع{% endif %}.",
}


KNOWN = "cohort, contact_name, contact_phone, cooperative, days, due_on, recipient, step"


def own(kind: str = "step_reminder", **bodies: str) -> OwnText:
    said = {language: bodies.get(language, BODY[language]) for language in ("ar", "fr")}
    return OwnText(kind, tuple((one, SUBJECT[one], body) for one, body in said.items()))


def facts(language: str = "fr", text: OwnText | None = None, **more: object) -> dict[str, object]:
    return facts_for("step_reminder", language) | more | {OWN_TEXT: text or own()}


def faults(text: OwnText, kind: str = "step_reminder") -> list[str]:
    return [str(finding.says()) for finding in check_own(kind, text)]


def test_own_text_takes_the_place_of_the_programmes_sentences() -> None:
    mail = render("step_reminder", "fr", facts())
    assert mail.subject == "Rappel : Adoption du plan de développement par le conseil – Coopérative…"
    assert mail.text.startswith(
        "Bonjour Mme Exemple,\n\nÀ faire : Adoption du plan de développement par le conseil.\n\n"
    )
    assert "Avant le vendredi 5 mars 2027 (05/03/2027), dans une semaine.\n\nPour toute aide, appelez" in mail.text
    assert mail.text.endswith("\u00a0: donnees@example.org\n")


def test_own_page_keeps_the_layout_greeting_button_and_footer() -> None:
    html = render("step_reminder", "ar", facts("ar")).html
    assert html.startswith('<!DOCTYPE html>\n<html lang="ar" dir="rtl">')
    assert html.count('href="tel:+212600000012"') == 1
    assert "09-08" in html
    assert "، بعد أسبوع.</p>" in html


def test_own_text_in_both_languages_says_each_in_its_half() -> None:
    mail = render("step_reminder", "both", facts("both"))
    arabic, french = mail.text.split("\n* * *\n")
    assert ("المطلوب: " in arabic, "À faire : " in french) == (True, True)
    assert script("step_reminder", "both", facts("both")).count("\n\n") == 3


def test_version_names_the_own_text_and_the_layout() -> None:
    text = own()
    assert re.fullmatch("[0-9a-f]{12}@[0-9a-f]{12}", render("step_reminder", "fr", facts()).template_version)
    assert render("step_reminder", "fr", facts()).template_version.startswith(f"{text.version}@")
    assert own(fr="Autre chose.").version != text.version == OwnText(text.kind, text.texts[::-1]).version


def test_text_is_never_html() -> None:
    html = render("step_reminder", "fr", facts(text=own(fr="<b>Gras</b> & <script>x</script> {{ step }}"))).html
    assert "&lt;b&gt;Gras&lt;/b&gt; &amp; &lt;script&gt;x&lt;/script&gt; " in html
    assert "<script>" not in html


def test_value_is_escaped_and_is_no_template() -> None:
    hostile = {"fr": "<i>{{ cohort }}</i>", "ar": "x"}
    html = render("step_reminder", "fr", facts(step=hostile)).html
    assert "<bdi>&lt;i&gt;{{ cohort }}&lt;/i&gt;</bdi>" in html


def test_what_is_written_in_the_other_script_is_isolated() -> None:
    said = script(
        "step_reminder", "ar", facts("ar", own(ar="ادفعوا 50 درهما إلى AMO قبل {{ due_on | date_figures }}."))
    )
    assert said == "ادفعوا \u206850\u2069 درهما إلى \u2068AMO\u2069 قبل \u206805/03/2027\u2069."
    assert script("step_reminder", "fr", facts(text=own(fr="Programme مرافقة."))) == "Programme \u2068مرافقة\u2069."


def test_lines_of_a_paragraph_are_joined() -> None:
    assert script("step_reminder", "fr", facts(text=own(fr="Une ligne\net la suite.\n\n\nFin."))) == (
        "Une ligne et la suite.\n\nFin."
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% for i in range(10000000) %}x{% endfor %}", "`for` is not for texts"),
        ("{{ step.__class__.__mro__ }}", "`getattr` is not for texts"),
        ("{{ step['__class__'] }}", "`getitem` is not for texts"),
        ("{{ cycler() }}", "`call` is not for texts"),
        ("{{ 'x' * 10 ** 9 }}", "`mul` is not for texts"),
        ("{{ 10 ** 10 ** 10 }}", "`pow` is not for texts"),
        ("{% set x = 1 %}", "`assign` is not for texts"),
        ("{% include 'body.txt.jinja' %}", "`include` is not for texts"),
        ("{% extends '_layout/body.html.jinja' %}", "`extends` is not for texts"),
        ("{% macro x() %}{% endmacro %}", "`macro` is not for texts"),
        ("{{ step | attr('x') }}", "the filter attr is unknown"),
        ("{{ step | safe }}", "the filter safe is unknown"),
        ("{{ due_on | date(1) }}", "the filter date takes nothing in brackets"),
        ("{{ step", "it cannot be read here: look for a bracket that is not closed, or an `endif` too few"),
        ("{% if step %}", "it cannot be read"),
        ("{{ " + "(" * 2000 + "1", "it is nested too deeply"),
        ("{{ " + "not " * 600 + "1 }}", "it is nested too deeply"),
        ("x" * 3001, "it has 3001 characters, over 3000"),
        ("Bonjour \u202eexe", "it holds a character that cannot be seen (U+202E)"),
    ],
)
def test_what_is_not_for_texts_is_refused_before_it_runs(source: str, said: str) -> None:
    started = time.perf_counter()
    [first, *_] = unsafe(source, "fr")
    assert str(first.what).startswith(said)
    assert time.perf_counter() - started < 1
    with pytest.raises(TextNotPublishable):
        render("step_reminder", "fr", facts(text=own(fr=source)))


def test_fault_is_on_its_line() -> None:
    assert [fault.line for fault in unsafe("Une\n\n{{ step.x }}\n{{ step | upper }}", "fr")] == [3, 4]


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet=st.sampled_from("{}%#|()[]'\"._ \nabstepifor0<>&é"), max_size=80))
def test_any_source_is_refused_or_said_and_never_breaks_the_page(source: str) -> None:
    if unsafe(source, "fr"):
        return
    try:
        mail = render("step_reminder", "fr", facts(text=own(fr=source)))
    except (MissingFact, UnusableFact):
        return
    plain = render("step_reminder", "fr", facts(text=own(fr="x")))
    opened = mail.html.count("<p ") + mail.html.count("<bdi>")
    assert mail.html.count("<") - 2 * opened == plain.html.count("<") - 2 * (
        plain.html.count("<p ") + plain.html.count("<bdi>")
    )


def test_text_too_long_to_read_is_refused() -> None:
    with pytest.raises(UnusableFact) as refusal:
        script("step_reminder", "fr", facts(text=own(fr="{{ step }} " * 40)))
    assert "it may have 1500" in str(refusal.value)


def test_good_text_passes() -> None:
    assert faults(own()) == []


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        (
            {"fr": "Rien.", "ar": "لا شيء."},
            "step_reminder/fr/body: it does not say due_on, the date that it is about: write {{ due_on | date }}",
        ),
        ({"fr": "{{ due_on | date }}."}, "step_reminder/ar/body:1: step is said here and not in step_reminder/fr/body"),
        (
            {"fr": "{{ due_on }} {{ step }} {{ days }}"},
            "step_reminder/fr/body:1: due_on is a date: write {{ due_on | date }}",
        ),
        (
            {"fr": "\n{{ stepp }}"},
            f"step_reminder/fr/body:2: the variable stepp is unknown: use {KNOWN}",
        ),
        ({"fr": " "}, "step_reminder/fr/body: this part is missing or empty"),
        (
            {"fr": BODY["fr"] + " Merci. Bravo."},
            "step_reminder/fr/body: it has 5 sentences with the one on whom to call, over 3",
        ),
        (
            {"fr": BODY["fr"].replace("| date", "| date_long")},
            "step_reminder/fr/body: due_on is not said in words and figures: use date",
        ),
    ],
)
def test_fault_of_a_text_is_said_with_its_place(bodies: dict[str, str], said: str) -> None:
    assert said in faults(own(**bodies))


def test_subject_that_would_be_cut_is_found() -> None:
    text = own()
    long = OwnText(
        text.kind, (("ar", *text.of("ar")), ("fr", "Rappel important du programme : {{ step }}", BODY["fr"]))
    )
    assert faults(long) == ["step_reminder/fr/subject: it has 80 characters, over 78"]


def test_variable_that_is_not_always_known_is_found() -> None:
    body = "{{ on | date }}, {{ place }}."
    text = OwnText("meeting", (("ar", "موعد", body), ("fr", "Rendez-vous", body)))
    unsure = "place is not always known: put what says it in {% if place %} … {% endif %}"
    assert faults(text, "meeting") == [f"meeting/{reading}: {unsure}" for reading in ("fr", "ar", "both")]


@pytest.mark.parametrize("kind", COOPERATIVE_KINDS)
def test_starting_point_of_each_kind_can_be_published_and_says_the_same(kind: str) -> None:
    text = OwnText(kind, tuple((language, *starting_point(kind, language)) for language in ("ar", "fr")))
    assert faults(text, kind) == []
    for language in ("fr", "ar"):
        said = facts_for(kind, language)
        assert script(kind, language, said | {OWN_TEXT: text}).replace("\n\n", "\n") == script(kind, language, said)
