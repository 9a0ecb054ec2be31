"""What is refused when a cohort gets a text of its own."""

from __future__ import annotations

from programme.errors import Refusal


class KindHasNoOwnText(Refusal):
    """A cohort cannot have its own text of {kind}: choose one of {kinds}."""


class TextNotPublishable(Refusal):
    """The text of {kind} cannot be published: {problem}; `mourafaka texts show {kind}` shows what it may say."""


class TextFileUnreadable(Refusal):
    """{path} cannot be read as texts ({problem}): write it as `mourafaka texts show KIND` shows, in UTF-8."""


class TextIncomplete(Refusal):
    """{path} lacks the {part} in the language "{language}": give subject and body in both languages, fr and ar."""


class NoOwnText(Refusal):
    """{cohort} has no text of its own for {kind}: it reads the programme's, there is nothing to reset."""


class ForeignEnrolment(Refusal):
    """{code} is not in the cohort {cohort}: name an enrolment of that cohort."""


class NotACoordinator(Refusal):
    """{by} does not coordinate here: texts are changed and tried by a coordinator, name one with --by."""


class NoAddressToTest(Refusal):
    """{by} has no address that takes mail: set one with `mourafaka staff correct {by} --email ADDRESS`, then try again."""


class TrialNotSent(Refusal):
    """The test to {address} did not leave ({problem}): nothing else was changed; try again later."""


class OwnTextGone(Refusal):
    """The text {version} that this notice was promised with is not in the database: restore it from a backup."""
