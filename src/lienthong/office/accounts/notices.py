"""What persons are told of their accounts."""

from datetime import date, timedelta
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Substitution
from lienthong.office.core.actor import Actor
from lienthong.office.core.notifications import actions
from lienthong.office.core.notifications.kinds import Facts, Kind, register


class Notice(StrEnum):
    """The kinds of notifications of this room."""

    SUBSTITUTING = "accounts:substitution:substituting"
    SUBSTITUTED = "accounts:substitution:substituted"


def _day(text: object) -> str:
    return date_format(date.fromisoformat(str(text)), "SHORT_DATE_FORMAT")


def _substituting(facts: Facts) -> str:
    text = _("You act for {name} ({position}) from {first} to {last}.")
    return text.format_map({**facts, "first": _day(facts["first"]), "last": _day(facts["last"])})


def _substituted(facts: Facts) -> str:
    text = _("{name} acts for you ({position}) from {first} to {last}.")
    return text.format_map({**facts, "first": _day(facts["first"]), "last": _day(facts["last"])})


def connect() -> None:
    """Register the kinds."""
    register(Kind(name=Notice.SUBSTITUTING, text=_substituting))
    register(Kind(name=Notice.SUBSTITUTED, text=_substituted))


def tell_substitution(made: Substitution, *, actor: Actor) -> None:
    """Tell both persons of a substitution, but for whoever made it."""
    absent, position = made.appointment.person, made.appointment.position
    facts = {
        "position": position.title,
        "first": made.valid_from.isoformat(),
        "last": (made.valid_to - timedelta(days=1)).isoformat(),
    }
    for person, kind, name in (
        (made.substitute, Notice.SUBSTITUTING, absent.name),
        (absent, Notice.SUBSTITUTED, made.substitute.name),
    ):
        if person.pk != actor.person_id:
            actions.notify(
                person_ids=[person.pk],
                kind=kind,
                facts={**facts, "name": name},
                url="/account/",
                about=_about(made),
                label=Level(position.unit.label),
            )


def forget_substitution(made: Substitution) -> None:
    """Tell nobody any more of a substitution that has ended."""
    actions.done(_about(made))


def _about(made: Substitution) -> str:
    return f"accounts.substitution:{made.pk}"
