"""From the tree of a packet to its values, attachments excepted."""

from typing import Final

from lienthong.kernel.errors import LabelInvalid
from lienthong.kernel.labels import PUBLIC, Label, Level
from lienthong.profiles.vn.edxml import layout
from lienthong.profiles.vn.edxml.oddities import Notes, Oddity
from lienthong.profiles.vn.edxml.scalars import Scalars
from lienthong.profiles.vn.edxml.tree import Node
from lienthong.profiles.vn.edxml.values import (
    Business,
    BusinessInfo,
    BusinessKind,
    DocumentPacket,
    DocumentType,
    ErrorEntry,
    Number,
    Organ,
    OtherInfo,
    Promulgation,
    ReceiverChange,
    Replacement,
    ResponseFor,
    Signer,
    Staff,
    StatusPacket,
    Trace,
    must_be_sealed,
)

# Fields of ``DocumentPacket`` that the format asks for: element, then what must be in it.
_ASKED: Final = (
    ("From", "OrganId"),
    ("To", "OrganId"),
    ("Code", "CodeNumber"),
    ("PromulgationInfo", "PromulgationDate"),
    ("DocumentType", "TypeName"),
    ("Subject", ""),
    ("DocumentId", ""),
)
_ASKED_OF_STATUS: Final = (("From", "OrganId"), ("ResponseFor", "DocumentId"), ("StatusCode", ""), ("Timestamp", ""))
_ADDED: Final = range(2)


class HeaderReader:
    """Reads the header of one packet."""

    def __init__(self, root: Node, notes: Notes) -> None:
        self._root, self._notes = root, notes
        self._scalars = Scalars(notes)

    def status(self, header: Node) -> StatusPacket:
        """Read the header of a status packet."""
        self._ask(header, _ASKED_OF_STATUS)
        code = self._scalars.text(header, "StatusCode")
        known = code.zfill(2) if code.isascii() and code.isdigit() else code
        if code and known not in layout.STATUSES:
            self._notes.add(Oddity.VALUE_UNKNOWN, "MessageHeader/StatusCode", line=header.line, detail=code)
            known = ""
        response = header.first("ResponseFor")
        return StatusPacket(
            sender=self._organ(header.first("From")),
            response=self._response(response) if response is not None else ResponseFor(),
            staff=self._staff(header.first("StaffInfo")),
            status=known,
            description=self._scalars.text(header, "Description"),
            at=self._scalars.moment(header.first("Timestamp")),
            errors=self._errors(),
        )

    def document(self, header: Node) -> DocumentPacket:
        """Read the header of a document, without its attachments."""
        self._ask(header, _ASKED)
        get = self._scalars
        code, kind, signer = header.first("Code"), header.first("DocumentType"), header.first("SignerInfo")
        issued, places, trace = (
            header.first("PromulgationInfo"),
            header.first("ToPlaces"),
            self._below("TraceHeaderList"),
        )
        return DocumentPacket(
            sender=self._organ(header.first("From")),
            receivers=tuple(self._organ(each) for each in header.every("To")),
            number=Number(number=get.text(code, "CodeNumber"), notation=get.text(code, "CodeNotation")),
            promulgation=Promulgation(
                place=get.text(issued, "Place"),
                on=get.date(issued.first("PromulgationDate")) if issued is not None else None,
            ),
            type=DocumentType(
                code=get.text(kind, "Type"), name=get.text(kind, "TypeName"), detail=get.text(kind, "TypeDetail")
            ),
            subject=get.text(header, "Subject"),
            content=get.text(header, "Content"),
            signer=self._signer(signer),
            due=get.date(header.first("DueDate")),
            places=tuple(each.text for each in places.every("Place") if each.text) if places is not None else (),
            other=self._other(header.first("OtherInfo")),
            responses=tuple(self._response(each) for each in header.every("ResponseFor")),
            steering=get.number(header.first("SteeringType"), known=layout.STEERINGS),
            id=get.document_id(header.first("DocumentId")),
            trace=tuple(self._trace(each) for each in trace.every("TraceHeader")) if trace is not None else (),
            business=self._business(),
            label=str(self._label()),
            errors=self._errors(),
        )

    def _below(self, name: str) -> Node | None:
        return self._root.find(name)

    def _ask(self, header: Node, asked: tuple[tuple[str, str], ...]) -> None:
        for name, inner in asked:
            node = header.first(name)
            within = node.first(inner) if node is not None and inner else node
            if within is None or not (within.text or within.children):
                place = "/".join(filter(None, (header.name, name, inner)))
                self._notes.add(Oddity.MISSING, place, line=(node or header).line)

    def _organ(self, node: Node | None) -> Organ:
        if node is None:
            return Organ()
        get = self._scalars
        code, written = get.code(node.first("OrganId"))
        return Organ(
            code=code,
            written=written,
            in_charge=get.text(node, "OrganizationInCharge"),
            name=get.text(node, "OrganName"),
            address=get.text(node, "OrganAdd"),
            email=get.text(node, "Email"),
            telephone=get.text(node, "Telephone"),
            fax=get.text(node, "Fax"),
            website=get.text(node, "Website"),
        )

    def _signer(self, node: Node | None) -> Signer | None:
        get = self._scalars
        found = Signer(
            competence=get.text(node, "Competence"),
            position=get.text(node, "Position"),
            name=get.text(node, "FullName"),
        )
        return None if found == Signer() else found

    def _other(self, node: Node | None) -> OtherInfo | None:
        if node is None:
            return None
        get, appendixes = self._scalars, node.first("Appendixes")
        titles = appendixes.every("Appendix") if appendixes is not None else []
        found = OtherInfo(
            priority=get.number(node.first("Priority"), known=layout.PRIORITIES),
            sphere=get.text(node, "SphereOfPromulgation"),
            typist=get.text(node, "TyperNotation"),
            copies=get.number(node.first("PromulgationAmount")),
            pages=get.number(node.first("PageAmount")),
            direction=get.text(node, "Direction"),
            reply_fors=get.text(node, "ReplyFors"),
            reference_codes=get.text(node, "ReferenceCodes"),
            appendixes=tuple(each.text for each in titles if each.text),
        )
        return None if found == OtherInfo() else found

    def _response(self, node: Node) -> ResponseFor:
        get = self._scalars
        organ, written = get.code(node.first("OrganId"))
        code = node.first("Code")
        parts = [get.text(code, "CodeNumber"), get.text(code, "CodeNotation")]
        return ResponseFor(
            organ=organ,
            written=written,
            code=get.text(node, "Code") or "/".join(filter(None, parts)),
            on=get.date(node.first("PromulgationDate")),
            document_id=get.document_id(node.first("DocumentId")),
        )

    def _trace(self, node: Node) -> Trace:
        organ, written = self._scalars.code(node.first("OrganId"))
        return Trace(organ=organ, written=written, at=self._scalars.moment(node.first("Timestamp")))

    def _staff(self, node: Node | None) -> Staff | None:
        get = self._scalars
        found = Staff(
            department=get.text(node, "Department"),
            name=get.text(node, "Staff"),
            mobile=get.text(node, "Mobile"),
            email=get.text(node, "Email"),
        )
        return None if found == Staff() else found

    def _business(self) -> Business | None:
        node = self._below("Bussiness")
        if node is None:
            return None
        get = self._scalars
        kind = get.number(node.first("BussinessDocType"), known=range(len(BusinessKind)))
        replaced = node.first("ReplacementInfoList")
        return Business(
            kind=BusinessKind(kind or 0),
            reason=get.text(node, "BussinessDocReason"),
            document_id=get.document_id(node.first("DocumentId")),
            paper=get.text(node, "Paper"),
            info=self._info(node.first("BussinessDocumentInfo")),
            replacements=tuple(self._replacement(each) for each in replaced.every("ReplacementInfo"))
            if replaced is not None
            else (),
            staff=self._staff(node.first("StaffInfo")),
        )

    def _info(self, node: Node | None) -> BusinessInfo | None:
        if node is None:
            return None
        listed = node.first("ReceiverList")
        return BusinessInfo(
            document=self._scalars.text(node, "DocumentInfo"),
            receiver=self._scalars.text(node, "DocumentReceiver"),
            receivers=tuple(self._change(each) for each in listed.every("Receiver")) if listed is not None else (),
        )

    def _change(self, node: Node) -> ReceiverChange:
        organ, written = self._scalars.code(node.first("OrganId"))
        added = self._scalars.number(node.first("ReceiverType"), known=_ADDED)
        return ReceiverChange(organ=organ, written=written, added=added != 0)

    def _replacement(self, node: Node) -> Replacement:
        listed = node.first("OrganIdList")
        return Replacement(
            document_id=self._scalars.document_id(node.first("DocumentId")),
            organs=tuple(each.text for each in listed.every("OrganId") if each.text) if listed is not None else (),
        )

    def _errors(self) -> tuple[ErrorEntry, ...]:
        node = self._below("ErrorList")
        if node is None:
            return ()
        get = self._scalars
        found = tuple(
            ErrorEntry(code=get.text(each, "Code"), description=get.text(each, "Description"))
            for each in node.every("Error")
        )
        if found:
            self._notes.add(Oddity.ERRORS, node.place, line=node.line, detail=found[0].code)
        return found

    def _label(self) -> Label:
        """Return the least label that covers all that are stated; one that is not known counts as the highest."""
        label = PUBLIC
        for node in self._labels():
            try:
                label = label.join(Label.parse(node.text))
            except LabelInvalid:
                self._notes.add(Oddity.LABEL_UNKNOWN, node.place, line=node.line, detail=node.text)
                label = label.join(Label(Level.TOP_SECRET))
        if must_be_sealed(label):
            self._notes.add(Oddity.LABEL_IN_PLAIN, "edXMLHeader/Extension", detail=str(label))
        return label

    def _labels(self) -> list[Node]:
        found: list[Node] = []
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            if node.name == "Label" and node.namespace == layout.EXTENSION:
                found.append(node)
            waiting.extend(node.children)
        return found
