"""Both readers of YAML, the strict one and the quick one, read alike what comes with the program."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
import yaml

from programme.yaml_text import QUICK, read_yaml, shipped

NAMES = sorted(one.name for one in files("programme").joinpath("definitions").iterdir() if one.name.endswith(".yaml"))


def seen(node: yaml.Node) -> Any:
    """Return a node as far as it is used: its kind, its place, and what it holds."""
    value = node.value
    if isinstance(node, yaml.SequenceNode):
        value = [seen(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        value = [(seen(word), seen(item)) for word, item in node.value]
    return node.tag, node.start_mark.line, node.start_mark.column, value


@pytest.mark.parametrize("name", NAMES)
def test_quick_reader_reads_what_is_shipped_as_the_strict_one_does(name: str) -> None:
    (quick_node, quick), (node, strict) = read_yaml(shipped(name), is_ours=True), read_yaml(shipped(name))
    assert quick == strict
    assert quick_node is not None
    assert node is not None
    assert seen(quick_node) == seen(node)


def test_what_people_bring_is_read_by_the_strict_reader() -> None:
    """The quick one would take it."""
    with pytest.raises(yaml.YAMLError):
        read_yaml("word\t\t")


def test_quick_reader_is_in_the_locked_release() -> None:
    assert QUICK is not yaml.SafeLoader


def test_an_empty_text_has_nothing() -> None:
    assert read_yaml("") == (None, None)
