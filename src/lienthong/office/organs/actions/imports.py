"""Write what a spreadsheet says, all of it or nothing."""

import io
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import connection, transaction
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.errors import Invalid, NotFound
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import search_key, sort_key
from lienthong.office.organs.actions.due import bring_into_force
from lienthong.office.organs.actions.holding import hold_tree
from lienthong.office.organs.actions.positions import change_position, create_position, shape_of
from lienthong.office.organs.actions.times import Change, change_from
from lienthong.office.organs.audit import OrganEvent, facts
from lienthong.office.organs.imports import positions, units
from lienthong.office.organs.imports.lines import Effect, Report
from lienthong.office.organs.models import Kind, Unit, UnitVersion, Upload

SUBJECTS: Final = ("units", "positions")
_BATCH: Final = 500


@transaction.atomic
def keep_upload(*, actor: Actor, subject: str, name: str, content: bytes) -> Upload:
    """Keep a spreadsheet until it is confirmed; what the same person brought before goes.

    Raises:
        Forbidden: the actor administers nothing.
        Invalid: it can be of no use, whatever is in it.
    """
    require(actor, Permission.UNIT_MANAGE)
    if subject not in SUBJECTS:
        raise Invalid(subject)
    Upload.objects.filter(person=actor.person_id).delete()
    return Upload.objects.create(person_id=actor.person_id, subject=subject, name=name[:200], content=content)


def dry_run(*, actor: Actor, upload: Upload) -> Report:
    """Say what every row would do.

    Raises:
        Forbidden: the actor administers nothing.
        Invalid: it is no spreadsheet, or too large.
    """
    require(actor, Permission.UNIT_MANAGE)
    file = io.BytesIO(bytes(upload.content))
    with scope.system():
        understand = units.understand if upload.subject == "units" else positions.understand
        return understand(actor, file).report


def forget_uploads() -> None:
    """Let go of spreadsheets that nobody confirmed for a day."""
    with scope.system():
        Upload.objects.filter(created_at__lt=now() - timedelta(days=1)).delete()


@transaction.atomic
def run_import(*, actor: Actor, upload: Upload) -> Report:
    """Do it: judged anew, as others may have changed something, and only if nothing is wrong.

    Raises:
        Forbidden: the actor administers nothing, or no longer enough.
        Invalid: a row is wrong now.
        NotFound: it was done already.
        Conflict: the tree is being changed.
    """
    require(actor, Permission.UNIT_MANAGE)
    with scope.system():
        hold_tree()
        held = Upload.objects.select_for_update().filter(pk=upload.pk, person=actor.person_id).first()
        if held is None:
            raise NotFound(upload.name)
        file = io.BytesIO(bytes(held.content))
        report = _units(actor, file) if held.subject == "units" else _positions(actor, file)
        held.delete()
        organ = Unit.objects.get(pk=actor.organ_id)
        new: dict[str, Json] = {"file": held.name, "subject": held.subject}
        new |= {effect.value: report.count(effect) for effect in Effect if effect is not Effect.WRONG}
        record(actor=actor, kind=OrganEvent.IMPORT, obj=organ, new=new, label=organ.level)
    return report


def _whole(report: Report) -> Report:
    if report.wrong:
        raise Invalid(_("Rows that are wrong: {count}. Nothing was written.").format(count=report.count(Effect.WRONG)))
    return report


def _units(actor: Actor, file: io.BytesIO) -> Report:
    order = units.understand(actor, file)
    _whole(order.report)
    made = dict(order.known)
    fresh: list[Unit] = []
    new = [each for each in order.wanted if each.line.effect is Effect.NEW]
    for number, each in zip(_numbers(len(new)), new, strict=True):
        unit = _planted(number, each, made.get(each.parent))
        made[each.code] = unit
        fresh.append(unit)
    Unit.objects.bulk_create(fresh, batch_size=_BATCH)
    UnitVersion.objects.bulk_create(
        [
            UnitVersion(unit=unit, valid_from=unit.valid_from, name=unit.name, type=unit.type, parent_id=unit.parent_id)
            for unit in fresh
        ],
        batch_size=_BATCH,
    )
    for unit in fresh:
        record(actor=actor, kind=OrganEvent.CREATE, obj=unit, new=facts(unit), label=unit.level)
    for each in order.wanted:
        if each.line.effect is Effect.CHANGED and each.unit:
            _rename(actor, each.unit, each.name, each.type or each.unit.type)
    return order.report


def _numbers(count: int) -> Iterable[int]:
    """Return so many new ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('organs_unit', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]


def _planted(number: int, each: units.Wanted, parent: Unit | None) -> Unit:
    """Return a new unit in its place, not yet written."""
    unit = Unit(
        id=number, kind=each.kind, code=each.code, parent=parent, name=each.name, type=each.type, bloc=each.bloc,
        tier=each.tier, area_code=each.area_code, label=each.label, valid_from=each.since,
        path=f"{parent.path if parent else ''}{number}/", sort_key=sort_key(each.name),
        search_key=search_key(each.name),
    )  # fmt: skip
    within = parent if each.kind == Kind.DEPARTMENT else None
    unit.organ_id = within.organ_id if within else number
    unit.organ_path = within.organ_path if within else unit.path
    if within:
        unit.bloc, unit.tier = within.bloc, within.tier
    return unit


def _rename(actor: Actor, unit: Unit, name: str, type_: str) -> None:
    old: dict[str, Json] = {"name": unit.name, "type": unit.type}
    change_from(unit, Change(day=localdate(), values={"name": name, "type": type_}))
    bring_into_force(unit)
    new: dict[str, Json] = {"name": name, "type": type_, "from": localdate().isoformat()}
    record(actor=actor, kind=OrganEvent.RENAME, obj=unit, old=old, new=new, label=unit.level)


def _positions(actor: Actor, file: io.BytesIO) -> Report:
    order = positions.understand(actor, file)
    _whole(order.report)
    for each in order.wanted:
        if each.line.effect is Effect.NEW:
            create_position(actor=actor, unit=each.unit, shape=each.shape)
        elif each.line.effect is Effect.CHANGED and each.position:
            change_position(actor=actor, position=each.position, shape=each.shape, seen=shape_of(each.position))
    return order.report
