"""The organs of the political system: central institutions, and the tree the demo exchanges over.

Member codes are ours: a letter and a number for central institutions, ``U`` and the statistics code for
the organ of a unit. They are **not** official agency identifiers (Decision 20/2020/QĐ-TTg); a real
directory enters those. Only names of public institutions stand here. They are general knowledge and were
not checked against a gazette.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from lienthong.kernel.identifiers import OrganId
from lienthong.kernel.labels import Label, Level
from lienthong.profiles.base import Names, OrganSpec
from lienthong.profiles.vn.text import plain
from lienthong.profiles.vn.units import COUNTRY, TYPE_NAMES, Tier, Unit, UnitType, communes, provinces

INSTANCE: Final = "VN"
CENTRE_BRANCH: Final = "tw"
"""The branch of the central organs, for ``Trung ương``."""


class MemberClass(StrEnum):
    """The class of a member in its identifier."""

    PARTY = "PARTY"
    FRONT = "FRONT"
    STATE = "STATE"


class Bloc(StrEnum):
    """The blocs that share data among and between themselves (Regulation 384-QĐ/TW)."""

    CENTRAL_OFFICES = "central-offices"
    PARTY = "party"
    FRONT = "front"
    STATE = "state"


BLOC_NAMES: Final = {
    Bloc.CENTRAL_OFFICES: Names(vi="Các Văn phòng Trung ương", en="Central Offices", de="Zentrale Büros"),
    Bloc.PARTY: Names(vi="Cơ quan đảng", en="Party organs", de="Parteiorgane"),
    Bloc.FRONT: Names(
        vi="Mặt trận Tổ quốc và các tổ chức chính trị - xã hội",
        en="Fatherland Front and socio-political organisations",
        de="Vaterländische Front und gesellschaftspolitische Organisationen",
    ),
    Bloc.STATE: Names(vi="Cơ quan nhà nước", en="State organs", de="Staatsorgane"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralOrgan:
    """A central institution."""

    # Ours, as the module says: ``A01``.
    member: str
    member_class: MemberClass
    bloc: Bloc
    names: Names

    @property
    def id(self) -> OrganId:
        """The identifier in the exchange."""
        return OrganId(INSTANCE, self.member_class.value, self.member)


def _organ(member: str, bloc: Bloc, vi: str, en: str, de: str) -> CentralOrgan:
    names = Names(vi=vi, en=en, de=de)
    return CentralOrgan(member=member, member_class=_CLASSES[member[0]], bloc=bloc, names=names)


_CLASSES = {"A": MemberClass.PARTY, "M": MemberClass.FRONT, "S": MemberClass.STATE}
_OFFICES, _PARTY, _FRONT, _STATE = Bloc.CENTRAL_OFFICES, Bloc.PARTY, Bloc.FRONT, Bloc.STATE

CENTRAL_ORGANS: Final = (
    _organ("A01", _OFFICES, "Văn phòng Trung ương Đảng", "Central Party Office", "Zentralbüro der Partei"),
    _organ("S01", _OFFICES, "Văn phòng Chủ tịch nước", "President's Office", "Präsidialbüro"),
    _organ("S02", _OFFICES, "Văn phòng Chính phủ", "Government Office", "Regierungsbüro"),
    _organ("S03", _OFFICES, "Văn phòng Quốc hội", "National Assembly Office", "Büro der Nationalversammlung"),
    _organ(
        "A02",
        _PARTY,
        "Ban Tổ chức Trung ương",
        "Central Organisation Commission",
        "Zentrale Organisationskommission",
    ),
    _organ("A03", _PARTY, "Ủy ban Kiểm tra Trung ương", "Central Inspection Commission", "Zentrale Kontrollkommission"),
    _organ(
        "A04",
        _PARTY,
        "Ban Tuyên giáo và Dân vận Trung ương",
        "Central Commission for Information, Education and Mass Mobilisation",
        "Zentrale Kommission für Aufklärung, Bildung und Massenarbeit",
    ),
    _organ(
        "A05",
        _PARTY,
        "Ban Nội chính Trung ương",
        "Central Internal Affairs Commission",
        "Zentrale Kommission für innere Angelegenheiten",
    ),
    _organ(
        "A06",
        _PARTY,
        "Ban Chính sách, chiến lược Trung ương",
        "Central Policy and Strategy Commission",
        "Zentrale Kommission für Politik und Strategie",
    ),
    _organ(
        "M01",
        _FRONT,
        "Ủy ban Trung ương Mặt trận Tổ quốc Việt Nam",
        "Central Committee of the Viet Nam Fatherland Front",
        "Zentralkomitee der Vaterländischen Front Vietnams",
    ),
    _organ(
        "M02",
        _FRONT,
        "Tổng Liên đoàn Lao động Việt Nam",
        "Viet Nam General Confederation of Labour",
        "Allgemeiner Arbeiterbund Vietnams",
    ),
    _organ(
        "M03",
        _FRONT,
        "Trung ương Hội Liên hiệp Phụ nữ Việt Nam",
        "Central Viet Nam Women's Union",
        "Zentrale des Vietnamesischen Frauenverbandes",
    ),
    _organ("S11", _STATE, "Bộ Nội vụ", "Ministry of Home Affairs", "Ministerium für innere Angelegenheiten"),
    _organ("S12", _STATE, "Bộ Tài chính", "Ministry of Finance", "Ministerium der Finanzen"),
    _organ(
        "S13",
        _STATE,
        "Bộ Khoa học và Công nghệ",
        "Ministry of Science and Technology",
        "Ministerium für Wissenschaft und Technologie",
    ),
    _organ("S21", _STATE, "Tòa án nhân dân tối cao", "Supreme People's Court", "Oberster Volksgerichtshof"),
    _organ(
        "S22",
        _STATE,
        "Viện kiểm sát nhân dân tối cao",
        "Supreme People's Procuracy",
        "Oberste Volksstaatsanwaltschaft",
    ),
)
"""The four Central Offices, and some institutions of each bloc; a directory adds the others."""

CENTRE: Final = CENTRAL_ORGANS[0]
"""The Central Party Office, at the top of the tree."""

# A default of this profile, not a rule of law: which organ is equipped for which level is decided organ by
# organ, and the directory says so.
CEILINGS: Final = {
    Tier.COUNTRY: Label(Level.TOP_SECRET),
    Tier.PROVINCE: Label(Level.SECRET),
    Tier.COMMUNE: Label(Level.CONFIDENTIAL),
}
"""The highest label an organ of each tier may handle until its directory overrides it."""


@cache
def organs_of_country() -> tuple[OrganSpec, ...]:
    """Return the centre, then per province its Party committee followed by those of its communes.

    One centre, 34 provinces and 3,321 communes, under their present names. The branch of a province and of
    all its communes is the province's code.
    """
    centre = OrganSpec(
        id=CENTRE.id,
        token=CENTRE.member.lower(),
        name=CENTRE.names.vi,
        plain=plain(CENTRE.names.vi),
        branch=CENTRE_BRANCH,
        parent=None,
        unit_code=COUNTRY,
        ceiling=CEILINGS[Tier.COUNTRY],
    )
    organs = [centre]
    for province in provinces():
        committee = _committee(province, parent=centre.id, branch=province.code)
        organs.append(committee)
        organs += [_committee(unit, parent=committee.id, branch=province.code) for unit in communes(province.code)]
    return tuple(organs)


def _committee(unit: Unit, *, parent: OrganId, branch: str) -> OrganSpec:
    member = f"U{unit.code}"
    name = _committee_name(unit)
    return OrganSpec(
        id=OrganId(INSTANCE, MemberClass.PARTY.value, member),
        token=member.lower(),
        name=name,
        plain=plain(name),
        branch=branch,
        parent=parent,
        unit_code=unit.code,
        ceiling=CEILINGS[unit.tier],
    )


def _committee_name(unit: Unit) -> str:
    if unit.tier is Tier.PROVINCE:
        return f"{'Thành ủy' if unit.type is UnitType.CITY else 'Tỉnh ủy'} {unit.name}"
    return f"Đảng ủy {TYPE_NAMES[unit.type].vi.lower()} {unit.name}"
