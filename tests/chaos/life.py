"""Two years of a small cohort, lived by the house's own verbs while a storm strikes; what was struck is done again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import bindparam, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from actions.cohorts import cohort_of
from actions.morning import Done, next_morning, whole_morning
from actions.sending import release_sending
from models import Notice
from models.columns import Instant
from models.notice import IN_OUTBOX
from models.trouble import is_trouble
from notifications import holds
from notifications.delivery import deliver
from programme.calendar import ONE_DAY, Calendar
from programme.catching_up import fresh_since
from programme.civil import instant_of
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from simulation.life import live_day
from simulation.people import People
from tests.chaos.office import Doors, Freezing
from tests.chaos.storm import Storm, Strike
from tests.chaos.struck import Killed, StruckDatabase, Troubles
from tests.world import CODE

MORNING, SENDING, PEOPLE, EVENING, NIGHT = time(8), time(9), time(15), time(15, 30), time(17)
TICK = timedelta(minutes=10)
"""How soon struck work is taken up again; longer than a lease and the wait of a doubt."""
WAITS = select(Notice.id).where(text(IN_OUTBOX), col(Notice.send_at) < bindparam("until", type_=Instant())).limit(1)
"""Asked thousands of times in a life: put together once."""
TRIES = 12
HOLDER = "k1"


@dataclass
class Window:
    """A span of instants."""

    begins: datetime
    ends: datetime | None = None

    def has(self, moment: datetime) -> bool:
        """Tell whether a moment lies in it."""
        return self.begins <= moment and (self.ends is None or moment < self.ends)


@dataclass
class Diary:
    """What happened, as whoever runs the machine knows it: blows by kind, failures, returns, what a restore lost."""

    blows: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    returns: list[Window] = field(default_factory=list)
    lost: list[Window] = field(default_factory=list)
    held: list[Window] = field(default_factory=list)
    outages: list[Window] = field(default_factory=list)
    releases: int = 0
    undrained: list[str] = field(default_factory=list)


def house_of(url: str, clock: Clock, folder: Path) -> House:
    """Return a house on a database that can be struck."""
    settings = Settings(
        data_dir=folder,
        mail_from="Mourafaka <programme@odco.example>",
        base_url="https://mourafaka.example",
        secret_key="of a campaign, and of nothing else",
        _env_file=None,
    )
    return House(settings, clock, StruckDatabase(url))


class Life:
    """One engine, its people and its mail server, day by day."""

    def __init__(self, url: str, storm: Storm, doors: Doors, clock: Clock, folder: Path, *, may_crash: bool) -> None:
        self.storm, self.doors, self.clock, self.folder = storm, doors, clock, folder
        self.people, self.diary = People(storm.seed), Diary()
        self.url, self.may_crash = url, may_crash
        self.open()

    def open(self) -> None:
        """Start the engine, and the second one that is there at times."""
        self.house = house_of(self.url, self.clock, self.folder)
        self.other = house_of(self.url, self.clock, self.folder)
        self.troubles = Troubles(self.database, may_crash=self.may_crash)

    def close(self) -> None:
        """Stop both."""
        self.house.database.close()
        self.other.database.close()

    def beside(self, name: str) -> str:
        """Return the address of another database on the same server."""
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    @property
    def database(self) -> StruckDatabase:
        """Return the first engine's database."""
        assert isinstance(self.house.database, StruckDatabase)
        return self.house.database

    def day(self, day: date) -> None:
        """Live one day on which the engine runs."""
        begun = self._morning(day)
        self._send("sending", day, SENDING, PEOPLE)
        self._note_return(day, begun)
        self._people(day)
        self._send("evening", day, EVENING, NIGHT)

    def _note_return(self, day: date, begun: datetime) -> None:
        """Note the first day back from a stop so long that something is late: two working days are none."""
        if not self.storm.comes_back_on(day):
            return
        self.diary.blows["stops"] += 1
        if self.storm.is_down(fresh_since(day, Calendar()) - ONE_DAY):
            self.diary.returns.append(Window(begun, instant_of(day, PEOPLE)))

    def _morning(self, day: date) -> datetime:
        """Do the morning by a clock that may be wrong, and put it right."""
        begun = instant_of(day, MORNING)
        wrong = self.storm.clock_on(day)
        if wrong:
            self.diary.blows["clock"] += 1
            self._until_done("morning", begun + wrong, self.whole_morning)
            self._deliver_once(instant_of(day, SENDING) + wrong)
        self._until_done("morning", begun, self.whole_morning)
        return begun

    def whole_morning(self, house: House | None = None) -> None:
        """Do the morning of the cohort; what fails in it is noted, for nothing here may."""
        where = house or self.house
        with where.database.reading() as session:
            due = next_morning(session)
            if due is None or due > self.clock.today():
                return
            cohort = cohort_of(session, CODE)
        done: Done = whole_morning(where.database, cohort, self.clock.now())
        self.diary.failures += [f"{self.clock.now():%Y-%m-%d}: {reason}" for _, reason in done.failures]

    def _people(self, day: date) -> None:
        """Have people do what they do; what was committed is not done again, for they see that it is there."""

        def act() -> None:
            with self.database.transaction() as session:
                live_day(session, cohort_of(session, CODE), self.people, now=self.clock.now())

        self._let_go(day)
        self._until_done("people", instant_of(day, PEOPLE), act, once=True)

    def _let_go(self, day: date) -> None:
        """Release what holds the mail since an earlier day: somebody has looked at it."""
        now = instant_of(day, PEOPLE)
        with self.database.reading() as session:
            if not any(one.began_at < instant_of(day, MORNING) for one in holds.open_holds(session)):
                return
        with self.database.transaction() as session:
            release_sending(session, by=HOLDER, now=now)
        self.diary.releases += 1
        for window in self.diary.held:
            window.ends = window.ends or now

    def _until_done(self, name: str, moment: datetime, work: Callable[[], None], *, once: bool = False) -> None:
        for attempt in range(TRIES):
            self.clock.move_to(moment + attempt * TICK)
            strike, before = self.storm.at_work(name, moment.date(), attempt), self.database.commits
            try:
                with self._struck(strike):
                    return work()
            except (Killed, DBAPIError) as blow:
                _raise_if_ours(blow)
                if once and self.database.commits > before:
                    return None
        raise RuntimeError(f"{name} of {moment:%Y-%m-%d} was struck {TRIES} times")

    @contextmanager
    def _struck(self, strike: Strike | None) -> Iterator[None]:
        """Aim a strike at the commits of some work; afterwards the database works again."""
        if strike is None or strike.kind == "mail" or strike.what.startswith("frozen"):
            yield
            return
        blow = self._second if strike.what == "second" else self.troubles.blow(strike.what)
        before = strike.before and strike.what in {"kill", "lost before", "down"}

        def fall() -> None:
            self.diary.blows[strike.kind] += 1
            blow()

        try:
            with self.database.aimed(strike.at, fall, before=before):
                yield
        finally:
            self.troubles.end()

    def _second(self) -> None:
        """Have the other engine do the whole morning between two transactions of this one."""
        self.whole_morning(self.other)

    def _send(self, name: str, day: date, opens: time, closes: time) -> None:
        """Empty the outbox every few minutes until nothing is left that may leave before the hour."""
        moment, ends, attempt = instant_of(day, opens), instant_of(day, closes), 0
        while moment < ends and self._waits(ends):
            strike = self.storm.at_sending(name, day, attempt)
            self._mend_outage(moment)
            self._deliver_struck(strike, moment)
            moment, attempt = max(self.clock.now(), moment) + TICK, attempt + 1
        if self._waits(ends) and not any(
            one.begins < ends and one.ends > instant_of(day, opens) for one in self.diary.outages
        ):
            self.diary.undrained.append(f"{name} of {day}")

    def _deliver_once(self, moment: datetime) -> None:
        self.clock.move_to(moment)
        self._deliver_struck(None, moment)

    def _deliver_struck(self, strike: Strike | None, moment: datetime) -> None:
        self.clock.move_to(moment)
        self._trouble_mail(strike, moment)
        mailer = self.doors.mailer(strike)
        if strike is not None and strike.what.startswith("frozen"):
            mailer = Freezing(mailer, strike, self._meanwhile)
        try:
            with self._struck(strike):
                deliver(replace(self.house, mailer=mailer).post())
        except (Killed, DBAPIError) as blow:
            _raise_if_ours(blow)
        self.doors.true.behave()

    def _meanwhile(self) -> None:
        """Have the other engine empty the outbox while this one is frozen, and this one wake later."""
        self.diary.blows["engines"] += 1
        self.clock.move_to(self.clock.now() + TICK)
        deliver(replace(self.other, mailer=self.doors.mailer(None)).post())
        self.clock.move_to(self.clock.now() + timedelta(minutes=2))

    def _trouble_mail(self, strike: Strike | None, moment: datetime) -> None:
        if strike is None or strike.kind != "mail":
            return
        self.diary.blows["mail"] += 1
        if strike.what == "away":
            self.doors.true.close()
            self.diary.outages.append(Window(moment, moment + timedelta(minutes=strike.at)))
        else:
            self.doors.true.misbehave(strike.what, strike.at)

    def _mend_outage(self, moment: datetime) -> None:
        if self.diary.outages and not any(one.has(moment) for one in self.diary.outages):
            self.doors.true.reopen()

    def _waits(self, until: datetime) -> bool:
        """Tell whether anything is in the outbox that may leave before an hour, and no hold keeps it there."""
        with self.database.reading() as session:
            waits = session.connection().execute(WAITS, {"until": until}).first() is not None
            return waits and not holds.is_open(session)


def _raise_if_ours(blow: BaseException) -> None:
    """Raise what no strike explains."""
    if not isinstance(blow, Killed) and not is_trouble(blow):
        raise blow
