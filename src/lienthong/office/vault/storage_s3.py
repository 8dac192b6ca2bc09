"""Encrypted objects on a server that speaks S3, through django-storages; an extra (``lienthong[s3]``)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from lienthong.office.vault.configuration import VaultMisconfigured
from lienthong.office.vault.storage import Found, Incoming

_PIECE: Final = 1 << 20
_MAX_CREDENTIALS: Final = 4096
_NOT_THERE: Final = frozenset({"404", "NoSuchKey", "NotFound"})
# In the thread that asks: what is read of an upload comes from its request.
_TRANSFER: Final = TransferConfig(use_threads=False, multipart_threshold=8 << 20, multipart_chunksize=8 << 20)
_CLIENT: Final = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 3},
    # Names of buckets are not names of hosts with most servers that are not Amazon's.
    s3={"addressing_style": "path"},
    signature_version="s3v4",
)


class S3Objects(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """A bucket, or what has a prefix in one."""

    def __init__(self, *, credentials: Path, **options: Any) -> None:  # noqa: ANN401 - options of django-storages
        """Connect when first asked.

        Args:
            credentials: a file with the key's id in its first line and its secret in the second.
            options: those of django-storages.

        Raises:
            VaultMisconfigured: the file cannot be read.
        """
        id_, secret = _credentials(credentials)
        super().__init__(access_key=id_, secret_key=secret, client_config=_CLIENT, transfer_config=_TRANSFER, **options)

    def _save(self, name: str, content: Incoming) -> str:
        # Nothing is there under the name before all parts are; what breaks off is aborted by the client.
        return cast("str", _asked(lambda: super(S3Objects, self)._save(name, content)))

    def delete(self, name: str) -> None:
        """Remove an object; harmless when it is not there."""
        _asked(lambda: super(S3Objects, self).delete(name))

    def part(self, name: str, start: int, length: int) -> tuple[int, Iterator[bytes]]:
        """Return the length of an object, and some of its bytes; see ``Objects``."""
        object_ = self.bucket.Object(self._normalize_name(name))
        answer = _asked(lambda: object_.get(Range=f"bytes={start}-{start + length - 1}"))
        # “bytes 0-99/1234”; without it the whole object came.
        whole = str(answer.get("ContentRange", "")).rpartition("/")[2]
        pieces = answer["Body"].iter_chunks(_PIECE)
        return int(whole or answer["ContentLength"]), _reading(pieces)

    def walk(self) -> Iterator[Found]:
        """Yield all objects; see ``Objects``."""
        prefix = f"{self.location.strip('/')}/" if self.location.strip("/") else ""
        for each in _reading(iter(self.bucket.objects.filter(Prefix=prefix))):
            yield Found(each.key.removeprefix(prefix), each.last_modified)


def _credentials(path: Path) -> tuple[str, str]:
    try:
        with path.open(encoding="ascii") as file:
            id_, secret = file.read(_MAX_CREDENTIALS).split()
    except (OSError, ValueError):
        # Neither its lines nor what is wrong with them are told.
        raise VaultMisconfigured(
            str(path), hint="Write the key's id into the first line of this file and its secret into the second."
        ) from None
    return id_, secret


def _asked[T](ask: Callable[[], T]) -> T:
    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        raise _told(error) from None


def _reading[T](pieces: Iterator[T]) -> Iterator[T]:
    try:
        yield from pieces
    except (BotoCoreError, ClientError) as error:
        raise _told(error) from None


def _told(error: Exception) -> OSError:
    """Say it as files do: by its kind alone, for the client's own words quote addresses."""
    code = str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
    return FileNotFoundError(code) if code in _NOT_THERE else OSError(f"S3: {code}")
