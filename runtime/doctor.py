"""Checks an installation, and says the mend of each fault."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from actions.texts import all_faults
from models import migrate
from notifications.kinds import KINDS, READINGS
from notifications.publication import check_templates
from notifications.smtp import read_smtp_url
from programme.definition_file import read_definition, shipped_text
from programme.errors import Refusal
from programme.scoring import default_questionnaire
from programme.wording import Sentence, sentence
from runtime import doctor_channels, timezone
from runtime.house import House

CONNECT_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """One thing that was checked, whether it is good, and the mend when it is not."""

    good: bool
    what: Sentence
    mend: Sentence | None = None


def examine(house: House) -> list[Finding]:
    """Check time zone data, database, Prefect, mail server, templates, definition, and the other ways out."""
    checks: tuple[Callable[[House], Finding], ...] = (_zone, _database, _prefect, _smtp, _templates, _definition)
    ways_out = (doctor_channels.links, doctor_channels.signing, doctor_channels.services)
    return [check(house) for check in checks] + [Finding(*check(house)) for check in ways_out]


def _zone(_: House) -> Finding:
    if timezone.is_current():
        return Finding(True, sentence("Time zone data: Morocco is on UTC+0 in June 2027."))
    return Finding(
        False,
        sentence("Time zone data is old: Morocco would be an hour off."),
        sentence("install tzdata 2026.3 or later with pip"),
    )


def _database(house: House) -> Finding:
    revision = migrate.revision_of(house.database.engine)
    url = house.database.engine.url.render_as_string()
    return Finding(True, sentence("Database: {url}, schema {revision}.", url=url, revision=revision))


def _prefect(_: House) -> Finding:
    try:
        return Finding(True, sentence("Prefect {version} is installed.", version=version("prefect")))
    except PackageNotFoundError:
        return Finding(
            False, sentence("Prefect is missing."), sentence("install the program again, with its lock file")
        )


def _smtp(house: House) -> Finding:
    url = house.settings.smtp_url
    if not url:
        return Finding(
            False,
            sentence("No mail server is set."),
            sentence("put MOURAFAKA_SMTP_URL=smtp://user:password@host:587?tls=required in the environment or in .env"),
        )
    try:
        server = read_smtp_url(url)
        with smtplib.SMTP(server.host, server.port, timeout=CONNECT_SECONDS):
            return Finding(True, sentence("Mail server: {host}:{port} answers.", host=server.host, port=server.port))
    except Refusal as refusal:
        return Finding(
            False, sentence("The mail server's address is wrong."), sentence(refusal.template(), **refusal.facts)
        )
    except (OSError, smtplib.SMTPException) as problem:
        return Finding(
            False,
            sentence(
                "Mail server: {host}:{port} does not answer ({problem}).",
                host=server.host,
                port=server.port,
                problem=problem,
            ),
            sentence("check its name, its port and the firewall"),
        )


def _templates(house: House) -> Finding:
    with house.database.reading() as session:
        found = [*check_templates(), *all_faults(session, now=house.clock.now())]
    if found:
        return Finding(
            False,
            sentence("Texts: {count} to mend, the first: {fault}", count=len(found), fault=found[0].says()),
            sentence("see them all with `mourafaka texts check`"),
        )
    count = len(KINDS) * len(READINGS)
    return Finding(True, sentence("Templates: {count} kinds and languages can be read.", count=count))


def _definition(_: House) -> Finding:
    definition = read_definition(shipped_text())
    items = len(default_questionnaire().items)
    return Finding(
        True,
        sentence(
            "Definition: {programme} version {version}; questionnaire of {items} items.",
            programme=definition.programme,
            version=definition.version,
            items=items,
        ),
    )
