"""Date rules: how they are read, written out again and computed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.calendar import Calendar
from programme.timing import Term, Timing, read_timing, spell

PLAIN = Calendar()
TERMS = st.builds(
    Term,
    st.integers(-999, 999).filter(bool),
    st.sampled_from(["months", "weeks", "days", "working days"]),
)
ANCHORS = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}(\.[A-Za-z][A-Za-z0-9\-]{0,12})?", fullmatch=True)


def on(rule: str, start: date) -> date:
    """Return the rule's own date for a start."""
    return read_timing(rule).nominal({"start": start}, PLAIN)


@pytest.mark.parametrize(
    ("rule", "start", "found"),
    [
        ("start", date(2027, 8, 31), date(2027, 8, 31)),
        ("start + 6 months", date(2027, 8, 31), date(2028, 2, 29)),
        ("start + 6 months", date(2026, 8, 31), date(2027, 2, 28)),
        ("start + 12 months", date(2026, 8, 31), date(2027, 8, 31)),
        ("start + 12 months", date(2028, 2, 29), date(2029, 2, 28)),
        ("start + 6 months + 6 months", date(2026, 8, 31), date(2027, 8, 31)),
        ("start + 1 weeks + 1 months", date(2027, 1, 31), date(2027, 3, 7)),
        ("start - 1 months", date(2027, 3, 31), date(2027, 2, 28)),
        ("start + 23 months + 2 weeks", date(2027, 1, 4), date(2028, 12, 18)),
        ("start + 10 days", date(2027, 1, 4), date(2027, 1, 14)),
        ("start + 5 working days", date(2027, 1, 4), date(2027, 1, 12)),
        ("start - 2 working days", date(2027, 1, 4), date(2026, 12, 30)),
    ],
)
def test_nominal_counts_from_the_anchor_and_never_chains_months(rule, start, found):
    assert on(rule, start) == found


def test_nominal_counts_from_another_step():
    timing = read_timing("diagnosis.visit + 10 working days")
    assert timing.nominal({"diagnosis.visit": date(2027, 1, 25)}, PLAIN) == date(2027, 2, 8)


@pytest.mark.parametrize(
    ("text", "timing"),
    [
        ("start", Timing("start")),
        ("  start+3months ", Timing("start", (Term(3, "months"),))),
        ("start + 1 month", Timing("start", (Term(1, "months"),))),
        ("start + 1 working day", Timing("start", (Term(1, "working days"),))),
        ("coaching.session - 2 weeks", Timing("coaching.session", (Term(-2, "weeks"),))),
        ("a.plan-draft + 1 day - 2 weeks", Timing("a.plan-draft", (Term(1, "days"), Term(-2, "weeks")))),
    ],
)
def test_read_timing_reads_what_people_write(text, timing):
    assert read_timing(text) == timing


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3 months",
        "start 3 months",
        "start +",
        "start + months",
        "start + 3",
        "start + 3 ",
        "start + 3 fortnights",
        "start + 3 months weeks",
        "start + -3 weeks",
        "start + 1.5 months",
        "start + 1000 days",
        "dès que possible",
    ],
)
def test_read_timing_refuses_anything_else_in_one_sentence(text):
    with pytest.raises(ValueError, match="is not a date rule") as refusal:
        read_timing(text)
    assert str(refusal.value) == (
        f"'{text}' is not a date rule: write 'start + 3 months' or 'stage.step + 10 working days' "
        "(months, weeks, days, working days; at most 999 of each)"
    )


@given(ANCHORS, st.lists(TERMS, max_size=4))
def test_read_timing_reads_back_what_spell_writes(anchor, terms):
    timing = Timing(anchor, tuple(terms))
    assert read_timing(spell(timing)) == timing


def test_spell_leaves_out_what_adds_nothing():
    assert spell(Timing("start", (Term(3, "months"), Term(0, "weeks")))) == "start + 3 months"


@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.integers(0, 60))
def test_nominal_months_keep_the_day_or_clip_it_to_the_months_end(start, count):
    found = on(f"start + {count} months", start)
    months = (found.year - start.year) * 12 + found.month - start.month
    assert months == count
    assert found.day == start.day or (found.day < start.day and date.fromordinal(found.toordinal() + 1).day == 1)
