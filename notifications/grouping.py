"""How a digest puts its items in order: by cooperative, the late first, what others do apart from what is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from notifications.telephone import whatsapp_link

_OPTIONAL: Final = (
    "cooperative_phone",
    "title",
    "due_on",
    "days",
    "script",
    "text",
    "owner_role",
    "owner_name",
    "was_on",
    "link",
    "brief",
)
"""What an item of a digest may leave out."""

IN_FULL: Final = 25
"""So many items of a digest are told at length: mail programs cut off after about 100 kB, and one of them takes 1.7."""
AT_LENGTH: Final = frozenset({"call", "info"})
"""What is told at length however much there is, as long as there is room: without its words it could not be done."""
ROOM: Final = 96_000
"""Octets of a page that its items may take: Gmail cuts after 102 kB, and the rest of the page takes under 6."""
FULL, BRIEF, CALL, OWNER, PHONE = 935, 125, 450, 40, 210
"""Octets beside the words, measured: an item at length, one in a line; what a call, an owner, a telephone adds."""
KEPT: Final = 55_000
"""So much of the room is kept at most for those in a line, before more are told at length."""
HEADS: Final = {"full": 390, "brief": 72}
"""The same of what names a cooperative, the first time."""


def with_brief(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a digest's items as they are, and of a long one those that are said in a line each: the least urgent.

    What the page has no room for even so is ``beyond``: the page counts it, the plain text says it all the same.
    """
    by_urgency = sorted(range(len(items)), key=lambda place: _urgency(items[place]))
    brief = {place for place in by_urgency[IN_FULL:] if items[place]["kind"] not in AT_LENGTH}
    if not brief and sum(map(_size, items)) <= ROOM:  # an ordinary day
        return [*items]
    marks, headed = dict[int, str](), set[tuple[str, str | None]]()
    room, kept = ROOM, min(KEPT, sum(_size(item, "brief") for item in items if _may_be_brief(item)))
    for place in sorted(by_urgency, key=lambda one: one in brief):  # stable: by urgency, those in a line last
        item, way = items[place], "brief" if place in brief else "full"
        if _may_be_brief(item):
            way = "brief" if _size(item, way, headed) > room - kept else way
            kept = max(0, kept - _size(item, "brief"))
        size = _size(item, way, headed)
        if size > room:
            marks[place] = "beyond"
            continue
        room -= size
        headed.add((way, item["cooperative"]))
        if way == "brief":
            marks[place] = way
    return [item | {marks[place]: True} if place in marks else item for place, item in enumerate(items)]


def _may_be_brief(item: Mapping[str, Any]) -> bool:
    """Tell whether a line is enough: a call's words are needed, unless they stand on the page of its link."""
    return item["kind"] not in AT_LENGTH or bool(item.get("link"))


def _size(item: Mapping[str, Any], way: str = "full", headed: Collection[tuple[str, str | None]] = ()) -> int:
    """Return how many octets an item takes on the page, with its cooperative's head where it is the first."""
    size = max(map(_octets, (item.get("title") or {"": None}).values())) + _octets(item.get("link"))
    is_first = (way, item["cooperative"]) not in headed
    size += HEADS[way] + _octets(item["cooperative"]) if is_first else 0
    if way == "brief":
        return size + BRIEF + (OWNER if item["kind"] == "call" else 0)
    if item["kind"] == "call":
        size += CALL + _octets(whatsapp_link(item.get("cooperative_phone"), item.get("script") or ""))
    more = (PHONE if is_first and item.get("cooperative_phone") else 0) + (OWNER if item.get("owner_name") else 0)
    return size + FULL + more + sum(_octets(item.get(one)) for one in ("script", "text", "owner_name"))


def _octets(text: str | None) -> int:
    return len(text.encode()) if text else 0


def _urgency(item: Mapping[str, Any]) -> tuple[bool, bool, str]:
    """Return what puts alerts first, then what is late, each by its day."""
    return item["kind"] != "alert", not is_late(item), _due(item)


@dataclass(frozen=True)
class Group:
    """What a digest says of one cooperative; ``brief`` when all of it is said in a line each."""

    cooperative: str | None
    phone: str | None
    entries: tuple[Mapping[str, Any], ...]
    brief: bool | None = None

    @property
    def order(self) -> tuple[bool, str]:
        """Those with something late first, then by their first date."""
        return not any(map(is_late, self.entries)), _due(self.entries[0])


def by_cooperative(items: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Group a digest's items: cooperatives with something late first, then by date; items by date."""
    groups: dict[str | None, list[Mapping[str, Any]]] = {}
    for item in sorted(items, key=_due):
        entry = dict.fromkeys(_OPTIONAL) | dict(item)
        entry.pop("beyond", None)
        groups.setdefault(item["cooperative"], []).append(entry)
    return sorted((_group(name, own) for name, own in groups.items()), key=lambda one: one.order)


def _group(name: str | None, entries: Sequence[Mapping[str, Any]]) -> Group:
    return Group(name, _phone_of(entries), tuple(entries), all(entry["brief"] for entry in entries) or None)


def late_elsewhere(items: Iterable[Mapping[str, Any]], reader: str) -> list[Mapping[str, Any]]:
    """Return what others are late with, for the one of this role who is told."""
    return [item for item in items if _is_elsewhere(item, reader)]


def asked_here(items: Iterable[Mapping[str, Any]], reader: str) -> list[Mapping[str, Any]]:
    """Return what is asked of the reader, of this role, who need not be told whose it is."""
    return [dict(item) | {"owner_role": None} for item in items if not _is_elsewhere(item, reader)]


def _is_elsewhere(item: Mapping[str, Any], reader: str) -> bool:
    return item["kind"] == "escalation" and item.get("owner_role") != reader


def _phone_of(entries: Iterable[Mapping[str, Any]]) -> str | None:
    return next((entry["cooperative_phone"] for entry in entries if entry["cooperative_phone"]), None)


def _due(item: Mapping[str, Any]) -> str:
    return str(item.get("due_on") or "9999")  # without a date: last


def counted(items: Collection[Mapping[str, Any]], news: Collection[str]) -> tuple[int, int, int, int]:
    """Return how many items are alerts, late, ``news`` that ask for nothing (unless they are late), and the others."""
    late = [item for item in items if is_late(item)]
    alerts = sum(item["kind"] == "alert" for item in items)
    told = sum(item["kind"] in news for item in items) - sum(item["kind"] in news for item in late)
    return alerts, len(late), told, len(items) - alerts - len(late) - told


def is_late(item: Mapping[str, Any]) -> bool:
    """Tell whether an item's day has passed."""
    days = item.get("days")
    return item["kind"] == "step_late" or (days is not None and days < 0)
