"""A definition that is well written and makes no sense is refused at its place with what to do."""

from __future__ import annotations

import pytest

from tests.programme.definition_texts import edited, place, told

SWOT = "      - key: swot\n"
VISIT = "      - key: visit\n"
M12 = "  - key: M12\n"

# What is changed, the words before the place and at it, and the sentence.
MEANINGLESS = [
    pytest.param(
        ("due: start + 5 weeks", "due: diagnosis.viist + 2 weeks"),
        (SWOT, "diagnosis.viist + 2 weeks"),
        "there is no step diagnosis.viist to count from: write 'start' or stage.step, such as diagnosis.visit",
        id="unknown anchor",
    ),
    pytest.param(
        ("due: start + 12 months", "due: coaching.sesion + 1 weeks"),
        (M12, "coaching.sesion"),
        "there is no step coaching.sesion to count from: write 'start' or stage.step, such as diagnosis.visit",
        id="unknown anchor of a checkpoint",
    ),
    pytest.param(
        ("due: start + 5 weeks", "due: diagnosis.swot + 2 weeks"),
        (SWOT, "diagnosis.swot + 2 weeks"),
        "these steps wait for one another: diagnosis.swot → diagnosis.swot: let one count from start",
        id="step that counts from itself",
    ),
    pytest.param(
        ("due: start + 5 weeks", "due: start + 15 weeks"),
        (SWOT, "start + 15 weeks"),
        "diagnosis.swot falls outside its stage diagnosis (2027-01-18 to 2027-04-12): "
        "move the step or widen the window",
        id="after the window",
    ),
    pytest.param(
        ("due: start + 5 weeks", "due: start + 1 weeks"),
        (SWOT, "start + 1 weeks"),
        "diagnosis.swot falls outside its stage diagnosis (2027-01-18 to 2027-04-12): "
        "move the step or widen the window",
        id="before the window",
    ),
    pytest.param(
        ("due: coaching.session + 10 days", "due: coaching.session + 90 days"),
        ("kind: report\n        due: ", "coaching.session + 90 days"),
        "coaching.report-12 falls outside its stage coaching (2027-04-04 to 2028-12-04): "
        "move the step or widen the window",
        id="last occurrence after the window",
    ),
    pytest.param(
        ("due: start + 12 months", "due: start + 24 months"),
        (M12, "start + 24 months"),
        "coaching.M12-evaluation falls outside its stage coaching (2027-04-04 to 2028-12-04): "
        "move the step or widen the window",
        id="checkpoint after its stage's window",
    ),
    pytest.param(
        (SWOT, VISIT),
        ("due: start + 3 weeks\n      - key: ", "visit"),
        "diagnosis.visit is written twice: give one of them another key",
        id="doubled step",
    ),
    pytest.param(
        ("      - key: exit-plan\n", "      - key: M24-evaluation\n"),
        ("checkpoints:", "M24\n"),
        "closing.M24-evaluation is written twice: give one of them another key",
        id="step named as a checkpoint's own",
    ),
    pytest.param(
        ("exit: {done: [plan-validation]}", "exit: {done: [plan-adoption, plan-validated]}"),
        ("[plan-adoption, ", "plan-validated"),
        "diagnosis has no step plan-validated: name one of its own",
        id="exit that names an unknown step",
    ),
    pytest.param(
        ("exit: {all_done: true}", "exit: {all_done: false}"),
        ("exit: ", "{all_done: false}"),
        "start has no way out: write all_done, done or fact",
        id="no way out",
    ),
    pytest.param(
        ("exit: {all_done: true}", "exit: {all_done: true, done: [coach]}"),
        ("exit: ", "{all_done: true, "),
        "start has several ways out: keep one of all_done, done and fact",
        id="two ways out",
    ),
    pytest.param(
        ("    after: [start]\n", "    after: [strat]\n"),
        ("after: [", "strat]"),
        "there is no stage strat: write one of closing, coaching, diagnosis, start, training",
        id="unknown stage in after",
    ),
    pytest.param(
        ("    after: [start]\n", "    after: [start, diagnosis]\n"),
        ("    after: ", "[start, diagnosis]"),
        "these stages wait for one another: diagnosis → diagnosis: let one start without the other",
        id="stage that waits for itself",
    ),
    pytest.param(
        ("    stage: coaching\n    due: start + 6 months", "    stage: end\n    due: start + 6 months"),
        ("    stage: ", "end\n"),
        "there is no stage end: write one of closing, coaching, diagnosis, start, training",
        id="unknown stage of a checkpoint",
    ),
    pytest.param(
        ("    opens: start + 2 weeks", "    opens: start.coach + 1 weeks"),
        ("    opens: ", "start.coach"),
        "a window counts from 'start', not from start.coach",
        id="window that counts from a step",
    ),
    pytest.param(
        ("make_ups_until: start + 12 months", "make_ups_until: training.governance + 5 months"),
        ("make_ups_until: ", "training.governance + 5 months"),
        "a window counts from 'start', not from training.governance",
        id="make-ups that count from a step",
    ),
    pytest.param(
        ("        repeat: {count: 12}\n", ""),
        ("kind: report\n        due: ", "coaching.session"),
        "coaching.session comes 12 times: repeat coaching.report as often, or count from another step",
        id="single step that counts from a repeated one",
    ),
    pytest.param(
        ("        repeat: {count: 12}\n", "        repeat: {count: 13}\n"),
        ("kind: report\n        due: ", "coaching.session"),
        "coaching.session comes 12 times: repeat coaching.report as often, or count from another step",
        id="step repeated more often than what it counts from",
    ),
    pytest.param(
        ("repeat: {count: 12, every_weeks: 7}", "repeat: {count: 12}"),
        ("due: start + 3 months\n        repeat: ", "{count: 12}"),
        "coaching.session would come several times on one day: write every_weeks",
        id="repeat without a rhythm",
    ),
    pytest.param(
        ("{fact: sessions_held, at_least: 5, of: 12}", "{fact: sessions_held, at_least: 5}"),
        ("- ", "{fact: sessions_held, at_least: 5}"),
        "sessions_held needs its whole for the sentence: write of, such as 12",
        id="requirement without its whole",
    ),
    pytest.param(
        ("{fact: sessions_held, at_least: 5, of: 12}", "{fact: sessions_held, percent: 40}"),
        ("- ", "{fact: sessions_held, percent: 40}"),
        "sessions_held needs its whole for the sentence: write of, such as 12",
        id="share without its whole",
    ),
    pytest.param(
        ("{fact: sessions_held, at_least: 5, of: 12}", "{fact: sessions_held, of: 12}"),
        ("- ", "{fact: sessions_held, of: 12}"),
        "sessions_held needs a number or a share: write at_least or percent, not both",
        id="requirement that asks for nothing",
    ),
    pytest.param(
        ("{fact: sessions_held, at_least: 5, of: 12}", "{fact: sessions_held, at_least: 5, percent: 40, of: 12}"),
        ("- ", "{fact: sessions_held, at_least: 5, percent: 40, of: 12}"),
        "sessions_held needs a number or a share: write at_least or percent, not both",
        id="requirement that asks for both",
    ),
    pytest.param(
        ("{fact: plan_done_percent, at_least: 40}", "{fact: plan_done_percent, percent: 40, of: 10}"),
        ("- ", "{fact: plan_done_percent, percent: 40, of: 10}"),
        "plan_done_percent has no whole to take a share of: write at_least (modules_present, sessions_held have)",
        id="share of what has no whole",
    ),
    pytest.param(
        ('closes: "17:00"', 'closes: "08:00"'),
        ("closes: ", '"08:00"'),
        "notices could never leave: write an hour after the one of opens",
        id="sending hours that never open",
    ),
]


@pytest.mark.parametrize(("change", "where", "sentence"), MEANINGLESS)
def test_read_definition_refuses_at_the_place_with_what_to_do(change, where, sentence):
    text = edited(change)
    assert told(text) == [(place(text, *where), sentence)]


def test_read_definition_refuses_a_circle_at_the_step_where_it_begins():
    text = edited(
        ("due: start + 5 weeks", "due: diagnosis.report + 1 weeks"),
        ("due: start + 7 weeks", "due: diagnosis.swot + 1 weeks"),
    )
    circle = "diagnosis.swot → diagnosis.report → diagnosis.swot"
    assert told(text) == [
        (
            place(text, "- key: swot\n", "diagnosis.report + 1 weeks"),
            f"these steps wait for one another: {circle}: let one count from start",
        )
    ]


def test_read_definition_refuses_a_circle_through_a_decision_at_its_checkpoint():
    text = edited(("due: start + 18 months", "due: coaching.M18-decision + 1 weeks"))
    [(at, sentence)] = told(text)
    assert at == place(text, "  - key: M18\n", "coaching.M18-decision + 1 weeks")
    assert sentence.startswith("these steps wait for one another: ")


def test_read_definition_refuses_a_doubled_stage():
    text = edited(("  - key: start\n", "  - key: diagnosis\n"), ("    after: [start]\n", ""))
    assert (
        place(text, "exit: {all_done: true}\n\n  - key: ", "diagnosis"),
        "diagnosis is written twice: give one of them another key",
    ) in told(text)


def test_read_definition_tells_all_that_makes_no_sense_at_once_in_the_order_of_the_file():
    text = edited(
        ("    stage: closing\n", "    stage: end\n"),
        ("due: start + 5 weeks", "due: diagnosis.viist + 2 weeks"),
        ("exit: {all_done: true}", "exit: {all_done: false}"),
    )
    assert [sentence.split(":")[0] for _, sentence in told(text)] == [
        "start has no way out",
        "there is no step diagnosis.viist to count from",
        "closing has no step M24-decision",
        "there is no stage end",
    ]
