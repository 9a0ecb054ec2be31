"""What the house hands to the sending: the hours, the breaker, and how long an answer is awaited."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from actions.sending import opening_hours
from models.session import Database
from notifications.slowly import Slowly
from notifications.smtp import SmtpMailer
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from simulation.years import without_mail
from tests.world import at


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    settings = Settings(data_dir=tmp_path, smtp_url="smtp://127.0.0.1:1", reply_seconds=7, _env_file=None)
    return House(settings, Clock(at(date(2027, 1, 9), 18)), database)


def test_house_sends_within_the_hours_and_behind_the_breaker(house: House) -> None:
    post = house.post()
    assert (post.breaker, post.hours) == (True, opening_hours)
    assert post.with_hours().pace.hours.opening(None, house.clock.now()) == at(date(2027, 1, 12), 9)


def test_house_awaits_an_answer_as_long_as_it_is_told(house: House) -> None:
    mailer = house.post().mailer
    assert isinstance(mailer, SmtpMailer)
    assert mailer._backend.smtp_cls_kwargs["timeout"] == 7
    assert Settings(_env_file=None).reply_seconds == 120


def test_rehearsal_has_no_breaker(house: House) -> None:
    assert without_mail(house).post().breaker is False


def test_house_opens_as_many_connections_as_it_is_told(house: House) -> None:
    house.settings.send_connections = 3
    mailers = house.post().mailers
    assert (len(set(map(id, mailers))), {type(mailer) for mailer in mailers}) == (3, {SmtpMailer})


@pytest.mark.parametrize(("url", "connections"), [("smtp://127.0.0.1:2525", 8), ("smtp://mail.example:587", 2)])
def test_house_opens_few_connections_to_a_server_that_others_use_too(house: House, url: str, connections: int) -> None:
    house.settings.smtp_url, house.allow_real_mail = url, True
    assert len(house.post().mailers) == connections


def test_rate_is_kept_by_one_connection(house: House) -> None:
    house.settings.send_connections, house.settings.send_rate = 3, 5
    assert [type(mailer) for mailer in house.post().mailers] == [Slowly]
