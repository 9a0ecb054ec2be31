"""What the page of a link says: one step, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from actions.links import State
from programme.wording import Sentence, sentence

HEADINGS: Mapping[str, Sentence] = {
    "call": sentence("A call to make"),
    "tick": sentence("To do"),
    "session": sentence("Report of a session"),
    "module": sentence("Who was at the training"),
    "none": sentence("To do"),
    "unwanted": sentence("Fewer messages"),
}
BUTTONS: Mapping[str, Sentence] = {
    "call": sentence("I told them"),
    "tick": sentence("It is done"),
    "session": sentence("Record the session"),
    "module": sentence("Record who was there"),
    "unwanted": sentence("Stop these reminders"),
}
OVER: Mapping[State, Sentence] = {
    "recorded": sentence("Already recorded on {on}: there is nothing left to do here."),
    "closed": sentence("This is not needed any more: there is nothing left to do here."),
    "expired": sentence("This link is over. The latest message has a new one; or call your coordinator."),
    "revoked": sentence("This link was taken back. The latest message has a new one; or call your coordinator."),
    "left": sentence("This link was made for somebody who does not follow this cooperative any more."),
    "suspended": sentence("The support of this cooperative is suspended: nothing is recorded until it resumes."),
    "ended": sentence("The support of this cooperative has ended: nothing is recorded any more."),
}
NO_LONGER_SENT = sentence("Noted on {on}: reminders long before a date are not sent to you any more.")
STOP = sentence(
    "Reminders sent {days} or more before a date will stop for {cooperative}. "
    "The last reminder, meetings, changes, results and certificates are still sent."
)
ELSEWHERE: Mapping[str, Sentence] = {
    "evaluation": sentence(
        "The questionnaire is recorded at a computer (mourafaka evaluate); without one, call your coordinator."
    ),
    "decision": sentence("A decision is signed at a computer (mourafaka decide), never by a link."),
}
LABELS: Mapping[str, Sentence] = {
    "cooperative": sentence("Cooperative"),
    "what": sentence("What"),
    "due": sentence("When"),
    "meeting": sentence("Hour and place"),
    "call": sentence("Call"),
    "whatsapp": sentence("Write on WhatsApp"),
    "say": sentence("What to say"),
    "on": sentence("On which day?"),
    "held": sentence("The session was held"),
    "missed": sentence("The session was missed"),
    "summary": sentence("What was done, in a sentence"),
    "present": sentence("Who was there, one name a line"),
    "nobody": sentence("Nobody came"),
}
