"""`python -m runtime.senders`: empties the outbox with several processes, as whoever starts it says on standard input.

The order is one JSON document, settings and all; so is the answer, how many notices came to each verdict.
"""

from __future__ import annotations

import json
import sys

from runtime import logs
from runtime.crew import send_together
from runtime.house import build
from runtime.settings import Settings
from runtime.stopping import until_told


def main() -> None:
    """Send, and tell what came of it; told to stop, end after the messages in hand."""
    with until_told() as stops:
        order = json.load(sys.stdin)
        logs.begin()
        settings = Settings(_env_file=None, **order["settings"])
        house = build(settings, as_of=order["as_of"], allow_real_mail=order["allow_real_mail"], as_it_is=True)
        tally = send_together(house, order["processes"], stops=stops)
        sys.stdout.write(json.dumps(tally) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
