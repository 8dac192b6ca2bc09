"""What an office that is only tried out needs to write, sign and send: a chain for drafts, and keys that sign.

The keys are of an authority made now, which nobody else trusts: real signatures, and worth nothing outside. An office
that is meant to last gets its keys from the authority of its country (docs/documents.md).
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.kernel.files import write_atomically
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM, Role
from lienthong.office.documents.actions.chains import Hand, create_chain
from lienthong.office.documents.models import StepKind
from lienthong.office.operation.first_accounts import chain
from lienthong.office.organs.models import Position, Unit
from lienthong.profiles.base import UnitSpec

_AUTHORITY: Final = "Lien thong demo authority"
_DAYS: Final = 365
_NAME: Final = 64


def first_papers(units: Sequence[UnitSpec], folder: Path) -> None:
    """Let the organs that the first accounts belong to write: heads sign, with a key of the organ.

    Args:
        units: a profile's, parents before children.
        folder: where signing keys are kept (``LIENTHONG_SIGNERS``).
    """
    codes = dict.fromkeys(spec.code for spec in chain(units))
    with scope.system():
        organs = [Unit.objects.get(code=code) for code in codes]
        for organ in organs:
            heads = Position.objects.filter(
                organ_path=organ.path, roles__contains=[Role.LEADER.value], closed_on=None, appointments__isnull=False
            )
            head = heads.order_by("rank", "pk").first()
            if head is not None:
                hands = [Hand(head.pk, StepKind.SIGN)]
                create_chain(actor=SYSTEM, organ=organ, name=_("The head signs"), type_="", hands=hands)
    _keep_keys(organs, folder)


def _keep_keys(organs: Sequence[Unit], folder: Path) -> None:
    # One after the other: parents that are made on the way are open to all.
    for place in (folder, folder / "trust"):
        place.mkdir(mode=0o700, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _AUTHORITY)])
    ends = x509.BasicConstraints(ca=True, path_length=0)
    authority = _builder(name, name, key.public_key()).add_extension(ends, critical=True).sign(key, hashes.SHA256())
    write_atomically(folder / "trust" / "demo.pem", authority.public_bytes(Encoding.PEM))
    for organ in organs:
        own = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, organ.name[:_NAME])])
        made = _builder(subject, name, own.public_key()).add_extension(_usage(), critical=True)
        certificate, passphrase = made.sign(key, hashes.SHA256()), secrets.token_urlsafe(24).encode()
        encryption = BestAvailableEncryption(passphrase)
        content = serialize_key_and_certificates(organ.code.encode(), own, certificate, [authority], encryption)
        for ending, data in (("p12", content), ("pass", passphrase)):
            path = folder / f"{organ.code}.{ending}"
            write_atomically(path, data)
            path.chmod(0o600)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = timezone.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=_DAYS))
    )


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
