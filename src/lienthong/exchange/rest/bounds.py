"""How much a client of the web face may take before it is refused; what each is for stands beside it."""

import msgspec


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Bounds of one connection, one address, and all of them. The names are those of ``[web]`` in the configuration."""

    # Bytes of a request's first line and headers, and trailers.
    head_bytes: int = 64 * 1024
    # Header lines.
    header_lines: int = 256
    # Bytes of the target in the first line.
    target_bytes: int = 16 * 1024
    # Seconds in which a head must be complete, and a TLS handshake.
    head_seconds: float = 10.0
    # Seconds for which a connection may wait for its next request.
    idle_seconds: float = 75.0
    # Bytes per second in which a body must come, and an answer be read, on average.
    rate: int = 1024
    # Seconds that a body or a reader may fall behind that.
    grace_seconds: float = 10.0
    # Requests on one connection that wait while one is answered.
    pipelined: int = 16
    # Connections at once from one address, and from all.
    connections_per_address: int = 256
    connections: int = 2048

    def __post_init__(self) -> None:
        """Refuse bounds that would keep everybody out, or bound nothing."""
        for name in self.__struct_fields__:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name.replace('_', '-')} must be above 0")
