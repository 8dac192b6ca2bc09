"""What can be wrong before evidence is even looked at, and what only judging finds."""

from lienthong.kernel.errors import BadInput, LienthongError
from lienthong.trust.errors import EvidenceInvalid, KeyUnknown


class EvidenceMissing(LienthongError):
    """There is no evidence at this place."""

    code = "evidence_missing"
    hint = "Name a gateway's state folder, a journal, or an exported record."


class EvidenceUnreadable(LienthongError):
    """The evidence cannot be read."""

    code = "evidence_unreadable"
    hint = "Check who may read it and whether it is whole; `lienthong evidence verify` says more about a journal."


class RootInvalid(BadInput):
    """The trusted root cannot be used."""

    code = "root_invalid"
    hint = "Name root metadata of the directory with --root; the centre hands it out."


class WitnessInvalid(BadInput):
    """The witness is not a checkpoint."""

    code = "witness_invalid"
    hint = "Name a checkpoint that another site kept, or a record exported from the same journal."


class RecordInvalid(EvidenceInvalid):
    """The exported record is not one, or was altered."""

    code = "record_invalid"
    hint = "Keep it and ask for the record again."


class KeyNotOwned(KeyUnknown):
    """The key belongs to someone other than the sender."""

    code = "key_not_owned"
    hint = "Someone sealed in another's name: keep the evidence and tell both organs."
