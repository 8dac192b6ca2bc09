"""The levels as Vietnamese law names them.

Mật, Tối mật and Tuyệt mật are the three levels of state secrets (Law 117/2025/QH15); Công khai and
Nội bộ are not. Terms of protection of 10, 20 and 30 years are those of the law of 2018; whether the law
of 2025 keeps them was not checked, so a decision on a document always overrides them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lienthong.kernel.labels import Level
from lienthong.profiles.base import LevelTerm, Names

_TERMS = (
    LevelTerm(
        level=Level.PUBLIC,
        names=Names(vi="Công khai", en="Public", de="Öffentlich"),
        state_secret=False,
        protection_years=None,
    ),
    LevelTerm(
        level=Level.INTERNAL,
        names=Names(vi="Nội bộ", en="Internal", de="Intern"),
        state_secret=False,
        protection_years=None,
    ),
    LevelTerm(
        level=Level.CONFIDENTIAL,
        names=Names(vi="Mật", en="Confidential", de="Vertraulich"),
        state_secret=True,
        protection_years=10,
    ),
    LevelTerm(
        level=Level.SECRET,
        names=Names(vi="Tối mật", en="Secret", de="Geheim"),
        state_secret=True,
        protection_years=20,
    ),
    LevelTerm(
        level=Level.TOP_SECRET,
        names=Names(vi="Tuyệt mật", en="Top secret", de="Streng geheim"),
        state_secret=True,
        protection_years=30,
    ),
)

LABELS: Final[Mapping[Level, LevelTerm]] = MappingProxyType({term.level: term for term in _TERMS})
"""What each level is called and what follows from it."""
