"""The demo's messages have links that open in its own pages; its ledger does not depend on the key that makes them."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cli.demo import AS_OF, CODE, KEY_FILE, prepare, sample_list, settings_of
from models.session import Database
from notifications.answers import MemoryMailer
from runtime.clock import Clock, read_as_of
from runtime.house import House
from runtime.mailbox import LocalMailbox
from simulation import years
from simulation.people import People
from tests import databases
from web.app import app_for

ROOT = Path(__file__).parents[2]
UNTIL = date(2027, 1, 22)

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]


def lived(folder: Path) -> tuple[House, MemoryMailer, str]:
    """Live a demo's first weeks without Prefect; return its house, its mails and its ledger's hash."""
    folder.mkdir()
    database = Database(databases.empty(folder / "mourafaka.sqlite3"), durable=False)
    mailer = MemoryMailer()
    with LocalMailbox(folder / "mailbox") as mailbox:
        settings = settings_of(folder, mailbox)
    house = House(settings, Clock(read_as_of(AS_OF)), database, mailer=mailer)
    prepare(house)
    found = years.live(house, CODE, People(1), until=UNTIL, morning=years.plain_morning, delivery=years.plain_delivery)
    return house, mailer, found.hash


def links(mailer: MemoryMailer) -> list[str]:
    """Return the addresses of links in the plain texts of messages."""
    texts = [message_from_bytes(body, policy=policy.default).get_body(("plain",)) for _, body in mailer.sent]
    return [
        link for text in texts if text for link in re.findall(r"http://127\.0\.0\.1:8000/l/\S+", text.get_content())
    ]


def test_demo_has_links_and_a_ledger_that_no_key_changes(tmp_path: Path) -> None:
    house, mailer, first = lived(tmp_path / "one")
    other, _, second = lived(tmp_path / "two")
    assert (tmp_path / "one" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert house.settings.secret_key != other.settings.secret_key
    assert first == second
    found = links(mailer)
    assert len(found) > 10
    with TestClient(app_for(house), base_url="http://127.0.0.1:8000") as client:
        assert client.get(found[-1]).status_code == 200
    with TestClient(app_for(other), base_url="http://127.0.0.1:8000") as client:
        assert client.get(found[-1]).status_code == 404
    house.database.close()
    other.database.close()


def test_demo_finds_its_list_from_any_folder_and_a_wheel_carries_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sample_list() == ROOT / "examples" / "souss-massa-33.xlsx"
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    carried = build["targets"]["wheel"]["force-include"]
    assert carried == {"examples/souss-massa-33.xlsx": "simulation/souss-massa-33.xlsx"}
    assert (ROOT / next(iter(carried))).is_file()
