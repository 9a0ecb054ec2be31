"""Whether all is well, for a watcher from outside: a number, and nothing of what is kept here."""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from actions.health import ailments
from runtime.house import House

router = APIRouter()


@router.api_route("/healthz", methods=["GET", "HEAD"])
def healthz(request: Request) -> JSONResponse:
    """Answer 200 when all is well, else 503; the reasons are for those who can run `mourafaka health`."""
    house: House = request.app.state.house
    try:
        with house.database.reading() as session:
            count = len(ailments(session, house.clock.now()))
    except SQLAlchemyError:
        return JSONResponse({"status": "no database"}, 503)
    return JSONResponse({"status": "unwell" if count else "ok", "reasons": count}, 503 if count else 200)
