"""The composition root: one database, clock, mail server and pace, put together from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from actions.handing_over import redirect
from models import migrate
from models.session import Database
from notifications.answers import Mailer
from notifications.delivery import Compose, Post
from notifications.messages import message_of
from notifications.slowly import Slowly
from notifications.smtp import Sender, SmtpMailer, read_smtp_url
from programme.errors import NoSmtp, RealMailWithVirtualClock
from runtime.clock import Clock, read_as_of
from runtime.liveness import this_process
from runtime.settings import Settings


@dataclass
class House:
    """Everything that a command or a flow needs to do its work."""

    settings: Settings
    clock: Clock
    database: Database
    mailer: Mailer | None = None
    allow_real_mail: bool = False
    compose: Compose = message_of

    @property
    def sender(self) -> Sender:
        """Return whom messages come from."""
        name, address = parseaddr(self.settings.mail_from)
        return Sender(address, name or "Mourafaka")

    def post(self) -> Post:
        """Return what sending needs; refused without a mail server, or with a real one under a virtual clock."""
        mailer, rate = self.mailer or self._smtp(), self.settings.send_rate
        if rate:
            mailer = Slowly(mailer, rate, now=self.clock.now, wait=self.clock.wait)
        return Post(
            self.database,
            mailer,
            self.sender,
            self.settings.pace,
            self.clock.now,
            self.compose,
            this_process(),
            pass_on=redirect,
        )

    def _smtp(self) -> Mailer:
        if not self.settings.smtp_url:
            raise NoSmtp
        server = read_smtp_url(self.settings.smtp_url)
        if self.clock.is_virtual and not server.is_loopback and not self.allow_real_mail:
            raise RealMailWithVirtualClock(as_of=self.clock.now().isoformat(timespec="minutes"), host=server.host)
        return SmtpMailer(server, self.sender)


_house: House | None = None


def build(settings: Settings | None = None, *, as_of: str | None = None, allow_real_mail: bool = False) -> House:
    """Open the database (made or migrated when it needs to be) and put the house together."""
    settings = settings or Settings()
    moment = as_of or settings.as_of
    clock = Clock(read_as_of(moment) if moment else None)
    if settings.database_url is None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.url)
    migrate.upgrade(database.engine)
    return House(settings, clock, database, allow_real_mail=allow_real_mail)


def use(house: House) -> House:
    """Make a house the one that this process's flows work in."""
    global _house  # noqa: PLW0603 - flows are started by Prefect: their house can only be found here
    _house = house
    return house


def current() -> House:
    """Return this process's house, built from the settings at the first call."""
    return _house or use(build())
