"""The workload as a programme of the engine: its text, as a coordinator would publish it, and how its words map.

A step of W is a step whose owner is the cooperative; it is reminded 7 days before and on the day, and its coach
hears 3 days after. Everything may fall on any day. A checkpoint is an evaluation of W: its score is the global score
of the questionnaire, a floor of 3 ends, below 20 two steps are added, 30 and 60 days after.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from benchmarks.workload import rules
from programme.scoring import TOP, Answer, default_questionnaire

PROGRAMME = "workload"
CHECKPOINTS = ("M0", "M6", "M12", "M18", "M24")
STAGES = ("diagnosis", "training", "coaching")
EXTRA_BELOW, OUT_BELOW = 20, 3
LAST = CHECKPOINTS[-1]
NOBODY_LATE = 2_000
"""Days without contact after which somebody would be alerted: W knows no alerts."""
LATEST_CLOSING, DECIDED_WITHIN = 5, 1
"""Days after it is due on which a step is closed at the latest, and a checkpoint decided."""

OUTCOMES = {"certificate": "graduated", "participation": "reserve"}
"""How W calls what the engine decides at the end; an exit is a failure when it comes with the last checkpoint."""


def text() -> str:
    """Return the definition, to be published."""
    return yaml.safe_dump(_definition(), allow_unicode=True, sort_keys=False)


def step_key(k: int) -> str:
    """Return the full key of a main step."""
    return f"{rules.stage_of(k)}.{_name(k)}"


def _name(k: int) -> str:
    return f"k{k:02d}"


def number_of(key: str, day: int) -> int:
    """Return W's number of a step by its key; of an extra one by the day it is due, counted from the start."""
    _, _, name = key.partition(".")
    return _EXTRA[day] if name.startswith("recovery-") else int(name.removeprefix("k"))


_EXTRA = {due: k for evaluation in range(len(CHECKPOINTS) - 1) for k, due in rules.extra_steps(evaluation)}


@cache
def answers(score: int) -> dict[str, Answer]:
    """Return answers whose global score reaches a number of whole points, 0 to 99, and not the next one."""
    items = default_questionnaire().items
    points = -(-score * len(items) * TOP // 100)
    each, more = divmod(points, len(items))
    return {item.key: each + (place < more) for place, item in enumerate(items)}


def _definition() -> dict[str, Any]:
    return {
        "programme": PROGRAMME,
        "version": 1,
        "title": _said("Deux ans d'une cohorte", "سنتان من حياة فوج"),
        "lasts": f"start + {rules.LAST_DAY + 1} days",
        "questionnaire": "questionnaire-v1",
        "privacy_contact": "privacy@mourafaka.example",
        "eligibility": {"max_age_years": None, "min_members": 0, "registered": False},
        "sending": {"opens": "09:00", "closes": "17:00", "every_day": True},
        "closed_days": {"week": [], "holidays": False},
        "reminders": {
            "step": [{"days": days, "to": _TO[kind]} for days, kind in rules.KINDS.items()],
            "meeting": [],
            "checkpoint": [],
        },
        "alerts": {"days_without_contact": NOBODY_LATE},
        "stages": [_stage(stage) for stage in STAGES],
        "checkpoints": [_checkpoint(number) for number in range(len(CHECKPOINTS))],
        "recovery": {
            "title": _said("Séance supplémentaire n° {n}", "جلسة إضافية رقم {n}"),
            "like": step_key(len(rules.STEPS)),
            "sessions": len(rules.EXTRA_AFTER),
            "every_days": rules.EXTRA_AFTER[0],
        },
    }


_TO = {"R": "owner", "D": "owner", "X": "coach"}


def _said(french: str, arabic: str) -> dict[str, str]:
    return {"fr": french, "ar": arabic}


def _stage(stage: str) -> dict[str, Any]:
    steps = [(k, due) for k, due in rules.STEPS if rules.stage_of(k) == stage]
    last = stage == STAGES[-1]
    opens = 0 if stage == STAGES[0] else steps[0][1] - rules.OPENS_BEFORE
    closes = rules.LAST_DAY + DECIDED_WITHIN if last else steps[-1][1] + LATEST_CLOSING
    return {
        "key": stage,
        "title": _said(f"Étape {STAGES.index(stage) + 1}", f"المرحلة {STAGES.index(stage) + 1}"),
        "opens": f"start + {opens} days",
        "closes": f"start + {closes} days",
        "after": [] if stage == STAGES[0] else [STAGES[STAGES.index(stage) - 1]],
        "steps": [
            {
                "key": _name(k),
                "title": _said(f"Action n° {k}", f"العملية رقم {k}"),
                "owner": "cooperative",
                "due": f"start + {due} days",
            }
            for k, due in steps
        ],
        "exit": {"done": [f"{LAST}-decision"]} if last else {"all_done": True},
    }


def _checkpoint(number: int) -> dict[str, Any]:
    key, day = CHECKPOINTS[number], rules.EVALUATION_DAYS[number]
    return {
        "key": key,
        "title": _said(f"Évaluation {key}", f"التقييم {key}"),
        "evaluation": _said(f"Questionnaire {key}", f"استمارة {key}"),
        "decision": _said(f"Décision {key}", f"قرار {key}"),
        "stage": _stage_on(day),
        "due": f"start + {day} days",
        "weeks_before": 2,
        "weeks_after": 4,
        "decide_within_days": DECIDED_WITHIN,
        "form": "full",
        "gate": {
            "requires": [{"fact": "global_score", "at_least": EXTRA_BELOW}],
            "met": "certificate" if key == LAST else "continue",
            "not_met": "participation" if key == LAST else "recovery",
            "floor": {"requires": [{"fact": "global_score", "at_least": OUT_BELOW}], "not_met": "exit"},
        },
    }


def _stage_on(day: int) -> str:
    """Return the stage that runs on a day: that of the last step opened by then."""
    opened = [k for k, due in rules.STEPS if due - rules.OPENS_BEFORE <= day]
    return rules.stage_of(max(opened, default=1))
