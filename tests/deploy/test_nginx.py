"""The nginx file: it names the port and the paths that the program has, and writes no secret address down."""

from __future__ import annotations

import re
import shutil
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute

from actions.feeds import new_feed
from actions.unwanted import refusals
from cli.web import LOOPBACK, WEB_PORT
from models.session import Database
from notifications.links import PATH
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from tests.deploy.proxy import FILE, Proxy, proxy
from tests.linking import SECRET, early_reminder, link_to, tokens
from tests.web.test_serving import served
from tests.world import at, open_followed, step_row
from web.app import ROUTERS
from web.forms import LARGEST
from web.pages import PROBLEMS, words
from web.serving import listening

TEXT = FILE.read_text(encoding="utf-8")
TODAY = date(2027, 1, 12)
BASE = "https://mourafaka.example.org"
FEED = "a-token-of-the-coach-c1-behind-a-proxy"
needs_nginx = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed here")


def _routes() -> set[str]:
    return {route.path for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}


def test_it_asks_where_the_pages_are() -> None:
    assert re.findall(r"proxy_pass (\S+);", TEXT) == [f"http://{LOOPBACK}:{WEB_PORT}"]


def test_it_lets_in_as_much_as_a_form_may_be_and_keeps_it_in_memory() -> None:
    assert f"client_max_body_size {LARGEST // 1024}k;" in TEXT
    assert f"client_body_buffer_size {LARGEST // 1024}k;" in TEXT


def test_every_page_of_the_program_has_its_name_in_the_log() -> None:
    """A new kind of page is thought of here too: whether its address is a secret."""
    assert _routes() == {"/healthz", "/metrics", "/calendar/{token}.ics", f"{PATH}{{token}}"}
    assert re.findall(r"^    ~?\^?(/\S*)\s+(\S+);$", TEXT, re.MULTILINE) == [
        ("/l/", "/l/-"),
        ("/calendar/", "/calendar/-"),
        ("/static/", "/static/-"),
        ("/healthz", "/healthz"),
    ]


def test_log_has_no_address_of_a_page() -> None:
    [format_] = re.findall(r"log_format mourafaka ([^;]+);", TEXT)
    assert set(re.findall(r"\$\{?(\w+)", format_)) == {
        "remote_addr", "time_iso8601", "request_method", "mourafaka_page", "status", "body_bytes_sent", "request_time",
        "upstream_status", "limit_req_status",
    }  # fmt: skip
    servers = len(re.findall(r"^server \{", TEXT, re.MULTILINE))
    assert len(re.findall(r"access_log \S+ mourafaka;", TEXT)) == TEXT.count("error_log /dev/null;") == servers == 2


def test_figures_are_not_for_outside() -> None:
    assert re.search(r"location = /metrics \{\s+return 404;", TEXT)


def test_its_own_sentence_is_that_of_the_pages() -> None:
    remedy = PROBLEMS[500][1]
    assert all(remedy.say(words(language)) in TEXT for language in ("fr", "ar"))


@dataclass(frozen=True)
class Front:
    """A proxy before pages, with addresses that open something there."""

    proxy: Proxy
    client: httpx.Client
    step: str
    unwanted: str
    port: int


@pytest.fixture
def front(database: Database, tmp_path: Path) -> Iterator[Front]:
    open_followed(database, cooperatives=2)
    [unwanted] = tokens(early_reminder(database))
    step = link_to(database, "start.contact")
    with database.transaction() as session:
        new_feed(session, code="c1", token=FEED, by="k1", now=at(TODAY))
    house = House(Settings(base_url=BASE, secret_key=SECRET), Clock(at(TODAY, 10)), database)
    with served(house, listening("127.0.0.1", 0)) as port, proxy(tmp_path, port) as made:
        trusted = ssl.create_default_context(cafile=made.authority)
        with httpx.Client(base_url=made.https, verify=trusted) as client:
            yield Front(made, client, step, unwanted, port)


@needs_nginx
@pytest.mark.slow
def test_links_of_a_mail_and_a_calendar_work_through_it_and_are_written_nowhere(
    front: Front, database: Database
) -> None:
    secret, of = {"Origin": BASE, "Sec-Fetch-Site": "same-origin", "Referer": f"{BASE}/l/{front.step}"}, front.client
    shown = of.get(f"/l/{front.step}", headers=secret)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert shown.headers.get_list("strict-transport-security") == ["max-age=31536000"]
    assert of.post(f"/l/{front.step}", data={"on": "2027-01-12"}, headers=secret).headers["location"] == (
        f"/l/{front.step}"
    )
    assert of.post(f"/l/{front.step}", headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert of.post(f"/l/{front.unwanted}", content=b"List-Unsubscribe=One-Click").status_code == 200
    with database.reading() as session:
        assert step_row(session, "start.contact").done_on == TODAY
        assert [one.how for one in refusals(session)] == ["mail program"]
    feed = of.get(f"/calendar/{FEED}.ics")
    assert (feed.status_code, feed.headers["cache-control"]) == (200, "private, no-store")
    assert of.get(f"/calendar/{FEED}.ics", headers={"If-None-Match": feed.headers["etag"]}).status_code == 304
    moved = httpx.get(f"{front.proxy.http}/l/{front.step}")
    assert (moved.status_code, moved.headers["location"]) == (301, f"{BASE}/l/{front.step}")
    logs = front.proxy.logs()
    assert logs.count(" /l/- ") == 5
    assert not any(one in logs for one in (front.step, front.unwanted, FEED))


@needs_nginx
@pytest.mark.slow
def test_what_is_not_for_outside_stays_inside(front: Front) -> None:
    health = front.client.get("/healthz")
    assert (health.status_code, health.json()["status"]) == (503, "unwell")  # the program's own answer, not the proxy's
    for path in ("/metrics", "/%6detrics", "//metrics", "/metrics/", "/metrics?all", "/x/../metrics"):
        assert front.client.get(path).status_code == 404
    assert httpx.get(f"http://127.0.0.1:{front.port}/metrics").status_code == 200
    assert front.client.post(f"/l/{front.step}", content=b"a" * (LARGEST + 1)).status_code == 413


@needs_nginx
@pytest.mark.slow
def test_who_asks_too_much_is_told_to_wait(front: Front) -> None:
    found = [front.client.get("/static/none.css").status_code for _ in range(200)]
    assert set(found) == {404, 429}
    assert found.index(429) > 90


@needs_nginx
@pytest.mark.slow
def test_pages_that_are_away_are_told_in_french_and_arabic_and_written_nowhere(tmp_path: Path) -> None:
    with proxy(tmp_path, 1) as made:
        trusted = ssl.create_default_context(cafile=made.authority)
        away = httpx.get(f"{made.https}/l/a-secret-of-somebody", verify=trusted)
        assert (away.status_code, away.headers["cache-control"]) == (502, "no-store")
        assert all(word in away.text for word in ("Rien n’est perdu", "لم يضع شيء"))
        assert (" 502 " in made.logs(), "a-secret" in made.logs()) == (True, False)
