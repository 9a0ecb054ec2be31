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
        threading.Thread(target=self._end_after_the_runs, name="end", daemon=True).start()

    def _end_after_the_runs(self) -> None:
        # Its own record of what it has started: it has no public one (tests/flows/test_serving.py holds it to this).
        runs = list(self._process_manager._process_map.values())
        for run in runs:
            with suppress(ProcessLookupError):
                run.graceful_kill()
        while any(run.is_alive() for run in runs):
            time.sleep(LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
