def _make_keys(folder: Path, plan: Plan, passphrase: bytes, at: Millis) -> dict[str, tuple[PublicKey, ...]]:
    """Make the keys of every site and its organs in a store of their own; returns them by token."""
    made: dict[str, tuple[PublicKey, ...]] = {}
    for site in plan.sites:
        home = folder / "sites" / site.code
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = FileKeyStore.create(home / "keys", passphrase, cost=_COST)
        made |= _new_keys(store, [f"{_SITE}{site.code}", *plan.tokens_at(site.code)], at)
    return made


def _new_keys(store: FileKeyStore, owners: Sequence[str], at: Millis) -> dict[str, tuple[PublicKey, ...]]:
    keys = new_organs_keys(store, len(owners), not_before=at, not_after=at + KEY_TERM)
    made = dict(zip(owners, keys, strict=True))
    # A site only seals: the first of an organ's keys.
    return {owner: keys[:1] if owner.startswith(_SITE) else keys for owner, keys in made.items()}


def _adapted(folder: Path, plan: Plan, source: Source, passphrase: bytes, at: Millis) -> Source:
    """Return what a plan says now, with the keys there are and new ones where there are none."""
    if source.instance.instance != plan.instance:
        raise WorldMismatch(f"{folder} of the instance {source.instance.instance}, not {plan.instance}")
    organs = {organ.token: organ for branch in source.branches.values() for organ in branch.organs}
    keys = {token: tuple(key.value() for key in organ.keys) for token, organ in organs.items()}
    for branch in source.branches.values():
        keys |= {f"{_SITE}{site.code}": tuple(key.value() for key in site.keys) for site in branch.sites}
    for site in plan.sites:
        store = FileKeyStore.open(folder / "sites" / site.code / "keys", passphrase)
        owners = [f"{_SITE}{site.code}", *plan.tokens_at(site.code)]
        lacking = [owner for owner in owners if not _is_served(keys.get(owner, ()), store, at)]
        if lacking:
            made = _new_keys(store, lacking, at)
            keys |= {owner: (*keys.get(owner, ()), *made[owner]) for owner in lacking}
    now = _source(plan, keys)
    here = {organ.token for organ in plan.organs}
    gone = {
        code: tuple(
            changed(organ, active=False, subsystems=(), services=())
            for organ in branch.organs
            if organ.token not in here
        )
        for code, branch in source.branches.items()
    }
    branches = {
        code: changed(branch, organs=(*branch.organs, *gone.get(code, ()))) for code, branch in now.branches.items()
    }
    return replace(now, branches=branches)


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
