"""Reads a mail server's last word on a message: is it about us, about the address, or about the message?"""

from __future__ import annotations

from notifications.answers import Answer

NOT_LET_IN = frozenset({530, 534, 535, 538})
"""Codes by which a server wants another login (RFC 4954): about us, whatever command they answer."""
TOO_BIG = 552
"""The code by which MAIL FROM refuses one message for its size (RFC 1870), not its sender."""
POLICY = "5.7."
"""Enhanced codes (RFC 3463) of a server's policy, which say nothing of the address."""


def judge(command: str, code: int, text: str) -> Answer:
    """Read the server's last word: about us (nothing can leave), the address, or the message."""
    if command == "data" and 200 <= code < 300:
        return Answer("accepted", code, text)
    if command == "data" and not 400 <= code < 600:
        return Answer("doubt", code, text)  # the message was handed over, and this is no answer
    if code in NOT_LET_IN or (command == "mail" and code != TOO_BIG):
        return Answer("away", code, text)
    if code < 500:
        return Answer("deferred", code, text)
    return Answer("refused", code, text, bad_address=command == "rcpt" and not text.startswith(POLICY))


def text_of(said: bytes | str | None) -> str:
    """Return what a server said as a text that any database can hold."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said or ""
    return text.replace("\0", "")  # no text of PostgreSQL may hold it: the answer could never be written down
