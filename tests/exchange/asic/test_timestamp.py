"""Timestamps: `openssl ts` as the authority, and all that can be wrong with its replies."""

import socket
from collections.abc import Callable, Iterator
from copy import replace
from datetime import UTC, datetime

import pytest
from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

from lienthong.exchange.asic import cades
from lienthong.exchange.asic.errors import StampFailed
from lienthong.exchange.asic.signer import Signer, read_certificates, signing
from lienthong.exchange.asic.timestamp import Authority, token_of
from lienthong.kernel.clock import from_datetime
from tests.support.authorities import StampServer, certificate, stamp_server

pytestmark = pytest.mark.openssl
SIGNATURE = b"a signature"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StampServer]:
    with stamp_server(tmp_path_factory.mktemp("authority") / "tsa") as server:
        yield server


@pytest.fixture
def server(running: StampServer) -> StampServer:
    """The same, well-behaved."""
    running.damage, running.status, running.media_type = bytes, 200, "application/timestamp-reply"
    return running


def authority(server: StampServer, url: str = "") -> Authority:
    return Authority(url=url or server.url, certificates=tuple(read_certificates(server.certificates)))


async def test_a_signature_is_stamped_and_others_see_it(server: StampServer) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = Signer(certificate=certificate(key, "Gateway"), chain=(), sign=signing(key))
    signed = cades.sign(b"content", signer, at=from_datetime(datetime.now(UTC)))
    cades.add_timestamp(signed, await authority(server).stamp(cades.signature_of(signed)))
    encoded = signed.dump()
    roots = [
        asn1_x509.Certificate.load(each.public_bytes(Encoding.DER))
        for each in (signer.certificate, *read_certificates(server.certificates))
    ]
    status = await async_validate_detached_cms(
        b"content",
        cms.ContentInfo.load(encoded)["content"],
        signer_validation_context=ValidationContext(trust_roots=roots),
    )
    assert status.bottom_line
    stamped = status.timestamp_validity
    assert stamped is not None
    assert (stamped.intact, stamped.valid, stamped.trusted) == (True, True, True)


async def test_it_is_asked_for_a_digest_only(server: StampServer) -> None:
    await authority(server).stamp(SIGNATURE)
    query = tsp.TimeStampReq.load(server.asked[-1])
    assert query["message_imprint"]["hash_algorithm"]["algorithm"].native == "sha256"
    assert SIGNATURE not in server.asked[-1]
    first, second = (tsp.TimeStampReq.load(each)["nonce"].native for each in await _asked_twice(server))
    assert first != second


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda _: b"", "expected form"),
        (lambda _: b"\x30\x03\x02\x01\x00", "expected form"),
        (lambda reply: reply[:-1], "expected form"),
        (lambda reply: reply + b"\0", "expected form"),
        (lambda reply: reply[:-1] + bytes([reply[-1] ^ 1]), "does not hold"),
        # No more than a status: rejection (2), granted (0).
        (lambda _: bytes.fromhex("30053003020102"), "the authority says: rejection"),
        (lambda _: bytes.fromhex("30053003020100"), "expected form"),
        (lambda _: bytes(300_000), "status 200"),
    ],
)
async def test_a_bad_reply_is_refused(server: StampServer, damage: Callable[[bytes], bytes], says: str) -> None:
    server.damage = damage
    with pytest.raises(StampFailed, match=says):
        await authority(server).stamp(SIGNATURE)


async def test_another_status_or_type_is_refused(server: StampServer) -> None:
    server.status = 503
    with pytest.raises(StampFailed, match="status 503"):
        await authority(server).stamp(SIGNATURE)
    server.status, server.media_type = 200, "text/html"
    with pytest.raises(StampFailed, match="text/html"):
        await authority(server).stamp(SIGNATURE)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "ftp://127.0.0.1/"])
async def test_an_authority_that_is_not_there_is_said(server: StampServer, url: str) -> None:
    with pytest.raises(StampFailed, match="127"):
        await authority(server, url).stamp(SIGNATURE)


async def test_an_authority_that_does_not_answer_is_given_up(server: StampServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(StampFailed, match="TimeoutError"):
            await replace(authority(server, url), timeout=0.05).stamp(SIGNATURE)


async def test_only_the_authority_that_was_named_counts(server: StampServer) -> None:
    other = certificate(rsa.generate_private_key(65537, 2048), "Other", stamping=True)
    with pytest.raises(StampFailed, match="by somebody else"):
        await Authority(url=server.url, certificates=(other,)).stamp(SIGNATURE)


async def test_a_stamp_of_something_else_is_refused(server: StampServer) -> None:
    await authority(server).stamp(SIGNATURE)
    reply = (server.folder / "reply.tsr").read_bytes()
    query = tsp.TimeStampReq.load(server.asked[-1])
    digest, nonce = query["message_imprint"]["hashed_message"].native, query["nonce"].native
    certificates = read_certificates(server.certificates)
    token_of(reply, digest=digest, nonce=nonce, certificates=certificates)
    with pytest.raises(StampFailed, match="something else"):
        token_of(reply, digest=bytes(32), nonce=nonce, certificates=certificates)
    # An old reply, played again.
    with pytest.raises(StampFailed, match="another time"):
        token_of(reply, digest=digest, nonce=nonce + 1, certificates=certificates)


async def test_what_is_no_timestamp_is_refused(server: StampServer) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = Signer(certificate=certificate(key, "Gateway"), chain=(), sign=signing(key))
    token = cades.sign(b"content", signer, at=from_datetime(datetime.now(UTC)))
    reply = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
    with pytest.raises(StampFailed, match="not a timestamp"):
        token_of(reply, digest=bytes(32), nonce=1, certificates=[signer.certificate])


@given(st.binary(max_size=300))
def test_arbitrary_replies_are_refused(data: bytes) -> None:
    with pytest.raises(StampFailed):
        token_of(data, digest=bytes(32), nonce=1, certificates=[])


async def _asked_twice(server: StampServer) -> list[bytes]:
    for _ in range(2):
        await authority(server).stamp(SIGNATURE)
    return server.asked[-2:]
