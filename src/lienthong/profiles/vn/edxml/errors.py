"""What is wrong with a packet that cannot be read or written."""

from lienthong.kernel.errors import BadInput


class PacketError(BadInput):
    """The edXML packet is not usable."""

    code = "edxml_invalid"
    hint = "Ask the sender for the packet anew."

    def __init__(self, where: str = "", *, line: int = 0, hint: str = "") -> None:
        """Build the error.

        Args:
            where: what is wrong, without the file.
            line: in the file, from 1; 0 where no line is to blame.
            hint: a more fitting advice than the class's own.
        """
        self.line = line
        self.cause = where
        super().__init__(f"line {line}: {where}" if line else where, hint=hint)

    def of_file(self, name: str) -> "PacketError":
        """Return the same error with the file that it is about: ``name:line: cause``."""
        error = type(self)(self.cause, line=self.line, hint=self.advice)
        place = f"{name}:{self.line}" if self.line else name
        BadInput.__init__(error, f"{place}: {self.cause}" if self.cause else place, hint=self.advice)
        return error


class PacketUnreadable(PacketError):
    """The edXML packet cannot be read."""

    code = "edxml_unreadable"


class PacketMalformed(PacketUnreadable):
    """The edXML packet is not well-formed XML."""

    code = "edxml_malformed"


class PacketEncoding(PacketUnreadable):
    """The text of the edXML packet is in no encoding that can be told."""

    code = "edxml_encoding"
    hint = "Ask the sender for the packet in UTF-8."


class PacketForbidden(PacketUnreadable):
    """The edXML packet has a document type or entities, which are never read."""

    code = "edxml_forbidden"
    hint = "Honest packets have none: tell the sender, and whoever watches over security."


class PacketTooLarge(PacketUnreadable):
    """The edXML packet goes beyond what is read."""

    code = "edxml_too_large"
    hint = "Ask the sender to split it; docs/edxml.md lists the limits."


class PacketUnknown(PacketUnreadable):
    """The file is no edXML packet."""

    code = "edxml_unknown"
    hint = "It may be another kind of file; look at it, or ask the sender."


class PacketIncomplete(PacketError):
    """The edXML packet cannot be written as the format wants it."""

    code = "edxml_incomplete"
    hint = "Complete or correct the description; docs/edxml.md says what is needed."


class MustBeSealed(PacketError):
    """The edXML packet is classified and only leaves in an encrypted envelope."""

    code = "edxml_must_be_sealed"
    hint = "Send it through the exchange; nothing was written."


class SigningKeyUnusable(PacketError):
    """The key to sign edXML packets with cannot be used."""

    code = "edxml_signing_key_unusable"
    hint = (
        "Give a PKCS #12 file, or a certificate and its key in PEM (RSA from 2048 bits, or ECDSA), for its owner only."
    )


class NotExtracted(PacketError):
    """The attachments could not be written."""

    code = "edxml_not_extracted"
    hint = "Name a folder that may be written, with room in it."
