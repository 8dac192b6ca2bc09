"""Sign what was approved: the main file, as PDF (PAdES), appended to it so that earlier signatures stand."""

from dataclasses import dataclass
from typing import Final

import msgspec
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.kernel.errors import LienthongError
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import Conflict, Invalid
from lienthong.office.documents.actions.approval import decide_signature
from lienthong.office.documents.actions.change import doing
from lienthong.office.documents.actions.files import bring_file, put_version
from lienthong.office.documents.models import Document, File
from lienthong.office.documents.models.document import NAME_LENGTH
from lienthong.office.documents.models.files import PDF
from lienthong.office.documents.notices import Notice, tell
from lienthong.office.documents.policies import parts_of, require
from lienthong.office.documents.selectors.people import persons_of, with_role
from lienthong.office.documents.signers import trusted
from lienthong.office.documents.states import Deed, State
from lienthong.office.vault.selectors import read
from lienthong.signatures.sign import Wish
from lienthong.signatures.sign import sign as sign_pdf
from lienthong.signatures.signers import Signer
from lienthong.signatures.stamp import Stamp
from lienthong.signatures.stamping import Authority
from lienthong.signatures.verify import verify

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a PDF that is signed here: it is held in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the visible stamp stands: page (from the end if negative) and its lower left corner in points."""

    page: int = -1
    left: float = 320.0
    bottom: float = 90.0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top."""
        return self.left, self.bottom, self.left + 220.0, self.bottom + 72.0


def sign(*, actor: Actor, document: Document, signer: Signer, place: Place | None) -> File:
    """Sign a document's main file with a key, in the name of whoever acts.

    The signing itself is done before anything is locked; what was changed meanwhile is found out afterwards.

    Args:
        actor: whose signature is asked for.
        document: approved.
        signer: the key, the organ's or the person's own.
        place: where the stamp is seen; None for a signature that is not.

    Returns:
        The signed version.

    Raises:
        Forbidden: their signature is not asked for.
        Conflict: the document was changed meanwhile.
        Invalid: its main file is no PDF that can be signed; the text says why.
    """
    with scope.system():
        held = Document.objects.select_related("organ").get(pk=document.pk)
        require(held, Deed.SIGN, parts_of(actor, held))
        main = File.objects.get(document=held, role=File.Role.MAIN, current=True)
    signed = _signed(_content(main), signer, actor, place)
    report = verify(signed, trust=trusted())
    brought = bring_file(held, [signed], actor)
    with doing(actor=actor, document=document, deed=Deed.SIGN) as change:
        if File.objects.get(document=change.document, role=File.Role.MAIN, current=True).pk != main.pk:
            raise Conflict(main.name)
        made = put_version(change.document, main, brought, added_by=actor.appointment_id)
        made.report = msgspec.to_builtins(report)
        made.save(update_fields=["report"])
        change.set(signer=" · ".join(filter(None, (actor.name, actor.position)))[:NAME_LENGTH])
        change.new = {"certificate": signer.certificate.subject.rfc4514_string()[:200], "digest": made.digest}
        if decide_signature(change):
            change.document.state = State.SIGNED
            change.set(at_desk=True)
            clerks = with_role(Role.CLERK, change.document.organ.bearer_id, change.document.level)
            tell(Notice.TO_NUMBER, change.document, persons_of(clerks.values_list("pk", flat=True)))
    return made


def _content(main: File) -> bytes:
    if main.media_type != PDF:
        raise Invalid(_("Only a PDF can be signed: {name} is none.").format(name=main.name))
    if main.size > LARGEST:
        raise Invalid(_("This PDF is too large to be signed here."))
    return b"".join(read(main.blob_id))


def _signed(content: bytes, signer: Signer, actor: Actor, place: Place | None) -> bytes:
    authority = Authority(settings.LIENTHONG_TSA_URL) if settings.LIENTHONG_TSA_URL else None
    stamp = None
    if place is not None:
        now = timezone.localtime()
        stamp = Stamp(page=place.page, box=place.box, name=actor.name, organ=actor.organ, time=now)
    try:
        return sign_pdf(content, signer, stamp, Wish(authority=authority))
    except LienthongError as error:
        raise Invalid(_("It could not be signed. {why}").format(why=error.where or error.code)) from error
