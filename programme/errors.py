"""Every refusal: its docstring is the sentence a coordinator reads, with what to do next."""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc

from programme.wording import Sentence, untranslated


class Refusal(Exception):  # noqa: N818 - "refusal" is the house's word
    """The request cannot be carried out."""

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.say())

    def say(self, translate: Callable[[str], str] = untranslated) -> str:
        """Return the sentence, in the language of ``translate``."""
        return Sentence(self.template(), self.facts).say(translate)

    @classmethod
    def template(cls) -> str:
        """Return the English sentence with its `{facts}`: the key of the catalogues."""
        return " ".join(cleandoc(cls.__doc__ or "").split())


class CohortUnknown(Refusal):
    """There is no cohort {code}: open it with `mourafaka cohort open {code} --start DATE`, or correct the code."""


class CohortExists(Refusal):
    """Cohort {code} is already open since {start_on}: use another code."""


class CohortUnderWay(Refusal):
    """{code} has {enrolments} under way, and a closed cohort has no mornings: end them first with `mourafaka end`, or close it with --anyway."""


class CodeWrong(Refusal):
    """ "{code}" cannot be a code: write up to 60 letters and digits, with - . or _ between them, such as {example}."""


class DateFarOff(Refusal):
    """{text} is too far off: write a day from {first} to {last}."""


class CohortClosed(Refusal):
    """Cohort {code} is closed: nothing can be added to it; use an open cohort."""


class RegionUnknown(Refusal):
    """{region} is not one of the twelve regions of Morocco: write its name or its number, such as 09 or Souss-Massa."""


class ProgrammeUnknown(Refusal):
    """No programme {name} is published: publish one with `mourafaka definition publish FILE`."""


class VersionUnreadable(Refusal):
    """Version {version} of {programme} cannot be read any more: put the release back that read it, or a copy with `mourafaka restore`; it said: {problem}"""


class VersionTaken(Refusal):
    """Version {version} of {programme} is already published with other content: raise the number and publish again."""


class EnrolmentUnknown(Refusal):
    """There is no enrolment {code}: write its code, such as SM-2027/007, as `mourafaka state --json` lists them."""


class EnrolmentNotActive(Refusal):
    """Enrolment {code} is {status}: only an active one can be changed this way."""


class NothingToEnrol(Refusal):
    """Cohort {code} has no cooperative: import a list first with `mourafaka import FILE --cohort {code}`."""


class NobodyEnrolled(Refusal):
    """Nobody of {code} is enrolled yet: run `mourafaka enrol --cohort {code}` first, then share them out."""


class StepUnknown(Refusal):
    """{code} has no step {step}: write one of its open steps, such as {example}."""


class StepClosed(Refusal):
    """Step {step} of {code} is already {status} since {on}: a closed step is not changed."""


class WrongVerb(Refusal):
    """Step {step} is not closed this way: {remedy}"""


class DateInFuture(Refusal):
    """{on} is in the future: a fact is recorded on the day it happened or later."""


class DateUnreadable(Refusal):
    """{text} is not a date: write year-month-day, such as 2027-01-04."""


class PersonUnknown(Refusal):
    """There is nobody with the code {code}: add them with `mourafaka user add`, or correct the code."""


class NameMissing(Refusal):
    """The name is empty: write the one that colleagues and cooperatives know."""


class PasswordMissing(Refusal):
    """No password came in: write one on the command's standard input, on one line."""


class PersonExists(Refusal):
    """{code} is already somebody's code: choose another one."""


class AddressTaken(Refusal):
    """{email} is already the address of {code}: each person has an address of their own."""


class RoleUnknown(Refusal):
    """{role} is not a role: write one of {roles}."""


class NoCoach(Refusal):
    """{delegation} has no coach on {on}: add one: `mourafaka user add NAME --role coach --territory {delegation}`."""


class CheckpointUnknown(Refusal):
    """There is no checkpoint {checkpoint}: write one of {known}."""


class AlreadyEvaluated(Refusal):
    """{checkpoint} of {code} was evaluated on {on}: answers are never overwritten."""


class NothingProposed(Refusal):
    """{checkpoint} of {code} has no proposal yet: record its evaluation, then let a morning run propose."""


class AlreadyDecided(Refusal):
    """{checkpoint} of {code} was decided on {on} by {by}: a decision is not changed."""


class ReasonNeeded(Refusal):
    """The rule proposes {proposal} and you decide {outcome}: say why with `--reason`."""


class OutcomeUnknown(Refusal):
    """{outcome} cannot be decided at {checkpoint}: write one of {known}."""


class NoSmtp(Refusal):
    """No mail server is set: write MOURAFAKA_SMTP_URL=smtp://user:password@host:587?tls=required in the file .env."""


class SmtpUrlWrong(Refusal):
    """{url} is not a mail server's address: write smtp://user:password@host:587?tls=required."""


class RealMailWithVirtualClock(Refusal):
    """The clock is virtual ({as_of}) and {host} is a real mail server: use a local one, or add --allow-real-mail."""


class DatabaseTooNew(Refusal):
    """The database was made by a newer release ({revision}) and was left as it is: install that release again, have it run `mourafaka init --back-to {ours}`, or restore with this one the copy from before the update."""


class NothingKnown(Refusal):
    """Nothing is known of {what}: write an enrolment's code, a cooperative's name or a notice's key."""


class MorningBusy(Refusal):
    """Another morning of {cohort} is under way (until {until}): wait for it, it does the same work."""


class ScratchUnreadable(Refusal):
    """The database {url} cannot be copied for a simulation: {problem}"""


class FileUnreadable(Refusal):
    """{path} cannot be read: check the name and that you may open it."""


class PrefectAway(Refusal):
    """Prefect's server did not start: read {log}, mend what it says, and try again."""


class WorkerWithoutDatabase(Refusal):
    """A worker's run found no database at {path}: start the worker with MOURAFAKA_DATABASE_URL, or with MOURAFAKA_DATA_DIR as a full path."""


class AnswersUnreadable(Refusal):
    """{path} is not a list of answers: write one line a question, such as `governance.assembly: 3`, or "na"."""


class SecretMissing(Refusal):
    """MOURAFAKA_SECRET_KEY is not set: put a long random text in the environment or in .env, and start again."""


class DemoElsewhere(Refusal):
    """{folder} is there and is not a demo's: move it away, or run the demo in another folder."""


class ListRejected(Refusal):
    """{file} is rejected, nothing is stored: mend its problems ({wrong}) and import it again."""


class ImportRejected(Refusal):
    """{file} was rejected, problems found: {count}; run `mourafaka import` on it to read them."""


class NotACoach(Refusal):
    """{code} is not a coach on {on}: name one, or add them with `mourafaka user add NAME --role coach`."""


class AxisUnknown(Refusal):
    """The plan of {code} has no action for {axis}: write one of {known}."""


class MeasureFirst(Refusal):
    """{code} has no measure yet: record the first evaluation with `mourafaka evaluate`, the plan is drafted from it."""


class LanguageUnknown(Refusal):
    """{language} is not a language of the programme: write fr or ar."""


class TerritoryUnknown(Refusal):
    """{territory} is not a delegation's code: `mourafaka user territories` lists them."""


class AddressWrong(Refusal):
    """{email} is not an email address: write one like name@example.org."""


class PhoneWrong(Refusal):
    """{phone} is not a Moroccan telephone number: write it like 0528 00 00 01 or +212 528 00 00 01."""


class FileUnwritable(Refusal):
    """{path} cannot be written: choose another name or folder; nothing was stored."""
