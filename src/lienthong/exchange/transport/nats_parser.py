"""The parser of nats-py, with large messages put together in one step instead of piece by piece."""

from typing import Final

from nats.errors import ProtocolError
from nats.protocol.parser import AWAITING_CONTROL_LINE, AWAITING_MSG_PAYLOAD, CRLF_SIZE, Parser

LARGE: Final = 128 * 1024
"""Bytes from which on a message is large."""
MAX_MESSAGE: Final = 64 * 1024 * 1024
"""Bytes of a message: what a server may be configured for at most."""
MAX_LINE: Final = 64 * 1024
"""Bytes of a line of the protocol: the list of a cluster's servers is the longest."""


class LargeParser(Parser):
    """Reads what a server sends.

    nats-py copies what has come of a message whenever more comes, and twice when it is complete.
    """

    def __init__(self, client: object) -> None:
        """Read for a client."""
        # Of a large message: what has come, and how many bytes are missing.
        self._pieces: list[bytes] = []
        self._missing = 0
        super().__init__(client)

    async def parse(self, data: bytes = b"") -> None:
        """Take what has come.

        Raises:
            ProtocolError: it is not what a server sends, or has no end.
        """
        if self._missing:
            data = await self._more(data)
            if not data:
                return
        try:
            await super().parse(data)
        except (ValueError, AttributeError) as error:
            # A line that begins like one and is none. The client goes on after a ProtocolError, with a new connection;
            # after anything else it would never read again.
            raise ProtocolError from error
        self._check()
        if self.needed > LARGE and self.state == AWAITING_MSG_PAYLOAD and not self.header_needed:
            self._missing = self.needed + CRLF_SIZE - len(self.buf)
            self._pieces = [bytes(self.buf)]
            self.buf.clear()

    def reset(self) -> None:
        """Forget what has come of a message."""
        super().reset()
        self._pieces, self._missing = [], 0

    def _check(self) -> None:
        """Refuse what has no end."""
        if self.state == AWAITING_CONTROL_LINE:
            if len(self.buf) > MAX_LINE:
                raise ProtocolError
        elif self.needed > MAX_MESSAGE or self.header_needed > self.needed:
            raise ProtocolError

    async def _more(self, data: bytes) -> bytes:
        """Take more of a large message; returns what does not belong to it."""
        rest = data[self._missing :]
        self._missing -= len(data) - len(rest)
        self._pieces.append(data)
        if not self._missing:
            payload = self._payload(len(rest))
            self.state = AWAITING_CONTROL_LINE
            arguments = self.msg_arg
            await self.nc._process_msg(  # noqa: SLF001 - as the parser itself does
                arguments["sid"], arguments["subject"], arguments["reply"], payload, None
            )
        return rest

    def _payload(self, behind: int) -> bytes:
        """Put a message together without its line break and what came behind that."""
        pieces: list[bytes | memoryview] = list(self._pieces)
        self._pieces = []
        surplus = CRLF_SIZE + behind
        while len(pieces[-1]) <= surplus:
            surplus -= len(pieces.pop())
        pieces[-1] = memoryview(pieces[-1])[: len(pieces[-1]) - surplus]
        return b"".join(pieces)
