"""A mail server of a few lines that keeps what it is given (RFC 5321, what a client of ours says and nothing else)."""

import email.policy
import socketserver
import threading
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Self


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        self._say(220)
        while line := self.rfile.readline():
            match line.split(maxsplit=1)[0].upper():
                case b"RCPT":
                    self._say(550 if self.server.refusing and self.server.refusing in line.decode() else 250)
                case b"DATA":
                    self._say(354)
                    self._take()
                    self._say(250)
                case b"QUIT":
                    self._say(221)
                    return
                case _:
                    self._say(250)

    def _take(self) -> None:
        content = b""
        while (line := self.rfile.readline()) != b".\r\n":
            content += line.removeprefix(b".") if line.startswith(b"..") else line
        self.server.messages.append(BytesParser(EmailMessage, policy=email.policy.default).parsebytes(content))

    def _say(self, code: int) -> None:
        self.wfile.write(b"%d here\r\n" % code)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    refusing = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.messages: list[EmailMessage] = []


class Mailbox:
    """A server that runs within a ``with`` block."""

    def __init__(self, *, refusing: str = "") -> None:
        self._server = _Server()
        self._server.refusing = refusing
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def messages(self) -> list[EmailMessage]:
        """What it was given."""
        return self._server.messages
