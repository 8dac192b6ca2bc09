"""What an action refuses, in words for whoever asked."""

from lienthong.kernel.errors import LienthongError


class OfficeError(LienthongError):
    """The office could not do that."""

    code = "office_error"
    hint = "Go back and try again; if it stays, tell your administrator."


class Forbidden(OfficeError):
    """You may not do this."""

    code = "forbidden"
    hint = "Check which position you act in, or ask your administrator."


class NotFound(OfficeError):
    """There is no such thing, or you may not see it."""

    code = "not_found"
    hint = "Check the address, or ask your administrator."


class Invalid(OfficeError):
    """This cannot be done as given."""

    code = "invalid"
    hint = "Correct what is marked and try again."


class Conflict(OfficeError):
    """Somebody else changed this meanwhile."""

    code = "conflict"
    hint = "Look at what it is now, and repeat your change if it is still wanted."
