"""`python -m tests.chaos`: a seeded campaign of faults, and the figures of it with pass or fail."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from tests.chaos.storm import KINDS

KILLS = "kill-9"


def main(words: Sequence[str] | None = None) -> int:
    """Run a campaign; return 0 when every figure holds, 1 when one does not."""
    given = _options().parse_args(words)
    if given.database == "postgresql":
        os.environ["MOURAFAKA_TEST_DATABASE"] = "postgresql"  # before anything that reads it is imported
    os.environ["MOURAFAKA_LANGUAGE"] = "en"
    from tests.chaos.campaign import Plan, run
    from tests.chaos.lives import first_and_last
    from tests.chaos.report import told

    begun = time.monotonic()
    kinds = tuple(given.only or KINDS)
    first, last = first_and_last(given.weeks)
    plan = Plan(tuple(kind for kind in kinds if kind != KILLS), given.cooperatives, first, last)
    campaign = run(
        plan,
        (given.seed or range(1, given.seeds + 1)) if plan.kinds else (),
        kills=given.kills if KILLS in kinds or not given.only else 0,
        workers=given.workers,
        said=lambda text: print(f"{time.monotonic() - begun:5.0f} s  {text}", file=sys.stderr, flush=True),  # noqa: T201
        is_over=lambda: time.monotonic() - begun > given.seconds,
    )
    sys.stdout.write(told(campaign, given, time.monotonic() - begun))
    return 0 if campaign.is_passed else 1


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="A seeded campaign of faults.")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds are lived, from 1 on")
    parser.add_argument("--seed", type=int, nargs="+", help="these seeds instead")
    parser.add_argument("--only", nargs="+", choices=(*KINDS, KILLS), help="these kinds of faults alone")
    parser.add_argument("--seconds", type=float, default=1800, help="begin no other seed after so long")
    parser.add_argument(
        "--kills", type=int, default=int(os.environ.get("MOURAFAKA_KILLS", "40")), help="real kills, -9"
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--cooperatives", type=int, default=8)
    parser.add_argument("--weeks", type=int, help="live so many weeks instead of the two years")
    parser.add_argument("--workers", type=int, default=2, help="lives at once")
    return parser


if __name__ == "__main__":
    sys.exit(main())
