"""Every address of the office, with something real in the place of each part that changes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import URLResolver, get_resolver

from lienthong.office.accounts.models import Substitution
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions.chains import Hand, create_chain
from lienthong.office.documents.actions.drafts import Draft, create_draft
from lienthong.office.documents.actions.files import add_file
from lienthong.office.documents.models import (
    Answer,
    Correspondent,
    Delivery,
    Dispatch,
    Document,
    File,
    Relation,
    StepKind,
)
from lienthong.office.members.models import Change, Decision, Failure, Loading, Member, Record, ReviewItem, Score
from lienthong.office.records.actions.covers import Cover, open_file
from lienthong.office.records.models import Approval, Disposal, DisposalFile, Hold, Item
from tests.office.people import House


def routes() -> list[str]:
    """Return every address of the office once."""

    def walk(resolver: URLResolver, before: str) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern, route)
            else:
                yield route

    return list(dict.fromkeys(walk(get_resolver(), "")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What stands for the parts of an address: things of the province, where the right ones are at home."""

    person: int
    appointment: int
    unit: int
    position: int
    substitution: int
    entry: int
    # A draft of the official's, with its file.
    document: int
    file: int
    # A work file of the official's in which it lies, and a proposal to dispose of it.
    work_file: int
    item: int
    disposal: int
    chain: int
    dispatch: int
    delivery: int
    correspondent: int
    answer: int
    relation: int
    # A member of the province, and two records of members that may be one person's.
    member: int
    double: int
    decision: int
    failure: int
    change: int

    def _of_members(self, path: str) -> int:
        numbers = {
            "review": self.double, "decisions": self.decision, "failing": self.failure, "changes": self.change,
        }  # fmt: skip
        return numbers.get(path.split("/")[1], self.member)

    def fill(self, route: str, number: str = "") -> str:
        """Return an address; with a number, one whose parts are all that number."""
        known = {
            "person_id": self.person,
            "appointment_id": self.appointment,
            "unit_id": self.unit,
            "substitution_id": self.substitution,
            "position_id": self.position,
            "document_id": self.document,
            "file_id": self.file,
            "chain_id": self.chain,
            "dispatch_id": self.dispatch,
            "delivery_id": self.delivery,
            "correspondent_id": self.correspondent,
            "answer_id": self.answer,
            "relation_id": self.relation,
            "uidb36": "1",
            "key": "x-y",
            "provider_id": "none",
            "token": "A" * 43,
        }
        path = route
        texts: dict[str, str] = {}
        if path.startswith("units/positions/"):
            known["number"] = self.position
        elif path.startswith("documents/"):
            known["number"] = self.document
        elif path.startswith("records/disposals/"):
            known["number"] = self.disposal
        elif path.startswith("records/"):
            known |= {"number": self.work_file, "item": self.item}
        elif path.startswith("units/"):
            known["number"] = self.unit
        elif path.startswith("members/"):
            known |= {"number": self._of_members(path)}
            texts = {"area": "02", "rule": "number-sex"}
        else:
            known["number"] = self.entry
        for name, pattern in re.findall(r"\(\?P<(\w+)>((?:\[[^\]]*\]|\.)[+*]?)\)", path):
            path = path.replace(f"(?P<{name}>{pattern})", str(known[name]))
        path = re.sub(
            r"<(?:int:)?(\w+)>", lambda found: number or texts.get(found[1]) or str(known.get(found[1], 1)), path
        )
        return "/" + path.replace("^", "").replace("$", "").replace(r".*\Z", "nothing").replace(r"\Z", "")


def place_of(house: House) -> Place:
    """Write what a house lacks of things with an address of their own; return where all of them are."""
    with scope.system(), transaction.atomic():
        appointment = house.appointment("official")
        substitution = Substitution.objects.create(
            appointment=appointment,
            substitute=house.persons["colleague"],
            valid_from=appointment.valid_from,
            valid_to=appointment.valid_from.replace(year=appointment.valid_from.year + 1),
        )
        entry = AuditEntry.objects.create(
            kind="a:b:c", object_type="x.y", organ_path=house.organs["province"].path, person_id=0
        )
    author = house.actor("official")
    draft = create_draft(actor=author, draft=Draft(type="ke-hoach", subject="Kế hoạch"))
    file = add_file(actor=author, document=draft, role=File.Role.MAIN, name="Kế hoạch.pdf", chunks=[b"%PDF-"])
    work_file, item, disposal = _records(house, draft)
    with scope.system():
        leaving = Dispatch.objects.create(document=draft, audience="Xã 1", by_id=author.appointment_id)
        sent = Delivery.objects.create(dispatch=leaving, organ_code="T.commune", organ="Xã 1")
        partner = Correspondent.objects.create(organ=house.organs["province"], code="H49", name="Tỉnh 49")
        told = Answer.objects.create(document=draft, to_code="H49", to="Tỉnh 49", code="03", at=entry.at)
        related = Relation.objects.create(document=draft, kind=Relation.Kind.BASED_ON, other_number="1-NQ/TW")
    hands = [Hand(house.positions["leader"].pk, StepKind.SIGN)]
    administrator, organ = house.actor("administrator"), house.organs["province"]
    chain = create_chain(actor=administrator, organ=organ, name="Ký thẳng", type_="", hands=hands)
    return Place(
        person=house.persons["official"].pk,
        appointment=appointment.pk,
        unit=house.departments["province"].pk,
        position=house.positions["official"].pk,
        substitution=substitution.pk,
        entry=entry.pk,
        document=draft.pk,
        file=file.pk,
        work_file=work_file,
        item=item,
        disposal=disposal,
        chain=chain.pk,
        dispatch=sent.dispatch_id,
        delivery=sent.pk,
        correspondent=partner.pk,
        answer=told.pk,
        relation=related.pk,
        **_registry(house),
    )


def _registry(house: House) -> dict[str, int]:
    """Write two members of the province with a record each, a score, and a merge that waits for a second person."""
    organ = house.organs["province"]
    place: dict[str, Any] = {"organ": organ, "organ_path": organ.path, "values": {"full_name": "Nguyễn Văn A"}}
    with scope.system(), transaction.atomic():
        records = []
        for number in (1, 2):
            member = Member.objects.create(key=f"PA{number}", name="Nguyễn Văn A", records=1, failures=1, **place)
            records.append(Record.objects.create(key=f"MA{number}", member=member, **place))
        failure = Failure.objects.create(
            record=records[0], member=records[0].member, rule="number-sex", organ_path=organ.path
        )
        Loading.objects.create(run="20261126T000000Z-000000", registry="member", on="2026-11-26", records=2, members=2)
        Score.objects.create(
            area="02", name="Tỉnh 1", organ_path=organ.path, dimension="clean", checks=2, failures=2, score=50.0
        )
        double = ReviewItem.objects.create(
            place=100, kind="pair", left=records[0], right=records[1], organ_path=organ.path, impact=2, state="waiting",
            weights={"given": 3.5, "sex": -1.0}, weight=2.5, probability=0.9,
        )  # fmt: skip
        waiting = Decision.objects.create(
            left="MA1", right="MA2", organ_path=organ.path, verdict="same", state="waiting", impact=2, person_id=0,
            person_name="x",
        )  # fmt: skip
        change = Change.objects.create(
            record="MA1", organ_path=organ.path, field="phone", source="page", person_id=0, person_name="x"
        )
    return {
        "member": records[0].member_id, "double": double.pk, "decision": waiting.pk, "failure": failure.pk,
        "change": change.pk,
    }  # fmt: skip


def _records(house: House, document: Document) -> tuple[int, int, int]:
    """Write a work file with a document and a hold, and a disposal; return the ids of file, item and disposal."""
    author = house.actor("official")
    made = open_file(actor=author, cover=Cover(title="Hồ sơ", retention=10, retention_reason="Mục 1"))
    appointment, person = author.appointment_id, author.person_id
    with scope.system(), transaction.atomic():
        item = Item.objects.create(file=made, document=document, place=1, pages=3, added_by_id=appointment)
        Hold.objects.create(file=made, reason="x", set_by_id=appointment)
        disposal = Disposal.objects.create(
            organ=made.organ, reason="x", proposed_by_id=appointment, proposer_id=person, proposer_name="x"
        )
        DisposalFile.objects.create(disposal=disposal, file=made)
        Approval.objects.create(
            disposal=disposal, by_id=appointment, person_id=person, name="x", position="x", leads=False
        )
    return made.pk, item.pk, disposal.pk
