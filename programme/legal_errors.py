"""Why a fiscal year-end is not changed, and what to do instead."""

from __future__ import annotations

from programme.errors import Refusal


class FiscalYearWrong(Refusal):
    """{text} is not the end of a fiscal year: write day and month, such as 31/12 or 30/06."""


class FiscalYearSame(Refusal):
    """The fiscal year of {code} ends on {fiscal_year_end} already: nothing would change."""
