"""What the home page shows of members: what waits to be decided, and what the organ is to mend by when."""

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy

from lienthong.office.core import cards
from lienthong.office.core.actor import Actor
from lienthong.office.core.policies import Permission, may
from lienthong.office.members import registry
from lienthong.office.members.models import Change, Decision, ReviewItem
from lienthong.office.members.selectors import failing, review


def register() -> None:
    """Put the cards onto the home page."""
    for card in (
        cards.Card(
            key="members-review", group=cards.Group.WAITING, title=gettext_lazy("Doubles to decide"),
            url="/members/review/?state=open", empty=gettext_lazy("No pair of records waits for a decision."), order=50,
            fill=_review, shown=_mends,
        ),
        cards.Card(
            key="members-second", group=cards.Group.WAITING, title=gettext_lazy("Merges for a second pair of eyes"),
            url="/members/decisions/?state=waiting", empty=gettext_lazy("No merge waits for you."), order=51,
            fill=_second, shown=_mends,
        ),
        cards.Card(
            key="members-changes", group=cards.Group.WAITING, title=gettext_lazy("Changes of members to let in"),
            url="/members/changes/?state=waiting", empty=gettext_lazy("No change waits for you."), order=52,
            fill=_changes, shown=_mends,
        ),
        cards.Card(
            key="members-due", group=cards.Group.DUE, title=gettext_lazy("Records of members to mend"),
            url="/members/assignments/?state=open", empty=gettext_lazy("Nothing is assigned to your organ."), order=50,
            fill=_due, shown=lambda actor: actor.keeps_members,
        ),
    ):  # fmt: skip
        cards.register(card)


def _mends(actor: Actor) -> bool:
    return may(actor, Permission.MEMBER_MEND)


def _review(actor: Actor) -> cards.Content:
    rows = review.items(actor).filter(state=ReviewItem.State.OPEN).order_by("place")
    found = list(rows.values_list("pk", "place")[: cards.MOST])
    return cards.content(found, lambda pk, place: cards.Row(title=f"№ {place}", url=f"/members/review/{pk}/"))


def _second(actor: Actor) -> cards.Content:
    rows = review.decisions(actor).filter(state=Decision.State.WAITING).exclude(person_id=actor.person_id)
    found = list(rows.order_by("pk").values_list("pk", "left", "right", "person_name")[: cards.MOST])
    return cards.content(found, _decision)


def _decision(number: int, left: str, right: str, name: str) -> cards.Row:
    return cards.Row(title=f"{left} · {right}", url=f"/members/decisions/{number}/", note=name)


def _changes(actor: Actor) -> cards.Content:
    rows = failing.changes(actor).filter(state=Change.State.WAITING).exclude(person_id=actor.person_id)
    found = list(rows.order_by("pk").values_list("pk", "record", "field", "person_name")[: cards.MOST])
    return cards.content(found, _change)


def _change(number: int, record: str, field: str, name: str) -> cards.Row:
    title = f"{record} · {registry.column_title(field)}"
    return cards.Row(title=title, url=f"/members/changes/{number}/", note=name)


def _due(actor: Actor) -> cards.Content:
    found = failing.due(actor, cards.MOST)
    today = localdate()
    rows = [
        cards.Row(
            title=registry.rule_text(one.rule), url=f"/members/failing/?rule={one.rule}", due=one.due_on,
            late=one.due_on < today,
        )
        for one in found[: cards.ROWS]
    ]  # fmt: skip
    return cards.Content(total=len(found), rows=rows)
