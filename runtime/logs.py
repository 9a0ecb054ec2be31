"""Logs without anybody's data: one line a record, plain or as JSON, from our loggers and from everybody else's.

Ours say fixed words, and codes and figures beside them (``extra={"facts": …}``). What other people's
libraries say of a failure may repeat a row: its kind and its place are kept, its words are not.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from runtime.settings import Settings

OURS: Final = "mourafaka"
ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.UNICODE)
TELEPHONE: Final = re.compile(r"(?<![\w.:-])(?:\+|00)?\d(?:[\s.-]?\d){8,13}(?![\w:])")
"""Nine digits or more in a row, as a person writes a number; not a date, nor a figure with a unit."""
SECRET: Final = re.compile(r"(?<=://)[^/\s@]+@")
IN_STATE: Final = re.compile(r"(in state [\w ]+)\(.*", re.DOTALL)
FAILURE: Final = re.compile(r"\bexception\b:?\s*(\w+)?.*", re.DOTALL | re.IGNORECASE)


def clean(text: str) -> str:
    """Return a text without the addresses, the telephone numbers and the passwords in it."""
    return TELEPHONE.sub("<number>", ADDRESS.sub("<address>", SECRET.sub("<secret>@", text)))


def place_of(failure: BaseException) -> str:
    """Return what kind of failure it was and where, from inside to outside, without its words."""
    frames = traceback.extract_tb(failure.__traceback__)
    return " < ".join([type(failure).__name__, *(f"{one.name} ({one.filename}:{one.lineno})" for one in frames[::-1])])


def said(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a line says of a record."""
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    line: dict[str, Any] = {"at": moment, "level": record.levelname, "logger": record.name, "pid": record.process}
    line["message"] = _words(record)
    facts = getattr(record, "facts", None)
    if facts:
        line["facts"] = {key: _fact(value) for key, value in dict(facts).items()}
    failure = record.exc_info[1] if record.exc_info else None
    if failure is not None:
        line["failure"] = place_of(failure)
    return line


def bare(record: logging.LogRecord) -> logging.LogRecord:
    """Return the same record with nothing but the words that our log would hold."""
    copy = logging.makeLogRecord(record.__dict__)
    copy.msg, copy.args, copy.exc_info, copy.exc_text, copy.stack_info = _words(record), None, None, None, None
    return copy


def _words(record: logging.LogRecord) -> str:
    text = record.getMessage()
    if not is_ours(record):
        text = (text.splitlines() or [""])[0]
        text = FAILURE.sub(lambda found: f"exception {found[1] or ''}".rstrip(), IN_STATE.sub(r"\1", text))
    return clean(text)


def _fact(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _fact(one) for key, one in value.items()}
    return value if isinstance(value, bool | int | float | None) else clean(str(value))


def is_ours(record: logging.LogRecord) -> bool:
    """Tell whether one of our own loggers says it."""
    return record.name == OURS or record.name.startswith(f"{OURS}.")


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return json.dumps(said(record), ensure_ascii=False)


class Plain(logging.Formatter):
    """One line for a person to read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = said(record)
        facts = "".join(f" {key}={value}" for key, value in line.get("facts", {}).items())
        failure = f" ({line['failure']})" if "failure" in line else ""
        message = line["message"].replace("\n", " / ")
        return f"{line['at']} {line['level']:<7} {line['logger']}: {message}{facts}{failure}"


class Threshold(logging.Filter):
    """Keeps back what our own loggers say below the level that is set; the others have their own."""

    def __init__(self) -> None:
        super().__init__()
        self.level = logging.getLevelNamesMapping()[Settings().log_level or "WARNING"]

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written."""
        return record.levelno >= self.level or not is_ours(record)


def formatter() -> logging.Formatter:
    """Return the formatter that the settings name; plain where nothing is set."""
    return Json() if Settings().log_format == "json" else Plain()


def handler(stream: TextIO | None = None) -> logging.Handler:
    """Return what writes every line of this process."""
    found = logging.StreamHandler(stream or sys.stderr)
    found.setFormatter(formatter())
    found.addFilter(Threshold())
    return found


def begin() -> None:
    """Have this process's loggers write as the settings say; Prefect finds it so in flows/logging.yml."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(handler())
    logging.getLogger(OURS).setLevel(logging.DEBUG)
    logging.captureWarnings(True)


def for_a_service() -> None:
    """Choose what nobody has chosen, here and for those that this process starts: INFO, and JSON where nobody reads."""
    os.environ.setdefault("MOURAFAKA_LOG_LEVEL", Settings().log_level or "INFO")
    chosen = Settings().log_format or ("plain" if sys.stderr.isatty() else "json")
    os.environ.setdefault("MOURAFAKA_LOG_FORMAT", chosen)
