"""Why a container cannot be handed out, or does not hold."""

from lienthong.exchange.errors import ExchangeError, RequestInvalid
from lienthong.kernel.errors import LienthongError
from lienthong.trust.errors import EvidenceInvalid


class RecordsUnknown(RequestInvalid):
    """No signed documents found."""

    code = "records_unknown"
    fault = "NotFound"
    hint = "Check queryId and client, and for how long this gateway keeps contents (`archive` in its configuration)."


class SeveralRecords(RequestInvalid):
    """Several exchanges have this queryId."""

    code = "several_records"
    fault = "BadRequest"
    hint = "Leave out `unique` to get all of them in one ZIP file."


class StampFailed(ExchangeError):
    """The timestamp authority does not vouch for the time."""

    code = "timestamp_failed"
    hint = "Check `tsa` and `tsa-certificates` in the gateway's configuration, and ask the authority."


class ContainerRefused(ExchangeError):
    """What was kept is not what was sealed."""

    code = "container_refused"
    hint = "The archive was altered: keep it, and compare with the other side."


class SigningKeyInvalid(LienthongError):
    """The key that signs containers cannot be used."""

    code = "signing_key_invalid"
    hint = "Check `certificate` and `key` under [asic]: PEM, the key P-256 or RSA, and readable by its owner only."


class ContainerInvalid(EvidenceInvalid):
    """The container is not one, or was altered."""

    code = "container_invalid"
    hint = "Keep it and ask for the container again."


class SignatureInvalid(EvidenceInvalid):
    """The signature does not fit what it signs."""

    code = "signature_invalid"
    hint = "Keep it and ask for it again."
