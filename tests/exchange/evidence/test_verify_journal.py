"""A whole journal against the root: what holds is said to hold, and every kind of tampering is found at its place."""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from copy import replace
from pathlib import Path
from typing import Any

import pytest

from lienthong.exchange.evidence.errors import EvidenceMissing, EvidenceUnreadable
from lienthong.exchange.evidence.report import Report
from lienthong.exchange.evidence.verify import read_witness, verify
from lienthong.kernel import cbor
from lienthong.kernel.clock import DAY, MINUTE, Millis
from lienthong.trust.checkpoint import Checkpoint, CheckpointSigner, sign_checkpoint
from lienthong.trust.header import Kind
from lienthong.trust.journal_entry import Entry
from lienthong.trust.merkle import leaf_hash
from lienthong.trust.tree import Tree
from tests.support.evidence import (
    NOW,
    SERVICE,
    SITE,
    A,
    B,
    Parties,
    State,
    call,
    copy_of,
    entry_of,
    header,
    make_state,
    ordinary,
)
from tests.support.journals import damage

type Change = Callable[[Entry], Entry]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> State:
    return make_state(tmp_path_factory.mktemp("made"))


@pytest.fixture
def state(made: State, tmp_path: Path) -> State:
    return copy_of(made, tmp_path / "state")


def verified(state: State, *, now: Millis = NOW + DAY, root: bytes | None = None) -> Report:
    return verify(state.folder, root or state.root, now)


def found(report: Report) -> list[tuple[str, str]]:
    return [(finding.where, finding.what) for finding in report.findings]


def rewritten(entries: Sequence[Entry], at: int, change: Change) -> list[Entry]:
    """The entries as a site would have to sign them to hide what it changed."""
    return [change(entry) if number == at else entry for number, entry in enumerate(entries)]


def flipped(sealed: bytes, at: int = -3) -> bytes:
    """A sealed object with one bit of its signature turned."""
    data = bytearray(sealed)
    data[at] ^= 1
    return bytes(data)


def with_seal(entry: Entry, number: int, sealed: bytes) -> Entry:
    return replace(entry, seals=(*entry.seals[:number], sealed, *entry.seals[number + 1 :]))


def test_an_untouched_journal_holds(state: State) -> None:
    report = verified(state)
    assert report.ok
    assert (report.site, report.index) == (SITE, None)
    assert (report.entries, report.seals, report.checkpoints) == (10, 12, 3)


def test_a_broken_seal_in_an_alarm_is_only_told(state: State) -> None:
    report = verified(state)
    assert [(each.where, each.what) for each in report.notices] == [("entry 9, seal 0", "key_not_owned")]
    assert "key_unknown" in report.notices[0].detail


def test_the_journals_file_alone_will_do_where_the_directory_is_beside_it(state: State) -> None:
    assert verify(state.journal, state.root, NOW + DAY).ok


def test_a_directory_elsewhere_can_be_named(state: State, tmp_path: Path) -> None:
    bundle, served = tmp_path / "bundle.cbor", tmp_path / "served"
    published = state.parties.published
    assert published is not None
    bundle.write_bytes(published.to_bytes())
    published.save(served)
    shutil.rmtree(state.folder / "directory")
    for directory in (bundle, served):
        assert verify(state.journal, state.root, NOW + DAY, directory=directory).ok


def test_progress_runs_to_the_end(state: State) -> None:
    told: list[tuple[int, int]] = []
    verify(state.folder, state.root, NOW + DAY, progress=lambda done, of: told.append((done, of)))
    assert told[0] == (10, 20)
    assert all(done <= of == 20 for done, of in told)


# Tampering with the file


def test_an_entry_that_was_altered(state: State) -> None:
    damage(state.journal, ("UPDATE entries SET body = substr(body, 1, 20) WHERE idx = 4", ()))
    assert ("entry 4", "entry_altered") in found(verified(state))


def test_an_entry_that_was_altered_together_with_its_hash(state: State) -> None:
    with closing(sqlite3.connect(state.journal)) as connection:
        ((body,),) = connection.execute("SELECT body FROM entries WHERE idx = 4").fetchall()
    forged = replace(Entry.from_bytes(body), detail="never happened").to_bytes()
    damage(state.journal, ("UPDATE entries SET body = ?, leaf = ? WHERE idx = 4", (forged, leaf_hash(forged))))
    assert found(verified(state)) == [("checkpoint 7", "checkpoint_differs")]


def test_an_entry_that_was_removed(state: State) -> None:
    damage(state.journal, ("DELETE FROM entries WHERE idx = 5", ()))
    assert found(verified(state)) == [("entry 5", "entry_missing")]


def test_a_journal_that_was_cut_short(state: State) -> None:
    damage(state.journal, ("DELETE FROM entries WHERE idx >= 8", ()))
    assert found(verified(state)) == [("checkpoint 10", "journal_truncated")]


def test_a_journal_cut_short_with_its_checkpoints_is_found_by_a_witness(state: State, tmp_path: Path) -> None:
    witness = tmp_path / "witness.cbor"
    with closing(sqlite3.connect(state.journal)) as connection:
        ((root, signed),) = connection.execute("SELECT root, cose FROM checkpoints WHERE size = 10").fetchall()
    witness.write_bytes(Checkpoint.parse(signed, root).to_bytes())
    record = state.export(8)
    damage(state.journal, ("DELETE FROM entries WHERE idx >= 8", ()), ("DELETE FROM checkpoints WHERE size >= 8", ()))
    assert verified(state).ok
    for path in (witness, record):
        report = verify(state.folder, state.root, NOW + DAY, witnessed=[read_witness(path)])
        assert found(report) == [("witnessed checkpoint 10", "journal_truncated")]


def test_a_checkpoint_whose_signature_was_altered(state: State) -> None:
    with closing(sqlite3.connect(state.journal)) as connection:
        ((signed,),) = connection.execute("SELECT cose FROM checkpoints WHERE size = 7").fetchall()
    damage(state.journal, ("UPDATE checkpoints SET cose = ? WHERE size = 7", (flipped(signed, -1),)))
    assert found(verified(state)) == [("checkpoint 7", "seal_invalid")]


def test_a_checkpoint_over_another_history(state: State) -> None:
    """What a site leaves that shows one list to some and another list to others."""
    parties, tree = state.parties, Tree.over([leaf_hash(bytes([number])) for number in range(7)])
    signer = CheckpointSigner(key=parties.key(SITE), store=parties.store)
    other = sign_checkpoint(site=SITE, size=7, root=tree.root(), at=NOW + 7 * MINUTE, signer=signer)
    damage(
        state.journal,
        ("UPDATE checkpoints SET cose = ?, root = ?, at = ? WHERE size = 7", (other.signed, other.root, other.at)),
    )
    assert found(verified(state)) == [("checkpoint 7", "checkpoint_differs")]


def test_a_checkpoint_by_the_key_of_another_site(tmp_path: Path) -> None:
    parties = Parties()
    parties.keys[SITE], parties.keys["site-b"] = parties.keys["site-b"], parties.keys[SITE]
    state = make_state(tmp_path, parties=parties)
    parties.keys[SITE], parties.keys["site-b"] = parties.keys["site-b"], parties.keys[SITE]
    state.keep(parties.publish(NOW + MINUTE))
    assert found(verified(state)) == [(f"checkpoint {size}", "key_not_owned") for size in (3, 7, 10)]


def test_what_comes_from_the_future(state: State) -> None:
    report = verified(state, now=NOW + 5 * MINUTE)
    assert found(report)[0] == ("entry 6", "in_the_future")
    assert report.ok is False


def test_a_file_in_pieces(state: State) -> None:
    data = bytearray(state.journal.read_bytes())
    data[4096 * 2 :] = b"\xff" * (len(data) - 4096 * 2)
    state.journal.write_bytes(data)
    assert {what for _, what in found(verified(state))} & {"file_damaged", "file_unreadable"}


def test_a_database_that_is_no_journal(state: State) -> None:
    damage(state.journal, ("PRAGMA application_id = 7", ()))
    assert found(verified(state)) == [("file", "not_a_journal")]


def test_something_else_is_not_verified_at_all(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(EvidenceUnreadable, match="neither a record nor a journal"):
        verify(tmp_path / "text", b"{}", NOW)
    with pytest.raises(EvidenceMissing, match=r"journal\.sqlite: No such file"):
        verify(tmp_path, b"{}", NOW)


# Tampering by the site itself, which can sign what it likes


def changed(entry: Entry, field: str, value: str) -> Entry:
    """The entry with another text in it."""
    texts: dict[str, Any] = {field: value}
    return replace(entry, **texts)


def lying(tmp_path: Path, at: int, change: Callable[[Parties, Entry], Entry]) -> list[tuple[str, str]]:
    """What is found in a journal that its site wrote with one entry changed."""
    parties = Parties()
    entries = rewritten(ordinary(parties), at, lambda entry: change(parties, entry))
    return found(verified(make_state(tmp_path, parties=parties, entries=entries)))


def test_a_single_seal_with_one_bit_turned(tmp_path: Path) -> None:
    assert lying(tmp_path, 0, lambda _, entry: with_seal(entry, 1, flipped(entry.seals[1]))) == [
        ("entry 0, seal 1", "seal_invalid")
    ]


def test_a_batch_seal_with_one_bit_turned_in_its_signature(tmp_path: Path) -> None:
    assert lying(tmp_path, 3, lambda _, entry: with_seal(entry, 0, flipped(entry.seals[0]))) == [
        ("entry 3, seal 0", "seal_invalid")
    ]


def test_a_batch_seal_with_one_bit_turned_in_its_proof(tmp_path: Path) -> None:
    def change(_: Parties, entry: Entry) -> Entry:
        head, signature = cbor.decode(entry.seals[0])
        tagged = cbor.decode(signature)
        proof = bytearray(tagged.value[1][396][-1][0])
        proof[-1] ^= 1
        tagged.value[1][396][-1][0] = bytes(proof)
        return with_seal(entry, 0, cbor.encode([head, cbor.encode(tagged)]))

    assert lying(tmp_path, 4, change) == [("entry 4, seal 0", "seal_invalid")]


def test_a_seal_under_a_key_that_nobody_has(tmp_path: Path) -> None:
    def change(_: Parties, entry: Entry) -> Entry:
        return replace(call(Parties(), 0), at=entry.at)

    assert lying(tmp_path, 0, change) == [("entry 0, seal 0", "key_unknown"), ("entry 0, seal 1", "key_unknown")]


def test_a_seal_under_the_key_of_someone_else(tmp_path: Path) -> None:
    def change(parties: Parties, entry: Entry) -> Entry:
        request = header(Kind.REQUEST, 0)
        return entry_of(request, (parties.seal(request, B),), at=entry.at)

    assert lying(tmp_path, 0, change) == [("entry 0, seal 0", "key_not_owned")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organ", B),
        ("peer", f"{B}/registry/other"),
        ("label", "public"),
        ("purpose", "another"),
        ("kind", "message"),
        ("id", "00000000-0000-0000-0000-0000000000ff"),
    ],
)
def test_an_entry_that_says_something_else_than_its_seal(tmp_path: Path, field: str, value: str) -> None:
    assert lying(tmp_path, 1, lambda _, entry: changed(entry, field, value)) == [("entry 1", "entry_differs")]


def test_an_entry_with_another_digest_than_was_sealed(tmp_path: Path) -> None:
    assert lying(tmp_path, 2, lambda _, entry: replace(entry, digests=(b"\0" * 32,))) == [
        ("entry 2", "digest_mismatch")
    ]


def test_an_answer_to_something_else(tmp_path: Path) -> None:
    def change(parties: Parties, entry: Entry) -> Entry:
        other = header(Kind.RESPONSE, 0, answers=b"\7" * 32, status="200")
        return with_seal(entry, 1, parties.seal(other, B))

    assert lying(tmp_path, 0, change) == [("entry 0, seal 1", "answer_differs")]


def test_an_entry_whose_seals_were_left_out(tmp_path: Path) -> None:
    assert lying(tmp_path, 0, lambda _, entry: replace(entry, seals=())) == [("entry 0", "seal_missing")]


def test_a_refusal_may_stand_without_seals_and_with_one_that_does_not_hold(tmp_path: Path) -> None:
    def change(_: Parties, entry: Entry) -> Entry:
        return replace(with_seal(entry, 1, flipped(entry.seals[1])), kind="refusal", verdict="access_denied")

    assert lying(tmp_path / "one", 0, change) == []
    assert lying(tmp_path / "two", 0, lambda _, e: replace(e, seals=(), kind="refusal", verdict="expired")) == []


def test_the_same_organ_percent_encoded_in_another_way_is_the_same(tmp_path: Path) -> None:
    def change(parties: Parties, entry: Entry) -> Entry:
        written = header(Kind.REQUEST, 0, sender="VN/PARTY/%41%30%31/hso", receiver=SERVICE)
        return entry_of(written, (parties.seal(written, A),), at=entry.at)

    assert lying(tmp_path, 0, change) == []


def test_a_sender_that_is_no_identifier(tmp_path: Path) -> None:
    def change(parties: Parties, entry: Entry) -> Entry:
        odd = header(Kind.REQUEST, 0, sender="nobody")
        return entry_of(odd, (parties.seal(odd, A),), at=entry.at)

    assert lying(tmp_path, 0, change) == [("entry 0, seal 0", "seal_invalid")]
