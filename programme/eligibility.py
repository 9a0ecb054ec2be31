"""Whether a cooperative may enter a tranche: its legal age at the call, its members, its registration."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from programme.wording import Sentence, counted, sentence


class Eligibility(BaseModel):
    """A tranche's rule; ``max_age_years`` None is no limit of age.

    Sources: the programme's calls. Legal age at most 2 years at the call in the first texts, 4 in tranche 4; at least
    5 members; registered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_age_years: int | None = Field(default=4, ge=0)
    min_members: int = Field(default=5, ge=0)
    registered: bool = True


def reasons_against(
    rule: Eligibility, *, called_on: date, registered_on: date | None, members: int | None, has_register: bool
) -> list[Sentence]:
    """Return every reason why a cooperative may not enter; none means that it is eligible.

    ``called_on`` is the date of the call for applications. ``has_register`` says that its number in the local register
    is known: real lists lack it, so that a date of registration alone is evidence enough of the registration.
    A number without a date is registered too, but its age cannot be checked where there is a limit of age.
    """
    found = reasons_by_field(
        rule, called_on=called_on, registered_on=registered_on, members=members, has_register=has_register
    )
    return [reason for _field, reason in found]


def reasons_by_field(
    rule: Eligibility, *, called_on: date, registered_on: date | None, members: int | None, has_register: bool
) -> list[tuple[str, Sentence]]:
    """Return the same reasons, each with the field of the cooperative in which it is mended."""
    reasons = (
        ("registered_on", _not_registered(rule, called_on, registered_on, has_register=has_register)),
        ("registered_on", _too_old(rule, called_on, registered_on)),
        ("members", _too_few(rule, members)),
    )
    return [(field, reason) for field, reason in reasons if reason]


def is_older(registered_on: date, years: int, called_on: date) -> bool:
    """Say whether more than ``years`` calendar years have passed; the very anniversary is still within.

    Registered on 29 February: the 28th is within in any year, 1 March is not.
    """
    return (called_on.year - years, called_on.month, called_on.day) > (
        registered_on.year,
        registered_on.month,
        registered_on.day,
    )


def _not_registered(
    rule: Eligibility, called_on: date, registered_on: date | None, *, has_register: bool
) -> Sentence | None:
    if not rule.registered:
        return None
    if registered_on and registered_on > called_on:
        return sentence(
            "It was registered on {registered_on}, after the call of {called_on}: propose it for a later tranche.",
            registered_on=_written(registered_on),
            called_on=_written(called_on),
        )
    if registered_on or has_register:
        return None
    return sentence("Nothing shows that it is registered: enter its register number or the date of its registration.")


def _too_old(rule: Eligibility, called_on: date, registered_on: date | None) -> Sentence | None:
    if rule.max_age_years is None:
        return None
    if registered_on is None:
        return sentence("Its age cannot be checked: enter the date of its registration.")
    if not is_older(registered_on, rule.max_age_years, called_on):
        return None
    return counted(
        "It was registered on {registered_on}, more than {count} year before the call of {called_on}: "
        "correct the date if it is wrong.",
        "It was registered on {registered_on}, more than {count} years before the call of {called_on}: "
        "correct the date if it is wrong.",
        rule.max_age_years,
        registered_on=_written(registered_on),
        called_on=_written(called_on),
    )


def _too_few(rule: Eligibility, members: int | None) -> Sentence | None:
    if members is None and rule.min_members:
        return sentence(
            "Its number of members is not known: enter it, at least {least} are asked for.", least=rule.min_members
        )
    if members is not None and members < rule.min_members:
        return counted(
            "It has {count} member, at least {least} are asked for: correct the number if it is wrong.",
            "It has {count} members, at least {least} are asked for: correct the number if it is wrong.",
            members,
            least=rule.min_members,
        )
    return None


def _written(day: date) -> str:
    return day.strftime("%d/%m/%Y")
