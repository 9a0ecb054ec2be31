"""Who may enter a tranche."""

from __future__ import annotations

from datetime import date

import pytest

from programme.eligibility import Eligibility, is_older, reasons_against

CALL = date(2026, 12, 1)
RULE = Eligibility(max_age_years=4, min_members=5, registered=True)

TOO_OLD = (
    "It was registered on 30/11/2022, more than 4 years before the call of 01/12/2026: correct the date if it is wrong."
)


def reasons(
    rule: Eligibility = RULE,
    *,
    registered_on: date | None = date(2024, 3, 1),
    members: int | None = 12,
    has_register: bool = True,
) -> list[str]:
    found = reasons_against(
        rule, called_on=CALL, registered_on=registered_on, members=members, has_register=has_register
    )
    return [str(reason) for reason in found]


def test_eligible_cooperative_has_no_reason_against() -> None:
    assert reasons() == []


def test_eligible_without_a_register_number_when_its_date_is_known() -> None:
    assert reasons(has_register=False) == []


def test_not_eligible_without_any_evidence_of_registration() -> None:
    assert reasons(registered_on=None, has_register=False) == [
        "Nothing shows that it is registered: enter its register number or the date of its registration.",
        "Its age cannot be checked: enter the date of its registration.",
    ]


def test_not_eligible_without_a_date_where_age_is_limited() -> None:
    assert reasons(registered_on=None) == ["Its age cannot be checked: enter the date of its registration."]
    assert reasons(Eligibility(max_age_years=None, min_members=5, registered=True), registered_on=None) == []


def test_not_eligible_when_registered_after_the_call() -> None:
    assert reasons(registered_on=date(2026, 12, 2)) == [
        "It was registered on 02/12/2026, after the call of 01/12/2026: propose it for a later tranche."
    ]
    assert reasons(Eligibility(max_age_years=4, min_members=5, registered=False), registered_on=date(2026, 12, 2)) == []


def test_not_eligible_when_too_old_and_too_small_with_both_reasons() -> None:
    assert reasons(registered_on=date(2022, 11, 30), members=4) == [
        TOO_OLD,
        "It has 4 members, at least 5 are asked for: correct the number if it is wrong.",
    ]


def test_not_eligible_when_members_are_unknown() -> None:
    assert reasons(members=None) == ["Its number of members is not known: enter it, at least 5 are asked for."]
    assert reasons(Eligibility(max_age_years=4, min_members=0, registered=True), members=None) == []


@pytest.mark.parametrize(
    ("registered_on", "years", "called_on", "expected"),
    [
        (date(2022, 12, 1), 4, date(2026, 12, 1), False),  # the very anniversary
        (date(2022, 11, 30), 4, date(2026, 12, 1), True),
        (date(2024, 2, 29), 2, date(2026, 2, 28), False),
        (date(2024, 2, 29), 2, date(2026, 3, 1), True),
        (date(2024, 2, 28), 4, date(2028, 2, 29), True),
        (date(2024, 2, 29), 4, date(2028, 2, 29), False),
    ],
)
def test_is_older_counts_calendar_years(registered_on: date, years: int, called_on: date, expected: bool) -> None:
    assert is_older(registered_on, years, called_on) == expected
