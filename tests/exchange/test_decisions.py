"""Decisions remembered: the verdicts are the policy's, whatever is asked, when, and under which directory."""

from copy import replace
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.exchange import decisions, policy
from lienthong.exchange.decisions import Decisions
from lienthong.exchange.policy import Connection, Verdict
from lienthong.kernel.clock import DAY, HOUR, MINUTE
from lienthong.kernel.labels import INTERNAL, PUBLIC, Label, Level
from lienthong.trust.header import Header, Kind
from tests.support.directories import NOW
from tests.support.gateways import CENTRE, COMMUNE, FILES, HSO, LOW, OLD, SPY, UNITS, World


@cache
def snapshots() -> tuple[Snapshot, ...]:
    """The world's directory; without the centre; without the registry; and the first once more, as another object."""
    world = World(folder=Path())
    made = [world.directory.snapshot]
    source = world.source
    for organ, change in ((CENTRE, {"active": False}), (COMMUNE, {"services": ()})):
        world.change(organ, **change)
        made.append(world.directory.snapshot)
        world.publish(source)
    return (*made, world.directory.snapshot)


def asking(**fields: object) -> Header:
    header = Header(
        kind=Kind.REQUEST,
        id=UUID(int=1),
        sender=str(HSO),
        receiver=str(UNITS),
        label=INTERNAL,
        created=NOW,
        expires=NOW + MINUTE,
        method="GET",
        path="/a",
    )
    return replace(header, **fields)  # type: ignore[arg-type]  # by name


REQUESTS = st.builds(
    asking,
    sender=st.sampled_from([str(HSO), str(LOW), str(SPY), str(CENTRE), "VN/PARTY/A0%31/hso", "VN"]),
    receiver=st.sampled_from([*map(str, (UNITS, FILES, OLD)), "VN/PARTY/U1/reg/listMethods", "VN/PARTY/U1"]),
    label=st.sampled_from([PUBLIC, INTERNAL, Label(Level.SECRET), Label(Level.INTERNAL, frozenset({"personnel"}))]),
    created=st.sampled_from([NOW - HOUR, NOW, NOW + MINUTE + 1]),
    expires=st.sampled_from([NOW - 1, NOW + MINUTE, NOW + HOUR, NOW + 2 * HOUR]),
    method=st.sampled_from(["GET", "POST", "CONNECT"]),
    path=st.sampled_from(["/a", "/public/x", "/public/../x", "/spied/a", "/" + "x" * 300]),
    purpose=st.sampled_from(["", "audit"]),
    user=st.sampled_from(["", "u"]),
)
RESPONSES = st.builds(
    asking,
    kind=st.just(Kind.RESPONSE),
    sender=st.sampled_from([str(UNITS), str(FILES)]),
    receiver=st.just(str(HSO)),
    created=st.sampled_from([NOW - HOUR, NOW]),
    expires=st.sampled_from([NOW - 1, NOW + MINUTE]),
)
MAIL = st.builds(
    asking,
    kind=st.sampled_from([Kind.MESSAGE, Kind.RECEIPT]),
    receiver=st.just(str(COMMUNE)),
    label=st.sampled_from([INTERNAL, Label(Level.TOP_SECRET)]),
    expires=st.sampled_from([NOW - 1, NOW + MINUTE, NOW + 91 * DAY]),
)
QUESTIONS = st.tuples(
    st.one_of(REQUESTS, REQUESTS, RESPONSES, MAIL),
    st.builds(
        Connection,
        site=st.sampled_from([None, "tw", "p1", "p2"]),
        clients=st.sampled_from([None, frozenset({str(HSO)}), frozenset[str]()]),
    ),
    st.integers(0, 3),
    st.sampled_from(Standing),
    st.sampled_from([NOW - HOUR, NOW, NOW + MINUTE - 1, NOW + MINUTE, NOW + 3 * HOUR]),
)


def shown(verdict: Verdict) -> tuple[str, str, str]:
    return verdict.code, verdict.rule, str(verdict.error)


@settings(max_examples=300)
@given(questions=st.lists(QUESTIONS, max_size=8), order=st.lists(st.integers(0, 7), max_size=40))
def test_the_verdicts_are_those_of_the_policy(
    questions: list[tuple[Header, Connection, int, Standing, int]], order: list[int]
) -> None:
    asked = Decisions()
    for place in order:
        if place >= len(questions):
            continue
        header, connection, directory, standing, at = questions[place]
        around = {"connection": connection, "directory": snapshots()[directory], "standing": standing, "at": at}
        verdict = asked.decide(header, **around)  # type: ignore[arg-type]  # by name
        assert shown(verdict) == shown(policy.decide(header, **around))  # type: ignore[arg-type]  # by name


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Header]:
    """The headers that the policy itself is asked about."""
    found: list[Header] = []
    decide = policy.decide

    def counted(header: Header, **around: object) -> Verdict:
        found.append(header)
        return decide(header, **around)  # type: ignore[arg-type]  # by name

    monkeypatch.setattr(policy, "decide", counted)
    return found


def ask(
    made: Decisions, header: Header, *, directory: int = 0, standing: Standing = Standing.FRESH, at: int = NOW
) -> str:
    return made.decide(header, connection=Connection(), directory=snapshots()[directory], standing=standing, at=at).code


def test_a_granted_question_is_asked_once(asked: list[Header]) -> None:
    made = Decisions()
    for number in range(3):
        assert ask(made, asking(id=UUID(int=number), user=str(number))) == "ok"
    assert len(asked) == 1


def test_what_was_granted_ends_with_time_all_the_same(asked: list[Header]) -> None:
    made = Decisions()
    assert ask(made, asking()) == "ok"
    assert ask(made, asking(), at=NOW + MINUTE) == "expired"
    assert ask(made, asking(created=NOW + HOUR, expires=NOW + HOUR + 1)) == "from_the_future"
    assert ask(made, asking(expires=NOW + HOUR + 1)) == "term_too_long"
    assert ask(made, asking()) == "ok"
    assert len(asked) == 4


def test_what_was_granted_ends_with_the_directory(asked: list[Header]) -> None:
    made = Decisions()
    assert ask(made, asking()) == "ok"
    assert ask(made, asking(), directory=1) == "sender_unknown"
    assert ask(made, asking(), directory=2) == "service_unknown"
    assert ask(made, asking()) == "ok"
    assert ask(made, asking(), standing=Standing.STALE) == "directory_stale"
    assert ask(made, asking()) == "ok"
    assert len(asked) == 6


def test_refusals_are_decided_anew(asked: list[Header]) -> None:
    made = Decisions()
    for _ in range(2):
        assert ask(made, asking(sender=str(LOW))) == "access_denied"
    assert len(asked) == 2


@pytest.mark.parametrize(("kind", "times"), [(Kind.MESSAGE, 1), (Kind.RECEIPT, 1), (Kind.RECALL, 2)])
def test_of_mail_what_a_sender_may_send_is_remembered_and_recalls_are_decided_anew(
    asked: list[Header], kind: Kind, times: int
) -> None:
    made = Decisions()
    for _ in range(2):
        assert ask(made, asking(kind=kind, receiver=str(COMMUNE))) == "ok"
    assert len(asked) == times


@pytest.mark.parametrize("field", ["sender", "receiver", "label", "method", "path", "purpose"])
def test_a_question_that_differs_in_what_a_rule_sees_is_another(asked: list[Header], field: str) -> None:
    made = Decisions()
    others = {
        "sender": str(SPY),
        "receiver": str(OLD),
        "label": Label(Level.SECRET),
        "method": "CONNECT",
        "path": "/\x00",
        "purpose": "audit",
    }
    assert ask(made, asking()) == "ok"
    verdict = ask(made, asking(**{field: others[field]}))
    assert verdict == "ok" if field == "purpose" else verdict != "ok"
    assert len(asked) == 2


def test_no_rule_sees_a_field_that_is_not_in_the_question() -> None:
    # What no question asks about must change nothing: else one client's grant would be another's.
    seen: set[str] = set()

    class Watched:
        def __init__(self, header: Header) -> None:
            self._header = header

        def __getattr__(self, name: str) -> object:
            seen.add(name)
            return getattr(self._header, name)

    for fields in ({}, {"kind": Kind.RESPONSE, "sender": str(UNITS), "receiver": str(HSO)}):
        verdict = policy.decide(
            Watched(asking(**fields)),  # type: ignore[arg-type]  # looks like one
            connection=Connection(),
            directory=snapshots()[0],
            standing=Standing.FRESH,
            at=NOW,
        )
        assert verdict.error is None
    timely = {"created", "expires", "id"}
    assert seen - timely <= {"kind", "sender", "receiver", "label", "method", "path", "purpose"}


def test_memory_is_bounded(asked: list[Header], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "REMEMBERED", 10)
    made = Decisions()
    for number in range(100):
        assert ask(made, asking(path=f"/{number}")) == "ok"
        assert len(made._granted) <= 10
    for _ in range(2):
        assert ask(made, asking(path="/" + "x" * 256)) == "ok"
    # What is too long to be remembered was asked twice.
    assert len(asked) == 102


def test_the_fields_of_a_connection_are_all_in_the_question(asked: list[Header]) -> None:
    made = Decisions()
    fields = {field.name for field in msgspec.structs.fields(Connection)}
    assert fields == {"site", "clients"}
    for connection in (Connection(), Connection(site="tw"), Connection(clients=frozenset({str(HSO)}))):
        verdict = made.decide(
            asking(), connection=connection, directory=snapshots()[0], standing=Standing.FRESH, at=NOW
        )
        assert verdict.error is None
    refused = made.decide(
        asking(), connection=Connection(site="p1"), directory=snapshots()[0], standing=Standing.FRESH, at=NOW
    )
    assert refused.code == "connection_mismatch"
    assert len(asked) == 4
