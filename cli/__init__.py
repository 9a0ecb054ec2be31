"""The commands: `mourafaka --help`."""

import gc

import runtime  # noqa: F401 - first: it chooses the time zone data


def main() -> None:
    """Run a command: a refusal is one sentence on stderr and exit code 1, never a traceback."""
    gc.disable()  # nothing that is imported is garbage: looking through it took a fifth of a command's start
    try:
        from cli.app import run
    except KeyboardInterrupt:  # it takes a second or two
        from cli.stopped import interrupted

        interrupted()

    gc.enable()
    run()
