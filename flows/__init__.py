"""Prefect: the only rooms that know it. Each flow and task is thin, and calls actions and queries."""

import runtime  # noqa: F401, I001 - first: it chooses the time zone data, which Prefect would otherwise choose itself

from flows import environment
from runtime.settings import Settings

environment.prepare(Settings().data_dir)
environment.refuse_a_new_database(Settings().url)
