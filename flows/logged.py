"""What Prefect's server is told of the log: what our own log holds, and no word of a failure."""

from __future__ import annotations

import logging

from prefect.logging.handlers import APILogHandler

from runtime.logs import bare


class BareApiLog(APILogHandler):
    """Sends lines to Prefect's server without what a failure says: it may repeat a name or an address."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send a line."""
        super().emit(bare(record))
