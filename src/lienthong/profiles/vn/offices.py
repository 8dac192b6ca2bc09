"""What the office is first filled with: the organs, and departments and posts as they commonly have them.

Departments and posts are a proposal, so that a new installation can be worked in at once: which ones an organ has is
its own decision, and its administrator changes them. They were not checked against any regulation.
"""

from datetime import date
from typing import Final

from lienthong.profiles.base import DepartmentSpec, Names, OfficeTables, PositionSpec, PredecessorSpec, UnitSpec
from lienthong.profiles.vn.organs import BLOC_NAMES, CENTRAL_ORGANS, CENTRE, Bloc, organs_of_country
from lienthong.profiles.vn.units import REFORM, TYPE_NAMES, Tier, predecessors, units

_TIERS: Final = {
    Tier.COUNTRY.value: Names(vi="Trung ương", en="Centre", de="Zentrale"),
    Tier.PROVINCE.value: Names(vi="Cấp tỉnh", en="Province", de="Provinz"),
    Tier.COMMUNE.value: Names(vi="Cấp xã", en="Commune", de="Gemeinde"),
}
_HEAD, _OFFICE_RANK, _STAFF = 10, 20, 100
_OFFICIALS: Final = PositionSpec(title="Chuyên viên", rank=_STAFF)


def _department(slug: str, name: str, head: str, *more: PositionSpec, roles: tuple[str, ...] = ()) -> DepartmentSpec:
    first = PositionSpec(title=head, rank=_HEAD, roles=roles)
    return DepartmentSpec(slug=slug, name=name, positions=(first, *more, _OFFICIALS))


_OFFICE: Final = _department(
    "vp",
    "Văn phòng",
    "Chánh Văn phòng",
    PositionSpec(title="Văn thư", rank=_OFFICE_RANK, roles=("clerk",)),
    PositionSpec(title="Cán bộ bảo vệ bí mật", rank=_OFFICE_RANK + 1, roles=("security",)),
    roles=("administrator",),
)
_INSPECTION: Final = _department("ubkt", "Ủy ban Kiểm tra", "Chủ nhiệm Ủy ban Kiểm tra", roles=("auditor",))
_DIGITAL: Final = _department("cds", "Tổ chuyển đổi số", "Tổ trưởng")
_CENTRAL: Final = (
    _OFFICE,
    _department("tc", "Vụ Tổ chức - Cán bộ", "Vụ trưởng", roles=("steward",)),
    _department("th", "Vụ Tổng hợp", "Vụ trưởng"),
    _department("ttr", "Thanh tra", "Chánh Thanh tra", roles=("auditor",)),
    _DIGITAL,
)
_PROVINCIAL: Final = (
    _OFFICE,
    _INSPECTION,
    _department("tc", "Ban Tổ chức", "Trưởng ban", roles=("steward",)),
    _department("tgdv", "Ban Tuyên giáo và Dân vận", "Trưởng ban"),
    _department("nc", "Ban Nội chính", "Trưởng ban"),
    _DIGITAL,
)
_COMMUNAL: Final = (
    _OFFICE,
    _INSPECTION,
    _department("xdd", "Ban Xây dựng Đảng", "Trưởng ban", roles=("steward",)),
    _department("ct", "Trung tâm chính trị", "Giám đốc"),
    _DIGITAL,
)
_LEADERS: Final = (
    PositionSpec(title="Bí thư", rank=1, roles=("leader",)),
    PositionSpec(title="Phó Bí thư", rank=2, roles=("leader",)),
)
_HEADS: Final = (PositionSpec(title="Thủ trưởng", rank=1, roles=("leader",)),)


def office_units() -> tuple[UnitSpec, ...]:
    """Return the central organs, then per province its Party committee and those of its communes."""
    central = [
        UnitSpec(
            code=organ.member,
            parent=None,
            name=organ.names.vi,
            type="",
            bloc=organ.bloc.value,
            tier=Tier.COUNTRY.value,
            area_code="",
            valid_from=None,
            positions=_HEADS,
            departments=_CENTRAL,
        )
        for organ in CENTRAL_ORGANS
    ]
    here = {entry.code: entry for entry in units()}
    committees = [
        UnitSpec(
            code=spec.id.member,
            parent=spec.parent.member,
            name=spec.name,
            type=here[spec.unit_code].type.value,
            bloc=Bloc.PARTY.value,
            tier=here[spec.unit_code].tier.value,
            area_code=spec.unit_code,
            valid_from=REFORM,
            positions=_LEADERS,
            departments=_PROVINCIAL if spec.parent == CENTRE.id else _COMMUNAL,
        )
        for spec in organs_of_country()
        if spec.parent is not None
    ]
    return (*central, *committees)


def office_predecessors() -> tuple[PredecessorSpec, ...]:
    """Return the communes and provinces of before the reform, and the organs in whose areas they lie."""
    before = {entry.code: entry for entry in units(date(2025, 6, 30))}
    return tuple(
        PredecessorSpec(
            old_code=old.old_code,
            old_name=before[old.old_code].full_name if old.old_code in before else "",
            new_code=spec.id.member,
            on=REFORM,
            needs_review=old.needs_review,
        )
        for spec in organs_of_country()
        if spec.parent is not None
        for old in predecessors(spec.unit_code)
    )


OFFICE: Final = OfficeTables(
    blocs={bloc.value: names for bloc, names in BLOC_NAMES.items()},
    tiers=_TIERS,
    types={kind.value: names for kind, names in TYPE_NAMES.items()},
    units=office_units,
    predecessors=office_predecessors,
)
