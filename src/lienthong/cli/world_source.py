"""The directory's source and the private keys of an exchange on one machine, made from a plan or adapted to one."""

from collections.abc import Mapping, Sequence
from copy import replace
from pathlib import Path
from typing import Final

from msgspec.structs import replace as changed

from lienthong.cli.world_plan import Plan
from lienthong.directory.entries import BranchEntry, InstanceEntry, OrganEntry, SiteEntry, key_entry
from lienthong.directory.source import Source
from lienthong.kernel.clock import DAY, Millis
from lienthong.kernel.errors import LienthongError
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import new_organs_keys
from lienthong.trust.keystore_file import FileKeyStore
from lienthong.trust.passphrase_lock import Cost

KEY_TERM: Final[Millis] = 730 * DAY
"""How long the keys of a world are valid."""
# How long before its end a key is replaced.
_RENEWAL: Final[Millis] = 30 * DAY
# A site's word among those of the organs; a token has no colon.
_SITE: Final = "site:"
# The passphrase of a world has 256 random bits: there is nothing to guess that a costly derivation could slow.
_COST: Final = Cost(memory=8 * 1024, iterations=1, lanes=1)


class WorldMismatch(LienthongError):
    """The folder holds another world."""

    code = "world_mismatch"
    hint = "Choose another folder with --state, or delete this one."


def home_of(folder: Path, site: str) -> Path:
    """Return the folder of everything that belongs to a site of the exchange in a folder."""
    return folder / "sites" / site


def new_source(folder: Path, plan: Plan, passphrase: bytes, at: Millis) -> Source:
    """Make the keys of every site and its organs, each site's in a store of its own, and describe it all.

    Raises:
        KeyStoreError: a store cannot be written, or is there already.
    """
    made: dict[str, tuple[PublicKey, ...]] = {}
    for site in plan.sites:
        home = home_of(folder, site.code)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = FileKeyStore.create(home / "keys", passphrase, cost=_COST)
        made |= _new_keys(store, [f"{_SITE}{site.code}", *plan.tokens_at(site.code)], at)
    return _source(plan, made)


def check_same(folder: Path, source: Source, plan: Plan) -> None:
    """Check that a plan asks for the organs, and each at the site, that a source has.

    Raises:
        WorldMismatch: it asks for others.
    """
    known = {(organ.id, organ.site) for branch in source.branches.values() for organ in branch.organs if organ.active}
    wanted = {(str(organ.id), organ.site) for organ in plan.organs}
    if known != wanted:
        sites = len({site for _organ, site in known})
        what = f"{len(known)} organs at {sites} sites, where {len(wanted)} at {len(plan.sites)} are asked for"
        raise WorldMismatch(f"{folder} with {what}")


def adapted_source(folder: Path, plan: Plan, source: Source, passphrase: bytes, at: Millis) -> Source:
    """Return what a plan says now, with the keys there are and new ones where there are none.

    Raises:
        WorldMismatch: the source is that of another instance.
        KeyStoreError: a store is missing or damaged.
    """
    if source.instance.instance != plan.instance:
        raise WorldMismatch(f"{folder} of the instance {source.instance.instance}, not {plan.instance}")
    organs = {organ.token: organ for branch in source.branches.values() for organ in branch.organs}
    keys = {token: tuple(key.value() for key in organ.keys) for token, organ in organs.items()}
    for branch in source.branches.values():
        keys |= {f"{_SITE}{site.code}": tuple(key.value() for key in site.keys) for site in branch.sites}
    for site in plan.sites:
        store = FileKeyStore.open(home_of(folder, site.code) / "keys", passphrase)
        owners = [f"{_SITE}{site.code}", *plan.tokens_at(site.code)]
        lacking = [owner for owner in owners if not _is_served(keys.get(owner, ()), store, at)]
        if lacking:
            made = _new_keys(store, lacking, at)
            keys |= {owner: (*keys.get(owner, ()), *made[owner]) for owner in lacking}
    now = _source(plan, keys)
    here = {organ.token for organ in plan.organs}
    gone = {
        code: tuple(
            changed(organ, active=False, subsystems=(), services=(), topics=())
            for organ in branch.organs
            if organ.token not in here
        )
        for code, branch in source.branches.items()
    }
    branches = {
        code: changed(branch, organs=(*branch.organs, *gone.get(code, ()))) for code, branch in now.branches.items()
    }
    return replace(now, branches=branches)


def _new_keys(store: FileKeyStore, owners: Sequence[str], at: Millis) -> dict[str, tuple[PublicKey, ...]]:
    """Make the keys of organs, and of sites the one they seal with; returns them by owner."""
    sites = [owner for owner in owners if owner.startswith(_SITE)]
    organs = [owner for owner in owners if not owner.startswith(_SITE)]
    made: dict[str, tuple[PublicKey, ...]] = {}
    # Each write of a store that holds a third of a country takes a while: none without need.
    if sites:
        public = store.new_keys([Algorithm.ES256] * len(sites))
        keys = (PublicKey(Algorithm.ES256, each, not_before=at, not_after=at + KEY_TERM) for each in public)
        made |= {site: (key,) for site, key in zip(sites, keys, strict=True)}
    if organs:
        made |= zip(organs, new_organs_keys(store, len(organs), not_before=at, not_after=at + KEY_TERM), strict=True)
    return made


def _is_served(keys: Sequence[PublicKey], store: FileKeyStore, at: Millis) -> bool:
    """Tell whether a store holds the newest key of each kind, which is the one in use, and for a while yet."""
    newest = {key.algorithm: key for key in sorted(keys, key=lambda key: key.not_before)}
    held = store.kids()
    return bool(newest) and all(key.kid in held and at + _RENEWAL < key.not_after for key in newest.values())


def _source(plan: Plan, keys: Mapping[str, tuple[PublicKey, ...]]) -> Source:
    branches: dict[str, BranchEntry] = {code: BranchEntry(name=name) for code, name in plan.branches.items()}
    for site in plan.sites:
        entry = SiteEntry(code=site.code, name=site.name, keys=tuple(map(key_entry, keys[f"{_SITE}{site.code}"])))
        branch = branches[site.branch]
        branches[site.branch] = BranchEntry(name=branch.name, sites=(*branch.sites, entry))
    organs: dict[str, list[OrganEntry]] = {code: [] for code in plan.branches}
    for organ in plan.organs:
        organs[organ.branch].append(
            OrganEntry(
                id=str(organ.id),
                token=organ.token,
                name=organ.name,
                site=organ.site,
                ceiling=str(organ.ceiling),
                parent=None if organ.parent is None else str(organ.parent),
                keys=tuple(map(key_entry, keys[organ.token])),
                subsystems=organ.subsystems,
                services=organ.services,
                topics=organ.topics,
            )
        )
    return Source(
        instance=InstanceEntry(instance=plan.instance, profile=plan.profile),
        groups=dict(plan.groups),
        branches={
            code: BranchEntry(name=branch.name, sites=branch.sites, organs=tuple(organs[code]))
            for code, branch in branches.items()
        },
    )
