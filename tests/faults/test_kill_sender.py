"""A sender that is killed again and again loses no mail, and doubles only what it may.

The figure that we hold ourselves to is of 200 kills: `make chaos CHAOS="--kills 200"` tells it; here `MOURAFAKA_KILLS`
says how many.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from models.session import Database
from tests.faults.killing import DRAINED_SECONDS, kill_again_and_again
from tests.notifications.post_office import PostOffice, opened_office

KILLS, SEED = int(os.environ.get("MOURAFAKA_KILLS", "25")), 20270104


@pytest.fixture
def office(chunking: bool) -> Iterator[PostOffice]:
    with opened_office(slowness=0.02, chunking=chunking) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.database
@pytest.mark.parametrize(
    ("connections", "chunking", "has_clerk"),
    [(1, False, False), (3, False, False), (3, True, False), (3, True, True)],
    ids=["1 connection", "3 connections", "3 in one write", "3 in one write, with a clerk"],
)
def test_killed_sender_loses_nothing_and_doubles_only_what_rule_4_allows(
    database: Database, office: PostOffice, connections: int, chunking: bool, has_clerk: bool
) -> None:
    account = kill_again_and_again(
        database, office, kills=KILLS, connections=connections, seed=SEED, has_clerk=has_clerk
    )
    assert account.kills == KILLS
    assert (office.chunks > 0) is chunking
    assert account.drained_in < DRAINED_SECONDS
