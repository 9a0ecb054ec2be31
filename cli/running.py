"""Commands that run the work: run-day, send, simulate."""

from __future__ import annotations

import gc
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlmodel import select

from actions.cohorts import cohort_of
from actions.state import Summary, summary
from actions.stored_words import OF_ENROLMENTS, OF_OUTCOMES, OF_STEPS
from actions.stored_words import said as word
from cli.context import BY, open_house, read_day, say, say_json, say_table
from cli.forecast import CHANNEL_WORDS
from models import Hold, Notice
from notifications import ledger
from notifications.holds import open_holds, said
from notifications.kind_words import kind_said
from notifications.why import why
from programme.dates_errors import UntilPast
from programme.wording import Sentence, counted, sentence
from runtime import crew
from runtime.house import House
from runtime.language import _
from runtime.stopping import until_told
from simulation import years
from simulation.people import People
from simulation.scratch import scratch

if TYPE_CHECKING:
    from rich.progress import Progress


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("run-day", help=_("Do everything that is due now, through the flows.\n\nExample: mourafaka run-day"))(
        run_day
    )
    app.command(
        "send",
        help=_("Send what may leave now, without a morning before it.\n\nExample: mourafaka send --processes 2"),
    )(send)
    app.command(
        "simulate",
        help=_(
            "Live a cohort's future in a scratch copy; no mail leaves.\n\nExample: mourafaka simulate --cohort SM-2027"
        ),
    )(simulate)


def send(
    context: typer.Context,
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=8, help=_("so many at once; by itself one for each processor, if much waits")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Send what may leave now."""
    house = open_house(context)
    house.post()  # without a mail server nothing is begun
    with until_told() as stops:
        verdicts = crew.send_together(house, processes or crew.worthwhile(house), stops=stops)
        if as_json:
            say_json(dict(sorted(verdicts.items())))
        else:
            say(_said(verdicts))
    if _say_troubles(house, verdicts):
        raise typer.Exit(1)


def _say_troubles(house: House, verdicts: Counter[str]) -> bool:
    """Say on stderr what kept messages here; return whether somebody must look at it, a person's hold being their wish."""
    held = _held(house)
    troubles = [said(one) for one in held]
    if verdicts["away"]:
        troubles.append(
            sentence("The mail server does not answer: nothing is lost, it is tried again; see `mourafaka doctor`.")
        )
    for trouble in troubles:
        typer.echo(trouble.say(_), err=True)
    return bool(verdicts["away"]) or any(one.cause == "breaker" for one in held)


def _said(verdicts: Counter[str]) -> str:
    return sentence(
        "Notices sent: {sent}, waiting for another try: {deferred}, failed: {failed}.",
        sent=verdicts["accepted"],
        failed=verdicts["failed"] + verdicts["refused"],
        deferred=verdicts["deferred"] + verdicts["doubt"] + verdicts["away"],
    ).say(_)


def run_day(context: typer.Context) -> None:
    """Do everything that is due now."""
    house = open_house(context)
    house.post()  # without a mail server nothing is begun
    from flows.run_day import run_day as run
    from flows.server import prefect_server

    with prefect_server(house.settings.data_dir / "prefect", stand_in=True):
        day = run()
    say(
        counted(
            "{count} cohort had work; notices sent: {sent}, waiting for another try: {deferred}, failed: {failed}.",
            "{count} cohorts had work; notices sent: {sent}, waiting for another try: {deferred}, failed: {failed}.",
            day.cohorts,
            sent=day.verdicts["accepted"],
            failed=day.verdicts["failed"] + day.verdicts["refused"],
            deferred=day.verdicts["deferred"] + day.verdicts["doubt"] + day.verdicts["away"],
        ).say(_)
    )
    if day.next_sending is not None:
        say(sentence("More notices wait: the next leave from {day} on.", day=day.next_sending).say(_))
    for failure in day.failures:
        typer.echo(failure, err=True)
    if _say_troubles(house, day.verdicts) or day.failures:
        raise typer.Exit(1)


def _held(house: House) -> list[Hold]:
    """Return what holds the mail."""
    with house.database.reading() as session:
        return open_holds(session)


def simulate(
    context: typer.Context,
    cohort: Annotated[str, typer.Option(help=_("the cohort's code"))],
    until: Annotated[str | None, typer.Option(help=_("the last day; the end of the two years when not given"))] = None,
    seed: Annotated[int, typer.Option(help=_("the same seed gives the same ledger"))] = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Live the future in a scratch copy."""
    house = open_house(context)
    last = read_day(until) if until else None
    if last is not None and last < house.clock.today():
        raise UntilPast(until=last, today=house.clock.today())
    with house.database.reading() as session:
        cohort_of(session, cohort)
    rest_the_collector()
    with scratch(house) as copy:
        lived = live_plainly(years.without_mail(copy), cohort, seed, last)
        if as_json:
            say_json(_future(copy, cohort, lived, seed))
            return
        with copy.database.reading() as session:
            say_summary(summary(session, cohort))
    say(sentence("Ledger of seed {seed}, up to {last}: {hash}", seed=seed, last=lived.last, hash=lived.hash).say(_))


def rest_the_collector() -> None:
    """Look for circles of garbage less often: nothing here makes many, and looking costs a quarter of the time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def live_plainly(house: House, cohort: str, seed: int, last: date | None) -> years.Years:
    """Enrol what is only selected, and live the cohort's days without Prefect, with a progress bar on a terminal."""
    years.people_the_cohort(house, cohort, by=BY)
    with progress_bar() as bar:
        ends = last or years.last_day(house.database, cohort)
        task = bar.add_task(_("Two years"), total=(ends - house.clock.today()).days + 1)
        return years.live(
            house,
            cohort,
            People(seed),
            until=last,
            morning=years.plain_morning,
            delivery=years.plain_delivery,
            progress=lambda day: bar.update(task, advance=1, description=day.isoformat()),
        )


def progress_bar() -> Progress:
    """Return a progress bar on stderr; nothing is shown when it is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        console=console,
        disable=not console.is_terminal,
    )


def _future(house: House, cohort: str, lived: years.Years, seed: int) -> dict[str, Any]:
    with house.database.reading() as session:
        chosen = session.exec(select(Notice).where(Notice.cohort_id == cohort_of(session, cohort).id)).all()
        rows = [
            {
                "person": row["recipient"],
                "date": row["sent_on"] or row["due"],
                "kind": row["kind"],
                "status": row["status"],
                "reason": book_reason(notice),
            }
            for notice in sorted(chosen, key=lambda one: (one.due_on, one.key))
            for row in (ledger.row(notice),)
        ]
    return {
        "cohort": cohort,
        "seed": seed,
        "from": lived.first.isoformat(),
        "until": lived.last.isoformat(),
        "hash": lived.hash,
        "notices": rows,
    }


def book_reason(notice: Notice) -> str:
    """Return why a notice left or not, in a sentence."""
    return why(notice).say(_)


def say_summary(found: Summary) -> None:
    """Print where everybody ended, what was done, and what was told."""
    say_table(
        _("Cooperatives"),
        (_("Outcome"), _("Stage"), _("Count")),
        [
            (word(OF_ENROLMENTS | OF_OUTCOMES, outcome, _), stage, count)
            for (outcome, stage), count in sorted(found.statuses.items())
        ],
    )
    steps = [(word(OF_STEPS, status, _), count) for status, count in sorted(found.steps.items())]
    say_table(_("Steps"), (_("Status"), _("Count")), steps)
    say_table(
        _("Notices"), (_("Kind"), _("Language"), _("Channel"), _("Sent"), _("Held"), _("Failed")), notice_rows(found)
    )


def _worded(kind: str, language: str, channel: str) -> tuple[str, str, str]:
    said = kind_said(kind)
    return (said.say(_) if isinstance(said, Sentence) else said), language, CHANNEL_WORDS[channel].say(_)


def notice_rows(found: Summary) -> list[tuple[object, ...]]:
    """Return a row per kind, language and channel: sent, held (waiting, skipped or taken back), failed."""
    groups = sorted({(kind, language, channel) for kind, language, channel, _status in found.notices})
    held, failed = ("pending", "sending", "skipped", "cancelled"), ("failed", "in_doubt")
    return [
        (
            *_worded(*group),
            found.notices[(*group, "sent")],
            sum(found.notices[(*group, one)] for one in held),
            sum(found.notices[(*group, one)] for one in failed),
        )
        for group in groups
    ]
