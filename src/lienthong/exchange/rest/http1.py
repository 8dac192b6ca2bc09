"""HTTP/1.1 on one connection: llhttp reads, an ASGI application answers, nothing is taken without a bound."""

import asyncio
from collections import deque
from typing import Final, cast
from urllib.parse import unquote

import httptools
from starlette.types import Scope

from lienthong.exchange.rest.hall import Hall
from lienthong.exchange.rest.heads import BAD, LARGE, LATE, HeadRefused, check, framing, origin_form
from lienthong.exchange.rest.pace import Pace
from lienthong.exchange.rest.peers import CONNECTION, TARGET, Peer
from lienthong.exchange.rest.turn import Turn

LINGER: Final = 2.0
"""Seconds for which what a refused client still sends is thrown away, so that it can read why."""
_ASGI: Final = {"version": "3.0", "spec_version": "2.3"}


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, hall: Hall, *, admitted: str | None = None) -> None:
        """Serve a connection.

        Args:
            hall: what it shares with the others.
            admitted: its address, where it has been let in already.
        """
        self._hall = hall
        self._loop = asyncio.get_running_loop()
        self._address = admitted
        self._peer = Peer()
        self._ends: dict[str, object] = {}
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        # In the order in which they came; the first is being answered, the last may still be coming in.
        self._turns: deque[Turn] = deque()
        self._incoming: Turn | None = None
        self._running: Turn | None = None
        # Why there is no next request, sent when all before it are answered.
        self._farewell: bytes | None = None
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        # Bytes of this head: as read by the parser, and as received after the piece in which it began.
        self._head = self._raw = 0
        self._in_head = self._fresh = False
        # How the body behind an offer to upgrade is framed: a new parser has to be told.
        self._framing = b""
        self._retelling = False
        # When this head, or this rest, or this farewell began.
        self._since = hall.now
        rate, grace = hall.bounds.rate, hall.bounds.grace_seconds
        self._sender, self._reader = Pace(rate=rate, grace=grace), Pace(rate=rate, grace=grace)
        # Bytes of the body since the last look at its pace.
        self._taken = 0
        self._held = self._ending = False
        self._full: asyncio.Future[None] | None = None
        self._written = self._drained = 0

    # -- what the transport says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Come in, unless there are too many."""
        self._transport = cast("asyncio.Transport", transport)
        client = transport.get_extra_info("peername") or ("", 0)
        if self._address is None:
            if not self._hall.enter(client[0]):
                self._transport.abort()
                return
            self._address = client[0]
        self._hall.guests.add(self)
        self._peer = Peer.of(transport.get_extra_info("ssl_object"))
        server = transport.get_extra_info("sockname") or ("", 0)
        self._ends = {
            "type": "http",
            "asgi": _ASGI,
            "scheme": "https" if self._peer.secure else "http",
            "client": (client[0], client[1]),
            "server": (server[0], server[1]),
            "root_path": "",
        }

    def connection_lost(self, _: Exception | None) -> None:
        """Tell whoever answers that nobody waits any more."""
        if self._address is None:
            return
        self._hall.guests.discard(self)
        self._hall.leave(self._address)
        self._address = self._parser = None
        self.resume_writing()
        for turn in self._turns:
            turn.leave()
        self._turns.clear()

    def data_received(self, data: bytes) -> None:
        """Have the parser read what came, and begin to answer."""
        while self._parser is not None and data:
            data = self._read(self._parser, data)
        self._begin()

    def eof_received(self) -> bool:
        """End: who closes its side while it waits for an answer is taken to be gone."""
        return False

    def pause_writing(self) -> None:
        """Note that the client reads slower than it is answered."""
        if self._full is None:
            self._full = self._loop.create_future()
            self._reader.renew()

    def resume_writing(self) -> None:
        """Let go on whoever waits to answer."""
        if self._full is not None:
            self._full.set_result(None)
            self._full = None

    # -- what the parser says

    def on_message_begin(self) -> None:
        """Begin a request."""
        if self._retelling:
            return
        most = self._hall.bounds.pipelined
        if len(self._turns) > most:
            raise HeadRefused(BAD, f"more than {most} requests ahead of their answers")
        self._url, self._headers = b"", []
        self._head = self._raw = 0
        self._in_head = self._fresh = True
        self._since = self._hall.now

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._url += url
        self._count(len(url))
        most = self._hall.bounds.target_bytes
        if len(self._url) > most:
            raise HeadRefused(b"414 URI Too Long", f"a target of over {most} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer."""
        self._count(len(name) + len(value) + len(b": \r\n"))
        if not self._in_head:
            # Trailers say nothing that anybody here would act on.
            return
        most = self._hall.bounds.header_lines
        if len(self._headers) >= most:
            raise HeadRefused(LARGE, f"more than {most} headers")
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Begin the turn of this request."""
        if self._retelling:
            return
        self._in_head = False
        parser = cast("httptools.HttpRequestParser", self._parser)
        version, method = parser.get_http_version(), parser.get_method().decode()
        expects = check(version, method, self._headers)
        keep_alive = version == "1.1" and parser.should_keep_alive() and not self._hall.closing
        self._incoming = Turn(self, self._scope(version, method), keep_alive=keep_alive, expects=expects)
        self._sender.renew()
        self._taken = 0
        self._turns.append(self._incoming)
        if parser.should_upgrade():
            self._framing = framing(self._headers)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._taken += len(body)
        if self._incoming is not None and self._incoming.feed(body):
            self._hold()

    def on_message_complete(self) -> None:
        """Note that the request is there as a whole."""
        if self._incoming is not None and not self._framing:
            self._incoming.end()
            self._incoming = None

    # -- what a turn says

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._written += len(data)
        self._transport.write(data)

    async def drained(self) -> None:
        """Wait until the client has read most of what was sent."""
        if self._full is not None:
            await self._full

    def date(self) -> bytes:
        """Return the time as HTTP writes it."""
        return self._hall.date

    def read_on(self) -> None:
        """Take more of the body."""
        if self._incoming is not None:
            self._release()

    def answered(self, turn: Turn) -> None:
        """Go on with the next request, or end."""
        self._turns.popleft()
        self._since = self._hall.now
        if turn is self._incoming:
            # What it still sends is not looked at: it has its answer.
            self._incoming = None
            self._linger()
        elif not turn.keep_alive:
            self._close()
        elif self._turns:
            self._loop.call_soon(self._run_first)
        elif self._farewell is not None:
            self._say(self._farewell)
        else:
            self._release()

    def failed(self, turn: Turn) -> None:
        """Say that there is no answer; where half of one was sent, end at once."""
        if not turn.begun:
            turn.gone = True
            self._turns.clear()
            self._incoming = self._parser = None
            self._say(self._hall.failure())
        else:
            self.abort()

    # -- what the hall says

    def tick(self, seconds: float) -> None:
        """Look at the deadlines; so many seconds have passed since the last time."""
        bounds, waited = self._hall.bounds, self._hall.now - self._since
        if self._full is not None or self._ending:
            unread = self._transport.get_write_buffer_size()
            drained, self._drained = self._written - unread - self._drained, self._written - unread
            if self._reader.is_late(drained, seconds) if unread else self._ending and waited > LINGER:
                self.abort()
        elif self._incoming is not None:
            taken, self._taken = self._taken, 0
            if not self._held and self._sender.is_late(taken, seconds):
                self._refuse(LATE, f"a body slower than {bounds.rate} bytes per second")
        elif self._in_head:
            if waited > bounds.head_seconds:
                self._refuse(LATE, f"no whole head within {bounds.head_seconds:g} seconds")
        elif not self._turns and waited > bounds.idle_seconds:
            self._close()

    def finish(self) -> None:
        """Answer what has been asked, and end."""
        for turn in self._turns:
            turn.keep_alive = False
        if not self._turns:
            self._close()

    def abort(self) -> None:
        """End now."""
        self._parser = None
        self._transport.abort()

    # -- inside

    def _read(self, parser: httptools.HttpRequestParser, data: bytes) -> bytes:
        """Have the parser read; returns what it has not looked at."""
        self._fresh = False
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # We stay with HTTP/1.1, as RFC 9110 (section 7.8) allows. This parser has stopped behind the head.
            self._parser = httptools.HttpRequestParser(self)
            framed, self._framing = self._framing, b""
            if framed:
                self._retelling = True
                self._parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n\r\n" % framed)
                self._retelling = False
            return data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            self._stop(error)
        else:
            self._raw += len(data) if self._in_head and not self._fresh else 0
            if self._raw > self._hall.bounds.head_bytes:
                self._refuse(LARGE, self._too_large())
        return b""

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > self._hall.bounds.head_bytes:
            raise HeadRefused(LARGE, self._too_large())

    def _too_large(self) -> str:
        return f"a head of over {self._hall.bounds.head_bytes} bytes"

    def _scope(self, version: str, method: str) -> Scope:
        target = origin_form(self._url)
        raw, _, query = target.partition(b"?")
        path = raw.decode("latin-1")
        return self._ends | {
            "http_version": version,
            "method": method,
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw,
            "query_string": query,
            # As it came: path and query alone do not tell an empty query from none.
            TARGET: target,
            "headers": self._headers,
            CONNECTION: self._hall.resolve(self._peer),
        }

    def _begin(self) -> None:
        if len(self._turns) > 1:
            self._hold()
        self._run_first()

    def _run_first(self) -> None:
        if not self._turns or self._turns[0] is self._running:
            return
        self._running = self._turns[0]
        self._hall.start(asyncio.Task(self._running.run(self._hall.app), loop=self._loop, eager_start=True))

    def _stop(self, error: httptools.HttpParserError) -> None:
        after_close = self._incoming is None and self._turns and not self._turns[-1].keep_alive
        refused = error.__context__
        if isinstance(refused, HeadRefused):
            self._refuse(refused.status, refused.text)
        elif after_close and not self._in_head:
            # More behind a request that asked for the connection's end.
            self._parser = None
        else:
            self._refuse(BAD, str(error))

    def _refuse(self, status: bytes, text: str) -> None:
        self._parser, self._in_head = None, False
        answer = self._hall.refusal(status, text)
        broken, self._incoming = self._incoming, None
        if broken is not None:
            self._turns.remove(broken)
            broken.leave()
            if broken.begun:
                self.abort()
                return
        if self._turns:
            self._farewell = answer
            self._hold()
        else:
            self._say(answer)

    def _say(self, answer: bytes) -> None:
        self.write(answer)
        self._linger()

    def _linger(self) -> None:
        """Let the client read its answer: closing at once, with more of its request unread, would destroy it."""
        self._parser, self._ending, self._since = None, True, self._hall.now
        self._release()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _close(self) -> None:
        self._parser, self._ending, self._since = None, True, self._hall.now
        self._transport.close()

    def _hold(self) -> None:
        if not self._held:
            self._held = True
            self._transport.pause_reading()

    def _release(self) -> None:
        if self._held:
            self._held = False
            self._transport.resume_reading()
