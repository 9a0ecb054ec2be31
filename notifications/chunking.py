"""Hands a message over in one write (RFC 3030): sender, recipient and bytes together, so that it takes one wait.

The message may arrive from the first byte on: a connection that breaks before the answers leaves a doubt, unless
the sender or the recipient was refused by then. So nobody speaks like this on a connection that has not taken a message
before: a server that hangs up on everyone is met word by word, and puts nothing in doubt.
"""

from __future__ import annotations

import select
import ssl
from collections.abc import Iterator
from smtplib import SMTPServerDisconnected
from socket import socket

from notifications.pipelining import CLOSING, YES, Said

ENDING = b"\r\n"
_MOST_HEARD = 65_536
"""Bytes of answers that are listened to; three answers hardly ever have more than two hundred."""


class Departure:
    """A message that leaves in one write, until its three answers have come."""

    def __init__(self, connection: socket, sender: str, recipient: str, message: bytes, *, says_size: bool) -> None:
        self._connection, self._heard = connection, b""
        self._left = memoryview(_words(sender, recipient, message, says_size=says_size))
        self.has_begun = False
        """Whether anything has left, so that the message may arrive."""
        self.number = connection.fileno()
        """By what the connection is listened to."""

    @property
    def writes(self) -> bool:
        """Tell whether the connection is to take more, rather than to say something."""
        return bool(self._left)

    def go_on(self) -> Said | None:
        """Write, or read, as much as the connection takes or has; return the server's last word once it is known.

        Waits only where the connection is not ready for it; raises when it is lost.
        """
        if self._left:
            written = self._connection.send(self._left)
            self.has_begun = True
            self._left = self._left[written:]
            return None
        more = self._connection.recv(_MOST_HEARD)
        if not more:
            raise SMTPServerDisconnected("Connection unexpectedly closed")
        self._heard += more
        if len(self._heard) > _MOST_HEARD:
            raise SMTPServerDisconnected("answers without an end")
        return _last_word(self._answers(), to_all=True)

    def refusal(self) -> Said | None:
        """Return the refusal that was heard before the connection was lost: with it, the message did not arrive."""
        said = _last_word(self._answers(), to_all=False)
        return said if said is not None and said[0] != "data" else None

    def _answers(self) -> list[Said]:
        return [(command, *answer) for command, answer in zip(YES, _whole_answers(self._heard), strict=False)]


def _words(sender: str, recipient: str, message: bytes, *, says_size: bool) -> bytes:
    """Return all that is said for a message; it ends with a line's end, as one that ends with a dot does."""
    whole = message if message.endswith(ENDING) else message + ENDING
    limit = f" SIZE={len(message)}" if says_size else ""
    said = f"MAIL FROM:<{sender}>{limit}\r\nRCPT TO:<{recipient}>\r\nBDAT {len(whole)} LAST\r\n"
    return said.encode("ascii") + whole


def _whole_answers(heard: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the answers that have come whole, each with its lines; what is no answer has the code -1, as in smtplib."""
    lines: list[bytes] = []
    for line in heard.split(b"\n")[:-1]:
        code = int(line[:3]) if line[:3].isdigit() else -1
        lines.append(line[4:].strip(b" \t\r\n"))
        if code < 0 or line[3:4] != b"-":
            yield code, b"\n".join(lines)
            lines = []


def _last_word(said: list[Said], *, to_all: bool) -> Said | None:
    """Return the first refusal, or the answer to the message; None while it is not known.

    ``to_all``: a refusal counts once everything is answered, or the server says that it closes the connection.
    """
    if said and said[-1][1] == CLOSING:
        return next(one for one in said if one[1] not in YES[one[0]])
    if to_all and len(said) < len(YES):
        return None
    refused = next((one for one in said[:2] if one[1] not in YES[one[0]]), None)
    return refused or (said[2] if len(said) == len(YES) else None)


def is_idle(connection: socket) -> bool:
    """Tell whether a connection takes words at once, and the server has said nothing by itself (as that it closes)."""
    looked = select.poll()
    looked.register(connection, select.POLLIN | select.POLLOUT)
    return looked.poll(0) == [(connection.fileno(), select.POLLOUT)]


def is_plain(connection: socket) -> bool:
    """Tell whether what can be read from a connection is what has come by it: TLS keeps some for itself."""
    return not isinstance(connection, ssl.SSLSocket)
