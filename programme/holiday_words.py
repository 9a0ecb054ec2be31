"""What Morocco's holidays are called: a day is known by its French name, and said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import holidays

from programme.wording import Bilingual

KNOWN: Final = range(2024, 2028)
"""Years whose holidays are looked through: a later one has no name that these have not (tried up to 2035)."""
BETWEEN: Final = ";"
BETWEEN_IN_ARABIC: Final = "؛ "


def holiday_said(name: str) -> Bilingual:
    """Return a holiday's name in both languages; one that a coordinator gave it stays as it was written.

    Two holidays on one day stand behind each other: "Fête du Trône; Fête du sacrifice".
    """
    feasts = [feast.strip() for feast in name.split(BETWEEN)]
    return Bilingual(fr=name, ar=BETWEEN_IN_ARABIC.join(_in_arabic().get(feast, feast) for feast in feasts))


@cache
def _in_arabic() -> Mapping[str, str]:
    """Return the Arabic names by the French ones (source: the `holidays` library, country MA)."""
    french, arabic = (holidays.country_holidays("MA", language=language, years=KNOWN) for language in ("fr", "ar"))
    return {
        _bare(one): _bare(other)
        for day, names in french.items()
        for one, other in zip(names.split(BETWEEN), arabic[day].split(BETWEEN), strict=True)
    }


def _bare(name: str) -> str:
    """Return a name without the word that it is estimated."""
    return name.partition("(")[0].strip()
