"""An endpoint as data: what it is called by, what goes in and what comes out."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from lienthong.directory.model import Organ
from lienthong.directory.published import Published
from lienthong.exchange import policy
from lienthong.exchange.gateway import Gateway
from lienthong.exchange.rest.v1.errors import CallerMissing
from lienthong.exchange.rest.v1.keys import Keys
from lienthong.exchange.rest.v1.waiting import Crowd
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.identifiers import ClientId
from lienthong.kernel.labels import Label

_NAMED: Final = re.compile(r"\{(\w+)\}")
MAX_JSON: Final = 64 * 1024
"""Bytes of a JSON body, unless an endpoint says otherwise."""


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters, or no body."""


@dataclass(kw_only=True)
class Face:
    """What all endpoints of one gateway share."""

    gateway: Gateway
    # Tells from the ASGI scope whom a connection may speak for; for anybody only on loopback.
    connection_of: Callable[[Scope], policy.Connection]
    # Seconds of a clock that nobody sets: for how long someone has waited.
    time: Callable[[], float] = time.monotonic
    crowd: Crowd = field(default_factory=Crowd)
    # The directory's files, of which records of evidence hold a part; None: no records are handed out.
    published: Callable[[], Published] | None = None
    keys: Keys = field(init=False)

    def __post_init__(self) -> None:
        """Set up what follows from the gateway."""
        self.keys = Keys(self.gateway.node.journal, self.gateway.node.clock)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """An information system that may ask, and for whom."""

    client: ClientId
    # Its mailbox, its evidence, its receipts are asked for.
    organ: Organ
    # What the information system may handle: nothing above is shown to it.
    ceiling: Label


class Asked[P, B](msgspec.Struct, frozen=True, kw_only=True):
    """A request whose parameters and body have been read."""

    face: Face
    params: P
    body: B
    # Headers, and bodies that stream.
    request: Request
    identified: Caller | None

    @property
    def caller(self) -> Caller:
        """Who is calling.

        Raises:
            CallerMissing: nobody, at an endpoint that is public.
        """
        if self.identified is None:
            raise CallerMissing
        return self.identified

    @property
    def gateway(self) -> Gateway:
        """The gateway that is asked."""
        return self.face.gateway


type Answer = msgspec.Struct | Response
"""A value that becomes JSON, or a response that an endpoint makes itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint[P, B]:
    """One method of one address."""

    method: str
    # Such as ``/v1/mailbox/{id}``: what stands in braces is a field of ``params``, the others come as query.
    path: str
    handler: Callable[[Asked[P, B]], Awaitable[Answer]]
    # One line of the description, in English like the identifiers beside it.
    summary: str
    params: type[P]
    body: type[B]
    # The struct that the handler returns; None where it makes its response itself.
    answer: type[msgspec.Struct] | None = None
    # Media type of a response that it makes itself; empty where there is no body.
    media_type: str = ""
    status: int = 200
    # Reads the body itself, as a stream of this media type.
    streams: str = ""
    # Bytes of a JSON body.
    max_body: int = MAX_JSON
    # Headers that it reads, with what they say.
    headers: dict[str, str] = field(default_factory=dict)
    # What may go wrong beside what can go wrong everywhere.
    errors: tuple[type[LienthongError], ...] = ()
    # Answers whoever asks, without saying who it is.
    public: bool = False

    @property
    def in_path(self) -> frozenset[str]:
        """The fields of ``params`` that are part of the path."""
        return frozenset(_NAMED.findall(self.path))

    @property
    def name(self) -> str:
        """The name of the operation, such as ``get_mailbox_id``."""
        words = _NAMED.sub(r"\1", self.path.removeprefix("/v1/")).replace(".", "_").split("/")
        return "_".join([self.method.lower(), *words]).replace("-", "_")


type AnyEndpoint = Endpoint[Any, Any]
