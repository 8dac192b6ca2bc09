"""Setting up what the carrier stores: a mail, a blob and a topic stream per branch, the directory's bucket."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lienthong.exchange.errors import CarrierUnavailable
from lienthong.exchange.transport.credentials import Credential
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.exchange.transport.permissions import DIRECTORY, tags_of
from lienthong.kernel.clock import DAY, MINUTE, Millis

_NAME_IN_USE: Final = 10058
_NANO_IN_MILLI: Final = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long and how safely the carrier keeps what it stores."""

    # A sender repeats until the receiver's receipt, so this bounds how long a gateway may be away.
    mail_age: Millis = 30 * DAY
    blob_age: Millis = 30 * DAY
    # The longest that a topic can be read again on the carrier, whatever its owner says.
    topic_age: Millis = 30 * DAY
    # Bytes a branch's stream may take, -1 for what the server has. A full one refuses what is new: a sender keeps it
    # and goes on later, while nothing that was acknowledged is lost.
    mail_bytes: int = -1
    blob_bytes: int = -1
    topic_bytes: int = -1
    # Within it a repeated id is recognised.
    duplicates: Millis = 10 * MINUTE
    # Copies: 3 in a cluster.
    replicas: int = 1


async def provision(carrier: NatsCarrier, branches: Iterable[str], keeping: Keeping | None = None) -> None:
    """Set up the streams ``MAIL_<branch>``, ``BLOB_<branch>`` and ``TOPIC_<branch>``, or bring them up to date.

    Args:
        carrier: connected as ``Role.PROVISIONER``.
        branches: their codes.
        keeping: how long and how safely.

    Raises:
        CredentialInvalid: a malformed code.
        CarrierUnavailable, CarrierTimeout, CarrierRefused, NoResponder: as for ``Carrier.request``.
    """
    keeping = keeping or Keeping()
    codes = [value for name, value in tags_of("-", branches) if name == "branch"]
    streams = [make(code, keeping) for code in codes for make in (_mail, _blobs, _topics)]
    await asyncio.gather(*(_ensure(carrier, stream) for stream in streams))


async def provision_directory(carrier: NatsCarrier, keeping: Keeping | None = None) -> None:
    """Set up the bucket ``directory``, or bring it up to date.

    Args:
        carrier: connected as ``Role.PUBLISHER``.
        keeping: how safely; its values never expire.

    Raises:
        CarrierUnavailable, CarrierTimeout, CarrierRefused, NoResponder: as for ``Carrier.request``.
    """
    stream = _stream(f"KV_{DIRECTORY}", f"$KV.{DIRECTORY}.>", keeping or Keeping())
    # As NATS's own tools make a bucket, so that they can read it.
    await _ensure(
        carrier,
        stream | {"max_msgs_per_subject": 1, "allow_direct": True, "allow_rollup_hdrs": True, "deny_purge": False},
    )


async def replace_accounts(servers: list[str], system: Credential, accounts: Iterable[str]) -> None:
    """Give a running server new account JWTs, such as after a revocation.

    Args:
        servers: their addresses.
        system: a credential of the system account.
        accounts: JWTs.

    Raises:
        CarrierUnavailable: the server did not take one; also as for ``NatsCarrier.connect``.
    """
    carrier = await NatsCarrier.connect(servers, system)
    try:
        for jwt in accounts:
            answer = json.loads(await carrier.ask("$SYS.REQ.CLAIMS.UPDATE", jwt.encode()))
            if "error" in answer:
                raise CarrierUnavailable(str(answer["error"].get("description", "")))
    finally:
        await carrier.close()


async def _ensure(carrier: NatsCarrier, stream: dict[str, Any]) -> None:
    body = json.dumps(stream).encode()
    answer = json.loads(await carrier.ask(f"$JS.API.STREAM.CREATE.{stream['name']}", body))
    if answer.get("error", {}).get("err_code") == _NAME_IN_USE:
        answer = json.loads(await carrier.ask(f"$JS.API.STREAM.UPDATE.{stream['name']}", body))
    if "error" in answer:
        raise CarrierUnavailable(f"{stream['name']}: {answer['error'].get('description', '')}")


def _stream(name: str, subject: str, keeping: Keeping) -> dict[str, Any]:
    return {
        "name": name,
        "subjects": [subject],
        "retention": "limits",
        "storage": "file",
        # What was acknowledged never makes room for something new.
        "discard": "new",
        "deny_delete": True,
        "deny_purge": True,
        "num_replicas": keeping.replicas,
        "duplicate_window": keeping.duplicates * _NANO_IN_MILLI,
    }


def _mail(branch: str, keeping: Keeping) -> dict[str, Any]:
    # Not readable by sequence (allow_direct): a consumer with a site's own filter is the only way in.
    return _stream(f"MAIL_{branch}", f"mail.{branch}.>", keeping) | {
        "max_age": keeping.mail_age * _NANO_IN_MILLI,
        "max_bytes": keeping.mail_bytes,
    }


def _topics(branch: str, keeping: Keeping) -> dict[str, Any]:
    # What was acknowledged is kept for its time: a full stream makes publishers wait, not readers miss something.
    return _stream(f"TOPIC_{branch}", f"topic.{branch}.>", keeping) | {
        "max_age": keeping.topic_age * _NANO_IN_MILLI,
        "max_bytes": keeping.topic_bytes,
    }


def _blobs(branch: str, keeping: Keeping) -> dict[str, Any]:
    return _stream(f"BLOB_{branch}", f"blob.{branch}.>", keeping) | {
        "max_age": keeping.blob_age * _NANO_IN_MILLI,
        "max_bytes": keeping.blob_bytes,
        # A chunk, once stored, is not replaced by whatever comes under its name.
        "max_msgs_per_subject": 1,
        "discard_new_per_subject": True,
        "allow_direct": True,
    }
