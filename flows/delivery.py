"""The delivery flow: empties the outbox, every few minutes within sending hours."""

from __future__ import annotations

from dataclasses import replace

from prefect import flow, task

from notifications.delivery import deliver
from runtime import house
from runtime.rounds import tell_missed
from runtime.stopping import until_told


@task(task_run_name="empty the outbox", persist_result=False)
def empty() -> dict[str, int]:
    """Send what may leave now; what does not leave waits with its reason.

    Before it, who coordinates is told of a morning that did not happen: whoever moves those may be dead. Told to
    stop, it ends after the message in hand.
    """
    here = house.current()
    post = here.post()
    tell_missed(here, here.clock.now())
    with until_told() as stops:
        return dict(deliver(replace(post, stops=stops)))


@flow(name="delivery", flow_run_name="delivery · {at}", persist_result=False)
def delivery(at: str = "now") -> dict[str, int]:
    """Send what may leave now; return how many notices came to each verdict."""
    del at
    return empty()
