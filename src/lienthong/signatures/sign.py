"""Signing a PDF (PAdES B-B, with a timestamp B-T: ETSI EN 319 142-1): appended, so that earlier signatures stand."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import signers as pyhanko
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lienthong.kernel.errors import LienthongError
from lienthong.signatures.appearance import style_of
from lienthong.signatures.errors import SigningFailed, StampInvalid
from lienthong.signatures.reading import BROKEN, DECODING, told
from lienthong.signatures.report import Facts
from lienthong.signatures.signers import Signer, check_current
from lienthong.signatures.stamp import Stamp
from lienthong.signatures.stamping import Authority
from lienthong.signatures.verify import inspect

_FIELD: Final = "Signature{number}"
_MAX_PARENTS: Final = 50
# What a signature may take until it is made: RSA of 16,384 bits.
_ROOM: Final = bytes(2048)


class Allowed(Enum):
    """What may still be changed after a certifying signature (ISO 32000-2, table 257)."""

    NOTHING = MDPPerm.NO_CHANGES
    # Filling in fields, and signing.
    FORMS = MDPPerm.FILL_FORMS
    ANNOTATIONS = MDPPerm.ANNOTATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a signature should be."""

    # Of the form field, an empty one or a new one; a free name unless given.
    field: str = ""
    reason: str = ""
    location: str = ""
    # Be the document's first signature and say what may follow.
    certify: Allowed | None = None
    # Whom to ask for a timestamp.
    authority: Authority | None = None


def sign(pdf: bytes, signer: Signer, appearance: Stamp | None = None, wish: Wish | None = None) -> bytes:
    """Sign a PDF. Not to be called inside a running event loop.

    Args:
        pdf: the file. It is read in a child process first, so that a hostile one is refused there.
        signer: whose key signs.
        appearance: the visible part; None: there is none to see.
        wish: how it should be.

    Returns:
        The signed file, which begins with the bytes of the given one.

    Raises:
        SigningFailed: the file is damaged, encrypted or closed by an earlier signature, or its field is taken.
        SignerInvalid: the certificate is not valid now.
        StampInvalid: the stamp does not fit, or there is no such page.
        TimestampFailed: the authority did not stamp it.
        KeyStoreError: the token refused.
    """
    wish = wish or Wish()
    check_current(signer, datetime.now(UTC))
    facts = inspect(pdf)
    _check(facts, wish)
    try:
        try:
            signed = _signed(pdf, signer, appearance, wish, strict=True)
        except PdfError:
            # Mistakes in its form, or two tables of contents: such files are signed as well.
            signed = _signed(pdf, signer, appearance, wish, strict=False)
    except LienthongError:
        raise
    except (SigningError, *BROKEN) as error:
        raise SigningFailed(told(error)) from None
    if not signed.startswith(pdf):
        raise SigningFailed("the file would not have stayed as it was")
    return signed


def _check(facts: Facts, wish: Wish) -> None:
    if not facts.readable:
        raise SigningFailed(f"{facts.problem} {facts.detail}".strip())
    if facts.encrypted:
        raise SigningFailed("it is encrypted")
    if wish.certify and facts.signatures:
        raise SigningFailed("only the first signature certifies")
    if "." in wish.field:
        raise SigningFailed("a field's name has no dots")


def _signed(pdf: bytes, signer: Signer, appearance: Stamp | None, wish: Wish, *, strict: bool) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=strict, decode_limits=DECODING)
    names = {str(name) for name, _value, _field in enumerate_sig_fields(writer)}
    field = wish.field or next(
        name for number in range(1, len(names) + 2) if (name := _FIELD.format(number=number)) not in names
    )
    new = None
    if field not in names:
        new = SigFieldSpec(field, **({} if appearance is None else _place(writer, appearance)))
    made = pyhanko.PdfSigner(
        pyhanko.PdfSignatureMetadata(
            field_name=field,
            md_algorithm=signer.digest,
            subfilter=SigSeedSubFilter.PADES,
            reason=wish.reason or None,
            location=wish.location or None,
            certify=wish.certify is not None,
            docmdp_permissions=(wish.certify or Allowed.FORMS).value,
        ),
        signer=_Adapter(signer),
        timestamper=wish.authority,
        stamp_style=None if appearance is None else style_of(appearance),
        new_field_spec=new,
    ).sign_pdf(writer)
    return bytes(made.getvalue())


def _place(writer: IncrementalPdfFileWriter, stamp: Stamp) -> dict[str, Any]:
    """Return page and rectangle as pyHanko wants them.

    Raises:
        StampInvalid: there is no such page, or the rectangle is not within it.
    """
    index = stamp.page - 1 if stamp.page > 0 else stamp.page
    try:
        if not stamp.page:
            raise StampInvalid("pages count from 1")
        page = writer.find_page_for_modification(index)[0].get_object()
        left, bottom, right, top = (float(each) for each in _media_box(page))
    except (PdfError, *BROKEN):
        raise StampInvalid(f"there is no page {stamp.page}") from None
    x1, y1, x2, y2 = stamp.box
    if not (left <= x1 < x2 <= right and bottom <= y1 < y2 <= top):
        raise StampInvalid(f"the page is from {left:g}, {bottom:g} to {right:g}, {top:g}")
    return {"on_page": index, "box": stamp.box}


def _media_box(page: DictionaryObject) -> ArrayObject:
    """Return a page's size, its own or inherited (ISO 32000-2, 7.7.3.4)."""
    node: Any = page
    for _ in range(_MAX_PARENTS):
        if "/MediaBox" in node:
            box: ArrayObject = node["/MediaBox"]
            return box
        node = node["/Parent"]
    raise ValueError("no size")


class _Adapter(pyhanko.Signer):
    """What pyHanko signs with, made of ours."""

    def __init__(self, signer: Signer) -> None:
        store = SimpleCertificateStore()
        store.register_multiple(_asn1(each.public_bytes(Encoding.DER)) for each in signer.chain)
        super().__init__(
            signing_cert=_asn1(signer.certificate.public_bytes(Encoding.DER)), cert_registry=store, embed_roots=False
        )
        self._ours = signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: ARG002, FBT001, FBT002 - pyHanko's signature
        return _ROOM if dry_run else self._ours.sign(data)


def _asn1(der: bytes) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(der)
