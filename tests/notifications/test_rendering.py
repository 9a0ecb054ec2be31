"""Every notice, in both languages, from one set of facts."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.meta import find_undeclared_variables

import templates
from notifications.errors import MissingFact, UnknownNotice, UnusableFact
from notifications.grouping import with_brief
from notifications.rendering import (
    COOPERATIVE_KINDS,
    DIGESTS,
    KINDS,
    LANGUAGES,
    by_cooperative,
    environment_of,
    facts_of,
    render,
    script,
    template_version,
)
from tests.notifications.samples import COACH_ITEMS, item, letters, said_to_cooperative, sample_facts

FOLDER = Path(templates.__file__).parent / "emails"
ISOLATED = re.compile("\u2068[^\u2069]*\u2069")
each_notice = pytest.mark.parametrize(("kind", "language"), list(product(KINDS, LANGUAGES)))


@each_notice
def test_notice_renders_all_its_parts(kind: str, language: str) -> None:
    mail = render(kind, language, sample_facts(kind))
    assert {folder.name for folder in FOLDER.iterdir()} == {*KINDS, "_layout"}
    assert all(len(part) > 15 for part in (mail.subject, mail.text, mail.html))
    assert not re.search(r"\{\{|\}\}|\{%|%\}|\{#|None", mail.subject + mail.text + mail.html)
    assert (mail.language, mail.template_version) == (language, template_version(kind, language))


@pytest.mark.parametrize("part", ["subject.txt", "body.txt", "body.html"])
@pytest.mark.parametrize("kind", KINDS)
def test_notice_says_the_same_facts_in_both_languages(kind: str, part: str) -> None:
    parse = environment_of("fr", "html").parse
    sources = ((FOLDER / kind / language / f"{part}.jinja").read_text("utf-8") for language in LANGUAGES)
    french, arabic = (find_undeclared_variables(parse(source)) for source in sources)
    assert french == arabic


@each_notice
def test_notice_asks_for_the_facts_of_its_sample(kind: str, language: str) -> None:
    assert facts_of(kind, language) == sample_facts(kind).keys()


@each_notice
def test_html_declares_its_language_and_colours_and_needs_nothing_from_outside(kind: str, language: str) -> None:
    html = render(kind, language, sample_facts(kind)).html
    direction = {"fr": "ltr", "ar": "rtl"}[language]
    assert html.startswith(f'<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">')
    assert html.count(f'lang="{language}" dir="{direction}"') == 2  # some mail programs drop the outer one
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert not re.search(r"https?:(?!//wa\.me/)|<img|<link|url\(", html)  # WhatsApp opens when it is pressed


@pytest.mark.parametrize("kind", KINDS)
def test_arabic_isolates_every_number_and_latin_name(kind: str) -> None:
    mail = render(kind, "ar", sample_facts(kind))
    for said in (ISOLATED.sub("", mail.subject), ISOLATED.sub("", mail.text), letters(mail.html)):
        assert re.findall("[0-9A-Za-z]+", said) == []


def test_french_isolates_only_what_is_arabic() -> None:
    facts = sample_facts("step_reminder")
    assert "\u2068" not in render("step_reminder", "fr", facts).subject
    assert "coopérative «\u00a0\u2068النور\u2069\u00a0»" in script(
        "step_reminder", "fr", facts | {"cooperative": "النور"}
    )


@each_notice
def test_subject_is_one_line_of_at_most_78_characters(kind: str, language: str) -> None:
    long = {"cooperative": "Coopérative Exemple des productrices de la haute vallée\nBcc: a@example.org " * 4}
    for facts in (sample_facts(kind), sample_facts(kind) | long if kind in COOPERATIVE_KINDS else sample_facts(kind)):
        subject = render(kind, language, facts).subject
        assert len(subject) <= 78
        assert len(subject.splitlines()) == 1
        assert subject.count("\u2068") == subject.count("\u2069")


def test_subject_cuts_a_long_name_after_a_word() -> None:
    facts = sample_facts("welcome") | {"cooperative": "Coopérative Exemple des productrices de la vallée"}
    assert render("welcome", "fr", facts).subject == "Bienvenue dans le programme Mourafaka – Coopérative Exemple des…"


def test_subject_leaves_the_name_out_where_there_is_no_room() -> None:
    line = "Pour le 5 mars\u00a0: Dépôt du procès-verbal de l’assemblée générale ordinaire"
    facts = sample_facts("step_reminder") | {"step": {"fr": line.partition(": ")[2], "ar": "إيداع المحضر"}}
    assert render("step_reminder", "fr", facts).subject == line


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", COOPERATIVE_KINDS)
def test_cooperative_reads_three_sentences_and_one_button(kind: str, language: str) -> None:
    mail = render(kind, language, sample_facts(kind))
    assert len(re.findall(r"[.!?؟](?=\s|$)", said_to_cooperative(mail.text))) == 3
    assert mail.html.count('href="tel:+212600000012"') == 1
    assert mail.html.count("href=") == 2  # and the address for one's own data


@pytest.mark.parametrize("outcome", ["continue", "recovery", "certificate", "participation", "exit"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_checkpoint_result_says_each_outcome_in_three_sentences(language: str, outcome: str) -> None:
    mail = render("checkpoint_result", language, sample_facts("checkpoint_result") | {"outcome": outcome})
    assert len(re.findall(r"\.(?=\s|$)", said_to_cooperative(mail.text))) == 3
    assert ("contester" in mail.text or "التظلم" in mail.text) == (outcome == "exit")


def test_date_is_said_in_words_and_figures_as_in_morocco() -> None:
    facts = sample_facts("step_reminder") | {"due_on": "2027-08-01"}
    assert "La date limite est le dimanche 1er août 2027 (01/08/2027)," in script("step_reminder", "fr", facts)
    assert "\u2068الأحد 1 غشت 2027\u2069 (\u206801/08/2027\u2069)" in script("step_reminder", "ar", facts)


def test_days_left_agree_with_their_number() -> None:
    facts = sample_facts("step_reminder")
    french, arabic = (
        [script("step_reminder", language, facts | {"days": days}).rpartition(")")[2] for days in (0, 1, 2, 7, 14)]
        for language in LANGUAGES
    )
    assert french == [", aujourd’hui.", ", demain.", ", dans 2 jours.", ", dans 7 jours.", ", dans 14 jours."]
    seven, fourteen = "\u20687\u2069 أيام", "\u206814\u2069 يوما"
    assert arabic == ["، أي اليوم.", "، أي غدا.", "، أي بعد يومين.", f"، أي بعد {seven}.", f"، أي بعد {fourteen}."]


def test_meeting_says_when_and_where() -> None:
    facts = sample_facts("meeting")
    when = "vendredi 5 mars 2027 (05/03/2027), de 10\u00a0h à 12\u00a0h\u00a030"
    assert f"{when} (lieu\u00a0: Maison de l’Exemple, Agadir)." in script("meeting", "fr", facts)
    assert f"{when} (lieu\u00a0: à préciser)." in script("meeting", "fr", facts | {"place": None})


def test_help_names_a_person_to_call_and_offers_no_button_without_a_number() -> None:
    facts = sample_facts("welcome")
    assert "appelez Coach Exemple\u00a0: 06\u00a000\u00a000\u00a000\u00a012." in render("welcome", "fr", facts).text
    mail = render("welcome", "fr", facts | {"contact_phone": None})
    assert "tel:" not in mail.html
    assert "adressez-vous à Coach Exemple." in mail.text


@pytest.mark.parametrize("kind", KINDS)
def test_footer_says_why_and_whom_to_ask_about_ones_data(kind: str) -> None:
    footer = render(kind, "fr", sample_facts(kind)).text.rpartition("\n-- \n")[2]
    assert re.match("Vous recevez ce (message|résumé, un par jour au plus,) parce que ", footer)
    assert "loi 09-08" in footer
    assert footer.endswith("\u00a0: donnees@example.org\n")


def test_hostile_name_is_escaped_in_html_and_left_alone_in_text() -> None:
    facts = sample_facts("welcome") | {"cooperative": '<script>alert("1")</script> & {{ cohort }}'}
    mail = render("welcome", "fr", facts)
    assert "<script" not in mail.html
    assert "<bdi>&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; {{ cohort }}</bdi>" in mail.html
    assert '«\u00a0<script>alert("1")</script> & {{ cohort }}\u00a0»' in mail.text


def test_hostile_address_stays_in_its_attribute() -> None:
    facts = sample_facts("welcome") | {"contact_phone": '+212"><b>6', "privacy_contact": '"><b>@example.org'}
    html = render("welcome", "fr", facts).html
    assert "<b>" not in html
    assert 'href="tel:+2126"' in html


def test_name_cannot_turn_the_line_around() -> None:
    facts = sample_facts("welcome") | {"cooperative": "Coopérative \u202eexemple\u2069"}
    assert "La Coopérative exemple entre" in script("welcome", "fr", facts)


@given(name=st.text(min_size=1), other=st.text(min_size=1), kind=st.sampled_from(COOPERATIVE_KINDS))
def test_any_name_renders_escaped(name: str, other: str, kind: str) -> None:
    facts = sample_facts(kind)
    names = {"cooperative": name, "recipient": other, "contact_name": other, "cohort": name}
    for language in LANGUAGES:
        plain, mail = render(kind, language, facts), render(kind, language, facts | names)
        assert [mail.html.count(mark) for mark in '<>"'] == [plain.html.count(mark) for mark in '<>"']
        assert len(mail.subject) <= 78
        assert mail.subject.isprintable() or len(mail.subject.splitlines()) == 1


@each_notice
def test_html_closes_what_it_opens(kind: str, language: str) -> None:
    html = render(kind, language, sample_facts(kind)).html
    for tag in ("html", "head", "body", "div", "table", "tr", "td", "p", "h1", "h2", "h3", "span", "a", "bdi"):
        assert len(re.findall(f"<{tag}[ >]", html)) == html.count(f"</{tag}>")


def test_digest_groups_by_cooperative_late_first_then_by_date() -> None:
    groups = [
        (group.cooperative, [entry["due_on"] for entry in group.entries]) for group in by_cooperative(COACH_ITEMS)
    ]
    souss = ("Coopérative Exemple Souss", ["2027-03-02", "2027-03-12"])
    atlas = ("Coopérative Exemple Atlas", ["2027-03-06"])
    assert groups == [souss, ("تعاونية النور", ["2027-03-05"]), atlas, (None, [None])]


def many_items(count: int) -> list[dict[str, Any]]:
    """A coordinator's morning with as many steps to do, the last one late, and a call to make."""
    item = {"kind": "step_reminder", "title": {"fr": "Signer la convention", "ar": "توقيع الاتفاقية"}, "days": 14}
    items: list[dict[str, Any]] = [
        item
        | {
            "cooperative": f"Coopérative {number}",
            "due_on": "2027-03-19",
            "link": f"https://suivi.example/l/{number:064}",
        }
        for number in range(count)
    ]
    items[-1] |= {"days": -3, "due_on": "2027-03-02"}
    return [
        *items,
        item | {"kind": "call", "cooperative": "Coopérative Z", "due_on": "2027-04-19", "script": "Dites-le."},
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_digest_is_not_cut_off_and_leaves_nothing_out(language: str) -> None:
    items = with_brief(many_items(200))
    assert [item["cooperative"] for item in items if "brief" not in item] == [
        *(f"Coopérative {number}" for number in range(24)),
        "Coopérative 199",
        "Coopérative Z",
    ]
    html = render("coordinator_digest", language, sample_facts("coordinator_digest") | {"items": items}).html
    assert len(html.encode()) < 100_000
    assert [one for one in items if f"{one['cooperative']}<" not in html or one.get("link", "") not in html] == []


def calls(count: int, *, link: str | None = None) -> list[dict[str, Any]]:
    """Calls to make with words of a usual length, in Arabic: three signs an octet in a link."""
    call = {"kind": "call", "title": {"fr": "Visite", "ar": "زيارة"}, "due_on": "2027-03-19", "days": 0}
    call |= {"cooperative_phone": "+212612345678", "script": "موعد " * 60} | ({"link": link} if link else {})
    return [call | {"cooperative": f"Coopérative C{number}"} for number in range(count)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "items",
    [
        pytest.param(many_items(1_000), id="steps"),
        pytest.param(calls(100), id="calls"),
        pytest.param(calls(400, link=f"https://suivi.example/l/{0:064}"), id="calls with links"),
        pytest.param(calls(30) + many_items(400), id="both"),
    ],
)
def test_digest_of_any_length_is_not_cut_off_and_its_text_says_it_all(
    language: str, items: list[dict[str, Any]]
) -> None:
    marked = with_brief(items)
    mail = render("coordinator_digest", language, sample_facts("coordinator_digest") | {"items": marked})
    assert 80_000 < len(mail.html.encode()) < 102_000
    beyond = [item for item in marked if "beyond" in item]
    counts = {"fr": r"… et (?:<bdi>)?(\d+)(?:</bdi>)? de plus", "ar": r"… ومعها <bdi>(\d+)</bdi> أخرى"}[language]
    assert sum(map(int, re.findall(counts, mail.html))) == len(beyond) > 0
    assert [one for one in beyond if f"{one['cooperative']}<" in mail.html] == []
    assert [one for one in items if one["cooperative"] not in mail.text or one.get("link", "") not in mail.text] == []


def test_digest_without_room_leaves_out_the_least_urgent() -> None:
    kept = [item for item in with_brief(many_items(1_000)) if "beyond" not in item]
    assert [item["cooperative"] for item in kept[-2:]] == ["Coopérative 999", "Coopérative Z"]
    assert [item["cooperative"] for item in kept[:-2]] == [f"Coopérative {number}" for number in range(len(kept) - 2)]


def test_call_for_which_there_is_no_room_at_length_has_its_words_behind_its_link() -> None:
    marked = with_brief(calls(100, link=f"https://suivi.example/l/{0:064}"))
    assert ["brief" in item for item in marked] == [*[False] * 15, *[True] * 85]


def test_digest_of_an_ordinary_day_is_told_at_length() -> None:
    items = many_items(24)
    assert with_brief(items) == items


def test_long_digest_tells_alerts_at_length_before_what_is_late() -> None:
    alert = {"kind": "alert", "cooperative": None, "due_on": None, "days": None}
    assert "brief" not in with_brief([*many_items(200), alert])[-1]


def test_coach_digest_says_what_is_due_and_what_to_say() -> None:
    said = script("coach_digest", "fr", sample_facts("coach_digest")).replace("\u00a0", " ").splitlines()
    assert said[0] == "Point du vendredi 5 mars 2027 (05/03/2027) : 1 en retard, 4 à faire."
    assert said[2:5] == [
        "Coopérative Exemple Souss – 06 00 00 00 21",
        "- 3 jours de retard : Plan de développement rédigé",
        "  mardi 2 mars 2027 (02/03/2027)",
    ]
    assert said[9:13] == [
        "- Appel à passer : Adoption du plan de développement par le conseil",
        "  vendredi 5 mars 2027 (05/03/2027)",
        "  À dire au téléphone :",
        "  \u2068المطلوب من تعاونية «النور»: مصادقة مجلس الإدارة. آخر أجل هو الجمعة 5 مارس 2027.\u2069",
    ]
    html = render("coach_digest", "fr", sample_facts("coach_digest")).html
    assert re.findall('href="(tel:[^"]*)"', html) == ["tel:+212600000021", "tel:+212600000022"]


def test_digest_counts_what_is_late_in_its_subject() -> None:
    assert [render(kind, "fr", sample_facts(kind)).subject.replace("\u00a0", " ") for kind in DIGESTS] == [
        "Vos coopératives, 5 mars : 1 en retard, 4 à faire",
        "Coordination, 5 mars : 2 en retard, 1 à faire",
        "Délégation, 5 mars : 1 action très en retard",
    ]


def test_coordinator_digest_puts_what_is_late_with_others_first() -> None:
    text = render("coordinator_digest", "fr", sample_facts("coordinator_digest")).text
    assert re.findall("== .* ==|À faire par .*", text) == [
        "== En retard chez d’autres (2) ==",
        "À faire par la coopérative",
        "À faire par le coach (Coach Exemple)",
        "== À faire par vous (1) ==",
    ]


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_what_a_coordinator_is_late_with_is_asked_of_them(language: str) -> None:
    late = {"kind": "escalation", "cooperative": "Coopérative Exemple Souss", "days": -7, "due_on": "2027-02-26"}
    items = [late | {"title": None, "owner_role": "coordinator", "owner_name": "Coordination Exemple"}]
    text = render("coordinator_digest", language, sample_facts("coordinator_digest") | {"items": items}).text
    asked = {"fr": "== À faire par vous (1) ==", "ar": "== مطلوب منكم (\u20681\u2069) =="}[language]
    assert re.findall("== .* ==", text) == [asked]
    assert "Coordination Exemple" not in text


def test_digest_item_may_leave_out_what_does_not_concern_it() -> None:
    short = {"kind": "step_late", "cooperative": "Coopérative Exemple Souss"}
    mail = render("coach_digest", "fr", sample_facts("coach_digest") | {"items": [short]})
    assert "- En retard\n" in mail.text
    assert "1 en retard" in mail.subject


@each_notice
def test_script_has_no_markup_and_no_footer(kind: str, language: str) -> None:
    said = script(kind, language, sample_facts(kind))
    assert not re.search(r"[<>&]|09-08|example\.org", said)
    assert said in render(kind, language, sample_facts(kind)).text


@each_notice
def test_version_is_twelve_digits_of_its_own(kind: str, language: str) -> None:
    assert re.fullmatch("[0-9a-f]{12}", template_version(kind, language))
    assert template_version(kind, "fr") != template_version(kind, "ar")


@pytest.mark.parametrize(("kind", "language"), [("farewell", "fr"), ("welcome", "en"), ("../welcome", "fr")])
def test_unknown_kind_or_language_is_refused(kind: str, language: str) -> None:
    with pytest.raises(UnknownNotice) as refusal:
        render(kind, language, {})
    assert refusal.value.facts == {"kind": kind, "language": language}


@each_notice
def test_missing_fact_is_refused_by_its_name(kind: str, language: str) -> None:
    for name in sample_facts(kind):
        facts = sample_facts(kind)
        del facts[name]
        with pytest.raises(MissingFact) as refusal:
            render(kind, language, facts)
        assert refusal.value.facts == {"kind": kind, "language": language, "fact": name}


@pytest.mark.parametrize(
    ("kind", "fact", "value", "missing"),
    [("step_late", "step", {"fr": "Rapport"}, "ar"), ("coach_digest", "items", [{"kind": "info"}], "cooperative")],
)
def test_fact_that_lacks_a_part_is_refused(kind: str, fact: str, value: object, missing: str) -> None:
    with pytest.raises(MissingFact) as refusal:
        script(kind, "ar", sample_facts(kind) | {fact: value})
    assert refusal.value.facts["fact"] == missing


NO_SCRIPT = item("call", "تعاونية النور", None, "2027-03-05", 0)
UNUSABLE = [{"cohort": None}, {"day": "5 mars"}, {"day": None}, {"items": [NO_SCRIPT]}]


@pytest.mark.parametrize("facts", UNUSABLE)
def test_fact_that_cannot_be_said_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(UnusableFact):
        render("coach_digest", "fr", sample_facts("coach_digest") | facts)
