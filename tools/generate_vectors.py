"""Write the vectors of what is sealed, bundled, encrypted and recorded.

They are docs/vectors/{keys,seal,bundle,letters,envelope,topic,session,journal}.json.

What is randomised (keys, ECDSA, HPKE, nonces) is kept as the files record it as long as its inputs are the same, so
that running this twice changes nothing; ``--fresh`` makes it anew. tests/test_vectors.py
checks every file.
"""

import argparse
import hashlib
import json
from collections.abc import Callable
from copy import replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import cbor2
import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from lienthong.exchange import bundle
from lienthong.exchange.bundle import Bundle
from lienthong.exchange.http import encode_head
from lienthong.exchange.mail import bag
from lienthong.exchange.mail.bundle import Bundle as MailBundle
from lienthong.exchange.packet import BlobRef, Packet, content_of, notice
from lienthong.exchange.topics import keys as topic_keys
from lienthong.exchange.topics.block import Place, digest_of
from lienthong.exchange.topics.event import Event, Role
from lienthong.kernel import cbor
from lienthong.trust import cose, envelope, seal
from lienthong.trust.checkpoint import CheckpointSigner, consistency_receipt, receipt_of, sign_checkpoint
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal_entry import Entry
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.merkle import leaf_hash
from lienthong.trust.tree import Tree
from tools.kept_vectors import NOW, Kept, keys
from tools.vector_headers import HEAD, MESSAGE, REQUEST, headers

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "vectors"
SITE: Final = "site-a01"


def seals(kept: Kept) -> dict[str, Any]:
    """Headers sealed singly with each algorithm, and all of them in one batch."""
    encoded = {name: header.to_bytes() for name, header in headers().items()}
    cases = []
    for algorithm in (Algorithm.ES256, Algorithm.EDDSA, Algorithm.ML_DSA_65):
        key = kept.public(algorithm)
        for name, header in encoded.items() if algorithm is Algorithm.ES256 else [("request", encoded["request"])]:
            inputs = {"form": "single", "algorithm": algorithm.name, "headers": {name: header.hex()}}
            cases.append(
                kept.case("seal", inputs, lambda header=header, key=key: _sealed(kept, [header], key))  # type: ignore[misc]  # bound at once
            )
    inputs = {
        "form": "batch",
        "algorithm": "ES256",
        "headers": {name: header.hex() for name, header in encoded.items()},
    }
    key = kept.public(Algorithm.ES256)
    cases.append(kept.case("seal", inputs, lambda: _sealed(kept, list(encoded.values()), key)))
    return {"at": NOW, "cases": cases, "reject": _broken_seals(kept, cases)}


def _sealed(kept: Kept, encoded: list[bytes], key: PublicKey) -> dict[str, Any]:
    sealed = seal.seal_many(encoded, key=key, store=kept.store)
    return {"sealed": _hex(sealed), "digests": [seal.digest_of(one).hex() for one in sealed]}


def _broken_seals(kept: Kept, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    single, batch = bytes.fromhex(cases[0]["sealed"][0]), [bytes.fromhex(one) for one in cases[-1]["sealed"]]
    header, signature = cbor.decode(single)
    parts = cbor.decode(signature).value
    swapped = cbor.encode([cbor.decode(batch[0])[0], cbor.decode(batch[1])[1]])
    other = kept.public(Algorithm.EDDSA)
    critical = {cose.ALG: int(other.algorithm), cose.CRIT: [99], cose.KID: other.kid, cose.TYP: seal.TYPE, 99: True}
    protected = cbor.encode(critical)
    signed = kept.store.sign(other.kid, cose.to_be_signed(protected, header))
    changed = {
        "the header was changed": cbor.encode([header.replace(b"lookup", b"lockup"), signature]),
        "the proof is another header's": swapped,
        "a critical header parameter": _with(header, [protected, {}, None, signed]),
        "a parameter that nobody signed": _with(header, [parts[0], {99: 1}, None, parts[3]]),
        "the payload is inside": _with(header, [parts[0], {}, header, parts[3]]),
        "the signature is missing": _with(header, parts[:3]),
    }
    return [{"sealed": data.hex(), "why": why, "error": "seal_invalid"} for why, data in changed.items()]


def _with(header: bytes, parts: list[Any]) -> bytes:
    return cbor.encode([header, cbor.encode(cbor2.CBORTag(cose.TAG_SIGN1, parts))])


def envelopes(kept: Kept) -> dict[str, Any]:
    """Packets encrypted for one receiver, with each way of wrapping."""
    sealed = b"a seal"
    packets = {
        "contents inside": Packet(sealed=sealed, parts=(HEAD, b"body")),
        "a content apart": Packet(
            sealed=sealed,
            parts=(BlobRef(branch="centre", site=SITE, name="0f" * 16, key=bytes(range(32)), chunks=2),),
        ),
    }
    cases = []
    for algorithm in (Algorithm.HPKE_4_KE, Algorithm.HPKE_MLKEM768_X25519_KE):
        for name, packet in packets.items():
            content_key, key = hashlib.sha256(f"content key {algorithm}".encode()).digest(), kept.public(algorithm)
            plain = packet.to_bytes()
            inputs = {
                "packet": name,
                "algorithm": algorithm.name,
                "plaintext": plain.hex(),
                "content_key": content_key.hex(),
            }
            made = envelope.encrypt(plain, to=key, content_key=content_key).hex()
            cases.append(kept.case("envelope", inputs, lambda made=made: {"envelope": made}))  # type: ignore[misc]  # bound at once
    data = bytes.fromhex(cases[0]["envelope"])
    value = cbor.decode(data).value
    changed = {
        "the last bit of the wrapped key was changed": data[:-1] + bytes([data[-1] ^ 1]),
        "another content algorithm": cbor.encode(cbor2.CBORTag(96, [b"\xa1\x01\x01", *value[1:]])),
        "two recipients": cbor.encode(cbor2.CBORTag(96, [*value[:3], value[3] * 2])),
    }
    return {
        "cases": cases,
        "reject": [
            {"envelope": broken.hex(), "why": why, "error": "envelope_invalid"} for why, broken in changed.items()
        ],
        "notices": [{"code": code, "notice": notice(code).hex()} for code in ("unknown_session", "seal_invalid")],
    }


def bundles(kept: Kept) -> dict[str, Any]:
    """Calls, answers and a call alone as bundles, with the seals that follow from them."""
    calls = [replace(REQUEST, id=UUID(int=number), path=f"/persons/{number}") for number in range(3)]
    answer, refusal = headers()["response"], headers()["refusal"]
    groups: list[list[tuple[Header, tuple[bytes, ...]]]] = [
        [(each, (HEAD, b"")) for each in calls],
        [(answer, (encode_head(()), b"{}")), (refusal, ())],
        [(calls[0], (HEAD, b""))],
    ]
    cases = []
    for group in groups:
        sealed, parts = [header.to_bytes().hex() for header, _ in group], [_hex(list(parts)) for _, parts in group]
        inputs = {"headers": sealed, "parts": parts}
        cases.append(kept.case("bundle", inputs, lambda group=group: _bundled(kept, group)))  # type: ignore[misc]  # bound at once
    return {"at": NOW, "cases": cases, "reject": _broken_bundles(bytes.fromhex(cases[0]["bundle"]))}


def _bundled(kept: Kept, group: list[tuple[Header, tuple[bytes, ...]]]) -> dict[str, Any]:
    encoded = [header.to_bytes() for header, _ in group]
    made = seal.seal_bundle(encoded, key=kept.public(Algorithm.ES256), store=kept.store)
    plaintext = Bundle.of(made, group).to_bytes()
    return {"bundle": plaintext.hex(), "digest": bundle.digest_of(plaintext).hex(), "seals": _hex(list(made.seals))}


def _broken_bundles(whole: bytes) -> list[dict[str, Any]]:
    protected, signature, items = msgspec.msgpack.decode(whole)
    changed: dict[str, tuple[str, Any]] = {
        "one call is left out": ("seal_invalid", [protected, signature, items[:2]]),
        "the calls are in another order": ("seal_invalid", [protected, signature, items[::-1]]),
        "one call is there twice": ("seal_invalid", [protected, signature, [*items[:2], items[0]]]),
        "the signature is another": ("seal_invalid", [protected, bytes(64), items]),
        "no calls": ("malformed", [protected, signature, []]),
        "33 calls": ("malformed", [protected, signature, items * 11]),
        "a field more": ("malformed", [protected, signature, [[[*items[0][0], ""], items[0][1]]]]),
    }
    rejected = {why: (error, msgspec.msgpack.encode(value)) for why, (error, value) in changed.items()}
    rejected["a field was changed"] = ("seal_invalid", whole.replace(b"lookup", b"lockup", 1))
    rejected["text that is not UTF-8"] = ("malformed", whole.replace(b"lookup", b"look\xff\xff", 1))
    rejected["a byte too many"] = ("malformed", whole + b"\x00")
    return [{"bundle": data.hex(), "why": why, "error": error} for why, (error, data) in rejected.items()]


def letters(kept: Kept) -> dict[str, Any]:
    """Mail in bundles, with the seals that follow from them, and bags of letters."""
    receipt, message = headers()["receipt"], replace(MESSAGE, user="", contents=(content_of(b"text"),))
    groups: list[list[tuple[Header, tuple[bytes, ...]]]] = [
        [(replace(message, id=UUID(int=number)), (b"text",)) for number in range(3)],
        [(replace(receipt, id=UUID(int=number), user=""), ()) for number in range(2)],
    ]
    cases = []
    for group in groups:
        sealed, parts = [header.to_bytes().hex() for header, _ in group], [_hex(list(parts)) for _, parts in group]
        inputs = {"headers": sealed, "parts": parts}
        cases.append(kept.case("letters", inputs, lambda group=group: _bundled_mail(kept, group)))  # type: ignore[misc]  # bound at once
    ways = [f"mail.01.p1.{to}.tw.tw.{sender}" for to, sender in (("u1", "a01"), ("u2", "a01"), ("u1", "a02"))]
    envelopes_ = [b"\xd8\x60\x84one", b"\xd8\x60\x84two", b""]
    way = list(zip(ways, envelopes_, strict=True))
    bags = [
        {"subjects": ways[:count], "letters": _hex(envelopes_[:count]), "bag": bag.pack(way[:count]).hex()}
        for count in (1, 3)
    ]
    return {"at": NOW, "cases": cases, "bags": bags}


def _bundled_mail(kept: Kept, group: list[tuple[Header, tuple[bytes, ...]]]) -> dict[str, Any]:
    encoded = [header.to_bytes() for header, _ in group]
    made = seal.seal_bundle(encoded, key=kept.public(Algorithm.ES256), store=kept.store)
    return {"bundle": MailBundle.of(made, group).to_bytes().hex(), "seals": _hex(list(made.seals))}


def sessions(kept: Kept) -> dict[str, Any]:
    """Keys derived from a content key, a call and an answer under them."""
    content_key = bytes(range(32))
    session = envelope.Session.derive(content_key)
    bits = HKDFExpand(SHA256(), 80, b"lienthong session v1").derive(content_key)
    aad = hashlib.sha256(b"the sealed request").digest()
    request, response = b"a packet with a request", b"a packet with an answer"
    inputs = {
        "content_key": content_key.hex(),
        "id": session.id.hex(),
        "request_key": bits[16:48].hex(),
        "response_key": bits[48:].hex(),
        "request": request.hex(),
        "response": response.hex(),
        "response_aad": aad.hex(),
    }
    made = {
        "request_envelope": session.encrypt_request(request).hex(),
        "response_envelope": session.encrypt_response(response, aad=aad).hex(),
    }
    return {"cases": [kept.case("session", inputs, lambda: made)]}


def journal(kept: Kept) -> dict[str, Any]:
    """Entries, their tree, two checkpoints over it, and receipts."""
    entries = [
        Entry(
            at=NOW + number,
            organ="VN/PARTY/A01",
            direction="out" if number % 2 else "in",
            kind="request",
            id=str(UUID(int=number)),
            peer="VN/STATE/G22/Provider",
            label="internal",
            purpose="lookup",
            verdict="ok",
            detail="",
            digests=(bytes([number]) * 32,),
            seals=(b"a seal", b"another")[: number % 3],
        )
        for number in range(5)
    ]
    bodies = [entry.to_bytes() for entry in entries]
    tree = Tree.over(list(map(leaf_hash, bodies)))
    signer = CheckpointSigner(key=kept.public(Algorithm.ES256), store=kept.store)

    def make() -> dict[str, Any]:
        old, new = (
            sign_checkpoint(site=SITE, size=size, root=tree.root(size), at=NOW + 10 * size, signer=signer)
            for size in (3, 5)
        )
        return {
            "checkpoints": [
                {"size": one.size, "at": one.at, "root": one.root.hex(), "signed": one.signed.hex()}
                for one in (old, new)
            ],
            "receipts": [receipt_of(new, 5, index, tree.inclusion(index)).hex() for index in range(5)],
            "consistency_receipt": consistency_receipt(new, 3, tree.consistency(3)).hex(),
        }

    return {"cases": [kept.case("journal", {"site": SITE, "algorithm": "ES256", "entries": _hex(bodies)}, make)]}


TOPIC: Final = "VN/STATE/G22/Registry/changes"


def topics(kept: Kept) -> dict[str, Any]:
    """A topic's keys for one reader, and two blocks under them: two events, then a sign of life."""
    epoch, key = topic_keys.EpochKey(number=1, key=bytes(range(32, 64))), kept.public(Algorithm.HPKE_4_KE)
    record = topic_keys.Keys(epochs=(epoch,)).to_bytes()
    moved = Event(schema="person-moved/2", key="001", data=b'{"to":"H37"}', at=NOW)
    events = [moved.to_bytes(), replace(moved, key="002", data=b"", role=Role.DELETION).to_bytes()]
    first = (Place(number=1, first=1, count=2, epoch=1, kept=1, snapshot=0).to_bytes(), *events)
    second = (Place(number=2, first=3, count=0, epoch=1, kept=1, snapshot=0).to_bytes(),)
    parts, headers, digest = [(record,), first, second], [_event(b"", (record,))], b""
    for part in parts[1:]:
        headers.append(_event(digest, part))
        digest = digest_of(headers[-1])

    def make() -> dict[str, Any]:
        sealed = seal.seal_many(headers, key=kept.public(Algorithm.ES256), store=kept.store)
        packets = [Packet(sealed=one, parts=part).to_bytes() for one, part in zip(sealed, parts, strict=True)]
        wrap = topic_keys.Wrap(kid=key.kid, envelope=envelope.encrypt(packets[0], to=key))
        blocks = [epoch.session().encrypt_request(packet, aad=TOPIC.encode()) for packet in packets[1:]]
        return {"keys_message": topic_keys.encode_wraps([wrap])[0].hex(), "blocks": _hex(blocks)}

    inputs = {
        "topic": TOPIC,
        "name": hashlib.sha256(f"lienthong topic v1\n{TOPIC}".encode()).hexdigest()[:32],
        "epoch_key": epoch.key.hex(),
        "epoch_id": epoch.session().id.hex(),
        "keys": record.hex(),
        "headers": _hex(headers[1:]),
        "contents": [_hex(list(part)) for part in parts[1:]],
        "digests": [digest_of(header).hex() for header in headers[1:]],
    }
    return {"at": NOW, "cases": [kept.case("topic", inputs, make)]}


def _event(previous: bytes, parts: tuple[bytes, ...]) -> bytes:
    owner, chain = TOPIC.rpartition("/")[0], UUID("019a0000-0000-7000-8000-000000000001")
    header = replace(MESSAGE, kind=Kind.EVENT, sender=owner, receiver=TOPIC, label=REQUEST.label, conversation=chain)
    contents = tuple(map(content_of, parts))
    header = replace(header, answers=previous, contents=contents, subject="", urgency=0, user="", purpose="")
    return header.to_bytes()


FILES: Final[dict[str, Callable[[Kept], dict[str, Any]]]] = {
    "bundle": bundles,
    "envelope": envelopes,
    "journal": journal,
    "keys": keys,
    "letters": letters,
    "seal": seals,
    "session": sessions,
    "topic": topics,
}


def build(folder: Path, *, fresh: bool = False) -> dict[str, str]:
    """Return name and text of every file."""
    kept = Kept(folder, fresh=fresh)
    return {
        f"{name}.json": json.dumps({"about": make.__doc__, **make(kept)}, indent=1) + "\n"
        for name, make in FILES.items()
    }


def _hex(items: list[bytes]) -> list[str]:
    return [item.hex() for item in items]


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="make keys and everything else that is randomised anew")
    files = build(FOLDER, fresh=parser.parse_args().fresh)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(files)} files in {FOLDER.relative_to(FOLDER.parent.parent)}")


if __name__ == "__main__":
    main()
