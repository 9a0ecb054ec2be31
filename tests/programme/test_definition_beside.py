"""What a definition may say of its closed days, its recovery and its floors, and what makes no sense there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from programme.calendar import Calendar
from programme.definition_file import read_definition
from programme.planning import plan
from tests.programme.definition_texts import edited, told

RECOVERY = """recovery:
  title: {fr: "Séance de redressement n° {n}", ar: "جلسة تقويم رقم {n}"}
  report: {fr: "Compte rendu de la séance de redressement n° {n}", ar: "تقرير جلسة التقويم رقم {n}"}
  sessions: 2
  every_weeks: 4
  report_within_days: 10
"""
FLOOR = "      not_met: recovery\n"


def test_programme_of_every_day_plans_on_sundays_and_holidays():
    text = edited(("stages:\n", "closed_days: {week: [], holidays: false}\n\nstages:\n"))
    definition = read_definition(text)
    calendar = Calendar({}, definition.closed_days.week, definition.closed_days.holidays)
    planned = plan(definition, date(2027, 1, 3), calendar)
    assert all(step.due_on == step.nominal_on for step in planned if step.kind != "module")


def test_closed_days_are_a_week_end_and_holidays_unless_it_is_said():
    assert read_definition(edited()).closed_days.model_dump() == {"week": ("saturday", "sunday"), "holidays": True}
    assert [line for _, line in told(edited(("stages:\n", "closed_days: {week: [caturday]}\nstages:\n")))] == [
        (
            "closed_days.week.0: write one of 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', "
            "'saturday', 'sunday'"
        )
    ]


def test_checkpoints_may_have_reminders_of_their_own():
    plain = read_definition(edited())
    quiet = read_definition(edited(("  meeting:\n", "  checkpoint: []\n  meeting:\n")))
    assert plain.reminders_for("evaluation") == plain.reminders_for("step")
    assert [quiet.reminders_for(kind) for kind in ("evaluation", "decision")] == [(), ()]
    assert quiet.reminders_for("step") == plain.reminders_for("step")


def test_recovery_may_come_in_days_and_without_reports():
    text = edited(
        (
            RECOVERY,
            RECOVERY.split("  report:", maxsplit=1)[0] + "  sessions: 3\n  every_days: 30\n  like: diagnosis.swot\n",
        )
    )
    rule = read_definition(text).recovery
    assert (rule.apart, rule.report, rule.like) == (timedelta(days=30), None, "diagnosis.swot")


@pytest.mark.parametrize("key", ["recovery-session-01", "recovery-report-2", "visit-make-up-1"])
def test_step_named_like_one_that_is_added_later_is_refused(key: str):
    text = edited(("      - key: swot\n", f"      - key: {key}\n"))
    assert f"{key} is what a step added later is called: give it another key" in [line for _, line in told(text)]


@pytest.mark.parametrize(
    ("old", "new"), [("  - key: diagnosis\n", "  - key: dia.gnosis\n"), ("      - key: swot\n", "      - key: sw.ot\n")]
)
def test_key_with_a_dot_is_refused_for_a_step_s_begins_with_its_stage(old: str, new: str):
    assert any(
        line.endswith("write Latin letters, digits and hyphens, a letter first") for _, line in told(edited((old, new)))
    )


def test_every_planned_step_begins_with_its_stage():
    planned = plan(read_definition(edited()), date(2027, 1, 4), Calendar())
    assert [step.key for step in planned if not step.key.startswith(f"{step.stage}.")] == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "  every_weeks: 4\n",
            "  every_weeks: 4\n  every_days: 3\n",
            "a recovery's sessions need one rhythm: write every_weeks or every_days",
        ),
        ("  every_weeks: 4\n", "", "a recovery's sessions need one rhythm: write every_weeks or every_days"),
        (
            "  report_within_days: 10\n",
            "",
            "a recovery's report needs its title and its days: write both, or neither",
        ),
        (
            "  every_weeks: 4\n",
            "  every_weeks: 4\n  like: coaching.visit\n",
            "a recovery needs the step coaching.visit: add it, or write another like",
        ),
        (
            FLOOR,
            FLOOR + "      floor: {requires: [{fact: global_score, at_least: 3}], not_met: certificate}\n",
            "certificate cannot be decided at M12: write one of continue, recovery, exit",
        ),
        (
            FLOOR,
            FLOOR + "      floor: {requires: [{fact: global_score, percent: 3, of: 9}], not_met: exit}\n",
            "global_score has no whole to take a share of: write at_least (modules_present, sessions_held have)",
        ),
    ],
)
def test_recovery_or_floor_that_makes_no_sense_is_refused(old: str, new: str, message: str):
    assert [line for _, line in told(edited((old, new)))] == [message]
