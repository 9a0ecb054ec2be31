"""The deployments on their schedules, in Casablanca's time: what `mourafaka serve` runs."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import cast

from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL

from flows.delivery import delivery
from flows.intake import intake
from flows.migrate import migrate_definition
from flows.morning import mornings
from flows.runner import PatientRunner
from flows.server import (
    LOG,
    SERVED,
    answers,
    command_at,
    environment_at,
    make_ready,
    password_of_ours,
    prefect_server,
    url_at,
)
from flows.trust import one_certificate
from flows.watchdog import watchdog
from programme.civil import ZONE_NAME
from runtime.parts import Part

MORNING_CRON = "0 7-18 * * *"
"""At seven, and again every hour: an hourly run catches up with what an outage left undone."""
DELIVERY_CRON = "*/5 9-16 * * *"
WATCHDOG_CRON = "*/5 * * * *"
"""As often as a lease is long: what died is found within two of them."""


def deployments() -> list[RunnerDeployment]:
    """Return what is served: mornings, deliveries and the watchdog on schedules, intake and migrations on demand.

    `prefect.yaml` says the same for the workers of a pool; a test keeps them alike.
    """
    made = [
        mornings.to_deployment("morning", schedule=Cron(MORNING_CRON, timezone=ZONE_NAME), tags=["mourafaka"]),
        delivery.to_deployment("delivery", schedule=Cron(DELIVERY_CRON, timezone=ZONE_NAME), tags=["mourafaka"]),
        watchdog.to_deployment("watchdog", schedule=Cron(WATCHDOG_CRON, timezone=ZONE_NAME), tags=["mourafaka"]),
        intake.to_deployment("intake", tags=["mourafaka"]),
        migrate_definition.to_deployment("migrate-definition", tags=["mourafaka"]),
    ]
    return cast("list[RunnerDeployment]", made)  # outside an event loop they are made, not promised


def serve_schedules(home: Path) -> None:
    """Run what the schedules start, by the server that PREFECT_API_URL names; returns when told to stop.

    What runs meanwhile is told as well, and finishes what it has in hand.
    """
    # Told to stop before the runner listens for it, there is nothing to finish.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with prefect_server(home):
        runner = PatientRunner(pause_on_shutdown=False)
        for deployment in deployments():
            runner.add_deployment(deployment)
        asyncio.run(runner.start())


def parts(home: Path, *, port: int, schedules: tuple[str, ...]) -> list[Part]:
    """Return Prefect's server (none of ours where PREFECT_API_URL names one) and what runs the schedules.

    ``schedules`` is the command that comes to ``serve_schedules``.
    """
    if PREFECT_API_URL.value():
        return [Part("schedules", schedules)]
    make_ready(home)
    environment = environment_at(port, password_of_ours())
    server = Part(
        "prefect",
        command_at(port),
        {**SERVED, **environment},
        log=home / LOG,
        is_ready=lambda: answers(url_at(port)),
    )
    client = {**environment, "PREFECT_API_SSL_CERT_FILE": str(one_certificate(home))}
    return [server, Part("schedules", schedules, client, needs="prefect")]
