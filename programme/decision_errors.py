"""What is refused of signatures and of corrections."""

from __future__ import annotations

from programme.errors import Refusal


class AwaitsSecond(Refusal):
    """{checkpoint} of {code} waits for a second person: another than {by} signs with `mourafaka countersign {code} {checkpoint}`, or declines."""


class SecondIsFirst(Refusal):
    """{by} has decided {checkpoint} of {code}: the second signature is another person's."""


class NothingToCountersign(Refusal):
    """{checkpoint} of {code} waits for no second signature: `mourafaka proposals` lists what does."""


class NotRecorded(Refusal):
    """{subject} of {code} has no recorded {fact} to correct: record it first."""


class NothingToCorrect(Refusal):
    """What is recorded of {subject} of {code} says so already: nothing to correct."""


class CorrectionUnexplained(Refusal):
    """{subject} of {code} is corrected only with a reason: say why with `--reason`."""
