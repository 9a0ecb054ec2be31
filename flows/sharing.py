"""A large morning shared among the workers of a pool, some thousand ids to each; a small one stays where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from prefect import State, flow
from prefect.runtime import flow_run

from actions.morning import CHUNK, REMINDED_BY_A_TASK, Done
from flows.pieces import announce, as_one, conclude, look, outcome, propose, remind, slices
from flows.pools import hand_out
from flows.presence import present
from flows.results import NOWHERE

PIECE = "piece/piece"
"""The deployment that does a piece: the flow's name and its own, as in prefect.yaml."""
STAGE, REMINDERS = "stage:", "reminders"
WORKS: dict[str, Callable[[str, list[int], str], Done]] = {
    "evaluations": lambda _, ids, at: propose(as_one(ids), len(ids), at),
    "decisions": lambda _, ids, at: announce(as_one(ids), len(ids), at),
    "alerts": lambda _, ids, at: look(as_one(ids), len(ids), at),
    REMINDERS: lambda cohort, ids, at: remind(cohort, as_one(ids), len(ids), at),
}
"""What a piece can be, besides a stage's conclusions."""


def _named() -> str:
    """Return a run's name as the whole work's would be, and which part of it."""
    given = flow_run.parameters
    return f"{given['what'].removeprefix(STAGE)} · {given['cohort']} · {given['day']} · {given['part']}"


@flow(name="piece", flow_run_name=_named, persist_result=False, result_storage=NOWHERE)
@present
def piece(cohort: str, day: str, what: str, part: str, ids: list[int], at: str) -> State[Any] | str:
    """Do one piece of a cohort's morning, in the same chunks as a morning that does all by itself."""
    del day, part
    size = REMINDED_BY_A_TASK if what == REMINDERS else CHUNK
    return outcome([_do(cohort, what, some, at) for some in slices(ids, size)], what.removeprefix(STAGE))


def _do(cohort: str, what: str, ids: list[int], at: str) -> Done:
    if what.startswith(STAGE):
        return conclude(cohort, what.removeprefix(STAGE), as_one(ids), len(ids), at)
    return WORKS[what](cohort, ids, at)


def _alone(**part: Any) -> State[Any]:
    return cast("State[Any]", piece(**part, return_state=True))


@dataclass(frozen=True)
class Sharing:
    """How a morning is shared: ``size`` ids to a piece, 0 not at all."""

    cohort: str
    day: str
    at: str
    size: int = 0

    def rest(self, what: str, ids: Sequence[int], ends: list[State[Any]]) -> list[int]:
        """Have a large work done in pieces, add how they ended, and return what is left to do here: all or nothing."""
        if not self.size or len(ids) <= self.size:
            return list(ids)
        ends += hand_out(PIECE, self._parts(what, ids), _alone)
        return []

    def _parts(self, what: str, ids: Sequence[int]) -> list[dict[str, Any]]:
        pieces = [list(ids[first : first + self.size]) for first in range(0, len(ids), self.size)]
        return [
            {
                "cohort": self.cohort,
                "day": self.day,
                "what": what,
                "part": f"{number} of {len(pieces)}",
                "ids": some,
                "at": self.at,
            }
            for number, some in enumerate(pieces, 1)
        ]
