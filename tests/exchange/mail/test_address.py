"""Addresses: everybody who is meant gets it once, nobody else, and never the sender."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.directory.entries import SubsystemEntry
from lienthong.directory.model import Organ, local_group
from lienthong.directory.snapshot import Indexes, Snapshot
from lienthong.exchange.errors import AddressInvalid, NobodyAddressed
from lienthong.exchange.mail.address import MAX_WRITTEN, Address, resolve
from lienthong.kernel.identifiers import ClientId, OrganId, SubsystemId
from lienthong.kernel.labels import INTERNAL
from tests.support.gateways import CENTRE, COMMUNE, HSO, LOW, MALLORY, NEIGHBOUR, OTHER, World


def id_of(member: str) -> OrganId:
    return OrganId("VN", "PARTY", member)


def organ(member: str, parent: str | None, *, active: bool = True) -> Organ:
    return Organ(
        id=id_of(member),
        token=member.lower(),
        name=member,
        branch="01",
        site="p1",
        ceiling=INTERNAL,
        active=active,
        parent=None if parent is None else id_of(parent),
        keys=(),
    )


# A centre, two provinces, communes; one that was dissolved, one in a circle, one whose superior is unknown.
ORGANS = (
    organ("TW", None),
    organ("P1", "TW"),
    organ("P2", "TW"),
    organ("C11", "P1"),
    organ("C12", "P1"),
    organ("C21", "P2"),
    organ("C22", "P2", active=False),
    organ("X1", "X2"),
    organ("X2", "X1"),
    organ("SELF", "SELF"),
    organ("LOST", "NONE"),
)


# A system of the centre with a group of its own, and one without.
DESK = SubsystemId("VN", "PARTY", "TW", "desk")
CANTEEN = SubsystemId("VN", "PARTY", "TW", "canteen")


@cache
def directory() -> Snapshot:
    groups: dict[str, frozenset[ClientId]] = {
        "press": frozenset({id_of("C11"), SubsystemId("VN", "PARTY", "P2", "desk"), id_of("C22"), id_of("GONE")}),
        "dissolved": frozenset({id_of("C22")}),
        local_group(DESK, "friends"): frozenset({id_of("C12"), SubsystemId("VN", "PARTY", "C21", "desk")}),
    }
    return Snapshot(
        instance="VN",
        profile="none",
        version=1,
        expires=1,
        grace_until=1,
        branches={},
        refusals=(),
        indexes=Indexes(organs={each.id: each for each in ORGANS}, groups=groups),
    )


def meant(*texts: str, sender: str | SubsystemId = "TW") -> list[str]:
    client = id_of(sender) if isinstance(sender, str) else sender
    return [each.member for each in resolve(Address.parse(texts), sender=client, directory=directory())]


@pytest.mark.parametrize(
    ("texts", "organs"),
    [
        (["VN/PARTY/C11"], ["C11"]),
        # In the order in which they are named, each once, known or not: the policy says why one gets nothing.
        (["VN/PARTY/C21", "VN/PARTY/C11", "VN/PARTY/C21", "VN/PARTY/NEW"], ["C21", "C11", "NEW"]),
        (["VN/PARTY/C22"], ["C22"]),
        (["group:press"], ["P2", "C11"]),
        (["group:dissolved"], []),
        (["level:0"], []),
        (["level:1"], ["P1", "P2"]),
        (["level:2"], ["C11", "C12", "C21"]),
        (["below:VN/PARTY/P1"], ["C11", "C12"]),
        (["below:VN/PARTY/TW"], ["P1", "P2", "C11", "C12", "C21"]),
        (["*"], ["P1", "P2", "C11", "C12", "C21", "X1", "X2", "SELF", "LOST"]),
        (["below:VN/PARTY/P2", "VN/PARTY/C12", "level:1"], ["C12", "P1", "P2", "C21"]),
        (["VN/PARTY/TW"], []),
        (["VN/PARTY/TW", "*", "VN/PARTY/C21"], ["C21", "P1", "P2", "C11", "C12", "X1", "X2", "SELF", "LOST"]),
    ],
)
def test_who_is_meant(texts: list[str], organs: list[str]) -> None:
    assert meant(*texts) == organs


def test_a_sender_in_the_middle_is_left_out() -> None:
    assert meant("level:1", sender="P1") == ["P2"]
    assert meant("level:0", sender="P1") == ["TW"]


def test_a_local_group_is_the_sending_system_s_own() -> None:
    assert meant("local:friends", "VN/PARTY/C11", sender=DESK) == ["C11", "C12", "C21"]
    assert meant("level:1", sender=DESK) == meant("level:1")
    # Neither another system of the organ nor the organ itself has it, nor is it one of the centre's.
    for sender in (CANTEEN, id_of("TW").member):
        with pytest.raises(NobodyAddressed, match="local:friends"):
            meant("local:friends", sender=sender)
    with pytest.raises(NobodyAddressed, match="group:friends"):
        meant("group:friends", sender=DESK)


@pytest.mark.parametrize("text", [f"group:{DESK}:friends", f"local:{DESK}:friends"])
def test_a_local_group_has_no_other_name(text: str) -> None:
    with pytest.raises(AddressInvalid, match="desk:friends"):
        meant(text, sender=CANTEEN)


@pytest.mark.parametrize(
    "text",
    ["group:pres", "local:x", "level:3", "level:99", "below:VN/PARTY/C11", "below:VN/PARTY/GONE", "below:VN/PARTY/X1"],
)
def test_what_names_nobody_is_not_passed_over(text: str) -> None:
    # A misspelt group would else be a message that nobody gets and nobody misses.
    with pytest.raises(NobodyAddressed, match=text):
        meant(text, "*")


def test_an_empty_address_is_none() -> None:
    with pytest.raises(NobodyAddressed):
        meant()


@pytest.mark.parametrize(
    "text",
    [
        *("", "VN/PARTY", "VN/PARTY/A/sys", "VN/PARTY/%41", "**", "all", "group:", "local:", "below:", "below:*"),
        *("group:A", "group:a/b", "group:a\n", "local:a:b", "local:" + "x" * 33),
        *("level:", "level:-1", "level:01", "level:100", "level:\u0661", "level:x"),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressInvalid):
        Address.parse([text])


def test_an_address_is_bounded() -> None:
    assert Address.parse(["*"] * MAX_WRITTEN).everyone
    with pytest.raises(AddressInvalid, match="10001 parts"):
        Address.parse(["*"] * (MAX_WRITTEN + 1))


NAMES = st.sampled_from([each.id for each in ORGANS])
ADDRESSES = st.builds(
    Address,
    organs=st.lists(NAMES, max_size=4).map(tuple),
    groups=st.lists(st.sampled_from(["press", "dissolved"]), max_size=2).map(tuple),
    levels=st.lists(st.integers(0, 2), max_size=2).map(tuple),
    below=st.lists(st.sampled_from([id_of("TW"), id_of("P1"), id_of("P2")]), max_size=2).map(tuple),
    everyone=st.booleans(),
).filter(lambda address: address != Address())


@given(address=ADDRESSES, sender=NAMES)
def test_nobody_twice_never_the_sender_and_all_of_each_part(address: Address, sender: OrganId) -> None:
    found = resolve(address, sender=sender, directory=directory())
    assert len(set(found)) == len(found)
    assert sender not in found
    parts = [Address(**{name: getattr(address, name)}) for name in Address.__slots__ if getattr(address, name)]
    assert set(found) == set().union(*(resolve(part, sender=sender, directory=directory()) for part in parts))
    assert resolve(address, sender=sender, directory=directory()) == found


@given(address=ADDRESSES)
def test_an_address_is_written_as_it_is_read(address: Address) -> None:
    assert Address.parse(address.texts()) == address


async def test_a_message_goes_to_whom_the_address_means(country: World) -> None:
    country.change(COMMUNE, parent=str(CENTRE))
    draft = replace(country.draft(MALLORY), to=Address.parse(["group:spies", f"below:{CENTRE}", "*"]))
    dispatch = await country.running["tw"].sender.send(draft)
    assert (dispatch.published, dispatch.refused) == (4, {})
    sent = [entry.peer for entry in country.entries("tw") if (entry.direction, entry.kind) == ("out", "message")]
    assert sent == [str(each) for each in (MALLORY, COMMUNE, OTHER, NEIGHBOUR)]
    with pytest.raises(NobodyAddressed):
        await country.running["tw"].sender.send(replace(draft, to=Address(groups=("none",))))


async def test_a_message_to_a_system_s_own_group_goes_by_the_directory(country: World) -> None:
    def records(*members: object) -> None:
        groups = {"partners": tuple(map(str, members))}
        country.change(
            CENTRE,
            subsystems=(
                SubsystemEntry(code="hso", name="Records", ceiling="secret", groups=groups),
                SubsystemEntry(code="low", name="Canteen", ceiling="internal"),
            ),
        )

    sender = country.running["tw"].sender
    draft = replace(country.draft(sender=HSO), to=Address.parse(["local:partners"]))
    records(COMMUNE, SubsystemId("VN", "PARTY", "A02", "desk"), CENTRE)
    assert (await sender.send(draft)).published == 2
    # Who has left it gets nothing more; whoever is not that system has no such group.
    records(OTHER)
    assert (await sender.send(draft)).published == 1
    with pytest.raises(NobodyAddressed):
        await sender.send(replace(draft, sender=LOW))
    sent = [entry.peer for entry in country.entries("tw") if (entry.direction, entry.kind) == ("out", "message")]
    assert sent == [str(each) for each in (COMMUNE, NEIGHBOUR, OTHER)]
