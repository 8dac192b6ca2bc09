"""Who wins when files contradict each other: the centre's register."""

from copy import replace

import msgspec
import pytest
from msgspec.structs import replace as changed

from lienthong.directory.client import verify
from lienthong.directory.entries import OrganEntry, ShardFile, SiteEntry, encode
from lienthong.directory.errors import DirectoryRefused
from lienthong.directory.indexing import Facts, Indexer
from lienthong.directory.published import Published
from lienthong.directory.snapshot import Snapshot
from lienthong.directory.source import Source
from tests.support.directories import NOW, new_key, new_organ

BAD = "branch/01/ff.json"


@pytest.fixture(scope="module")
def facts(published: Published) -> Facts:
    """The verified files of the first version."""
    return verify(published, root=published.root, at=NOW).facts


def _with(facts: Facts, data: bytes, path: str = BAD) -> Snapshot:
    """Index them with one more file that branch 01 signed."""
    return Indexer().snapshot(replace(facts, shards={**facts.shards, "01": {**facts.shards["01"], path: data}}))


def _organs(*organs: OrganEntry) -> bytes:
    return encode(ShardFile(format=1, organs=organs))


def test_everything_signed_in_order_is_taken(facts: Facts) -> None:
    snapshot = Indexer().snapshot(facts)
    assert len(list(snapshot.organs())) == len(list(snapshot.sites())) == 5
    assert snapshot.refusals == ()


@pytest.mark.parametrize(
    "claim",
    [
        {},
        {"id": "VN/PARTY/02.0", "token": "mine"},
        {"id": "VN/PARTY/NEW"},
        {"id": "VN/PARTY/NEW", "token": "new"},
        {"id": "VN/STATE/G01", "token": "g01"},
        {"id": "EE/PARTY/02.0"},
    ],
    ids=["organ", "identifier", "token", "organ of its own making", "central organ", "instance"],
)
def test_a_branch_cannot_claim_what_the_centre_did_not_admit(
    facts: Facts, source: Source, claim: dict[str, str]
) -> None:
    true = source.branches["02"].organs[0]
    claimed = changed(true, name="Claimed by 01", keys=(new_key(),), **claim)
    snapshot = _with(facts, _organs(claimed))
    (refusal,) = snapshot.refusals
    assert refusal.where == f"{BAD}: {claimed.id}"
    assert "the centre has not admitted it" in refusal.why
    held = snapshot.organ_by_token(true.token)
    assert held is not None
    assert (held.name, held.branch) == (true.name, "02")
    assert len(list(snapshot.organs())) == 5


def test_an_instance_admits_only_its_own(facts: Facts) -> None:
    stranger = changed(new_organ("01", 7, algorithms=()), id="EE/PARTY/7")
    register = facts.registers["01"].replace(b'"organs":{', b'"organs":{"EE/PARTY/7":"o01-7",')
    admitted = replace(facts, registers={**facts.registers, "01": register})
    assert [refusal.why for refusal in _with(admitted, _organs(stranger)).refusals] == ["it is not of the instance VN"]


def test_a_branch_cannot_claim_a_site(facts: Facts) -> None:
    site = SiteEntry(code="o02-0", name="Claimed by 01", keys=(new_key(),))
    snapshot = _with(facts, encode(ShardFile(format=1, sites=(site,))))
    assert [refusal.where for refusal in snapshot.refusals] == [f"{BAD}: site o02-0"]
    held = snapshot.site("o02-0")
    assert held is not None
    assert held.branch == "02"
    assert snapshot.key(site.keys[0].value().kid) is None


def test_the_first_of_two_entries_counts(facts: Facts, source: Source) -> None:
    organ, site = source.branches["01"].organs[0], source.branches["01"].sites[0]
    twice = ShardFile(format=1, organs=(changed(organ, name="again"),), sites=(changed(site, name="again"),))
    snapshot = _with(facts, encode(twice), path="branch/01/zz.json")
    assert {refusal.why for refusal in snapshot.refusals} == {
        "its identifier or token is listed twice", "it is listed twice",
    }  # fmt: skip
    held = snapshot.organ_by_token(organ.token)
    assert held is not None
    assert held.name == organ.name


def test_a_claimed_key_stays_with_its_owner(facts: Facts, source: Source) -> None:
    """A branch lists another organ's sealing key: that must not disturb seals made with it."""
    victim = source.branches["02"].organs[0]
    thief = source.branches["01"].organs[0]
    claim = _organs(changed(thief, keys=victim.keys))
    shards = {path: data for path, data in facts.shards["01"].items() if thief.id.encode() not in data}
    snapshot = Indexer().snapshot(replace(facts, shards={**facts.shards, "01": {**shards, BAD: claim}}))
    kid = victim.keys[0].value().kid
    held = snapshot.organ_by_token(victim.token)
    assert held is not None
    owner = snapshot.key(kid, of=held.id)
    assert owner is not None
    assert owner.organ == held.id
    # Without a name the id is ambiguous, and ambiguous means unknown.
    assert snapshot.key(kid) is None
    assert snapshot.key(kid, of="o02-0") is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "Input data was truncated"),
        (b'{"format":2}', "Invalid enum value 2"),
        (b'{"format":1,"laws":[]}', "Object contains unknown field `laws`"),
        (_organs(new_organ("01", 0, algorithms=())).replace(b'"grants"', b'"Grants"'), "unknown field `Grants`"),
        (_organs(new_organ("01", 0, algorithms=())).replace(b"VN/PARTY/01.0", b"VN"), "identifier is not well formed"),
        (_organs(changed(new_organ("01", 0, algorithms=()), ceiling="x")), "The label is not known"),
        # Text that is not UTF-8: an error of another kind, by which one branch would keep all gateways from news.
        (_organs(new_organ("01", 0, algorithms=())).replace(b"VN/PARTY", b"VN/\xffARTY"), "can't decode byte 0xff"),
        (b'{"format":1,"\x7f\xc2\x9b":[]}', "unknown field"),
    ],
)
def test_what_cannot_be_read_is_left_out_alone(facts: Facts, data: bytes, why: str) -> None:
    snapshot = _with(facts, data)
    assert len(snapshot.refusals) == 1
    assert why in snapshot.refusals[0].why
    assert snapshot.refusals[0].why.isprintable()
    assert len(list(snapshot.organs())) == 5


def test_what_the_centre_signed_must_be_readable(facts: Facts) -> None:
    with pytest.raises(DirectoryRefused, match=r"common.json: Object contains unknown field"):
        Indexer().snapshot(replace(facts, common=facts.common.replace(b'"groups"', b'"laws"')))
    with pytest.raises(DirectoryRefused, match=r"common.json: The identifier is not well formed"):
        Indexer().snapshot(replace(facts, common=facts.common.replace(b"VN/PARTY/01.0/registry", b"VN")))
    with pytest.raises(DirectoryRefused, match=r"register/02.json: "):
        Indexer().snapshot(replace(facts, registers={**facts.registers, "02": b"{}"}))
    with pytest.raises(DirectoryRefused, match=r"common.json: 'utf-8' codec can't decode"):
        Indexer().snapshot(replace(facts, common=facts.common.replace(b"Branch", b"\xffranch")))
    with pytest.raises(DirectoryRefused, match=r"register/02.json: 'utf-8' codec can't decode"):
        Indexer().snapshot(replace(facts, registers={**facts.registers, "02": b'{"\xff":1}'}))


def test_only_changed_files_are_read_again(facts: Facts, source: Source) -> None:
    indexer = Indexer()
    before = indexer.snapshot(facts)
    organ = source.branches["01"].organs[0]
    path = next(path for path, data in facts.shards["01"].items() if organ.id.encode() in data)
    shard = msgspec.json.decode(facts.shards["01"][path], type=ShardFile)
    data = encode(changed(shard, organs=(changed(organ, name="New name"),)))
    after = indexer.snapshot(replace(facts, shards={**facts.shards, "01": {**facts.shards["01"], path: data}}))
    names = {one.name for one in after.organs()} - {one.name for one in before.organs()}
    assert names == {"New name"}
    read_again = {str(one.id) for one in after.organs() if before.organ(one.id) is not one}
    assert read_again == {organ.id}
