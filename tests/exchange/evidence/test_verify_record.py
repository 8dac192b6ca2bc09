"""An exported record against the root: what was altered in it is found, wherever it was altered."""

import shutil
import zipfile
from collections.abc import Mapping
from copy import replace
from pathlib import Path

import pytest

from lienthong.directory.published import Published
from lienthong.exchange.evidence.errors import EvidenceMissing, WitnessInvalid
from lienthong.exchange.evidence.report import Report
from lienthong.exchange.evidence.verify import read_witness, verify
from lienthong.exchange.evidence.verify_record import checkpoint_of
from lienthong.kernel import cbor
from lienthong.kernel.clock import DAY, MINUTE, Millis
from lienthong.trust.checkpoint import INCLUSION
from lienthong.trust.errors import EvidenceInvalid, SealInvalid
from lienthong.trust.journal_entry import Entry
from tests.support.evidence import DOCUMENT, NOW, SITE, B, Parties, State, copy_of, make_state, receipt


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> State:
    return make_state(tmp_path_factory.mktemp("made"))


@pytest.fixture
def state(made: State, tmp_path: Path) -> State:
    return copy_of(made, tmp_path / "state")


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path: Path, changes: Mapping[str, bytes | None]) -> Path:
    """Change members of a record; None takes one away."""
    members: dict[str, bytes | None] = {**members_of(path), **changes}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            if data is not None:
                archive.writestr(name, data)
    return path


def flip(data: bytes, at: int = -1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def checked(state: State, path: Path, *, now: Millis = NOW + DAY, root: bytes | None = None) -> Report:
    return verify(path, root or state.root, now)


def found(report: Report) -> list[tuple[str, str]]:
    return [(finding.where, finding.what) for finding in report.findings]


def with_proof(receipt_: bytes, proof: object) -> bytes:
    """The same receipt with another inclusion proof."""
    tagged = cbor.decode(receipt_)
    tagged.value[1][396] = {INCLUSION: [cbor.encode(proof)]}
    return cbor.encode(tagged)


def proof_of(receipt_: bytes) -> list[object]:
    proof: list[object] = cbor.decode(cbor.decode(receipt_).value[1][396][INCLUSION][0])
    return proof


@pytest.mark.parametrize("index", range(10))
def test_every_entry_can_be_exported_and_verified_without_the_gateway(state: State, index: int) -> None:
    path = state.export(index)
    shutil.rmtree(state.folder / "directory")
    state.journal.unlink()
    report = checked(state, path, now=NOW + 4000 * DAY)
    assert report.ok
    assert (report.site, report.index, report.entries, report.checkpoints) == (SITE, index, 1, 1)
    assert report.seals == (2 if index < 2 else 1)


def test_a_flipped_seal(state: State) -> None:
    path = state.export(0)
    entry = Entry.from_bytes(members_of(path)["entry.cbor"])
    forged = replace(entry, seals=(entry.seals[0], flip(entry.seals[1])))
    report = checked(state, rewrite(path, {"entry.cbor": forged.to_bytes()}))
    assert found(report) == [
        ("seals/1.cose", "member_differs"),
        ("receipt", "seal_invalid"),
        ("entry, seal 1", "seal_invalid"),
    ]


def test_an_altered_entry_is_not_under_the_signed_root(state: State) -> None:
    path = state.export(0)
    entry = Entry.from_bytes(members_of(path)["entry.cbor"])
    report = checked(state, rewrite(path, {"entry.cbor": replace(entry, detail="other").to_bytes()}))
    assert found(report) == [("receipt", "seal_invalid")]
    assert (report.site, report.index) == ("", None)


def test_altered_digests(state: State) -> None:
    path = state.export(2)
    entry = Entry.from_bytes(members_of(path)["entry.cbor"])
    report = checked(state, rewrite(path, {"entry.cbor": replace(entry, digests=(b"\1" * 32,)).to_bytes()}))
    assert ("entry", "digest_mismatch") in found(report)


def test_something_that_is_no_entry(state: State) -> None:
    report = checked(state, rewrite(state.export(0), {"entry.cbor": b"\x80"}))
    assert found(report) == [("file", "evidence_invalid")]


def test_another_inclusion_path(state: State) -> None:
    path = state.export(5)
    receipt_ = members_of(path)["receipt.cose"]
    size, index, way = proof_of(receipt_)
    assert isinstance(way, list)
    forged = with_proof(receipt_, [size, index, [flip(way[0]), *way[1:]]])
    assert found(checked(state, rewrite(path, {"receipt.cose": forged}))) == [("receipt", "seal_invalid")]
    short = with_proof(receipt_, [size, index, way[1:]])
    assert found(checked(state, rewrite(path, {"receipt.cose": short}))) == [("receipt", "evidence_invalid")]


def test_another_place_in_the_journal(state: State) -> None:
    path = state.export(5)
    receipt_ = members_of(path)["receipt.cose"]
    size, index, way = proof_of(receipt_)
    assert index == 5
    forged = with_proof(receipt_, [size, 4, way])
    assert found(checked(state, rewrite(path, {"receipt.cose": forged}))) == [("receipt", "seal_invalid")]


def test_an_altered_checkpoint_signature(state: State) -> None:
    path = state.export(0)
    report = checked(state, rewrite(path, {"receipt.cose": flip(members_of(path)["receipt.cose"])}))
    assert found(report) == [("receipt", "seal_invalid")]


def test_the_receipt_of_another_entry(state: State) -> None:
    other = members_of(state.export(4))["receipt.cose"]
    assert found(checked(state, rewrite(state.export(5), {"receipt.cose": other}))) == [("receipt", "seal_invalid")]


@pytest.mark.parametrize("data", [b"", b"\xa0", cbor.encode([1])])
def test_something_that_is_no_receipt(state: State, data: bytes) -> None:
    assert found(checked(state, rewrite(state.export(0), {"receipt.cose": data}))) == [("receipt", "seal_invalid")]


def test_a_receipt_by_the_key_of_another_site(tmp_path: Path) -> None:
    parties = Parties()
    parties.keys[SITE], parties.keys["site-b"] = parties.keys["site-b"], parties.keys[SITE]
    state = make_state(tmp_path, parties=parties)
    parties.keys[SITE], parties.keys["site-b"] = parties.keys["site-b"], parties.keys[SITE]
    parties.publish(NOW + MINUTE)
    assert found(checked(state, state.export(0))) == [("receipt", "key_not_owned")]


def test_a_key_that_had_been_revoked_before_the_entry(tmp_path: Path) -> None:
    state = make_state(tmp_path)
    state.parties.change(B, revoked_at=NOW + MINUTE)
    state.parties.publish(NOW + MINUTE)
    assert checked(state, state.export(0)).ok
    assert found(checked(state, state.export(1))) == [("entry, seal 1", "key_not_valid")]


def test_a_site_key_that_had_ended_before_the_checkpoint(tmp_path: Path) -> None:
    state = make_state(tmp_path)
    state.parties.change(SITE, not_after=NOW + 5 * MINUTE)
    state.parties.publish(NOW + MINUTE)
    assert checked(state, state.export(1)).ok
    assert found(checked(state, state.export(5))) == [("receipt", "key_not_valid")]


def test_another_root(state: State) -> None:
    report = checked(state, state.export(0), root=Parties().publish().root)
    assert [where for where, _ in found(report)] == ["directory"]


@pytest.mark.parametrize("data", [b"", b"\x80"])
def test_something_that_is_no_directory(state: State, data: bytes) -> None:
    report = checked(state, rewrite(state.export(0), {"directory.cbor": data}))
    assert found(report) == [("directory", "directory_refused")]


def test_a_directory_with_another_key_in_it(state: State) -> None:
    path = state.export(0)
    published = Published.from_bytes(members_of(path)["directory.cbor"])
    targets = dict(published.targets)
    name = next(name for name in targets if name.startswith("branch/b/"))
    targets[name] = targets[name].replace(b"ES256", b"EDDSA")
    forged = replace(published, targets=targets).to_bytes()
    report = checked(state, rewrite(path, {"directory.cbor": forged}))
    assert found(report) == [("directory", "directory_refused")]


def test_an_old_directory_that_does_not_reach_the_entry(tmp_path: Path) -> None:
    """What somebody uses who wants to hide that a key was revoked."""
    parties = Parties()
    state = make_state(tmp_path, parties=parties, entries=[replace(receipt(parties, 1), at=NOW + 10 * DAY)])
    report = checked(state, state.export(0), now=NOW + 11 * DAY)
    assert found(report) == [("directory", "directory_expired")]


def test_what_comes_from_the_future(state: State) -> None:
    path = state.export(5)
    assert found(checked(state, path, now=NOW)) == [("entry", "in_the_future"), ("receipt", "in_the_future")]


def test_the_taken_apart_seals_must_be_those_of_the_entry(state: State) -> None:
    path = state.export(0)
    members = members_of(path)
    changes = {
        "seals/0.header.json": members["seals/0.header.json"].replace(b"GET", b"PUT"),
        "seals/1.cose": None,
        "seals/7.cose": b"surplus",
    }
    assert found(checked(state, rewrite(path, changes))) == [
        ("seals/0.header.json", "member_differs"),
        ("seals/1.cose", "member_missing"),
        ("seals/7.cose", "member_differs"),
    ]


def test_contents_that_were_put_in(state: State) -> None:
    path = state.export(0, contents=[DOCUMENT])
    assert checked(state, path).contents == 1
    assert members_of(path)["contents/0"] == DOCUMENT
    assert found(checked(state, rewrite(path, {"contents/0": b"other"}))) == [("contents/0", "digest_mismatch")]
    assert found(checked(state, rewrite(path, {"contents/0": None, "contents/9": DOCUMENT}))) == [
        ("contents/9", "digest_mismatch")
    ]


def test_documents_beside_the_record(state: State, tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(DOCUMENT)
    (tmp_path / "bad").write_bytes(b"")
    path = state.export(0)
    assert verify(path, state.root, NOW + DAY, contents=[tmp_path / "good"]).ok
    report = verify(path, state.root, NOW + DAY, contents=[tmp_path / "bad"])
    assert found(report) == [(str(tmp_path / "bad"), "digest_mismatch")]


# Witnesses


def test_a_record_is_a_witness_of_its_checkpoint(state: State) -> None:
    checkpoint = read_witness(state.export(4))
    assert (checkpoint.site, checkpoint.size) == (SITE, 7)
    assert checkpoint.verify(lambda _: state.parties.key(SITE)) == state.parties.key(SITE)


def test_a_record_does_not_take_witnesses(state: State) -> None:
    path = state.export(4)
    with pytest.raises(WitnessInvalid, match="for a whole journal"):
        verify(path, state.root, NOW + DAY, witnessed=[read_witness(path)])


def test_something_that_is_no_witness(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(WitnessInvalid, match="text"):
        read_witness(tmp_path / "text")
    with pytest.raises(EvidenceMissing, match="nowhere"):
        read_witness(tmp_path / "nowhere")


@pytest.mark.parametrize("proof", [1, [1, 0], [1, "0", []], {}])
def test_a_receipt_with_a_malformed_proof_gives_no_checkpoint(state: State, proof: object) -> None:
    members = members_of(state.export(0))
    with pytest.raises((SealInvalid, EvidenceInvalid)):
        checkpoint_of(with_proof(members["receipt.cose"], proof), members["entry.cbor"])


def test_a_receipt_without_a_proof_gives_no_checkpoint(state: State) -> None:
    members = members_of(state.export(0))
    tagged = cbor.decode(members["receipt.cose"])
    malformed: list[dict[int, object]] = [{}, {396: {}}, {396: {INCLUSION: []}}, {396: {INCLUSION: [b"\xff"]}}]
    for outside in malformed:
        tagged.value[1] = outside
        with pytest.raises(SealInvalid):
            checkpoint_of(cbor.encode(tagged), members["entry.cbor"])
