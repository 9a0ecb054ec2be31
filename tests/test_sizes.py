"""Files and functions stay small enough to be read at once (CONTRIBUTING.md, style 2)."""

from __future__ import annotations

import ast
from pathlib import Path

from runtime.extraction import ROOT

LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 300, 40
APART = frozenset({"tests", "migrations"})
"""A migration is one list of what it changes, and is never touched again; a file of tests is read test by test."""


def sources() -> list[Path]:
    packages = [path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name not in APART]
    return [file for package in packages for file in sorted(package.rglob("*.py"))]


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    lengths = {str(file.relative_to(ROOT)): file.read_bytes().count(b"\n") for file in sources()}
    assert len(lengths) > 200
    assert {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    assert [said for file in sources() for said in too_long(file)] == []


def too_long(file: Path) -> list[str]:
    """Return the functions of a file that are too long, with their place and length."""
    found = [
        (node, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    name = file.relative_to(ROOT)
    return [f"{name}:{node.lineno} {node.name}: {lines}" for node, lines in found if lines > LINES_OF_A_FUNCTION]
