"""How a digest puts its items in order: by cooperative, the late first, what others do apart from what is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
"""What is told at length however much there is: without its words it could not be done."""


def with_brief(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a digest's items as they are, and of a long one those that are said in a line each: the least urgent."""
    by_urgency = sorted(range(len(items)), key=lambda place: _urgency(items[place]))
    brief = {place for place in by_urgency[IN_FULL:] if items[place]["kind"] not in AT_LENGTH}
    return [item | {"brief": True} if place in brief else item for place, item in enumerate(items)]


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
        groups.setdefault(item["cooperative"], []).append(dict.fromkeys(_OPTIONAL) | dict(item))
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
