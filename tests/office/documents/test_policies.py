"""The predicate of lists and the parts somebody plays agree with each other, for everybody and every document."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Substitution
from lienthong.office.core import scope
from lienthong.office.documents.models import Document
from lienthong.office.documents.policies import parts_of, visible
from tests.office.people import KINDS

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def substitute(bureau: "Bureau", key: str, *, instead_of: str) -> Substitution:
    """Let somebody act for another from yesterday on."""
    with scope.system():
        return Substitution.objects.create(
            appointment_id=bureau.actor(instead_of).appointment_id, substitute=bureau.people[key],
            valid_from=localdate() - timedelta(days=1), valid_to=localdate() + timedelta(days=9),
        )  # fmt: skip


def fill(bureau: "Bureau") -> None:
    """Have documents in many states and of all levels but the highest."""
    for label in (Level.PUBLIC, Level.INTERNAL, Level.CONFIDENTIAL, Level.SECRET):
        bureau.draft(label=label)
        bureau.approved(label=label)
        bureau.signed(label=label)
        bureau.arrived(label=label)
        bureau.arrived(label=label, organ="commune")
    bureau.arrived(label=Level.TOP_SECRET)


def test_who_plays_a_part_sees_it_and_who_sees_it_plays_one(bureau: "Bureau") -> None:
    fill(bureau)
    differ = []
    for key in (*bureau.people, *(key for key in KINDS if key not in {"anonymous", "operator", "unplaced"})):
        actor = bureau.actor(key)
        with scope.system():
            listed = set(Document.objects.filter(visible(actor)).values_list("pk", flat=True))
            playing = {each.pk for each in Document.objects.all() if parts_of(actor, each)}
        with scope.act_for(actor):
            shown = set(Document.objects.values_list("pk", flat=True))
        if not listed == playing == shown:
            differ.append((key, listed, playing, shown))
    assert not differ


def test_the_world_tells_people_apart(bureau: "Bureau") -> None:
    fill(bureau)
    counts = {}
    for key in ("writer", "clerk", "open_clerk", "signer", "doer", "official", "administrator", "outsider"):
        with scope.act_for(bureau.actor(key)):
            counts[key] = Document.objects.count()
    # A writer sees the own twelve; a clerk what was signed and what arrived, as far as cleared.
    assert counts == {
        "writer": 12, "clerk": 8, "open_clerk": 4, "signer": 12, "doer": 0, "official": 0, "administrator": 0,
        "outsider": 0,
    }  # fmt: skip
