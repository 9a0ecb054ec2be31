"""Where personal data is kept: each column that can hold any is declared here, with what becomes of it.

Columns of numbers, dates, instants and yes or no, and those kept to words of the programme by a CHECK,
tell nothing of a person by themselves and need no line. A test walks through all tables and fails for
a text, JSON or binary column that is missing (docs/adr/0017).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Holding = Literal[
    "name", "email", "phone", "code", "words", "free", "attendee", "data", "bytes", "secret", "impersonal"
]
"""What a column holds, and so what is done with it:

- `name`, `email`, `phone`, `code`: what somebody goes by, in their own row. Exported. A name and a
  code become the pseudonym, the others go.
- `words`: a text in which people may be named. Exported when it names the person; the traces are replaced.
- `free`: words that people write freely. The same; emptied at the end of retention.
- `attendee`: somebody who was present. As `words`; becomes a pseudonym at the end of retention, whoever it is.
- `data`: a JSON value. As `words`, leaf by leaf, keys too.
- `bytes`: a frozen message. Forgotten when it is about the person.
- `secret`: the hash of a link. Never exported; means nothing once its owner has gone.
- `impersonal`: says nothing of a person.
"""

PERSONAL: Final[Mapping[str, Mapping[str, Holding]]] = {
    "contact": {"name": "name", "email": "email", "phone": "phone"},
    "person": {"code": "code", "name": "name", "email": "email", "phone": "phone"},
    "role_assignment": {"delegation": "impersonal"},
    "coach_assignment": {},
    "calendar_feed": {"hash": "secret", "made_by": "words", "revoked_by": "words"},
    "unwanted": {"topic": "impersonal", "said_by": "words", "accepted_by": "words"},
    "notice": {
        "key": "words",
        "kind": "impersonal",
        "recipient": "words",
        "address": "words",
        "language": "impersonal",
        "facts": "data",
        "template_version": "impersonal",
        "message_id": "impersonal",
        "approved_by": "words",
        "reason": "words",
        "claimed_by": "impersonal",  # a machine's process
        "error": "words",  # mail servers repeat the address
        "body_digest": "impersonal",
    },
    "notice_body": {"body": "bytes"},
    "service_copy": {"service": "impersonal", "title": "words", "body": "words", "reason": "words"},
    "link": {"hash": "secret", "person": "words", "topic": "impersonal", "revoked_by": "words"},
    "history": {"by": "words", "verb": "impersonal", "subject": "words", "why": "words", "detail": "data"},
    "correction": {
        "fact": "impersonal",
        "subject": "words",
        "before": "data",
        "after": "data",
        "why": "words",
        "by": "words",
    },
    "appeal": {
        "against": "impersonal",
        "filed_by": "words",
        "grounds": "free",
        "closed_by": "words",
        "reason": "words",
    },
    "alert": {
        "kind": "impersonal",
        "about": "impersonal",
        "detail": "data",
        "proposal": "impersonal",
        "closed_by": "words",
        "reason": "words",
    },
    "decision": {
        "checkpoint": "impersonal",
        "evidence": "data",
        "reasons": "data",
        "proposal": "impersonal",
        "outcome": "impersonal",
        "decided_by": "words",
        "override_reason": "words",
        "second_by": "words",
        "flag": "data",
    },
    "attendance": {"module": "impersonal", "attendee": "attendee", "recorded_by": "words"},
    "session_report": {"summary": "free", "recorded_by": "words"},
    "evaluation": {
        "checkpoint": "impersonal",
        "form": "impersonal",
        "answers": "data",
        "score": "impersonal",  # figures
        "recorded_by": "words",
    },
    "plan_action": {"axis": "impersonal", "title_fr": "words", "title_ar": "words", "done_by": "words"},
    "step": {
        "key": "words",  # of a call: whom it stands for
        "rule": "impersonal",
        "stage": "impersonal",
        "kind": "impersonal",
        "owner": "impersonal",  # a role
        "at": "impersonal",
        "place": "words",
        "done_by": "words",
        "title_fr": "words",
        "title_ar": "words",
    },
    "suspension": {"reason": "words", "remaining": "impersonal", "suspended_by": "words", "resumed_by": "words"},
    "passage": {"stage": "impersonal"},
    "territory": {"delegation": "impersonal"},
    "enrolment": {"code": "impersonal", "delegation": "impersonal", "outcome": "impersonal"},
    "cooperative": {  # an organisation's, as in the public register
        "name": "impersonal",
        "name_ar": "impersonal",
        "external_id": "impersonal",
        "register_court": "impersonal",
        "register_number": "impersonal",
        "province_code": "impersonal",
        "commune": "impersonal",
        "address": "impersonal",
        "sector": "impersonal",
        "branch": "impersonal",
        "fiscal_year_end": "impersonal",
    },
    "cohort": {"code": "impersonal", "title": "words", "region_code": "impersonal"},
    "cohort_text": {
        "kind": "impersonal",
        "subject": "words",
        "body": "words",
        "version": "impersonal",
        "by": "words",
        "replaced_by": "words",
    },
    "programme_version": {
        "programme": "impersonal",
        "content_hash": "impersonal",
        "body": "impersonal",  # the programme's text, known by its hash; whom to ask in it is an office
        "published_by": "words",
    },
    "closed_window": {"target": "impersonal", "reason": "words", "entered_by": "words"},
    "holiday_override": {"name": "impersonal", "entered_by": "words"},
    "hold": {"channel": "impersonal", "reason": "words", "by": "words", "released_by": "words"},
    "channel_state": {"channel": "impersonal", "reason": "words"},
    "lease": {"name": "impersonal", "holder": "impersonal"},
    "morning_run": {"name": "impersonal"},
    "erasure": {"pseudonym": "impersonal", "by": "words"},
    "access_log": {"by": "words"},
}

SEARCHED: Final = ("words", "free", "attendee", "data")
"""What is searched for traces."""
OWN: Final = ("name", "email", "phone", "code")
"""What a person's own row is emptied of."""


def holding(table: str, *kinds: str) -> list[str]:
    """Return the columns of a table that hold one of these."""
    return [name for name, held in PERSONAL[table].items() if held in kinds]
