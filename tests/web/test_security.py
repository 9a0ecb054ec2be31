"""What holds for every answer: strict headers, one page for what is not there, nothing about the inside."""

from __future__ import annotations

import logging

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from programme.people_errors import NotFollowed
from runtime.house import House
from web.app import app_for

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
    "strict-transport-security": "max-age=31536000",
}
SECRET = "coop1@coop.example and a token"


def with_page(house: House, router: APIRouter) -> TestClient:
    app = app_for(house)
    app.include_router(router)
    return TestClient(app, base_url="https://suivi.example.ma")


def odd_pages() -> APIRouter:
    router = APIRouter()

    @router.get("/broken/{word}")
    def broken(word: str) -> None:
        raise RuntimeError(word)

    @router.get("/refused")
    def refused() -> None:
        raise NotFollowed(enrolment="SM-2027/001", coach="c1", on="2027-01-20")

    @router.post("/act")
    def act() -> dict[str, str]:
        return {"done": "yes"}

    return router


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/calendar/unknown.ics"])
def test_every_answer_keeps_a_browser_strict(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/nowhere", "/static", "/static/../app.py", "/"])
def test_nothing_describes_the_inside(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.text) == (404, client.get("/calendar/unknown.ics").text)


def test_missing_page_is_said_in_french_and_arabic(client: TestClient) -> None:
    page = client.get("/nowhere").text
    assert page.startswith('<!doctype html>\n<html lang="fr" dir="ltr">')
    assert '<section lang="fr" dir="ltr">' in page
    assert '<section lang="ar" dir="rtl">' in page


def test_host_s_name_is_never_used(client: TestClient) -> None:
    for path in ("/healthz/", "/calendar", "/nowhere"):
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, "location" in answer.headers) == (404, False)
        assert "evil.example" not in answer.text + str(answer.headers)


def test_stylesheet_may_be_kept(client: TestClient) -> None:
    answer = client.get("/static/pages.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=3600")
    assert answer.headers["content-type"].startswith("text/css")


def test_failure_shows_a_page_and_logs_its_place_without_its_words(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = with_page(house, odd_pages()).get(f"/broken/{SECRET}")
    assert (answer.status_code, SECRET in answer.text) == (500, False)
    said = [record.getMessage() for record in caplog.records if record.name == "mourafaka.web"]
    assert len(said) == 1
    assert said[0].startswith("A page failed: RuntimeError < broken (")
    assert SECRET not in said[0]


def test_refusal_is_said_with_what_to_do(house: House) -> None:
    answer = with_page(house, odd_pages()).get("/refused")
    assert answer.status_code == 409
    assert "SM-2027/001" in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://suivi.example.ma"}, 200),
        ({"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_what_another_site_posts_is_not_done(house: House, headers: dict[str, str], status: int) -> None:
    assert with_page(house, odd_pages()).post("/act", headers=headers).status_code == status


def test_wrong_method_is_told_with_the_right_ones(client: TestClient) -> None:
    answer = client.post("/healthz")
    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
