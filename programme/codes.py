"""Codes of cohorts and people: what commands, keys and links name them by."""

from __future__ import annotations

import re

LONGEST_CODE = 60
_CODE = re.compile(rf"[^\W_][\w.-]{{0,{LONGEST_CODE - 1}}}")
_WORD = re.compile(r"[^\W_]+")


def is_code(text: str) -> bool:
    """Tell whether a text can be a code: keys part their words with `/`, `:` and `@`, and commands with spaces."""
    return _CODE.fullmatch(text) is not None


def code_of(name: str) -> str:
    """Make a code of a name: its letters and digits in lower case, a hyphen for all else; "" when it has none."""
    return "-".join(_WORD.findall(name.lower()))[:LONGEST_CODE].strip("-")
