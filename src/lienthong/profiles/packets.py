"""Packets in which organs without this platform exchange documents, whatever a country's format of them is.

An office reads and writes these values; the format behind them belongs to the profile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from lienthong.kernel.labels import Label, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An organ as a packet names it."""

    # In the form of ``PacketFormat.code`` where it is well formed.
    code: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A document that is spoken of. What is empty is not known."""

    # Of the organ that issued it.
    organ: str = ""
    number: str = ""
    dated: date | None = None
    # In the form of ``PacketFormat.same_id``.
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file in a packet."""

    # As the packet has it: not safe for anything.
    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A document on its way."""

    sender: Party
    receivers: tuple[Party, ...]
    # In the form of ``PacketFormat.same_id``.
    id: str
    label: Label
    # What its type is called in the country's language.
    type: str
    subject: str
    # As on the paper: ``384-QĐ/TW``.
    number: str
    dated: date | None
    # Slug of the profile.
    urgency: str
    place: str = ""
    signer: str = ""
    due: date | None = None
    pages: int | None = None
    copies: int | None = None
    note: str = ""
    answers: tuple[Reference, ...] = ()
    replaces: tuple[Reference, ...] = ()
    # Numbers of documents it rests on.
    based_on: tuple[str, ...] = ()
    # When the packet was made.
    at: datetime | None = None
    # The main file first.
    files: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What became of a document: at its receiver, or, where its sender asks for it back, at its sender."""

    sender: Party
    about: Reference
    # Of edXML's status packets: two digits, empty where the packet's was not known.
    code: str
    note: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """Something in a packet that is not as the format wants it."""

    # Stable.
    code: str
    # In English, of the catalogue of ``lienthong.kernel.i18n``.
    text: str
    # Where, and what was found there: fit for one line.
    place: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signature of a packet. Whose the certificate is, nobody has checked."""

    # intact, broken or unchecked.
    verdict: str
    # It covers the whole packet.
    whole: bool
    # As the certificate, or the signature, says.
    subject: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A packet that was read."""

    content: Letter | News
    oddities: tuple[Oddity, ...] = ()
    signatures: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketFormat:
    """How a country's organs write packets."""

    # As people call it, and the end of its files' names without the dot.
    name: str
    suffix: str
    media_type: str
    # Bytes of a packet.
    largest: int
    # Bytes of all files that fit into one packet.
    room: int
    # Up to which level documents may travel so, unencrypted.
    highest: Level
    # How the text of a packet ends, in ASCII, so that one that is half written is told from a whole one.
    end: bytes
    # An organ's code in the form in which codes are compared; AgencyCodeInvalid.
    code: Callable[[str], str]
    # A document's id in the form in which ids are compared; whatever is no id stays as it is.
    same_id: Callable[[str], str]
    # The id of a document: of the organ's code, date and number.
    id_of: Callable[[str, date, str], str]
    # Bounded in everything; BadInput where it cannot be read.
    read: Callable[[bytes], Received]
    # Always the same bytes of the same value; BadInput where something is missing, or it may not leave so.
    write: Callable[[Letter | News], bytes]
