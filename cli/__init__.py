"""The commands: `mourafaka --help`."""

import runtime  # noqa: F401 - first: it chooses the time zone data


def main() -> None:
    """Run a command: a refusal is one sentence on stderr and exit code 1, never a traceback."""
    from cli.app import run

    run()
