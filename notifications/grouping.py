"""How a digest puts its items in order: by cooperative, the late first, what others do apart from what is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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
)
"""What an item of a digest may leave out."""


@dataclass(frozen=True)
class Group:
    """What a digest says of one cooperative."""

    cooperative: str | None
    phone: str | None
    entries: tuple[Mapping[str, Any], ...]

    @property
    def order(self) -> tuple[bool, str]:
        """Those with something late first, then by their first date."""
        return not any(map(is_late, self.entries)), _due(self.entries[0])


def by_cooperative(items: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Group a digest's items: cooperatives with something late first, then by date; items by date."""
    groups: dict[str | None, list[Mapping[str, Any]]] = {}
    for item in sorted(items, key=_due):
        groups.setdefault(item["cooperative"], []).append(dict.fromkeys(_OPTIONAL) | dict(item))
    return sorted((Group(name, _phone_of(own), tuple(own)) for name, own in groups.items()), key=lambda one: one.order)


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
