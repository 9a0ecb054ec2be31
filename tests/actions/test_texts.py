"""A cohort's own texts: set, frozen with each promise, tried, taken back, never forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from actions.cohorts import cohort_of, open_cohort
from actions.contacts import correct_contact
from actions.enrol import enrol_cohort
from actions.people import add_person
from actions.texts import all_faults, faults, history_of, preview, reset_text, set_text, text_of
from models import CohortText, Cooperative, Notice
from models.session import Database
from notifications.delivery import deliver
from notifications.own_words import OwnText
from notifications.rendering import template_version
from notifications.starting_point import starting_point
from programme.errors import CohortUnknown
from programme.texts_errors import (
    ForeignEnrolment,
    KindHasNoOwnText,
    NoOwnText,
    NotACoordinator,
    TextNotPublishable,
)
from runtime.clock import Clock
from tests.notifications.post_office import PostOffice, open_office, post_of  # noqa: F401 - the fixture `office`
from tests.world import (
    CODE,
    NOW,
    add_cooperative,
    assign_coaches,
    at,
    morning,
    notice_row,
    open_enrolled,
    open_followed,
    open_world,
)

ONE = f"{CODE}/001"
WELCOME = {
    "fr": (
        "Bienvenue à bord",
        "Bienvenue à la {{ cooperative | named }}, du {{ start_on | date }} au {{ end_on | date }}.",
    ),
    "ar": ("مرحبا بكم معنا", "مرحبا بـ {{ cooperative | named }}، من {{ start_on | date }} إلى {{ end_on | date }}."),
}
AGAIN = {language: (f"{subject} !", body) for language, (subject, body) in WELCOME.items()}


def given(database: Database, texts: dict[str, tuple[str, str]] = WELCOME, kind: str = "welcome") -> OwnText:
    with database.transaction() as session:
        return set_text(session, cohort=CODE, kind=kind, texts=texts, by="k1", now=NOW)


def welcomed(database: Database, on: date = date(2026, 12, 14)) -> Notice:
    """Enrol after the text was set; return the welcome of the first cooperative."""
    assign_coaches(database, on)
    with database.reading() as session:
        return notice_row(session, f"{ONE}/-/welcome/cooperative:{ONE}")


def enrol(database: Database) -> None:
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="k1", now=NOW)


def test_notice_is_promised_with_the_text_of_its_cohort_and_leaves_so(database: Database, office: PostOffice) -> None:
    open_world(database, cooperatives=1)
    own = given(database)
    enrol(database)
    notice = welcomed(database)
    assert notice.template_version.partition("@")[0] == own.version
    post = post_of(database, office)
    deliver(replace(post, now=Clock(at(date(2027, 1, 4), 10)).now))
    message = office.kept[0].message
    assert message["Subject"].startswith("Bienvenue à bord")
    text = message.get_body(("plain",))
    assert text is not None
    assert "Bienvenue à la Coopérative 1, du lundi 4 janvier 2027 (04/01/2027)" in text.get_content().replace(
        "\r\n", "\n"
    )


def test_text_set_later_does_not_change_what_was_promised(database: Database, office: PostOffice) -> None:
    open_world(database, cooperatives=1)
    own = given(database)
    enrol(database)
    given(database, AGAIN)
    notice = welcomed(database)
    assert notice.template_version.partition("@")[0] == own.version
    with database.transaction() as session:
        reset_text(session, cohort=CODE, kind="welcome", by="k1", now=NOW)
    post = post_of(database, office)
    deliver(replace(post, now=Clock(at(date(2027, 1, 4), 10)).now))
    assert office.kept[0].message["Subject"] == "Bienvenue à bord – Coopérative 1"


def test_contact_who_now_reads_both_gets_the_same_own_text(database: Database) -> None:
    open_world(database, cooperatives=1)
    own = given(database)
    enrol(database)
    with database.transaction() as session:
        correct_contact(session, code=ONE, by="k1", now=NOW, language="both")
    notice = welcomed(database)
    assert (notice.language, notice.facts["cooperative_in"]) == ("both", {"fr": "Coopérative 1", "ar": "تعاونية 1"})
    assert notice.template_version.partition("@")[0] == own.version


def test_call_is_made_in_the_cohorts_own_words(database: Database) -> None:
    open_world(database, cooperatives=1, without_email=(1,))
    given(database)
    enrol(database)
    notice = welcomed(database)
    assert notice.channel == "call"
    assert notice.facts["script"].startswith("Bienvenue à la Coopérative 1, du lundi 4 janvier 2027")


def test_other_cohorts_and_kinds_read_the_programmes_text(database: Database) -> None:
    open_world(database, cooperatives=1)
    start = {language: starting_point("certificate", language) for language in ("fr", "ar")}
    given(database, start, "certificate")
    enrol(database)
    assert welcomed(database).template_version == template_version("welcome", "fr")


def test_own_text_that_cannot_say_this_one_leaves_it_to_the_programmes(database: Database) -> None:
    open_world(database, cooperatives=1)
    given(database)
    with database.transaction() as session:
        for row in session.exec(select(CohortText)):
            row.body = "{{ nobody_gives_this }}"
    enrol(database)
    assert welcomed(database).template_version == template_version("welcome", "fr")
    with database.reading() as session:
        assert len(all_faults(session, now=NOW)) == 2


def test_text_is_refused_with_its_first_fault_and_nothing_is_stored(database: Database) -> None:
    open_world(database, cooperatives=1)
    wrong = WELCOME | {"fr": ("Bienvenue", "{{ cooperative.__class__ }}")}
    with pytest.raises(TextNotPublishable) as refusal, database.transaction() as session:
        set_text(session, cohort=CODE, kind="welcome", texts=wrong, by="k1", now=NOW)
    assert str(refusal.value.facts["problem"]).startswith("welcome/fr/body:1: `getattr` is not for texts")
    with database.reading() as session:
        assert session.exec(select(CohortText)).all() == []


def test_text_is_tried_with_the_names_of_the_cohort(database: Database) -> None:
    open_world(database, cooperatives=1)
    body = "{{ cooperative }} {{ cooperative }} {{ cooperative }}, le {{ start_on | date }}."
    own = OwnText("welcome", (("ar", "مرحبا", body), ("fr", "Bienvenue", body)))
    with database.transaction() as session:
        cohort = cohort_of(session, CODE)
        assert faults(session, cohort, own, now=NOW) == []
        enrolment = add_cooperative(session, cohort, 2, email="x@coop.example")
        session.flush()
        session.get_one(Cooperative, enrolment.cooperative_id).name = "Très long " * 60
        [found] = faults(session, cohort, own, now=NOW)
        assert (found.where, found.kind) == (f"welcome/fr ({CODE}/002)", "welcome")


def test_same_text_again_changes_nothing(database: Database) -> None:
    open_world(database, cooperatives=1)
    assert given(database) == given(database)
    with database.reading() as session:
        assert len(session.exec(select(CohortText)).all()) == 2


def test_every_text_stays_known(database: Database) -> None:
    open_world(database, cooperatives=1)
    first, second = given(database), given(database, AGAIN)
    with database.transaction() as session:
        reset_text(session, cohort=CODE, kind="welcome", by="k1", now=NOW + timedelta(days=1))
        assert text_of(session, cohort=CODE, kind="welcome") is None
        rows = history_of(session, cohort=CODE, kind="welcome")
    assert [(row.version, row.replaced_by, row.replaced_at) for row in rows] == [
        *[(second.version, "k1", NOW + timedelta(days=1))] * 2,
        *[(first.version, "k1", NOW)] * 2,
    ]


def test_text_that_is_not_there_cannot_be_reset(database: Database) -> None:
    open_world(database, cooperatives=1)
    with pytest.raises(NoOwnText), database.transaction() as session:
        reset_text(session, cohort=CODE, kind="welcome", by="k1", now=NOW)


@pytest.mark.parametrize(
    ("by", "refused"), [("c1", True), ("d1", True), ("k2", True), ("command line", False), ("k1", False)]
)
def test_only_a_coordinator_of_the_cohort_changes_its_texts(database: Database, by: str, refused: bool) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        add_person(session, code="k2", name="Ailleurs", role="coordinator", delegation="meknes", now=NOW)
    try:
        with database.transaction() as session:
            set_text(session, cohort=CODE, kind="welcome", texts=WELCOME, by=by, now=NOW)
    except NotACoordinator:
        assert refused
    else:
        assert not refused


@pytest.mark.parametrize("kind", ["coach_digest", "farewell"])
def test_kind_without_own_texts_is_refused(database: Database, kind: str) -> None:
    open_world(database, cooperatives=1)
    with pytest.raises(KindHasNoOwnText), database.transaction() as session:
        set_text(session, cohort=CODE, kind=kind, texts=WELCOME, by="k1", now=NOW)


def test_preview_has_the_facts_of_the_last_notice(database: Database) -> None:
    open_followed(database)
    with database.reading() as session:
        shown = preview(session, kind="welcome", cohort=CODE, enrolment=ONE, now=NOW)
    assert shown.origin == "promised"
    assert "La Coopérative 1 entre dans le programme" in shown.mail.text
    assert "commence le lundi 4 janvier 2027 (04/01/2027)" in shown.mail.text


def test_preview_of_what_nobody_was_told_has_the_facts_of_the_plan(database: Database) -> None:
    open_followed(database)
    with database.reading() as session:
        shown = preview(session, kind="meeting", cohort=CODE, enrolment=ONE, now=NOW)
        first = session.exec(select(Notice).where(Notice.kind == "meeting").order_by(col(Notice.id))).first()
    assert (shown.origin, first) == ("planned", None)
    assert "Coopérative 1" in shown.mail.text
    assert "2027" in shown.mail.text


def test_preview_without_plan_has_real_names_and_sample_dates(database: Database) -> None:
    open_followed(database)
    with database.reading() as session:
        shown = preview(session, kind="certificate", cohort=CODE, enrolment=ONE, now=NOW, language="both")
    assert (shown.origin, shown.mail.language) == ("example", "both")
    assert "تعاونية 1" in shown.mail.text
    assert "Coopérative 1" in shown.mail.text


def test_preview_of_an_enrolment_of_another_cohort_is_refused(database: Database) -> None:
    open_enrolled(database)
    with pytest.raises(CohortUnknown), database.reading() as session:
        preview(session, kind="welcome", cohort="SM-2028", enrolment=ONE, now=NOW)
    with database.transaction() as session:
        open_cohort(session, code="SM-2028", start_on=date(2028, 1, 3), by="test", now=NOW)
    with pytest.raises(ForeignEnrolment), database.reading() as session:
        preview(session, kind="welcome", cohort="SM-2028", enrolment=ONE, now=NOW)


def test_morning_promises_in_both_languages(database: Database) -> None:
    open_followed(database)
    with database.transaction() as session:
        correct_contact(session, code=ONE, by="k1", now=NOW, language="both")
    morning(database, date(2027, 1, 19))
    with database.reading() as session:
        rows = session.exec(select(Notice).where(Notice.recipient == f"cooperative:{ONE}")).all()
    assert {row.language for row in rows} == {"both"}
