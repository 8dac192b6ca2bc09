"""Real PKCS#11 tokens for tests: SoftHSM2 in a temporary folder (Debian package softhsm2)."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PIN = b"4321-6789"
_SO_PIN = "security-officer"
_LIBRARIES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftHsm:
    """Two initialised tokens; the PIN of their users is `PIN`."""

    library: Path
    token: str = "organ"
    other: str = "other organ"

    def keep(self, id_: str, label: str, key: PrivateKeyTypes, certificate: x509.Certificate) -> None:
        """Put a key and a certificate into the first token, under an id in hex."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.flush()
            given = ("--import", file.name, "--token", self.token, "--label", label, "--id", id_, "--pin", PIN.decode())
            subprocess.run(["softhsm2-util", *given], check=True, capture_output=True)
        import pkcs11  # noqa: PLC0415 - an extra, needed where there is a token

        token = pkcs11.lib(str(self.library)).get_token(token_label=self.token)
        with token.open(rw=True, user_pin=PIN.decode()) as session:
            session.create_object(
                {
                    pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                    pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                    pkcs11.Attribute.TOKEN: True,
                    pkcs11.Attribute.ID: bytes.fromhex(id_),
                    pkcs11.Attribute.LABEL: label,
                    pkcs11.Attribute.SUBJECT: certificate.subject.public_bytes(),
                    pkcs11.Attribute.VALUE: certificate.public_bytes(Encoding.DER),
                }
            )


@cache
def soft_hsm(base: Path) -> SoftHsm:
    """Start SoftHSM for this process: its library reads settings and list of tokens only once.

    Args:
        base: where to put its folder; the same for the whole process (`TempPathFactory.getbasetemp`).
    """
    folder = base / "softhsm"
    (folder / "tokens").mkdir(parents=True)
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    hsm = SoftHsm(library=next(path for path in _LIBRARIES if path.exists()))
    for label in (hsm.token, hsm.other):
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", _SO_PIN, "--pin", PIN.decode()],
            check=True,
            capture_output=True,
        )
    return hsm
