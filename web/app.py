"""Puts the web application together: its routers, one answer for what is not there, and the rules of every answer."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from programme.errors import Refusal
from runtime.house import House
from web import feeds, health, links, metrics
from web.pages import problem, refused
from web.security import Guard
from web.static import Styles

ROUTERS = (health.router, metrics.router, feeds.router, links.router)
"""One router a page or kind of page; each finds the house at `request.app.state.house`."""


def app_for(house: House) -> FastAPI:
    """Return the application that serves this house.

    It describes itself to nobody (no docs, no OpenAPI), and sends nobody anywhere by the name that a
    request gives its host.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.house = house
    app.state.metrics = metrics.registry_for(house)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", Styles())
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_exception_handler(Refusal, _refused)
    app.add_middleware(Guard, base_url=house.settings.base_url)
    return app


async def _refused(request: Request, refusal: Exception) -> Response:
    """Answer with a page; an address that cannot be read is one that is not there."""
    del request
    if isinstance(refusal, Refusal):
        return refused(refusal)
    status = refusal.status_code if isinstance(refusal, HTTPException) else 404
    headers = refusal.headers if isinstance(refusal, HTTPException) else None
    return problem(status, headers)
