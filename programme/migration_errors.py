"""Why a cohort is not taken to another version, and what to do instead."""

from __future__ import annotations

from programme.errors import Refusal


class VersionUnknown(Refusal):
    """{programme} has no version {version}: published are {known}; publish one with `mourafaka definition publish FILE`."""


class ChoiceMissing(Refusal):
    """{what} is past for some: say `--skip KEY` or `--schedule KEY` for each of them, then look at the plan again."""


class ChoiceUnknown(Refusal):
    """{key} is not a step or a checkpoint of version {version}: write one that the plan names."""


class ChoiceTwice(Refusal):
    """{key} cannot be skipped and scheduled at once: keep one of the two."""
