"""Write the corpus of the fuzzing targets: small real messages, and the vectors that must be refused.

    PYTHONPATH=. .venv/bin/python tools/make_fuzz_corpus.py

Files that are there stay as they are: what chance makes (keys, signatures) would change them at every run. Inputs that
fuzzing has found are kept beside them under the name ``found-…``.
"""

import asyncio
import json
import tempfile
from collections.abc import Iterable
from copy import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from lienthong.exchange.asic.container import MEDIA_TYPE, MIMETYPE
from lienthong.exchange.asic.payload import Parts
from lienthong.exchange.asks import Await, Later, Pull
from lienthong.exchange.evidence import record
from lienthong.exchange.mail.paging import Place
from lienthong.exchange.packet import BlobRef, CallPacket, HeldRef, Packet, content_of
from lienthong.kernel import cbor
from lienthong.profiles.vn.edxml.values import LOCAL, ResponseFor, StatusPacket
from lienthong.profiles.vn.edxml.writing import write
from lienthong.trust.chunks import Cipher
from lienthong.trust.envelope import Session
from lienthong.trust.header_fields import fields_of
from lienthong.trust.keys import Algorithm
from lienthong.trust.seal import header_of, seal
from tests.fuzz.world import KEYS, STORE, VECTORS, facts
from tests.support import edxml
from tests.support.containers import asking, containers_of, keeping, packed, signer_in
from tests.support.evidence import DOCUMENT, make_state
from tests.support.gateways import HSO
from tools.vector_headers import MESSAGE, REQUEST

FOLDER: Final = Path(__file__).resolve().parent.parent / "tests" / "fuzz"
MAX_FILE: Final = 64 * 1024
"""Bytes of a file: a corpus of small inputs is mutated faster."""

type Inputs = dict[str, bytes]


def numbered(name: str, inputs: Iterable[bytes | str]) -> Inputs:
    """Name inputs by their kind and a number; texts are hexadecimal."""
    return {
        f"{name}-{number:02d}": bytes.fromhex(each) if isinstance(each, str) else each
        for number, each in enumerate(inputs)
    }


def vectors(name: str) -> dict[str, Any]:
    """Read a file of the vectors."""
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def formats() -> dict[str, Inputs]:
    """Return the inputs that follow from the vectors."""
    seals, bundles, envelopes = vectors("seal"), vectors("bundle"), vectors("envelope")
    sealed = [each for case in seals["cases"] for each in case["sealed"]]
    headers = dict.fromkeys(each for case in seals["cases"] for each in case["headers"].values())
    signed = [cbor.read_byte_strings(bytes.fromhex(each), 0, 2)[1] for each in sealed]
    read = [header_of(bytes.fromhex(each)) for case in bundles["cases"] for each in case["seals"]]
    cipher = Cipher(bytes(32), count=3)
    return {
        "cbor": numbered("value", vectors("cbor")["accept"])
        | numbered("refused", (case["cbor"] for case in vectors("cbor")["reject"]))
        | numbered("huge", _huge()),
        "names": numbered("name", _names()),
        "header": numbered("header", headers),
        "header-fields": numbered("fields", (msgspec.msgpack.encode(fields_of(each)) for each in read)),
        "cose": numbered("signature", signed),
        "seal": numbered("seal", sealed) | numbered("refused", (case["sealed"] for case in seals["reject"])),
        "envelope": numbered("envelope", (case["envelope"] for case in envelopes["cases"]))
        | numbered("refused", (case["envelope"] for case in envelopes["reject"]))
        | numbered("session", (case["request_envelope"] for case in vectors("session")["cases"])),
        "chunks": numbered("chunk", [cipher.encrypt(1, b"middle"), cipher.encrypt(2, b"last"), b""]),
        **_packets(),
        "bundle": numbered("bundle", (case["bundle"] for case in bundles["cases"]))
        | numbered("refused", (case["bundle"] for case in bundles["reject"])),
        "mail-bundle": numbered("bundle", (case["bundle"] for case in vectors("letters")["cases"])),
        "bag": numbered("bag", (case["bag"] for case in vectors("letters")["bags"])) | {"letter": b"\xd8\x60\x84"},
        "asks": numbered("notice", (case["notice"] for case in envelopes["notices"])) | numbered("ask", _asks()),
        "subjects": {"call": b"rpc.01.p1.u1.tw.tw.a01", "topic": b"topic.01.p1.u1." + b"0" * 32, "short": b"rpc.01"},
        **_journal(vectors("journal")["cases"][0]),
        **_topic(vectors("topic")["cases"][0]),
    }


def _huge() -> list[bytes]:
    """Return what asks a reader for more memory, depth or time than the input is worth."""
    shared = b"".join(b"\xd8\x1c\x82" + 2 * (b"\xd8\x1d" + bytes((number,))) for number in range(20))
    return [
        b"\x81" * 65 + b"\x00",
        b"\x81" * 60_000,
        b"\xc1" * 60_000,
        b"\x9a\xff\xff\xff\xff",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x9a\x00\x00\xea\x60" + b"\x80" * 60_000,
        b"\x95\xd8\x1c\x82\x00\x00" + shared,
    ]


def _names() -> list[bytes]:
    cases = [str(case).encode() for case in ("VN/PARTY/A01", "VN/STATE/G22/Provider/echo", "VN/a%2Fb/%C3%B6/x", "")]
    return [
        *cases,
        b"VN/%2e%2e/x",
        b"VN/%ff/x",
        b"000.00.00.H49",
        b"H37.DN.001",
        b"secret/personnel,staff",
        b"internal",
    ]


def _packets() -> dict[str, Inputs]:
    head, body = b"accept: */*\r\n", b"{}"
    call = replace(REQUEST, contents=(content_of(head), content_of(body)))
    message = replace(MESSAGE, contents=(content_of(body, name="order.json"),))
    key = next(key for key in KEYS.values() if key.algorithm is Algorithm.ES256)
    sealed, sealed_message = (seal(header, key=key, store=STORE) for header in (call, message))
    held = HeldRef(name=bytes(16), key=bytes(32), chunks=5)
    apart = BlobRef(branch="tw", site="tw", name="n" * 32, key=bytes(32), chunks=3)
    return {
        "packet": {
            "message": Packet(sealed=sealed_message, parts=(body,)).to_bytes(),
            "apart": Packet(sealed=sealed_message, parts=(apart,)).to_bytes(),
        },
        "call-packet": {
            "call": CallPacket(sealed=sealed, parts=(head, body)).to_bytes(),
            "held": CallPacket(sealed=sealed, parts=(head, held)).to_bytes(),
        },
    }


def _asks() -> list[bytes]:
    name = bytes(range(16))
    return [
        each.to_bytes() for each in (Pull(name, 0, 7), Pull(name, 1 << 31, 448), Await(name), Later(bytes(32), name))
    ]


def _journal(case: dict[str, Any]) -> dict[str, Inputs]:
    entries = [bytes.fromhex(each) for each in case["entries"]]
    points = [cbor.encode([bytes.fromhex(each["root"]), bytes.fromhex(each["signed"])]) for each in case["checkpoints"]]
    receipts = [bytes.fromhex(each) for each in case["receipts"]]
    return {
        "entry": numbered("entry", entries),
        "evidence": numbered("checkpoint", (cbor.encode([each, b"", b""]) for each in points))
        | numbered("receipt", (cbor.encode([*each, b""]) for each in zip(receipts, entries, strict=True)))
        | {"consistency": cbor.encode([bytes.fromhex(case["consistency_receipt"]), points[1], points[0]])},
    }


def _topic(case: dict[str, Any]) -> dict[str, Inputs]:
    session, aad = Session.derive(bytes.fromhex(case["epoch_key"])), case["topic"].encode()
    blocks = [session.decrypt_request(bytes.fromhex(each), aad=aad) for each in case["blocks"]]
    contents = [each for contents in case["contents"] for each in contents]
    wraps, keys = bytes.fromhex(case["keys_message"]), bytes.fromhex(case["keys"])
    return {
        "topic": numbered("content", contents) | {"keys": keys, "wraps": wraps},
        "block": numbered("block", blocks),
    }


def faces() -> dict[str, Inputs]:
    """Return what comes over connections."""
    head = b"Host: gateway\r\nX-Road-Client: VN/PARTY/A01/Consumer\r\n"
    call = b"/r1/VN/STATE/G22/Provider/echo/persons/7?full=1 HTTP/1.1\r\n"
    calls = {
        "get": b"GET " + call + head + b"\r\n",
        "post": b"POST " + call + head + b"X-Lienthong-Label: secret/personnel\r\nContent-Length: 2\r\n\r\n{}",
        "chunked": b"PUT " + call + head + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n",
        "expect": b"POST " + call + head + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        "upgrade": b"GET "
        + call
        + head
        + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        + b"GET "
        + call
        + head
        + b"\r\n",
        "proxy": b"GET http://gateway" + call + head + b"Connection: close\r\n\r\n",
        "old": b"GET /r1/a HTTP/1.0\r\n\r\n",
        "named": b"GET "
        + call
        + head
        + b"X-Road-Represented-Party: COM/1\r\nX-Road-Security-Server: VN/STATE/G22/p1\r\n\r\n",
        "both": b"POST " + call + head + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "dots": b"GET /r1/VN/STATE/G22/Provider/echo/a/%2e%2e/b//c;d=1 HTTP/1.1\r\n" + head + b"\r\n",
    }
    answers = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n" + b"until the end " * 9,
    ]
    return {
        "http1": calls,
        "r1": calls,
        "http-head": {
            "head": b"accept: */*\r\nx-road-id: VN-1\r\n",
            "hop": b"host: x\r\nconnection: a\r\na: b\r\n",
            "none": b"",
        },
        "http-answer": {f"answer-{n}-{m}": bytes([m]) + each for n, each in enumerate(answers) for m in (0, 2, 6)},
        "paths": numbered("path", (each.encode() for each in _PATHS)),
        "nats": {
            "info": b'INFO {"max_payload":1048576}\r\nPING\r\n+OK\r\nPONG\r\n',
            "message": b"MSG a.b 1 r 3\r\nabc\r\nMSG a.b 2 0\r\n\r\n",
            "headers": b"HMSG a.b 1 r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n",
            "error": b"-ERR 'Permissions Violation'\r\n",
        },
        "cursor": numbered("cursor", (str(each).encode() for each in (Place(), Place(1, 7), Place(-1, 1 << 40)))),
    }


_PATHS: Final = (
    *("persons/7?full=1", "a/%2e%2e/b", "..;/x", "a//b", "%252e%252e/x", "%c0%ae%c0%ae/x", "a%5c..%5cb"),
    *("%EF%BC%8E%EF%BC%8E/x", "a/..%00/b", "%u002e%u002e/x", "x/%2F%2e%2e%2Fb"),
)


def files() -> dict[str, Inputs]:
    """Return files that others may hand us, but for those that take keys to make."""
    made, kinds = facts(), {"c": b"c", "r": b"r", "s": b"s"}
    shard = next(iter(made.shards["north"].values()))
    yaml = b"openapi: 3.1.0\nservers:\n- url: http://10.0.0.1\npaths: {}\n"
    linked = b"openapi: 3.1.0\nx: &x\n  servers: &s\n  - url: http://10.0.0.1\npaths:\n  /a: *x\n  servers: *s\n"
    return {
        "directory": {
            "common": kinds["c"] + made.common,
            "register": kinds["r"] + made.registers["north"],
            "shard": kinds["s"] + shard,
        },
        "description": {
            "yaml": yaml,
            "linked": linked,
            "json": b'{"openapi":"3.1.0","servers":[{"url":"http://10.0.0.1"}],"paths":{"/a":{"server":{"url":"x"}}}}',
        },
    }


def packets() -> dict[str, Inputs]:
    """Return edXML packets as producers write them."""
    key = ec.derive_private_key(1 << 200, ec.SECP256R1())
    bomb = edxml.attachment(edxml.zipped(("a", bytes(1 << 23))), kind="application/zip")
    zipped = edxml.attachment(edxml.zipped(("b", edxml.PDF)), kind="application/zip")
    nested = edxml.attachment(edxml.text(zipped).encode(), name="a.xml", kind="text/xml")
    entity = edxml.text(declaration='<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
    status = StatusPacket(sender=edxml.PACKET.sender, response=ResponseFor(organ="H49", document_id=edxml.ID))
    done = msgspec.structs.replace(status, status="03", at=datetime(2020, 1, 1, tzinfo=LOCAL))
    return {
        "edxml": {
            "written": write(edxml.PACKET).in_plain(),
            "signed": write(edxml.PACKET, signer=edxml.signer(key)).in_plain(),
            "status": write(done).in_plain(),
            "zipped": edxml.text(zipped).encode(),
            "nested": edxml.text(nested).encode("utf-16"),
            "bomb": edxml.text(bomb).encode(),
            "entity": entity.encode(),
            "deep": b"<a>" * 5000,
            "names": edxml.text(*(edxml.attachment(edxml.PDF, name=each) for each in ("../a", "CON", "a"))).encode(),
        }
    }


def judged(folder: Path) -> dict[str, Inputs]:
    """Return exported records with the root that they are judged from."""
    state = make_state(folder)
    extract = record.read(state.export(2)).directory
    return {
        "record": {
            "call": state.export(0).read_bytes(),
            "content": state.export(2, contents=[DOCUMENT]).read_bytes(),
            "blown-up": record.write({"seals/0.cose": bytes(1 << 25)}, at=0),
        },
        "extract": {"organs": extract},
        "": {"root-record.json": state.root},
    }


async def contained(folder: Path) -> dict[str, Inputs]:
    """Return a container with the root that it is judged from."""
    async with keeping(folder) as world:
        await world.running["tw"].caller.call(asking())
        containers = containers_of(world, "tw", signer_in(folder, world), None)
        (found,) = await containers.of(HSO, "q1", parts=Parts.BOTH, unique=True)
        blown = packed({MIMETYPE: MEDIA_TYPE.encode(), "request/head": bytes(1 << 25)})
        return {
            "container": {"call": found.data, "blown-up": blown},
            "": {"root-container.json": world.published().roots[0]},
        }


def main() -> None:
    """Write what is missing."""
    with tempfile.TemporaryDirectory() as scratch:
        made = [
            formats(),
            faces(),
            files(),
            packets(),
            judged(Path(scratch) / "state"),
            asyncio.run(contained(Path(scratch) / "world")),
        ]
    for target, inputs in (each for part in made for each in part.items()):
        folder = FOLDER / "corpus" / target if target else FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in inputs.items():
            path = folder / name
            if not path.exists() and len(data) <= MAX_FILE:
                path.write_bytes(data)


if __name__ == "__main__":
    main()
