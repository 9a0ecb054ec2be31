"""The one place that draws what nobody may guess."""

from __future__ import annotations

import secrets

TOKEN_BYTES = 24
"""192 bits: a link's whole protection is that nobody can guess it; 128 would do."""


def fresh_token() -> str:
    """Return a new secret of 32 letters that an address can hold as they are."""
    return secrets.token_urlsafe(TOKEN_BYTES)
