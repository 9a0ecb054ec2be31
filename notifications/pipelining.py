"""Says to a mail server in one go what may be said so (RFC 2920): a message then takes two waits instead of four."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable
from typing import Any, Final

GO_AHEAD: Final = 354
CLOSING: Final = 421
YES: Final = {"mail": {250}, "rcpt": {250, 251}, "data": {GO_AHEAD}}
"""What lets each command stand; to a message that is handed over there is no such word (notifications/verdicts.py)."""
Said = tuple[str, int, bytes]
"""A command with the code and the text that answered it."""
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")


class Pipelining(smtplib.SMTP):
    """An SMTP client that knows whether its message had begun to leave, whichever way it was announced."""

    _rset: Callable[[], None]
    make_response: Callable[[], Any]
    """Both are the `emails` library's client's, which this stands before (notifications/smtp_client.py)."""
    data_begun = False
    has_taken_one = False
    """Whether the last message on this connection was accepted: a server that works so far."""
    is_to_reset = False
    """Whether a refusal has still to be made forgotten before the next message."""

    @property
    def takes_whole(self) -> bool:
        """Tell whether a message may leave in one write with its announcement."""
        return self.has_taken_one and self.has_extn("chunking") and self.has_extn("pipelining")

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Do as smtplib does, and remember the moment from which the message may arrive."""
        code, text = self.docmd("data")
        if code != GO_AHEAD:
            raise smtplib.SMTPDataError(code, text)
        return self._hand_over(msg)

    def sendmail(self, from_addr: str, to_addrs: Any, msg: Any, *options: Any, **more: Any) -> Any:
        """Do as the `emails` library's client does, in fewer waits where the server takes commands in one go."""
        if self.is_to_reset:
            self.is_to_reset = False
            self._rset()
        if not self.has_extn("pipelining"):
            return super().sendmail(from_addr, to_addrs, msg, *options, **more)
        response = self.make_response()
        command, code, text = announce(self, from_addr, to_addrs[0], len(msg))
        if command == "data":
            if code != GO_AHEAD:
                raise smtplib.SMTPDataError(code, text)
            code, text = self._hand_over(msg)
        response.set_status(command, code, text)
        if code != 250:
            self._rset()
        return response

    def _hand_over(self, msg: bytes) -> tuple[int, bytes]:
        self.data_begun = True
        ending = b"" if msg.endswith(b"\r\n") else b"\r\n"
        dotted = _LEADING_DOT.sub(b"..", msg) if msg.startswith(b".") or b"\n." in msg else msg  # hardly ever
        self.send(b"".join((dotted, ending, b".\r\n")))
        return self.getreply()


def announce(client: smtplib.SMTP, sender: str, recipient: str, size: int) -> Said:
    """Say who writes, to whom, and DATA; return the first refusal, or that the message may come.

    Nothing of the message has left. After a refusal the server waits for the next one.
    """
    limit = f" SIZE={size}" if client.has_extn("size") else ""
    client.send(f"MAIL FROM:<{sender}>{limit}\r\nRCPT TO:<{recipient}>\r\nDATA\r\n")
    said: list[Said] = []
    for command in YES:
        said.append((command, *client.getreply()))
        if said[-1][1] == CLOSING:  # it says no more
            return said[-1]
    refused = next((one for one in said if one[1] not in YES[one[0]]), None)
    if refused is not None and said[-1][1] == GO_AHEAD:  # it would take a message for nobody: an empty one ends that
        client.send(b".\r\n")
        client.getreply()
    return refused or said[-1]
