"""An organ at work: people of every part, a chain, and documents in every state, for the tests of this room."""

from dataclasses import dataclass, field
from uuid import uuid4

from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.models import Appointment, Person
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.documents.actions.approval import approve, submit
from lienthong.office.documents.actions.arriving import Arrival, arrive
from lienthong.office.documents.actions.chains import Hand, create_chain
from lienthong.office.documents.actions.drafts import Draft, create_draft
from lienthong.office.documents.actions.files import add_file
from lienthong.office.documents.models import Chain, Document, File, StepKind
from lienthong.office.documents.states import State
from lienthong.office.organs.models import Position
from tests.office.people import House, clear, new_person, new_position, place

PDF = b"%PDF-1.7\n% a file like any other\n"
# Of the province: key, roles, clearance.
PEOPLE = (
    ("writer", (), Level.SECRET),
    ("second_writer", (), Level.INTERNAL),
    ("reviewer", (), Level.SECRET),
    ("signer", (Role.LEADER,), Level.SECRET),
    ("clerk", (Role.CLERK,), Level.SECRET),
    ("open_clerk", (Role.CLERK,), Level.INTERNAL),
    ("doer", (), Level.CONFIDENTIAL),
)


@dataclass(slots=True, kw_only=True)
class Bureau:
    """The house with an office that works."""

    house: House
    people: dict[str, Person] = field(default_factory=dict)
    chain: Chain

    def actor(self, key: str) -> Actor:
        """Return somebody as they act now: of the bureau, or of the house."""
        if key not in self.people:
            return self.house.actor(key)
        with scope.system():
            return actor_of(Person.objects.get(pk=self.people[key].pk))

    def appointment(self, key: str) -> Appointment:
        """Return the appointment that somebody acts in."""
        return Appointment(pk=self.actor(key).appointment_id)

    def draft(
        self, *, label: Level = Level.INTERNAL, by: str = "writer", subject: str = "Kế hoạch công tác"
    ) -> Document:
        """Begin a plan."""
        return create_draft(actor=self.actor(by), draft=Draft(type="ke-hoach", subject=subject, label=label))

    def with_file(self, document: Document, *, by: str = "writer", name: str = "Kế hoạch.pdf") -> Document:
        """Bring a main file to a draft."""
        add_file(actor=self.actor(by), document=document, role=File.Role.MAIN, name=name, chunks=[PDF])
        return self.fresh(document)

    def approved(self, *, label: Level = Level.INTERNAL) -> Document:
        """Take a plan along the chain to where it waits for its signature."""
        document = self.with_file(self.draft(label=label))
        submit(actor=self.actor("writer"), document=document, chain=self.chain, seen=document.revision)
        approve(actor=self.actor("reviewer"), document=document)
        return self.fresh(document)

    def signed(self, *, label: Level = Level.INTERNAL) -> Document:
        """Have one that was signed: what signing itself does is tested where it is done."""
        document = self.approved(label=label)
        with scope.system():
            Document.objects.filter(pk=document.pk).update(state=State.SIGNED, at_desk=True)
        return self.fresh(document)

    def arrived(self, *, label: Level = Level.INTERNAL, organ: str = "province", subject: str = "Công văn") -> Document:
        """Let something arrive from the centre."""
        found = arrive(organ=self.house.organs[organ], arrival=arrival(label=label, subject=subject))
        assert found is not None
        return found

    @staticmethod
    def fresh(document: Document) -> Document:
        """Return it as the database has it now."""
        with scope.system():
            return Document.objects.select_related("organ").get(pk=document.pk)


def arrival(*, label: Level = Level.INTERNAL, subject: str = "Công văn", number: str = "12-CV/TW") -> Arrival:
    """Return what the centre may send."""
    return Arrival(
        uid=uuid4(), message=uuid4(), label=label, type="cong-van", urgency="urgent", subject=subject, number=number,
        dated=None, author_code="T.centre", author="Văn phòng Trung ương",
    )  # fmt: skip


def open_bureau(house: House) -> Bureau:
    """Give the province of a house people who work on documents."""
    people: dict[str, Person] = {}
    positions: dict[str, Position] = {}
    for number, (key, roles, _) in enumerate(PEOPLE, start=51):
        people[key] = new_person(number, key, house.organs["province"])
        positions[key] = new_position(house.departments["province"], f"Chức vụ {number}", *roles)
    with scope.system():
        place(people, positions)
        for key, _, level in PEOPLE:
            if level > Level.INTERNAL:
                clear(people[key], level, by=house.persons["security"])
    hands = [Hand(positions["reviewer"].pk, StepKind.APPROVE), Hand(positions["signer"].pk, StepKind.SIGN)]
    chain = create_chain(
        actor=house.actor("administrator"), organ=house.organs["province"], name="Thường", type_="", hands=hands
    )
    return Bureau(house=house, people=people, chain=chain)
