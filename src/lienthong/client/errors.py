"""Why the gateway did not do what was asked, as an information system sees it."""

from lienthong.kernel.errors import LienthongError


class ClientError(LienthongError):
    """The gateway did not do what was asked."""


class GatewayUnreachable(ClientError):
    """The gateway does not answer."""

    code = "gateway_unreachable"
    hint = "Check its address, and whether it runs (GET /v1/status); what can be repeated was."


class AnswerInvalid(ClientError):
    """What came back is not an answer of a gateway, or not to what was asked."""

    code = "answer_not_understood"
    hint = "Check that nothing between here and the gateway changes requests or answers."


class Problem(ClientError):
    """The gateway says no."""

    def __init__(self, *, status: int, code: str, title: str, detail: str = "", hint: str = "") -> None:
        """Say what the gateway has said.

        Args:
            status: of HTTP.
            code: the stable reason, such as ``message_unknown``.
            title: what happened, in the language that was asked for.
            detail: where.
            hint: what to do.
        """
        super().__init__(detail, hint=hint or " ")
        self.status = status
        self.title = title
        self.detail = detail
        # The gateway's reason stands where that of every other error stands.
        vars(self).update(code=code, hint=hint)

    def __str__(self) -> str:
        """What the gateway said, in one line."""
        place = f": {self.detail}" if self.detail else ""
        return f"{self.title}{place}. {self.hint} [{self.code}]"


class Refused(Problem):
    """The exchange does not permit it (401, 403)."""


class NotFound(Problem):
    """There is no such thing for this information system (404)."""


class Conflict(Problem):
    """It does not fit what was said or done before (409, 422)."""


class Unavailable(Problem):
    """The gateway cannot do it now (429, 503, 504)."""


class CallFailed(Problem):
    """The exchange did not bring the call to its service, or the answer back."""


def kind_of(status: int) -> type[Problem]:
    """Return the class of a problem with this status."""
    match status:
        case 401 | 403:
            return Refused
        case 404:
            return NotFound
        case 409 | 422:
            return Conflict
        case 429 | 503 | 504:
            return Unavailable
        case _:
            return Problem
