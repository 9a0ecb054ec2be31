"""Other services (a chat, a text message) that get a copy of some messages, by `apprise`: named in a file of settings.

The file holds their addresses, with their secrets: none of it is stored, logged or shown again.

    services:
      - name: equipe-agadir
        url: slack://token-a/token-b/token-c
        who: [coordinator, "coach:c1"]
        kinds: [coordinator_digest, coach_digest]
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from notifications.answers import Answer
from notifications.channels_errors import ServicesUnreadable
from notifications.claimed import Sayable
from notifications.kinds import KINDS
from notifications.smtp import LOOPBACK
from programme.system_words import system_words
from programme.wording import Sentence, sentence

ROLES = frozenset({"cooperative", "coordinator", "coach", "delegate"})


class Service(BaseModel):
    """One service as the settings name it; ``who`` are roles or recipients, ``kinds`` all kinds when none is named."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")
    url: str = Field(min_length=1, repr=False)
    who: tuple[str, ...] = Field(min_length=1)
    kinds: tuple[str, ...] = ()

    def wants(self, notice: Sayable) -> bool:
        """Tell whether it gets a copy of a message."""
        role = notice.recipient.partition(":")[0]
        return bool({role, notice.recipient} & {*self.who}) and (not self.kinds or notice.kind in self.kinds)

    @property
    def is_loopback(self) -> bool:
        """Tell whether it is on this machine."""
        return urlsplit(self.url).hostname in LOOPBACK


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    services: tuple[Service, ...]


@dataclass(frozen=True)
class Services:
    """The services that get copies; those that are ``held`` are known and get nothing now (a virtual clock's)."""

    all: tuple[Service, ...] = ()
    held: frozenset[str] = frozenset()

    @cached_property
    def by_name(self) -> dict[str, Service]:
        """Return them by name."""
        return {one.name: one for one in self.all}

    def of(self, notice: Sayable) -> Iterator[Service]:
        """Yield who gets a copy of a message."""
        return (one for one in self.all if one.wants(notice))

    def hand(self, name: str, title: str, body: str) -> Answer:
        """Hand a text to a service; it answers only whether it took it, never whether anybody read it."""
        service = self.by_name.get(name)
        if service is None:
            return Answer("refused", None, "the settings do not name it any more")
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings hold addresses, and so secrets
        from apprise import Apprise, NotifyFormat  # noqa: PLC0415 - half a second to import, for those who use it

        hub = Apprise()
        try:
            if not hub.add(service.url):
                return Answer("refused", None, "its address is not one that apprise knows")
            taken = hub.notify(body=body, title=title, body_format=NotifyFormat.TEXT)
        except Exception as problem:  # noqa: BLE001 - a hundred plug-ins by as many hands: none of them stops the mail
            return Answer("deferred", None, f"it broke off ({type(problem).__name__})")
        return Answer("accepted") if taken else Answer("deferred", None, "no answer, or a refusal")


def read_services(path: Path) -> Services:
    """Read the services of a settings file; refused with what is wrong in it, never with an address."""
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        found = _File.model_validate(read).services
    except (OSError, UnicodeDecodeError) as problem:
        raise ServicesUnreadable(path=path, problem=system_words(problem)) from None
    except yaml.YAMLError as problem:
        mark: Any = getattr(problem, "problem_mark", None)
        said = sentence("not YAML from line {line} on", line=mark.line + 1) if mark else sentence("not YAML")
        raise ServicesUnreadable(path=path, problem=said) from None
    except ValidationError as problem:
        raise ServicesUnreadable(path=path, problem=_flaw(problem)) from None
    fault = next(_faults(found), None)
    if fault:
        raise ServicesUnreadable(path=path, problem=fault)
    return Services(found)


def _flaw(problem: ValidationError) -> Sentence:
    """Say what is wrong first: where, never what is written there, which may be an address."""
    first = problem.errors(include_input=False, include_url=False)[0]
    place = ".".join(map(str, first["loc"])) or sentence("the file")
    if first["type"] == "extra_forbidden":
        return sentence("{place} is not a word of this file", place=place)
    return sentence("{place} is missing, or cannot stand as it is written", place=place)


def _faults(services: Sequence[Service]) -> Iterator[Sentence]:
    names = [one.name for one in services]
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield sentence("{name} stands twice", name=name)
    for one in services:
        for who in one.who:
            if who.partition(":")[0] not in ROLES:
                yield sentence("{name}: nobody is called {who}", name=one.name, who=who)
        for kind in one.kinds:
            if kind not in KINDS:
                yield sentence("{name}: there is no kind {kind}", name=one.name, kind=kind)
        if not _is_known(one):
            yield sentence("{name}: its address is not one that apprise knows", name=one.name)


def _is_known(service: Service) -> bool:
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    from apprise import Apprise  # noqa: PLC0415 - half a second to import, for those who use it

    return bool(Apprise().add(service.url))
