"""Endpoints of units and positions."""

from datetime import date
from typing import Annotated, Any

from ninja import Field, Path, Query, Router, Schema

from lienthong.kernel.labels import Level
from lienthong.office.api import paging
from lienthong.office.api.authentication import Bearer, TokenRequest
from lienthong.office.api.description import operation
from lienthong.office.api.paging import Cursor, Id, Limit, PageOf, Text
from lienthong.office.api.tokens import Scope
from lienthong.office.organs import api_reads
from lienthong.office.organs.api_reads import UnitFilter
from lienthong.office.organs.models import Kind, Position, Unit

router = Router(auth=Bearer(Scope.READ_ORGANS))


class UnitOut(Schema):
    """A unit as it is today."""

    id: int
    # Stable for ever, unlike name and type.
    code: str
    kind: Kind
    name: str
    type: str
    bloc: str
    tier: str
    area_code: str
    label: str
    parent_id: int | None
    organ_id: int | None
    valid_from: date | None
    # The first day on which it no longer exists.
    valid_to: date | None
    # Counts up with every change.
    revision: int

    @staticmethod
    def resolve_label(obj: Unit) -> str:
        """Name the level."""
        return Level(obj.label).slug


class VersionOut(Schema):
    """What a unit was called, was, and stood under for some time."""

    valid_from: date | None
    valid_to: date | None
    name: str
    type: str
    # Null also where the parent is not for this reader.
    parent_id: int | None
    decision: str


class PositionOut(Schema):
    """A post in a unit."""

    id: int
    title: str
    unit_id: int
    unit: str
    organ_id: int | None
    roles: list[str]
    # Heads first: lower numbers come first.
    rank: int
    closed_on: date | None

    @staticmethod
    def resolve_unit(obj: Position) -> str:
        """Name its unit."""
        return obj.unit.name

    @staticmethod
    def resolve_organ_id(obj: Position) -> int | None:
        """Number its organ."""
        return obj.unit.organ_id


class UnitQuery(Schema):
    """Which units."""

    q: Text = Field("", description="Part of the name, with or without diacritics, or a code.")
    kind: Kind | None = None
    tier: Text = ""
    bloc: Text = ""
    type: Text = ""
    code: Text = ""
    parent: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="Only directly under this unit.")] = None
    closed: bool = Field(default=False, description="Also those that exist no longer.")
    limit: Limit = 50
    cursor: Cursor = ""


class PageQuery(Schema):
    """Which part of a list."""

    limit: Limit = 50
    cursor: Cursor = ""


class PositionQuery(PageQuery):
    """Which positions."""

    unit: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="Only of this unit.")] = None
    closed: bool = Field(default=False, description="Also those that exist no longer.")


@router.get("/organs", response=PageOf[UnitOut], **operation("organs_list"))
def list_units(request: TokenRequest, query: Query[UnitQuery]) -> dict[str, Any]:
    """Units, in order of their names."""
    wanted = UnitFilter(
        q=query.q, kind=query.kind or "", tier=query.tier, bloc=query.bloc, type=query.type,
        code=query.code, parent=query.parent, closed=query.closed,
    )  # fmt: skip
    found = api_reads.units(request.actor, wanted)
    items, after = paging.page(found, cursor=query.cursor, limit=query.limit, key="sort_key")
    return {"items": items, "next": after}


@router.get("/organs/{unit_id}", response=UnitOut, **operation("organs_get"))
def get_unit(request: TokenRequest, unit_id: Path[Id]) -> Unit:
    """One unit."""
    return api_reads.unit(request.actor, unit_id)


@router.get("/organs/{unit_id}/children", response=PageOf[UnitOut], **operation("organs_children"))
def list_children(request: TokenRequest, unit_id: Path[Id], query: Query[PageQuery]) -> dict[str, Any]:
    """Units directly under one."""
    api_reads.unit(request.actor, unit_id)
    found = api_reads.units(request.actor, UnitFilter(parent=unit_id))
    items, after = paging.page(found, cursor=query.cursor, limit=query.limit, key="sort_key")
    return {"items": items, "next": after}


@router.get("/organs/{unit_id}/versions", response=list[VersionOut], **operation("organs_versions"))
def list_versions(request: TokenRequest, unit_id: Path[Id]) -> list[Any]:
    """A unit over time."""
    return list(api_reads.versions(request.actor, unit_id))


@router.get("/positions", response=PageOf[PositionOut], **operation("positions_list"))
def list_positions(request: TokenRequest, query: Query[PositionQuery]) -> dict[str, Any]:
    """Positions, in order of title."""
    found = api_reads.positions(request.actor, unit_id=query.unit, closed=query.closed)
    items, after = paging.page(found, cursor=query.cursor, limit=query.limit, key="title")
    return {"items": items, "next": after}


@router.get("/positions/{position_id}", response=PositionOut, **operation("positions_get"))
def get_position(request: TokenRequest, position_id: Path[Id]) -> Position:
    """One position."""
    return api_reads.position(request.actor, position_id)
