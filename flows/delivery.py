"""The delivery flow: empties the outbox, every few minutes within sending hours."""

from __future__ import annotations

from dataclasses import replace

from prefect import flow, task

from flows.presence import present
from flows.results import NOWHERE
from models.trouble import is_trouble
from notifications.delivery import deliver
from programme.errors import Refusal
from runtime import house
from runtime.crew import send_elsewhere, worthwhile
from runtime.logs import place_of
from runtime.rounds import tell_missed
from runtime.stopping import until_told


class DeliveryBrokeOffError(RuntimeError):
    """What broke a delivery off: its kind and its place. Its words may hold an address, and Prefect keeps them."""


@task(task_run_name="empty the outbox", persist_result=False)
def empty() -> dict[str, int]:
    """Send what may leave now; what does not leave waits with its reason.

    Before it, who coordinates is told of a morning that did not happen: whoever moves those may be dead. Told to
    stop, it ends after the message in hand.
    """
    here = house.current()
    post = here.post()  # without a mail server nothing is begun
    tell_missed(here, here.clock.now())
    try:
        with until_told() as stops:
            processes = worthwhile(here)
            if processes > 1:
                return dict(send_elsewhere(here, processes, stops=stops))
            return dict(deliver(replace(post, stops=stops)))
    except Exception as problem:
        if is_trouble(problem) or isinstance(problem, Refusal):
            raise
        raise DeliveryBrokeOffError(place_of(problem)) from None


@flow(name="delivery", flow_run_name="delivery · {at}", persist_result=False, result_storage=NOWHERE)
@present
def delivery(at: str = "now") -> dict[str, int]:
    """Send what may leave now; return how many notices came to each verdict."""
    del at
    return empty()
