"""How organs number: the Party by the term of office, the State by the calendar year.

Forms were read in published documents (``384-QĐ/TW``, ``08-QC/TW``, ``31-QĐ/TU``, ``3739/QĐ-UBND``); that terms decide
for the Party is common knowledge which was not checked in a source, nor were the notations proposed here. An organ sets
its own notation and the first day of its term.
"""

from datetime import date
from typing import Final

from lienthong.profiles.base import Numbering
from lienthong.profiles.vn.organs import Bloc
from lienthong.profiles.vn.units import Tier

_PARTY: Final = frozenset({Bloc.PARTY.value, Bloc.CENTRAL_OFFICES.value, Bloc.FRONT.value})
_NOTATIONS: Final = {Tier.PROVINCE.value: "TU", Tier.COMMUNE.value: "ĐU"}


def _notation(bloc: str, tier: str, code: str) -> str:
    """Return what a committee's numbers end with; the code where nothing is common."""
    return _NOTATIONS.get(tier, code) if bloc == Bloc.PARTY else code


def _write(number: int, symbol: str | None, notation: str, day: date, bloc: str) -> str:
    """Write a number: ``08-QC/TW`` for the Party, ``3739/QĐ-UBND`` for the State."""
    del day
    if bloc in _PARTY:
        return f"{number:02d}-{symbol}/{notation}" if symbol else f"{number:02d}/{notation}"
    return f"{number}/{symbol}-{notation}" if symbol else f"{number}/{notation}"


NUMBERING: Final = Numbering(by_term=frozenset({Bloc.PARTY.value}), notation=_notation, write=_write)
