"""What each deed asks for, and the action behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.documents import forms
from lienthong.office.documents.actions import (
    approval,
    assigning,
    dispatching,
    drafts,
    issuing,
    recalling,
    receiving,
    signing,
)
from lienthong.office.documents.models import Document
from lienthong.office.documents.selectors import choices, receivers
from lienthong.office.documents.signers import brought
from lienthong.office.documents.states import Deed
from lienthong.office.documents.words import number_key
from lienthong.signatures.signers import Signer

type Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """What a deed asks for, and what it then does."""

    form: type[forms.DocumentForm]
    run: Callable[[Actor, Document, Facts], None]
    # Hard to undo.
    grave: bool = False


def _edit(actor: Actor, found: Document, facts: Facts) -> None:
    given = {name: facts[name] for name in forms.DraftFields.base_fields}
    drafts.change_draft(actor=actor, document=found, draft=drafts.Draft(**given), seen=facts["revision"])


def _share(actor: Actor, found: Document, facts: Facts) -> None:
    drafts.share_draft(actor=actor, document=found, appointments=facts["writers"], seen=facts["revision"])


def _submit(actor: Actor, found: Document, facts: Facts) -> None:
    approval.submit(actor=actor, document=found, chain=facts["chain"], seen=facts["revision"])


def _approve(actor: Actor, found: Document, facts: Facts) -> None:
    approval.approve(actor=actor, document=found, remark=facts["remark"])


def _return(actor: Actor, found: Document, facts: Facts) -> None:
    approval.send_back(actor=actor, document=found, reason=facts["reason"])


def _sign(actor: Actor, found: Document, facts: Facts) -> None:
    if facts["key"] == choices.OWN_KEY:
        signer: Signer | None = brought(facts["own"].read(), facts["passphrase"])
    else:
        signer = choices.kept_key(actor, found, facts["key"])
    if signer is None:
        raise Invalid(_("This key is not kept here any more."))
    place = signing.Place(page=facts["page"], left=facts["left"], bottom=facts["bottom"]) if facts["visible"] else None
    signing.sign(actor=actor, document=found, signer=signer, place=place)


def _issue(actor: Actor, found: Document, facts: Facts) -> None:
    issuing.issue(actor=actor, document=found, day=facts["day"], reason=facts["reason"], reserved=facts["reserved"])


def _discard(actor: Actor, found: Document, facts: Facts) -> None:
    del facts
    drafts.discard(actor=actor, document=found)


def _dispatch(actor: Actor, found: Document, facts: Facts) -> None:
    dispatching.dispatch(actor=actor, document=found, audience=facts["to"], seen=facts["revision"])


def _recall(actor: Actor, found: Document, facts: Facts) -> None:
    recalling.recall(actor=actor, document=found, reason=facts["reason"])


def _replace(actor: Actor, found: Document, facts: Facts) -> None:
    recalling.replace(actor=actor, document=found, by=receivers.replacing(found, number_key(facts["by"])))


def _accept(actor: Actor, found: Document, facts: Facts) -> None:
    receiving.accept(actor=actor, document=found, day=facts["day"], reason=facts["reason"], due=facts["due"])


def _refuse(actor: Actor, found: Document, facts: Facts) -> None:
    receiving.refuse(actor=actor, document=found, reason=facts["reason"])


def _assign(actor: Actor, found: Document, facts: Facts) -> None:
    orders = assigning.Orders(
        lead=facts["lead"], supports=frozenset(facts["supports"]), due=facts["due"], instruction=facts["instruction"]
    )
    assigning.assign(actor=actor, document=found, orders=orders, seen=facts["revision"])


def _start(actor: Actor, found: Document, facts: Facts) -> None:
    del facts
    assigning.start(actor=actor, document=found)


def _complete(actor: Actor, found: Document, facts: Facts) -> None:
    assigning.complete(actor=actor, document=found, result=facts["result"])


def _agree(actor: Actor, found: Document, facts: Facts) -> None:
    del facts
    recalling.agree(actor=actor, document=found)


def _keep(actor: Actor, found: Document, facts: Facts) -> None:
    recalling.keep(actor=actor, document=found, reason=facts["reason"])


PAGES: Final[Mapping[Deed, Page]] = MappingProxyType(
    {
        Deed.EDIT: Page(forms.EditForm, _edit),
        Deed.SHARE: Page(forms.ShareForm, _share),
        Deed.SUBMIT: Page(forms.SubmitForm, _submit),
        Deed.APPROVE: Page(forms.RemarkForm, _approve),
        Deed.RETURN: Page(forms.ReasonForm, _return),
        Deed.SIGN: Page(forms.SignForm, _sign),
        Deed.ISSUE: Page(forms.IssueForm, _issue),
        Deed.DISCARD: Page(forms.NoForm, _discard, grave=True),
        Deed.DISPATCH: Page(forms.DispatchForm, _dispatch),
        Deed.RECALL: Page(forms.ReasonForm, _recall, grave=True),
        Deed.REPLACE: Page(forms.ReplaceForm, _replace, grave=True),
        Deed.ACCEPT: Page(forms.AcceptForm, _accept),
        Deed.REFUSE: Page(forms.ReasonForm, _refuse, grave=True),
        Deed.ASSIGN: Page(forms.AssignForm, _assign),
        Deed.START: Page(forms.NoForm, _start),
        Deed.COMPLETE: Page(forms.ResultForm, _complete),
        Deed.AGREE_RECALL: Page(forms.NoForm, _agree, grave=True),
        Deed.REFUSE_RECALL: Page(forms.ReasonForm, _keep),
    }
)
