"""What only the carrier itself can report; the rest is in ``exchange.errors``."""

from lienthong.exchange.errors import CarrierUnavailable, ExchangeError


class CarrierRefused(ExchangeError):
    """The carrier does not permit it to this site."""

    code = "carrier_refused"
    fault = "NetworkError"
    hint = "The credentials are for another site or branch, expired or were revoked: have them issued anew."


class CarrierFull(CarrierUnavailable):
    """The carrier has no room for more."""

    code = "carrier_full"
    hint = "What it holds stays; give the branch's stream more room, or wait until old contents have expired."


class NotStored(ExchangeError):
    """The carrier does not hold it, or no longer."""

    code = "not_stored"
    fault = "NetworkError"
    hint = "Its time is over or it was never put there; ask the sender to send it again."


class StreamMissing(ExchangeError):
    """The carrier has no such stream."""

    code = "stream_missing"
    fault = "NetworkError"
    hint = "Provision the branch on the carrier first."


class CredentialInvalid(ExchangeError):
    """The carrier credential cannot be used."""

    code = "credential_invalid"
    hint = "Have it issued anew; its file must be readable by its owner only (chmod 600)."
