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
from notifications.listening import Listening, Parcel

Answered = tuple[int, Answer]
"""A message's number, and what became of it."""
MOMENT = 0.002
"""Seconds that an answer waits for the next one, so that both are written down in one go: less than a disk takes."""


class Hands:
    """The connections to one server, and the messages that are under way on them.

    A single connection needs no thread where whoever uses it may wait for its answers.
    """

    def __init__(self, mailers: Sequence[Mailer]) -> None:
        self._mailers = mailers
        self._free = list(mailers)
        self._prompt = {mailer: mailer for mailer in mailers if isinstance(mailer, Prompt)}
        self._listening = Listening()
        self._answers: SimpleQueue[tuple[Mailer, int, Answer | BaseException]] = SimpleQueue()
        self._given = {mailer: SimpleQueue[Parcel | None]() for mailer in mailers} if len(mailers) > 1 else {}
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

    def take(self, parcels: Sequence[Parcel]) -> None:
        """Have free connections hand messages over; with one connection only, this waits for the answer."""
        for parcel in parcels:
            self._take(parcel)

    def _take(self, parcel: Parcel) -> None:
        mailer = self._free.pop()
        if not self._given:
            self._answers.put((mailer, parcel.number, mailer.send(parcel.address, parcel.body)))
        elif not (mailer in self._prompt and self._listening.begin(self._prompt[mailer], parcel)):
            self._given[mailer].put(parcel)

    def answers(self, *, all_of_them: bool = False) -> list[Answered]:
        """Wait for an answer, and a moment for those that come with it (or for all); return what has come."""
        met = self._told()
        while self.are_busy:
            waits = all_of_them or not met
            more = self._heard(None if waits else MOMENT) + self._told()
            if not more and not waits:
                break
            met += more
        return met

    def _heard(self, seconds: float | None) -> list[Answered]:
        """Return what servers have answered; what one closed its connection to is sent on another one by its thread."""
        met = list[Answered]()
        for mailer, parcel, answer in self._listening.hear(seconds):
            if answer.verdict == "away":
                self._given[mailer].put(parcel)
            else:
                met.append(self._freed(mailer, parcel.number, answer))
        return met

    def _told(self) -> list[Answered]:
        """Return what the threads have told by now."""
        told = list[Answered]()
        while True:
            try:
                mailer, number, answer = self._answers.get_nowait()
            except Empty:
                return told
            if isinstance(answer, BaseException):
                raise answer
            told.append(self._freed(mailer, number, answer))

    def _freed(self, mailer: Mailer, number: int, answer: Answer) -> Answered:
        self._free.append(mailer)
        return number, answer

    def _serve(self, mailer: Mailer) -> None:
        for parcel in iter(self._given[mailer].get, None):
            try:
                answer: Answer | BaseException = mailer.send(parcel.address, parcel.body)
            except BaseException as problem:  # noqa: BLE001 - it is raised where the batch is handed over
                answer = problem
            self._answers.put((mailer, parcel.number, answer))
            self._listening.ring()
        mailer.close()
