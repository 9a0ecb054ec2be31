"""What an operating system refuses is said in the reader's language, never in its own words."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest

from programme.system_words import SAID, system_words
from runtime.language import LANGUAGES, said_in


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), "there is nothing of that name"),
        (PermissionError(errno.EACCES, "Permission denied"), "you have no right to it"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (TimeoutError("timed out"), "nobody answers there"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "nothing listens there"),
        (socket.gaierror(-2, "Name or service not known"), "no machine of that name is known"),
        (
            ssl.SSLCertVerificationError(1, "certificate verify failed"),
            "its certificate is not one that can be trusted, or it has no TLS there",
        ),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "it is not UTF-8 text"),
        (OSError(errno.EDOM, "Numerical argument out of domain"), "error 33 of the system"),
        (OSError("no number"), "error OSError of the system"),
    ],
)
def test_system_words_say_why_without_the_system_s_english(problem: OSError | UnicodeError, said: str) -> None:
    assert str(system_words(problem)) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_system_words_are_translated(language: str) -> None:
    assert [one for one in SAID.values() if one.say(lambda text: said_in(language, text)) == str(one)] == []
