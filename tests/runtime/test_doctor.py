"""The doctor: each check when it is good and when it is not, with its mend."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlmodel import select

from models import ProgrammeVersion
from models.session import Database
from notifications.publication import Finding, check_templates
from runtime import doctor, doctor_database, doctor_outside, timezone
from runtime.clock import Clock
from runtime.doctor import examine
from runtime.house import House
from runtime.settings import Settings
from tests import databases
from tests.notifications.certificates import certificate
from tests.notifications.post_office import (
    PostOffice,
    open_office,  # noqa: F401 - the fixture `office`
)
from tests.runtime.watchers import watcher
from tests.world import open_world

SECRET = "a secret of at least thirty-two letters"


@pytest.fixture
def safe(database_url: str) -> Iterator[Database]:
    """A database that waits for the disk, as it does outside tests."""
    url = make_url(database_url)
    if databases.IS_POSTGRESQL:  # the server of the tests does not wait by itself
        url = url.update_query_dict({"options": "-c synchronous_commit=on"})
    opened = Database(url.render_as_string(hide_password=False))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def templates_that_ship(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what ships checked once for all these tests: it does not change between them."""
    monkeypatch.setattr(doctor, "check_templates", checked)


@cache
def checked() -> list[Finding]:
    return check_templates()


def house_of(database: Database, **settings: object) -> House:
    return House(Settings(_env_file=None, **settings), Clock(), database)  # type: ignore[arg-type]


def told(house: House) -> list[str]:
    """Return what the doctor says, the mend behind it."""
    lines = []
    for one in examine(house):
        mend = f" -> {one.mend.say()}" if one.mend is not None else ""
        lines.append(f"{'good' if one.good else 'BAD'} {one.what.say()}{mend}")
        assert one.good == (one.mend is None)
    return lines


def line(house: House, start: str) -> str:
    """Return the one line that begins so."""
    [found] = [one for one in told(house) if one.partition(" ")[2].startswith(start)]
    return found


def test_everything_is_good_in_a_house_in_order(safe: Database, office: PostOffice, tmp_path: Path) -> None:
    office.password = "secret"
    office.close()
    office.open()
    (tmp_path / "mourafaka-20270104T023000.sqlite3").touch()
    house = house_of(
        safe,
        smtp_url=f"smtp://user:secret@127.0.0.1:{office.port}",
        secret_key=SECRET,
        base_url="https://suivi.example.ma",
        heartbeat_url="https://watch.example/ping/a-secret",
        metrics_token="a long enough token",
        backup_dir=tmp_path,
    )
    lines = told(house)
    assert [one for one in lines if not one.startswith("good ")] == []
    assert f"good Mail server: 127.0.0.1:{office.port} answers, and lets us in." in lines
    assert "good Heartbeat: watch.example hears of each whole round of mornings." in lines
    assert not any("a-secret" in one or SECRET in one for one in lines)
    assert office.kept == []


def test_old_time_zone_data(safe: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "PROBE", datetime(2020, 6, 15, 12))  # noqa: DTZ001 - a day when it was an hour ahead
    assert line(house_of(safe), "Time zone") == (
        "BAD Time zone data is old: Morocco would be an hour off. -> install tzdata 2026.3 or later with pip"
    )


@pytest.mark.sqlite
def test_database_that_is_not_there_yet_is_no_fault_and_is_not_made(tmp_path: Path) -> None:
    house = house_of(Database(f"sqlite:///{tmp_path}/none.sqlite3"))
    assert line(house, "Database").startswith("good Database: none yet at sqlite:///")
    assert list(tmp_path.iterdir()) == []


def test_database_that_does_not_answer_leaves_the_other_checks(tmp_path: Path) -> None:
    house = house_of(Database("postgresql+psycopg://somebody:secret@127.0.0.1:1/nowhere"))
    lines = told(house)
    found = line(house, "Database")
    assert found.startswith("BAD Database: postgresql+psycopg://somebody:***@127.0.0.1:1/nowhere cannot be used (")
    assert found.endswith("-> check its address, that its server runs, its disk and its rights")
    assert any("Prefect" in one for one in lines)


def test_schema_of_another_release(tmp_path: Path) -> None:
    bare = Database(databases.bare(tmp_path / "bare.sqlite3"))
    with bare.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE x (y int)")
    found = line(house_of(bare), "Database")
    assert ", schema –, is not of this release. -> make a copy with `mourafaka backup`" in found
    bare.close()
    databases.drop(bare.url)


def test_database_that_does_not_wait_for_the_disk(database: Database) -> None:
    start = "PostgreSQL" if databases.IS_POSTGRESQL else "SQLite: journal mode wal, synchronous 0"
    mend = "use PostgreSQL 14" if databases.IS_POSTGRESQL else "put the file on a disk of this machine"
    found = line(house_of(database), start)
    assert (found.startswith("BAD "), f"-> {mend}" in found) == (True, True)


def test_disk_that_is_nearly_full(safe: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_database, "LEAST_ROOM", 10**18)
    assert line(house_of(safe), "Disk").endswith("-> make room, or move the data folder")


class Ahead(Clock):
    """Two hours ahead, and real."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=2)


def test_clock_apart_from_the_database_server_s(safe: Database) -> None:
    good, ahead = house_of(safe), replace(house_of(safe), clock=Ahead())
    virtual = replace(good, clock=Clock(good.clock.now() - timedelta(days=300)))
    lines = [[one for one in told(house) if "Clock" in one] for house in (good, ahead, virtual)]
    if databases.IS_POSTGRESQL:
        assert lines[0] == ["good Clock: as the database server's."]
        assert lines[1][0].startswith("BAD Clock: 7200 s apart from the database server's. -> have both machines")
        assert lines[2] == []
    else:
        assert lines == [[], [], []]


def test_published_version_that_cannot_be_read(safe: Database) -> None:
    open_world(safe, cooperatives=0)
    with safe.transaction() as session:
        session.exec(select(ProgrammeVersion)).one().body = "programme: ["
    found = line(house_of(safe), "Published versions")
    assert found.startswith(
        "BAD Published versions of the programme that cannot be read: 1; their cohorts stand still. -> Version 1 of "
        "mourafaka cannot be read any more: put the release back that read it, or a copy with `mourafaka restore`; it "
        "said: the definition does not check"
    )


@pytest.mark.parametrize(("hours", "is_good"), [(30, True), (49, False)])
def test_age_of_the_newest_copy(safe: Database, tmp_path: Path, hours: int, is_good: bool) -> None:
    for name, age in (("mourafaka-1.sqlite3", hours), ("mourafaka-2.dump", 900), ("notes.txt", 0)):
        (tmp_path / name).touch()
        then = (Clock().now() - timedelta(hours=age)).timestamp()
        os.utime(tmp_path / name, (then, then))
    found = line(house_of(safe, backup_dir=tmp_path), "Copies")
    assert f"the newest in {tmp_path} is {hours} hours old." in found
    assert found.startswith("good") == is_good


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_folder_without_copies(safe: Database, tmp_path: Path, folder: str) -> None:
    where = tmp_path / folder
    assert line(house_of(safe, backup_dir=where), "Copies") == (
        f"BAD Copies of the database: none in {where}. -> run `mourafaka backup {where}` every night"
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a-package-that-is-not-there": ("1", "2")}, "BAD Prefect is missing. -> install the program again"),
        ({"prefect": ("3.8", "3.8.1")}, f"BAD Packages that were not tried together: prefect {version('prefect')}. ->"),
    ],
)
def test_packages_that_do_not_fit(
    safe: Database, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, tuple[str, str]], found: str
) -> None:
    monkeypatch.setattr(doctor_outside, "WANTED", wanted)
    assert any(one.startswith(found) for one in told(house_of(safe)))


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (200, f'"{version("prefect")}"', f"good Prefect's server at {{url}} answers, version {version('prefect')}."),
        (200, '"2.20.1"', "BAD Prefect's server at {url} is version 2.20.1, we are"),
        (401, "", "BAD Prefect's server at {url} does not let us in (401). -> set PREFECT_API_AUTH_STRING"),
        (200, "<html>", "BAD Prefect's server at {url} does not answer ("),
    ],
)
def test_prefect_server_that_is_named(
    safe: Database, monkeypatch: pytest.MonkeyPatch, status: int, body: str, found: str
) -> None:
    with watcher() as server:
        server.status, server.body = status, body.encode()
        url = server.url(path="/api")
        monkeypatch.setenv("PREFECT_API_URL", url)
        assert line(house_of(safe), "Prefect's server").startswith(found.format(url=url))
        assert server.heard == ["/api/admin/version"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/api", "file:///etc/passwd"])
def test_prefect_server_that_is_not_there(safe: Database, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PREFECT_API_URL", url)
    found = line(house_of(safe), "Prefect's server")
    assert found.startswith(f"BAD Prefect's server at {url} does not answer (")
    assert found.endswith("-> start it, or unset PREFECT_API_URL: `mourafaka run-day` then brings its own")


def test_mail_server_that_refuses_the_login(safe: Database, office: PostOffice) -> None:
    office.password = "another"
    office.close()
    office.open()
    found = line(house_of(safe, smtp_url=f"smtp://user:secret@127.0.0.1:{office.port}"), "Mail server")
    assert found.startswith(f"BAD Mail server: 127.0.0.1:{office.port} does not let us in (")
    assert found.endswith("-> check the user and the password in MOURAFAKA_SMTP_URL")
    assert "secret" not in found


def test_mail_server_without_tls(safe: Database, office: PostOffice) -> None:
    found = line(house_of(safe, smtp_url=f"smtp://127.0.0.1:{office.port}?tls=required"), "Mail server")
    assert found.endswith("-> ask for the port that has TLS: often 587, or smtps:// and 465")


def test_mail_server_whose_certificate_nobody_vouches_for(safe: Database, tmp_path: Path) -> None:
    context, _ = certificate(tmp_path)
    office = PostOffice(tls=context)
    office.open()
    try:
        found = line(house_of(safe, smtp_url=f"smtp://127.0.0.1:{office.port}?tls=required"), "Mail server")
    finally:
        office.close()
    assert found.endswith("-> name the server as its certificate does, or have it renewed")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (None, "BAD No mail server is set. -> put MOURAFAKA_SMTP_URL="),
        ("smtp://127.0.0.1:1", "BAD Mail server: 127.0.0.1:1 does not answer ("),
        ("http://mail.example", "BAD The mail server's address is wrong. -> "),
    ],
)
def test_mail_server_that_cannot_be_asked(safe: Database, url: str | None, found: str) -> None:
    assert any(one.startswith(found) for one in told(house_of(safe, smtp_url=url)))


@pytest.mark.parametrize(
    ("base", "found"),
    [
        ("https://suivi.example.ma", "good Links in messages lead to https://suivi.example.ma."),
        ("http://suivi.example.ma", "BAD Links in messages lead to http://suivi.example.ma, in clear: whoever"),
        ("http://127.0.0.1:8000", "BAD Links in messages lead to http://127.0.0.1:8000, which opens on this machine"),
    ],
)
def test_address_of_the_pages(safe: Database, base: str, found: str) -> None:
    assert line(house_of(safe, secret_key=SECRET, base_url=base), "Links").startswith(found)


def test_secret_key_that_is_short(safe: Database) -> None:
    assert line(house_of(safe, secret_key="short"), "Links").startswith(
        "BAD Links in messages: the secret key is short"
    )


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (None, "good Heartbeat: none is set (MOURAFAKA_HEARTBEAT_URL); nobody outside notices when nothing runs."),
        ("watch.example/ping", "BAD Heartbeat: MOURAFAKA_HEARTBEAT_URL is no address. -> write https://…"),
        ("http://watch.example/ping", "BAD Heartbeat: watch.example is asked in clear. -> write https://…"),
    ],
)
def test_address_of_the_heartbeat(safe: Database, url: str | None, found: str) -> None:
    assert line(house_of(safe, heartbeat_url=url), "Heartbeat") == found


def test_heartbeat_is_not_asked_for(safe: Database) -> None:
    with watcher() as outside:
        assert line(house_of(safe, heartbeat_url=outside.url()), "Heartbeat").startswith("good Heartbeat: 127.0.0.1")
        assert outside.heard == []


def test_token_of_the_figures_that_is_short(safe: Database) -> None:
    found = line(house_of(safe, metrics_token="short"), "Figures")
    assert found.startswith("BAD Figures (/metrics): the token is short")


def test_documents_need_no_font_yet(safe: Database) -> None:
    assert line(house_of(safe), "Fonts") == "good Fonts: none is needed, as no document is made yet."
