"""Why a packet is not taken, or not made, in words for whoever brought or wants it."""

from typing import Final

from django.conf import settings
from django.utils.translation import get_language, gettext, gettext_noop

from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import catalogue_of
from lienthong.office.core.errors import Conflict, Invalid

_TAG: Final = 2
WRONG_CODE: Final = gettext_noop("Write the agency code as groups of digits and capital letters, such as H37.DN.001.")
"""Where something else was typed."""


class FormatUnknown(Invalid):
    """No packets are known here in which documents could travel."""

    code = "packets_unknown"
    hint = "The profile of this office has none; send and take documents through the exchange."


class PacketUnreadable(Invalid):
    """The packet cannot be read."""

    code = "packet_unreadable"
    hint = "Nothing of it was kept. Ask its sender for it anew."


class PacketUnwritable(Invalid):
    """The packet cannot be made."""

    code = "packet_unwritable"
    hint = "Complete what is missing, and try again."


class SenderUnknown(Invalid):
    """The packet comes from an organ with which yours exchanges no packets."""

    code = "packet_sender_unknown"
    hint = (
        "Nothing of it was kept. Have your administrator enter the organ under “How we work” first, if it is a partner."
    )


class NotAddressed(Invalid):
    """The packet is not addressed to this organ."""

    code = "packet_not_addressed"
    hint = "Nothing of it was kept. Give it back to its sender, who may have mixed up two organs."


class LabelTooHigh(Invalid):
    """What is labelled so does not travel as a packet, which nobody has encrypted."""

    code = "packet_label_too_high"
    hint = "From confidential up documents leave and arrive through the exchange, or on paper."


class FileDamaged(Invalid):
    """A file in the packet is empty or damaged."""

    code = "packet_file_damaged"
    hint = "Nothing of the packet was kept. Ask its sender for it anew."


class NotSent(Invalid):
    """The packet tells of a document that was not sent to its sender, or did not come from it."""

    code = "packet_about_nothing"
    hint = "Nothing of it was kept. Compare number and date with the register, and ask the sender."


class StatusUnknown(Invalid):
    """The packet tells a state that is not known."""

    code = "packet_status_unknown"
    hint = "Nothing of it was kept. Ask its sender what it means."


class OrganUncoded(Invalid):
    """This organ has no agency code under which others know it."""

    code = "packet_organ_uncoded"
    hint = "Have your administrator enter it under “How we work”, at notation and place."


class BeingEntered(Conflict):
    """This very packet is being entered now."""

    code = "packet_being_entered"
    hint = "Look into the list of what is to be registered in a moment."


def meaning(text: str) -> str:
    """Return a text of the floors below, which have a catalogue of their own, in the reader's language."""
    language = (get_language() or settings.LANGUAGE_CODE)[:_TAG]
    return catalogue_of(language).gettext(text) if text else ""


def unreadable(error: LienthongError) -> PacketUnreadable:
    """Return in the office's words why a packet cannot be read."""
    return PacketUnreadable(_cause(error), hint=meaning(error.advice))


def unwritable(error: LienthongError) -> PacketUnwritable:
    """Return in the office's words why a packet cannot be made."""
    return PacketUnwritable(_cause(error))


def explained(error: LienthongError) -> str:
    """Return what happened, where, and what to do, in the reader's language."""
    place = f": {error.where}" if error.where else ""
    return f"{gettext(error.message)}{place}. {gettext(error.advice)}"


def _cause(error: LienthongError) -> str:
    return " – ".join(filter(None, (meaning(error.message), error.where)))
