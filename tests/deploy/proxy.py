"""The shipped nginx file, run on this machine with free ports and a certificate of our own."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.notifications.certificates import certificate

FILE = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "mourafaka.conf"
AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/started.log;
events {{ worker_connections 128; }}
http {{
    access_log {folder}/elsewhere.log;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/pages;
    fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u;
    scgi_temp_path {folder}/s;
    gzip on;
    include {folder}/mourafaka.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """Where it listens, the certificate that it shows, and where it writes."""

    http: str
    https: str
    authority: Path
    folder: Path

    def logs(self) -> str:
        """Return all that it wrote down."""
        return "".join(one.read_text() for one in sorted(self.folder.glob("*.log")))


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens at."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def proxy(folder: Path, pages: int) -> Iterator[Proxy]:
    """Run nginx before pages at a port of this machine."""
    plain, secure = free_ports(2)
    folder.chmod(0o755)
    _, authority = certificate(folder)
    (folder / "mourafaka.conf").write_text(_here(folder, plain, secure, pages), encoding="utf-8")
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder), encoding="utf-8")
    process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    made = Proxy(f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", authority, folder)
    try:
        _wait(plain, process)
        yield made
    finally:
        process.terminate()
        process.wait(20)


def _here(folder: Path, plain: int, secure: int, pages: int) -> str:
    """Return the shipped file with this machine's places in it, and without IPv6, which not every machine has."""
    text = re.sub(r"^ *listen \[::\].*\n", "", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    places = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{secure} ssl;",
        "127.0.0.1:8000;": f"127.0.0.1:{pages};",
        "/etc/letsencrypt/live/mourafaka.example.org/fullchain.pem": f"{folder}/certificate.pem",
        "/etc/letsencrypt/live/mourafaka.example.org/privkey.pem": f"{folder}/key.pem",
        "/var/log/nginx/": f"{folder}/",
    }
    for theirs, ours in places.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    return text


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx did not start")
