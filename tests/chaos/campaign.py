"""A campaign: for each seed a calm life and stormy ones, and every figure of them with what was found against it."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.context import ForkServerContext
from multiprocessing.pool import AsyncResult, Pool
from traceback import format_exception

from tests.chaos.kills import Killed, killed_days, killed_senders
from tests.chaos.lives import Lived, lived
from tests.chaos.reconcile import FIGURES, other_again, other_ends, other_promises, other_state
from tests.chaos.storm import CALM, WILD, Storm
from tests.faults.killing import DRAINED_SECONDS

EXACT = ("kills", "database", "engines")
"""Kinds after which even every mail leaves on its own day."""
SAME_STATE, SAME_PROMISES = "another business state than without faults", "other promises than without faults"
SAME_ENDS, SAME_AGAIN = "another end of a promise than without faults", "another ledger the second time"
SEED_OF_KILLS = 20270104
"""Kills fall at moments of a real clock: no seed repeats them exactly."""
BROKE_OFF = "lives that broke off"
NOTHING = "kinds that struck nothing"
LOST, LATE = "kill -9: lost, or doubled against rule 4", "kill -9: drained later than 120 s"


@dataclass
class Tally:
    """A figure over all seeds: how many lives or kills it was looked for in, and what was found against it."""

    name: str
    looked: int = 0
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, seed: int, found: Iterator[str] | Sequence[str]) -> None:
        """Add what was found in one more life."""
        self.looked += 1
        self.found += [(seed, one) for one in found]


@dataclass(frozen=True)
class Plan:
    """What is lived: the kinds of faults, how large the cohort is, its first day and its last."""

    kinds: tuple[str, ...]
    cooperatives: int
    first: date
    last: date

    def storm(self, seed: int, kinds: Sequence[str]) -> Storm:
        """Return a storm of some of the kinds."""
        return Storm(seed, tuple(kinds), self.first, self.last)

    def storms(self, seed: int) -> list[Storm]:
        """Return the storms of a seed: one that changes nothing, one that delays mails, one that does all it can."""
        kinds = [
            [kind for kind in self.kinds if kind in EXACT],
            [kind for kind in self.kinds if kind in CALM] if "mail" in self.kinds else [],
            self.kinds if set(self.kinds) & set(WILD) else (),
        ]
        return [self.storm(seed, some) for some in kinds if some]


@dataclass
class Campaign:
    """The figures so far, in the order in which they are told, and the blows that fell."""

    figures: dict[str, Tally] = field(default_factory=dict)
    blows: dict[str, int] = field(default_factory=dict)

    def tally(self, name: str) -> Tally:
        """Return a figure."""
        return self.figures.setdefault(name, Tally(name))

    @property
    def is_passed(self) -> bool:
        """Tell whether nothing was found against any figure."""
        return not any(one.found for one in self.figures.values())

    def weigh(self, life: Lived, calm: Lived) -> None:
        """Hold one life against its records, and against the calm one where it must be like it."""
        seed, kinds = life.storm.seed, set(life.storm.kinds)
        for figure in FIGURES:
            self.tally(figure.name).add(seed, figure.counts(life))
        if kinds <= set(CALM):
            self.tally(SAME_STATE).add(seed, other_state(life, calm))
            self.tally(SAME_PROMISES).add(seed, other_promises(life, calm))
        if kinds <= set(EXACT):
            self.tally(SAME_ENDS).add(seed, other_ends(life, calm))
        for kind, count in life.diary.blows.items():
            self.blows[kind] = self.blows.get(kind, 0) + count

    def reckon(self, killed: Killed, seed: int) -> None:
        """Add what came of real kills."""
        self.tally(LOST).add(seed, [killed.trouble] if killed.trouble else [])
        late = killed.drained_in > DRAINED_SECONDS
        self.tally(LATE).add(seed, [f"{killed.drained_in:.0f} s"] if late else [])
        self.blows["kill -9"] = self.blows.get("kill -9", 0) + killed.kills


def run(
    plan: Plan,
    seeds: Sequence[int],
    *,
    kills: int,
    workers: int,
    said: Callable[[str], None],
    is_over: Callable[[], bool] = lambda: False,
) -> Campaign:
    """Live all seeds, two lives at once; begin no other when the time is over, and kill at the end, undisturbed."""
    campaign = Campaign()
    with _nursery().Pool(workers, maxtasksperchild=1) as pool:
        for seed in seeds:
            if is_over():
                said(f"The time is over: seeds from {seed} on were not lived.")
                break
            _live_seed(campaign, plan, seed, pool)
            said(f"seed {seed} lived")
        for work, share in _killing(kills):
            killed = pool.apply(work, (share, SEED_OF_KILLS))
            campaign.reckon(killed, SEED_OF_KILLS)
            said(f"{killed}")
    return campaign


def _nursery() -> ForkServerContext:
    """Return where lives come from: forks of a process that has imported everything, and lived nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([lived.__module__, killed_senders.__module__])
    return context


def _killing(kills: int) -> tuple[tuple[Callable[[int, int], Killed], int], ...]:
    """Return what is killed and how often: most are senders, one in ten a whole day."""
    return ((killed_senders, kills - kills // 10), (killed_days, max(1, kills // 10))) if kills else ()


def _live_seed(campaign: Campaign, plan: Plan, seed: int, pool: Pool) -> None:
    """Live a seed's calm life, each of its storms, and the last storm once more."""
    storms = plan.storms(seed)
    lives = [plan.storm(seed, ()), *storms, storms[-1]]
    asked = [pool.apply_async(lived, (storm, plan.cooperatives)) for storm in lives]
    told = [_told(one) for one in asked]
    campaign.tally(BROKE_OFF).add(seed, [one for one in told if isinstance(one, str)])
    calm, *stormy, again = told
    if isinstance(calm, str):
        return
    for life in stormy:
        if not isinstance(life, str):
            campaign.weigh(life, calm)
    fell = Counter[str]()
    for life in stormy:
        fell.update({} if isinstance(life, str) else life.diary.blows)
    campaign.tally(NOTHING).add(seed, [kind for kind in plan.kinds if not fell[kind]])
    if not isinstance(stormy[-1], str) and not isinstance(again, str):
        campaign.tally(SAME_AGAIN).add(seed, other_again(stormy[-1], again))


def _told(asked: AsyncResult[Lived]) -> Lived | str:
    """Return a life, or what ended it before its last day: an error that no strike explains."""
    try:
        return asked.get()
    except Exception as problem:  # noqa: BLE001 - it is told with its seed, and the other lives are reckoned
        return "".join(format_exception(problem)[-3:])
