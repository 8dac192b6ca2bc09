"""What is signed here is valid here and to other programs, and nothing before it is touched."""

import io
import subprocess
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields

from lienthong.signatures.errors import SignerInvalid, SigningFailed, StampInvalid, TimestampFailed
from lienthong.signatures.report import Changes, Coverage, Reason, Source, Verdict
from lienthong.signatures.sign import Allowed, Wish, sign
from lienthong.signatures.signers import KeySigner
from lienthong.signatures.stamp import Stamp
from lienthong.signatures.stamping import Authority
from lienthong.trust.errors import KeyStoreError
from tests.support.authorities import StampServer, stamp_server
from tests.support.hostile_pdfs import HOSTILE, encrypted
from tests.support.pdfs import Chain, Party, judged, now, only, pdf, signed, updated

OURS = Chain.make()
PLAIN = pdf(2)
VIETNAMESE = "Nguyễn Thị Hường ế ộ ữ Ỹ ặ"


def signer_of(one: Party) -> KeySigner:
    return KeySigner(certificate=one.certificate, key=one.key, chain=tuple(one.chain))


def stamp(page: int = 1, box: tuple[float, float, float, float] = (300, 60, 540, 130)) -> Stamp:
    return Stamp(page=page, box=box, name=VIETNAMESE, organ="Văn phòng", time=now(), reason="Ban hành")


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP521R1()),
    ],
    ids=["rsa", "p256", "p384", "p521"],
)
def test_every_kind_of_key_signs(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    chain = Chain.make(key=key)
    data = sign(PLAIN, signer_of(chain.leaf), wish=Wish(reason="Ban hành", location="Hà Nội"))
    assert data.startswith(PLAIN)
    signature = only(judged(data, chain.trust))
    assert (signature.verdict, signature.coverage) == (Verdict.VALID, Coverage.ENTIRE_FILE)
    assert (signature.stated_reason, signature.stated_location) == ("Ban hành", "Hà Nội")
    assert signature.field == "Signature1"


def test_ed25519_signs() -> None:
    chain = Chain.make(key=ed25519.Ed25519PrivateKey.generate())
    assert only(judged(sign(PLAIN, signer_of(chain.leaf)), chain.trust)).verdict is Verdict.VALID


def test_further_signers_leave_the_first_as_it_was() -> None:
    others = [Chain.make("Ban Tổ chức"), Chain.make("Ban Nội chính")]
    data = first = sign(PLAIN, signer_of(OURS.leaf), stamp())
    for other in others:
        longer = sign(data, signer_of(other.leaf), stamp(box=(60, 60, 280, 130)))
        assert longer.startswith(data)
        data = longer
    report = judged(data, [*OURS.trust, *others[0].trust, *others[1].trust])
    assert [each.verdict for each in report.signatures] == [Verdict.VALID] * 3
    assert [each.field for each in report.signatures] == ["Signature1", "Signature2", "Signature3"]
    assert report.signatures[0].changes is Changes.FORMS
    assert data.startswith(first)


def test_the_signature_is_pades_with_the_certificate_signed() -> None:
    data = sign(PLAIN, signer_of(OURS.leaf))
    (embedded,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
    assert embedded.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    kinds = {each["type"].native for each in embedded.signer_info["signed_attrs"]}
    # ETSI EN 319 142-1, table 1: the certificate's digest is signed, the time stands in the dictionary only.
    assert "signing_certificate_v2" in kinds
    assert "signing_time" not in kinds
    # All that is needed to reach the root, without the root.
    assert len(embedded.signed_data["certificates"]) == 2


@pytest.mark.openssl
def test_another_program_agrees(tmp_path: Path) -> None:
    data = sign(PLAIN, signer_of(OURS.leaf), stamp())
    (embedded,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
    _, before, after, rest = embedded.byte_range
    (tmp_path / "signed").write_bytes(data[:before] + data[after : after + rest])
    (tmp_path / "cms").write_bytes(embedded.pkcs7_content.rstrip(b"\0"))
    (tmp_path / "root.pem").write_bytes(OURS.root.certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "cms", "-content", "signed"]
    command += ["-CAfile", "root.pem", "-purpose", "any", "-out", "out"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "signed").write_bytes(data[:before] + data[after : after + rest] + b" ")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


@pytest.mark.pdfsig
def test_poppler_agrees(tmp_path: Path) -> None:
    (tmp_path / "signed.pdf").write_bytes(sign(sign(PLAIN, signer_of(OURS.leaf), stamp()), signer_of(OURS.leaf)))
    done = subprocess.run(
        ["pdfsig", "-nocert", "signed.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.count("Signature is Valid.") == 2, done.stdout
    assert "ETSI.CAdES.detached" in done.stdout


def test_the_stamp_shows_on_its_page_with_its_font_inside() -> None:
    data = sign(PLAIN, signer_of(OURS.leaf), stamp(page=-1))
    reader = PdfFileReader(io.BytesIO(data))
    pages = reader.root["/Pages"]["/Kids"]
    assert "/Annots" not in pages[0]
    widget = pages[1]["/Annots"][0]
    assert [float(each) for each in widget["/Rect"]] == [300, 60, 540, 130]
    drawn = widget["/AP"]["/N"]
    inner = next(iter(drawn["/Resources"]["/XObject"].values())).get_object()
    table = inner["/Resources"]["/Font"]
    embedded = [table[name]["/FontDescriptor"]["/FontFile2"] for name in table]
    assert len(embedded) >= 2
    assert all(len(each.data) > 1000 for each in embedded)
    assert only(judged(data, OURS.trust)).verdict is Verdict.VALID


@pytest.mark.parametrize("page", [0, 3, -3])
def test_a_stamp_on_no_page_is_refused(page: int) -> None:
    with pytest.raises(StampInvalid):
        sign(PLAIN, signer_of(OURS.leaf), stamp(page=page))


@pytest.mark.parametrize("box", [(500, 60, 700, 130), (-1, 60, 200, 130), (200, 60, 200, 130), (60, 60, 70, 65)])
def test_a_stamp_beside_the_page_or_too_small_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(StampInvalid):
        sign(PLAIN, signer_of(OURS.leaf), stamp(box=box))


@pytest.mark.parametrize(
    ("allowed", "may_sign"), [(Allowed.NOTHING, False), (Allowed.FORMS, True), (Allowed.ANNOTATIONS, True)]
)
def test_who_certifies_says_what_may_follow(allowed: Allowed, *, may_sign: bool) -> None:
    data = sign(PLAIN, signer_of(OURS.leaf), wish=Wish(certify=allowed))
    signature = only(judged(data, OURS.trust))
    assert (signature.verdict, signature.certifies) == (Verdict.VALID, True)
    if may_sign:
        both = judged(sign(data, signer_of(OURS.leaf)), OURS.trust)
        assert both.ok
    else:
        with pytest.raises(SigningFailed, match="forbids"):
            sign(data, signer_of(OURS.leaf))
    with pytest.raises(SigningFailed, match="first"):
        sign(data, signer_of(OURS.leaf), wish=Wish(certify=allowed))


def test_an_empty_field_is_filled_and_a_filled_one_is_not() -> None:
    def with_field(writer: IncrementalPdfFileWriter) -> None:
        fields.append_signature_field(writer, fields.SigFieldSpec("Duyệt", box=(60, 60, 300, 130)))

    data = sign(updated(PLAIN, with_field), signer_of(OURS.leaf), wish=Wish(field="Duyệt"))
    assert only(judged(data, OURS.trust)).field == "Duyệt"
    with pytest.raises(SigningFailed, match="filled"):
        sign(data, signer_of(OURS.leaf), wish=Wish(field="Duyệt"))
    with pytest.raises(SigningFailed, match="dots"):
        sign(PLAIN, signer_of(OURS.leaf), wish=Wish(field="a.b"))


@pytest.mark.parametrize("data", [b"", b"x", HOSTILE["pages in a circle"], HOSTILE["no root"], encrypted("")])
def test_what_cannot_be_signed_is_refused(data: bytes) -> None:
    with pytest.raises(SigningFailed):
        sign(data, signer_of(OURS.leaf))


@pytest.mark.parametrize("leaf", [{"ends": timedelta(days=-1)}, {"begins": timedelta(days=1)}])
def test_a_certificate_out_of_its_time_does_not_sign(leaf: dict[str, Any]) -> None:
    with pytest.raises(SignerInvalid):
        sign(PLAIN, signer_of(Chain.make(**leaf).leaf))


def test_a_key_that_fails_leaves_no_half_signed_file() -> None:
    class Broken(KeySigner):
        def sign(self, data: bytes) -> bytes:
            raise KeyStoreError("the token was pulled out")

    one = signer_of(OURS.leaf)
    with pytest.raises(KeyStoreError):
        sign(PLAIN, Broken(certificate=one.certificate, key=one.key))


def test_a_file_that_others_have_signed_stays_valid() -> None:
    other = Chain.make("Ban Tổ chức")
    data = sign(signed(PLAIN, other.leaf), signer_of(OURS.leaf), stamp())
    assert judged(data, [*OURS.trust, *other.trust]).ok


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StampServer]:
    with stamp_server(tmp_path_factory.mktemp("authority") / "tsa") as running:
        yield running


@pytest.mark.openssl
def test_an_authority_stamps_the_signature(server: StampServer) -> None:
    from lienthong.signatures.verify import read_anchors  # noqa: PLC0415 - beside its use

    data = sign(PLAIN, signer_of(OURS.leaf), wish=Wish(authority=Authority(server.url)))
    trust = [*OURS.trust, *read_anchors(server.certificates.read_bytes(), "tsa")]
    signature = only(judged(data, trust))
    assert (signature.verdict, signature.time_source) == (Verdict.VALID, Source.TIMESTAMP)
    assert signature.time is not None
    assert abs(signature.time - datetime.now(UTC)) < timedelta(minutes=5)
    # Only digests were shown to it.
    assert all(len(each) < 200 for each in server.asked)


@pytest.mark.openssl
def test_an_authority_that_does_not_answer_as_it_should_is_named(server: StampServer) -> None:
    try:
        for damage, status, media_type in (
            (lambda _: b"", 200, "application/timestamp-reply"),
            (lambda _: b"\x30\x03\x02\x01\x02", 200, "application/timestamp-reply"),
            (lambda reply: reply[:-9], 200, "application/timestamp-reply"),
            (bytes, 500, "application/timestamp-reply"),
            (bytes, 302, "application/timestamp-reply"),
            (bytes, 200, "text/html"),
            (lambda _: bytes(300_000), 200, "application/timestamp-reply"),
        ):
            server.damage, server.status, server.media_type = damage, status, media_type
            with pytest.raises(TimestampFailed):
                sign(PLAIN, signer_of(OURS.leaf), wish=Wish(authority=Authority(server.url)))
    finally:
        server.damage, server.status, server.media_type = bytes, 200, "application/timestamp-reply"
    with pytest.raises(TimestampFailed):
        sign(PLAIN, signer_of(OURS.leaf), wish=Wish(authority=Authority("http://127.0.0.1:9/")))


@pytest.mark.parametrize(
    "url", ["", "tsa.example", "file:///etc/passwd", "ftp://tsa.example/", "http://a:b@tsa.example/"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(TimestampFailed) as refused:
        Authority(url)
    assert "a:b" not in str(refused.value)


def test_one_changed_byte_in_what_we_signed_is_noticed() -> None:
    data = sign(PLAIN, signer_of(OURS.leaf), stamp())
    start = data.index(b"/Contents <", len(PLAIN))
    for at in (100, len(PLAIN) + 20, start - 5, len(data) - 10):
        damaged = bytearray(data)
        damaged[at] ^= 1
        for each in judged(bytes(damaged), OURS.trust).signatures:
            assert each.verdict is not Verdict.VALID


def test_a_bomb_as_its_content_does_no_harm() -> None:
    content = zlib.compress(bytes(100_000_000), 9)

    def fill(writer: IncrementalPdfFileWriter) -> None:
        from pyhanko.pdf_utils import generic  # noqa: PLC0415 - beside its use

        stream = generic.StreamObject(encoded_data=content)
        stream[generic.pdf_name("/Filter")] = generic.pdf_name("/FlateDecode")
        page = writer.root["/Pages"]["/Kids"][0]
        page["/Contents"] = writer.add_object(stream)
        writer.update_container(page)

    data = sign(updated(PLAIN, fill), signer_of(OURS.leaf), stamp())
    assert only(judged(data, OURS.trust)).reason is Reason.OK
