"""What flows return, or fail with, is not kept by Prefect: what they do stands in the database."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from uuid import UUID

from prefect.filesystems import WritableFileSystem

KEPT = "storage"
"""Where Prefect keeps results in its home, unless it is told otherwise."""
log = logging.getLogger("mourafaka.server")


class Nowhere(WritableFileSystem):
    """A place for results that keeps none.

    Of a run that fails Prefect keeps the exception with all that it was told, whatever a flow says of its results: that
    may be a statement's values, with somebody's name and address. And a flow that names no place asks the server for
    one at each run.
    """

    _block_type_name = "Nowhere"
    _block_document_id: UUID | None = UUID(int=0)
    """A flow takes a place only if a server knows it: this one is named, and never looked for."""

    async def read_path(self, path: str) -> bytes:
        """Find nothing."""
        raise FileNotFoundError(path)

    async def write_path(self, path: str, content: bytes) -> None:
        """Keep nothing."""
        del path, content


NOWHERE = Nowhere()


def forget_results(home: Path) -> bool:
    """Delete what runs of earlier releases left in Prefect's home when they failed; tell whether there was any."""
    kept = home / KEPT
    if not kept.is_dir():
        return False
    shutil.rmtree(kept, ignore_errors=True)
    if kept.exists():
        log.warning("results that Prefect had kept cannot be deleted: there may be names and addresses in them")
    else:
        log.info("results that Prefect had kept are deleted")
    return True
