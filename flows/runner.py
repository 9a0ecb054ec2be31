"""Prefect's runner as we end it: told to stop it starts nothing more, tells what runs, and waits for that.

Prefect's own (3.8) leaves its event loop at once, which kills the runs that it has started in the
middle of a message.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from typing import Any

import psutil  # type: ignore[import-untyped] # it ships none
from prefect.runner import Runner

LOOK_SECONDS = 0.2


class PatientRunner(Runner):
    """A runner that ends after its runs; whoever tells it twice does not wait."""

    def handle_sigterm(self, *args: Any, **kwargs: Any) -> None:
        """Start nothing more; when what runs has ended, end as Prefect does."""
        if self.stopping:
            super().handle_sigterm(*args, **kwargs)
        self.stopping = True
        self._scheduled_run_poller.stopping = True
        threading.Thread(target=_end_after_the_runs, name="end", daemon=True).start()


def _end_after_the_runs() -> None:
    runs = psutil.Process().children()
    for run in runs:
        with suppress(psutil.NoSuchProcess):
            run.terminate()
    while any(map(_is_alive, runs)):  # not waited for: their end is for the runner to notice
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _is_alive(run: psutil.Process) -> bool:
    try:
        return bool(run.is_running() and run.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
