"""Reads and writes the file in which a coordinator sends a text: YAML, or plain paragraphs under [fr] and [ar]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from notifications.kinds import LANGUAGES
from programme.system_words import system_words
from programme.texts_errors import TextFileUnreadable, TextIncomplete
from programme.wording import sentence

LARGEST: Final = 64 * 1024
"""Bytes: texts are a page at most."""
_HEAD: Final = re.compile(r"^\[(fr|ar)\]\s*$", re.MULTILINE)
_ASIDE: Final = re.compile(r"^#.*\n?", re.MULTILINE)

_SAID: Final = {"subject": sentence("subject"), "body": sentence("body")}

Texts = dict[str, tuple[str, str]]


def read_texts(path: Path) -> Texts:
    """Return subject and body by language; a file that lacks one of them is refused."""
    raw = _raw(path)
    said = _from_yaml(path, raw) if path.suffix.lower() in {".yaml", ".yml"} else _from_text(raw)
    return {
        language: (_part(path, said, language, "subject"), _part(path, said, language, "body"))
        for language in LANGUAGES
    }


def _raw(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise TextFileUnreadable(path=path, problem=sentence("more than {size} KB", size=LARGEST // 1024))
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TextFileUnreadable(path=path, problem=system_words(error)) from error


def _from_yaml(path: Path, raw: str) -> Mapping[str, Any]:
    try:
        said = yaml.safe_load(raw)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        said = sentence("not YAML from line {line} on", line=mark.line + 1) if mark else sentence("not YAML")
        raise TextFileUnreadable(path=path, problem=said) from error
    return said if isinstance(said, Mapping) else {}


def _from_text(raw: str) -> dict[str, dict[str, str]]:
    """Read sections: the first line of each is the subject, the rest the body; lines that begin with # are remarks."""
    pieces = _HEAD.split(_ASIDE.sub("", raw))
    said = {}
    for language, section in zip(pieces[1::2], pieces[2::2], strict=True):
        subject, _, body = section.strip().partition("\n")
        said[language] = {"subject": subject, "body": body}
    return said


def _part(path: Path, said: Mapping[str, Any], language: str, part: str) -> str:
    section = said.get(language)
    text = section.get(part) if isinstance(section, Mapping) else None
    if not isinstance(text, str) or not text.strip():
        raise TextIncomplete(path=path, part=_SAID[part], language=language)
    return text.strip()


def written(texts: Mapping[str, tuple[str, str]]) -> str:
    """Return texts as a file that `read_texts` reads again."""
    return "\n".join(f"[{language}]\n{subject}\n\n{body}\n" for language, (subject, body) in texts.items())
