"""Every message with plausible facts, side by side: for coordinators, translators, and whoever looks at the design."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from notifications.kinds import KINDS, READINGS
from notifications.rendering import Rendered, render
from notifications.samples import facts_for

_STYLE = """
:root { color-scheme: light dark }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif }
table { border-collapse: collapse; width: 100% }
th, td { padding: .5rem .75rem; border-bottom: 1px solid #8884; text-align: start; vertical-align: top }
small { opacity: .75 }
"""


@dataclass(frozen=True)
class Page:
    """A message of the gallery."""

    kind: str
    mail: Rendered

    @property
    def name(self) -> str:
        """Return the name of its files, without what follows the point."""
        return f"{self.kind}-{self.mail.language}"


LINK = "https://mourafaka.example/l/exemple"
LINKED, REFUSABLE = "coach_digest", "step_reminder"


def pages() -> Iterator[Page]:
    """Yield every kind in every language."""
    for kind in KINDS:
        for reading in READINGS:
            yield Page(kind, render(kind, reading, _with_links(kind, facts_for(kind, reading))))


def _with_links(kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts with the links that a message gets where links can be made: a sample has none."""
    if kind == LINKED:
        facts["items"] = [{**item, "link": LINK} if item["title"] else item for item in facts["items"]]
    if kind == REFUSABLE:
        facts["refuse_url"] = LINK
    return facts


def write_gallery(folder: Path) -> int:
    """Write each message as a page and as plain text, and an index.html; return how many messages that is.

    Files of the same name in the folder are written over; others are left alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shown = list(pages())
    for page in shown:
        (folder / f"{page.name}.html").write_text(page.mail.html, "utf-8")
        (folder / f"{page.name}.txt").write_text(f"{page.mail.subject}\n\n{page.mail.text}", "utf-8")
    (folder / "index.html").write_text(_index(shown), "utf-8")
    return len(shown)


def _index(shown: Iterable[Page]) -> str:
    rows: dict[str, list[Page]] = {}
    for page in shown:
        rows.setdefault(page.kind, []).append(page)
    head = "".join(f"<th>{reading}</th>" for reading in READINGS)
    body = "\n".join(_row(kind, row) for kind, row in rows.items())
    return (
        f'<!DOCTYPE html>\n<html lang="fr">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>Mourafaka</title>\n<style>{_STYLE}</style>\n'
        f"<h1>Mourafaka · مرافقة</h1>\n<table>\n<tr><th></th>{head}</tr>\n{body}\n</table>\n</html>\n"
    )


def _row(kind: str, row: Iterable[Page]) -> str:
    return f"<tr><th>{kind}</th>{''.join(map(_cell, row))}</tr>"


def _cell(page: Page) -> str:
    return (
        f'<td dir="auto"><a href="{page.name}.html">{escape(page.mail.subject)}</a><br>'
        f'<small><a href="{page.name}.txt">texte · نص</a></small></td>'
    )
