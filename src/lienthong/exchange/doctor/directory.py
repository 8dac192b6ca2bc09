"""The directory: is there one, how old is it, what was left out, and can a newer one be fetched?"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from lienthong.directory.cache import Cache, Cached
from lienthong.directory.client import sync
from lienthong.directory.fetchers import CarrierFetcher
from lienthong.directory.indexing import Indexer
from lienthong.directory.published import Published
from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.exchange.doctor.lines import Line, Subject, fail, failed, ok, some, warn
from lienthong.exchange.evidence.trusted import Trusted
from lienthong.exchange.transport.base import Carrier
from lienthong.exchange.transport.permissions import DIRECTORY
from lienthong.kernel.clock import Millis, iso
from lienthong.kernel.errors import LienthongError
from lienthong.kernel.i18n import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the directory, and what there is to say of it."""

    lines: list[Line] = field(default_factory=list)
    # The newest version that verifies, from the carrier or from the gateway's copy.
    snapshot: Snapshot | None = None
    # When the copy was fetched.
    fetched: Millis | None = None


async def directory(folder: Path, *, root: bytes, link: Carrier | None, at: Millis) -> Known:
    """Check the gateway's copy, and whether the carrier offers one that verifies; nothing is kept.

    Args:
        folder: the gateway's copy.
        root: root metadata the gateway trusts.
        link: the carrier, if it is connected.
        at: now, milliseconds UTC.
    """
    lines: list[Line] = []
    cached: Cached | None = None
    snapshot: Snapshot | None = None
    try:
        cached = Cache(folder).load()
        if cached is not None:
            snapshot = Trusted.of(cached.published, root=root, at=at).snapshot
    except LienthongError as error:
        lines.append(failed(Subject.DIRECTORY, error))
    if link is not None:
        # A copy that does not verify is no ground to stand on.
        known = cached.published if cached is not None and snapshot is not None else None
        try:
            snapshot = await _fetch(link, root=root, known=known, at=at)
        except LienthongError as error:
            lines.append(failed(Subject.DIRECTORY, error))
    if snapshot is None:
        text = _("There is no directory here, and none could be fetched.")
        lines.append(fail(Subject.DIRECTORY, text, _("Connect the gateway to the centre's carrier.")))
    else:
        lines += [_standing(snapshot, at), *_refusals(snapshot)]
    return Known(lines=lines, snapshot=snapshot, fetched=cached.fetched if cached else None)


async def _fetch(link: Carrier, *, root: bytes, known: Published | None, at: Millis) -> Snapshot:
    async def get(name: str) -> bytes | None:
        return await link.kv_get(DIRECTORY, name)

    fetcher = CarrierFetcher(get, asyncio.get_running_loop())
    verified = await asyncio.to_thread(sync, fetcher, root=root, known=known, at=at)
    return Indexer().snapshot(verified.facts)


def _standing(snapshot: Snapshot, at: Millis) -> Line:
    facts = {
        "version": snapshot.version,
        "organs": sum(1 for _organ in snapshot.organs()),
        "expires": iso(snapshot.expires),
        "grace": iso(snapshot.grace_until),
    }
    reconnect = _("Reconnect the gateway to the centre, or have the centre publish again.")
    match snapshot.standing(at):
        case Standing.FRESH:
            text = _("Version {version} with {organs} organs, valid until {expires}")
            return ok(Subject.DIRECTORY, text.format_map(facts))
        case Standing.GRACE:
            text = _("Version {version} ended on {expires}; known grants go on until {grace}, nothing new is accepted")
            return warn(Subject.DIRECTORY, text.format_map(facts), reconnect)
        case Standing.STALE:
            text = _("Version {version} ended on {expires}; everything is refused")
            return fail(Subject.DIRECTORY, text.format_map(facts), reconnect)


def _refusals(snapshot: Snapshot) -> list[Line]:
    if not snapshot.refusals:
        return []
    text = _("Left out of the directory: {count} ({names})").format(
        count=len(snapshot.refusals), names=some(f"{each.where}: {each.why}" for each in snapshot.refusals)
    )
    return [warn(Subject.DIRECTORY, text, _("Tell the centre: a branch signed what is not its own, or too late."))]
