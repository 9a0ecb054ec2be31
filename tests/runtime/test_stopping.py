"""Told to stop: the block in hand ends first, the second word counts at once, and another thread hears nothing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from runtime.stopping import until_told


@pytest.fixture(autouse=True)
def hears_ctrl_c() -> Iterator[None]:
    """Have Ctrl-C heard: whoever runs the tests in the background of a script has started them deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def in_hand(*then: Callable[[], object]) -> list[bool]:
    """Do a piece of work in which SIGINT comes at once; return whether it saw that, as often as it got to look."""
    seen = []
    with suppress(KeyboardInterrupt):
        with until_told() as stops:
            signal.raise_signal(signal.SIGINT)
            seen.append(stops())
            for one in then:
                one()
                seen.append(stops())
        seen.append(False)
    return seen


def test_word_takes_effect_when_the_block_has_ended() -> None:
    assert in_hand(lambda: None) == [True, True]


def test_sigterm_may_come_again_and_ctrl_c_may_not() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        assert in_hand(lambda: signal.raise_signal(signal.SIGTERM), lambda: None) == [True, True, True]
        with until_told():
            for _ in range(3):
                signal.raise_signal(signal.SIGTERM)
            assert heard == []
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_second_ctrl_c_takes_effect_at_once() -> None:
    assert in_hand(lambda: signal.raise_signal(signal.SIGINT), lambda: None) == [True]


def test_word_is_not_lost_when_the_block_fails() -> None:
    def fail() -> None:
        raise RuntimeError("no server")

    assert in_hand(fail) == [True]


def test_nothing_is_changed_without_a_word() -> None:
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    with until_told() as stops:
        assert stops() is False
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)] == before


def test_another_thread_is_never_told() -> None:
    heard: list[bool] = []

    def work() -> None:
        with until_told() as stops:
            heard.append(stops())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert heard == [False]
