"""Whose keys sign: those of organs, kept by the installation, or one that a person brings for this one time.

A folder holds ``CODE.p12`` for an organ, or for a person ``MAIL ADDRESS.p12``, and beside each ``….pass`` with its
passphrase; both are readable by the office alone. ``trust/*.pem`` are the authorities whose signatures count.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from django.conf import settings
from django.utils.translation import gettext as _

from lienthong.office.core.errors import Invalid
from lienthong.signatures.errors import SignerInvalid
from lienthong.signatures.signers import KeySigner, Signer, usable
from lienthong.signatures.verify import read_anchors

MAX_BROUGHT: Final = 64 * 1024
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@+")


def kept(name: str) -> Signer | None:
    """Return the signer kept under an organ's code or a person's address; None if there is none.

    Raises:
        SignerInvalid: its file cannot be read, or others can read it.
    """
    path = _place(name)
    if path is None or not path.is_file():
        return None
    return KeySigner.from_pkcs12(path, path.with_suffix(".pass").read_bytes().strip)


def has_kept(name: str) -> bool:
    """Tell whether there is a signer of that name, without opening it."""
    path = _place(name)
    return path is not None and path.is_file()


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


def _place(name: str) -> Path | None:
    """Return where the signer of that name is kept; None for what can be no name of a file."""
    if not name or not set(name) <= _PLAIN or name.startswith("."):
        return None
    return Path(settings.LIENTHONG_SIGNERS) / f"{name}.p12"
