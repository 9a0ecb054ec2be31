"""Several machines on this one: each with a network, a name and processes of its own, and a cable to be pulled."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

NETWORK = "10.213.77"
"""Exists in this machine's memory alone; the switch, where the test looks on, is its last address."""
PREFIX = f"mf{os.getpid() % 10_000_000}"
START_SECONDS = 60.0
NOT_HERE = "machines of one's own need root, and Debian's packages iproute2 and postgresql (`make machines`)"
POSTGRESQLS = Path("/usr/lib/postgresql")
QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "log_min_messages=fatal")


def are_possible() -> bool:
    """Tell whether networks can be made here, and whether there is a PostgreSQL that Prefect's server can use."""
    if os.geteuid() or not all(map(shutil.which, ("ip", "unshare", "runuser"))) or postgresql() is None:
        return False
    made = subprocess.run(["ip", "netns", "add", f"{PREFIX}-try"], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "delete", f"{PREFIX}-try"], capture_output=True, check=False)
    return made.returncode == 0


@cache
def postgresql() -> Path | None:
    """Return the programs of the newest of Debian's PostgreSQLs that has pg_trgm, which Prefect asks for."""
    found = sorted(POSTGRESQLS.glob("*/bin/postgres"), key=lambda one: int(one.parts[-3]), reverse=True)
    whole = [one for one in found if Path(f"/usr/share/postgresql/{one.parts[-3]}/extension/pg_trgm.control").exists()]
    return whole[0].parent if whole else None


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass(frozen=True)
class Machine:
    """One of them: what is started by ``command`` has its name, its address, and sees no process but its own."""

    name: str
    address: str

    @property
    def space(self) -> str:
        """The name of its network."""
        return f"{PREFIX}-{self.name}"

    @property
    def cable(self) -> str:
        """The end of its cable that is in the switch."""
        return f"{PREFIX}{self.name[:3]}"

    @property
    def command(self) -> tuple[str, ...]:
        """The first words of a command on this machine; when that is killed, all that it started is gone at once."""
        alone = ("unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc")
        return ("ip", "netns", "exec", self.space, *alone, "sh", "-c", 'hostname "$0"; "$@"', self.name)

    def pull_cable(self) -> None:
        """Cut it off: nobody is told, no connection is closed, nothing answers any more."""
        _ip("link", "set", self.cable, "down")

    def plug_in(self) -> None:
        """Connect it again."""
        _ip("link", "set", self.cable, "up")


@contextmanager
def machines(*names: str) -> Iterator[list[Machine]]:
    """Make machines that reach each other and this one, by the switch; all of it is gone afterwards."""
    with ExitStack() as ends:
        _ip("link", "add", f"{PREFIX}sw", "type", "bridge")
        ends.callback(_ip, "link", "delete", f"{PREFIX}sw")
        _ip("address", "add", f"{NETWORK}.254/24", "dev", f"{PREFIX}sw")
        _ip("link", "set", f"{PREFIX}sw", "up")
        made = [Machine(name, f"{NETWORK}.{number}") for number, name in enumerate(names, 1)]
        for one in made:
            _ip("netns", "add", one.space)
            ends.callback(_ip, "netns", "delete", one.space)
            _ip("link", "add", one.cable, "type", "veth", "peer", "name", "eth0", "netns", one.space)
            ends.callback(_ip, "link", "delete", one.cable)
            _ip("link", "set", one.cable, "master", f"{PREFIX}sw", "up")
            _ip("-n", one.space, "address", "add", f"{one.address}/24", "dev", "eth0")
            _ip("-n", one.space, "link", "set", "eth0", "up")
            _ip("-n", one.space, "link", "set", "lo", "up")
        yield made


@dataclass(frozen=True)
class Server:
    """A PostgreSQL on one of the machines, reached by the network."""

    address: str

    def make(self, name: str) -> str:
        """Make a database and return its address, without the driver's name."""
        self.tell(f"CREATE DATABASE {name}")
        return f"{self.address}/{name}"

    def tell(self, statement: str, name: str = "postgres") -> list[Any]:
        """Run a statement and return the rows that it gives."""
        cursor = _connected(f"postgresql{self.address}/{name}").execute(statement)
        return cursor.fetchall() if cursor.description else []


@cache
def _connected(address: str) -> psycopg.Connection[Any]:
    return psycopg.connect(address, autocommit=True)


@contextmanager
def postgresql_on(machine: Machine) -> Iterator[Server]:
    """Run Debian's PostgreSQL on a machine, with files of its own."""
    programs = postgresql()
    assert programs is not None
    with tempfile.TemporaryDirectory(prefix="mourafaka-machines-") as home:
        shutil.chown(home, "postgres")
        files, as_its_user = f"{home}/files", ("runuser", "-u", "postgres", "--")
        making = [*as_its_user, programs / "initdb", "-D", files, "-A", "trust", "-U", "postgres", "--no-sync"]
        subprocess.run(making, cwd=home, check=True, capture_output=True)
        with Path(files, "pg_hba.conf").open("a") as hosts:
            hosts.write(f"host all all {NETWORK}.0/24 trust\n")
        told = ["-c", f"listen_addresses={machine.address}", "-c", f"unix_socket_directories={home}", *QUICK]
        running = [*machine.command, *as_its_user, programs / "postgres", "-D", files, *told]
        process = subprocess.Popen(running, cwd=home, start_new_session=True)
        try:
            yield _answering(Server(f"://postgres@{machine.address}:5432"))
        finally:
            _connected.cache_clear()
            process.kill()
            process.wait()


def _answering(server: Server) -> Server:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.tell("SELECT 1")
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return server
