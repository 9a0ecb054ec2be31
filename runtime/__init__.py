"""Settings, clock and wiring: what puts the rooms together."""

from runtime import timezone as timezone  # first of all: see that module
