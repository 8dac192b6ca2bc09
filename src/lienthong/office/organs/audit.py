"""What the trail tells of this room."""

from datetime import date
from enum import StrEnum

from lienthong.office.core.audit import Json
from lienthong.office.organs.models import Unit


class OrganEvent(StrEnum):
    """What was done to the tree."""

    CREATE = "organs:unit:create"
    RENAME = "organs:unit:rename"
    MOVE = "organs:unit:move"
    RELABEL = "organs:unit:relabel"
    CLOSE = "organs:unit:close"
    MERGE = "organs:unit:merge"
    SPLIT = "organs:unit:split"
    # A change decided earlier came into force, or could not.
    DUE = "organs:unit:due"
    DUE_FAILED = "organs:unit:due-failed"
    # It keeps the documents and files of units that went into it.
    KEEP = "organs:unit:keep"
    REVIEW = "organs:succession:review"
    IMPORT = "organs:unit:import"
    POSITION_CREATE = "organs:position:create"
    POSITION_CHANGE = "organs:position:change"
    POSITION_CLOSE = "organs:position:close"


def day(value: date | None) -> Json:
    """Return a date as it stands in the trail."""
    return value.isoformat() if value else None


def facts(unit: Unit) -> dict[str, Json]:
    """Return what a unit is, for the old and new side of an entry."""
    return {
        "name": unit.name,
        "kind": unit.kind,
        "code": unit.code,
        "type": unit.type,
        "bloc": unit.bloc,
        "tier": unit.tier,
        "area_code": unit.area_code,
        "parent": unit.parent_id,
        "label": int(unit.label),
        "valid_from": day(unit.valid_from),
        "valid_to": day(unit.valid_to),
    }
