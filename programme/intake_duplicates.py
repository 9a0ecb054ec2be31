"""Two rows of one list that present one cooperative."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from programme.intake_candidate import Candidate
from programme.intake_columns import Problem, header_of
from programme.intake_text import fold
from programme.wording import Sentence, sentence

_Key = tuple[str, ...]
_EMPTY_WORDS = frozenset({"cooperative", "coop", "ste", "societe", "تعاونيه", "التعاونيه"})


def duplicates(candidates: Iterable[Candidate], titles: Mapping[str, str] | None = None) -> list[Problem]:
    """Return one problem for each row that presents a cooperative again; it names the first row that did.

    The same are: one court and number in the register; one identifier of the list; or, when either row lacks its
    register number, one name in one province ("Coopérative" before it, accents and case set aside).
    ``titles`` is the list's own headers by field.
    """
    seen: dict[_Key, int] = {}
    problems = []
    for candidate in candidates:
        again = next(((field, seen[key]) for field, key in _sought(candidate) if key in seen), None)
        if again:
            problems.append(Problem(candidate.row, header_of(again[0], titles or {}), _already(candidate, *again)))
        for key in _kept(candidate):
            seen.setdefault(key, candidate.row)
    return problems


def register_key(court: str | None, number: str | None) -> str | None:
    """Return the identity of a cooperative in the local registers, comparable; None when it is not whole.

    Case, accents, separators and leading zeros are set aside: "Agadir", "012/2024" is "agadir 12 2024".
    """
    if not court or not number or not fold(court) or not fold(number):
        return None
    return " ".join((fold(court), *(word.lstrip("0") or "0" for word in fold(number).split())))


def name_key(name: str) -> str:
    """Return a name, comparable: without "Coopérative" or تعاونية, case and accents."""
    words = fold(name).split()
    return " ".join(word for word in words if word not in _EMPTY_WORDS) or " ".join(words)


def _sought(candidate: Candidate) -> Iterator[tuple[str, _Key]]:
    """Yield what would make an earlier row the same cooperative, by the field to look at."""
    register = register_key(candidate.register_court, candidate.register_number)
    if register:
        yield "register_number", ("register", register)
    if candidate.external_id:
        yield "external_id", ("id", candidate.external_id)
    yield "name", ("unregistered" if register else "named", name_key(candidate.name), candidate.province_code)


def _kept(candidate: Candidate) -> Iterator[_Key]:
    register = register_key(candidate.register_court, candidate.register_number)
    name = (name_key(candidate.name), candidate.province_code)
    yield ("named", *name)
    yield ("register", register) if register else ("unregistered", *name)
    if candidate.external_id:
        yield ("id", candidate.external_id)


def _already(candidate: Candidate, field: str, other: int) -> Sentence:
    if field == "register_number":
        return sentence(
            "This court and register number are already on row {other}: delete one of the two rows, or correct it.",
            other=other,
        )
    if field == "external_id":
        return sentence(
            "The identifier {value} is already on row {other}: delete one of the two rows, or correct it.",
            value=candidate.external_id,
            other=other,
        )
    return sentence(
        "{name} is already on row {other} in the same province: delete one of the two, or write both register numbers.",
        name=candidate.name,
        other=other,
    )
