"""The stylesheet: no secret, the same for everybody, and kept by browsers for an hour."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import templates

FOLDER = Path(templates.__file__).parent / "web" / "static"


class Styles(StaticFiles):
    """The files of `templates/web/static`."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file that may be kept for a while."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer
