"""The campaign itself in a short form: a quarter of a year, every kind of fault, and what it says of it."""

from __future__ import annotations

import argparse
from datetime import date

import pytest

from tests.chaos.campaign import NOTHING, SAME_AGAIN, SAME_STATE, Campaign, Plan, run
from tests.chaos.lives import first_and_last
from tests.chaos.report import told
from tests.chaos.storm import CALM, KINDS, Storm

SEED, WEEKS, COOPERATIVES = 3, 14, 5
DAY = date(2027, 3, 1)


@pytest.mark.slow
@pytest.mark.database
def test_quarter_of_a_year_of_every_fault_has_every_figure_hold() -> None:
    plan = Plan(KINDS, COOPERATIVES, *first_and_last(WEEKS))
    campaign = run(plan, [SEED], kills=0, workers=2, said=lambda _: None)
    assert {one.name: one.found for one in campaign.figures.values() if one.found} == {}
    assert set(campaign.blows) == set(KINDS)
    assert campaign.tally(SAME_STATE).looked == 2
    assert campaign.tally(SAME_AGAIN).looked == 1


def storm(*kinds: str, seed: int = 1) -> Storm:
    return Storm(seed, kinds, date(2026, 12, 14), date(2029, 4, 30))


def test_same_seed_draws_the_same_blows_and_another_one_others() -> None:
    drawn = [[storm(*KINDS, seed=seed).at_sending("sending", DAY, one) for one in range(50)] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert {one.kind for one in drawn[0] if one is not None} == set(CALM)


def test_calm_life_is_struck_by_nothing() -> None:
    calm = storm()
    assert {calm.at_work("morning", DAY, one) for one in range(50)} == {None}
    assert (calm.stops(), calm.restored(), calm.clock_on(DAY).days) == ([], None, 0)


def test_long_stop_is_of_45_days_and_ends() -> None:
    one = storm("stops")
    begins, ends = one.stops()[0]
    assert (ends - begins).days == 44
    assert one.is_down(begins)
    assert one.is_down(ends)


def test_report_names_what_failed_and_the_command_that_repeats_it() -> None:
    campaign = Campaign()
    campaign.tally("lost").add(7, ["SM/001 is still pending"])
    campaign.tally(NOTHING).add(7, [])
    given = argparse.Namespace(
        kills=0, cooperatives=12, only=["mail"], weeks=None, database="postgresql", seed=[7], seeds=3
    )
    said = told(campaign, given, 12.3).splitlines()
    assert said[2].replace(" ", "") == "|lost|0|1lives|1|FAIL|"
    assert "  make chaos CHAOS='--seed 7 --kills 0 --cooperatives 12 --only mail --database postgresql'" in said
    assert "  - SM/001 is still pending" in said
    assert said[-1] == "FAIL"
