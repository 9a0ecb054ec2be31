"""Messages of the day are made a few at a time, after batches of others; each claimed message is in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from notifications.clerk import Clerk
from notifications.making import Batch, Here
from notifications.ordering import InOrder
from tests.notifications.post_office import NOW

SIZE = 8


class Ahead(Here):
    """Notes what it is to make."""

    ahead = 2

    def __init__(self) -> None:
        self.begun: list[str] = []

    def begin(self, batch: Batch) -> None:
        self.begun.append(names(batch))


class Letter:
    """As much of a claimed message as its order needs."""

    def __init__(self, name: str) -> None:
        self.id, self.kind = ord(name), "coach_digest" if name.isupper() else "welcome"


def batch_of(letters: str) -> Batch:
    claimed: list[Any] = [Letter(name) for name in letters]
    return Batch(claimed, {}, {ord(one): [] for one in letters if one.isupper()}, {}, NOW)


def names(batch: Batch) -> str:
    told = "".join(chr(one) for one in batch.told)
    said = "".join(chr(one.id) for one in batch.notices)
    assert told == "".join(filter(str.isupper, said))
    return said


def all_of(claims: Sequence[str], maker: Here) -> list[str]:
    """Return the batches as they are asked for, when so much is claimed at a time."""
    order, waiting, asked = InOrder(maker, SIZE), list(claims), list[str]()
    while True:
        while len(order) <= maker.ahead:
            claimed = batch_of(waiting.pop(0)) if waiting and not order.is_full else None
            if not order.goes_on_with(claimed):
                break
            assert len(order) <= Clerk.ahead + 2
        if not len(order):
            return asked
        asked.append(names(order.next()))


@pytest.mark.parametrize(
    ("claims", "asked"),
    [
        ([], []),
        (["abc"], ["abc"]),
        (["ABCDE"], ["AB", "CD", "E"]),
        (["ABCDEFab", "cdefghij", "st"], ["ab", "cdefghij", "AB", "st", "CD", "EF"]),
        (["ABCDEFGH", "IJKLMNOP", "abc"], ["AB", "CD", "EF", "GH", "IJ", "abc", "KL", "MN", "OP"]),
    ],
)
def test_a_few_messages_of_the_day_follow_each_batch_of_others(claims: list[str], asked: list[str]) -> None:
    maker = Ahead()
    assert all_of(claims, maker) == asked
    assert maker.begun == asked


def test_who_makes_them_when_asked_has_them_as_they_were_claimed() -> None:
    assert all_of(["ABab", "cC"], Here()) == ["ABab", "cC"]


def test_what_nobody_asked_for_is_told() -> None:
    order = InOrder(Ahead(), SIZE)
    order.goes_on_with(batch_of("ABCDEFab"))
    order.goes_on_with(batch_of("cdefgh"))
    assert names(order.next()) == "ab"
    assert sorted("".join(map(names, order.left()))) == sorted("ABCDEFcdefgh")
