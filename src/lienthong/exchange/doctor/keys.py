"""Keys: does the store hold what the directory says of this site and its organs, and for how long?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lienthong.directory.model import Organ
from lienthong.directory.snapshot import Snapshot
from lienthong.exchange.doctor.lines import Line, Subject, fail, ok, some, warn
from lienthong.kernel.clock import DAY, Millis, iso
from lienthong.kernel.i18n import _
from lienthong.kernel.labels import Level as Secrecy
from lienthong.trust.errors import KeyNotValid
from lienthong.trust.keys import Algorithm, PublicKey, Use

SOON: Final[Millis] = 30 * DAY
"""How long before its end a key should have a successor."""


@dataclass(slots=True, kw_only=True)
class _Tally:
    """Whom something concerns, by what it is."""

    missing: list[str] = field(default_factory=list)
    cannot_seal: list[str] = field(default_factory=list)
    cannot_open: list[str] = field(default_factory=list)
    cannot_open_secret: list[str] = field(default_factory=list)
    ending: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    usable: int = 0
    # The first end among the last keys of each owner and use.
    end: Millis | None = None


def keys(snapshot: Snapshot, *, site: str, held: frozenset[bytes], at: Millis) -> list[Line]:
    """Check the keys of a site and of the organs it serves.

    Args:
        snapshot: the directory.
        site: its code.
        held: ids of the keys in the store.
        at: now, milliseconds UTC.
    """
    described = snapshot.site(site)
    if described is None:
        text = _("The directory does not know the site {site}.").format(site=site)
        return [fail(Subject.KEYS, text, _("Have its branch publish it, or correct the configuration."))]
    tally = _Tally()
    organs = snapshot.organs_at(site)
    _look(tally, f"{_('site')} {site}", described.keys, held, at)
    for organ in organs:
        _look(tally, str(organ.id), organ.keys, held, at, organ=organ)
    listed = {key.kid for key in described.keys} | {key.kid for organ in organs for key in organ.keys}
    lines = [*_problems(tally), *_extra(held - listed)]
    if not organs:
        text = _("The directory places no organ at the site {site}.").format(site=site)
        lines.append(warn(Subject.KEYS, text, _("Have its branch publish organs with this site.")))
    if lines:
        return lines
    end = "–" if tally.end is None else iso(tally.end)[:10]
    text = _("Organs: {organs}, keys in use: {keys}, first end: {end}")
    return [ok(Subject.KEYS, text.format(organs=len(organs), keys=tally.usable, end=end))]


def _look(  # noqa: PLR0913, PLR0917 - one owner, and what is known of it
    tally: _Tally,
    name: str,
    listed: Sequence[PublicKey],
    held: frozenset[bytes],
    at: Millis,
    organ: Organ | None = None,
) -> None:
    valid = [key for key in listed if _is_valid(key, at)]
    usable = [key for key in valid if key.kid in held]
    tally.usable += len(usable)
    tally.missing += [f"{name} {key.kid.hex()}" for key in valid if key.kid not in held]
    tally.revoked += [
        f"{name} {key.kid.hex()}"
        for key in listed
        if key.revoked_at is not None and key.revoked_at <= at < key.not_after
    ]
    _last(tally, name, [key for key in usable if key.use is Use.SEAL], tally.cannot_seal, at)
    if organ is None:
        return
    _last(tally, name, [key for key in usable if key.use is Use.WRAP], tally.cannot_open, at)
    hybrid = any(key.algorithm is Algorithm.HPKE_MLKEM768_X25519_KE for key in usable)
    if organ.ceiling.level >= Secrecy.CONFIDENTIAL and not hybrid:
        tally.cannot_open_secret.append(name)


def _last(tally: _Tally, name: str, usable: Sequence[PublicKey], without: list[str], at: Millis) -> None:
    if not usable:
        without.append(name)
        return
    last = max(usable, key=lambda key: key.not_after)
    tally.end = last.not_after if tally.end is None else min(tally.end, last.not_after)
    if last.not_after < at + SOON:
        tally.ending.append(f"{name} {iso(last.not_after)[:10]}")


def _problems(tally: _Tally) -> list[Line]:
    publish = _("Make new keys, publish them in the directory, and restart the gateway.")
    restore = _("Restore the key store from its backup, or replace these keys in the directory.")
    kinds = (
        (fail, tally.missing, _("Keys of which the private half is not here: {count} ({names})"), restore),
        (fail, tally.cannot_seal, _("Without a key to seal with: {count} ({names})"), publish),
        (fail, tally.cannot_open, _("Without a key to be written to: {count} ({names})"), publish),
        (
            fail,
            tally.cannot_open_secret,
            _("Cleared for confidential and above, without a post-quantum key for it: {count} ({names})"),
            publish,
        ),
        (warn, tally.ending, _("Keys that end in less than 30 days: {count} ({names})"), publish),
        (
            warn,
            tally.revoked,
            _("Revoked keys: {count} ({names})"),
            _("Make sure that their successors are in use, and that whoever had the old ones is out."),
        ),
    )
    return [
        make(Subject.KEYS, text.format(count=len(names), names=some(names)), advice)
        for make, names, text, advice in kinds
        if names
    ]


def _extra(kids: frozenset[bytes]) -> list[Line]:
    if not kids:
        return []
    text = _("Keys in the store that the directory does not name for this site: {count} ({names})")
    names = some(kid.hex() for kid in sorted(kids))
    advice = _("If they are new, publish them; if an organ has moved away, they are no longer needed here.")
    return [warn(Subject.KEYS, text.format(count=len(kids), names=names), advice)]


def _is_valid(key: PublicKey, at: Millis) -> bool:
    try:
        key.check_valid(at)
    except KeyNotValid:
        return False
    return True
