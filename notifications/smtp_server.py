"""A mail server as its URL names it: where it is, how it is spoken to, and with which password."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from programme.errors import SmtpUrlWrong

WAYS = frozenset({("smtp", ""), ("smtp", "required"), ("smtp", "off"), ("smtps", ""), ("smtps", "required")})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class SmtpServer:
    """A mail server as MOURAFAKA_SMTP_URL names it."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    tls: bool
    implicit_tls: bool

    @property
    def is_loopback(self) -> bool:
        """Tell whether it is on this machine."""
        return self.host in LOOPBACK


def read_smtp_url(url: str) -> SmtpServer:
    """Read smtp://user:password@host:port?tls=required|off, or smtps://; refused when it is not one.

    Without ``tls`` a server on this machine is spoken to in clear, any other with STARTTLS. A
    password is never sent in clear to another machine. What a special character left unescaped
    in a password would cut off (a path, a fragment, another option) is refused, and never shown.
    """
    try:
        parts = urlsplit(url)
        host, given = parts.hostname, parts.port
        options = parse_qs(parts.query, keep_blank_values=True)
    except ValueError:  # its text may hold the password
        raise SmtpUrlWrong(url="what MOURAFAKA_SMTP_URL holds") from None
    wrong = SmtpUrlWrong(url=f"{parts.scheme}://{host or ''}")
    wanted = options.pop("tls", [""])[-1]
    if (
        not host
        or given == 0
        or options
        or parts.path.strip("/")
        or parts.fragment
        or bool(parts.username) != bool(parts.password)
    ):
        raise wrong
    if (parts.scheme, wanted) not in WAYS:
        raise wrong
    implicit, local = parts.scheme == "smtps", host in LOOPBACK
    tls = not implicit and (wanted == "required" or (wanted == "" and not local))
    if parts.password and not (tls or local or implicit):
        raise wrong
    user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
    return SmtpServer(host, given or (465 if implicit else 587 if tls else 25), user, password, tls, implicit)
