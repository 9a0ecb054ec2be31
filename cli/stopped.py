"""What a person reads who stops a command: known before all else is loaded, which takes a second or two."""

from __future__ import annotations

import sys
from typing import NoReturn

from runtime.language import _


def interrupted() -> NoReturn:
    """Say that Ctrl-C has ended the command, and end it as a failed one."""
    text = _("Stopped. Nothing is lost: run the command again, it goes on where it was.")
    print(text, file=sys.stderr)  # noqa: T201 - a command's own voice
    sys.exit(1)
