"""What can be wrong with a key, a seal, an envelope or the journal."""

from lienthong.kernel.errors import LienthongError


class TrustError(LienthongError):
    """Something sealed, encrypted or recorded does not hold."""

    code = "not_trusted"
    hint = "Do not use the content; ask the sender to send it again."


class KeyUnknown(TrustError):
    """The key is not in the directory."""

    code = "key_unknown"
    hint = "Refresh the directory; if the key is new, its organ must publish it first."


class KeyNotValid(TrustError):
    """The key was not valid at that time."""

    code = "key_not_valid"
    hint = "The organ must seal with its current key; see `lienthong directory show`."


class SealInvalid(TrustError):
    """The seal does not fit what it seals."""

    code = "seal_invalid"


class EnvelopeInvalid(TrustError):
    """The envelope cannot be opened."""

    code = "envelope_invalid"
    hint = "It was altered, cut short or encrypted to another key; ask the sender to send it again."


class DigestMismatch(TrustError):
    """The content does not match the digest that was sealed."""

    code = "digest_mismatch"


class StoredInvalid(TrustError):
    """The stored file is not the one that was written."""

    code = "stored_invalid"
    hint = "Restore it from a backup."


class KeyStoreError(LienthongError):
    """The key store cannot be used."""

    code = "key_store"
    hint = "Check the path and the passphrase."


class PinRefused(KeyStoreError):
    """The token refuses the PIN."""

    code = "pin_refused"
    hint = "Check the PIN before trying again: tokens lock themselves after a few wrong ones."


class JournalError(LienthongError):
    """The journal of evidence cannot be written."""

    code = "journal_unavailable"
    hint = "Free disk space and check the file system; nothing is exchanged without evidence."


class EvidenceInvalid(TrustError):
    """The evidence does not hold."""

    code = "evidence_invalid"
    hint = "Keep both copies and tell the organ that runs the gateway."
