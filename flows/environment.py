"""Prefect's settings as this program wants them, chosen before Prefect is imported; what is set already stays."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from programme.errors import WorkerWithoutDatabase

DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_SETTINGS_PATH": str(Path(__file__).with_name("logging.yml")),
    # Measured: with these a task costs the server 12 ms instead of 40 (docs/adr/0007).
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
}


RUN = "PREFECT__FLOW_RUN_ID"
"""Set by Prefect in a process that it starts for one flow run."""


def prepare(data_dir: Path) -> None:
    """Set what is not set: Prefect's own folder beside our data, no telemetry, bigger batches."""
    home = Path(os.environ.setdefault("PREFECT_HOME", str((data_dir / "prefect").resolve())))
    with suppress(OSError):  # Prefect itself says what is wrong with it
        home.mkdir(parents=True, exist_ok=True)  # with a database elsewhere the data folder may not be there yet
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)


def refuse_a_new_database(url: str) -> None:
    """Refuse a run that would make a SQLite file: a worker's runs begin in an empty folder of their own each.

    With a database's address that is relative, or none, the work would be done there, on nobody, and be lost.
    """
    file = make_url(url).database if url.startswith("sqlite") else None
    if RUN in os.environ and file is not None and not Path(file).exists():
        raise WorkerWithoutDatabase(path=Path(file).absolute())
