"""An IMAP server (RFC 3501) of the tests' own, as much of it as reading a folder needs; it notes what it is asked."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

USER, PASSWORD, FOLDER = "bounces", "p@ss word", "Retours"


@dataclass
class Imap:
    """Its port, the messages of its one folder, and the commands that came."""

    messages: Sequence[bytes]
    port: int = 0
    asked: list[str] = field(default_factory=list)


@contextmanager
def open_imap(messages: Sequence[bytes]) -> Iterator[Imap]:
    """Give a server that listens on this machine."""
    imap = Imap(messages)

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            for line in self.rfile:
                tag, _, said = line.decode().strip().partition(" ")
                imap.asked.append(said)
                self.wfile.write(_answer(imap, said).replace(b"TAG", tag.encode(), 1))
                if said == "LOGOUT":
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Talk) as server:
        imap.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield imap
        server.shutdown()
        thread.join()


def _answer(imap: Imap, said: str) -> bytes:
    verb, _, rest = said.partition(" ")
    if verb == "CAPABILITY":
        return b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"
    if verb == "LOGIN":
        return b"TAG OK in\r\n" if rest == f'{USER} "{PASSWORD}"' else b"TAG NO wrong\r\n"
    if verb in {"EXAMINE", "SELECT"}:
        known = rest.strip('"') == FOLDER
        return f"* {len(imap.messages)} EXISTS\r\nTAG OK open\r\n".encode() if known else b"TAG NO such folder\r\n"
    if verb == "SEARCH":
        numbers = " ".join(str(number) for number in range(1, len(imap.messages) + 1))
        return f"* SEARCH {numbers}\r\nTAG OK done\r\n".encode()
    if verb == "FETCH":
        number = int(rest.split()[0])
        body = imap.messages[number - 1]
        return f"* {number} FETCH (BODY[] {{{len(body)}}}\r\n".encode() + body + b")\r\nTAG OK done\r\n"
    return b"* BYE\r\nTAG OK bye\r\n" if verb == "LOGOUT" else b"TAG BAD what\r\n"
