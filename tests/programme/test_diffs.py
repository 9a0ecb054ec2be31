"""What is shown before a change, and the digest that a person approves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from programme.diffs import Diff, Moved, NoticeLine
from programme.wording import Bilingual, sentence

VISIT = Moved(
    "SM-2027/001",
    "diagnosis.visit",
    Bilingual(fr="Visite", ar="زيارة"),
    date(2027, 3, 5),
    date(2027, 3, 19),
    sentence("set by hand"),
    {"at": ("09:00", "10:30")},
    ("coach:c1",),
)
EARLY = NoticeLine("SM-2027/001", "diagnosis.visit", "step_reminder", "coach:c1", date(2027, 3, 12))
AT_ONCE = NoticeLine("SM-2027/001", "diagnosis.visit", "date_changed", "coach:c1", None)
DIFF = Diff(sentence("the visit moves"), {"change": "date"}, [VISIT], [EARLY, AT_ONCE])


def test_diff_says_steps_and_notices_with_their_counts():
    shown = DIFF.to_json()
    assert shown["counts"] == {"moved": 1, "added": 2, "cancelled": 0, "kept": 0}
    assert [line["on"] for line in shown["notices"]["added"]] == [None, "2027-03-12"]
    assert shown["moved"] == [
        {
            "enrolment": "SM-2027/001",
            "step": "diagnosis.visit",
            "title": {"fr": "Visite", "ar": "زيارة"},
            "was_on": "2027-03-05",
            "on": "2027-03-19",
            "why": "set by hand",
            "more": {"at": ["09:00", "10:30"]},
            "heard": ["coach:c1"],
        }
    ]


def test_digest_is_the_content_s_and_not_its_order_s():
    assert len(DIFF.digest) == 8
    assert replace(DIFF, added=[AT_ONCE, EARLY]).digest == DIFF.digest
    assert replace(DIFF, added=[EARLY]).digest != DIFF.digest
    assert replace(DIFF, moved=[replace(VISIT, on=date(2027, 3, 22))]).digest != DIFF.digest
