"""Targets: files that others hand us: containers, exported records, the directory, descriptions of services."""

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from lienthong.directory.errors import DirectoryError
from lienthong.directory.indexing import Indexer
from lienthong.directory.proof import verify_extract
from lienthong.exchange import openapi
from lienthong.exchange.asic import reading
from lienthong.exchange.asic.verify import verify_container
from lienthong.exchange.evidence import record
from lienthong.exchange.evidence.verify_record import verify_record
from lienthong.exchange.openapi import DescriptionInvalid, anonymised
from lienthong.kernel.clock import DAY
from lienthong.profiles.vn.edxml import reading as edxml
from lienthong.profiles.vn.edxml.described import describe, packet_of
from lienthong.profiles.vn.edxml.errors import PacketIncomplete, PacketUnreadable
from lienthong.profiles.vn.edxml.extraction import extract
from lienthong.profiles.vn.edxml.values import DocumentPacket
from lienthong.profiles.vn.edxml.writing import write
from lienthong.trust.errors import EvidenceInvalid
from tests.fuzz.target import Target, check, check_text
from tests.fuzz.world import facts

FOLDER: Final = Path(__file__).parent
RECORDS_ROOT: Final = FOLDER / "root-record.json"
CONTAINERS_ROOT: Final = FOLDER / "root-container.json"
"""The roots that the records and containers of the corpus are judged from."""
_SCRATCH: Final = tempfile.TemporaryDirectory(prefix="fuzz-")
_FACTS: Final = facts()
_THEN: Final = 1_748_736_000_000 + DAY
"""A day after the records of the corpus were made."""


def _file(data: bytes) -> Path:
    path = Path(_SCRATCH.name) / "file"
    path.write_bytes(data)
    return path


def _container(data: bytes) -> None:
    path = _file(data)
    report = verify_container(path, CONTAINERS_ROOT.read_bytes(), 1 << 50, {})
    for finding in report.findings:
        check_text(finding.detail)
    members = reading.read(path)
    check(all(not name.startswith("/") and ".." not in name for name in members), "a name that leads elsewhere")


def _record(data: bytes) -> None:
    path = _file(data)
    report = verify_record(path, RECORDS_ROOT.read_bytes(), 1 << 50, {})
    for finding in report.findings:
        check_text(finding.detail)
    record.read(path)


def _directory(data: bytes) -> None:
    """The first byte says which of the published files it is."""
    kind, text = data[:1], data[1:]
    made = _FACTS
    if kind == b"c":
        made = replace(made, common=text)
    elif kind == b"r":
        made = replace(made, registers=dict(made.registers) | {"north": text})
    else:
        made = replace(made, shards=dict(made.shards) | {"north": {"branch/north/00.json": text}})
    snapshot = Indexer().snapshot(made)
    for refusal in snapshot.refusals:
        check_text(f"{refusal.where}: {refusal.why}")
    for organ in snapshot.organs():
        check(snapshot.organ(organ.id) is organ, "an organ that is not where it is looked for")
        check(organ.branch == "centre" or organ.token == "g22", "a branch that claims what it was not admitted to")


def _extract(data: bytes) -> None:
    verify_extract(data, root=RECORDS_ROOT.read_bytes(), at=_THEN)


def _description(data: bytes) -> None:
    text, media_type = anonymised(data)
    if media_type == openapi.JSON:
        check(b"openapi" in text and isinstance(json.loads(text), dict), "a description that is none any more")
    again, _ = anonymised(text)
    check(again == text, "an address that the first look left")


def _edxml(data: bytes) -> None:
    reading = edxml.read(data)
    for finding in reading.findings:
        check_text(f"{finding.place} {finding.detail}")
    for signature in reading.signatures:
        check_text(f"{signature.subject} {signature.reason} {signature.algorithm}")
    folder = Path(tempfile.mkdtemp(dir=_SCRATCH.name))
    found = extract(reading, folder / "in")
    inside = {path.relative_to(folder / "in").as_posix() for path in (folder / "in").rglob("*") if path.is_file()}
    check(inside == set(found.values()) and len(list(folder.iterdir())) == 1, "an attachment that is elsewhere")
    shutil.rmtree(folder)
    described = msgspec.json.encode(describe(reading))
    contents = iter(reading.packet.attachments if isinstance(reading.packet, DocumentPacket) else ())
    check(packet_of(described, lambda _: next(contents).data) == reading.packet, "a description of something else")
    try:
        written = write(reading.packet).for_envelope()
    except PacketIncomplete:
        return
    again = edxml.read(written).packet
    check(write(again).for_envelope() == written, "a packet that changes when it is written again")


FILES: Final = (
    Target(name="container", run=_container, refusals=(EvidenceInvalid,)),
    Target(name="record", run=_record, refusals=(EvidenceInvalid,)),
    Target(name="directory", run=_directory, refusals=(DirectoryError,)),
    Target(name="extract", run=_extract, refusals=(DirectoryError,)),
    Target(name="edxml", run=_edxml, refusals=(PacketUnreadable,)),
    Target(name="description", run=_description, refusals=(DescriptionInvalid,)),
)
