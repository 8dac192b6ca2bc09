"""``/v1/…``: our own REST face, one module per resource.

Every module has a table ``ENDPOINTS`` of ``endpoint.Endpoint``: method, path, handler, the struct of its
parameters (path and query alike), of its body and of its answer, and a line that says what it does. ``app``
makes routes from the tables, ``openapi`` the description. What an endpoint need not do itself:

- ``who`` says who is calling: the header ``X-Road-Client``, allowed on this connection, hosted here, active.
  A handler gets it as ``asked.caller``; an endpoint that needs none says ``public=True``.
- ``reading`` turns parameters and body into the structs: bounded, and what is unknown is refused by name.
- ``problems`` turns every ``LienthongError`` into problem details (RFC 9457) in the reader's language.

A handler returns its answer's struct, or a Starlette response where it streams.

Bounds belong to the value (``limit: Limit | None``), not around the optional: msgspec refuses that at its first use.
"""
