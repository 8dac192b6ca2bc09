"""Bringing many persons at once: uploading, checking, carrying out."""

from collections.abc import Sequence
from itertools import batched
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from lienthong.office.accounts import tasks
from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.actions.persons import Details, edit_person, invite_person
from lienthong.office.accounts.choices import key_of
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.importing.checking import LIMITS, Checked, check
from lienthong.office.accounts.models import Effect, ImportState, PersonImport, PersonImportRow
from lienthong.office.accounts.selectors import imports
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json
from lienthong.office.core.errors import Invalid, OfficeError
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy

AT_ONCE: Final = 100
"""Rows that are written in one transaction: so many locks are held, so much is lost by a failure."""
_TROUBLE: Final = 400
_WRITTEN: Final = 1000


@transaction.atomic
def upload_import(*, actor: Actor, name: str, content: bytes) -> PersonImport:
    """Keep a file and leave its checking to the background. Nothing is changed by that.

    Args:
        actor: an administrator.
        name: of the file.
        content: of the file.

    Raises:
        Forbidden: the actor looks after nobody.
        Invalid: the file is too large.
    """
    require(actor, Permission.PERSON_MANAGE)
    if len(content) > LIMITS.size:
        raise Invalid(name, hint=_("The file is larger than 20 MB: split it."))
    with scope.system():
        run = PersonImport.objects.create(
            person_id=actor.person_id, acting=key_of(actor), file_name=tidy(name)[:200], content=content
        )
    tasks.check_import.defer(import_id=run.pk)
    return run


def check_import(import_id: int) -> None:
    """Write down what each row of a file would do; for the background."""
    with scope.system():
        run = PersonImport.objects.select_related("person").get(pk=import_id)
        if run.state != ImportState.WAITING or run.content is None:
            return
        actor = actor_of(run.person, run.acting)
        try:
            require(actor, Permission.PERSON_MANAGE)
            _write_rows(run, actor, bytes(run.content))
        except Invalid as refused:
            # What is wrong with the file, in one sentence.
            run.state, run.trouble = ImportState.REFUSED, refused.where[:_TROUBLE]
        except OfficeError as refused:
            run.state, run.trouble = ImportState.REFUSED, refused.advice[:_TROUBLE]
        else:
            run.state = ImportState.CHECKED
        run.content = None
        run.save(update_fields=["state", "trouble", "content"])


@transaction.atomic
def _write_rows(run: PersonImport, actor: Actor, content: bytes) -> None:
    for batch in batched(check(actor, content), _WRITTEN, strict=False):
        PersonImportRow.objects.bulk_create(_kept(run, each) for each in batch)


def _kept(run: PersonImport, checked: Checked) -> PersonImportRow:
    values = checked.values
    return PersonImportRow(
        run=run,
        number=checked.number,
        effect=checked.effect,
        name=values.name if values else "",
        email=values.email if values else "",
        phone=values.phone if values else "",
        organ_id=checked.organ_id,
        position_id=checked.position_id,
        column=checked.column,
        trouble=checked.trouble[:_TROUBLE],
    )


@transaction.atomic
def start_import(*, actor: Actor, import_id: int) -> PersonImport:
    """Carry out a checked import in the background: what is wrong is left out.

    Raises:
        NotFound: the actor has brought no such list.
        Forbidden: the actor no longer acts as when it was checked.
        Invalid: it is not checked, runs already, or changes nothing.
    """
    run = imports.own(actor, import_id, locked=True)
    require(actor, Permission.PERSON_MANAGE)
    if run.state != ImportState.CHECKED or run.acting != key_of(actor):
        hint = _("It was checked for another position, or was carried out already: bring the file again.")
        raise Invalid(run.file_name, hint=hint)
    with scope.system():
        counts = imports.counts(run)
        if not counts[Effect.INVITE] + counts[Effect.CHANGE]:
            raise Invalid(run.file_name, hint=_("No row changes anything."))
        run.state = ImportState.RUNNING
        run.save(update_fields=["state"])
        facts: dict[str, Json] = {"file": run.file_name} | {str(effect): number for effect, number in counts.items()}
        audit.record(actor=actor, kind=Kind.IMPORT, obj=imports.person_of(run), new=facts)
    tasks.run_import.defer(import_id=run.pk)
    return run


def run_import(import_id: int) -> None:
    """Write what is not yet written, some rows at a time; for the background. Begun again, it goes on."""
    with scope.system():
        run = PersonImport.objects.select_related("person").get(pk=import_id)
        if run.state != ImportState.RUNNING:
            return
        while rows := list(imports.to_write(run)[:AT_ONCE]):
            # Rights that were lost meanwhile count at once.
            _write(run, actor_of(run.person, run.acting), rows)
        run.state = ImportState.DONE
        run.save(update_fields=["state"])


@transaction.atomic
def _write(run: PersonImport, actor: Actor, rows: Sequence[PersonImportRow]) -> None:
    for row in rows:
        try:
            with transaction.atomic():
                _write_row(actor, row)
        except OfficeError as refused:
            # As when it was checked it is no longer: somebody else was faster, or the right is gone.
            row.effect, row.trouble = Effect.WRONG, (refused.advice or refused.message)[:_TROUBLE]
        else:
            row.written = True
            run.written += 1
        row.save(update_fields=["effect", "trouble", "written"])
    run.save(update_fields=["written"])


def _write_row(actor: Actor, row: PersonImportRow) -> None:
    if row.effect == Effect.INVITE:
        if row.organ is None:
            raise Invalid(row.email, hint=_("The organ is gone."))
        details = Details(name=row.name, email=row.email, phone=row.phone)
        invite_person(actor=actor, details=details, organ=row.organ, position=row.position)
        return
    person = imports.person_to_change(row)
    details = Details(name=row.name, email=person.email, phone=row.phone or person.phone)
    edit_person(actor=actor, person_id=person.pk, revision=person.revision, details=details)


@transaction.atomic
def forget_imports() -> int:
    """Delete what was brought a month ago; the accounts and the trail stay. Return how many lists went."""
    with scope.system():
        number, _kinds = imports.old().delete()
    return number
