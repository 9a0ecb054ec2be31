"""The reader's language: the setting, else the locale, else the source English; catalogues are plain .po files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from babel.messages.pofile import read_po
from pydantic_settings import BaseSettings, SettingsConfigDict

from programme.wording import Language, Numbered, form_of

LANGUAGES: tuple[Language, ...] = ("fr", "ar")
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
    return {one: said for one, said in _messages(language).items() if isinstance(said, str)}


@lru_cache(maxsize=4)
def _messages(language: str) -> Mapping[str, str | tuple[str, ...]]:
    """Return what is said for each sentence; of one that follows a number, every form."""
    if language not in LANGUAGES:
        return {}
    with files("runtime").joinpath(f"catalogues/{language}.po").open("rb") as lines:
        messages = [message for message in read_po(lines) if message.id and message.string]
    said: dict[str, str | tuple[str, ...]] = {}
    for message in messages:
        key, text = message.id, message.string or ""
        said[key if isinstance(key, str) else key[0]] = text if isinstance(text, str) else tuple(text)
    return said


def said_in(language: str, text: str) -> str:
    """Return a sentence in a language; an unknown one as it is."""
    if not isinstance(text, Numbered):
        return catalogue(language).get(text, text)
    forms = _messages(language).get(text)
    return forms[form_of("ar" if language == "ar" else "fr")(text.number)] if isinstance(forms, tuple) else text


def chosen() -> str:
    """Return the reader's language as it is set now."""
    return readers_language({**_written(), **os.environ})


def translate(text: str) -> str:
    """Return a sentence in the reader's language; an unknown one as it is."""
    return said_in(chosen(), text)


_ = translate
