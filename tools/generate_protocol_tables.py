"""Write the tables of docs/protocol.md from the code, so that they cannot say something else."""

import importlib
import re
from collections.abc import Callable, Iterable, Mapping
from copy import replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from msgspec.structs import fields

from lienthong.exchange import asks, http, packet, policy, sessions
from lienthong.exchange.alarms import ALARMS
from lienthong.exchange.errors import ExchangeError
from lienthong.exchange.mail import bag, conversation, ordering, sender, uploads, wraps
from lienthong.exchange.mail import bundle as mail_bundle
from lienthong.exchange.topics import block, epochs, event, keys, publisher
from lienthong.kernel import cbor, identifiers
from lienthong.kernel.clock import DAY, HOUR, MINUTE, SECOND
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.labels import Label, Level
from lienthong.trust import chunks, cose, envelope, header, seal
from lienthong.trust.header import Content, Header, Kind, ReceiptState
from lienthong.trust.keys import KID_SIZE, Algorithm

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "protocol.md"
_ERRORS: Final = (
    "kernel.errors",
    "trust.errors",
    "exchange.errors",
    "exchange.transport.errors",
    "exchange.topics.errors",
)
_PART: Final = re.compile(r"(?<=<!-- table: )([a-z]+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)

_KINDS: Final = ", ".join(f"`{kind}`" for kind in Kind)
_STATES: Final = ", ".join(f"`{state}`" for state in ReceiptState)
# Field of `Header` → its CBOR type and what it says.
FIELDS: Final = {
    "version": ("uint", f"{header.VERSION}"),
    "kind": ("text", _KINDS),
    "id": ("bytes 16", "UUID of the exchange: of a call and its answer, of a message to all its receivers"),
    "sender": ("text", "identifier of the organ or subsystem that sends; of the service in a response"),
    "receiver": (
        "text",
        "identifier of the organ or subsystem that receives; of the service in a request, of the topic in an event",
    ),
    "label": ("[uint, [text …]]", "level 0 to 4, and the caveats in rising order, each once"),
    "created": ("uint", "milliseconds since 1970, UTC"),
    "expires": ("uint", "from then on it is refused"),
    "conversation": ("bytes 16", "UUID of what it belongs to; in a receipt or recall the id of the message"),
    "method": ("text", "requests: the HTTP method"),
    "path": (
        "text",
        "requests: raw path and query behind the service code (see below)",
    ),
    "user": ("text", "on whose behalf, as the sender's system says"),
    "purpose": ("text", "what for; grants may ask for a certain one"),
    "subject": ("text", "messages: what it is about"),
    "urgency": ("uint", "0 is normal; the profile names the higher ones"),
    "contents": (
        "[[bytes 32, uint, text, text] …]",
        "SHA-256, size, name and media type of each content, in the order of the packet",
    ),
    "answers": (
        "bytes 32",
        "responses, receipts, recalls: SHA-256 of the seal they answer; events: of the header before",
    ),
    "status": ("text", f"responses without fault: the HTTP status, three digits; receipts: {_STATES}"),
    "note": ("text", "for a person: why"),
    "fault": ("text", "responses the exchange itself makes: the error code; then there is no status"),
    "sequence": ("uint", "messages: place among those of one conversation from this sender to this receiver, from 1"),
    "repeats": ("bytes 16", "messages: UUID of the one that was given up or refused and is hereby sent anew"),
}
_WRAPS: Final = "HKDF-SHA256, ChaCha20-Poly1305"
ALGORITHMS: Final = {
    Algorithm.ES256: ("seal", "33: compressed point", "ECDSA P-256, SHA-256; r and s, 32 bytes each"),
    Algorithm.EDDSA: ("seal", "32", "Ed25519"),
    Algorithm.ML_DSA_65: ("seal", "1952", "FIPS 204"),
    Algorithm.HPKE_4_KE: ("wrap", "32", f"DHKEM(X25519, HKDF-SHA256), {_WRAPS}"),
    Algorithm.HPKE_MLKEM768_X25519_KE: (
        "wrap",
        "1216: ML-KEM-768 (1184), X25519 (32)",
        f"MLKEM768-X25519 (X-Wing), {_WRAPS}; private number until one is registered",
    ),
}


def header_fields() -> str:
    """Return the table of the header's fields."""
    numbers = field_numbers()
    rows = [(str(numbers[name]), f"`{name}`", type_, says) for name, (type_, says) in FIELDS.items()]
    return _table(("key", "field", "type", "what it says"), rows)


def field_numbers() -> dict[str, int]:
    """Return the key on the wire of every field, found by changing the field and looking what changes."""
    plain = Header(
        kind=Kind.MESSAGE, id=UUID(int=1), sender="", receiver="", label=Label(Level.PUBLIC), created=0, expires=0
    )
    other: dict[str, Any] = {
        "kind": Kind.REQUEST,
        "id": UUID(int=2),
        "label": Label(Level.INTERNAL),
        "created": 1,
        "expires": 1,
        "conversation": UUID(int=3),
        "urgency": 1,
        "sequence": 1,
        "repeats": UUID(int=4),
        "contents": (Content(digest=bytes(32), size=0),),
        "answers": b"x",
    }
    before = cbor.decode(plain.to_bytes())
    numbers = {"version": 1}
    for field in fields(Header):
        after = cbor.decode(replace(plain, **{field.name: other.get(field.name, "x")}).to_bytes())
        (numbers[field.name],) = (key for key in after if before.get(key) != after[key])
    return dict(sorted(numbers.items(), key=lambda item: item[1]))


def algorithms() -> str:
    """Return the table of algorithms."""
    rows = [
        (str(int(one)), f"`{one.name}`", use, size, what) for one in Algorithm for use, size, what in (ALGORITHMS[one],)
    ]
    return _table(("COSE", "in the directory", "for", "bytes of the public key", "what"), rows)


def errors() -> str:
    """Return the table of reason codes."""
    for name in _ERRORS:
        importlib.import_module(f"lienthong.{name}")
    found = {
        error.code: error
        for error in _descendants(LienthongError)
        if error.__module__.removeprefix("lienthong.") in _ERRORS and "code" in vars(error)
    }
    rows = [
        (
            f"`{code}`",
            (error.__doc__ or "").partition("\n")[0],
            f"`{getattr(error, 'fault', ExchangeError.fault)}`",
            "alarm" if code in ALARMS else "",
        )
        for code, error in sorted(found.items())
    ]
    return _table(("code", "what it says", "X-Road type ends in", "recorded as"), rows)


def limits() -> str:
    """Return the table of sizes and times."""
    rows: Mapping[str, str] = {
        "part of an identifier": f"{identifiers.MAX_PART} characters",
        "CBOR: arrays, maps, tags inside one another": f"{cbor.MAX_DEPTH}",
        "CBOR: values in all arrays and maps of one input": f"{cbor.MAX_ITEMS}",
        "key id": f"{KID_SIZE} bytes",
        "header": _bytes(header.MAX_HEADER),
        "COSE_Sign1": _bytes(cose.MAX_SIGN1),
        "leaves in the tree of a batch seal": f"2 to {seal.MAX_TREE}",
        "envelope": _bytes(envelope.MAX_ENVELOPE),
        "list of HTTP headers": _bytes(http.MAX_HEAD),
        "content inside the envelope": _bytes(packet.INLINE_LIMIT),
        "the same, in a message to several receivers": _bytes(sender.SHARED_LIMIT),
        "plain bytes of a chunk": _bytes(chunks.CHUNK),
        "chunks of a body of a call": f"{packet.MAX_HELD_CHUNKS}",
        "chunks that are asked for at once": f"{asks.MAX_ASKED}",
        "content of a message in chunks, unless a gateway is configured otherwise": _bytes(uploads.MAX_UPLOAD),
        "letters in a bundle of mail": f"2 to {mail_bundle.MAX_LETTERS}",
        "letters in a bag": f"{bag.MAX_LETTERS}",
        "a content key is used for mail for": _time(wraps.USED_FOR),
        "messages of a conversation that wait for an earlier one": str(conversation.MAX_HELD),
        "and how long, unless a gateway is configured otherwise": _time(ordering.HOLD),
        "clock of a sender ahead of the receiver's": _time(policy.CLOCK_SKEW),
        "term of a request or response": _time(policy.LONGEST[Kind.REQUEST]),
        "term of a message, receipt or recall": _time(policy.LONGEST[Kind.MESSAGE]),
        "term of an event": _time(policy.LONGEST[Kind.EVENT]),
        "events in a block": f"{block.MAX_EVENTS}",
        "encoded events in a block": _bytes(block.MAX_BYTES),
        "data of an event": _bytes(event.MAX_DATA),
        "epochs in one statement of keys": f"{keys.MAX_EPOCHS}",
        "a key of a topic is used for": _time(epochs.EPOCH_TERM),
        "a topic without a sign of life": _time(publisher.HEAD_EVERY),
        "a caller uses a session for": _time(sessions.LIFETIME),
        "a provider remembers it for": _time(sessions.KEPT),
    }
    return _table(("what", "at most"), rows.items())


TABLES: Final[dict[str, Callable[[], str]]] = {
    "header": header_fields,
    "algorithms": algorithms,
    "errors": errors,
    "limits": limits,
}


def written(text: str) -> str:
    """Return a page with its tables as the code has them."""
    return _PART.sub(lambda part: part.group(1) + part.group(2) + TABLES[part.group(1)](), text)


def _descendants(parent: type[LienthongError]) -> list[type[LienthongError]]:
    return [one for child in parent.__subclasses__() for one in (child, *_descendants(child))]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _bytes(size: int) -> str:
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} bytes"


def _time(term: int) -> str:
    for unit, name in ((DAY, "days"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        if term % unit == 0:
            return f"{term // unit} {'day' if term == DAY else name}"
    return f"{term} ms"


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{len(TABLES)} tables in docs/{PAGE.name}")


if __name__ == "__main__":
    main()
