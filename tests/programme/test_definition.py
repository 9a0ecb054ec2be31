"""The shipped definition, against what the programme's texts say, and how it answers."""

from __future__ import annotations

from datetime import date, time

import pytest
from pydantic import ValidationError

from programme.calendar import SendHours
from programme.definition import Repeat, Sending, StepRule, checkpoint_steps
from programme.definition_file import read_definition, shipped_text
from programme.definition_terms import ENDINGS, MEETINGS
from programme.timing import spell

SHIPPED = read_definition(shipped_text())
STEP = {"key": "visit", "title": {"fr": "Visite", "ar": "زيارة"}, "owner": "coach", "due": "start + 3 weeks"}


def test_shipped_definition_has_five_stages_and_five_checkpoints():
    assert [stage.key for stage in SHIPPED.stages] == ["start", "diagnosis", "training", "coaching", "closing"]
    assert [point.key for point in SHIPPED.checkpoints] == ["M0", "M6", "M12", "M18", "M24"]


def test_shipped_definition_has_four_modules_and_twelve_sessions():
    rules = [rule for _, rule in SHIPPED.rules()]
    assert [rule.key for rule in rules if rule.kind == "module"] == [
        "strategy",
        "project-design",
        "communication",
        "governance",
    ]
    assert [rule.repeat for rule in rules if rule.kind == "session"] == [Repeat(count=12, every_weeks=7)]


@pytest.mark.parametrize(
    ("stage", "opens", "closes", "after"),
    [
        ("start", "start", "start + 4 weeks", ()),
        ("diagnosis", "start + 2 weeks", "start + 14 weeks", ("start",)),
        ("training", "start + 3 months", "start + 8 months", ("diagnosis",)),
        ("coaching", "start + 3 months", "start + 23 months", ("diagnosis",)),
        ("closing", "start + 23 months", "start + 24 months + 4 weeks", ()),
    ],
)
def test_shipped_stages_have_the_programmes_windows(stage, opens, closes, after):
    rule = SHIPPED.stage(stage)
    assert (spell(rule.opens), spell(rule.closes), rule.after) == (opens, closes, after)


@pytest.mark.parametrize(
    ("checkpoint", "form", "requires"),
    [
        ("M0", "full", []),
        ("M6", "short", [("sessions_held", 1)]),
        ("M12", "full", [("sessions_held", 5), ("plan_done_percent", 40)]),
        ("M18", "short", [("sessions_held", 6)]),
        (
            "M24",
            "full",
            [("modules_present", 3), ("sessions_held", 9), ("endline_done", 1), ("assembly_held", 1)],
        ),
    ],
)
def test_shipped_checkpoints_have_the_programmes_forms_and_thresholds(checkpoint, form, requires):
    rule = SHIPPED.checkpoint(checkpoint)
    assert rule.form == form
    assert [(requirement.fact, requirement.at_least) for requirement in rule.gate.requires] == requires
    assert (rule.weeks_before, rule.weeks_after) == (2, 4)


def test_shipped_exits_are_the_programmes():
    assert SHIPPED.stage("start").exit.all_done
    assert SHIPPED.stage("diagnosis").exit.done == ("plan-validation",)
    assert (SHIPPED.stage("training").exit.fact, SHIPPED.stage("training").exit.at_least) == ("modules_present", 3)
    assert (SHIPPED.stage("coaching").exit.fact, SHIPPED.stage("coaching").exit.at_least) == ("sessions_held", 9)
    assert SHIPPED.stage("closing").exit.done == ("M24-decision",)


def test_shipped_sending_hours_are_nine_to_five():
    assert SHIPPED.sending.hours() == SendHours(time(9), time(17))


def test_reminders_for_a_step_are_its_owners_and_the_escalations():
    assert [(rule.days, rule.to) for rule in SHIPPED.reminders_for("report")] == [
        (-14, "owner"),
        (-7, "owner"),
        (-1, "owner"),
        (3, "owner"),
        (7, "coordinator"),
        (21, "delegate"),
    ]


@pytest.mark.parametrize("kind", sorted(MEETINGS))
def test_reminders_for_a_meeting_add_the_cooperatives(kind):
    extra = SHIPPED.reminders_for(kind)[len(SHIPPED.reminders_for("step")) :]
    assert [(rule.days, rule.to) for rule in extra] == [(-10, "cooperative"), (-2, "cooperative")]


def test_rules_come_stage_by_stage_with_the_checkpoints_own_steps():
    keys = [f"{stage}.{rule.key}" for stage, rule in SHIPPED.rules()]
    assert keys[:5] == [
        "start.coach",
        "start.convention",
        "start.contact",
        "start.data-protection",
        "diagnosis.visit",
    ]
    assert keys[-4:] == ["closing.assembly", "closing.exit-plan", "closing.M24-evaluation", "closing.M24-decision"]
    assert list(SHIPPED.by_key) == keys


def test_checkpoint_steps_are_the_coachs_evaluation_and_the_coordinators_decision():
    evaluation, decision = checkpoint_steps(SHIPPED.checkpoint("M12"))
    assert (evaluation.key, evaluation.kind, evaluation.owner, spell(evaluation.due)) == (
        "M12-evaluation",
        "evaluation",
        "coach",
        "start + 12 months",
    )
    assert (decision.key, decision.kind, decision.owner, spell(decision.due)) == (
        "M12-decision",
        "decision",
        "coordinator",
        "coaching.M12-evaluation + 14 days",
    )
    assert {evaluation.before, decision.before} == {"M12"}


def test_endings_are_what_ends_an_enrolment():
    assert {SHIPPED.checkpoint("M24").gate.met, SHIPPED.checkpoint("M24").gate.not_met} <= ENDINGS
    assert not {"continue", "recovery"} & ENDINGS


def test_definition_cannot_be_changed():
    with pytest.raises(ValidationError):
        SHIPPED.version = 2


@pytest.mark.parametrize("hour", [600, 10, 10.5])
def test_hour_written_as_a_number_is_refused(hour):
    with pytest.raises(ValidationError, match="not an hour between quotes"):
        StepRule(**STEP, at=hour)
    with pytest.raises(ValidationError, match="not an hour between quotes"):
        Sending(opens=hour, closes="17:00")


def test_hour_between_quotes_is_read():
    assert StepRule(**STEP, at="14:30").at == time(14, 30)


@pytest.mark.parametrize("key", ["1visit", "visite d'essai", "visit.one", ""])
def test_key_that_could_not_be_an_anchor_is_refused(key):
    with pytest.raises(ValidationError):
        StepRule(**STEP | {"key": key})


def test_definition_is_that_of_its_version():
    assert (SHIPPED.programme, SHIPPED.version, SHIPPED.questionnaire) == ("mourafaka", 1, "questionnaire-v1")
    assert SHIPPED.lasts.nominal({"start": date(2027, 1, 4)}, None) == date(2029, 1, 4)
