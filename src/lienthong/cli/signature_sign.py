"""What ``lienthong signature sign`` signs with, and where: options turned into values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self

import typer
from cryptography.x509.oid import NameOID

from lienthong.kernel.i18n import _
from lienthong.signatures.signers import KeySigner, Signer, read_chain
from lienthong.signatures.stamp import Stamp
from lienthong.signatures.token_signer import TokenSigner
from lienthong.trust.passphrase import PIN_VARIABLE, passphrase_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the key is; exactly one of the three."""

    pkcs12: Path | None
    key: Path | None
    library: Path | None
    certificate: Path | None
    token: str
    label: str

    def signer(self) -> Signer:
        """Open it, and ask for a passphrase or a PIN where it needs one.

        Raises:
            SignerInvalid, KeyStoreError: it cannot be used.
            typer.BadParameter: there is none, or more than one.
        """
        if sum(each is not None for each in (self.pkcs12, self.key, self.library)) != 1:
            raise typer.BadParameter(_("name one key: --pkcs12, --key or --library"))
        ask: Callable[[], bytes] = partial(passphrase_from, prompt=_("Passphrase: "))
        if self.pkcs12 is not None:
            return KeySigner.from_pkcs12(self.pkcs12, ask)
        if self.key is not None:
            if self.certificate is None:
                raise typer.BadParameter(_("name the key's certificate"), param_hint="--certificate")
            return KeySigner.from_pem(self.certificate, self.key, ask)
        if self.library is None or not self.token:
            raise typer.BadParameter(_("name the token"), param_hint="--token")
        pin = passphrase_from(variable=PIN_VARIABLE, prompt=_("PIN: "))
        chain = read_chain(self.certificate) if self.certificate else ()
        return TokenSigner.open(self.library, self.token, pin, label=self.label, chain=chain)


@dataclass(frozen=True, slots=True)
class Place:
    """Page and rectangle of a stamp, as it is written on the command line."""

    page: int
    box: tuple[float, float, float, float]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``PAGE,LEFT,BOTTOM,RIGHT,TOP``.

        Raises:
            typer.BadParameter: it is something else.
        """
        parts = text.split(",")
        try:
            left, bottom, right, top = (float(each) for each in parts[1:])
            return cls(int(parts[0]), (left, bottom, right, top))
        except ValueError as error:
            raise typer.BadParameter(_("write PAGE,LEFT,BOTTOM,RIGHT,TOP"), param_hint="--stamp") from error

    def stamp(self, signer: Signer, *, at: datetime, name: str, organ: str, reason: str) -> Stamp:
        """Return the stamp; what is not said is taken from the certificate."""
        return Stamp(
            page=self.page,
            box=self.box,
            time=at,
            name=name or _named(signer, NameOID.COMMON_NAME) or signer.certificate.subject.rfc4514_string(),
            organ=organ or _named(signer, NameOID.ORGANIZATION_NAME),
            reason=reason,
        )


def _named(signer: Signer, kind: object) -> str:
    return next((str(each.value) for each in signer.certificate.subject if each.oid == kind), "")
