"""Agency codes in both orders that occur in live data, brought to one.

Decision 20/2020/QD-TTg writes level 1 leftmost (``H37.DN.001``); QCVN 102:2016 writes it rightmost and
fills up with zero groups (``000.00.00.H49``).
"""

import re

from lienthong.kernel.errors import AgencyCodeInvalid

_CODE = re.compile(r"[0-9A-Z]+(?:\.[0-9A-Z]+)*\Z")
_MAX_LENGTH = 35
_ZEROS = re.compile(r"0+\Z")
_LEVEL_1 = re.compile(r"[A-Z][0-9]{2}\Z")


def canonical(code: str) -> str:
    """Return the code with level 1 leftmost and without zero groups.

    The older order is recognised by a leading zero group, or by a level-1 group (a letter and two
    digits) that stands last and not first.

    Raises:
        AgencyCodeInvalid: characters other than 0-9, A-Z and dots, empty groups, over 35 characters,
            nothing but zeros, or an order that contradicts itself (``00.H49.DN``).
    """
    if len(code) > _MAX_LENGTH or not _CODE.match(code):
        raise AgencyCodeInvalid(repr(code[:80]))
    groups = code.split(".")
    older = bool(_ZEROS.match(groups[0])) or _ends_in_level_1(groups)
    kept = [group for group in (reversed(groups) if older else groups) if not _ZEROS.match(group)]
    if not kept:
        raise AgencyCodeInvalid(repr(code), hint="The code consists of zero groups only.")
    if _ends_in_level_1(kept):
        # Its zeros say one order, its level 1 the other; whichever were taken, the result would turn again.
        raise AgencyCodeInvalid(repr(code), hint="Write level 1 first and no zero groups, such as H37.DN.001.")
    return ".".join(kept)


def older_form(code: str, *, groups: int = 4) -> str:
    """Return the QCVN 102:2016 form of a code, padded with zero groups (``000.00.00.H49``).

    Raises:
        AgencyCodeInvalid: as for ``canonical``, or more groups than asked for.
    """
    parts = canonical(code).split(".")
    if len(parts) > groups:
        raise AgencyCodeInvalid(repr(code), hint=f"It has more than {groups} groups.")
    padding = ["000" if index == 0 else "00" for index in range(groups - len(parts))]
    return ".".join([*padding, *reversed(parts)])


def _ends_in_level_1(groups: list[str]) -> bool:
    return bool(_LEVEL_1.match(groups[-1])) and not _LEVEL_1.match(groups[0])
