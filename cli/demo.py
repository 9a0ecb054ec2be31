"""`mourafaka demo`: a tranche of 33 invented cooperatives lives its two years through the real flows, in minutes."""

from __future__ import annotations

import os
import shutil
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actions.cohorts import open_cohort
from actions.intake import take_in
from actions.spreadsheet import read_table
from actions.state import summary
from cli.context import read_day, say
from cli.running import live_plainly, progress_bar, rest_the_collector, say_summary
from cli.web import LOOPBACK, WEB_PORT
from programme.errors import DemoElsewhere, ImportRejected
from programme.wording import sentence
from runtime import house as houses
from runtime.chance import fresh_token
from runtime.house import House
from runtime.language import _
from runtime.settings import Settings
from simulation import years
from simulation.people import People
from simulation.scratch import scratch
from simulation.staff import DOMAIN

if TYPE_CHECKING:
    from runtime.mailbox import LocalMailbox

CODE, START, AS_OF = "SM-2027", date(2027, 1, 4), "2026-12-14T10:00"
LIST = "souss-massa-33.xlsx"
FOLDER = Path("demo-data")
MARK = "mourafaka-demo"
KEY_FILE = "secret-key"
"""The file of the folder that holds what the links in its messages are made with."""


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(
        "demo", help=_("Live the two years of 33 invented cooperatives through the flows.\n\nExample: mourafaka demo")
    )(demo)


def demo(
    seed: Annotated[int, typer.Option(help=_("the same seed gives the same ledger"))] = 1,
    until: Annotated[str | None, typer.Option(help=_("the last day, year-month-day"))] = None,
    check: Annotated[bool, typer.Option(help=_("also live it without Prefect, and compare the ledgers"))] = False,
) -> None:
    """Run the demo in a folder of its own."""
    _clear(FOLDER)
    rest_the_collector()
    # Before anything of Prefect is imported: its files belong to the demo too.
    os.environ["MOURAFAKA_DATA_DIR"] = str(FOLDER)
    from runtime.mailbox import LocalMailbox

    with LocalMailbox(FOLDER / "mailbox") as mailbox:
        settings = settings_of(FOLDER, mailbox)
        house = houses.use(houses.build(settings, as_of=AS_OF))
        prepare(house)
        last = read_day(until) if until else None
        expected = _rehearse(house, seed, last) if check else None
        lived = _live(house, seed, last)
        with house.database.reading() as session:
            say_summary(summary(session, CODE))
        _look_further(lived, mailbox.count(), expected)


def _clear(folder: Path) -> None:
    """Start anew; a folder that is not a demo's is left alone."""
    if folder.exists():
        if not (folder / MARK).exists():
            raise DemoElsewhere(folder=folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("This folder is made anew by each `mourafaka demo`.\n", encoding="utf-8")


def settings_of(folder: Path, mailbox: LocalMailbox) -> Settings:
    """Return a demo's settings: its own mailbox, and links that open in its own pages, by a key of its own."""
    secret = folder / KEY_FILE
    secret.touch(mode=0o600)
    secret.write_text(fresh_token(), encoding="utf-8")
    return Settings(
        data_dir=folder,
        database_url=None,
        smtp_url=mailbox.url,
        mail_from=f"Mourafaka <demo@{DOMAIN}>",
        base_url=f"http://{LOOPBACK}:{WEB_PORT}",
        secret_key=secret.read_text(encoding="utf-8"),
    )


def sample_list() -> Path:
    """Return the invented list: an installed package carries it, in the repository it lies among the examples."""
    carried = Path(str(files("simulation"))) / LIST
    return carried if carried.is_file() else carried.parents[1] / "examples" / LIST


def prepare(house: House) -> None:
    """Open the demo's cohort, take its list in, and add an invented staff."""
    now, source = house.clock.now(), sample_list()
    with house.database.transaction() as session:
        open_cohort(
            session,
            code=CODE,
            start_on=START,
            by="demo",
            now=now,
            region="Souss-Massa",
            title="Souss-Massa 2027",
            called_on=date(2026, 12, 1),
        )
        report = take_in(session, table=read_table(source), code=CODE, by="demo", now=now)
        if report.status != "accepted":
            raise ImportRejected(file=source.name, count=len(report.problems))
    years.people_the_cohort(house, CODE, by="demo")


def _rehearse(house: House, seed: int, last: date | None) -> str:
    with scratch(house) as copy:
        return live_plainly(years.without_mail(copy), CODE, seed, last).hash


def _live(house: House, seed: int, last: date | None) -> years.Years:
    from flows.run_day import run_delivery, run_mornings
    from flows.server import prefect_server

    failures: list[str] = []

    def morning(_house: House, now: datetime) -> None:
        failures.extend(run_mornings(now).failures)

    def delivery(_house: House, now: datetime) -> None:
        run_delivery(now)

    with prefect_server(FOLDER / "prefect"), progress_bar() as bar:
        ends = last or years.last_day(house.database, CODE)
        task = bar.add_task(_("Two years"), total=(ends - house.clock.today()).days + 1)
        lived = years.live(
            house,
            CODE,
            People(seed),
            until=last,
            morning=morning,
            delivery=delivery,
            progress=lambda day: bar.update(task, advance=1, description=day.isoformat()),
        )
    for failure in failures:
        typer.echo(failure, err=True)
    return lived


def _look_further(lived: years.Years, mails: int, expected: str | None) -> None:
    say(
        sentence(
            "{mornings} mornings through Prefect, {deeds} things done by simulated people, {mails} messages in the mailbox.",
            mornings=lived.mornings,
            deeds=lived.deeds,
            mails=mails,
        ).say(_)
    )
    say(sentence("Ledger: {hash}", hash=lived.hash).say(_))
    if expected is not None:
        same = sentence("The simulation without Prefect gave the same ledger.")
        other = sentence("The simulation without Prefect gave another ledger: {hash}", hash=expected)
        say((same if expected == lived.hash else other).say(_))
    prefix = f"MOURAFAKA_DATA_DIR={FOLDER} mourafaka"
    say(_("To look further:"))
    for line in (
        f"  {prefix} why {CODE}/007",
        f"  {prefix} ledger --cooperative {CODE}/007",
        f"  {prefix} state --json",
        f'  MOURAFAKA_SECRET_KEY="$(cat {FOLDER / KEY_FILE})" {prefix} --as-of {lived.last}T10:00 web',
        f"  PREFECT_HOME={FOLDER}/prefect prefect server start",
        f"  {FOLDER / 'mailbox'}  (Maildir)",
    ):
        say(line)
