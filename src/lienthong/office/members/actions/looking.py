"""Opening a member's record: never without saying what for."""

from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.members.models import Look, Member
from lienthong.office.members.models.work import WORDS_LENGTH
from lienthong.office.members.policies import opens_sensitive

_AS_LENGTH: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What somebody opens records for."""

    purpose: Look.Purpose
    # More of it, such as the number of a request.
    words: str = ""


def purpose_of(purpose: str, words: str) -> Purpose:
    """Return a purpose as it is kept.

    Raises:
        Invalid: there is no such purpose, or too many words.
    """
    said = tidy(words)
    if purpose not in Look.Purpose.values:
        raise Invalid(hint=_("Choose what you open the record for."))
    if len(said) > WORDS_LENGTH:
        raise Invalid(hint=_("A text is too long: at most {number} characters.").format(number=WORDS_LENGTH))
    return Purpose(purpose=Look.Purpose(purpose), words=said)


def look(*, actor: Actor, members: list[Member], purpose: Purpose) -> None:
    """Write down that somebody opened members' records. Not in the trail of deeds: each member has a log of their own.

    Raises:
        Forbidden: a member is not the actor's to see.
    """
    for one in members:
        require(actor, Permission.MEMBER_VIEW, one)
    acting = " · ".join(part for part in (actor.position, actor.organ) if part)[:_AS_LENGTH]
    with transaction.atomic(), scope.system():
        Look.objects.bulk_create(
            Look(
                member=one.key, organ_path=one.organ_path, person_id=actor.person_id, person_name=actor.name,
                acting_as=acting, purpose=purpose.purpose, words=purpose.words,
                sensitive=opens_sensitive(actor, one.organ_path),
            )
            for one in members
        )  # fmt: skip
