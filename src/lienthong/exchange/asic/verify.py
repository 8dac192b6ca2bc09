"""Verifying a container: the signature that others check, and the evidence inside, from the directory's root."""

import hashlib
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Final

from asn1crypto import cms
from cryptography import x509

from lienthong.directory.errors import DirectoryError
from lienthong.directory.published import Published
from lienthong.exchange.asic import container, reading
from lienthong.exchange.asic.errors import SignatureInvalid
from lienthong.exchange.asic.timestamp import check_token
from lienthong.exchange.asic.verify_cms import verify_signed
from lienthong.exchange.evidence.judge import Judge, check_standing
from lienthong.exchange.evidence.record import header_json
from lienthong.exchange.evidence.report import Notes, Report
from lienthong.exchange.evidence.trusted import Trusted
from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis, from_datetime, iso
from lienthong.trust import cose
from lienthong.trust.checkpoint import CWT_CLAIMS, ISS, ReceiptFacts, verify_receipt
from lienthong.trust.errors import EvidenceInvalid, TrustError
from lienthong.trust.header import Header
from lienthong.trust.journal_entry import Entry

_FOLDERS: Final = ("request", "response")
_MALFORMED: Final = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, IndexError)


def verify_container(path: Path, root: bytes, now: Millis, contents: Mapping[Path, bytes]) -> Report:
    """Verify a container.

    Whether the certificate that signed it is to be trusted is for its reader to decide: its name is in a notice.

    Args:
        path: its file.
        root: root metadata of the directory that is trusted already.
        now: nothing may be later than this (milliseconds UTC).
        contents: files that are said to belong to it, and their SHA-256.
    """
    notes = Notes()
    try:
        members = reading.read(path)
    except EvidenceInvalid as error:
        notes.find("file", error.code, error.where)
        return Report(site="", index=None, findings=notes.in_order(), notices=(), entries=0)
    payload = {name: data for name, data in members.items() if not name.startswith("META-INF/")}
    if members[container.MANIFEST] != container.manifest(payload):
        notes.find(container.MANIFEST, "digest_mismatch", "it is not that of these files")
    _check_signature(members, now, notes)
    entries, facts = _check_evidence(payload, root, now, notes)
    digests = _check_messages(payload, entries, notes)
    for file, digest in contents.items():
        if digest not in digests:
            notes.find(str(file), "digest_mismatch", f"SHA-256 {digest.hex()}")
    return Report(
        site=facts.site if facts else "",
        index=facts.index if facts else None,
        findings=notes.in_order(),
        notices=tuple(notes.notices),
        entries=len(entries),
        seals=notes.seals,
        checkpoints=len(entries),
        contents=sum(name.endswith(("/head", "/body")) for name in payload) + len(contents),
    )


def _check_signature(members: Mapping[str, bytes], now: Millis, notes: Notes) -> None:
    where = container.SIGNATURE
    try:
        signed = cms.ContentInfo.load(members[where], strict=True)["content"]
        held = _certificates(signed)
        certificate = verify_signed(signed, members[container.MANIFEST], held)
        notes.tell(where, "signed_by", certificate.subject.rfc4514_string())
        info = signed["signer_infos"][0]
        for attribute in info["unsigned_attrs"]:
            if attribute["type"].native == "signature_time_stamp_token":
                _check_timestamp(attribute["values"][0], info["signature"].native, now, notes)
    except SignatureInvalid as error:
        notes.find(where, error.code, error.where)
    except _MALFORMED as error:
        notes.find(where, SignatureInvalid.code, f"malformed: {type(error).__name__}")


def _check_timestamp(token: cms.ContentInfo, signature: bytes, now: Millis, notes: Notes) -> None:
    where = "timestamp"
    certificates = _certificates(token["content"])
    digest = hashlib.sha256(signature).digest()
    certificate = check_token(token, digest=digest, nonce=None, certificates=certificates)
    info = token["content"]["encap_content_info"]["content"].parsed
    at = from_datetime(info["gen_time"].native)
    notes.tell(where, "stamped_at", f"{iso(at)}, {certificate.subject.rfc4514_string()}")
    if at > now:
        notes.find(where, "in_the_future", iso(at))


def _certificates(signed: cms.SignedData) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(each.chosen.dump()) for each in signed["certificates"]]


def _check_evidence(
    payload: Mapping[str, bytes], root: bytes, now: Millis, notes: Notes
) -> tuple[list[Entry], ReceiptFacts | None]:
    entries: list[Entry] = []
    last: ReceiptFacts | None = None
    try:
        trusted = Trusted.of(Published.from_bytes(payload[container.DIRECTORY]), root=root, at=now)
    except DirectoryError as error:
        notes.find("directory", error.code, error.where)
        return entries, last
    judge = Judge(trusted, notes)
    for number in count(1):
        data = payload.get(container.ENTRY.format(number))
        if data is None:
            break
        where = f"entry {number}"
        try:
            entry = Entry.from_bytes(data)
            entries.append(entry)
            last = _check_receipt(payload.get(container.RECEIPT.format(number), b""), data, trusted)
        except TrustError as error:
            notes.find(where, error.code, error.where)
            continue
        judge.check(where, entry)
        check_standing(trusted, notes, max(entry.at, last.at))
        if max(entry.at, last.at) > now:
            notes.find(where, "in_the_future", iso(max(entry.at, last.at)))
    return entries, last


def _check_receipt(receipt: bytes, entry: bytes, trusted: Trusted) -> ReceiptFacts:
    # Which site it claims only says whose keys to look among; the claim is under the signature.
    claims = cose.parse1(receipt).protected.get(CWT_CLAIMS)
    site = claims.get(ISS) if isinstance(claims, dict) else None
    return verify_receipt(receipt, entry, trusted.site_keys(str(site)))


def _check_messages(payload: Mapping[str, bytes], entries: list[Entry], notes: Notes) -> set[bytes]:
    """Check that the messages are what the entries' seals are about; return the digests that were sealed."""
    sealed = {each for entry in entries for each in entry.seals}
    digests = {digest for entry in entries for digest in entry.digests}
    if not entries or not any(f"{folder}/header.cbor" in payload for folder in _FOLDERS):
        notes.find("file", "entry_missing", "no evidence, or no message")
    for folder in _FOLDERS:
        encoded = payload.get(f"{folder}/header.cbor")
        if encoded is None:
            continue
        if cbor.byte_strings(encoded, payload.get(f"{folder}/seal.cose", b"")) not in sealed:
            notes.find(folder, "seal_missing", "no entry has this seal")
            continue
        digests |= _check_message(folder, payload, encoded, notes)
    return digests


def _check_message(folder: str, payload: Mapping[str, bytes], encoded: bytes, notes: Notes) -> set[bytes]:
    try:
        header = Header.from_bytes(encoded)
    except TrustError as error:
        notes.find(folder, error.code, error.where)
        return set()
    if payload.get(f"{folder}/message.json") != header_json(header):
        notes.find(f"{folder}/message.json", "member_differs", "the header says otherwise")
    for name, content in zip(("head", "body"), header.contents, strict=False):
        data = payload.get(f"{folder}/{name}")
        if data is None:
            notes.tell(f"{folder}/{name}", "content_left_out", "it was not kept; its digest is sealed")
        elif hashlib.sha256(data).digest() != content.digest:
            notes.find(f"{folder}/{name}", "digest_mismatch", f"SHA-256 {hashlib.sha256(data).hexdigest()}")
    return {content.digest for content in header.contents}
