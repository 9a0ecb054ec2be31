"""A process that keeps small parts up by the pace of a test: what the tests of the supervisor start and signal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from programme.errors import Refusal
from runtime.parts import Pace, Part, python
from runtime.supervisor import Supervisor

FOLLOWING = "import os; from runtime.stopping import follow; follow(os.getppid(), grace=1)\n"


def main(folder: str, scripts: str, pace: str) -> None:
    """Keep these scripts (by name) up; each finds the folder as its argument."""
    parts = [
        Part(name, python(FOLLOWING + code, folder), log=Path(folder) / f"{name}.log")
        for name, code in json.loads(scripts).items()
    ]
    try:
        Supervisor(parts, Pace(**json.loads(pace))).run()
    except Refusal as refusal:
        print(refusal.say(), file=sys.stderr)  # noqa: T201 - a command's own voice
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
