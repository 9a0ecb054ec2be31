"""A message that was built once with all its headers and parts, and is stamped with each recipient's own.

Building a message part by part takes a thousand times longer than filling in what differs: the
frame (order of headers, nested parts, encodings) is the builder's, the values are put where its
marks stood.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.header import Header

HEADERS = ("subject", "to", "key", "message_id", "date")
PARTS = ("text", "html", "calendar")
LINE = 76
"""Letters in a line of a header that has to be folded (RFC 2047)."""
_BREAKS = re.compile(r"[\x00-\x20\x7f]+")


def mark_of(name: str) -> str:
    """Return what stands for a value while the frame is built: a word that no builder changes or folds."""
    return f"mark-{name.replace('_', '-')}"


def part_mark_of(name: str) -> str:
    """Return the same for a part; its letter outside ASCII has the part encoded as every part of ours is."""
    return f"é {mark_of(name)}"


@dataclass(frozen=True)
class Mould:
    """The frame of a message: pieces of bytes, with the names of the values that stand between them."""

    pieces: tuple[bytes, ...]
    names: tuple[str, ...]

    def stamp(self, values: Mapping[str, str]) -> bytes:
        """Return the message with these values: headers are encoded and kept to a line, parts encoded whole."""
        filled = [encoded(name, values[name]) for name in self.names]
        return b"".join(piece for pair in zip(self.pieces, [*filled, b""], strict=True) for piece in pair)


def mould_of(built: bytes) -> Mould:
    """Return the frame of a message whose values are marks."""
    marks = {mark_of(name).encode(): name for name in HEADERS}
    marks |= {_in_part(part_mark_of(name)): name for name in PARTS}
    found = re.split(b"(" + b"|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True)) + b")", built)
    return Mould(tuple(found[::2]), tuple(marks[mark] for mark in found[1::2]))


def encoded(name: str, value: str) -> bytes:
    """Return a value as its place in the message takes it."""
    if name in PARTS:
        return _in_part(value)
    line = _BREAKS.sub(" ", value).strip()
    if line.isascii():
        return line.encode()
    return Header(line, "utf-8", header_name=name, maxlinelen=LINE).encode(linesep="\r\n").encode()


def _in_part(text: str) -> bytes:
    return base64.encodebytes(text.encode()).rstrip().replace(b"\n", b"\r\n")
