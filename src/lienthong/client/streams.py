"""What goes on over several answers: a stream of events and a download, without anything that waits."""

import hashlib
from collections.abc import Iterator
from typing import Final
from uuid import UUID

import msgspec

from lienthong.client.asking import Ask, Reply, given
from lienthong.client.errors import AnswerInvalid
from lienthong.client.results import Event

_MAX_LINE: Final = 1024 * 1024
PARTIAL: Final = 206


class Events:
    """Reads server-sent events (WHATWG HTML, section 9.2) and remembers where the stream stands."""

    def __init__(self, after: int | None) -> None:
        """Begin after a position; now if it is None."""
        self.position = after
        self._rest = b""
        self._fields: dict[str, str] = {}

    def ask(self) -> Ask[None]:
        """Return the request for what follows."""
        headers = {"Accept": "text/event-stream"}
        if self.position is not None:
            headers["Last-Event-ID"] = str(self.position)
        # What was read of a block whose end never came is read again.
        self._rest, self._fields = b"", {}
        return Ask(method="GET", path="/v1/events", headers=headers, repeatable=True, read=lambda _: None)

    def take(self, data: bytes) -> Iterator[Event]:
        """Take a piece of the stream; yield the events that are complete with it.

        Raises:
            AnswerInvalid: not such a stream.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _MAX_LINE:
            raise AnswerInvalid("a line of events without an end")
        for line in lines:
            if line:
                name, _, value = line.decode(errors="replace").partition(":")
                self._fields[name] = value.removeprefix(" ")
            elif self._fields:
                fields, self._fields = self._fields, {}
                yield from self._block(fields)

    def _block(self, fields: dict[str, str]) -> Iterator[Event]:
        said = fields.get("id", "")
        if said:
            if not (said.isascii() and said.isdecimal()):
                raise AnswerInvalid(f"an event with the id {said[:40]!r}")
            self.position = int(said)
        if "data" in fields:
            try:
                event = msgspec.json.decode(fields["data"], type=Event)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise AnswerInvalid(f"an event: {error}") from error
            yield msgspec.structs.replace(event, position=self.position or 0)


class Download:
    """A content that comes in one or several answers, checked against its digest."""

    def __init__(self, message: UUID, number: int, *, sender: str | None) -> None:
        """Begin with nothing."""
        self._path = f"/v1/mailbox/{message}/contents/{number}"
        self._params = given(sender=sender)
        self._etag = ""
        self._digest = hashlib.sha256()
        self.taken = 0

    def ask(self) -> Ask[None]:
        """Return the request for what is missing."""
        headers = {"Accept-Encoding": "identity"}
        if self.taken:
            headers |= {"Range": f"bytes={self.taken}-", "If-Range": self._etag}
        return Ask(
            method="GET",
            path=self._path,
            params=self._params,
            headers=headers,
            repeatable=True,
            read=lambda _: None,
        )

    def begin(self, reply: Reply) -> None:
        """Look at the head of an answer.

        Raises:
            AnswerInvalid: it is another content than before, or another part than was asked for.
        """
        etag = reply.header("etag")
        if self.taken and (etag != self._etag or reply.status != PARTIAL):
            raise AnswerInvalid(f"{self._path}: what follows is of another content")
        if self.taken and not reply.header("content-range").startswith(f"bytes {self.taken}-"):
            raise AnswerInvalid(f"{self._path}: another part than was asked for")
        self._etag = etag

    def take(self, data: bytes) -> None:
        """Take a piece."""
        self._digest.update(data)
        self.taken += len(data)

    def finish(self) -> str:
        """Return the digest (SHA-256, hexadecimal) of the whole.

        Raises:
            AnswerInvalid: it is not the one that the gateway names.
        """
        digest = self._digest.hexdigest()
        if self._etag != f'"{digest}"':
            raise AnswerInvalid(f"{self._path}: the content does not fit its digest")
        return digest
