"""What an operating system refused, in the reader's language: by the number of its error, never in its own words."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from socket import gaierror
from ssl import SSLError

from programme.wording import Sentence, sentence

_NO_RIGHT = sentence("you have no right to it")
_NO_ROOM = sentence("the disk is full")
_NO_ANSWER = sentence("nobody answers there")
_BROKEN = sentence("the disk answers with an error")
SAID: Mapping[int, Sentence] = {
    errno.ENOENT: sentence("there is nothing of that name"),
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: sentence("the disk can only be read"),
    errno.EISDIR: sentence("it is a folder"),
    errno.ENOTDIR: sentence("a part of the path is no folder"),
    errno.EEXIST: sentence("something is there already"),
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: sentence("it would be too large for this disk"),
    errno.EIO: _BROKEN,
    errno.EBUSY: sentence("another program holds it"),
    errno.EMFILE: sentence("too many files are open"),
    errno.ENFILE: sentence("too many files are open"),
    errno.ENAMETOOLONG: sentence("the name is too long"),
    errno.ELOOP: sentence("the links go round in a circle"),
    errno.EADDRINUSE: sentence("another program listens there"),
    errno.EADDRNOTAVAIL: sentence("this machine does not have that address"),
    errno.ECONNREFUSED: sentence("nothing listens there"),
    errno.ECONNRESET: sentence("the other side hung up"),
    errno.EPIPE: sentence("the other side hung up"),
    errno.ETIMEDOUT: _NO_ANSWER,
    errno.EHOSTUNREACH: _NO_ANSWER,
    errno.ENETUNREACH: _NO_ANSWER,
}
"""What is said of each number that people meet."""


def system_words(problem: OSError | UnicodeError) -> Sentence:
    """Return why a file, a folder or a machine could not be used; what has no words of ours is told by its number."""
    if isinstance(problem, UnicodeError):
        return sentence("it is not UTF-8 text")
    if isinstance(problem, gaierror):
        return sentence("no machine of that name is known")
    if isinstance(problem, SSLError):
        return sentence("its certificate is not one that can be trusted, or it has no TLS there")
    if isinstance(problem, TimeoutError):
        return _NO_ANSWER
    known = SAID.get(problem.errno or 0)
    return known or sentence("error {number} of the system", number=problem.errno or type(problem).__name__)
