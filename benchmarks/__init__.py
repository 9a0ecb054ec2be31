"""Measurements that are run by hand: never a test, for a machine's speed proves nothing about the code."""

import runtime  # noqa: F401 - first of all: it chooses the time zone data
