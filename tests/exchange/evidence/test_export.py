"""Exporting: what is in a record, what is not, and what cannot be exported."""

import asyncio
import hashlib
import json
import zipfile
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pycose.keys.ec2 import EC2Key
from pycose.messages.cosemessage import CoseMessage
from pycose.messages.sign1message import Sign1Message

from lienthong.directory.errors import DirectoryMissing
from lienthong.exchange.evidence.export import export_record
from lienthong.exchange.evidence.reader import JournalReader
from lienthong.exchange.evidence.trusted import Trusted
from lienthong.exchange.evidence.verify import verify
from lienthong.kernel.clock import DAY, ManualClock
from lienthong.trust.checkpoint import CheckpointSigner
from lienthong.trust.errors import DigestMismatch
from lienthong.trust.journal import EntryUnknown, Journal
from lienthong.trust.journal_entry import Entry
from lienthong.trust.keys import PublicKey
from lienthong.trust.merkle import leaf_hash, root_from_inclusion
from tests.support.evidence import NOW, SITE, A, Parties, State, copy_of, make_state


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> State:
    return make_state(tmp_path_factory.mktemp("made"))


@pytest.fixture
def state(made: State, tmp_path: Path) -> State:
    return copy_of(made, tmp_path / "state")


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def trusted_of(state: State) -> Trusted:
    published = state.parties.published
    assert published is not None
    return Trusted.of(published, root=state.root, at=NOW)


def independent_key(key: PublicKey) -> EC2Key:
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public).public_numbers()
    return EC2Key(crv="P_256", x=numbers.x.to_bytes(32), y=numbers.y.to_bytes(32))


def test_a_record_holds_no_content_and_says_what_it_is_in_three_languages(state: State) -> None:
    members = members_of(state.export(0))
    assert list(members) == [
        "README.txt",
        "entry.cbor",
        "receipt.cose",
        "directory.cbor",
        *(f"seals/{number}.{end}" for number in range(2) for end in ("header.cbor", "header.json", "cose")),
    ]
    text = members["README.txt"].decode()
    assert f"entry 0 in the journal of site {SITE}" in text
    assert text.count("lienthong evidence verify") == 3
    assert text.count("RFC 9942") == 3


def test_headers_can_be_read_by_a_person(state: State) -> None:
    shown = json.loads(members_of(state.export(0))["seals/0.header.json"])
    assert shown["kind"] == "request"
    assert shown["path"] == "/persons/1"
    assert shown["contents"][0]["name"] == "directive.txt"
    assert "note" not in shown


def test_seals_and_receipt_verify_with_another_library_as_the_text_says(state: State) -> None:
    members = members_of(state.export(0))
    message = CoseMessage.decode(members["seals/0.cose"])
    assert isinstance(message, Sign1Message)
    message.payload = members["seals/0.header.cbor"]
    message.key = independent_key(state.parties.key(A))
    assert message.verify_signature()
    receipt = CoseMessage.decode(members["receipt.cose"])
    assert isinstance(receipt, Sign1Message)
    size, index, path = cbor2.loads(cbor2.loads(members["receipt.cose"]).value[1][396][-1][0])
    receipt.payload = root_from_inclusion(leaf_hash(members["entry.cbor"]), index, size, path)
    receipt.key = independent_key(state.parties.key(SITE))
    assert receipt.verify_signature()


def test_the_directory_inside_is_only_what_is_needed(state: State) -> None:
    whole = state.parties.published
    assert whole is not None
    assert b"branch/b/" not in members_of(state.export(2))["directory.cbor"].partition(b"snapshot")[0]
    assert len(members_of(state.export(2))["directory.cbor"]) < len(whole.to_bytes())


def test_a_running_gateways_own_journal_can_be_exported_too(state: State, tmp_path: Path) -> None:
    own = Journal.open(state.journal, site=SITE, clock=ManualClock(NOW))
    data = export_record(own, trusted_of(state), 3)
    own.close()
    assert data == state.export(3).read_bytes()
    (tmp_path / "record.zip").write_bytes(data)
    assert verify(tmp_path / "record.zip", state.root, NOW + DAY).index == 3


def test_an_entry_that_is_not_there(state: State) -> None:
    with pytest.raises(EntryUnknown):
        state.export(77)


def test_a_content_that_the_entry_does_not_name(state: State) -> None:
    with pytest.raises(DigestMismatch, match="entry 0 does not name"):
        state.export(0, contents=[b"something else"])


def test_a_site_that_the_directory_does_not_name(tmp_path: Path) -> None:
    state = make_state(tmp_path)
    other = Journal.open(tmp_path / "other.sqlite", site="site-x", clock=ManualClock(NOW))

    async def write() -> None:
        with JournalReader.open(state.journal) as journal:
            await other.commit([journal.entry(0)])
        await other.checkpoint(CheckpointSigner(key=state.parties.key(SITE), store=state.parties.store))

    asyncio.run(write())
    with pytest.raises(DirectoryMissing, match="site-x"):
        export_record(other, trusted_of(state), 0)
    other.close()


def test_evidence_about_something_malformed_can_be_exported(tmp_path: Path) -> None:
    parties = Parties()
    entry = Entry(
        at=NOW,
        organ=f"site:{SITE}",
        direction="in",
        kind="alarm",
        id="",
        peer="mail.a",
        label="",
        purpose="",
        verdict="seal_invalid",
        detail="",
        digests=(hashlib.sha256(b"").digest(),),
        seals=(b"\xff", b""),
    )
    state = make_state(tmp_path, parties=parties, entries=[entry])
    path = state.export(0)
    assert not any(name.startswith("seals/") for name in members_of(path))
    report = verify(path, state.root, NOW + DAY)
    assert report.ok
    assert [(each.where, each.what) for each in report.notices] == [
        ("entry, seal 0", "seal_invalid"),
        ("entry, seal 1", "seal_invalid"),
    ]
