"""The reader's language: the setting, else the locale, else the source English; catalogues are plain .po files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from babel.messages.pofile import read_po
from pydantic_settings import BaseSettings, SettingsConfigDict

LANGUAGES = ("fr", "ar")
SETTING = "MOURAFAKA_LANGUAGE"
VARIABLES = (SETTING, "LC_ALL", "LC_MESSAGES", "LANG")


class _Written(BaseSettings):
    """The one setting that is needed before all the others are read: the commands' help is translated too."""

    model_config = SettingsConfigDict(env_prefix="MOURAFAKA_", env_file=".env", extra="ignore")

    language: str | None = None


def readers_language(environment: Mapping[str, str] = os.environ) -> str:
    """Return "fr", "ar" or "en" by the first of the usual variables that says something.

    Only the language itself counts: "fr_MA.UTF-8" is French, "frr_DE" (North Frisian) is not.
    """
    said = next((environment[name] for name in VARIABLES if environment.get(name)), "")
    language = re.split(r"[_.@-]", said.strip().lower(), maxsplit=1)[0]
    return language if language in LANGUAGES else "en"


@lru_cache(maxsize=1)
def _written() -> Mapping[str, str]:
    """Return the language that the file .env sets, if it does; read once.

    A file that cannot be read says nothing here: the settings refuse it, in a sentence.
    """
    try:
        language = _Written().language
    except (OSError, UnicodeDecodeError):
        return {}
    return {SETTING: language} if language else {}


@lru_cache(maxsize=4)
def catalogue(language: str) -> Mapping[str, str]:
    """Return a language's sentences by their English source; none for English itself."""
    if language not in LANGUAGES:
        return {}
    with files("runtime").joinpath(f"catalogues/{language}.po").open("rb") as lines:
        return {str(message.id): str(message.string) for message in read_po(lines) if message.id and message.string}


def chosen() -> str:
    """Return the reader's language as it is set now."""
    return readers_language({**_written(), **os.environ})


def translate(text: str) -> str:
    """Return a sentence in the reader's language; an unknown one as it is."""
    return catalogue(chosen()).get(text, text)


_ = translate
