"""Signs of life: whoever works holds a lease and renews it; who is killed stops renewing, and is found by that."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from prefect.context import FlowRunContext

from actions import leases
from actions.morning import release_lease, take_lease
from runtime import house
from runtime.house import House
from runtime.liveness import is_dead, this_process

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger("mourafaka.presence")
SIGNS = 3
"""How many signs of life a lease is long: two of them may be lost on the way."""


@contextmanager
def held(name: str) -> Iterator[None]:
    """Hold a lease for as long as the work lasts; refused while somebody else, who lives, holds it."""
    here, holder = house.current(), this_process()
    lasts = here.settings.lease
    take_lease(here.database, name, holder=holder, now=here.clock.now(), lasts=lasts, is_dead=is_dead)
    try:
        with _renewing(here, name, holder):
            yield
    finally:
        release_lease(here.database, name, holder=holder, now=here.clock.now())


@contextmanager
def _renewing(here: House, name: str, holder: str) -> Iterator[None]:
    """Give signs of life from a thread of its own, so that one long statement is not taken for death."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(here.settings.lease.total_seconds() / SIGNS):
            try:
                mine = leases.renew(here.database, name, holder=holder, now=here.clock.now(), lasts=here.settings.lease)
            except Exception as problem:  # noqa: BLE001 - the database is away: the work itself says so, the next sign may come through
                log.warning("no sign of life", extra={"facts": {"lease": name, "problem": type(problem).__name__}})
                continue
            if not mine:
                log.warning("lease lost", extra={"facts": {"lease": name}})
                return

    thread = threading.Thread(target=beat, name=f"lease {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def present(work: Callable[P, T]) -> Callable[P, T]:
    """Have a flow give signs of life while it runs by itself: as a deployment's run, or as nobody's sub-flow.

    The sub-flows of a process live and die with it.
    """

    @wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        name = _own_run()
        if name is None:
            return work(*args, **kwargs)
        with _alive(name):
            return work(*args, **kwargs)

    return run


def _own_run() -> str | None:
    context = FlowRunContext.get()
    run = context.flow_run if context is not None else None
    if run is None or (run.deployment_id is None and run.parent_task_run_id is not None):
        return None
    return f"{leases.RUN}{run.id}"


@contextmanager
def _alive(name: str) -> Iterator[None]:
    here, holder = house.current(), this_process()
    take_lease(
        here.database, name, holder=holder, now=here.clock.now(), lasts=here.settings.lease, is_dead=lambda _: True
    )
    try:
        with _renewing(here, name, holder):
            yield
    finally:
        leases.drop(here.database, name, holder=holder)
