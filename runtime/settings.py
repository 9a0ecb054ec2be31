"""Settings from the environment or `.env`, prefix MOURAFAKA_."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from notifications.outbox import Pace
from programme.errors import SecretMissing
from programme.intake_contact import read_phone
from programme.settings_errors import SecretShort, SettingsUnreadable, SettingWrong
from programme.system_words import system_words
from programme.wording import Sentence, sentence

SHORTEST_SECRET = 32
"""Letters of a secret key, at the least: 128 bits in hexadecimal digits."""


class Settings(BaseSettings):
    """What a place that runs the program decides; every name stands in CONTRIBUTING.md and in `.env.example`.

    One that is left empty has its default; one that cannot be used is refused with what to write.
    """

    model_config = SettingsConfigDict(env_prefix="MOURAFAKA_", env_file=".env", extra="ignore", env_ignore_empty=True)

    database_url: str | None = None
    data_dir: Path = Path("data")
    smtp_url: str | None = None
    mail_from: str = "Mourafaka <mourafaka@localhost>"
    base_url: str = "http://127.0.0.1:8000"
    secret_key: str | None = None
    as_of: str | None = None
    retry_base_seconds: float = Field(default=60, ge=0)
    lease_seconds: float = Field(default=300, gt=0)
    reply_seconds: float = Field(default=120, gt=0, description="how long a mail server's answer is awaited")
    send_rate: float = Field(default=0, ge=0, description="messages a second at the most; 0 is no limit")
    send_connections: int | None = Field(
        default=None, ge=1, le=16, description="connections to the mail server at once: 8 on this machine, 2 elsewhere"
    )
    send_processes: int | None = Field(
        default=None, ge=1, le=8, description="processes that send at once: one for each processor, if enough waits"
    )
    language: str | None = None
    dkim_key_file: Path | None = None
    dkim_domain: str | None = None
    dkim_selector: str | None = None
    services_file: Path | None = None
    postgresql_bin: Path | None = Field(default=None, description="the folder of pg_dump and pg_restore")
    backup_dir: Path | None = Field(default=None, description="where copies are made: the doctor looks at their age")
    heartbeat_url: str | None = Field(default=None, description="asked for when a morning's round has ended")
    support_name: str | None = Field(default=None, description="who keeps the system running, as coordinators read it")
    support_phone: str | None = Field(default=None, description="their telephone; kept as it is dialled (E.164)")
    log_format: Literal["json", "plain"] | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] | None = None
    metrics_token: str | None = Field(default=None, description="asked of who reads /metrics from elsewhere")
    retention_years: int = Field(default=5, ge=1, le=100, description="years after closing, then pseudonymised")

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            flaw: Mapping[str, Any] = dict(error.errors()[0])
            raise SettingWrong(setting=f"MOURAFAKA_{flaw['loc'][0]}".upper(), wanted=_wanted(flaw)) from error
        except UnicodeDecodeError as error:
            raise SettingsUnreadable(problem=system_words(error)) from error
        except OSError as error:
            raise SettingsUnreadable(problem=system_words(error)) from error

    @field_validator("mail_from")
    @classmethod
    def _has_an_address(cls, value: str) -> str:
        name, _at, domain = parseaddr(value)[1].partition("@")
        if not (name and domain):
            raise ValueError("Name <name@example.org>")
        return value

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname:
            raise ValueError("https://host")
        return value

    @field_validator("support_phone")
    @classmethod
    def _can_be_dialled(cls, value: str | None) -> str | None:
        read = read_phone(value) if value else None
        if isinstance(read, Sentence):
            raise ValueError("0528000001 / +212528000001")  # noqa: TRY004 - what is wrong is the value
        return read

    @property
    def url(self) -> str:
        """Return the database's URL; by default a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'mourafaka.sqlite3'}"

    def pages_secret(self) -> str:
        """Return the secret key; the pages are refused without one, or with one that could be guessed."""
        if not self.secret_key:
            raise SecretMissing
        if len(self.secret_key) < SHORTEST_SECRET:
            raise SecretShort(least=SHORTEST_SECRET)
        return self.secret_key

    @property
    def lease(self) -> timedelta:
        """Return how long a message, a morning or a run belongs to a process that gives no sign of life."""
        return timedelta(seconds=self.lease_seconds)

    @property
    def pace(self) -> Pace:
        """Return the outbox's waits."""
        return Pace(self.lease, timedelta(seconds=self.retry_base_seconds))


def _wanted(flaw: Mapping[str, Any]) -> Sentence | str:
    """Say what may be written instead, by what pydantic found; it does not repeat what was written."""
    limits, kind = flaw.get("ctx", {}), flaw["type"]
    if kind in {"greater_than", "greater_than_equal", "less_than_equal"}:
        bounds = {"greater_than": ">", "greater_than_equal": "≥", "less_than_equal": "≤"}
        limit = next(limits[name] for name in ("gt", "ge", "le") if name in limits)
        return sentence("a number {bound}", bound=f"{bounds[kind]} {limit}")
    if kind.startswith(("int_", "float_")):
        return sentence("a number")
    if kind == "literal_error":
        return str(limits["expected"]).replace(" or ", ", ")
    return str(limits.get("error", flaw["msg"]))
