"""Calls as values: what is asked, what is on its way, what is answered."""

import uuid

import msgspec

from lienthong.directory.model import Organ
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.packet import CallPart, HeldRef
from lienthong.exchange.policy import Connection
from lienthong.kernel.identifiers import ClientId, ServiceId
from lienthong.kernel.ids import new_id
from lienthong.kernel.labels import INTERNAL, Label
from lienthong.trust.header import Header
from lienthong.trust.keys import PublicKey


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What an information system asks of a service."""

    client: ClientId
    service: ServiceId
    method: str
    # Raw path and query behind the service code, percent-encoded as it came.
    path: str
    message: HttpMessage
    connection: Connection
    # The exchange's own id of this one call.
    id: uuid.UUID = msgspec.field(default_factory=new_id)
    label: Label = INTERNAL
    user: str = ""
    purpose: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the service answered."""

    status: int
    message: HttpMessage
    # The headers as they were sealed.
    head: bytes = b""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is about to leave."""

    header: Header
    # The header's sealed form.
    encoded: bytes
    head: bytes
    body: CallPart
    sender: Organ
    receiver: Organ
    # The receiver's, to encrypt to.
    key: PublicKey

    @property
    def parts(self) -> tuple[CallPart, ...]:
        """Its contents, in the header's order."""
        return (self.head, self.body)

    @property
    def is_large(self) -> bool:
        """Whether its body travels apart."""
        return isinstance(self.body, HeldRef)

    @property
    def size(self) -> int:
        """Bytes of its header and contents, without a body that travels apart."""
        return len(self.encoded) + len(self.head) + (len(self.body) if isinstance(self.body, bytes) else 0)

    @property
    def inline(self) -> tuple[bytes, ...]:
        """Its contents when nothing travels apart."""
        return tuple(part for part in self.parts if isinstance(part, bytes))
