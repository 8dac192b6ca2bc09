"""What the API refuses before anything of an application is asked."""

from lienthong.office.core.errors import Forbidden, OfficeError


class TokenMissing(OfficeError):
    """A token is needed here."""

    code = "token_missing"
    hint = "Send it as “Authorization: Bearer lt_…”; make one on the page “API tokens” of your account."


class TokenRefused(OfficeError):
    """This token does not open anything."""

    code = "token_refused"
    hint = "It is unknown, expired or withdrawn, or whoever it stands for may no longer act; make a new one."


class ScopeMissing(Forbidden):
    """The token was not made for this."""

    code = "scope_missing"
    hint = "Make a token with the scope that is named here."


class AddressUnknown(OfficeError):
    """There is nothing at this address."""

    code = "address_unknown"
    hint = "Compare the address with /api/v1/openapi.json."


class MethodRefused(OfficeError):
    """This address does not answer to this method."""

    code = "method_not_allowed"
    hint = "Use one of the methods in the header Allow."


class BodyInvalid(OfficeError):
    """The body is not JSON."""

    code = "body_invalid"
    hint = "Send JSON (RFC 8259) in UTF-8."


class BodyTooLarge(OfficeError):
    """The body is too large."""

    code = "body_too_large"
    hint = "Send less at once."


class RangeUnsatisfied(OfficeError):
    """The file does not go that far."""

    code = "range_unsatisfied"
    hint = "Ask for a range within the size that the header Content-Range tells."


class MediaTypeInvalid(OfficeError):
    """The body has a type that is not understood here."""

    code = "media_type_invalid"
    hint = "Send Content-Type: application/json."


class FieldsInvalid(OfficeError):
    """Some of what was sent does not fit."""

    code = "fields_invalid"
    hint = "Correct the fields that are named in “errors”."


class TooMany(OfficeError):
    """This token has asked too often."""

    code = "too_many"
    hint = "Wait as many seconds as the header Retry-After says."


class Unforeseen(OfficeError):
    """Something went wrong inside the office."""

    code = "internal_error"
    hint = "Try again later; if it stays, tell the operator the number in “instance”."
