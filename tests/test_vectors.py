"""The vectors in docs/vectors: every one of them holds for the code, and none of them is out of date."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lienthong.directory.model import Organ
from lienthong.exchange.bundle import Bundle, digest_of, is_bundle
from lienthong.exchange.packet import Packet, notice, notice_of
from lienthong.exchange.subjects import topic_subject
from lienthong.exchange.topics.block import block_of
from lienthong.exchange.topics.chain import Chain, Step
from lienthong.exchange.topics.keys import Keys, decode_wraps
from lienthong.kernel import agency_codes, cbor
from lienthong.kernel.errors import AgencyCodeInvalid, CborInvalid, IdentifierInvalid, LabelInvalid, LienthongError
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId, TopicId
from lienthong.kernel.labels import INTERNAL, Label
from lienthong.trust import chunks, envelope, seal
from lienthong.trust.checkpoint import Checkpoint, verify_consistency, verify_receipt
from lienthong.trust.envelope import Session
from lienthong.trust.errors import EvidenceInvalid, KeyUnknown, SealInvalid
from lienthong.trust.header import Header
from lienthong.trust.journal_entry import Entry
from lienthong.trust.keys import Algorithm, PublicKey, kid_of
from lienthong.trust.keystore import MemoryKeyStore, PrivateKey
from lienthong.trust.merkle import check_consistency, check_inclusion, leaf_hash, root_from_inclusion
from lienthong.trust.tree import Tree
from tools import generate_plain_vectors, generate_vectors

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "vectors"
FILES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
KINDS: dict[int, type[OrganId | SubsystemId | ServiceId]] = {3: OrganId, 4: SubsystemId, 5: ServiceId}
KEYS = {
    Algorithm[case["algorithm"]]: PublicKey(
        Algorithm(case["number"]),
        bytes.fromhex(case["public"]),
        FILES["keys"]["not_before"],
        FILES["keys"]["not_after"],
    )
    for case in FILES["keys"]["cases"]
}
STORE = MemoryKeyStore(
    PrivateKey(
        kid=bytes.fromhex(case["kid"]),
        algorithm=Algorithm[case["algorithm"]],
        secret=bytes.fromhex(case["secret"]),
    )
    for case in FILES["keys"]["cases"]
)


def resolve(kid: bytes, _: Header | None = None) -> PublicKey:
    found = next((key for key in KEYS.values() if key.kid == kid), None)
    if found is None:
        raise KeyUnknown(kid.hex())
    return found


def raised(error: str, run: Callable[[], object]) -> bool:
    with pytest.raises(LienthongError) as caught:
        run()
    return caught.value.code == error


def each(file: str, part: str = "cases") -> pytest.MarkDecorator:
    cases = FILES[file][part]
    return pytest.mark.parametrize("case", cases, ids=[str(number) for number in range(len(cases))])


def test_the_files_are_those_that_the_tools_write() -> None:
    # What is random is kept from the files, so that a second run changes nothing.
    written = generate_plain_vectors.build() | generate_vectors.build(FOLDER)
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == written


def test_they_can_be_made_anew(tmp_path: Path) -> None:
    fresh = generate_vectors.build(tmp_path)
    assert fresh.keys() == generate_vectors.build(FOLDER, fresh=True).keys()
    assert all(fresh[name] != (FOLDER / name).read_text(encoding="utf-8") for name in fresh)


@each("identifiers", "accept")
def test_identifiers(case: dict[str, Any]) -> None:
    identifier = KINDS[len(case["parts"])].parse(case["text"])
    assert list(identifier.parts) == case["parts"]
    assert str(identifier) == case["canonical"]


@each("identifiers", "reject")
def test_identifiers_that_are_none(case: str) -> None:
    for kind in KINDS.values():
        with pytest.raises(IdentifierInvalid):
            kind.parse(case)


@each("agency-codes", "accept")
def test_agency_codes(case: dict[str, Any]) -> None:
    assert agency_codes.canonical(case["code"]) == case["canonical"]
    assert agency_codes.older_form(case["code"]) == case["older"]
    assert agency_codes.canonical(case["older"]) == case["canonical"]


@each("agency-codes", "reject")
def test_agency_codes_that_are_none(case: str) -> None:
    with pytest.raises(AgencyCodeInvalid):
        agency_codes.canonical(case)


@each("labels", "accept")
def test_labels(case: dict[str, Any]) -> None:
    label = Label.parse(case["text"])
    assert (int(label.level), sorted(label.caveats)) == (case["level"], case["caveats"])


@each("labels", "reject")
def test_labels_that_are_none(case: str) -> None:
    with pytest.raises(LabelInvalid):
        Label.parse(case)


@each("labels", "pairs")
def test_pairs_of_labels(case: dict[str, Any]) -> None:
    a, b = Label.parse(case["a"]), Label.parse(case["b"])
    assert (a <= b) is case["covered"]
    assert (str(a.join(b)), str(a.meet(b))) == (case["join"], case["meet"])


@each("cbor", "accept")
def test_cbor(case: str) -> None:
    assert cbor.encode(cbor.decode(bytes.fromhex(case))).hex() == case


@each("cbor", "reject")
def test_cbor_that_is_not_deterministic(case: dict[str, Any]) -> None:
    with pytest.raises(CborInvalid):
        cbor.decode(bytes.fromhex(case["cbor"]))


def test_merkle_roots_and_paths() -> None:
    file = FILES["merkle"]
    leaves = [leaf_hash(bytes.fromhex(record)) for record in file["records"]]
    roots = [bytes.fromhex(root) for root in file["roots"]]
    tree = Tree.over(leaves)
    assert [tree.root(size) for size in range(len(leaves) + 1)] == roots
    for case in file["inclusion"]:
        path = [bytes.fromhex(item) for item in case["path"]]
        check_inclusion(leaves[case["index"]], case["index"], case["size"], path, roots[case["size"]])
        assert tree.inclusion(case["index"], case["size"]) == path
    for case in file["consistency"]:
        path = [bytes.fromhex(item) for item in case["path"]]
        check_consistency(case["old"], roots[case["old"]], case["new"], roots[case["new"]], path)


def test_merkle_paths_hold_for_nothing_else() -> None:
    file = FILES["merkle"]
    case = next(case for case in file["inclusion"] if case["size"] == 11 and case["index"] == 5)
    path = [bytes.fromhex(item) for item in case["path"]]
    other = leaf_hash(bytes.fromhex(file["records"][6]))
    assert root_from_inclusion(other, 5, 11, path).hex() not in file["roots"]
    with pytest.raises(EvidenceInvalid):
        root_from_inclusion(other, 5, 11, path[:-1])


@each("keys")
def test_keys(case: dict[str, Any]) -> None:
    algorithm = Algorithm[case["algorithm"]]
    assert kid_of(algorithm, bytes.fromhex(case["public"])).hex() == case["kid"]
    # The store refuses a private half that belongs to another key.
    kid = bytes.fromhex(case["kid"])
    if KEYS[algorithm].use == "seal":
        KEYS[algorithm].verify(STORE.sign(kid, b"data"), b"data")
    else:
        data = envelope.encrypt(b"data", to=KEYS[algorithm])
        assert envelope.decrypt(data, store=STORE, resolve=resolve).plaintext == b"data"


def test_there_is_a_key_of_every_algorithm() -> None:
    assert set(KEYS) == set(Algorithm)


@each("seal")
def test_seals(case: dict[str, Any]) -> None:
    verifier = seal.Verifier(resolve)
    assert len(case["headers"]) == len(case["sealed"]) == len(case["digests"])
    for header, sealed, digest in zip(case["headers"].values(), case["sealed"], case["digests"], strict=True):
        opened = verifier.open(bytes.fromhex(sealed), at=FILES["seal"]["at"])
        assert opened.header.to_bytes().hex() == header
        assert opened.key.algorithm.name == case["algorithm"]
        assert opened.digest.hex() == digest
    assert (case["form"] == "batch") == (len(case["sealed"]) > 1)


@each("seal", "reject")
def test_seals_that_do_not_hold(case: dict[str, Any]) -> None:
    sealed = bytes.fromhex(case["sealed"])
    assert raised(case["error"], lambda: seal.Verifier(resolve).open(sealed, at=FILES["seal"]["at"]))


@each("bundle")
def test_bundles(case: dict[str, Any]) -> None:
    data, at = bytes.fromhex(case["bundle"]), FILES["bundle"]["at"]
    assert is_bundle(data)
    found = Bundle.from_bytes(data)
    assert found.to_bytes() == data
    assert digest_of(data).hex() == case["digest"]
    opened = found.opened(seal.Verifier(resolve), at=at)
    assert [each.header.to_bytes().hex() for each, _, _ in opened] == case["headers"]
    assert [sealed.hex() for _, sealed, _ in opened] == case["seals"]
    assert [[part.hex() for part in parts] for _, _, parts in opened] == case["parts"]
    # Each is evidence without the others.
    assert [seal.Verifier(resolve).open(sealed, at=at) for _, sealed, _ in opened] == [each for each, _, _ in opened]


@each("bundle", "reject")
def test_bundles_that_do_not_hold(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["bundle"])
    verifier, at = seal.Verifier(resolve), FILES["bundle"]["at"]
    assert raised(case["error"], lambda: Bundle.from_bytes(data).opened(verifier, at=at))


@each("envelope")
def test_envelopes(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["envelope"])
    found = envelope.decrypt(data, store=STORE, resolve=resolve)
    assert found.plaintext.hex() == case["plaintext"]
    assert found.content_key.hex() == case["content_key"]
    assert found.kid == KEYS[Algorithm[case["algorithm"]]].kid
    assert Packet.from_bytes(found.plaintext).to_bytes().hex() == case["plaintext"]
    assert envelope.session_id_of(data) is None


@each("envelope", "reject")
def test_envelopes_that_do_not_open(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["envelope"])
    assert raised(case["error"], lambda: envelope.decrypt(data, store=STORE, resolve=resolve))


@each("envelope", "notices")
def test_notices(case: dict[str, Any]) -> None:
    assert notice(case["code"]).hex() == case["notice"]
    assert notice_of(bytes.fromhex(case["notice"])) == case["code"]


@each("session")
def test_sessions(case: dict[str, Any]) -> None:
    session = Session.derive(bytes.fromhex(case["content_key"]))
    assert session.id.hex() == case["id"]
    request, response = (bytes.fromhex(case[name]) for name in ("request_envelope", "response_envelope"))
    assert envelope.session_id_of(request) == envelope.session_id_of(response) == session.id
    assert session.decrypt_request(request).hex() == case["request"]
    assert session.decrypt_response(response, aad=bytes.fromhex(case["response_aad"])).hex() == case["response"]


@each("chunks")
def test_chunks(case: dict[str, Any]) -> None:
    content = bytes(number % 251 for number in range(case["size"]))
    pieces = list(chunks.encrypt(content, bytes.fromhex(FILES["chunks"]["key"])))
    assert [{"size": len(one), "sha256": hashlib.sha256(one).hexdigest()} for one in pieces] == case["chunks"]
    assert case.get("first", pieces[0].hex()) == pieces[0].hex()


@each("topic")
def test_topics(case: dict[str, Any]) -> None:
    organ = Organ(
        id=OrganId.parse("VN/STATE/G22"),
        token="g22",
        name="",
        branch="centre",
        site="site-a01",
        ceiling=INTERNAL,
        active=True,
        parent=None,
        keys=(),
    )
    topic = TopicId.parse(case["topic"])
    assert topic_subject(organ, topic) == f"topic.centre.site-a01.g22.{case['name']}"
    (wrap,) = decode_wraps(bytes.fromhex(case["keys_message"]))
    packet = Packet.from_bytes(envelope.decrypt(wrap.envelope, store=STORE, resolve=resolve).plaintext)
    at, verifier = FILES["topic"]["at"], seal.Verifier(resolve)
    assert verifier.open(packet.sealed, at=at).header.receiver == case["topic"]
    assert [part.hex() for part in packet.parts if isinstance(part, bytes)] == [case["keys"]]
    (epoch,) = Keys.from_bytes(bytes.fromhex(case["keys"])).epochs
    session = epoch.session()
    assert (epoch.key.hex(), session.id.hex()) == (case["epoch_key"], case["epoch_id"])
    chain = Chain()
    for number, data in enumerate(map(bytes.fromhex, case["blocks"])):
        packet = Packet.from_bytes(session.decrypt_request(data, aad=case["topic"].encode()))
        block = block_of(verifier.open(packet.sealed, at=at).header, packet)
        assert block.header.to_bytes().hex() == case["headers"][number]
        assert [part.hex() for part in packet.parts if isinstance(part, bytes)] == case["contents"][number]
        assert block.link.digest.hex() == case["digests"][number]
        assert [event.to_bytes() for event in block.events()] == list(block.records)
        assert chain.step(block.chain, block.link, lambda _: None) is (Step.NEXT if number else Step.RESTART)
        chain = chain.taken(block.chain, block.link)
    assert (chain.number, chain.sequence) == (2, 2)


@each("journal")
def test_the_journal(case: dict[str, Any]) -> None:
    bodies = [bytes.fromhex(body) for body in case["entries"]]
    assert [Entry.from_bytes(body).to_bytes() for body in bodies] == bodies
    tree = Tree.over(list(map(leaf_hash, bodies)))
    old, new = (
        Checkpoint.parse(bytes.fromhex(one["signed"]), bytes.fromhex(one["root"])) for one in case["checkpoints"]
    )
    for checkpoint, facts in zip((old, new), case["checkpoints"], strict=True):
        checkpoint.verify(resolve)
        assert (checkpoint.site, checkpoint.size, checkpoint.at) == (case["site"], facts["size"], facts["at"])
        assert checkpoint.root == tree.root(checkpoint.size)
    verify_consistency(bytes.fromhex(case["consistency_receipt"]), old, new, resolve)
    for index, receipt in enumerate(case["receipts"]):
        facts = verify_receipt(bytes.fromhex(receipt), bodies[index], resolve)
        assert (facts.site, facts.index, facts.size, facts.at) == (case["site"], index, new.size, new.at)
        with pytest.raises(SealInvalid):
            verify_receipt(bytes.fromhex(receipt), bodies[index - 1], resolve)
