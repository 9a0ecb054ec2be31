"""The tables, one concept a file, and the session that owns every transaction."""

from models.cohort import Cohort, ProgrammeVersion
from models.cooperative import Contact, Cooperative
from models.enrolment import CoachAssignment, Enrolment, Passage, Suspension, Territory
from models.facts import Attendance, Evaluation, PlanAction, SessionReport
from models.history import Alert, Appeal, Correction, Decision, History
from models.keeping import ChannelState, ClosedWindow, HolidayOverride, Lease
from models.notice import Notice, NoticeBody
from models.person import Person, RoleAssignment
from models.step import Step

__all__ = [
    "Alert",
    "Appeal",
    "Attendance",
    "ChannelState",
    "ClosedWindow",
    "CoachAssignment",
    "Cohort",
    "Contact",
    "Cooperative",
    "Correction",
    "Decision",
    "Enrolment",
    "Evaluation",
    "History",
    "HolidayOverride",
    "Lease",
    "Notice",
    "NoticeBody",
    "Passage",
    "Person",
    "PlanAction",
    "ProgrammeVersion",
    "RoleAssignment",
    "SessionReport",
    "Step",
    "Suspension",
    "Territory",
]
