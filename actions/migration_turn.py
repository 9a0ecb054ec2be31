"""Carries one enrolment's turn to another version out: its steps, its windows and what is owed to whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from actions import history
from actions.desk import open_desk
from actions.enrol import step_of
from actions.legal import legal_step
from actions.lookup import cohort_of_enrolment, suspension_of
from actions.meetings import cancel_meetings, change_words_for, invitations
from actions.migration_plan import Plan
from actions.reschedule import NewDate, reschedule
from actions.tell import close, tell
from actions.watch import watch
from actions.withdrawal import take_back
from models import Cooperative, Evaluation, Passage, Step
from programme import reminders
from programme.civil import civil_day
from programme.definition_terms import MEETINGS
from programme.legal import STAGE
from programme.migration import Moved
from programme.pausing import days_left
from programme.planning import PlannedStep, hour_of, title_of


class Turning:
    """The carrying out of one enrolment's plan."""

    def __init__(self, session: Session, plan: Plan, by: str, now: datetime) -> None:
        self.session, self.plan, self.by, self.now = session, plan, by, now
        self.enrolment, self.turn, self.change = plan.enrolment, plan.turn, plan.change
        self.today = civil_day(now)
        self.pause = suspension_of(session, plan.enrolment)
        self.since = self.pause.from_on if self.pause else self.today
        self.why = f"version {plan.turn.after.version} of the programme"
        query = select(Step).where(Step.enrolment_id == plan.enrolment.id, Step.origin != "call")
        self.steps = {step.key: step for step in session.exec(query)}
        open_now = [step for step in self.steps.values() if step.status == "open"]
        called = invitations(session, plan.enrolment, open_now, now=now)
        self.invited = {one.step.key: one for one in called if one.recipient.startswith("cooperative:")}

    def carry_out(self, version_id: int) -> None:
        """Change the plan, the windows and what is owed; the version itself last of all that needs the old rules."""
        self._remove()
        for one in self.change.moved:
            self._move(one)
        self._keep_titles()
        self.enrolment.programme_version_id = version_id
        self.session.flush()
        self._remake()
        self._remind_anew()
        self._tell_invited()
        self._add()
        self._change_windows()
        self._set_aside()
        self.session.flush()
        watch(self.session, self.enrolment)

    def _note(self, verb: str, key: str, **detail: object) -> None:
        history.record(
            self.session, self.enrolment, verb, by=self.by, now=self.now, subject=key, why=self.why, **detail
        )

    def _remove(self) -> None:
        gone = [self.steps[held.key] for held in self.change.removed]
        for step in gone:
            close(step, "not_required", on=self.today, by="engine")
            self._sleep(step.key, None)
            self._note("step removed", step.key, due_on=step.due_on.isoformat())
        self._withdraw(gone, f"not part of {self.why}")
        cancel_meetings(self.session, self.enrolment, gone, by=self.by, now=self.now)

    def _withdraw(self, steps: Sequence[Step], reason: str) -> None:
        take_back(self.session, [step.id for step in steps], reason=reason, now=self.now)

    def _move(self, one: Moved) -> None:
        """Give a step its new date; of a sleeping enrolment nothing has been promised, and it sleeps on."""
        step = self.steps[one.key]
        if self.pause is None:
            cohort = cohort_of_enrolment(self.session, self.enrolment)
            desk = open_desk(self.session, cohort, [self.enrolment], now=self.now)
            to = NewDate(one.on, f"moved to {one.on} by {self.why}", one.nominal_on)
            reschedule(desk, cohort, self.enrolment, step, to, told=step.key in self.invited)
        else:
            step.due_on, step.nominal_on, step.moves = one.on, one.nominal_on, step.moves + 1
        self._sleep(one.key, None if step.origin == "legal" else one.on)
        self._note("step moved", one.key, before=one.was_on.isoformat(), after=one.on.isoformat())

    def _sleep(self, key: str, due_on: date | None) -> None:
        """Have a pause keep the working days that a step had left when it began; none of a step that is gone."""
        if self.pause is None:
            return
        if due_on is None:
            self.pause.remaining.pop(key, None)
        else:
            self.pause.remaining[key] = days_left(due_on, self.pause.from_on, self.turn.calendar)

    def _keep_titles(self) -> None:
        """Give a step that the new version does not know its title for good: its rule cannot be asked any more."""
        for step in self.steps.values():
            if step.title_fr is None and step.rule not in self.turn.after.by_key:
                title = title_of(self.turn.before, step.rule, step.number)
                step.title_fr, step.title_ar = title.fr, title.ar

    def _remake(self) -> None:
        steps = [self.steps[held.key] for held in self.change.remade]
        self._withdraw(steps, f"done otherwise by {self.why}")
        unmet = [step for step in steps if step.origin != "legal" and not self._is_met(step)]
        cancel_meetings(self.session, self.enrolment, unmet, by=self.by, now=self.now)
        for step in steps:
            before, hours = {"owner": step.owner, "at": step.at}, (step.at, step.minutes)
            self._take_on(step)
            step.moves += step.at is not None and hours != (step.at, step.minutes)
            self._note("step remade", step.key, before=before, after={"owner": step.owner, "at": step.at})

    def _is_met(self, step: Step) -> bool:
        """Tell whether the new version still has people meet for a step."""
        return self.turn.after.by_key[step.rule].kind in MEETINGS

    def _take_on(self, step: Step) -> None:
        if step.origin == "legal":
            step.owner = self._duties()[step.rule]
            return
        rule = self.turn.after.by_key[step.rule]
        is_meeting = rule.kind in MEETINGS
        step.owner, step.kind = rule.owner, rule.kind
        if not step.pinned or not is_meeting:
            step.at = f"{hour_of(rule, self.enrolment.rank):%H:%M}" if is_meeting else None
            step.minutes = rule.minutes if is_meeting else None

    def _duties(self) -> dict[str, str]:
        legal = self.turn.after.legal
        return {f"{STAGE}.{rule.key}": rule.owner for rule in legal.steps} if legal else {}

    def _remind_anew(self) -> None:
        """Owe the reminders of the new rules from today on, where the date, the step or the rules are others."""
        for step in self.steps.values():
            old, new = (definition.reminders_for(step.kind) for definition in (self.turn.before, self.turn.after))
            if step.status == "open" and (step.key in self.change.touched or old != new):
                step.remind_on = reminders.first_from(new, step.due_on, self.since, self.turn.calendar)
                self.session.add(step)

    def _tell_invited(self) -> None:
        """Tell those of the cooperative who were invited to a meeting of its new date or hour: nobody waits in vain."""
        if self.pause is None and self.invited:
            cohort = cohort_of_enrolment(self.session, self.enrolment)
            desk = open_desk(self.session, cohort, [self.enrolment], now=self.now)
            open_now = [one for one in self.invited.values() if one.step.status == "open" and one.step.at is not None]
            tell(desk, change_words_for(desk, self.enrolment, open_now, by=self.by), cohort)

    def _add(self) -> None:
        for one in self.change.added:
            if not one.is_written:
                self._note("step skipped", one.step.key, due_on=one.step.due_on.isoformat())
                continue
            self.session.add(self._row(one.step))
            self._sleep(one.step.key, None if one.step.kind == "legal" else one.step.due_on)
            self._note("step added", one.step.key, due_on=one.step.due_on.isoformat())

    def _row(self, planned: PlannedStep) -> Step:
        after, calendar = self.turn.after, self.turn.calendar
        if planned.kind == "legal":
            year_end = self.session.get_one(Cooperative, self.enrolment.cooperative_id).fiscal_year_end
            return legal_step(self.enrolment, planned, after, calendar, self.since, year_end)
        return step_of(self.enrolment, planned, after, calendar, self.since)

    def _change_windows(self) -> None:
        """Give the stages their windows; a morning looks again at each that is not completed."""
        known = {row.stage: row for row in self._passages()}
        for stage in self.change.closed_stages:
            self.session.delete(known[stage])
            self._note("stage removed", stage)
        for window in self.change.windows:
            passage = known.get(window.stage)
            before = [str(passage.opens_on), str(passage.closes_on)] if passage else None
            if passage is None:
                passage = Passage(
                    enrolment_id=self.enrolment.id or 0,
                    stage=window.stage,
                    opens_on=window.opens_on,
                    closes_on=window.closes_on,
                )
            passage.opens_on, passage.closes_on = window.opens_on, window.closes_on
            self.session.add(passage)
            self._note("stage window", window.stage, before=before, after=[str(window.opens_on), str(window.closes_on)])
        self.session.flush()
        for passage in self._passages():
            if passage.completed_on is None and passage.stage not in self.change.closed_stages:
                passage.wake_on = max(passage.opens_on, self.since)

    def _passages(self) -> Iterable[Passage]:
        return self.session.exec(select(Passage).where(Passage.enrolment_id == self.enrolment.id)).all()

    def _set_aside(self) -> None:
        """Propose nothing on an evaluation whose checkpoint the new version does not have; it stays recorded."""
        known = {rule.key for rule in self.turn.after.checkpoints}
        rows = self.session.exec(
            select(Evaluation).where(
                Evaluation.enrolment_id == self.enrolment.id,
                col(Evaluation.proposed_on).is_(None),
                col(Evaluation.checkpoint).not_in(known),
            )
        )
        for evaluation in rows:
            evaluation.proposed_on = self.today
            self._note("evaluation set aside", evaluation.checkpoint)
