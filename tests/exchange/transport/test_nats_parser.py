"""Reading what a server sends, however it is cut into pieces."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nats.errors import ProtocolError

from lienthong.exchange.transport.nats_parser import LARGE, MAX_LINE, MAX_MESSAGE, LargeParser

type _Message = tuple[int, bytes, bytes, bytes, bytes | None]


@dataclass(slots=True)
class _Client:
    got: list[_Message] = field(default_factory=list)

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
        self.got.append((sid, subject, reply, data, headers))


_SIZES = st.sampled_from([0, 1, 1000, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE])


@settings(max_examples=80, deadline=None)
@given(
    sizes=st.lists(st.tuples(_SIZES, st.booleans()), max_size=5),
    cuts=st.lists(st.sampled_from([1, 2, 3, 500, 65_536, LARGE, 262_144]), min_size=1, max_size=30),
)
async def test_messages_come_whole_and_in_order(sizes: list[tuple[int, bool]], cuts: list[int]) -> None:
    wanted: list[_Message] = []
    wire = b""
    for number, (size, headed) in enumerate(sizes):
        data = bytes([number]) * size
        headers = b"NATS/1.0\r\nA: b\r\n\r\n" if headed else None
        wanted.append((number, b"a.b", b"r", data, headers))
        if headers is None:
            wire += b"MSG a.b %d r %d\r\n%b\r\n" % (number, size, data)
        else:
            whole = headers + data
            wire += b"HMSG a.b %d r %d %d\r\n%b\r\n" % (number, len(headers), len(whole), whole)
    client = _Client()
    parser = LargeParser(client)
    at, turn = 0, 0
    while at < len(wire):
        # Single bytes only at the start: they are for the line breaks, not for megabytes.
        size = cuts[turn % len(cuts)] if turn < 60 else 262_144
        await parser.parse(wire[at : at + size])
        at, turn = at + size, turn + 1
    assert client.got == wanted


async def test_a_new_connection_begins_anew() -> None:
    client = _Client()
    parser = LargeParser(client)
    await parser.parse(b"MSG a 1 r %d\r\nbegin" % (2 * LARGE))
    parser.reset()
    await parser.parse(b"MSG a 1 r 2\r\nok\r\n")
    assert client.got == [(1, b"a", b"r", b"ok", None)]


@pytest.mark.parametrize(
    "sent",
    [
        # nats-py raises something else than a ProtocolError here, after which its client would never read again.
        b"-ERR \r\n",
        b"-ERR '\xff'\r\n",
        b"INFO nonsense\r\n",
        b'INFO {"\xff"\r\n',
        b"nonsense\r\n",
        # What has no end would be kept until memory ends.
        b"INFO " + b"x" * (MAX_LINE + 1),
        b"MSG a 1 %d\r\n" % (MAX_MESSAGE + 1),
        b"MSG a 1 99999999999999999999\r\n",
        b"HMSG a 1 5 4\r\n",
    ],
)
@pytest.mark.parametrize("size", [7, 1 << 20])
async def test_what_is_no_message_ends_the_connection_and_not_the_reader(sent: bytes, size: int) -> None:
    parser = LargeParser(_Client())

    async def read() -> None:
        for at in range(0, len(sent), size):
            await parser.parse(sent[at : at + size])

    with pytest.raises(ProtocolError):
        await read()
    assert len(parser.buf) <= MAX_LINE + size
