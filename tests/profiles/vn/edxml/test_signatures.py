"""Reporting signatures: what was changed is broken, what is weak, partial or foreign is said to be."""

import base64
import re
from collections.abc import Callable

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from lienthong.profiles.vn.edxml.errors import PacketError
from lienthong.profiles.vn.edxml.limits import Limits
from lienthong.profiles.vn.edxml.oddities import Oddity
from lienthong.profiles.vn.edxml.reading import read
from lienthong.profiles.vn.edxml.signatures import SignatureReport, Verdict
from lienthong.profiles.vn.edxml.values import Attachment
from lienthong.profiles.vn.edxml.writing import write
from tests.support.edxml import PACKET, PDF, attachment, codes, signer, text

DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
SIGNER = signer(rsa.generate_private_key(65537, 2048))
SIGNED = write(PACKET, signer=SIGNER).in_plain().decode()


def report(xml: str) -> SignatureReport:
    (found,) = read(xml.encode()).signatures
    return found


def test_an_intact_one() -> None:
    assert report(SIGNED).verdict is Verdict.INTACT
    assert report(SIGNED).reason == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace("Về việc", "Về viêc"),
        lambda xml: xml.replace(base64.b64encode(PDF).decode(), base64.b64encode(PDF + b"x").decode()),
        lambda xml: xml.replace("</AttachmentEncoded>", attachment(PDF, content_id="2")[0] + "</AttachmentEncoded>"),
        lambda xml: xml.replace("<edXML:To>", "<edXML:To><edXML:OrganId>H01</edXML:OrganId></edXML:To><edXML:To>"),
        lambda xml: re.sub(r"(<ds:DigestValue>)(.)", lambda found: found[1] + ("B" if found[2] == "A" else "A"), xml),
        lambda xml: re.sub(
            r"(<ds:SignatureValue>)(.)", lambda found: found[1] + ("B" if found[2] == "A" else "A"), xml
        ),
    ],
    ids=["subject", "attachment", "more", "receiver", "digest", "value"],
)
def test_whatever_is_changed_breaks_it(change: Callable[[str], str]) -> None:
    changed = change(SIGNED)
    assert changed != SIGNED
    assert report(changed).verdict is Verdict.BROKEN
    assert Oddity.SIGNATURE_BROKEN in codes(read(changed.encode()))


@settings(max_examples=60)
@given(st.integers(0, len(SIGNED.encode()) - 1), st.integers(0, 7))
def test_no_flipped_bit_leaves_another_packet_intact(at: int, bit: int) -> None:
    data = bytearray(SIGNED.encode())
    data[at] ^= 1 << bit
    try:
        reading = read(bytes(data))
    except PacketError:
        return
    intact = [each for each in reading.signatures if each.verdict is Verdict.INTACT and each.whole]
    assert not intact or reading.packet == PACKET


def test_another_certificate_is_not_that_of_the_key() -> None:
    other = signer(rsa.generate_private_key(65537, 2048), name="Kẻ giả mạo").certificate
    mine = base64.b64encode(SIGNER.certificate.public_bytes(Encoding.DER)).decode()
    bare = re.sub(r"(<ds:X509Certificate>)[^<]*", lambda found: found[1] + mine, SIGNED)
    assert report(bare).verdict is Verdict.INTACT
    theirs = base64.b64encode(other.public_bytes(Encoding.DER)).decode()
    assert report(bare.replace(mine, theirs)).verdict is Verdict.BROKEN


def hand_signed(uri: str = "", *, sha1: bool = False, transforms: tuple[str, ...] = ()) -> str:
    """Sign by hand what signxml refuses to sign: with SHA-1, a part only, with other transforms."""
    digest, method, hashing = (
        (f"{DS}sha1", f"{DS}rsa-sha1", hashes.SHA1())  # noqa: S303 - that is what is to be found weak
        if sha1
        else (
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            hashes.SHA256(),
        )
    )
    plain = text(attachment(PDF)).replace("<edXML:edXMLHeader>", '<edXML:edXMLHeader Id="h">')
    root = etree.fromstring(plain.encode())
    covered = root if not uri else root.find(".//*[@Id='h']/*")
    assert covered is not None
    if uri:
        covered.set("Id", "part")
        plain = etree.tostring(root, encoding="unicode")
    hasher = hashes.Hash(hashing)
    copy = etree.fromstring(etree.tostring(covered, with_tail=False))
    hasher.update(etree.tostring(copy, method="c14n", exclusive=True))
    listed = "".join(
        f'<Transform Algorithm="{each}"></Transform>' for each in (f"{DS}enveloped-signature", *transforms, EXCLUSIVE)
    )
    info = (
        f'<SignedInfo xmlns="{DS}"><CanonicalizationMethod Algorithm="{EXCLUSIVE}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{method}"></SignatureMethod><Reference URI="{uri}">'
        f"<Transforms>{listed}</Transforms>"
        f'<DigestMethod Algorithm="{digest}"></DigestMethod>'
        f"<DigestValue>{base64.b64encode(hasher.finalize()).decode()}</DigestValue></Reference></SignedInfo>"
    )
    canonical = etree.tostring(etree.fromstring(info), method="c14n", exclusive=True)
    value = base64.b64encode(SIGNER.key.sign(canonical, padding.PKCS1v15(), hashing)).decode()  # type: ignore[call-arg, arg-type]  # the key is RSA
    certificate = base64.b64encode(SIGNER.certificate.public_bytes(Encoding.DER)).decode()
    signature = (
        f'<Signature xmlns="{DS}">{info}<SignatureValue>{value}</SignatureValue><KeyInfo><X509Data>'
        f"<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></Signature>"
    )
    return plain.replace("</edXML:edXMLHeader>", f"{signature}</edXML:edXMLHeader>")


def test_one_made_by_hand() -> None:
    assert (report(hand_signed()).verdict, report(hand_signed()).whole) == (Verdict.INTACT, True)


def test_sha1_is_weak() -> None:
    found = report(hand_signed(sha1=True))
    assert (found.verdict, found.weak, found.algorithm) == (Verdict.INTACT, True, "rsa-sha1")
    assert codes(read(hand_signed(sha1=True).encode())) == [Oddity.SIGNATURE_WEAK]


def test_a_part_is_not_the_whole() -> None:
    xml = hand_signed("#part")
    found = report(xml)
    assert (found.verdict, found.whole) == (Verdict.INTACT, False)
    assert codes(read(xml.encode())) == [Oddity.SIGNATURE_PARTIAL]
    # Wrapping: the signed part is moved aside, another one stands in its place.
    moved = re.search(r'<edXML:MessageHeader Id="part">.*?</edXML:MessageHeader>', xml, re.DOTALL)
    assert moved is not None
    other = moved[0].replace(' Id="part"', "").replace("kết nối", "chuyển tiền")
    wrapped = xml.replace(moved[0], other).replace("</edXML:edXMLEnvelope>", f"{moved[0]}</edXML:edXMLEnvelope>")
    assert "chuyển tiền" in wrapped
    assert report(wrapped).verdict is Verdict.INTACT
    assert not report(wrapped).whole
    assert Oddity.SIGNATURE_PARTIAL in codes(read(wrapped.encode()))


def test_transforms_that_leave_something_out_are_not_applied() -> None:
    for transform in (
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        f"{DS}base64",
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
    ):
        found = report(hand_signed(transforms=(transform,)))
        assert found.verdict is Verdict.UNCHECKED
        assert "transforms" in found.reason


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("<edXML:DigitalSignature/>", Oddity.SIGNATURE_EMPTY),
        ("<edXML:Signature/>", Oddity.SIGNATURE_EMPTY),
        ("<edXML:Signature><SignedInfo/></edXML:Signature>", Oddity.SIGNATURE_FOREIGN),
        (f'<Signature xmlns="{DS}"><SignedInfo/></Signature>', Oddity.SIGNATURE_UNCHECKED),
        (f'<DigitalSignature xmlns="{DS}"><SignedInfo/></DigitalSignature>', Oddity.SIGNATURE_FOREIGN),
        (
            f'<Signature xmlns="{DS}"><X509Data><X509Certificate>AAAA</X509Certificate></X509Data></Signature>',
            Oddity.SIGNATURE_UNCHECKED,
        ),
    ],
)
def test_signatures_that_are_none(more: str, code: Oddity) -> None:
    reading = read(text(attachment(PDF), more=more).encode())
    assert codes(reading) == [code]
    assert all(each.verdict is Verdict.UNCHECKED for each in reading.signatures)


def test_one_in_the_format_s_own_namespace_is_reported() -> None:
    xml = (
        hand_signed(sha1=True)
        .replace(f'<Signature xmlns="{DS}">', "<edXML:Signature>")
        .replace("</Signature>", "</edXML:Signature>")
    )
    found = report(xml)
    assert (found.verdict, found.algorithm, found.weak) == (Verdict.UNCHECKED, "rsa-sha1", True)
    assert found.subject == "CN=Văn thư"
    assert set(codes(read(xml.encode()))) == {Oddity.SIGNATURE_FOREIGN, Oddity.SIGNATURE_WEAK}


def test_several_signatures() -> None:
    signature = re.search(r"<Signature.*</Signature>", hand_signed())
    assert signature is not None
    xml = text(attachment(PDF), more=signature[0] * 6)
    reading = read(xml.encode())
    assert len(reading.signatures) == 4
    assert {each.verdict for each in reading.signatures[1:]} == {Verdict.UNCHECKED}
    assert Oddity.SIGNATURE_UNCHECKED in codes(reading)


def test_signatures_are_checked_within_one_bound() -> None:
    large = write(msgspec.structs.replace(PACKET, attachments=(_LARGE,)), signer=SIGNER).in_plain().decode()
    signature = re.search(r"<ds:Signature .*</ds:Signature>", large, re.DOTALL)
    assert signature is not None
    several = large.replace(signature[0], "".join(f"<a>{signature[0]}</a>" for _ in range(4)))
    found = read(several.encode(), limits=Limits(verified=10 << 20)).signatures
    assert [each.reason.startswith("too much to check") for each in found] == [False, False, True, True]
    assert report(large).verdict is Verdict.INTACT


_LARGE = Attachment(name="a.pdf", type="application/pdf", content_id="1", data=PDF + bytes(3 << 20))


def test_too_many_references_are_not_digested() -> None:
    reference = re.search(r"<Reference.*</Reference>", hand_signed())
    assert reference is not None
    big = attachment(PDF + bytes(3 << 20))
    xml = hand_signed().replace(reference[0], reference[0] * 200)
    xml = xml.replace("<AttachmentEncoded>", f"<AttachmentEncoded>{big[0]}")
    found = report(xml)
    assert (found.verdict, found.reason) == (Verdict.UNCHECKED, "too much to check: 200 references")
