"""A second version of the programme: it changes no one until it is planned, approved and applied to each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from actions.cohorts import cohort_of
from actions.ends import Ending, finish
from actions.migrate import Turned, migrate_cohort, migrate_enrolment
from actions.migration_plan import CohortPlan, chosen_of, plan_cohort
from actions.pause import resume, suspend
from actions.programmes import definition_of, publish
from actions.state import business_state
from models import Cohort, Enrolment, Notice, Passage, Step, Suspension
from models.session import Database
from notifications.ledger import ledger_hash
from programme.calendar import Calendar
from programme.dates_errors import PlanChanged
from programme.definition_file import shipped_text
from programme.migration_errors import ChoiceMissing, ChoiceTwice, ChoiceUnknown, VersionUnknown
from tests.world import (
    CODE,
    NOW,
    at,
    enrolment_row,
    heal,
    morning,
    open_followed,
    passage_row,
    poison,
    step_row,
    story,
    tick,
    told,
)

PLAIN = Calendar()
M9 = """  - key: M9
    title: {fr: Évaluation à 9 mois (M9), ar: تقييم تسعة أشهر (M9)}
    evaluation: {fr: Questionnaire court (M9), ar: استمارة مختصرة (M9)}
    decision: {fr: Décision M9, ar: قرار M9}
    stage: coaching
    due: start + 9 months
    weeks_before: 2
    weeks_after: 4
    form: short
    gate:
      requires: [{fact: sessions_held, at_least: 3, of: 12}]
      met: continue
      not_met: continue
  - key: M12
"""
EXIT_PLAN = """      - key: exit-plan
        title: {fr: Plan de sortie, ar: مخطط ما بعد المواكبة}
        owner: coach
        due: start + 23 months + 2 weeks
"""
RESTITUTION = "due: start + 9 weeks"


def second_text() -> str:
    """Return version 2: an M9 checkpoint more, the restitution a week later, no exit plan."""
    text = shipped_text().replace("version: 1\n", "version: 2\n", 1)
    for old, new in (("  - key: M12\n", M9), (RESTITUTION, "due: start + 10 weeks"), (EXIT_PLAN, "")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def publish_second(database: Database, text: str | None = None) -> None:
    with database.transaction() as session:
        publish(session, text or second_text(), by="k1", now=NOW)


def planned(database: Database, day: date, **choices: list[str]) -> CohortPlan:
    with database.reading() as session:
        return plan_cohort(
            session, cohort=CODE, now=at(day), choices=chosen_of(**{"skip": [], "schedule": [], **choices})
        )


def migrate(database: Database, day: date, **choices: list[str]) -> Turned:
    plan = planned(database, day, **choices)
    return migrate_cohort(database, cohort=CODE, approve=plan.digest, by="k1", now=at(day), choices=plan.choices)


def dates(database: Database, *keys: str, rank: int = 1) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = [step_row(session, key, rank=rank) for key in keys]
        return [(row.due_on.isoformat(), row.status) for row in rows]


def ledger(database: Database) -> str:
    with database.reading() as session:
        return ledger_hash(session.exec(select(Notice)))


@pytest.fixture
def world(database: Database) -> Database:
    """Three cooperatives under way, their first steps done on time."""
    open_followed(database, cooperatives=3)
    return database


def test_publishing_changes_no_one(world: Database) -> None:
    with world.reading() as session:
        before = business_state(session)
    publish_second(world)
    morning(world, date(2027, 1, 4))
    with world.reading() as session:
        assert (
            business_state(session)["cohorts"][0]["enrolments"][0]["steps"]
            == before["cohorts"][0]["enrolments"][0]["steps"]
        )
        assert definition_of(session, enrolment_row(session)).version == 1


def test_plan_says_in_words_what_would_change(world: Database) -> None:
    publish_second(world)
    morning(world, date(2027, 1, 15))
    before = ledger(world)
    plan = planned(world, date(2027, 1, 18))
    assert [str(one) for one in plan.sums()] == [
        "3 gain M9",
        "diagnosis.restitution moves for 3",
        "closing.exit-plan is not required any more for 3",
        "no notice is taken back",
    ]
    assert plan.plans[0].to_json()["says"] == [
        "gains coaching.M9-evaluation, due 2027-10-04",
        "gains coaching.M9-decision, due 2027-10-18",
        "diagnosis.restitution moves from 2027-03-08 to 2027-03-15",
        "closing.exit-plan is not required any more",
    ]
    assert (ledger(world), plan.version, plan.undecided) == (before, 2, [])


def test_migration_gives_everybody_the_new_rules_and_mails_nobody(world: Database) -> None:
    publish_second(world)
    morning(world, date(2027, 1, 15))
    with world.reading() as session:
        before = set(session.exec(select(Notice.key)))
    turned = migrate(world, date(2027, 1, 18))
    assert turned == Turned([f"{CODE}/00{rank}" for rank in (1, 2, 3)])
    keys = ("coaching.M9-evaluation", "coaching.M9-decision", "diagnosis.restitution", "closing.exit-plan")
    assert dates(world, *keys, rank=2) == [
        ("2027-10-04", "open"),
        ("2027-10-18", "open"),
        ("2027-03-15", "open"),
        ("2028-12-18", "not_required"),
    ]
    with world.reading() as session:
        assert definition_of(session, enrolment_row(session)).version == 2
        assert definition_of(session, cohort_of(session, CODE)).version == 2
        assert step_row(session, "coaching.M9-evaluation").remind_on == date(2027, 9, 20)
        rows = session.exec(select(Notice)).all()
        taken_back = {row.reason for row in rows if row.status == "cancelled"}
    assert {row.key for row in rows if row.status != "cancelled"} == before
    assert taken_back == {"moved to 2027-03-15 by version 2 of the programme"}


def test_reminders_of_the_new_version_come_when_they_are_due(world: Database) -> None:
    publish_second(world)
    migrate(world, date(2027, 1, 18))
    morning(world, date(2027, 9, 20))
    with world.reading() as session:
        assert told(session, "coaching.M9-evaluation") == [("coach:c1 step_reminder", "pending", "")] * 3
        assert told(session, "closing.exit-plan") == []


def test_migrating_again_changes_nothing(world: Database) -> None:
    publish_second(world)
    migrate(world, date(2027, 1, 18))
    before, plan = ledger(world), planned(world, date(2027, 1, 19))
    with world.reading() as session:
        state, lines = business_state(session), story(session)
    assert (plan.plans, plan.is_done, plan.sums()) == ((), True, [])
    assert migrate(world, date(2027, 1, 19)) == Turned()
    with world.reading() as session:
        assert (business_state(session), story(session)) == (state, lines)
    assert ledger(world) == before


def test_crash_half_way_and_a_second_run_give_the_same(world: Database) -> None:
    publish_second(world)
    morning(world, date(2027, 1, 15))
    plan = planned(world, date(2027, 1, 18))
    with world.transaction() as session:
        migrate_enrolment(session, enrolment_id=1, version_id=plan.version_id, by="k1", now=at(date(2027, 1, 18)))
    half = planned(world, date(2027, 1, 18))
    assert ([one.enrolment.rank for one in half.plans], half.digest) == ([2, 3], plan.digest)
    with world.reading() as session:
        assert definition_of(session, cohort_of(session, CODE)).version == 1
    turned = migrate_cohort(world, cohort=CODE, approve=plan.digest, by="k1", now=at(date(2027, 1, 18)))
    assert turned.codes == [f"{CODE}/002", f"{CODE}/003"]
    with world.reading() as session:
        lines = [story(session, rank=rank) for rank in (1, 2, 3)]
        assert [line.count(("k1", "migrated", "2")) for line in lines] == [1, 1, 1]
        assert definition_of(session, cohort_of(session, CODE)).version == 2


def test_plan_that_has_changed_since_is_not_applied(world: Database) -> None:
    publish_second(world)
    plan = planned(world, date(2027, 1, 18))
    tick(world, "diagnosis.restitution", date(2027, 1, 18), rank=3)
    with pytest.raises(PlanChanged):
        migrate_cohort(world, cohort=CODE, approve=plan.digest, by="k1", now=at(date(2027, 1, 18)))
    with world.reading() as session:
        assert definition_of(session, enrolment_row(session)).version == 1


def test_done_steps_and_pinned_dates_stay(world: Database) -> None:
    publish_second(world)
    tick(world, "diagnosis.restitution", date(2027, 1, 18))
    with world.transaction() as session:
        pinned = step_row(session, "diagnosis.restitution", rank=2)
        pinned.pinned, pinned.due_on = True, date(2027, 3, 4)
    morning(world, date(2027, 2, 22))
    with world.reading() as session:
        before = told(session, "diagnosis.restitution")
    migrate(world, date(2027, 2, 22))
    assert dates(world, "diagnosis.restitution") == [("2027-03-08", "done")]
    assert dates(world, "diagnosis.restitution", rank=2) == [("2027-03-04", "open")]
    assert dates(world, "diagnosis.restitution", rank=3) == [("2027-03-15", "open")]
    morning(world, date(2027, 2, 23))
    with world.reading() as session:
        first = session.exec(
            select(Notice).join(Step).where(Step.key == "diagnosis.restitution", Step.enrolment_id == 1)
        ).all()
        assert {row.status for row in first} <= {"cancelled"}
        assert len(told(session, "diagnosis.restitution")) >= len(before)


@pytest.mark.parametrize(
    ("choice", "evaluation", "decision"),
    [("skip", None, None), ("schedule", ("2027-10-12", "open"), ("2027-10-26", "open"))],
)
def test_who_is_past_it_skips_or_is_scheduled(
    world: Database, choice: str, evaluation: tuple[str, str] | None, decision: tuple[str, str] | None
) -> None:
    publish_second(world)
    today = date(2027, 10, 11)
    plan = planned(world, today)
    assert (plan.undecided, str(plan.sums()[0])) == (
        ["M9"],
        "0 gain M9, 3 are already past it: say --skip M9 or --schedule M9",
    )
    with pytest.raises(ChoiceMissing):
        migrate_cohort(world, cohort=CODE, approve=plan.digest, by="k1", now=at(today))
    migrate(world, today, **{choice: ["M9"]})
    with world.reading() as session:
        rows = {
            row.key: row
            for row in session.exec(select(Step).where(col(Step.key).contains("M9"), Step.enrolment_id == 1))
        }
        lines = [(verb, subject) for _by, verb, subject in story(session) if "M9" in subject]
    found = {key: (row.due_on.isoformat(), row.status) for key, row in rows.items()}
    assert found.get("coaching.M9-evaluation") == evaluation
    assert found.get("coaching.M9-decision") == decision
    assert lines[0] == ("step skipped" if choice == "skip" else "step added", "coaching.M9-evaluation")


def test_those_ahead_gain_it_and_those_past_it_are_asked_about(world: Database) -> None:
    publish_second(world)
    with world.transaction() as session:
        enrolment_row(session, 3).start_on = date(2026, 1, 5)
    plan = planned(world, date(2027, 1, 18))
    assert str(plan.sums()[0]) == "2 gain M9, 1 is already past it: say --skip M9 or --schedule M9"


def test_skipped_step_is_not_asked_about_by_the_next_version(world: Database) -> None:
    publish_second(world)
    migrate(world, date(2027, 10, 11), skip=["M9"])
    third = second_text().replace("version: 2\n", "version: 3\n", 1)
    publish_second(world, third)
    plan = planned(world, date(2027, 10, 12))
    assert (plan.version, plan.undecided, [one.change.added for one in plan.plans]) == (3, [], [()] * 3)


def test_choices_that_cannot_be_are_refused(world: Database) -> None:
    publish_second(world)
    with pytest.raises(ChoiceUnknown):
        planned(world, date(2027, 1, 18), skip=["M7"])
    with pytest.raises(ChoiceTwice):
        planned(world, date(2027, 1, 18), skip=["M9"], schedule=["M9"])
    with world.reading() as session, pytest.raises(VersionUnknown):
        plan_cohort(session, cohort=CODE, now=NOW, to=7)


def test_new_steps_of_a_sleeping_enrolment_sleep_with_it(world: Database) -> None:
    """The restitution of 15 March had 8 working days left on 1 March, Eid al-Fitr left out; resumed on 12 April."""
    publish_second(world)
    with world.transaction() as session:
        suspend(session, code=f"{CODE}/001", reason="travaux", by="k1", now=at(date(2027, 3, 1)))
    migrate(world, date(2027, 3, 15))
    with world.reading() as session:
        pause = session.exec(select(Suspension)).one()
        left = {key: pause.remaining[key] for key in ("diagnosis.restitution", "coaching.M9-evaluation")}
        assert "closing.exit-plan" not in pause.remaining
    assert dates(world, "coaching.M9-evaluation", "diagnosis.restitution") == [
        ("2027-10-04", "open"),
        ("2027-03-15", "open"),
    ]
    with world.transaction() as session:
        resume(session, code=f"{CODE}/001", by="k1", now=at(date(2027, 4, 12)))
    later = PLAIN.add_working_days(date(2027, 4, 12), left["coaching.M9-evaluation"]).isoformat()
    assert left["diagnosis.restitution"] == 8
    assert dates(world, "diagnosis.restitution", "coaching.M9-evaluation") == [("2027-04-22", "open"), (later, "open")]


def test_nothing_is_promised_to_a_sleeping_enrolment(world: Database) -> None:
    publish_second(world)
    with world.transaction() as session:
        suspend(session, code=f"{CODE}/001", reason="travaux", by="k1", now=at(date(2027, 1, 18)))
    migrate(world, date(2027, 3, 15))
    morning(world, date(2027, 10, 4))
    with world.reading() as session:
        rows = session.exec(select(Notice).join(Step).where(Step.enrolment_id == 1, col(Step.key).contains("M9"))).all()
        assert rows == []


def test_steps_added_after_a_pause_come_as_much_later(world: Database) -> None:
    publish_second(world)
    with world.transaction() as session:
        suspend(session, code=f"{CODE}/001", reason="travaux", by="k1", now=at(date(2027, 3, 1)))
    with world.transaction() as session:
        resume(session, code=f"{CODE}/001", by="k1", now=at(date(2027, 3, 29)))
    migrate(world, date(2027, 4, 1))
    late, on_time = (dates(world, "coaching.M9-evaluation", rank=rank)[0][0] for rank in (1, 2))
    lost = PLAIN.working_days_between(date(2027, 3, 1), date(2027, 3, 29))
    assert on_time == "2027-10-04"
    assert late == PLAIN.add_working_days(date(2027, 10, 4), lost).isoformat()


def test_ended_enrolment_stays_as_it_is(world: Database) -> None:
    publish_second(world)
    with world.transaction() as session:
        ending = Ending("dropped", "dropped", date(2027, 1, 18))
        finish(session, enrolment_row(session), ending, by="k1", now=at(date(2027, 1, 18)))
    plan = planned(world, date(2027, 1, 19))
    assert ([one.enrolment.rank for one in plan.plans], plan.ended) == ([2, 3], 1)
    migrate(world, date(2027, 1, 19))
    with world.reading() as session:
        assert definition_of(session, enrolment_row(session)).version == 1
        assert session.exec(select(Step).where(Step.enrolment_id == 1, col(Step.key).contains("M9"))).all() == []


def test_windows_and_stages_follow_the_version(world: Database) -> None:
    text = second_text().replace("closes: start + 14 weeks", "closes: start + 15 weeks", 1)
    publish_second(world, text)
    morning(world, date(2027, 1, 18))
    plan = planned(world, date(2027, 1, 18))
    assert "stage diagnosis has another window for 3" in [str(one) for one in plan.sums()]
    migrate(world, date(2027, 1, 18))
    with world.reading() as session:
        diagnosis = passage_row(session, "diagnosis")
        assert (diagnosis.opens_on, diagnosis.closes_on) == (date(2027, 1, 18), date(2027, 4, 19))
        stages = session.exec(select(Passage.stage).where(Passage.enrolment_id == 1)).all()
    assert sorted(stages) == ["closing", "coaching", "diagnosis", "start", "training"]
    morning(world, date(2027, 1, 19))


def test_new_owner_hears_of_a_step_and_the_old_one_no_more(world: Database) -> None:
    """The coordinator is asked for the data-protection notice in the coach's place."""
    old = "        owner: coach\n        due: start + 3 weeks\n    exit: {all_done: true}"
    text = second_text()
    assert text.count(old) == 1
    publish_second(world, text.replace(old, old.replace("owner: coach", "owner: coordinator")))
    morning(world, date(2027, 1, 11))
    migrate(world, date(2027, 1, 12))
    morning(world, date(2027, 1, 18))
    with world.reading() as session:
        said = told(session, "start.data-protection")
    assert said == [
        *[("coach:c1 step_reminder", "cancelled", "done otherwise by version 2 of the programme")] * 3,
        *[("coordinator:k1 step_reminder", "pending", "")] * 3,
    ]


def test_next_enrolments_of_the_cohort_begin_on_the_version(world: Database) -> None:
    publish_second(world)
    with world.transaction() as session:
        enrolment_row(session, 3).status = "selected"
    assert planned(world, date(2027, 1, 18)).waiting == 1
    migrate(world, date(2027, 1, 18))
    with world.reading() as session:
        versions = session.exec(select(Enrolment.programme_version_id).order_by(Enrolment.rank)).all()
        assert list(versions) == [2, 2, 2]
        assert session.exec(select(Cohort.programme_version_id)).one() == 2


def test_one_that_fails_holds_back_nobody(world: Database) -> None:
    publish_second(world)
    plan = planned(world, date(2027, 1, 18))
    poison(world, "step", "NEW.enrolment_id = 2 AND NEW.key LIKE '%M9%'")
    turned = migrate_cohort(world, cohort=CODE, approve=plan.digest, by="k1", now=at(date(2027, 1, 18)))
    assert turned.codes == [f"{CODE}/001", f"{CODE}/003"]
    assert [row for row, _why in turned.failures] == [f"{CODE}/002"]
    heal(world, "step")
    again = migrate_cohort(world, cohort=CODE, approve=plan.digest, by="k1", now=at(date(2027, 1, 18)))
    assert (again.codes, again.failures) == ([f"{CODE}/002"], [])


def test_history_explains_each_change(world: Database) -> None:
    publish_second(world)
    migrate(world, date(2027, 1, 18))
    with world.reading() as session:
        lines = [line for line in story(session) if line[0] == "k1"][-5:]
    assert lines == [
        ("k1", "step removed", "closing.exit-plan"),
        ("k1", "step moved", "diagnosis.restitution"),
        ("k1", "step added", "coaching.M9-evaluation"),
        ("k1", "step added", "coaching.M9-decision"),
        ("k1", "migrated", "2"),
    ]


def test_life_goes_on_after_the_migration(world: Database) -> None:
    publish_second(world)
    migrate(world, date(2027, 1, 18))
    day = date(2027, 1, 19)
    while day < date(2029, 2, 1):
        done = morning(world, day)
        assert done.failures == []
        day += timedelta(days=14)
