"""The decision: default deny, labels as a lattice, one order of rules, the same verdict on both sides."""

import uuid
from copy import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.directory.model import Grant, Organ, Service, Subsystem
from lienthong.directory.snapshot import Indexes, Snapshot, Standing
from lienthong.exchange import policy
from lienthong.exchange.policy import LONGEST, RULES, Connection, Verdict, decide, grants_reaching
from lienthong.kernel.clock import DAY, HOUR, MINUTE
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId
from lienthong.kernel.labels import INTERNAL, Label, Level
from lienthong.trust.header import Header, Kind

NOW = 1_795_000_000_000
CALLER = OrganId("VN", "PARTY", "A01")
SYSTEM = SubsystemId("VN", "PARTY", "A01", "hso")
PROVIDER = OrganId("VN", "STATE", "G22")
REGISTRY = SubsystemId("VN", "STATE", "G22", "Registry")
LOOKUP = ServiceId("VN", "STATE", "G22", "Registry", "lookup")
TOP = Label(Level.TOP_SECRET, frozenset({"personnel", "finance"}))
ANY = Grant(to="*", methods=frozenset(), path="/**", purposes=frozenset())

LABELS = st.builds(Label, st.sampled_from(Level), st.frozensets(st.sampled_from(["personnel", "finance", "atoms"])))
NAMES = st.sampled_from(["A01", "G22", "X9", "ö", "a/b"])
CLIENTS = st.one_of(
    st.builds(OrganId, st.just("VN"), st.sampled_from(["PARTY", "STATE"]), NAMES),
    st.builds(SubsystemId, st.just("VN"), st.sampled_from(["PARTY", "STATE"]), NAMES, st.sampled_from(["hso", "spy"])),
)
GRANTS = st.builds(
    Grant,
    to=st.one_of(CLIENTS.map(str), st.sampled_from(["*", "group:g", "group:none", "nonsense", "a/b/c/d/e/f"])),
    methods=st.frozensets(st.sampled_from(["GET", "POST"])),
    path=st.sampled_from(["/**", "/a/**", "/a/*", "/b"]),
    purposes=st.frozensets(st.sampled_from(["audit", "tax"])),
)
HEADERS = st.builds(
    Header,
    kind=st.just(Kind.REQUEST),
    id=st.just(uuid.UUID(int=7)),
    sender=CLIENTS.map(str),
    receiver=st.sampled_from([str(LOOKUP), f"{REGISTRY}/none", f"{CALLER}/hso/lookup", f"{PROVIDER}/Gone/x", "x"]),
    label=LABELS,
    created=st.sampled_from([NOW - HOUR, NOW - 1, NOW, NOW + MINUTE, NOW + MINUTE + 1]),
    expires=st.sampled_from([NOW, NOW + 1, NOW + MINUTE, NOW + 2 * HOUR]),
    method=st.sampled_from(["GET", "POST", "CONNECT", "get", ""]),
    path=st.sampled_from(["", "/", "/a", "/a/b", "/a/../b", "/b?x=1", "/a b", "//a"]),
    purpose=st.sampled_from(["", "audit", "tax"]),
)


def organ(id_: OrganId, token: str, ceiling: Label, *, active: bool = True) -> Organ:
    return Organ(
        id=id_,
        token=token,
        name=token,
        branch="b",
        site=f"site-{token}",
        ceiling=ceiling,
        active=active,
        parent=None,
        keys=(),
    )


def directory(  # noqa: PLR0913 - what the tests vary
    *grants: Grant,
    caller: Label = TOP,
    system: Label = TOP,
    provider: Label = TOP,
    registry: Label = TOP,
    service: Label = INTERNAL,
    active: tuple[bool, bool, bool, bool] = (True, True, True, True),
) -> Snapshot:
    """A directory of one caller and one provider; ``active`` in the order of the labels before it."""
    organs = [organ(CALLER, "a01", caller, active=active[0]), organ(PROVIDER, "g22", provider, active=active[2])]
    systems = [
        Subsystem(id=SYSTEM, name="", ceiling=system, active=active[1]),
        Subsystem(id=REGISTRY, name="", ceiling=registry, active=active[3]),
    ]
    offered = Service(id=LOOKUP, type="REST", title="", label=service, grants=grants)
    indexes = Indexes(
        organs={each.id: each for each in organs},
        subsystems={each.id: each for each in systems},
        services={LOOKUP: offered},
        groups={"g": frozenset({CALLER})},
    )
    return Snapshot(
        instance="VN",
        profile="none",
        version=3,
        expires=NOW + DAY,
        grace_until=NOW + 2 * DAY,
        branches={},
        refusals=(),
        indexes=indexes,
    )


REQUEST = Header(
    kind=Kind.REQUEST,
    id=uuid.UUID(int=7),
    sender=str(SYSTEM),
    receiver=str(LOOKUP),
    label=INTERNAL,
    created=NOW,
    expires=NOW + MINUTE,
    method="GET",
    path="/a",
)
MESSAGE = replace(REQUEST, kind=Kind.MESSAGE, receiver=str(PROVIDER), method="", path="")


def judged(
    header: Header,
    snapshot: Snapshot,
    *,
    connection: Connection | None = None,
    standing: Standing = Standing.FRESH,
    at: int = NOW,
) -> Verdict:
    return decide(header, connection=connection or Connection(), directory=snapshot, standing=standing, at=at)


def test_a_granted_call_passes() -> None:
    assert judged(REQUEST, directory(ANY)) == Verdict(error=None, rule="granted")
    assert judged(REQUEST, directory(ANY)).code == "ok"


def test_the_order_of_the_rules_is_fixed() -> None:
    # The first that objects goes into the journal: docs/protocol.md lists them in this order.
    common = [
        "directory_is_current",
        "connection_belongs_to_sender",
        "sender_is_active",
        "receiver_is_active",
        "in_time",
    ]
    assert [rule.__name__ for rule in RULES[Kind.REQUEST]] == [
        *common,
        "call_is_well_formed",
        "service_is_known",
        "label_is_covered",
        "is_granted",
    ]
    assert [rule.__name__ for rule in RULES[Kind.MESSAGE]] == [*common, "label_is_covered"]
    assert [rule.__name__ for rule in RULES[Kind.RESPONSE]] == ["connection_belongs_to_sender", "in_time"]
    assert [rule.__name__ for rule in RULES[Kind.RECEIPT]] == ["connection_belongs_to_sender", "in_time"]
    assert [rule.__name__ for rule in RULES[Kind.RECALL]] == common


@given(header=HEADERS, grants=st.lists(GRANTS, max_size=3), site=st.sampled_from([None, "site-a01", "site-x"]))
def test_the_first_rule_that_objects_decides(header: Header, grants: list[Grant], site: str | None) -> None:
    snapshot, connection = directory(*grants), Connection(site=site)
    verdict = judged(header, snapshot, connection=connection)
    assert judged(header, snapshot, connection=connection).rule == verdict.rule
    if verdict.rule == "identifiers":
        return
    case = policy._case(header, connection, snapshot, Standing.FRESH, NOW)
    objections = [rule.__name__ for rule in RULES[header.kind] if rule(case) is not None]
    assert verdict.rule == (objections[0] if objections else "granted")
    assert (verdict.error is None) is (not objections)


@given(header=HEADERS)
def test_without_a_grant_everything_is_refused(header: Header) -> None:
    assert judged(header, directory()).error is not None


@given(header=HEADERS, grants=st.lists(GRANTS, max_size=4))
def test_what_passes_was_granted(header: Header, grants: list[Grant]) -> None:
    # An oracle that reads the grants another way round.
    if judged(header, directory(*grants)).error is not None:
        return
    assert header.receiver == str(LOOKUP)
    assert header.method in {"GET", "POST"}
    inside = {"/**": ["", "/", "/a", "/a/b", "/b", "//a"], "/a/**": ["/a", "/a/b"], "/a/*": ["/a/b"], "/b": ["/b"]}
    path = header.path.partition("?")[0]
    assert any(
        grant.to in {"*", "group:g", str(CALLER), header.sender}
        and header.method in (grant.methods or {"GET", "POST"})
        and header.purpose in (grant.purposes or {header.purpose})
        and path in inside[grant.path]
        for grant in grants
    )


@given(
    high=LABELS,
    low=LABELS,
    ceilings=st.tuples(LABELS, LABELS, LABELS, LABELS),
    raised=st.tuples(LABELS, LABELS, LABELS, LABELS),
    service=LABELS,
    kind=st.sampled_from([REQUEST, MESSAGE]),
)
def test_lowering_a_label_or_raising_a_ceiling_never_refuses(  # noqa: PLR0913, PLR0917 - the two directions
    high: Label, low: Label, ceilings: tuple[Label, ...], raised: tuple[Label, ...], service: Label, kind: Header
) -> None:
    names = ("caller", "system", "provider", "registry")
    before: dict[str, Any] = dict(zip(names, ceilings, strict=True))
    after: dict[str, Any] = {name: before[name].join(more) for name, more in zip(names, raised, strict=True)}
    if judged(replace(kind, label=high), directory(ANY, service=service, **before)).error is None:
        lower = replace(kind, label=high.meet(low))
        assert judged(lower, directory(ANY, service=service, **before)).error is None
        assert judged(replace(kind, label=high), directory(ANY, service=service, **after)).error is None


@given(header=HEADERS, grants=st.lists(GRANTS, max_size=3))
def test_both_sides_come_to_the_same_verdict(header: Header, grants: list[Grant]) -> None:
    snapshot = directory(*grants)
    sender = header.sender.split("/")
    ours = judged(header, snapshot, connection=Connection(clients=frozenset({header.sender})))
    theirs = judged(header, snapshot, connection=Connection(site="site-a01" if sender[2] == "A01" else "site-g22"))
    if theirs.rule == "connection_belongs_to_sender":
        # The carrier knows no site of a sender that is not in the directory.
        assert ours.rule == "sender_is_active"
    else:
        assert (ours.code, ours.rule) == (theirs.code, theirs.rule)


@pytest.mark.parametrize(
    ("end", "code"),
    [(0, "sender_unknown"), (1, "sender_unknown"), (2, "receiver_unknown"), (3, "receiver_unknown")],
)
def test_both_ends_must_be_active(end: int, code: str) -> None:
    active = tuple(number != end for number in range(4))
    assert judged(REQUEST, directory(ANY, active=active)).code == code  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("sender", "receiver", "code"),
    [
        ("VN/PARTY/X", str(LOOKUP), "sender_unknown"),
        ("VN/PARTY/A01/none", str(LOOKUP), "sender_unknown"),
        (str(SYSTEM), "VN/STATE/X/Registry/lookup", "receiver_unknown"),
        (str(SYSTEM), "VN/STATE/G22/none/lookup", "receiver_unknown"),
        (str(SYSTEM), f"{REGISTRY}/none", "service_unknown"),
        # Other ways to write the same names would be other mailboxes and other memories against replays.
        ("VN/PARTY/%4101/hso", str(LOOKUP), "address_invalid"),
        (str(SYSTEM), "VN/STATE/G22/Registry/look%75p", "address_invalid"),
        ("", str(LOOKUP), "address_invalid"),
        ("VN/PARTY", str(LOOKUP), "address_invalid"),
        ("VN/PARTY/A01/hso/x", str(LOOKUP), "address_invalid"),
        (str(SYSTEM), "VN/STATE/G22/Registry", "address_invalid"),
        (str(SYSTEM), "VN/STATE/G22/../lookup", "address_invalid"),
        (str(SYSTEM), "VN/STATE/G22/Regi\u200bstry/lookup", "address_invalid"),
    ],
)
def test_identifiers_must_be_known_and_in_their_one_form(sender: str, receiver: str, code: str) -> None:
    verdict = judged(replace(REQUEST, sender=sender, receiver=receiver), directory(ANY))
    assert verdict.code == code


@pytest.mark.parametrize("kind", [Kind.REQUEST, Kind.MESSAGE, Kind.RECEIPT, Kind.RECALL, Kind.RESPONSE])
def test_the_time_is_checked_whatever_the_kind(kind: Kind) -> None:
    ends: dict[str, Any] = {"sender": str(LOOKUP), "receiver": str(SYSTEM)} if kind is Kind.RESPONSE else {}
    header = replace(REQUEST if kind is Kind.REQUEST else MESSAGE, kind=kind, **ends)
    longest = LONGEST[kind]
    times: list[tuple[dict[str, Any], str]] = [
        ({"created": NOW + MINUTE, "expires": NOW + 2 * MINUTE}, "ok"),
        ({"created": NOW + MINUTE + 1, "expires": NOW + 2 * MINUTE}, "from_the_future"),
        ({"created": NOW - DAY, "expires": NOW}, "expired"),
        ({"created": NOW, "expires": NOW + longest}, "ok"),
        ({"created": NOW, "expires": NOW + longest + 1}, "term_too_long"),
        ({"created": NOW, "expires": (1 << 53) - 1}, "term_too_long"),
    ]
    for fields, code in times:
        assert judged(replace(header, **fields), directory(ANY)).code == code


def test_a_connection_speaks_only_for_its_own() -> None:
    snapshot = directory(ANY)
    for connection, code in (
        (Connection(site="site-a01"), "ok"),
        (Connection(site="site-g22"), "connection_mismatch"),
        (Connection(clients=frozenset({str(SYSTEM)})), "ok"),
        (Connection(clients=frozenset({str(CALLER)})), "connection_mismatch"),
        (Connection(clients=frozenset()), "connection_mismatch"),
    ):
        assert judged(REQUEST, snapshot, connection=connection).code == code


def test_an_answer_must_come_from_the_providers_site() -> None:
    answer = replace(MESSAGE, kind=Kind.RESPONSE, sender=str(LOOKUP), receiver=str(SYSTEM))
    assert judged(answer, directory(), connection=Connection(site="site-g22")).code == "ok"
    assert judged(answer, directory(), connection=Connection(site="site-a01")).code == "connection_mismatch"


def test_a_stale_directory_decides_nothing_and_one_in_grace_goes_on() -> None:
    for header in (REQUEST, MESSAGE):
        assert judged(header, directory(ANY), standing=Standing.GRACE).code == "ok"
        verdict = judged(header, directory(ANY), standing=Standing.STALE)
        assert (verdict.code, verdict.rule) == ("directory_stale", "directory_is_current")


@pytest.mark.parametrize("ceiling", ["caller", "system", "provider", "registry"])
def test_every_ceiling_on_the_way_counts_for_a_call(ceiling: str) -> None:
    confidential = Label(Level.CONFIDENTIAL)
    low = directory(ANY, **{ceiling: INTERNAL})  # type: ignore[arg-type]  # by name
    assert judged(replace(REQUEST, label=confidential), low).code == "label_above_ceiling"
    # The service's own label counts like that of the content.
    low = directory(ANY, **{ceiling: INTERNAL, "service": confidential})  # type: ignore[arg-type]  # by name
    assert judged(REQUEST, low).code == "label_above_ceiling"
    assert judged(replace(REQUEST, label=confidential), directory(ANY, service=confidential)).code == "ok"


def test_a_caveat_must_be_held_by_both_ends_of_a_message() -> None:
    header = replace(MESSAGE, label=Label(Level.INTERNAL, frozenset({"personnel"})))
    held = Label(Level.SECRET, frozenset({"personnel"}))
    assert judged(header, directory(caller=held, provider=held)).code == "ok"
    assert judged(header, directory(caller=held, provider=Label(Level.SECRET))).code == "label_above_ceiling"
    assert judged(header, directory(system=Label(Level.TOP_SECRET))).code == "label_above_ceiling"


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "CONNECT"},
        {"method": "get"},
        {"method": ""},
        {"method": "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"},
        {"path": "relative"},
        {"path": "@evil.example/"},
        {"path": "/a#b"},
        {"path": "/a b"},
        {"path": "/a\x00"},
        {"path": "/ö"},
        {"path": "/.\t./x"},
        {"path": "/a?x y"},
        {"path": "/a?x\r\nHost: evil"},
    ],
    ids=repr,
)
def test_what_http_would_change_is_refused_whatever_is_granted(fields: dict[str, Any]) -> None:
    header = replace(REQUEST, **fields)
    assert judged(header, directory(ANY)).code == "call_invalid"


def test_a_soap_service_is_not_called_by_rest() -> None:
    snapshot = directory(ANY)
    (service,) = snapshot.indexes.services.values()
    indexes = replace(snapshot.indexes, services={LOOKUP: replace(service, type="SOAP")})
    assert judged(REQUEST, replace(snapshot, indexes=indexes)).code == "service_type"


def test_what_there_is_to_call_may_be_asked_without_a_grant() -> None:
    for code in ("listMethods", "allowedMethods"):
        header = replace(REQUEST, receiver=f"{REGISTRY}/{code}", path="/whatever")
        assert judged(header, directory()).code == "ok"
        # Only the grant is spared: all else holds.
        assert judged(header, directory(active=(True, True, True, False))).code == "receiver_unknown"
        assert judged(replace(header, label=Label(Level.SECRET)), directory(provider=INTERNAL)).code != "ok"


@pytest.mark.parametrize(
    ("to", "reaches"),
    [
        ("*", True),
        (str(SYSTEM), True),
        (str(CALLER), True),
        ("group:g", True),
        ("group:none", False),
        ("group:", False),
        (f"{CALLER}/spy", False),
        (str(PROVIDER), False),
        ("VN/PARTY/%4101", True),
        ("", False),
        ("VN", False),
        ("VN/PARTY/A01/hso/x/y", False),
    ],
)
def test_whom_a_grant_reaches(to: str, *, reaches: bool) -> None:
    grant = replace(ANY, to=to)
    snapshot = directory(grant)
    assert (judged(REQUEST, snapshot).code == "ok") is reaches
    (service,) = snapshot.indexes.services.values()
    assert grants_reaching(service, SYSTEM, snapshot) == ([grant] if reaches else [])


def test_a_grant_to_a_system_does_not_reach_its_organ() -> None:
    header = replace(REQUEST, sender=str(CALLER))
    assert judged(header, directory(replace(ANY, to=str(SYSTEM)))).code == "access_denied"


def test_the_purpose_must_be_one_that_was_granted() -> None:
    snapshot = directory(replace(ANY, purposes=frozenset({"audit"})), replace(ANY, path="/free"))
    assert judged(REQUEST, snapshot).code == "purpose_not_granted"
    assert judged(replace(REQUEST, purpose="tax"), snapshot).code == "purpose_not_granted"
    assert judged(replace(REQUEST, purpose="audit"), snapshot).code == "ok"
    assert judged(replace(REQUEST, path="/free"), snapshot).code == "ok"
