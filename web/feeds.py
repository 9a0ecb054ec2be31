"""Calendars that programs subscribe to, by a secret address."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from actions.feeds import feed_of, reader_of
from runtime.house import House

router = APIRouter()

KEPT_BY_NOBODY = {"Cache-Control": "private, no-store"}


@router.api_route("/calendar/{token}.ics", methods=["GET", "HEAD"])
def calendar(request: Request, token: str) -> Response:
    """Answer with the coach's calendar, or that it has not changed; of all that opens nothing, one is like the other.

    It changes nothing: a link is opened by scanners too.
    """
    house: House = request.app.state.house
    today = house.clock.today()
    with house.database.reading() as session:
        person = reader_of(session, token, today=today)
        if person is None:
            raise HTTPException(404)
        body = feed_of(session, person, today=today).encode()
    headers = {**KEPT_BY_NOBODY, "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
    if _has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def _has(request: Request, tag: str) -> bool:
    """Tell whether the asker holds these very bytes (RFC 9110, 13.1.2: compared weakly, and * is whatever there is)."""
    held = request.headers.get("If-None-Match", "")
    return held.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in held.split(",")}
