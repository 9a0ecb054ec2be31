"""Why a database is not opened, and what to do instead."""

from __future__ import annotations

from programme.errors import Refusal


class DatabaseUnknown(Refusal):
    """MOURAFAKA_DATABASE_URL is no address of a database that is known here ({kind}): write sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/NAME."""


class DatabaseDriverMissing(Refusal):
    """{driver} is missing, without which PostgreSQL cannot be used: run `pip install 'mourafaka[postgresql]'`."""
