"""What is refused when copies of the database are made and brought back."""

from __future__ import annotations

from programme.errors import Refusal


class CopyThere(Refusal):
    """{path} is there already: a copy never overwrites a file; choose another name."""


class NoDatabase(Refusal):
    """There is no database at {path}: nothing was copied; correct MOURAFAKA_DATABASE_URL or MOURAFAKA_DATA_DIR."""


class ListKindUnknown(Refusal):
    """{path} is neither .xlsx, .csv nor .json: give the file one of these endings."""


class CopyUnwritable(Refusal):
    """{path} cannot be written ({problem}): make room or choose another place; nothing half-written was left there."""


class ToolMissing(Refusal):
    """{tool} is missing: install PostgreSQL's client programs, the server's version or newer, or write their folder in MOURAFAKA_POSTGRESQL_BIN."""


class ToolFailed(Refusal):
    """{tool} did not succeed ({problem}): mend that and try again; the database here was not changed."""


class NoCopy(Refusal):
    """{path} is no copy of a Mourafaka database: name a file that `mourafaka backup` made; nothing was changed."""


class CopyNotThere(Refusal):
    """There is no file {path}: correct the name, or make a copy with `mourafaka backup`; nothing was changed."""


class CopyDamaged(Refusal):
    """{path} is damaged ({problem}): take another copy; nothing was changed."""


class CopyTooNew(Refusal):
    """{path} was made by a newer release ({revision}): install that release and restore with it; nothing was changed."""


class NoWayBack(Refusal):
    """The tables cannot go back to {wanted}: they are those of {now}; name one of {known}; nothing was changed."""


class CopyOfAnotherKind(Refusal):
    """{path} is a copy from {made_on} and the database here is on {here}: restore it where MOURAFAKA_DATABASE_URL names {made_on}."""


class DatabaseHasRows(Refusal):
    """The database at {path} is not empty: to have the copy take its place, repeat with --replace; the old one is kept beside it."""


class DatabaseInUse(Refusal):
    """The database at {path} is in use: stop `mourafaka serve` and every other command that uses it, then try again; nothing was changed."""


class NoRightToRestore(Refusal):
    """PostgreSQL did not let a second database be made or renamed ({problem}): give the user CREATEDB and the database's ownership; nothing was changed."""


class SettleAhead(Refusal):
    """--settle-until {until} is still to come: give the instant up to which mails may have left, at the latest now."""


class PartKeepsEnding(Refusal):
    """{part} ended {count} times in a row soon after its start (exit code {code}): what it wrote ({log}) says why; mend it, then run `mourafaka serve` again."""
