"""What is refused before a page can be served."""

from __future__ import annotations

from programme.errors import Refusal


class PortTaken(Refusal):
    """The pages cannot be served at {host}, port {port} ({problem}): stop what listens there, or name another port."""
