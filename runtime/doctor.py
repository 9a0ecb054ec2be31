"""Checks an installation, and says the mend of each fault."""

from __future__ import annotations

from dataclasses import dataclass

from actions.texts import all_faults
from notifications.kinds import KINDS, READINGS
from notifications.publication import check_templates
from notifications.smtp import SmtpMailer, SmtpServer, read_smtp_url
from notifications.verdicts import NOT_LET_IN
from programme.definition_file import read_definition, shipped_text
from programme.errors import Refusal
from programme.scoring import default_questionnaire
from programme.wording import Sentence, sentence
from runtime import doctor_channels, doctor_database, doctor_outside, timezone
from runtime.house import House

CONNECT_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """One thing that was checked, whether it is good, and the mend when it is not."""

    good: bool
    what: Sentence
    mend: Sentence | None = None


def examine(house: House) -> list[Finding]:
    """Check everything that can be checked: of a database that cannot be used, not what is in it."""
    found = [_zone(house), Finding(*doctor_database.database(house))]
    if doctor_database.is_usable(house):
        inside = (doctor_database.safety(house), *doctor_database.clock(house), doctor_database.versions(house))
        found += [*(Finding(*one) for one in inside), _templates(house)]
    around = (doctor_database.room, doctor_database.copies, doctor_outside.prefect)
    found += [Finding(*check(house)) for check in around]
    found += [Finding(*one) for one in doctor_outside.prefect_server(house)]
    found += [_smtp(house), _definition(house)]
    ways_out = (doctor_channels.links, doctor_channels.signing, doctor_channels.services)
    seen_by = (doctor_outside.heartbeat, doctor_outside.figures, doctor_outside.fonts)
    return found + [Finding(*check(house)) for check in (*ways_out, *seen_by)]


def _zone(_: House) -> Finding:
    if timezone.is_current():
        return Finding(True, sentence("Time zone data: Morocco is on UTC+0 in June 2027."))
    return Finding(
        False,
        sentence("Time zone data is old: Morocco would be an hour off."),
        sentence("install tzdata 2026.3 or later with pip"),
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
    except Refusal as refusal:
        what = sentence("The mail server's address is wrong.")
        return Finding(False, what, sentence(refusal.template(), **refusal.facts))
    answer = SmtpMailer(server, house.sender, reply_seconds=CONNECT_SECONDS).knock()
    facts = {"host": server.host, "port": server.port, "problem": answer.text}
    if answer.verdict == "accepted":
        return Finding(True, _let_in(server))
    if answer.code in NOT_LET_IN:
        what = sentence("Mail server: {host}:{port} does not let us in ({problem}).", **facts)
        return Finding(False, what, sentence("check the user and the password in MOURAFAKA_SMTP_URL"))
    what = sentence("Mail server: {host}:{port} does not answer ({problem}).", **facts)
    return Finding(False, what, _mend_of(answer.text))


def _mend_of(problem: str) -> Sentence:
    if "certificate" in problem.lower():
        return sentence("name the server as its certificate does, or have it renewed")
    if "STARTTLS" in problem:
        return sentence("ask for the port that has TLS: often 587, or smtps:// and 465")
    return sentence("check its name, its port and the firewall")


def _let_in(server: SmtpServer) -> Sentence:
    facts = {"host": server.host, "port": server.port}
    if server.user is None:
        return sentence("Mail server: {host}:{port} answers.", **facts)
    return sentence("Mail server: {host}:{port} answers, and lets us in.", **facts)


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
