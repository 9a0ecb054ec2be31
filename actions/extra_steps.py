"""Steps that real life adds to a plan: make-ups of a missed module, sessions of a recovery plan."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, Literal

from sqlmodel import Session, col, func, select

from actions import history
from actions.programmes import calendar_of, closures_of, definition_of, definition_of_version_id
from actions.tell import title_for
from models import Enrolment, EnrolmentLine, Step
from models.columns import columns
from models.inserting import Inserting
from models.sets import do, within
from programme import reminders
from programme.calendar import Calendar
from programme.civil import civil_day
from programme.closures import open_day
from programme.definition import Definition
from programme.definition_terms import MEETINGS, RECOVERY_REPORT_LIKE
from programme.planning import hour_of, landing, shares, windows_for
from programme.replanning import RECOVERY_REPORT
from programme.timing import START
from programme.wording import Bilingual

MAKE_UP = Bilingual(fr="Rattrapage", ar="حصة استدراكية")


def plan_make_up(session: Session, enrolment: Enrolment, missed: Step, *, on: date, now: datetime) -> None:
    """Plan another occasion for a missed module; nothing when the time for make-ups is over."""
    definition = definition_of(session, enrolment)
    calendar = calendar_of(session, definition)
    stage = definition.stage(missed.stage)
    if stage.make_up_after_weeks is None or stage.make_ups_until is None or enrolment.start_on is None:
        return
    nominal = on + timedelta(weeks=stage.make_up_after_weeks)
    due_on = landing(definition.by_key[missed.rule], nominal, calendar, closed=closures_of(session, enrolment))
    if due_on > stage.make_ups_until.nominal({START: enrolment.start_on}, calendar):
        history.record(session, enrolment, "no make-up left", by="engine", now=now, subject=missed.key)
        return
    step = _extra(enrolment, definition, calendar, kind=missed.kind, rule=missed.rule, due=(nominal, due_on), now=now)
    step.key, step.origin = _make_up_key(session, enrolment, missed), "make_up"
    _name(step, _make_up_title(title_for(missed, definition)))
    session.add(step)
    history.record(session, enrolment, "make-up planned", by="engine", now=now, subject=step.key, on=due_on.isoformat())


def _make_up_title(title: Bilingual) -> Bilingual:
    if title.fr.startswith(MAKE_UP.fr):
        return title
    return Bilingual(fr=f"{MAKE_UP.fr} – {title.fr}", ar=f"{MAKE_UP.ar} – {title.ar}")


def _make_up_key(session: Session, enrolment: Enrolment, missed: Step) -> str:
    earlier = session.exec(
        select(Step.key).where(Step.enrolment_id == enrolment.id, Step.rule == missed.rule, Step.origin == "make_up")
    ).all()
    return f"{missed.rule}-make-up-{len(earlier) + 1}"


def add_recovery(session: Session, enrolment: Enrolment, decided_on: date, *, now: datetime) -> None:
    """Insert the recovery plan of one enrolment."""
    add_recoveries(session, [enrolment], decided_on, now=now)


def add_recoveries(
    session: Session, enrolments: Sequence[Enrolment | EnrolmentLine], decided_on: date, *, now: datetime
) -> None:
    """Insert the recovery plan's sessions and their reports, so many weeks apart from the decision.

    A later checkpoint may ask for recovery again: its sessions are numbered on. What is the same for several
    enrolments is worked out once.
    """
    earlier, at = _recovery_sessions(session, enrolments), history.not_before(session, now)
    known: dict[Hashable, list[tuple[Any, ...]]] = {}
    share = cache(lambda version_id: shares(definition_of_version_id(session, version_id)))
    rows, lines = [], []
    for one in enrolments:
        assert one.id is not None
        definition, number = definition_of(session, one), earlier.get(one.id, 0)
        same = (one.programme_version_id, closures_of(session, one), share(one.programme_version_id)(one.rank), number)
        if same not in known:
            known[same] = [_values(step) for step in _recovery_of(session, one, number, decided_on, now)]
        rows += [(one.id, *step) for step in known[same]]
        sessions = definition.recovery.sessions
        lines.append(history.line(one.id, "recovery plan added", by="engine", now=at, sessions=sessions))
    _WRITE.write(session, rows)
    history.record_each(session, lines)


_NAMES = [name for name in columns(Step).keys() if name not in {"id", "enrolment_id"}]  # noqa: SIM118 - no mapping
_WRITE = Inserting(Step, ["enrolment_id", *_NAMES], {})
_values = attrgetter(*_NAMES)


def _recovery_of(
    session: Session, enrolment: Enrolment | EnrolmentLine, earlier: int, decided_on: date, now: datetime
) -> Iterator[Step]:
    definition = definition_of(session, enrolment)
    calendar, closed = calendar_of(session, definition), closures_of(session, enrolment)
    rule = definition.recovery
    for rank in range(1, rule.sessions + 1):
        number = earlier + rank
        nominal = decided_on + rule.apart * rank
        held_on = open_day(nominal, calendar, closed=windows_for(definition.by_key[rule.like].kind, closed))
        yield _recovery(enrolment, definition, calendar, "session", number, (nominal, held_on), now)
        if rule.report is not None and rule.report_within_days is not None:
            reported = held_on + timedelta(days=rule.report_within_days)
            report = (reported, calendar.on_or_after(reported))
            yield _recovery(enrolment, definition, calendar, "report", number, report, now)


_EARLIER = (
    select(Step.enrolment_id, func.count())
    .where(
        within(col(Step.enrolment_id), "ids"),
        Step.origin == "recovery",
        ~col(Step.key).contains(RECOVERY_REPORT, autoescape=True),
    )
    .group_by(col(Step.enrolment_id))
)


def _recovery_sessions(session: Session, enrolments: Sequence[Enrolment | EnrolmentLine]) -> Mapping[int, int]:
    """Return how many sessions earlier recovery plans of each have."""
    rows: Iterable[Any] = do(session, _EARLIER, ids=[one.id for one in enrolments]).all()
    return dict(rows)


def _recovery(
    enrolment: Enrolment | EnrolmentLine,
    definition: Definition,
    calendar: Calendar,
    what: Literal["session", "report"],
    number: int,
    due: tuple[date, date],
    now: datetime,
) -> Step:
    rule = definition.recovery
    like, title = (rule.like, rule.title) if what == "session" else (RECOVERY_REPORT_LIKE, rule.report or rule.title)
    step = _extra(enrolment, definition, calendar, kind=definition.by_key[like].kind, rule=like, due=due, now=now)
    step.key, step.origin, step.number = f"{step.stage}.recovery-{what}-{number:02d}", "recovery", number
    _name(step, Bilingual(fr=title.fr.replace("{n}", str(number)), ar=title.ar.replace("{n}", str(number))))
    return step


def _extra(
    enrolment: Enrolment | EnrolmentLine,
    definition: Definition,
    calendar: Calendar,
    *,
    kind: str,
    rule: str,
    due: tuple[date, date],
    now: datetime,
) -> Step:
    """Return a step like those of a rule, on another date."""
    like, (nominal_on, due_on) = definition.by_key[rule], due
    is_meeting = like.kind in MEETINGS
    assert enrolment.id is not None
    return Step(
        enrolment_id=enrolment.id,
        key="",
        rule=rule,
        stage=rule.partition(".")[0],
        kind=kind,
        owner=like.owner,
        nominal_on=nominal_on,
        due_on=due_on,
        at=f"{hour_of(like, enrolment.rank):%H:%M}" if is_meeting else None,
        minutes=like.minutes if is_meeting else None,
        remind_on=reminders.first_from(definition.reminders_for(kind), due_on, civil_day(now), calendar),
    )


def _name(step: Step, title: Bilingual) -> None:
    step.title_fr, step.title_ar = title.fr, title.ar
