"""One message for those who read both languages: Arabic, then French, one button, one footer."""

from __future__ import annotations

import re
from email import message_from_bytes, policy

import pytest

from notifications.errors import MissingFact
from notifications.kinds import COOPERATIVE_KINDS, KINDS
from notifications.messages import message_of
from notifications.rendering import render, script, template_version
from notifications.samples import NAMED, facts_for
from notifications.scrutiny import visible
from tests.notifications.post_office import NOW, SENDER, a_notice

each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
def test_page_is_arabic_then_french_each_in_its_direction(kind: str) -> None:
    html = render(kind, "both", facts_for(kind, "both")).html
    assert html.startswith('<!DOCTYPE html>\n<html lang="ar" dir="rtl">')
    assert re.findall('<td lang="(..)" dir="(...)"', html) == [("ar", "rtl"), ("fr", "ltr")]
    assert re.findall("السلام عليكم|Bonjour", visible(html)) == ["السلام عليكم", "Bonjour"]


@pytest.mark.parametrize("kind", COOPERATIVE_KINDS)
def test_both_have_one_button_one_signature_and_one_address_for_data(kind: str) -> None:
    mail = render(kind, "both", facts_for(kind, "both"))
    assert mail.html.count('href="tel:+212600000012"') == 1
    assert mail.html.count('href="mailto:donnees@example.org"') == 1
    assert mail.html.count("href=") == 2
    assert mail.text.count("\n-- \n") == 1
    assert mail.text.count("مرافقة · ") == 1


@pytest.mark.parametrize("kind", COOPERATIVE_KINDS)
def test_both_say_in_each_half_what_one_language_says_alone(kind: str) -> None:
    mail = render(kind, "both", facts_for(kind, "both"))
    arabic, french = mail.text.split("\n* * *\n")
    assert script(kind, "ar", facts_for(kind, "ar")) in arabic
    assert script(kind, "fr", facts_for(kind, "fr")) in french
    assert NAMED["ar"] in visible(mail.html)
    assert NAMED["fr"] in visible(mail.html)


@each_kind
def test_html_in_both_languages_closes_what_it_opens(kind: str) -> None:
    html = render(kind, "both", facts_for(kind, "both")).html
    for tag in ("html", "head", "body", "div", "table", "tr", "td", "p", "h1", "h2", "h3", "span", "a", "bdi"):
        assert len(re.findall(f"<{tag}[ >]", html)) == html.count(f"</{tag}>")


def test_subject_has_both_languages_where_they_fit() -> None:
    subject = render("welcome", "both", facts_for("welcome", "both")).subject
    assert subject == "مرحبا بكم في برنامج مرافقة | \u2068Bienvenue dans le programme Mourafaka\u2069"


def test_subject_that_does_not_fit_is_the_arabic_one_with_the_name() -> None:
    facts = facts_for("step_reminder", "both")
    assert render("step_reminder", "both", facts).subject == render("step_reminder", "ar", facts).subject


@each_kind
def test_subject_in_both_languages_fits_and_closes_its_isolates(kind: str) -> None:
    subject = render(kind, "both", facts_for(kind, "both")).subject
    assert len(subject) <= 78
    assert subject.count("\u2068") == subject.count("\u2069")


def test_script_in_both_languages_has_a_passage_for_each() -> None:
    assert script("meeting", "both", facts_for("meeting", "both")).split("\n\n") == [
        script("meeting", "ar", facts_for("meeting", "ar")),
        script("meeting", "fr", facts_for("meeting", "fr")),
    ]


def test_coach_reads_a_script_in_both_languages_passage_by_passage() -> None:
    facts = facts_for("coach_digest", "fr")
    call = facts["items"][3] | {"script": "بالعربية.\n\nEn français."}
    mail = render("coach_digest", "fr", facts | {"items": [call]})
    assert "  \u2068بالعربية.\u2069\n  En français.\n" in mail.text
    assert mail.html.count('class="quote" dir="auto"') == 2


def test_fact_that_lacks_is_refused_in_both_languages_too() -> None:
    facts = facts_for("welcome", "both")
    del facts["end_on"]
    with pytest.raises(MissingFact) as refusal:
        render("welcome", "both", facts)
    assert refusal.value.facts == {"kind": "welcome", "language": "both", "fact": "end_on"}


def test_hostile_name_is_escaped_in_both_halves() -> None:
    facts = facts_for("welcome", "both") | {"cooperative_in": {"fr": "<b>fr", "ar": "<b>ar"}}
    html = render("welcome", "both", facts).html
    assert "<b>" not in html
    assert html.count("&lt;b&gt;fr") == html.count("&lt;b&gt;ar") == 2


def test_reader_of_both_may_refuse_with_one_link() -> None:
    mail = render("step_reminder", "both", facts_for("step_reminder", "both") | {"refuse_url": "https://m.example/l/x"})
    assert mail.html.count('href="https://m.example/l/x"') == 1
    assert mail.text.endswith("\nhttps://m.example/l/x\n")


def test_version_of_both_is_its_own() -> None:
    assert len({template_version("welcome", reading) for reading in ("fr", "ar", "both")}) == 3


def test_message_in_both_languages_is_one_alternative_that_names_both() -> None:
    notice = a_notice(1, "SM/001/welcome", "welcome", "both", {})
    body = message_of(notice, facts_for("welcome", "both"), SENDER, at=NOW)
    message = message_from_bytes(body, policy=policy.default)
    assert message["Content-Language"] == "ar, fr"
    types = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    assert types == ["text/plain", "text/html"]


def test_invitation_in_both_languages_is_called_by_both() -> None:
    facts = facts_for("meeting", "both") | {"uid": "SM-001-module", "sequence": 0}
    body = message_of(a_notice(1, "SM/001/meeting", "meeting", "both", {}), facts, SENDER, at=NOW)
    [part] = [one for one in message_from_bytes(body).walk() if one.get_content_type() == "text/calendar"]
    said = bytes(part.get_payload(decode=True)).decode().replace("\r\n ", "")
    assert "SUMMARY:وحدة الحكامة، اليوم الأول / Module Gouvernance\\, première journée" in said
