"""Enter what comes as a packet, however it came: a document as an arrival like any other, a state where it belongs.

It happens wholly or not at all, and once: whoever is not sure whether a packet came through brings it again.
"""

import hashlib
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import LockNotAvailable

from lienthong.kernel.errors import BadInput
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.documents.actions.arriving import arrive
from lienthong.office.documents.actions.files import keep
from lienthong.office.documents.audit import PacketEvent
from lienthong.office.documents.models import Correspondent, Document, File, Intake, Way
from lienthong.office.documents.models.document import NAME_LENGTH
from lienthong.office.documents.packets import answers, descriptions, news
from lienthong.office.documents.packets.errors import (
    BeingEntered,
    FileDamaged,
    LabelTooHigh,
    NotAddressed,
    SenderUnknown,
    unreadable,
)
from lienthong.office.documents.packets.formats import code_of, packets
from lienthong.office.organs.models import Unit
from lienthong.office.vault.errors import FileInfected
from lienthong.office.vault.events import VaultEvent
from lienthong.profiles.packets import Letter, News, Party, Received

_ARRIVED: Final = "01"
_SHOWN: Final = 5


class Outcome(StrEnum):
    """What became of a packet."""

    # A document that now waits for a clerk.
    ENTERED = "entered"
    # The same packet came before.
    KNOWN = "known"
    # A state, which is written down.
    NOTED = "noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What came of a packet."""

    outcome: Outcome
    # None for a state.
    document: Document | None
    # SHA-256 of the packet, hexadecimal.
    digest: str
    received: Received


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packet:
    """A packet that was read, while it is entered."""

    actor: Actor
    organ: Unit
    received: Received
    digest: str
    way: Way

    def became(self, outcome: Outcome, document: Document | None = None) -> Entered:
        """Return what came of it."""
        return Entered(outcome=outcome, document=document, digest=self.digest, received=self.received)


def enter(*, actor: Actor, organ: Unit, data: bytes, way: Way) -> Entered:
    """Enter a packet. Who may bring one is asked by whoever calls.

    Args:
        actor: who brings it, for the trail.
        organ: to which it has come.
        data: the packet.
        way: how it came.

    Raises:
        Invalid: it is not taken, and nothing of it is left; of a virus the trail tells.
        BeingEntered: it is being entered by somebody else.
        OfficeError, OSError, KeyStoreError: it cannot be taken now.
    """
    try:
        received = packets().read(data)
    except BadInput as error:
        raise unreadable(error) from error
    packet = _Packet(
        actor=actor, organ=organ, received=received, digest=hashlib.sha256(data).hexdigest(), way=way
    )  # fmt: skip
    with scope.system():
        try:
            with transaction.atomic():
                return _taken(packet)
        except IntegrityError:
            # Whoever was faster has entered it; everything else is a defect.
            if (known := _known(packet)) is None:
                raise
            return known
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise BeingEntered from error
            raise
        except FileInfected as error:
            # What the vault wrote down of it went with everything else that had come.
            with transaction.atomic():
                record(actor=actor, kind=VaultEvent.FILE_INFECTED, obj=organ, new={"found": error.where})
            raise


def _taken(packet: _Packet) -> Entered:
    content = packet.received.content
    partner = _partner(packet.organ, content.sender)
    if isinstance(content, News):
        news.note(organ=packet.organ, partner=partner, told=content)
        return packet.became(Outcome.NOTED)
    _check(packet.organ, content)
    packet_id = descriptions.id_of(content, packet.digest)
    if (known := _known(packet)) is not None:
        return known
    document = arrive(organ=packet.organ, arrival=descriptions.arrival(content, partner, packet_id))
    assert document is not None  # noqa: S101 - only a message of the exchange comes twice
    # Before the files: who brings the same packet at the same time waits here, not after hundreds of megabytes.
    _describe(packet, document, partner, packet_id)
    document.pages, document.copies = content.pages, content.copies
    document.save(update_fields=["pages", "copies"])
    descriptions.relate(document, partner, content)
    for number, (name, each) in enumerate(descriptions.named(content.files)):
        role = File.Role.APPENDIX if number else File.Role.MAIN
        keep(document=document, role=role, name=name, chunks=[each.data], media_type=each.media_type)
    told = {"from": partner.code, "digest": packet.digest, "way": packet.way.value}
    record(actor=packet.actor, kind=PacketEvent.ENTER, obj=document, new=told, label=document.level)
    answers.answer(document, _ARRIVED, "")
    return packet.became(Outcome.ENTERED, document)


def _describe(packet: _Packet, document: Document, partner: Correspondent, packet_id: str) -> None:
    received = packet.received
    Intake.objects.create(
        document=document, organ=packet.organ, sender_code=partner.code,
        sender=(received.content.sender.name or partner.name)[:NAME_LENGTH], packet_id=packet_id,
        digest=packet.digest, way=packet.way, oddities=[asdict(each) for each in received.oddities],
        signatures=[asdict(each) for each in received.signatures],
    )  # fmt: skip


def _partner(organ: Unit, sender: Party) -> Correspondent:
    found = Correspondent.objects.filter(organ=organ, code=sender.code, closed_at=None).first()
    if found is None:
        raise SenderUnknown(f"{sender.name} ({sender.code})".strip())
    return found


def _check(organ: Unit, letter: Letter) -> None:
    if letter.label.caveats or letter.label.level > packets().highest:
        raise LabelTooHigh(str(letter.label))
    if code_of(organ) not in {each.code for each in letter.receivers}:
        raise NotAddressed(", ".join(f"{each.name} ({each.code})".strip() for each in letter.receivers[:_SHOWN]))
    for each in letter.files:
        if not each.data:
            raise FileDamaged(each.name)


def _known(packet: _Packet) -> Entered | None:
    """Return what came of the same packet before; None where it did not come."""
    content = packet.received.content
    if not isinstance(content, Letter):
        return None
    found = (
        Intake.objects.select_related("document__organ")
        .filter(
            organ=packet.organ,
            sender_code=content.sender.code,
            packet_id=descriptions.id_of(content, packet.digest),
            digest=packet.digest,
        )
        .first()
    )
    return packet.became(Outcome.KNOWN, found.document) if found is not None else None
