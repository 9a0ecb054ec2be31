"""Makes this process read the packaged time zone data, before anything else asks for a zone.

Morocco has been on UTC+0 all year since 2026-09-20 (tz database 2026c). A system's own copy may be
older and an hour off, and zoneinfo, pendulum and whenever would prefer it (docs/adr/0002).
"""

import os
import zoneinfo
from datetime import datetime, timedelta

os.environ["PYTHONTZPATH"] = ""
zoneinfo.reset_tzpath(to=())

PROBE = datetime(2027, 6, 15, 12)  # noqa: DTZ001 - a wall time, its zone is added below


def is_current() -> bool:
    """Tell whether Casablanca is on UTC+0 in June 2027, as the law has it."""
    return PROBE.replace(tzinfo=zoneinfo.ZoneInfo("Africa/Casablanca")).utcoffset() == timedelta(0)
