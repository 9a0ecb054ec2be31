"""The connections to one mail server, and what is under way on each: one message at the most.

A connection that takes a message in one write needs nobody to wait on it (`notifications/listening.py`). Any other one
has a thread, which knows nothing of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType

from notifications.answers import Answer, Mailer, Prompt
from notifications.claimed import Claimed
from notifications.freezing import Frozen
from notifications.listening import Listening

Met = tuple[Claimed, Answer]
MOMENT = 0.002
"""Seconds that an answer waits for the next one, so that both are written down in one go: less than a disk takes."""


class Hands:
    """The connections to one server, and the messages that are under way on them."""

    def __init__(self, mailers: Sequence[Mailer]) -> None:
        self._mailers = mailers
        self._free = list(mailers)
        self._prompt = {mailer: mailer for mailer in mailers if isinstance(mailer, Prompt)}
        self._listening = Listening()
        self._answers: SimpleQueue[tuple[Mailer, Claimed, Answer | BaseException]] = SimpleQueue()
        self._given = {mailer: SimpleQueue[Frozen | None]() for mailer in mailers} if len(mailers) > 1 else {}
        self._threads = [Thread(target=self._serve, args=(mailer,), daemon=True) for mailer in self._given]

    def __enter__(self) -> Hands:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        """End every connection, each thread its own; nobody waits for them when something went wrong."""
        for given in self._given.values():
            given.put(None)
        if not self._given:
            self._mailers[0].close()
        if problem is None:
            for thread in self._threads:
                thread.join()
            self._listening.close()

    @property
    def free(self) -> int:
        """Return how many connections have nothing under way."""
        return len(self._free)

    @property
    def are_busy(self) -> bool:
        """Tell whether anything is under way."""
        return self.free < len(self._mailers)

    def take(self, frozen: Frozen) -> None:
        """Have a free connection hand a message over; with one connection only, this waits for the answer."""
        mailer, (notice, body) = self._free.pop(), frozen
        if not self._given:
            self._answers.put((mailer, notice, mailer.send(notice.address or "", body)))
        elif not (mailer in self._prompt and self._listening.begin(self._prompt[mailer], frozen)):
            self._given[mailer].put(frozen)

    def answers(self, *, all_of_them: bool = False) -> list[Met]:
        """Wait for an answer, and a moment for those that come with it (or for all); return what has come."""
        met = self._told()
        while self.are_busy:
            waits = all_of_them or not met
            more = self._heard(None if waits else MOMENT) + self._told()
            if not more and not waits:
                break
            met += more
        return met

    def _heard(self, seconds: float | None) -> list[Met]:
        """Return what servers have answered; what one closed its connection to is sent on another one by its thread."""
        met = list[Met]()
        for mailer, frozen, answer in self._listening.hear(seconds):
            if answer.verdict == "away":
                self._given[mailer].put(frozen)
            else:
                met.append(self._freed(mailer, frozen[0], answer))
        return met

    def _told(self) -> list[Met]:
        """Return what the threads have told by now."""
        told = list[Met]()
        while True:
            try:
                mailer, notice, answer = self._answers.get_nowait()
            except Empty:
                return told
            if isinstance(answer, BaseException):
                raise answer
            told.append(self._freed(mailer, notice, answer))

    def _freed(self, mailer: Mailer, notice: Claimed, answer: Answer) -> Met:
        self._free.append(mailer)
        return notice, answer

    def _serve(self, mailer: Mailer) -> None:
        for notice, body in iter(self._given[mailer].get, None):
            try:
                answer: Answer | BaseException = mailer.send(notice.address or "", body)
            except BaseException as problem:  # noqa: BLE001 - it is raised where the batch is handed over
                answer = problem
            self._answers.put((mailer, notice, answer))
            self._listening.ring()
        mailer.close()
