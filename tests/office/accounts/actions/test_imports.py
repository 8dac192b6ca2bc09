"""A list of persons from the file to the accounts, with real background work."""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import cast

import pytest
from django.core import mail
from django.db import connections
from django.utils.timezone import now
from django.utils.translation import override
from openpyxl import Workbook
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob

from lienthong.office.accounts.actions.imports import (
    check_import,
    forget_imports,
    run_import,
    start_import,
    upload_import,
)
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Appointment, Effect, ImportState, Person, PersonImport, State
from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden, Invalid, NotFound
from lienthong.office.core.models import AuditEntry
from tests.office.people import House

HEAD = "Mail;Họ và tên;Mã cơ quan;Chức vụ;Điện thoại\n"


def _upload(house: House, by: str, text: str) -> PersonImport:
    run = upload_import(actor=house.actor(by), name="danh sách.csv", content=text.encode())
    check_import(run.pk)
    return _now(run)


def _now(run: PersonImport) -> PersonImport:
    with scope.system():
        return PersonImport.objects.get(pk=run.pk)


def _effects(run: PersonImport) -> list[tuple[int, str, str]]:
    with scope.system():
        return list(run.rows.order_by("number").values_list("number", "effect", "column"))


def _file(house: House) -> str:
    official, outsider = house.persons["official"], house.persons["outsider"]
    title = house.positions["below"].title
    return (
        HEAD
        + f"a1@test.invalid;Người dùng 51;T.commune;{title};024 1\n"
        + "a2@test.invalid;Người dùng 52;;;\n"
        + f"{official.email};Người dùng 53;;;\n"
        + f"{house.persons['colleague'].email};{house.persons['colleague'].name};;;\n"
        + "A1@test.invalid;Người dùng 54;;;\n"
        + f"{outsider.email};Người dùng 55;;;\n"
        + "a6@test.invalid;Người dùng 56;T.elsewhere;;\n"
        + "a7@test.invalid;Người dùng 57;;Không có;\n"
        + f"a8@test.invalid;Người dùng 58;;{house.positions['security'].title};\n"
        + "a9;Người dùng 59;;;\n"
        + f"{house.persons['security'].email};Người dùng 60;;;\n"
    )


EXPECTED = [
    (2, Effect.INVITE, ""), (3, Effect.INVITE, ""), (4, Effect.CHANGE, ""), (5, Effect.SAME, ""),
    (6, Effect.WRONG, "email"), (7, Effect.WRONG, "email"), (8, Effect.WRONG, "organ"),
    (9, Effect.WRONG, "position"), (10, Effect.WRONG, "position"), (11, Effect.WRONG, "email"),
    (12, Effect.WRONG, "email"),
]  # fmt: skip


def test_each_row_is_said_what_it_would_do_and_nothing_is_done(house: House) -> None:
    run = _upload(house, "administrator", _file(house))
    assert run.state == ImportState.CHECKED
    assert _effects(run) == EXPECTED
    with scope.system():
        assert Person.objects.count() == len(house.persons)
        assert not AuditEntry.objects.exists()
        assert all(row.trouble for row in run.rows.filter(effect=Effect.WRONG))
    assert list(ProcrastinateJob.objects.values_list("task_name", flat=True)) == ["accounts.check_import"]
    assert run.content is None


def test_it_is_carried_out_once(house: House) -> None:
    run = _upload(house, "administrator", _file(house))
    start_import(actor=house.actor("administrator"), import_id=run.pk)
    with pytest.raises(Invalid):
        start_import(actor=house.actor("administrator"), import_id=run.pk)
    run_import(run.pk)
    run_import(run.pk)
    assert (_now(run).state, _now(run).written) == (ImportState.DONE, 3)
    with scope.system():
        made = Person.objects.get(email="a1@test.invalid")
        assert (made.state, made.organ_id, made.phone) == (State.INVITED, house.organs["commune"].pk, "024 1")
        assert Appointment.objects.get(person=made).position_id == house.positions["below"].pk
        assert Person.objects.count() == len(house.persons) + 2
        assert Person.objects.get(pk=house.persons["official"].pk).name == "Người dùng 53"
        assert AuditEntry.objects.filter(kind=Kind.INVITE).count() == 2
        imported = AuditEntry.objects.get(kind=Kind.IMPORT)
    assert imported.new == {"file": "danh sách.csv", "invite": 2, "change": 1, "same": 1, "wrong": 7}
    assert ProcrastinateJob.objects.filter(task_name="accounts.send_invitation").count() == 2


def test_what_changed_meanwhile_is_not_written_over(house: House) -> None:
    run = _upload(house, "administrator", _file(house))
    start_import(actor=house.actor("administrator"), import_id=run.pk)
    with scope.system():
        Person.objects.filter(pk=house.persons["beside"].pk).update(email="a2@test.invalid")
    run_import(run.pk)
    effects = {number: effect for number, effect, _column in _effects(run)}
    assert (effects[2], effects[3]) == (Effect.INVITE, Effect.WRONG)
    assert _now(run).written == 2


def test_a_right_that_was_lost_meanwhile_counts(house: House) -> None:
    run = _upload(house, "administrator", _file(house))
    start_import(actor=house.actor("administrator"), import_id=run.pk)
    with scope.system():
        house.positions["administrator"].roles = []
        house.positions["administrator"].save()
    run_import(run.pk)
    assert (_now(run).state, _now(run).written) == (ImportState.DONE, 0)
    with scope.system():
        assert Person.objects.count() == len(house.persons)


@pytest.mark.parametrize("by", ["official", "leader", "security", "auditor", "operator", "unplaced"])
def test_others_bring_nothing(house: House, by: str) -> None:
    with pytest.raises(Forbidden):
        upload_import(actor=house.actor(by), name="x.csv", content=b"x")
    with scope.system():
        assert not PersonImport.objects.exists()


def test_what_another_brought_is_not_there(house: House) -> None:
    run = _upload(house, "administrator", _file(house))
    with pytest.raises(NotFound):
        start_import(actor=house.actor("above_administrator"), import_id=run.pk)
    with scope.act_for(house.actor("above_administrator")):
        assert not PersonImport.objects.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [("\n", "leer"), ("x;y\n1;2\n", "fehlen"), (HEAD, "keine Zeilen"), ("Mail;Name\n" + "a;b\n" * 200_001, "200000")],
)
def test_a_file_that_will_not_do_is_refused_in_the_readers_language(house: House, text: str, said: str) -> None:
    run = upload_import(actor=house.actor("administrator"), name="x.csv", content=text.encode())
    with override("de"):
        check_import(run.pk)
    assert _now(run).state == ImportState.REFUSED
    assert said in _now(run).trouble
    assert _effects(run) == []


def test_old_lists_are_forgotten(house: House) -> None:
    old, new = (_upload(house, "administrator", _file(house)) for _turn in range(2))
    with scope.system():
        PersonImport.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=31))
    forget_imports()
    with scope.system():
        assert [run.pk for run in PersonImport.objects.all()] == [new.pk]


def test_the_background_does_it_all(lasting_house: House) -> None:
    house = lasting_house
    book = Workbook()
    assert book.active is not None
    for line in _file(house).splitlines():
        book.active.append(line.split(";"))
    file = io.BytesIO()
    book.save(file)
    run = upload_import(actor=house.actor("administrator"), name="x.xlsx", content=file.getvalue())
    _work()
    assert _effects(run) == EXPECTED
    start_import(actor=house.actor("administrator"), import_id=run.pk)
    _work()
    assert (_now(run).state, _now(run).written) == (ImportState.DONE, 3)
    # The invitations were sent by the same work.
    assert {message.to[0] for message in mail.outbox} == {"a1@test.invalid", "a2@test.invalid"}


def _work() -> None:
    """Do all jobs that wait, as the worker does."""

    async def work() -> None:
        with ThreadPoolExecutor(1) as thread:
            asyncio.get_running_loop().set_default_executor(thread)
            with app.replace_connector(cast("DjangoConnector", app.connector).get_worker_connector()) as working:
                async with working.open_async():
                    await working.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)
            await asyncio.get_running_loop().run_in_executor(thread, connections.close_all)

    asyncio.run(work())
