"""A mail server on loopback for tests: takes what it is given, or refuses what it is told to."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from mispmini.domain.viewer import Viewer
from mispmini.services.instance_settings import change_setting


@dataclass
class Mailbox:
    """What arrived; `refuses` are recipients that are turned away, `needs_login` asks for user:password."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    needs_login: str = ""
    logins: list[str] = field(default_factory=list)

    def to(self, address: str) -> list[EmailMessage]:
        """What arrived for an address."""
        return [message for message in self.messages if message["To"] == address]


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 loopback")
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 bye")
                return
            self._answer(verb.upper(), rest)

    def _answer(self, verb: str, rest: str) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        if verb == "EHLO":
            self._say("250-loopback\r\n250-AUTH PLAIN" if box.needs_login else "250-loopback")
            self._say("250 8BITMIME")
        elif verb == "AUTH":
            box.logins.append(rest.partition(" ")[2])
            self._say("235 welcome" if box.logins[-1] == box.needs_login else "535 wrong, said hunter2")
        elif verb == "RCPT" and any(f"<{address}>" in rest for address in box.refuses):
            self._say("550 nobody here")
        elif verb == "DATA":
            self._say("354 go on")
            box.messages.append(self._message())
            self._say("250 taken")
        else:
            self._say("250 fine")

    def _message(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server until the block ends."""
    box = Mailbox()
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.box = box  # type: ignore[attr-defined]
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def mailbox_of(admin: Viewer) -> Iterator[Mailbox]:
    """A mail server that this instance is set to."""
    with mail_server() as server:
        for name, value in (
            ("mail_enabled", True), ("mail_host", "127.0.0.1"), ("mail_port", server.port),
            ("mail_security", "none"), ("mail_from", "misp@a.test"),
        ):  # fmt: skip
            change_setting(admin, name, value)
        yield server
