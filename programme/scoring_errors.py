"""What scoring refuses: a questionnaire that cannot be used, an answer that cannot be counted."""

from __future__ import annotations

from programme.errors import Refusal


class QuestionnaireInvalid(Refusal):
    """The questionnaire cannot be used: {problems}. Correct its file and load it again."""


class UnknownQuestion(Refusal):
    """Not in version {version} of the questionnaire: {items}.

    Remove these answers, or score them with the version in which they were asked.
    """


class AnswerOutOfRange(Refusal):
    """These answers cannot be counted: {answers}.

    Give a whole number from 0 to 4, "na" when the question does not apply, or leave it empty.
    """


class ScoreOfAnotherQuestionnaire(Refusal):
    """This score was measured with {measured}, not with {given}: read it with its own questionnaire."""
