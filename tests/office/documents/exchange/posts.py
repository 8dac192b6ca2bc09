"""Two offices that exchange documents through an exchange in memory, and the background work that does it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.documents.actions import looking, previewing
from lienthong.office.documents.actions.dispatching import dispatch
from lienthong.office.documents.actions.files import keep
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.exchange import audience, entering, gateways, mailboxes, taking
from lienthong.office.documents.exchange.enclosures import enclosed
from lienthong.office.documents.exchange.memory import MemoryExchange
from lienthong.office.documents.models import Dispatch, Document, File, Mailbox
from lienthong.office.organs.models import Unit
from lienthong.office.vault.selectors import read
from tests.office.documents.bureau import Bureau
from tests.office.people import appoint, clear, make_person, make_position


@dataclass(slots=True, kw_only=True)
class Posts:
    """The bureau of the province, a commune with a clerk, and what is between them."""

    bureau: Bureau
    exchange: MemoryExchange
    clerk: Person
    # What is enclosed in documents that are issued from now on; the first is the main file.
    leaving: list[tuple[str, bytes]] = field(default_factory=list)
    # Of the real exchange: sign the journals' heads now.
    checkpoint: Callable[[], object] = lambda: None

    @property
    def commune(self) -> Unit:
        return self.bureau.house.organs["commune"]

    @property
    def province(self) -> Unit:
        return self.bureau.house.organs["province"]

    def commune_clerk(self) -> Actor:
        with scope.system():
            return actor_of(Person.objects.get(pk=self.clerk.pk))

    def issued(self, *, label: Level = Level.INTERNAL) -> Document:
        """A plan of the province, numbered."""
        document = self.bureau.signed(label=label)
        issue(actor=self.bureau.actor("clerk"), document=document)
        for number, (name, data) in enumerate(self.leaving):
            keep(document=document, role=File.Role("appendix" if number else "main"), name=name, chunks=[data])
        return self.bureau.fresh(document)

    def dispatched(self, document: Document | None = None, *, to: audience.Audience | None = None) -> Dispatch:
        """Have it sent to the commune; it waits for the background work."""
        document = document or self.issued()
        with scope.system():
            to = to or audience.organs([self.commune], sender=self.province)
        return dispatch(actor=self.bureau.actor("clerk"), document=document, audience=to)

    def sent(self, *, label: Level = Level.INTERNAL) -> Dispatch:
        """The same, and it has left."""
        made = self.dispatched(self.issued(label=label))
        run_jobs()
        return fresh(made)

    def look(self, organ: Unit | None = None, *, whole: bool = False) -> int:
        """Look into the commune's mailbox, or another one."""
        organ = organ or self.commune
        post = taking.Post(exchange=self.exchange, link=self.exchange.link(organ.code), organ=organ)
        return entering.look(post, whole=whole)

    def arrived(self, organ: Unit | None = None) -> list[Document]:
        """What has come to an organ, the oldest first."""
        with scope.system():
            found = Document.objects.filter(organ=organ or self.commune, direction="incoming").order_by("pk")
            return list(found.select_related("organ"))


def files_of(document: Document) -> list[tuple[str, bytes]]:
    """Return what is enclosed in a document."""
    with scope.system():
        return [(file.name, b"".join(read(file.blob_id))) for file in enclosed(document)]


def fresh(made: Dispatch) -> Dispatch:
    """Return a dispatch as the database has it now."""
    with scope.system():
        return Dispatch.objects.select_related("document__organ").get(pk=made.pk)


def run_jobs(*, attempts: int = 0) -> list[str]:
    """Do what waits of this room in the background, once, but for looking at files; returns the names of the tasks."""
    # Tasks register when they are imported, which Django's own start does not.
    import lienthong.office.documents.tasks  # noqa: F401, PLC0415 - for its tasks

    waiting = ProcrastinateJob.objects.filter(task_name__startswith="documents.").exclude(
        task_name__in=(looking.TASK, previewing.TASK)
    )
    rows = list(waiting.order_by("id"))
    with contextlib.closing(_Deleted([row.pk for row in rows])):
        for row in rows:
            run_job(row.task_name, row.args, attempts=attempts, number=row.pk)
    return [row.task_name for row in rows]


def run_job(name: str, kwargs: dict[str, object], *, attempts: int = 0, number: int = 1) -> None:
    """Do one."""
    task = app.tasks[name]
    job = Job(
        id=number,
        queue="default",
        lock=None,
        queueing_lock=None,
        task_name=name,
        task_kwargs={},
        attempts=attempts,
    )
    before = [JobContext(app=app, job=job, start_timestamp=0.0, abort_reason=lambda: None)] if task.pass_context else []
    task.func(*before, **kwargs)


class _Deleted:
    """Takes jobs off the list, done or not: what fails is not repeated here."""

    def __init__(self, ids: list[int]) -> None:
        self._ids = ids

    def close(self) -> None:
        from django.db import connection  # noqa: PLC0415 - beside its only use

        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", [self._ids])


@contextlib.contextmanager
def opened(bureau: Bureau) -> Iterator[Posts]:
    """Give the house an exchange, and the commune a clerk."""
    house = bureau.house
    organs = {unit.code: OrganId("VN", "PARTY", unit.code) for unit in house.organs.values()}
    with scope.system():
        clerk = make_person(71, "commune_clerk", house.organs["commune"])
        appoint(clerk, make_position(house.departments["commune"], "Văn thư", Role.CLERK))
        clear(clerk, Level.SECRET, by=house.persons["security"])
    posts = Posts(bureau=bureau, exchange=MemoryExchange(organs=organs), clerk=clerk)
    with gateways.standing_in(posts.exchange):
        mailboxes.sync(posts.exchange.served())
        with scope.system():
            Mailbox.objects.update(due_at=timezone.now(), pause=0)
        yield posts
