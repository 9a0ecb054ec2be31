"""The deployments on their schedules, in Casablanca's time: what `mourafaka serve` runs."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from prefect import serve as serve_deployments
from prefect.schedules import Cron

from flows.delivery import delivery
from flows.intake import intake
from flows.migrate import migrate_definition
from flows.morning import mornings
from flows.server import prefect_server
from flows.watchdog import watchdog
from programme.civil import ZONE_NAME

MORNING_CRON = "0 7-18 * * *"
"""At seven, and again every hour: an hourly run catches up with what an outage left undone."""
DELIVERY_CRON = "*/5 9-16 * * *"
WATCHDOG_CRON = "*/5 * * * *"
"""As often as a lease is long: what died is found within two of them."""


def deployments() -> list[object]:
    """Return what is served: mornings, deliveries and the watchdog on schedules, intake and migrations on demand.

    `prefect.yaml` says the same for the workers of a pool; a test keeps them alike.
    """
    return [
        mornings.to_deployment("morning", schedule=Cron(MORNING_CRON, timezone=ZONE_NAME), tags=["mourafaka"]),
        delivery.to_deployment("delivery", schedule=Cron(DELIVERY_CRON, timezone=ZONE_NAME), tags=["mourafaka"]),
        watchdog.to_deployment("watchdog", schedule=Cron(WATCHDOG_CRON, timezone=ZONE_NAME), tags=["mourafaka"]),
        intake.to_deployment("intake", tags=["mourafaka"]),
        migrate_definition.to_deployment("migrate-definition", tags=["mourafaka"]),
    ]


def serve_here(home: Path, *, port: int) -> None:
    """Start Prefect's server and the runner of the schedules; returns when the process is told to stop."""
    # Told to stop before Prefect's runner listens for it, we still end what we have started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with prefect_server(home, one_shot=False, port=port):
        serve_deployments(*deployments(), pause_on_shutdown=False)  # type: ignore[arg-type] # runner deployments
