"""Makes the bytes of messages that were claimed: it asks no database, so that another process may do it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from notifications import outbox
from notifications.claimed import Claimed, Item, Packed, ToMake, packed, unpacked
from notifications.digests import full_facts
from notifications.links import Noted
from notifications.own_words import OWN_TEXT, OwnText
from notifications.post import Post
from programme.errors import Refusal

Frozen = tuple[Claimed, bytes]


@dataclass(frozen=True)
class Work:
    """Messages to be made, with what making them needs: no database, so it may be done elsewhere."""

    notices: Sequence[ToMake]
    told: Mapping[int, list[Item] | str]
    """What a message of the day tells, or why it cannot be read."""
    own: Mapping[str, OwnText | str]
    """A cohort's own text, or why it cannot be had."""
    now: datetime

    def packed(self) -> tuple[Any, ...]:
        """Return it as another process takes it."""
        told = {one: items if isinstance(items, str) else packed(Item, items) for one, items in self.told.items()}
        return packed(ToMake, self.notices), told, self.own, self.now

    @classmethod
    def unpacked(cls, notices: Packed, told: Mapping[int, Packed | str], own: Any, now: datetime) -> Work:
        """Return what was packed."""
        items = {one: some if isinstance(some, str) else unpacked(Item, some) for one, some in told.items()}
        return cls(unpacked(ToMake, notices), items, own, now)


@dataclass(frozen=True)
class Batch:
    """Messages that were claimed together, with the work that they are; bytes ``kept`` were frozen before."""

    notices: Sequence[Claimed]
    kept: Mapping[int, bytes]
    told: Mapping[int, list[Item] | str]
    own: Mapping[str, OwnText | str]
    now: datetime

    def of(self, notices: Sequence[Claimed]) -> Batch:
        """Return the same for some of its messages."""
        told = {one.id: self.told[one.id] for one in notices if one.id in self.told}
        return replace(self, notices=notices, told=told)

    @property
    def work(self) -> Work:
        """Return what is still to be made."""
        fresh = [notice for notice in self.notices if notice.id not in self.kept]
        return Work(fresh, self.told, self.own, self.now)


@dataclass
class Made:
    """What came of making a batch, by the messages' numbers."""

    bodies: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    """The bytes, and the digest of them that the ledger keeps."""
    links: Noted = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    empty: list[int] = field(default_factory=list)
    parked: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    """By the message of the day, the numbers of what cannot be said in it, and why."""

    def has(self, number: int) -> bool:
        """Tell whether it is known what comes of a message."""
        return number in self.bodies or number in self.failed or number in self.empty

    def without(self, lost: Iterable[int]) -> None:
        """Leave out what somebody else has claimed meanwhile."""
        gone = {*lost}
        self.bodies = {one: body for one, body in self.bodies.items() if one not in gone}
        self.failed = {one: reason for one, reason in self.failed.items() if one not in gone}
        self.empty = [one for one in self.empty if one not in gone]
        self.parked = {one: some for one, some in self.parked.items() if one not in gone}


class Maker(Protocol):
    """Makes batches in the order in which they were begun."""

    @property
    def ahead(self) -> int:
        """Return how many batches it makes while another one leaves."""

    def begin(self, batch: Batch) -> None:
        """Have it make a batch, after those that were begun before."""

    def made(self, batch: Batch, post: Post) -> Made:
        """Return what comes of the batch that was begun first of those not yet returned."""


class Here:
    """Makes a batch here and now, when it is asked for: nobody could make it meanwhile."""

    ahead = 0

    def begin(self, batch: Batch) -> None:
        """Do nothing yet."""

    def made(self, batch: Batch, post: Post) -> Made:
        """Make it."""
        return make(batch, post)


def make(batch: Batch, post: Post, begun: Made | None = None) -> Made:
    """Make the messages that were not frozen before, or what is left of them when some are made.

    Poison of any kind is noted, and the others are made.
    """
    work = batch.work
    making = Making(work, post, begun)
    for notice in work.notices:
        if not making.made.has(notice.id):
            making.do(notice)
    return making.made


class UnmakeableError(ValueError):
    """What was read of a message says why it cannot be made."""


class Making:
    """Makes messages one by one, so that who makes them can look up between two."""

    def __init__(self, work: Work, post: Post, begun: Made | None = None) -> None:
        self._work, self._post, self.made = work, post, begun or Made()

    def do(self, notice: ToMake) -> None:
        """Make one message, or note why it cannot be made."""
        try:
            body = self._of_the_day(notice) if outbox.is_digest(notice) else self._of_one(notice)
        except MemoryError:  # the machine's trouble, not the notice's
            raise
        except Exception as problem:  # noqa: BLE001 - it is parked with its reason, the others leave
            self.made.failed[notice.id] = f"cannot be made into a message: {_words_for(problem)}"
        else:
            if body is None:
                self.made.empty.append(notice.id)
            else:
                self.made.bodies[notice.id] = (hashlib.sha256(body).hexdigest(), body)

    def _of_one(self, notice: ToMake) -> bytes:
        """Make a message of its facts, its cohort's own text, and the link that ends its kind if it may be refused."""
        links, facts = self._post.links, dict(notice.facts)
        url = links.to_refuse(self.made.links, notice, self._work.now) if links is not None else None
        if url:
            facts["refuse_url"] = url
        own = self._work.own.get(notice.template_version)
        if isinstance(own, str):
            raise UnmakeableError(own)
        return self._compose(notice, {**facts, OWN_TEXT: own} if own else facts)

    def _compose(self, notice: ToMake, facts: Mapping[str, Any]) -> bytes:
        return self._post.compose(notice, facts, self._post.sender, at=self._work.now)

    def _of_the_day(self, digest: ToMake) -> bytes | None:
        """Make a message of the day of what is still to be told; an item that cannot be said is parked alone."""
        items = self._work.told[digest.id]
        if isinstance(items, str):
            raise UnmakeableError(items)
        if not items:
            return None
        try:
            return self._compose(digest, self._facts(digest, items))
        except Exception as problem:
            good = [item for item in items if self._can_be_said(digest, item)]
            if not good:
                raise
            reason = f"cannot be said in the message of the day: {_words_for(problem)}"
            self.made.parked[digest.id] = [(item.id, reason) for item in items if item not in good]
            return self._compose(digest, self._facts(digest, good))

    def _facts(self, digest: ToMake, items: Sequence[Item]) -> dict[str, Any]:
        """Return the facts of a message of the day, each thing to do with its link."""
        links = self._post.links
        if links is None:
            return full_facts(digest, items)
        urls = {item.key: links.to_step(self.made.links, digest, item, self._work.now) for item in items}
        return full_facts(digest, items, urls)

    def _can_be_said(self, digest: ToMake, item: Item) -> bool:
        try:
            self._compose(digest, full_facts(digest, [item]))
        except Exception:  # noqa: BLE001 - the first one's reason is kept
            return False
        return True


def _words_for(problem: Exception) -> str:
    return str(problem) if isinstance(problem, Refusal | ValueError) else repr(problem)
