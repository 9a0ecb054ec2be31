"""The house in figures, as Prometheus reads them: asked of the database at each reading, and nothing of anybody."""

from __future__ import annotations

import hmac
import ipaddress
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from starlette.responses import Response

from actions.figures import Measures, measure, sent_between
from models import migrate
from models.hold import HOLD_CAUSES
from notifications.smtp import LOOPBACK
from runtime.house import House

router = APIRouter()
SETTLED: Final = timedelta(hours=1)
"""What was told so long ago is counted once, and added to: nothing is written down as told later than that."""
FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Answer who may read: with the token, where one is set; else whoever asks on this machine itself."""
    house: House = request.app.state.house
    _refuse_strangers(request, house.settings.metrics_token)
    encode, kind = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(request.app.state.metrics), media_type=kind)


def registry_for(house: House) -> CollectorRegistry:
    """Return what the figures of a house are read from, with those of this process beside them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Standing(house))
    ProcessCollector(registry=registry)
    return registry


def _refuse_strangers(request: Request, token: str | None) -> None:
    if token:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    elif not _is_here(request):
        raise HTTPException(404)


def _is_here(request: Request) -> bool:
    """Tell whether this machine asks for itself: behind a proxy everybody seems to come from here."""
    try:
        is_near = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        is_near = False
    named = request.url.hostname in LOOPBACK
    return is_near and named and not any(name in request.headers for name in FORWARDED)


class Standing(Collector):
    """Asks the database when it is asked; without it, says so and nothing else."""

    def __init__(self, house: House) -> None:
        self._house, self._sent = house, Sent()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of this moment."""
        yield _by("build_info", "the release that runs", "version", {version("mourafaka"): 1})
        now = self._house.clock.now()
        try:
            with self._house.database.reading() as session:
                found, sent = measure(session, now), self._sent.total(session, now)
            revision = migrate.revision_of(self._house.database.engine)
        except SQLAlchemyError:
            yield _gauge("database_up", "whether the database answers", 0)
            return
        yield _gauge("database_up", "whether the database answers", 1)
        yield _by("schema_info", "the schema's revision", "revision", {str(revision): 1})
        yield CounterMetricFamily("mourafaka_notices_told", "notices that were sent or told, all in all", value=sent)
        yield from _mail(found, now)
        yield from _mornings(found)


def _mail(found: Measures, now: datetime) -> Iterator[Metric]:
    outbox = found.outbox
    states = {"ready": outbox.ready, "later": outbox.later, "sending": outbox.sending}
    age = (now - outbox.oldest_at).total_seconds() if outbox.oldest_at else 0
    yield _by("outbox_notices", "messages that have not left: those that may, those that wait", "state", states)
    yield _gauge("outbox_oldest_age_seconds", "since when the oldest message may leave", max(age, 0))
    troubled = {one: found.troubled.get(one, 0) for one in ("failed", "in_doubt")}
    yield _by("notices_troubled", "notices that a person must look at", "status", troubled)
    yield _gauge("service_copies_failed", "copies for other services that failed lately", found.copies_failed)
    causes = {one: found.holds.get(one, 0) for one in HOLD_CAUSES}
    yield _by("mail_held", "whether the mail is on hold, by its cause", "cause", causes)
    yield _gauge("mail_paused", "whether an outage has paused the mail", found.is_paused)


def _mornings(found: Measures) -> Iterator[Metric]:
    yield _by("work_due", "pieces of work that wait for a morning", "cohort", found.due)
    yield _by("work_late", "those of them that should have been done before today", "cohort", found.late)
    yield _gauge("morning_missed", "whether a morning did not happen, or broke off", found.is_missed)
    yield _gauge("ailments", "what `mourafaka health` would name", found.ailments)
    if found.finished_at is not None:
        yield _gauge("morning_last_success_timestamp_seconds", "the last whole round", found.finished_at.timestamp())
    if found.round is not None:
        lasted = found.round.ended_at - found.round.began_at
        yield _gauge("morning_duration_seconds", "how long the last round took", lasted.total_seconds())
        yield _gauge("morning_failures", "cohorts that it could not help in all", found.round.failures)
    whole = {code: run.finished_at.timestamp() for code, run in found.cohorts.items() if run.finished_at is not None}
    yield _by("cohort_morning_success_timestamp_seconds", "a cohort's last morning, where whole", "cohort", whole)
    failures = {code: run.failures for code, run in found.cohorts.items()}
    yield _by("cohort_morning_failures", "pieces of it that held somebody back", "cohort", failures)


class Sent:
    """Counts what was ever told without counting it all again: what is settled for good is remembered."""

    def __init__(self) -> None:
        self._until: datetime | None = None
        self._count = 0
        self._lock = threading.Lock()

    def total(self, session: Session, now: datetime) -> int:
        """Return how many notices were told up to now."""
        with self._lock:
            until = now - SETTLED
            if self._until is None or until > self._until:
                self._count += sent_between(session, self._until, until)
                self._until = until
            return self._count + sent_between(session, self._until, None)


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(f"mourafaka_{name}", said, value=float(value))


def _by(name: str, said: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"mourafaka_{name}", said, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
