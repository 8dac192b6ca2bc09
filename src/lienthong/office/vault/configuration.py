"""Where the files of an office are, under which keys, and who looks for viruses: from the environment.

docs/operations.md has the list. Nothing is opened here: that happens when a file first comes or goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from lienthong.kernel.errors import LienthongError
from lienthong.trust.errors import KeyStoreError
from lienthong.trust.passphrase import PIN_VARIABLE
from lienthong.trust.pkcs11_uri import SCHEME, parse

FOLDER: Final = "vault"
"""Within the office's state folder."""
_MIB: Final = 1024 * 1024


class VaultMisconfigured(LienthongError):
    """A setting of the office's files cannot be understood."""

    code = "vault_misconfigured"
    hint = "Compare it with docs/operations.md."


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """Keys in a hardware security module."""

    library: Path
    token: str
    # A file that holds the PIN.
    pin: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderPlace:
    """Keys in a folder."""

    folder: Path
    # A file that holds the passphrase; None: one that the office makes for itself.
    passphrase: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """What a site chose."""

    # Beside others: unfinished uploads, the passphrase where none was named.
    folder: Path
    keys: FolderPlace | TokenPlace
    # Django's declaration of the storage for objects.
    storage: dict[str, Any]
    # Address of ClamAV's daemon: unix:/PATH or tcp://HOST:PORT; "" for none.
    clamav: str
    # Bytes of the largest file that is taken from a page.
    largest: int


def configuration(environ: Mapping[str, str], state: Path) -> Vault:
    """Read the settings.

    Args:
        environ: the environment.
        state: the office's state folder.

    Raises:
        VaultMisconfigured: one of them cannot be understood.
    """
    folder = state / FOLDER
    return Vault(
        folder=folder,
        keys=_keys(environ, folder),
        storage=_storage(environ, folder),
        clamav=environ.get("LIENTHONG_CLAMAV", ""),
        largest=_number(environ, "LIENTHONG_MAX_FILE", 1024) * _MIB,
    )


def _keys(environ: Mapping[str, str], folder: Path) -> FolderPlace | TokenPlace:
    place = environ.get("LIENTHONG_VAULT_KEYS", "")
    if not place.startswith(SCHEME):
        passphrase = environ.get("LIENTHONG_VAULT_PASSPHRASE_FILE")
        return FolderPlace(
            folder=Path(place) if place else folder / "keys", passphrase=Path(passphrase) if passphrase else None
        )
    pin = environ.get(PIN_VARIABLE)
    try:
        named = parse(place, "LIENTHONG_VAULT_KEYS")
    except KeyStoreError:
        named = None
    if named is None or not pin:
        raise VaultMisconfigured(
            "LIENTHONG_VAULT_KEYS",
            hint=f"Write pkcs11:token=LABEL?module-path=/PATH and name the file with the PIN in {PIN_VARIABLE}.",
        )
    return TokenPlace(library=named.library, token=named.token, pin=Path(pin))


def _storage(environ: Mapping[str, str], folder: Path) -> dict[str, Any]:
    address = environ.get("LIENTHONG_VAULT_S3")
    if not address:
        place = environ.get("LIENTHONG_VAULT_FILES")
        options = {"location": Path(place) if place else folder / "files"}
        return {"BACKEND": "lienthong.office.vault.storage.LocalObjects", "OPTIONS": options}
    parts = urlsplit(address)
    bucket, _, prefix = parts.path.strip("/").partition("/")
    credentials = environ.get("LIENTHONG_VAULT_S3_CREDENTIALS_FILE")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not bucket or parts.username or not credentials:
        raise VaultMisconfigured(
            "LIENTHONG_VAULT_S3",
            hint="Write https://HOST/BUCKET[/PREFIX] and name the file with key id and secret"
            " in LIENTHONG_VAULT_S3_CREDENTIALS_FILE.",
        )
    return {
        "BACKEND": "lienthong.office.vault.storage_s3.S3Objects",
        "OPTIONS": {
            "credentials": Path(credentials),
            "endpoint_url": f"{parts.scheme}://{parts.netloc}",
            "bucket_name": bucket,
            "location": prefix,
            "region_name": environ.get("LIENTHONG_VAULT_S3_REGION", "us-east-1"),
            # Authorities that its certificate may come from; those of botocore unless given.
            "verify": environ.get("LIENTHONG_VAULT_S3_CA"),
        },
    }


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not int(text):
        raise VaultMisconfigured(name, hint="Write a whole number above 0.")
    return int(text)
