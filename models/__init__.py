"""The tables, one concept a file, and the session that owns every transaction."""

from models.access_log import AccessLog
from models.cohort import Cohort, ProgrammeVersion
from models.cooperative import Contact, Cooperative
from models.enrolment import CoachAssignment, Enrolment, EnrolmentLine, Passage, Suspension, Territory
from models.erasure import Erasure
from models.facts import Attendance, Evaluation, PlanAction, SessionReport
from models.feed import CalendarFeed
from models.history import Alert, Appeal, Correction, Decision, History
from models.hold import Hold
from models.keeping import ChannelState, ClosedWindow, HolidayOverride, Lease
from models.link import Link
from models.mornings import MorningRun
from models.notice import Notice, NoticeBody
from models.person import Person, RoleAssignment
from models.service import ServiceCopy
from models.step import Step, StepLine
from models.text import CohortText
from models.unwanted import Unwanted

__all__ = [
    "AccessLog",
    "Alert",
    "Appeal",
    "Attendance",
    "CalendarFeed",
    "ChannelState",
    "ClosedWindow",
    "CoachAssignment",
    "Cohort",
    "CohortText",
    "Contact",
    "Cooperative",
    "Correction",
    "Decision",
    "Enrolment",
    "EnrolmentLine",
    "Erasure",
    "Evaluation",
    "History",
    "Hold",
    "HolidayOverride",
    "Lease",
    "Link",
    "MorningRun",
    "Notice",
    "NoticeBody",
    "Passage",
    "Person",
    "PlanAction",
    "ProgrammeVersion",
    "RoleAssignment",
    "ServiceCopy",
    "SessionReport",
    "Step",
    "StepLine",
    "Suspension",
    "Territory",
    "Unwanted",
]
