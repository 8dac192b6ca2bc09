"""What can be wrong with a signature that is to be made, or with what one is to be judged by."""

from lienthong.kernel.errors import BadInput, LienthongError


class ExtraMissing(LienthongError):
    """What reads and signs PDF files is not installed."""

    code = "extra_missing"
    hint = "Install lienthong with its extra: lienthong[signatures]."


class AnchorInvalid(BadInput):
    """What is to be trusted is no certificate."""

    code = "anchor_invalid"
    hint = "Name files with certificates, PEM or DER, of the authorities that are trusted."


class RevocationInvalid(BadInput):
    """What is offered is neither a revocation list nor an OCSP response."""

    code = "revocation_invalid"
    hint = "Name files with revocation lists (PEM or DER) or OCSP responses (DER)."


class SignerInvalid(BadInput):
    """The certificate or its key cannot be used to sign."""

    code = "signer_invalid"
    hint = "Check the file or token, the passphrase, and that key and certificate belong together."


class StampInvalid(BadInput):
    """The stamp cannot be placed."""

    code = "stamp_invalid"
    hint = "Give a page of the file and a rectangle within it, large enough for the text."


class SigningFailed(LienthongError):
    """The file was not signed."""

    code = "signing_failed"
    hint = "The file is as it was; correct what is named and sign again."


class TimestampFailed(LienthongError):
    """The timestamp authority did not stamp the signature."""

    code = "signing_timestamp_failed"
    hint = "Check its address and whether this machine reaches it, or sign without a timestamp."


class MarkingFailed(LienthongError):
    """The PDF cannot be marked with its reader's name."""

    code = "marking_failed"
    hint = "Have it brought again as a PDF that is whole and not protected by a password."
