"""The `emails` library's SMTP client, with what it leaves out.

Certificates are verified, and a message is never sent a second time by itself after a lost connection.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from socket import socket
from typing import Any

from emails.backend.smtp.backend import SMTPBackend
from emails.backend.smtp.client import SMTPClientWithResponse

from notifications.pipelining import Pipelining


class Client(Pipelining, SMTPClientWithResponse):
    """An SMTP client that verifies certificates and knows whether its message had begun to leave."""

    def starttls(self, *_args: Any, **_kwargs: Any) -> tuple[int, bytes]:
        """Go over to TLS with a server whose certificate is verified."""
        reply: tuple[int, bytes] = smtplib.SMTP.starttls(self, context=ssl.create_default_context())
        return reply


class TlsClient(Client):
    """The same over TLS from the first byte (smtps)."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:
        smtplib_s: Any = super()  # its hook for this is not declared
        plain: socket = smtplib_s._get_socket(host, port, timeout)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


class Backend(SMTPBackend):
    """Opens such a connection, and keeps it."""

    connection_cls = Client
    connection_ssl_cls: Any = TlsClient  # the library declares its own, which verifies nothing

    def retry_on_disconnect(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Do not: the library would send DATA a second time by itself."""
        return func
