"""What only this face has to say."""

from lienthong.exchange.errors import ExchangeError, Refused
from lienthong.kernel.errors import BadInput


class CallerMissing(Refused):
    """The request does not say which information system it comes from."""

    code = "caller_missing"
    fault = "BadRequest"
    hint = "Send the header X-Road-Client once, with the identifier of your information system."


class InputInvalid(BadInput):
    """The request has a field or a value that is not allowed."""

    code = "input_invalid"
    hint = "Compare it with /v1/openapi.json; the detail names the field."


class MediaTypeInvalid(BadInput):
    """The body is of another media type than this address takes."""

    code = "media_type_invalid"
    hint = "Send the header Content-Type that /v1/openapi.json names."


class BodyTooLarge(BadInput):
    """The body is larger than this address takes."""

    code = "body_too_large"
    hint = "Upload large contents in pieces (POST /v1/uploads) and name the upload in the message."


class AddressUnknown(BadInput):
    """There is nothing at this address."""

    code = "address_unknown"
    hint = "See /v1/openapi.json for what there is."


class MethodNotAllowed(BadInput):
    """This address does not take that method."""

    code = "method_not_allowed"
    hint = "See /v1/openapi.json for the methods of each address."


class Interrupted(ExchangeError):
    """The connection was closed in the middle of the request."""

    code = "request_interrupted"
    hint = "Send the request again, with the same Idempotency-Key if it had one."


class TooMany(ExchangeError):
    """Too many requests of this organ are waiting for something to happen."""

    code = "too_many_waiting"
    hint = "Close streams and long polls that nobody reads; one stream of events is enough for an organ."


class AlreadyDecided(ExchangeError):
    """The message was accepted or refused before, and differently."""

    code = "already_decided"
    hint = "A decision is final; send the sender a message of your own if it was wrong."


class KeyReused(BadInput):
    """The Idempotency-Key belongs to another request."""

    code = "idempotency_key_reused"
    hint = "Make a new key for every request that is not a repetition."


class NobodyReached(Refused):
    """The message may be sent to none of its receivers."""

    code = "nobody_reached"
    hint = "The member refused names the reason for each of them."

    def __init__(self, refused: dict[str, str]) -> None:
        """Say of whom the codes are.

        Args:
            refused: receivers and the codes of the reasons.
        """
        super().__init__(", ".join(sorted(set(refused.values()))))
        self.refused = refused


class ReceiptNotYet(ExchangeError):
    """No checkpoint covers the entry yet."""

    code = "receipt_not_yet"
    hint = "Ask again in a minute: the gateway signs the head of its journal once a minute."
