"""The composition root: one database, clock, mail server and pace, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path

from actions.handing_over import redirect
from actions.mornings import Support
from actions.sending import opening_hours
from models import migrate
from models.session import Database
from notifications import compiled
from notifications.answers import Mailer
from notifications.delivery import Compose, Post
from notifications.links import Links
from notifications.messages import message_of
from notifications.services import Services, read_services
from notifications.signing import Signer, read_signer, signed
from notifications.slowly import Slowly
from notifications.smtp import Sender, SmtpMailer, read_smtp_url
from programme.errors import NoSmtp, RealMailWithVirtualClock
from programme.settings_errors import DataFolderUnusable
from programme.system_words import system_words
from runtime.chance import fresh_token
from runtime.clock import Clock, read_as_of
from runtime.garbage import settle
from runtime.liveness import this_process
from runtime.settings import Settings

AT_HOME, ELSEWHERE, MOST = 8, 2, 16
"""Connections at once, where nothing else is set: eight for each process, up to sixteen.

A server on this machine waits for nobody but our own database, which
writes down what it answered on all of them in one go. One elsewhere serves others too: of the large ones the strictest
lets three in at once, and one that a crash left open counts there until it is noticed (docs/adr/0012)."""


@dataclass(frozen=True)
class Share:
    """Which of several senders this is, from 0, and of how many: each has its part of the connections.

    ``processes`` is how many processes send in all, the senders' clerks too.
    """

    number: int = 0
    of: int = 1
    processes: int = 1

    def part(self, connections: int) -> int:
        """Return how many of so many connections are its own, one at the least."""
        return max(1, connections // self.of + (self.number < connections % self.of))


ALL = Share()


@dataclass
class House:
    """Everything that a command or a flow needs to do its work."""

    settings: Settings
    clock: Clock
    database: Database
    mailer: Mailer | None = None
    allow_real_mail: bool = False
    compose: Compose = message_of
    new_token: Callable[[], str] = fresh_token
    breaker: bool = True

    @property
    def sender(self) -> Sender:
        """Return whom messages come from."""
        name, address = parseaddr(self.settings.mail_from)
        return Sender(address, name or "Mourafaka")

    @property
    def support(self) -> Support:
        """Return whom a coordinator calls when nothing ran."""
        return Support(self.settings.support_name, self.settings.support_phone)

    def post(self, share: Share = ALL) -> Post:
        """Return what sending needs, or one of several senders' share of it.

        Refused without a mail server, or with a real one under a virtual clock.
        """
        mailer, rate = self.mailer or self._smtp(), self.settings.send_rate
        if rate:
            mailer = Slowly(mailer, rate, now=self.clock.now, wait=self.clock.wait)
        return Post(
            self.database,
            mailer,
            self.sender,
            self.settings.pace,
            self.clock.now,
            self._composer(),
            this_process(),
            pass_on=redirect,
            hours=opening_hours,
            breaker=self.breaker,
            links=self.links if self.compose is message_of else None,
            services=self.services(),
            beside=self._beside(share),
        )

    def _beside(self, share: Share) -> tuple[Mailer, ...]:
        """Return the connections beside the first; a rate is kept by one alone."""
        if self.mailer is not None or self.settings.send_rate or not self.settings.smtp_url:
            return ()
        return tuple(self._smtp() for _ in range(share.part(self.connections(share.processes)) - 1))

    def connections(self, processes: int = 1) -> int:
        """Return how many connections so many processes have to the mail server in all."""
        if self.settings.send_connections:
            return self.settings.send_connections
        at_home = read_smtp_url(self.settings.smtp_url or "smtp://localhost").is_loopback
        return min(AT_HOME * processes, MOST) if at_home else ELSEWHERE

    @property
    def links(self) -> Links | None:
        """Return what makes the links of messages; None without a secret key, and the telephone stays."""
        secret = self.settings.secret_key
        return Links(secret, self.settings.base_url) if secret else None

    def _composer(self) -> Compose:
        """Return what makes messages; signed where a key is set. A rehearsal's text is not."""
        signer = self.signer()
        return signed(self.compose, signer) if signer is not None and self.compose is message_of else self.compose

    def signer(self) -> Signer | None:
        """Return what signs messages; None where no key is set, refused where it could not sign."""
        wanted = self.settings
        return read_signer(wanted.dkim_key_file, wanted.dkim_domain, wanted.dkim_selector)

    def services(self) -> Services | None:
        """Return the services that get copies; under a virtual clock only those on this machine."""
        if self.compose is not message_of:
            return None
        file = self.settings.services_file
        found = read_services(file) if file is not None else Services()
        if not self.clock.is_virtual or self.allow_real_mail:
            return found
        elsewhere = frozenset(one.name for one in found.all if not one.is_loopback)
        return Services(tuple(one for one in found.all if one.is_loopback), elsewhere)

    def _smtp(self) -> Mailer:
        if not self.settings.smtp_url:
            raise NoSmtp
        server = read_smtp_url(self.settings.smtp_url)
        if self.clock.is_virtual and not server.is_loopback and not self.allow_real_mail:
            raise RealMailWithVirtualClock(as_of=self.clock.now().isoformat(timespec="minutes"), host=server.host)
        return SmtpMailer(server, self.sender, reply_seconds=self.settings.reply_seconds)


_house: House | None = None


def build(
    settings: Settings | None = None,
    *,
    as_of: str | None = None,
    allow_real_mail: bool = False,
    as_it_is: bool = False,
) -> House:
    """Open the database and put the house together.

    The database is made or migrated when it needs to be; ``as_it_is`` does not even ask whether it answers.
    """
    settings = settings or Settings()
    moment = as_of or settings.as_of
    clock = Clock(read_as_of(moment) if moment else None)
    if settings.database_url is None:
        _make_folder(settings.data_dir)
    database = Database(settings.url)
    if not as_it_is:
        migrate.upgrade(database.engine)
    if settings.data_dir.is_dir():
        compiled.keep_in(settings.data_dir / "compiled")
    settle()
    return House(settings, clock, database, allow_real_mail=allow_real_mail)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderUnusable(folder=folder, problem=system_words(error)) from error


def use(house: House) -> House:
    """Make a house the one that this process's flows work in."""
    global _house  # noqa: PLW0603 - flows are started by Prefect: their house can only be found here
    _house = house
    return house


def current() -> House:
    """Return this process's house, built from the settings at the first call."""
    return _house or use(build())
