"""The figures of a campaign as a table, and for each that does not hold the command that repeats it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from benchmarks.markdown import table
from tests.chaos.campaign import LATE, LOST, Campaign, Tally

TITLES = ("figure", "bound", "looked for in", "found", "")
SHOWN = 5


def told(campaign: Campaign, given: argparse.Namespace, seconds: float) -> str:
    """Return all that is to be said of a campaign."""
    lines = [
        table(TITLES, [_row(one) for one in campaign.figures.values()]),
        "",
        f"Blows: {', '.join(f'{count} {kind}' for kind, count in sorted(campaign.blows.items()))}.",
        f"{given.database}, {given.cooperatives} cooperatives, {seconds:.0f} s.",
        *_failures(campaign, given),
        "Every figure holds." if campaign.is_passed else "FAIL",
    ]
    return "\n".join(lines) + "\n"


def _row(one: Tally) -> list[str]:
    what = "kills" if one.name in {LOST, LATE} else "lives"
    return [one.name, "0", f"{one.looked} {what}", str(len(one.found)), "FAIL" if one.found else "pass"]


def _failures(campaign: Campaign, given: argparse.Namespace) -> Iterator[str]:
    for one in campaign.figures.values():
        for seed in sorted({seed for seed, _ in one.found}):
            mine = [said for its, said in one.found if its == seed]
            yield ""
            yield f"{one.name}: {len(mine)} with seed {seed}; again with"
            yield f"  make chaos CHAOS='{_again(seed, given)}'"
            yield from (f"  - {said}" for said in mine[:SHOWN])


def _again(seed: int, given: argparse.Namespace) -> str:
    words = [f"--seed {seed}", f"--kills {given.kills}", f"--cooperatives {given.cooperatives}"]
    words += [f"--only {' '.join(given.only)}"] if given.only else []
    words += [f"--weeks {given.weeks}"] if given.weeks else []
    words += [f"--database {given.database}"] if given.database != "sqlite" else []
    return " ".join(words)
