"""Errors whose text says what happened, where, and what to do next."""

from typing import ClassVar, Final

MAX_WHERE: Final = 1000
"""Characters of what an error quotes: what strangers send must not fill a log."""


def quoted(text: str) -> str:
    """Return a text as it may stand in one line of a log: what does not print is escaped, what is too long is cut."""
    if len(text) > MAX_WHERE:
        text = text[:MAX_WHERE] + "…"
    return text if text.isprintable() else "".join([c if c.isprintable() else ascii(c)[1:-1] for c in text])


class LienthongError(Exception):
    """Something went wrong in the exchange."""

    # The machine-readable reason: stable, written to the journal and the log, never translated.
    code: ClassVar[str] = "internal_error"
    # What the reader can do about it.
    hint: ClassVar[str] = "Look for this message in the gateway's log and report it."

    def __init__(self, where: str = "", *, hint: str = "") -> None:
        """Build the error from its class's docstring.

        Args:
            where: what the error is about (an identifier, a file and line, a digest). Never a secret. It may quote what
                a stranger has sent: it is made fit for a log here (``quoted``).
            hint: a more fitting advice than the class's own.
        """
        self.where = quoted(where)
        self.advice = hint or self.hint
        super().__init__(self.where)

    @property
    def message(self) -> str:
        """What happened, in one sentence: the first line of the class's docstring."""
        return (type(self).__doc__ or type(self).__name__).partition("\n")[0].rstrip(".")

    def __str__(self) -> str:
        """Message, place and advice in one line."""
        place = f": {self.where}" if self.where else ""
        return f"{self.message}{place}. {self.advice}".rstrip()


class BadInput(LienthongError):
    """The input is not well formed."""

    code = "bad_input"
    hint = "Compare it with docs/protocol.md."


class IdentifierInvalid(BadInput):
    """The identifier is not well formed."""

    code = "identifier_invalid"
    hint = "Write INSTANCE/CLASS/MEMBER[/SUBSYSTEM[/SERVICE]], each part percent-encoded."


class AgencyCodeInvalid(BadInput):
    """The agency code is not well formed."""

    code = "agency_code_invalid"
    hint = "Write groups of 0-9 and A-Z separated by dots, at most 35 characters, such as H37.DN.001."


class LabelInvalid(BadInput):
    """The label is not known."""

    code = "label_invalid"
    hint = "Use public, internal, confidential, secret or top-secret, with caveats after a slash."


class CborInvalid(BadInput):
    """The data are not deterministic CBOR within the limits."""

    code = "cbor_invalid"
    hint = "Encode as RFC 8949 section 4.2.1 says: shortest forms, sorted keys, definite lengths."
