"""What a person chooses for their own account."""

from lienthong.office.accounts.models import Person
from lienthong.office.core.actor import Actor


def choose_language(*, actor: Actor, language: str) -> None:
    """Keep the language in which a person reads pages and mails.

    A matter of one's own screen, like the appearance: not in the audit trail.

    Args:
        actor: whose.
        language: one of ``settings.LANGUAGES``.
    """
    Person.objects.filter(pk=actor.person_id).update(language=language)
