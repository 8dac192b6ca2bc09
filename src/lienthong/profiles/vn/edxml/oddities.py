"""What is odd about a packet that can be read all the same: a code, a place, and what was found."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from lienthong.kernel.errors import quoted
from lienthong.kernel.i18n import later

MAX_FOUND: Final = 200
"""Oddities that are kept of one packet; more of them say nothing new."""
_MAX_DETAIL: Final = 200


class Oddity(StrEnum):
    """The codes. They are stable: programs may act on them."""

    ENCODING = "encoding"
    ENCODING_WRONG = "encoding-wrong"
    BLANK_START = "blank-start"
    ROOT = "root"
    NAMESPACE = "namespace"
    SPELLING = "spelling"
    ORDER = "order"
    UNKNOWN_ELEMENT = "unknown-element"
    REPEATED = "repeated"
    MISSING = "missing"
    AGENCY_CODE = "agency-code"
    DATE_FORM = "date-form"
    DATE_UNREADABLE = "date-unreadable"
    NUMBER_UNREADABLE = "number-unreadable"
    VALUE_UNKNOWN = "value-unknown"
    DOCUMENT_ID = "document-id"
    LABEL_UNKNOWN = "label-unknown"
    LABEL_IN_PLAIN = "label-in-plain"
    ERRORS = "errors"
    REFERENCE_MISSING = "reference-missing"
    REFERENCE_DIFFERS = "reference-differs"
    ATTACHMENT_MISSING = "attachment-missing"
    CONTENT_ID_REPEATED = "content-id-repeated"
    BASE64 = "base64"
    ZIPPED = "zipped"
    ZIPPED_UNDECLARED = "zipped-undeclared"
    ZIP_NAME = "zip-name"
    ZIP_KEPT = "zip-kept"
    TYPE_DIFFERS = "type-differs"
    NAME_UNSAFE = "name-unsafe"
    NAME_NOT_NFC = "name-not-nfc"
    NAME_CONFUSABLE = "name-confusable"
    NAME_REPEATED = "name-repeated"
    NESTED = "nested"
    NESTED_UNREADABLE = "nested-unreadable"
    NESTED_TOO_DEEP = "nested-too-deep"
    SIGNATURE_FOREIGN = "signature-foreign"
    SIGNATURE_EMPTY = "signature-empty"
    SIGNATURE_WEAK = "signature-weak"
    SIGNATURE_BROKEN = "signature-broken"
    SIGNATURE_PARTIAL = "signature-partial"
    SIGNATURE_UNCHECKED = "signature-unchecked"


MEANINGS: Final[Mapping[Oddity, str]] = MappingProxyType(
    {
        Oddity.ENCODING: later("The text is not in UTF-8."),
        Oddity.ENCODING_WRONG: later("The text is in another encoding than it says."),
        Oddity.BLANK_START: later("There are blanks before the XML declaration."),
        Oddity.ROOT: later("The outermost element is another one."),
        Oddity.NAMESPACE: later("Elements are in another namespace, or in none."),
        Oddity.SPELLING: later("The name of the element is spelt as English would, not as the format does."),
        Oddity.ORDER: later("The elements are in another order."),
        Oddity.UNKNOWN_ELEMENT: later("The format has no such element here; it was left out."),
        Oddity.REPEATED: later("The element is there several times; the first one counts."),
        Oddity.MISSING: later("Something the format asks for is missing or empty."),
        Oddity.AGENCY_CODE: later("The agency code is not well formed; it was kept as it is."),
        Oddity.DATE_FORM: later("The date is written in another form."),
        Oddity.DATE_UNREADABLE: later("The date cannot be read; it was left out."),
        Oddity.NUMBER_UNREADABLE: later("The number cannot be read; it was left out."),
        Oddity.VALUE_UNKNOWN: later("The code has no meaning here; it was left out."),
        Oddity.DOCUMENT_ID: later("The document's id is neither a UUID nor made of organ, date and number."),
        Oddity.LABEL_UNKNOWN: later("The label is not known; it is taken for top secret."),
        Oddity.LABEL_IN_PLAIN: later("The packet is classified; it must not have come in plain."),
        Oddity.ERRORS: later("The packet reports errors."),
        Oddity.REFERENCE_MISSING: later("The attachment is not in the manifest."),
        Oddity.REFERENCE_DIFFERS: later("The manifest says something else about the attachment."),
        Oddity.ATTACHMENT_MISSING: later("The manifest names an attachment that is not there."),
        Oddity.CONTENT_ID_REPEATED: later("Several attachments have the same id."),
        Oddity.BASE64: later("The base64 is damaged; the attachment is empty or may be incomplete."),
        Oddity.ZIPPED: later("The attachment came in a ZIP file, declared as such; it was unpacked."),
        Oddity.ZIPPED_UNDECLARED: later(
            "The attachment came in a ZIP file that is declared as something else; it was unpacked."
        ),
        Oddity.ZIP_NAME: later("The file in the ZIP file has another name than the attachment."),
        Oddity.ZIP_KEPT: later("The attachment is a ZIP file that was not unpacked."),
        Oddity.TYPE_DIFFERS: later("The attachment is not of the type that it is declared as."),
        Oddity.NAME_UNSAFE: later("The attachment's name is not safe as a name of a file; another one is used."),
        Oddity.NAME_NOT_NFC: later("The attachment's name is not in the usual Unicode form (NFC)."),
        Oddity.NAME_CONFUSABLE: later("The attachment's name mixes letters of alphabets that look alike."),
        Oddity.NAME_REPEATED: later("Several attachments have the same name, or names that look the same."),
        Oddity.NESTED: later("The attachment is an edXML packet itself."),
        Oddity.NESTED_UNREADABLE: later("The attachment looks like an edXML packet but cannot be read as one."),
        Oddity.NESTED_TOO_DEEP: later("Packets are in packets too deeply; the innermost were not looked into."),
        Oddity.SIGNATURE_FOREIGN: later(
            "The signature is not in the namespace of XML signatures and cannot be checked."
        ),
        Oddity.SIGNATURE_EMPTY: later("There is an element for a signature, and nothing in it."),
        Oddity.SIGNATURE_WEAK: later("The signature rests on an algorithm that is broken, such as SHA-1."),
        Oddity.SIGNATURE_BROKEN: later("The signature does not fit the packet: one of the two was changed."),
        Oddity.SIGNATURE_PARTIAL: later("The signature covers only a part of the packet."),
        Oddity.SIGNATURE_UNCHECKED: later("The signature could not be checked."),
    }
)
"""What each code means, in English, to be translated where it is shown."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One oddity."""

    code: Oddity
    # Element names from the outside in, separated by slashes; or the attachment, by its number from 1.
    place: str
    # In the text, from 1; 0 where no line is to blame.
    line: int = 0
    # What was found there, fit for one line of a log.
    detail: str = ""


class Notes:
    """Collects oddities: each once for a place, and no more than ``MAX_FOUND``."""

    def __init__(self) -> None:
        self._found: dict[tuple[Oddity, str, int], Finding] = {}

    def add(self, code: Oddity, place: str, *, line: int = 0, detail: str = "") -> None:
        """Note an oddity."""
        key = (code, place, line)
        if key not in self._found and len(self._found) < MAX_FOUND:
            text = quoted(detail[:_MAX_DETAIL]) + ("…" if len(detail) > _MAX_DETAIL else "")
            self._found[key] = Finding(code=code, place=quoted(place[:_MAX_DETAIL]), line=line, detail=text)

    @property
    def found(self) -> tuple[Finding, ...]:
        """What was noted, by line."""
        return tuple(sorted(self._found.values(), key=lambda each: (each.line, each.place, each.code)))
