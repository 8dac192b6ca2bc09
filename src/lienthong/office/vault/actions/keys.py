"""The keys of organs: made when first needed, renewed, destroyed."""

from collections.abc import Collection
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from lienthong.office.core import audit, scope
from lienthong.office.core.actor import SYSTEM, Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.core.policies import Permission, require
from lienthong.office.organs.models import Unit
from lienthong.office.vault.errors import KeyInUse
from lienthong.office.vault.events import VaultEvent
from lienthong.office.vault.keys import key_store
from lienthong.office.vault.models import KeyState, UnitKey

# FOR SHARE, for which Django has no name: many files may come at once, but none while the key is renewed or destroyed.
_ACTIVE: Final = "SELECT * FROM vault_unitkey WHERE unit_id = ANY(%s) AND state = 'active' ORDER BY unit_id FOR SHARE"


def ensure_key(organ: Unit) -> None:
    """Have a key for an organ's files: the first one is made when the first file comes.

    Raises:
        KeyStoreError: it cannot be made.
    """
    if UnitKey.objects.filter(unit=organ, state=KeyState.ACTIVE).exists():
        return
    reference = key_store().new()
    try:
        with transaction.atomic():
            key = UnitKey(unit=organ, generation=1, reference=reference)
            key.save(force_insert=True)
            audit.record(actor=SYSTEM, kind=VaultEvent.KEY_CREATE, obj=key, new={"generation": 1})
    except IntegrityError:
        # Another file came at the same time; its key counts.
        key_store().destroy(reference)


def active_keys(organ_ids: Collection[int]) -> dict[int, UnitKey]:
    """Return the keys that new files of organs get, by organ; they stay so until the transaction ends.

    Raises:
        NotFound: an organ has none.
    """
    found: dict[int, UnitKey] = {}
    # While one waited for a renewal the row it asked for has become another.
    for _ in range(2):
        missing = [organ_id for organ_id in organ_ids if organ_id not in found]
        if missing:
            found |= {key.unit_id: key for key in UnitKey.objects.raw(_ACTIVE, [missing])}
    if len(found) < len(organ_ids):
        raise NotFound("key")
    return found


def rotate(*, unit_id: int, actor: Actor) -> UnitKey:
    """Give an organ a new key; its files come under it in the background, and can be read all the while.

    Args:
        unit_id: the organ.
        actor: who decided that.

    Returns:
        The new generation.

    Raises:
        Forbidden: it is not theirs to do.
        NotFound: it has no key, for it has no files.
        KeyStoreError: the key cannot be made.
    """
    from lienthong.office.vault.tasks import rewrap_files  # noqa: PLC0415 - the tasks import what is here

    with scope.system(), transaction.atomic():
        old = _locked(unit_id, state=KeyState.ACTIVE)
        require(actor, Permission.KEY_MANAGE, old)
        reference = key_store().new()
        old.state = KeyState.RETIRED
        old.save(update_fields=["state"])
        new = UnitKey(unit=old.unit, generation=old.generation + 1, reference=reference)
        new.save(force_insert=True)
        told: tuple[dict[str, audit.Json], dict[str, audit.Json]] = (
            {"generation": old.generation},
            {"generation": new.generation},
        )
        audit.record(actor=actor, kind=VaultEvent.KEY_ROTATE, obj=new, old=told[0], new=told[1])
        rewrap_files.configure(lock=f"vault.rewrap:{unit_id}").defer(unit_id=unit_id)
    return new


def destroy(*, unit_id: int, generation: int, actor: Actor) -> None:
    """Destroy an old key; whatever was under it, in copies of the database too, can then be read by nobody.

    Args:
        unit_id: the organ.
        generation: which.
        actor: who decided that.

    Raises:
        Forbidden: it is not theirs to do.
        KeyInUse: a living file is under it, or new ones would be.
        NotFound: there is no such key.
    """
    with scope.system(), transaction.atomic():
        key = _locked(unit_id, generation=generation)
        require(actor, Permission.KEY_MANAGE, key)
        if key.state == KeyState.ACTIVE or key.blobs.filter(shredded_at=None).exists():
            raise KeyInUse(str(key))
        if key.state != KeyState.DESTROYED:
            key.state, key.destroyed = KeyState.DESTROYED, timezone.now()
            key.save(update_fields=["state", "destroyed"])
            audit.record(actor=actor, kind=VaultEvent.KEY_DESTROY, obj=key, old={"generation": generation})
        # After the commit: a row that was rolled back must not have lost its key.
        transaction.on_commit(lambda: key_store().destroy(bytes(key.reference)))


def _locked(unit_id: int, **which: str | int) -> UnitKey:
    rows = UnitKey.objects.select_for_update(of=("self",)).select_related("unit").filter(unit_id=unit_id, **which)
    key = rows.first()
    if key is None:
        raise NotFound("key")
    return key
