"""Why the exchange did not do what was asked. Each error carries its X-Road type."""

from functools import cache
from typing import ClassVar

from lienthong.kernel.errors import LienthongError


class ExchangeError(LienthongError):
    """The exchange could not do what was asked."""

    # The X-Road error type behind ``Server.ClientProxy.`` or ``Server.ServerProxy.``.
    fault: ClassVar[str] = "InternalError"


class CarrierUnavailable(ExchangeError):
    """The carrier cannot be reached."""

    code = "carrier_unavailable"
    fault = "NetworkError"
    hint = "Check the connection to NATS (`lienthong doctor`); what was acknowledged is kept and sent later."


class CarrierTimeout(ExchangeError):
    """No answer came in time."""

    code = "timeout"
    fault = "NetworkError"
    hint = "Try again later; ask the providing organ whether its service answers."


class NoResponder(ExchangeError):
    """The other organ's gateway is not connected."""

    code = "no_responder"
    fault = "NetworkError"
    hint = "Try again later, or send a message: a mailbox waits for the receiver."


class DuplicateMessage(ExchangeError):
    """The carrier has seen this message before."""

    code = "duplicate_message"
    hint = "Someone may be replaying messages: look at the alarms with `lienthong evidence list --kind alarm`."


class PayloadTooLarge(ExchangeError):
    """The message is larger than the carrier takes."""

    code = "payload_too_large"
    hint = "Send large contents as parts."


class Refused(ExchangeError):
    """The exchange refused it."""

    fault = "AccessDenied"


class AccessDenied(Refused):
    """No grant allows this call."""

    code = "access_denied"
    hint = "Ask the owner of the service to grant this method and path to your information system."


class CallerUnknown(Refused):
    """The sender is not in the directory or not active."""

    code = "sender_unknown"
    fault = "UnknownMember"
    hint = "Check the identifier; a new organ or information system must be published in the directory first."


class ReceiverUnknown(Refused):
    """The receiver is not in the directory or not active."""

    code = "receiver_unknown"
    fault = "UnknownMember"
    hint = "Check the identifier with `lienthong directory show`."


class SecurityServerInvalid(Refused):
    """The provider is not at the gateway that the call shall go to."""

    code = "security_server_invalid"
    fault = "InvalidSecurityServer"
    hint = "Leave X-Road-Security-Server out, or name an organ at the provider's site and that site."


class AddressInvalid(Refused):
    """The sender's or the receiver's identifier is not in its one form."""

    code = "address_invalid"
    fault = "InvalidMessage"
    hint = "Write identifiers as docs/protocol.md says: every other form of the same name is refused."


class CallInvalid(Refused):
    """The method or the path is not one that HTTP can carry unchanged."""

    code = "call_invalid"
    fault = "InvalidMessage"
    hint = "Percent-encode blanks, controls, # and all that is not ASCII."


class ServiceUnknown(Refused):
    """There is no such service."""

    code = "service_unknown"
    fault = "UnknownService"
    hint = "List the services with GET /r1/…/listMethods."


class ServiceTypeInvalid(Refused):
    """Invalid service type: REST."""

    code = "service_type"
    fault = "ServiceType"
    hint = "Call the service by its own protocol."

    def __str__(self) -> str:
        """The words that X-Road's clients know, and nothing else."""
        return self.message


class ConnectionMismatch(Refused):
    """The connection does not belong to the sender."""

    code = "connection_mismatch"
    hint = "Call through the connection that is registered for this information system."


class LabelAboveCeiling(Refused):
    """The label lies above what the sender or the receiver may handle."""

    code = "label_above_ceiling"
    hint = "Lower the label if the content allows it, or have the organ's ceiling raised in the directory."


class PurposeMissing(Refused):
    """The purpose is missing or not one that was granted."""

    code = "purpose_not_granted"
    hint = "Name a granted purpose in the header X-Lienthong-Purpose."


class Expired(Refused):
    """It has expired."""

    code = "expired"
    fault = "MessageExpired"
    hint = "Send it again; if it is new, compare the clocks of both sides (`lienthong doctor`)."


class NotYet(Refused):
    """It comes from the future."""

    code = "from_the_future"
    fault = "MessageExpired"
    hint = "Compare the clocks of both sides (`lienthong doctor`)."


class TermTooLong(Refused):
    """It shall be valid for longer than the exchange remembers what it has received."""

    code = "term_too_long"
    fault = "InvalidMessage"
    hint = "Give a call an hour at most, a message 90 days."


class KeyTooWeak(Refused):
    """It was encrypted to a weaker key than its label, or that of the service, asks for."""

    code = "key_too_weak"
    hint = "From confidential upwards encrypt to the post-quantum key; refresh the directory."


class ReceiverKeyMissing(Refused):
    """The receiver has no key that this could be encrypted to."""

    code = "receiver_key_missing"
    fault = "UnknownMember"
    hint = "The receiving organ must publish a wrapping key in the directory first."


class Replayed(Refused):
    """It has been received before."""

    code = "replayed"
    fault = "MessageReplayed"
    hint = "Nothing is lost: the first one counted. If you did not repeat it, look at the alarms."


class Misdirected(Refused):
    """It is addressed to someone else."""

    code = "misdirected"
    fault = "InvalidMessage"
    hint = "Someone passed on what was not theirs: look at the alarms with `lienthong evidence list --kind alarm`."


class DirectoryStale(Refused):
    """The directory is too old to decide by."""

    code = "directory_stale"
    fault = "OutdatedGlobalConf"
    hint = "Reconnect the gateway to the centre so that it can fetch the directory (`lienthong doctor`)."


class LimitExceeded(Refused):
    """Too much at once or in too short a time."""

    code = "limit_exceeded"
    fault = "LimitExceeded"
    hint = "Wait a second and call again, less at once; the gateway's operator can raise [limits]."


class Malformed(ExchangeError):
    """What came is not well formed."""

    code = "malformed"
    fault = "InvalidMessage"
    hint = "Compare it with docs/protocol.md."


class RequestInvalid(ExchangeError):
    """The request is not well formed."""

    code = "bad_request"
    fault = "BadRequest"
    hint = "Compare it with the X-Road REST protocol; the detail says what is missing."


class BodyTooLarge(RequestInvalid):
    """The body is larger than this gateway takes."""

    code = "content_too_large"
    hint = "Send less at once, or have the gateway's operator raise `largest` in [bodies]."


class AnswerInvalid(ExchangeError):
    """The answer does not belong to the request."""

    code = "answer_invalid"
    fault = "InconsistentResponse"
    hint = "The answer was thrown away; the journal holds it as an alarm."


class BackendUnavailable(ExchangeError):
    """The service behind the gateway does not answer."""

    code = "service_failed"
    fault = "ServiceFailed"
    hint = "Ask the providing organ whether its service runs and whether its URL is right."


class DescriptionUnreadable(ExchangeError):
    """Failed reading service description from."""

    code = "description_unreadable"
    hint = "Ask the providing organ to look at its gateway's log."

    def __str__(self) -> str:
        """The words that X-Road's clients know; where the description lies inside the organ is nobody's business."""
        return f"{self.message} {self.where}. {self.advice}"


class StorageFailed(ExchangeError):
    """A content cannot be kept or read on this machine."""

    code = "storage_failed"
    hint = "Free disk space and check the file system; what was acknowledged is delivered afterwards."


class SpoolFull(ExchangeError):
    """There is no room for another large body."""

    code = "spool_full"
    hint = "Try again when others are through, or raise the limits in [bodies] of the gateway's configuration."


class BodyGone(ExchangeError):
    """The other side no longer holds the body."""

    code = "not_held"
    fault = "NetworkError"
    hint = "A gateway was restarted, or the call had ended: call again."


class MessageUnknown(ExchangeError):
    """There is no such message in the mailbox."""

    code = "message_unknown"
    hint = "List the mailbox to see what is there."


class MessageRecalled(ExchangeError):
    """Its sender has taken the message back."""

    code = "message_recalled"
    hint = "It must not be acted on; the evidence that it came and was taken back is kept."


class ContentGone(ExchangeError):
    """The content is kept here no more."""

    code = "content_gone"
    hint = "Large contents go some time after their message was accepted or refused; its sender may have it still."


class MessageHeld(ExchangeError):
    """An earlier message of the conversation has not come yet."""

    code = "message_held"
    hint = "Wait: it is handed over when the earlier one is there or the time to wait for it is over."


class NobodyAddressed(ExchangeError):
    """The address names nobody."""

    code = "nobody_addressed"
    fault = "UnknownMember"
    hint = "Look up groups and organs with `lienthong directory show`."


class UploadUnknown(ExchangeError):
    """There is no such upload."""

    code = "upload_unknown"
    hint = "Begin a new one; those that nobody goes on with are dropped after a while."


class UploadConflict(ExchangeError):
    """The upload is not where this piece would go on."""

    code = "upload_conflict"
    hint = "Ask for the upload's offset and send from there on."


class UploadInvalid(ExchangeError):
    """What was uploaded is not what was announced."""

    code = "upload_invalid"
    hint = "Begin a new upload with the size and digest of the content."


class RangeInvalid(ExchangeError):
    """The range does not lie within the content."""

    code = "range_invalid"
    hint = "The header says how large the content is; ranges count from 0, their end is exclusive."


class RemoteError(ExchangeError):
    """The other side refused the call."""

    code = "refused_by_provider"

    def __init__(self, code: str, text: str) -> None:
        """Carry on what the provider's gateway said.

        Args:
            code: the machine-readable reason.
            text: the message, for the caller.
        """
        super().__init__(text)
        self.remote_code = code

    def __str__(self) -> str:
        """What the other side said: it already says what to do."""
        return self.where


def fault_of(code: str) -> str:
    """Return the X-Road fault of a reason code, such as ``AccessDenied``; unknown ones are internal."""
    return _faults().get(code, ExchangeError.fault)


@cache
def _faults() -> dict[str, str]:
    # Asked for only once all modules are imported: the carrier's errors stand in one of their own.
    # A class without a code of its own, such as Refused, must not speak for its parent's.
    return {error.code: error.fault for error in _all(ExchangeError) if "code" in vars(error)}


def _all(parent: type[ExchangeError]) -> list[type[ExchangeError]]:
    return [parent, *(error for child in parent.__subclasses__() for error in _all(child))]
