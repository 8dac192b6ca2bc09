"""Verdicts: what a signature is worth, by its chain, its time and what was revoked."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from lienthong.signatures.report import Changes, Coverage, Note, Reason, Source, State, Verdict
from tests.support.authorities import StampServer, stamp_server
from tests.support.pdfs import Chain, DirectStamper, judged, now, only, party, pdf, signed

OURS = Chain.make()
SIGNED = signed(pdf(2), OURS.leaf, reason="Ban hành", location="Hà Nội")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StampServer]:
    with stamp_server(tmp_path_factory.mktemp("authority") / "tsa") as running:
        yield running


def certificate_of(server: StampServer) -> x509.Certificate:
    return x509.load_pem_x509_certificate(Path(server.certificates).read_bytes())


def test_a_trusted_signature_is_valid_and_says_whose_it_is() -> None:
    signature = only(judged(SIGNED, OURS.trust))
    assert (signature.verdict, signature.reason) == (Verdict.VALID, Reason.OK)
    assert (signature.intact, signature.trusted, signature.modified_after) == (True, True, False)
    assert (signature.coverage, signature.changes) == (Coverage.ENTIRE_FILE, Changes.NONE)
    assert signature.signer == "Văn phòng Trung ương"
    assert signature.certificate is not None
    assert signature.certificate.serial == str(OURS.leaf.certificate.serial_number)
    assert (signature.stated_reason, signature.stated_location) == ("Ban hành", "Hà Nội")
    assert signature.time_source is Source.CLAIMED
    assert signature.time is not None
    assert abs(signature.time - now()) < timedelta(hours=2)


def test_a_file_without_signatures_says_so() -> None:
    report = judged(pdf(), OURS.trust)
    assert (report.state, report.verdict, report.ok) == (State.UNSIGNED, None, False)


def test_nobody_is_trusted_unless_named() -> None:
    for trust in ((), Chain.make().trust):
        signature = only(judged(SIGNED, trust))
        assert (signature.verdict, signature.reason) == (Verdict.INDETERMINATE, Reason.UNTRUSTED)
        assert (signature.intact, signature.trusted) == (True, False)


def test_an_authority_in_the_middle_or_the_signer_itself_may_be_the_one_that_is_trusted() -> None:
    for one in (OURS.middle, OURS.leaf):
        assert only(judged(SIGNED, [one.certificate])).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("leaf", "reason"),
    [
        ({"ends": timedelta(days=-1)}, Reason.EXPIRED_AT_SIGNING),
        ({"begins": timedelta(days=1)}, Reason.NOT_YET_VALID),
        ({"purposes": [ExtendedKeyUsageOID.SERVER_AUTH]}, Reason.WRONG_USAGE),
        ({"purposes": [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]}, Reason.OK),
        ({"signs": False}, Reason.WRONG_USAGE),
        ({"key": rsa.generate_private_key(65537, 2048)}, Reason.OK),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(leaf: dict[str, Any], reason: Reason) -> None:
    chain = Chain.make(**leaf)
    signature = only(judged(signed(pdf(), chain.leaf), chain.trust))
    assert signature.reason is reason
    assert signature.verdict is (Verdict.VALID if reason is Reason.OK else Verdict.INDETERMINATE)
    assert signature.intact is True


def test_a_chain_over_somebody_who_is_no_authority_does_not_count() -> None:
    pretender = party("Kẻ mạo danh", OURS.leaf)
    signature = only(judged(signed(pdf(), pretender), OURS.trust))
    assert (signature.verdict, signature.trusted) == (Verdict.INDETERMINATE, False)


def test_expired_since_is_told_from_expired_then() -> None:
    later = now() + timedelta(days=400)
    signature = only(judged(SIGNED, OURS.trust, at=later))
    assert (signature.verdict, signature.reason) == (Verdict.INDETERMINATE, Reason.EXPIRED)
    earlier = only(judged(SIGNED, OURS.trust, at=now() - timedelta(days=60)))
    assert earlier.reason is Reason.NOT_YET_VALID


@pytest.mark.openssl
def test_a_trusted_timestamp_keeps_a_signature_valid_after_its_certificate(server: StampServer) -> None:
    chain = Chain.make(ends=timedelta(days=30))
    stamped = signed(pdf(), chain.leaf, timestamper=DirectStamper(server.reply))
    at = now() + timedelta(days=60)
    signature = only(judged(stamped, [*chain.trust, certificate_of(server)], at=at))
    assert (signature.verdict, signature.time_source) == (Verdict.VALID, Source.TIMESTAMP)
    assert Note.EXPIRED_SINCE in signature.notes
    assert signature.time is not None
    assert abs(signature.time - now()) < timedelta(hours=2)
    # The same timestamp proves nothing to whoever does not trust its authority.
    untrusted = only(judged(stamped, chain.trust, at=at))
    assert (untrusted.verdict, untrusted.reason) == (Verdict.INDETERMINATE, Reason.EXPIRED)
    assert untrusted.time_source is Source.CLAIMED
    # While the certificate is valid it does not need one.
    today = only(judged(stamped, chain.trust))
    assert (today.verdict, Note.TIMESTAMP_UNTRUSTED in today.notes) == (Verdict.VALID, True)


@pytest.mark.openssl
def test_a_timestamp_of_another_signature_is_noticed(server: StampServer) -> None:
    def another(query: bytes) -> bytes:
        request = tsp.TimeStampReq.load(query)
        request["message_imprint"]["hashed_message"] = bytes(32)
        return server.reply(request.dump(force=True))

    stamped = signed(pdf(), OURS.leaf, timestamper=DirectStamper(another))
    signature = only(judged(stamped, [*OURS.trust, certificate_of(server)]))
    assert (signature.verdict, signature.reason) == (Verdict.INDETERMINATE, Reason.TIMESTAMP_DIFFERS)


@pytest.mark.openssl
def test_a_timestamp_over_the_document_proves_when_earlier_signatures_were_there(server: StampServer) -> None:
    chain = Chain.make(ends=timedelta(days=30))
    writer = IncrementalPdfFileWriter(io.BytesIO(signed(pdf(), chain.leaf)))
    output = signers.PdfTimeStamper(DirectStamper(server.reply)).timestamp_pdf(writer, "sha256")
    report = judged(output.read(), [*chain.trust, certificate_of(server)], at=now() + timedelta(days=60))
    person, stamp = report.signatures
    assert (stamp.verdict, stamp.document_timestamp, stamp.coverage) == (Verdict.VALID, True, Coverage.ENTIRE_FILE)
    assert (person.verdict, person.time_source) == (Verdict.VALID, Source.TIMESTAMP)
    assert (person.modified_after, person.changes) == (True, Changes.EVIDENCE)


def test_a_revoked_certificate_is_invalid_however_old_the_list_is() -> None:
    chain = Chain.make()
    chain.middle.revoked[chain.leaf.certificate.serial_number] = now() - timedelta(days=20)
    data = signed(pdf(), chain.leaf)
    for crl in (chain.middle.crl(), chain.middle.crl(at=now() - timedelta(days=10), days=1)):
        signature = only(judged(data, chain.trust, crls=[crl]))
        assert (signature.verdict, signature.reason) == (Verdict.INVALID, Reason.REVOKED)
        assert signature.trusted is False
        assert signature.detail.startswith("since 20")


def test_a_revoked_authority_takes_everybody_below_with_it() -> None:
    chain = Chain.make()
    chain.root.revoked[chain.middle.certificate.serial_number] = now() - timedelta(days=1)
    signature = only(judged(signed(pdf(), chain.leaf), chain.trust, crls=[chain.root.crl(), chain.middle.crl()]))
    assert (signature.verdict, signature.reason) == (Verdict.INVALID, Reason.AUTHORITY_REVOKED)


def test_a_list_by_somebody_else_revokes_nobody() -> None:
    chain, stranger = Chain.make(), party("Stranger", authority=True)
    stranger.revoked[chain.leaf.certificate.serial_number] = now() - timedelta(days=1)
    signature = only(judged(signed(pdf(), chain.leaf), chain.trust, crls=[stranger.crl()]))
    assert (signature.verdict, signature.notes) == (Verdict.VALID, (Note.REVOCATION_UNKNOWN,))


def test_a_forged_list_neither_revokes_nor_hides_a_true_one() -> None:
    chain, forger = Chain.make(), Chain.make()
    data = signed(pdf(), chain.leaf)
    for forged in (forger.middle.crl(), forger.root.crl()):
        signature = only(judged(data, chain.trust, crls=[forged]))
        assert (signature.verdict, signature.reason) == (Verdict.INDETERMINATE, Reason.REVOCATION_UNCLEAR)
    chain.middle.revoked[chain.leaf.certificate.serial_number] = now() - timedelta(days=1)
    crls = [forger.middle.crl(), chain.middle.crl()]
    assert only(judged(data, chain.trust, crls=crls)).reason is Reason.REVOKED


def test_a_fresh_list_without_it_leaves_nothing_open_and_an_old_one_does() -> None:
    data = signed(pdf(), OURS.leaf)
    fresh = only(judged(data, OURS.trust, crls=[OURS.middle.crl()]))
    assert (fresh.verdict, fresh.notes) == (Verdict.VALID, ())
    old = only(judged(data, OURS.trust, crls=[OURS.middle.crl(at=now() - timedelta(days=20), days=1)]))
    assert (old.verdict, old.notes) == (Verdict.VALID, (Note.REVOCATION_UNKNOWN,))


@pytest.mark.openssl
def test_who_was_revoked_after_a_trusted_timestamp_signed_before(server: StampServer) -> None:
    chain = Chain.make()
    stamped = signed(pdf(), chain.leaf, timestamper=DirectStamper(server.reply))
    trust = [*chain.trust, certificate_of(server)]
    chain.middle.revoked[chain.leaf.certificate.serial_number] = now() + timedelta(days=3)
    at = now() + timedelta(days=6)
    crl = chain.middle.crl(at=now() + timedelta(days=5))
    after = only(judged(stamped, trust, crls=[crl], at=at))
    assert (after.verdict, Note.EXPIRED_SINCE in after.notes) == (Verdict.VALID, True)
    # Without somebody to vouch for the time, it may have been signed by whoever stole the key.
    assert only(judged(stamped, chain.trust, crls=[crl], at=at)).reason is Reason.REVOKED


def test_several_signers_are_judged_one_by_one() -> None:
    other = Chain.make("Ban Tổ chức")
    both = signed(SIGNED, other.leaf, name="Signature2")
    first, second = judged(both, [*OURS.trust, *other.trust]).signatures
    assert (first.verdict, second.verdict) == (Verdict.VALID, Verdict.VALID)
    assert (first.coverage, second.coverage) == (Coverage.ENTIRE_REVISION, Coverage.ENTIRE_FILE)
    assert (first.modified_after, first.changes) == (True, Changes.FORMS)
    report = judged(both, OURS.trust)
    assert [each.verdict for each in report.signatures] == [Verdict.VALID, Verdict.INDETERMINATE]
    assert (report.verdict, report.ok) == (Verdict.INDETERMINATE, False)


def test_a_weak_digest_proves_nothing() -> None:
    signature = only(judged(signed(pdf(), OURS.leaf, md_algorithm="sha1"), OURS.trust))
    assert (signature.verdict, signature.reason) == (Verdict.INDETERMINATE, Reason.WEAK_ALGORITHM)


def test_a_short_key_proves_nothing() -> None:
    chain = Chain.make(key=rsa.generate_private_key(65537, 1024))  # noqa: S505 - that is the point
    assert only(judged(signed(pdf(), chain.leaf), chain.trust)).reason is Reason.WEAK_ALGORITHM


def test_a_form_that_is_not_verified_is_not_left_out() -> None:
    data = SIGNED.replace(b"/ETSI.CAdES.detached", b"/adbe.x509.rsa_sha1 ")
    assert len(data) == len(SIGNED)
    signature = only(judged(data, OURS.trust))
    assert (signature.verdict, signature.reason) == (Verdict.INDETERMINATE, Reason.UNSUPPORTED)
