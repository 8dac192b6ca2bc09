"""For ordinary code: made of the file for asyncio by ``tools/generate_client.py``."""

import contextlib
import copy
import time
from collections.abc import Generator
from typing import Any, Self, Unpack

import httpx2
import msgspec

from lienthong.client.asking import Ask, Reply, passes, pause, problem_of
from lienthong.client.connection import UNSENT, Options, Settings, reply_of, request_of
from lienthong.client.errors import GatewayUnreachable
from lienthong.kernel.identifiers import ClientId


class Asker:
    """Asks a gateway for one information system. Use it in an ``with``."""

    def __init__(self, url: str, client: ClientId | str, **options: Unpack[Options]) -> None:
        """Make a client; nothing is sent yet.

        Args:
            url: of the gateway, such as ``https://gateway.internal:8443``.
            client: the information system: INSTANCE/CLASS/MEMBER/SUBSYSTEM, each part percent-encoded.
            options: see ``connection.Settings``.
        """
        self._settings = Settings(url=url, client=client, **options)
        self._http = httpx2.Client(**self._settings.options())

    def speaking_for(self, client: ClientId | str) -> Self:
        """Return a client of another information system behind the same gateway, over the same connections.

        Closing one of them closes all. The gateway must let this connection speak for that system.
        """
        other = copy.copy(self)
        # What belongs to this one's name.
        vars(other).pop("topics", None)
        vars(other).update(_settings=msgspec.structs.replace(self._settings, client=client))
        return other

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def _do[T](self, ask: Ask[T]) -> T:
        attempt = 0
        while True:
            reply: Reply | None = None
            try:
                reply = self._once(ask)
                if reply.status < httpx2.codes.BAD_REQUEST or not ask.ours:
                    return ask.read(reply)
                problem = problem_of(reply)
                if attempt >= self._settings.retries or not ask.repeatable or not passes(problem):
                    raise problem
            except httpx2.TransportError as error:
                if attempt >= self._settings.retries or not (ask.repeatable or isinstance(error, UNSENT)):
                    raise unreachable(error) from error
            time.sleep(pause(attempt, reply))
            attempt += 1

    def _once(self, ask: Ask[Any]) -> Reply:
        response = self._http.send(self._http.build_request(**request_of(ask, self._settings)))
        return reply_of(response, response.content)

    @contextlib.contextmanager
    def _stream(self, ask: Ask[None]) -> Generator[httpx2.Response]:
        request = self._http.build_request(**request_of(ask, self._settings))
        response = self._http.send(request, stream=True)
        try:
            if response.status_code >= httpx2.codes.BAD_REQUEST:
                raise problem_of(reply_of(response, response.read()))
            yield response
        finally:
            response.close()


def unreachable(error: httpx2.TransportError) -> GatewayUnreachable:
    """Return what a broken connection means for who asked."""
    return GatewayUnreachable(f"{type(error).__name__} {error}".strip())
