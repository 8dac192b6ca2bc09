"""Whose keys sign: those of organs, kept by the installation, or one that a person brings for this one time.

A folder holds, for an organ under its ``CODE`` and for a person under their mail address, either ``NAME.p12`` with its
passphrase in ``NAME.pass``, or ``NAME.pkcs11``: a PKCS #11 URI (RFC 7512) of a certificate and key in a token, with the
certificates above it in ``NAME.pem`` where there are any. They are for the office alone to read. ``trust/*.pem`` are
the authorities whose signatures count.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from django.conf import settings
from django.utils.translation import gettext as _

from lienthong.kernel.errors import LienthongError
from lienthong.office.core.errors import Invalid
from lienthong.signatures.errors import SignerInvalid
from lienthong.signatures.signers import KeySigner, Signer, read_chain, read_file, usable
from lienthong.signatures.token_signer import TokenSigner
from lienthong.signatures.verify import read_anchors
from lienthong.trust.errors import KeyStoreError
from lienthong.trust.passphrase import PIN_VARIABLE, passphrase_from
from lienthong.trust.pkcs11_shared import shared_token
from lienthong.trust.pkcs11_uri import parse

_log = structlog.get_logger(__name__)
_FILE: Final = ".p12"
_INSIDE: Final = ".pkcs11"
MAX_BROUGHT: Final = 64 * 1024
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@+")


def kept(name: str) -> Signer | None:
    """Return the signer kept under an organ's code or a person's address; None if there is none.

    Raises:
        Invalid: it cannot be used now; the log has the code of why.
    """
    try:
        return open_kept(name)
    except LienthongError as error:
        # Names of files are people's addresses, and what a token says is nothing for a page.
        _log.warning("signer_unusable", code=error.code)
        raise Invalid(_("The key that is kept here cannot be used now. Tell whoever runs this office.")) from None


def open_kept(name: str) -> Signer | None:
    """Return the signer kept under a name, the token's if there are both; None if there is none.

    Raises:
        SignerInvalid: its file cannot be read or is open to other users, or there is no such certificate in the token.
        KeyStoreError: the token cannot be used.
    """
    if (path := _place(name, _INSIDE)) is not None:
        return _in_token(path)
    if (path := _place(name, _FILE)) is not None:
        beside = path.with_suffix(".pass")
        return KeySigner.from_pkcs12(path, lambda: read_file(beside, secret=True).strip())
    return None


def has_kept(name: str) -> bool:
    """Tell whether there is a signer of that name, without opening it."""
    return _place(name, _INSIDE) is not None or _place(name, _FILE) is not None


def names() -> list[str]:
    """Return the names under which signers are kept."""
    folder = Path(settings.LIENTHONG_SIGNERS)
    return sorted({path.name.removesuffix(ending) for ending in (_FILE, _INSIDE) for path in folder.glob(f"*{ending}")})


def brought(data: bytes, passphrase: str) -> Signer:
    """Return the signer of a PKCS #12 file (RFC 7292) that somebody brought. It is kept nowhere.

    Raises:
        Invalid: it is none, or the passphrase is wrong.
    """
    wrong = _("This is no PKCS #12 file with a key and its certificate, or the passphrase is wrong.")
    if len(data) > MAX_BROUGHT:
        raise Invalid(wrong)
    try:
        found = load_pkcs12(data, passphrase.encode())
        if found.key is None or found.cert is None:
            raise Invalid(wrong)
        key = usable(found.key, "PKCS #12")
    except (ValueError, SignerInvalid):
        raise Invalid(wrong) from None
    chain = tuple(each.certificate for each in found.additional_certs)
    return KeySigner(certificate=found.cert.certificate, key=key, chain=chain)


@cache
def trusted() -> Sequence[x509.Certificate]:
    """Return the authorities whose signatures count in this installation; a restart reads them anew."""
    files = sorted((Path(settings.LIENTHONG_SIGNERS) / "trust").glob("*.pem"))
    return tuple(anchor for path in files for anchor in read_anchors(path.read_bytes(), str(path)))


def _place(name: str, ending: str) -> Path | None:
    """Return the file of a signer of that name; None if there is none, or the name can be no name of a file."""
    if not name or not set(name) <= _PLAIN or name.startswith("."):
        return None
    path = Path(settings.LIENTHONG_SIGNERS) / f"{name}{ending}"
    return path if path.is_file() else None


def _in_token(path: Path) -> Signer:
    try:
        place = parse(read_file(path).decode().strip(), str(path))
    except UnicodeDecodeError:
        raise SignerInvalid(f"{path}: not in UTF-8") from None
    if place.pin is None:
        raise KeyStoreError(f"{path}: no pin-source", hint="Add pin-source=file:/PATH of a file that holds the PIN.")
    pin = {PIN_VARIABLE: str(place.pin)}
    token = shared_token(place.library, place.token, lambda: passphrase_from(pin, variable=PIN_VARIABLE))
    above = path.with_suffix(".pem")
    chain = read_chain(above) if above.is_file() else ()
    return TokenSigner.over(token, place.token, label=place.label, chain=chain)
