"""Who is at the other end of a connection to the web face, as far as TLS tells."""

import hashlib
import ssl
from typing import Final

import msgspec
from cryptography import x509
from starlette.types import Scope

from lienthong.exchange.limits import OTHERS
from lienthong.exchange.policy import Connection
from lienthong.kernel.clock import Millis, from_datetime
from lienthong.kernel.errors import IdentifierInvalid
from lienthong.kernel.identifiers import parse_client

CONNECTION: Final = "lienthong.connection"
TARGET: Final = "lienthong.target"
"""Where in the ASGI scope the web server writes down whom a connection may speak for."""
NOBODY: Final = Connection(clients=frozenset())
"""A connection that may speak for no information system."""


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a client before it has said anything."""

    # Over TLS?
    secure: bool = False
    # SHA-256 of the certificate (DER) whose key it has proved to hold; empty without one.
    fingerprint: bytes = b""
    # Term of that certificate.
    not_before: Millis = 0
    not_after: Millis = 0

    @classmethod
    def of(cls, tls: ssl.SSLObject | None) -> "Peer":
        """Read what TLS knows once the handshake is done; None is a plain connection."""
        if tls is None:
            return cls()
        certificate = tls.getpeercert(binary_form=True)
        if certificate is None:
            return cls(secure=True)
        try:
            read = x509.load_der_x509_certificate(certificate)
            term = (from_datetime(read.not_valid_before_utc), from_datetime(read.not_valid_after_utc))
        except ValueError:
            # OpenSSL took it, but what cannot be read in full is not believed.
            return cls(secure=True)
        return cls(secure=True, fingerprint=hashlib.sha256(certificate).digest(), not_before=term[0], not_after=term[1])


def account_of(scope: Scope, client: str) -> str:
    """Return whose account a request is for: the client it names if its connection may, else one for all others.

    Args:
        scope: of the request.
        client: as the request names it.
    """
    clients = connection_of(scope).clients
    try:
        name = str(parse_client(client))
    except IdentifierInvalid:
        return OTHERS
    return name if clients is None or name in clients else OTHERS


def connection_of(scope: Scope) -> Connection:
    """Return whom the connection of a request may speak for; nobody where no web server has said so."""
    connection = scope.get(CONNECTION)
    return connection if isinstance(connection, Connection) else NOBODY
