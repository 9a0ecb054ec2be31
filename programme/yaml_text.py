"""Reads YAML: what people bring by the strict reader, what comes with the program by the quick one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The reader in C, fifteen times as fast, where PyYAML has it.

It lets pass some texts that the other one refuses, such as a tab at the end of a line. What one machine accepts must be
readable on another, so it reads nothing but what comes with the program: tests see that both read that alike.
"""


@cache
def shipped(name: str) -> str:
    """Return the text of a definition that comes with the program."""
    return files("programme").joinpath("definitions", name).read_text(encoding="utf-8")


def read_yaml(text: str, *, is_ours: bool = False) -> tuple[yaml.Node | None, object]:
    """Return what is written, once with its places and once as plain values; ``is_ours``: it comes with the program."""
    loader = (QUICK if is_ours else yaml.SafeLoader)(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()
