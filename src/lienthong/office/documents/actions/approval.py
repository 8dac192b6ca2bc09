"""From draft to what may be signed: along the chain that the organ configured."""

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.core.text import tidy
from lienthong.office.documents.actions.change import Change, doing, give_access
from lienthong.office.documents.models import Chain, ChainStep, Document, File, Step, StepKind
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.notices import Notice, tell
from lienthong.office.documents.policies import current_step
from lienthong.office.documents.selectors.people import cleared, holding, persons_of
from lienthong.office.documents.states import Deed, State


def submit(*, actor: Actor, document: Document, chain: Chain, seen: int) -> None:
    """Send a draft along a chain.

    Args:
        actor: its author.
        document: the draft; it needs a main file.
        chain: of the same organ, for its type or for all.
        seen: the revision that was looked at.

    Raises:
        Forbidden: it is not the actor's draft.
        Conflict: somebody else changed it meanwhile.
        Invalid: the chain is not for it, nobody may sign along it, or there is no file.
    """
    with doing(actor=actor, document=document, deed=Deed.SUBMIT, seen=seen) as change:
        held = change.document
        fits = Chain.objects.filter(pk=chain.pk, organ=held.organ_id, closed_at=None, type__in=("", held.type))
        steps = list(ChainStep.objects.filter(chain__in=fits).order_by("place"))
        if not steps or steps[-1].kind != StepKind.SIGN:
            raise Invalid(_("This chain is not for documents of this type, or nobody signs along it."))
        if not File.objects.filter(document=held, role=File.Role.MAIN, current=True).exists():
            raise Invalid(_("A draft needs its main file before it is submitted."))
        last = Step.objects.filter(document=held).aggregate(Max("round"))["round__max"] or 0
        Step.objects.bulk_create(
            Step(document=held, round=last + 1, place=step.place, kind=step.kind, position_id=step.position_id)
            for step in steps
        )
        change.new = {"chain": chain.name, "round": last + 1}
        _hand_on(change)


def approve(*, actor: Actor, document: Document, remark: str = "") -> None:
    """Approve what waits for the actor, and hand it on to whoever comes next.

    Raises:
        Forbidden: it is not the actor's turn.
        Conflict: it waits for nobody any more.
        Invalid: the remark is too long.
    """
    said = _remark(remark)
    with doing(actor=actor, document=document, deed=Deed.APPROVE) as change:
        _decide(change, Step.Outcome.DONE, said)
        _hand_on(change)


def send_back(*, actor: Actor, document: Document, reason: str) -> None:
    """Return a document to its author, with a reason.

    Raises:
        Forbidden: it is not the actor's turn.
        Conflict: it waits for nobody any more.
        Invalid: there is no reason, or too long a one.
    """
    said = _remark(reason)
    if not said:
        raise Invalid(_("Say why it is returned."))
    with doing(actor=actor, document=document, deed=Deed.RETURN) as change:
        _decide(change, Step.Outcome.RETURNED, said)
        Step.objects.filter(document=change.document, outcome=Step.Outcome.OPEN).delete()
        change.set(at_desk=False)
        change.new["reason"] = len(said)
        author = [change.document.created_by_id] if change.document.created_by_id else []
        tell(Notice.RETURNED, change.document, persons_of(author))


def _hand_on(change: Change) -> None:
    """Let the holders of the next position see the document, and tell them; set the state that fits what is asked."""
    document = change.document
    step = current_step(document)
    if step is None:
        raise Invalid(_("Nobody signs along this chain."))
    able = cleared(holding([step.position_id]), document.level).values_list("pk", flat=True)
    if not able:
        raise Invalid(
            _("Nobody cleared for it holds the position “{position}” today.").format(position=step.position.title)
        )
    give_access(document, able)
    signs = step.kind == StepKind.SIGN
    document.state = State.APPROVED if signs else State.SUBMITTED
    tell(Notice.TO_SIGN if signs else Notice.TO_APPROVE, document, persons_of(able))


def decide_signature(change: Change) -> bool:
    """Note the signature that was asked for; return whether it was the last one. Else it is handed on."""
    _decide(change, Step.Outcome.DONE, "")
    if current_step(change.document) is None:
        return True
    _hand_on(change)
    return False


def _decide(change: Change, outcome: Step.Outcome, remark: str) -> None:
    step = current_step(change.document)
    if step is None:
        raise Invalid(_("Nothing is asked for at this document."))
    step.outcome, step.remark = outcome, remark
    step.decided_by_id, step.decided_at = change.actor.appointment_id, timezone.now()
    step.save(update_fields=["outcome", "remark", "decided_by", "decided_at"])
    change.new["step"] = step.place


def _remark(text: str) -> str:
    said = tidy(text)
    if len(said) > NOTE_LENGTH:
        raise Invalid(_("A text is too long: at most {number} characters.").format(number=NOTE_LENGTH))
    return said
