"""Evidence of what an honest peer does not cause."""

import pytest

from lienthong.exchange import errors
from lienthong.exchange.alarms import ALARMS, alarm, kind_of
from lienthong.exchange.errors import ExchangeError
from lienthong.kernel.errors import IdentifierInvalid, LienthongError
from lienthong.trust.errors import EnvelopeInvalid, KeyStoreError, KeyUnknown, SealInvalid
from tests.support.gateways import World


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.Replayed("x"), "alarm"),
        (errors.Misdirected("x"), "alarm"),
        (errors.Malformed("x"), "alarm"),
        (errors.AnswerInvalid("x"), "alarm"),
        (IdentifierInvalid("x"), "alarm"),
        (SealInvalid("x"), "alarm"),
        (KeyUnknown("x"), "alarm"),
        (EnvelopeInvalid("x"), "alarm"),
        (errors.AccessDenied("x"), "refusal"),
        (errors.Expired("x"), "refusal"),
        (errors.DirectoryStale("x"), "refusal"),
        (errors.BackendUnavailable("x"), "failure"),
        (errors.CarrierUnavailable("x"), "failure"),
        (KeyStoreError("x"), "failure"),
    ],
)
def test_what_an_error_is_recorded_as(error: LienthongError, kind: str) -> None:
    assert kind_of(error) == kind


def test_every_alarm_is_a_code_that_exists() -> None:
    def codes(parent: type[LienthongError]) -> set[str]:
        return {parent.code}.union(*(codes(child) for child in parent.__subclasses__()))

    assert codes(LienthongError) >= ALARMS


def test_every_error_of_the_exchange_has_a_fault_by_its_code() -> None:
    made = [error for error in errors._all(ExchangeError) if error is not errors.Refused]
    assert len({error.code for error in made}) >= 30
    for error in made:
        assert errors.fault_of(error.code) == error.fault
        assert error.hint
        assert error.__doc__
    # What says nothing of itself is internal, and not a refusal.
    assert errors.fault_of("internal_error") == errors.fault_of("made_up") == "InternalError"


async def test_an_alarm_names_where_it_came_from_and_nothing_more(country: World) -> None:
    node = country.running["p1"].node
    entry = alarm(node, "mail." + "x" * 500, SealInvalid("y" * 900), (b"seal",))
    assert (entry.organ, entry.direction, entry.kind, entry.verdict) == ("site:p1", "in", "alarm", "seal_invalid")
    assert (len(entry.peer), len(entry.detail)) == (200, 500)
    assert (entry.id, entry.label, entry.digests, entry.seals) == ("", "", (), (b"seal",))
    assert entry.at == country.clock.now()
