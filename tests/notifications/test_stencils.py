"""What is filled in says, letter by letter, what the template would say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.errors import UnusableFact
from notifications.filters import Form
from notifications.kinds import COOPERATIVE_KINDS, LANGUAGES
from notifications.rendering import render
from notifications.sources import FOLDER, PARTS, environment_of, sources_of
from notifications.stencil_shelf import MOST, USES, Stencils
from notifications.stencils import cut
from tests.notifications.samples import sample_facts

NAMED = ("recipient", "cooperative", "contact_name", "contact_phone", "privacy_contact", "cohort", "place")
DATED = ("on", "due_on", "was_on")
NASTY = (
    "",
    " ",
    "Coop <b>&\"'",
    "coopérative 7",
    "تعاونية الأرگان",
    "a\nb\r\nc\td",
    "\u202eevil\u2069",
    "\ufdd00\ufdd1",
    "é" * 150,
)

texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=30))


def stencils(source: str, form: Form, *names: str) -> Stencils:
    """Return what a small template says, by stencils."""

    def template(*, cutting: bool) -> Any:
        environment = environment_of("fr", form, FOLDER, "cutting" if cutting else "plain")
        return environment.from_string(source).render

    return Stencils(template(cutting=False), lambda: template(cutting=True), form, names)


def cut_for(said: Stencils, facts: dict[str, Any]) -> int:
    """Say it until a stencil could have been cut; return how many there are."""
    for _ in range(USES):
        said.say(facts)
    return len(said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", COOPERATIVE_KINDS)
def test_every_part_of_a_cooperatives_message_has_a_stencil(kind: str, language: str) -> None:
    for _ in range(USES):
        render(kind, language, sample_facts(kind))
    assert {part: len(said) > 0 for part, said in sources_of(kind, language, FOLDER).said.items()} == dict.fromkeys(
        PARTS, True
    )


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_stencil_says_what_the_template_says(data: st.DataObject) -> None:
    kind, language = data.draw(st.sampled_from(COOPERATIVE_KINDS)), data.draw(st.sampled_from(LANGUAGES))
    facts, sources = sample_facts(kind), sources_of(kind, language, FOLDER)
    facts |= {name: data.draw(texts) for name in NAMED if isinstance(facts.get(name), str)}
    facts |= {name: data.draw(st.dates()).isoformat() for name in DATED if facts.get(name) and data.draw(st.booleans())}
    plain = {"subject.txt": sources.subject, "body.txt": sources.text, "body.html": sources.html}
    for part, said in sources.said.items():
        expected = plain[part].render(facts)
        assert [said.say(facts) for _ in range(USES + 1)] == [expected] * (USES + 1)


def test_value_is_escaped_as_ever() -> None:
    said = stencils('<a href="{{ url }}">{{ name | isolate }}</a>{{ url | tel }}', "html", "url", "name")
    assert cut_for(said, {"url": "+2126", "name": "A"}) == 1
    assert said.say({"url": '"><b>', "name": "<i>"}) == '<a href="&#34;&gt;&lt;b&gt;"><bdi>&lt;i&gt;</bdi></a>tel:'
    assert len(said) == 1


def test_other_case_has_a_stencil_of_its_own() -> None:
    said = stencils("{% if name %}oui {{ name | isolate }}{% else %}non{% endif %}", "txt", "name")
    assert cut_for(said, {"name": "A"}) == 1
    assert (said.say({"name": "B"}), said.say({"name": ""})) == ("oui B", "non")
    assert cut_for(said, {"name": ""}) == 2


def test_word_that_is_compared_or_looked_up_is_that_word() -> None:
    decided = "{% if role == 'a' %}!{% endif %}{% if role == name %}={% endif %}"
    said = stencils("{{ {'a': 'Alpha', 'b': 'Beta'}.get(role, role) }}" + decided, "txt", "role", "name")
    cut_for(said, {"role": "a", "name": "x"})
    assert [said.say({"role": role, "name": "b"}) for role in ("a", "b", "c", "a")] == [
        "Alpha!",
        "Beta=",
        "c",
        "Alpha!",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "{{ name | length }}",
        "{{ name[0] }}",
        "{% for letter in name %}{{ letter }}{% endfor %}",
        "{{ name is string }}",
        "{{ name.upper() }}",
        "{{ '<b>' ~ name }}",
        "{{ name < 'b' }}",
    ],
)
def test_template_that_does_more_with_a_text_is_rendered(source: str) -> None:
    said = stencils(source, "html", "name")
    assert cut_for(said, {"name": "abc"}) == 0
    assert said.say({"name": "<xy>"}) == environment_of("fr", "html", FOLDER).from_string(source).render(name="<xy>")


def test_other_facts_than_texts_are_part_of_the_stencil() -> None:
    said = stencils("{{ days | isolate }} {{ name | isolate }}", "txt", "days", "name")
    assert cut_for(said, {"days": 3, "name": "A"}) == 1
    assert (said.say({"days": 4, "name": "A"}), said.say({"days": True, "name": "A"})) == ("4 A", "True A")
    assert said.say({"days": [1], "name": "A"} | {"days": 1}) == "1 A"


def test_no_more_stencils_are_kept_than_are_worth_it() -> None:
    said = stencils("{{ days | isolate }}", "txt", "days")
    for days in range(MOST + 5):
        cut_for(said, {"days": days})
    assert len(said) == MOST
    assert said.say({"days": 1_000}) == "1000"


def test_fact_that_a_template_was_not_known_to_ask_for_is_said_all_the_same() -> None:
    said = stencils("{{ name | isolate }} {{ other }}", "txt", "name")
    assert cut_for(said, {"name": "A", "other": "x"}) == 0
    assert said.say({"name": "A", "other": "y"}) == "A y"


def test_date_that_is_none_is_refused_by_the_stencil_too() -> None:
    facts = sample_facts("step_reminder")
    for _ in range(USES):
        render("step_reminder", "fr", facts)
    with pytest.raises(UnusableFact):
        render("step_reminder", "fr", facts | {"due_on": "2027-02-30"})


def test_nothing_is_cut_from_a_template_that_fails() -> None:
    said = environment_of("fr", "txt", FOLDER, "cutting").from_string("{{ nobody }}")
    assert cut(said.render, {}, "txt") is None
