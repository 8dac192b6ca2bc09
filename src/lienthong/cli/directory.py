"""``lienthong directory``: make, sign, publish, look at and compare the signed map of organs."""

import asyncio
from collections.abc import Mapping
from copy import replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from lienthong.cli import directory_view as view
from lienthong.directory.client import verify
from lienthong.directory.diff import diff, source_of
from lienthong.directory.errors import DirectoryMissing, NotSigned, SourceInvalid
from lienthong.directory.indexing import Indexer
from lienthong.directory.publish import EMPTY, with_branch, with_centre, with_clock
from lienthong.directory.published import Published
from lienthong.directory.roots import next_root
from lienthong.directory.samples import profile_source, sample_source
from lienthong.directory.signing import RoleKeys, RolePublics, read_publics, write_publics
from lienthong.directory.source import Source, read_source, write_source
from lienthong.exchange.transport.nats import NatsCarrier
from lienthong.exchange.transport.provision import provision_directory
from lienthong.kernel.clock import SystemClock, iso
from lienthong.kernel.files import write_atomically
from lienthong.kernel.i18n import _
from lienthong.profiles import load
from lienthong.trust.passphrase import passphrase_from

app = typer.Typer(help="The signed map of organs, services, keys and grants.", no_args_is_help=True)

_BUCKET: Final = "directory"
_PUT_AT_ONCE: Final = 32
_PENDING: Final = "next.root.json"

type Folder = Annotated[Path, typer.Argument(help="The source folder.", file_okay=False)]
type Keys = Annotated[
    Path | None, typer.Option("--keys", help="Folder of the role keys at hand. Default: keys/ in the source folder.")
]


@app.command()
def init(
    folder: Folder,
    *,
    profile: Annotated[
        str, typer.Option(help="Fill it with a profile's organs, such as vn, or with an example: none.")
    ] = "none",
    instance: Annotated[str, typer.Option(help="The instance, for the example.")] = "VN",
    keys: Keys = None,
) -> None:
    """Make a source folder with files to go on from, and a key for every role."""
    if folder.exists() and any(folder.iterdir()):
        raise SourceInvalid(str(folder), hint="The folder is not empty; name a new one.")
    source = sample_source(instance) if profile == "none" else profile_source(profile, load(profile).organs())
    source.check()
    passphrase = _passphrase(confirm=True)
    signers = RoleKeys.generate(source.branches)
    write_source(folder, source)
    write_publics(folder, signers.publics())
    write_atomically(folder / ".gitignore", b"/keys/\n", mode=0o644)
    signers.save(keys or folder / "keys", passphrase)
    organs = sum(len(branch.organs) for branch in source.branches.values())
    _say(
        _("{folder}: {organs} organs in {branches} branches, keys in {keys}.").format(
            folder=folder, organs=organs, branches=len(source.branches), keys=keys or folder / "keys"
        )
    )
    _say(_("Next: lienthong directory sign. Then give root-1, root-2 and root-3 to three people; keep no copy here."))


@app.command()
def sign(
    folder: Folder,
    *,
    branch: Annotated[list[str] | None, typer.Option(help="Sign for this branch; may be repeated.")] = None,
    centre: Annotated[
        bool, typer.Option("--centre", help="Sign for the centre: whom it admits, which branches.")
    ] = False,
    root: Annotated[
        bool, typer.Option("--root", help="Sign who holds which role (two of the root's holders).")
    ] = False,
    keys: Keys = None,
) -> None:
    """Sign what changed. Without a choice: everything whose key is at hand."""
    source, publics = read_source(folder), read_publics(folder)
    held = _keys(folder, keys, publics)
    everything = not (branch or centre or root)
    now = SystemClock().now()
    before = _signed(folder)
    after = before
    if root or (everything and (held.root or held.retired)):
        after = _with_root(folder, after, publics, held)
    for code in sorted(held.branches) if everything else branch or []:
        after = with_branch(after, source, code, held.branches.get(code), now)
    if centre or (everything and held.targets is not None):
        after = with_centre(after, source, publics, held.targets, now)
    if not after.roots:
        # Without it nothing that is signed can be read again.
        raise NotSigned("there is no root: two of its holders sign first, with --root")
    _save(folder, after)
    changed = [name for name, data in after.roles.items() if before.roles.get(name) != data]
    changed += ["root"] * (after.roots != before.roots)
    if changed:
        _say(_("Signed: {roles}.").format(roles=", ".join(changed)))
    else:
        _say(_("It is all signed as it stands."))


@app.command()
def publish(
    folder: Folder,
    *,
    to: Annotated[Path | None, typer.Option(help="Folder for a web server to serve.", file_okay=False)] = None,
    nats: Annotated[str | None, typer.Option(help="Address of the carrier, such as nats://127.0.0.1:4222.")] = None,
    creds: Annotated[Path | None, typer.Option(help="Credential of the publisher on the carrier.")] = None,
    keys: Keys = None,
) -> None:
    """Check what is signed as a gateway would, say until when it holds, and serve it."""
    if to is None and nats is None:
        raise SourceInvalid("where to is not said", hint="Give --to FOLDER, or --nats URL with --creds FILE.")
    publics = read_publics(folder)
    held = _keys(folder, keys, publics)
    now = SystemClock().now()
    published = with_clock(_signed(folder), snapshot=held.snapshot, timestamp=held.timestamp, now=now)
    verified = verify(published, root=published.root, at=now)
    snapshot = Indexer().snapshot(verified.facts)
    if snapshot.refusals:
        refusals = "; ".join(f"{refusal.where}: {refusal.why}" for refusal in snapshot.refusals[:10])
        raise NotSigned(refusals, hint="Have the holder of that branch's or the centre's key sign again.")
    source_of(published).check()
    _save(folder, published)
    if to is not None:
        published.save(to)
    if nats is not None:
        asyncio.run(_to_carrier(nats, creds, published.files()))
    organs = len(list(snapshot.organs()))
    _say(
        _("Published version {version} with {organs} organs, valid until {expires}.").format(
            version=snapshot.version, organs=organs, expires=iso(snapshot.expires)
        )
    )


@app.command()
def show(
    organ: Annotated[str | None, typer.Argument(help="Identifier or token of one organ.")] = None,
    *,
    folder: Annotated[Path, typer.Option("--in", help="A source folder or a published one.", file_okay=False)] = Path(),
) -> None:
    """Show the branches, or one organ with its keys, services and grants."""
    source = _either(folder)
    if organ is None:
        Console().print(view.branches(source))
        return
    for code, branch in source.branches.items():
        for entry in branch.organs:
            if organ in {entry.id, entry.token}:
                Console().print(view.organ(code, entry))
                return
    raise DirectoryMissing(organ, hint="Name an organ by its identifier or token; without one, all branches are shown.")


@app.command("diff")
def compare(
    old: Annotated[Path, typer.Argument(help="A source folder or a published one.", file_okay=False)],
    new: Annotated[Path, typer.Argument(help="Another.", file_okay=False)],
) -> None:
    """Show what differs between two directories; the exit status is 1 if anything does."""
    changes = diff(_either(old), _either(new))
    Console().print(view.changes(changes))
    if changes:
        raise typer.Exit(1)


def _with_root(folder: Path, published: Published, publics: RolePublics, held: RoleKeys) -> Published:
    """Add our signatures to the next root; it counts when there are enough, from however many machines."""
    pending = folder / "signed" / _PENDING
    step = next_root(
        publics,
        roots=published.roots,
        pending=pending.read_bytes() if pending.is_file() else None,
        signers=(*held.root, *held.retired),
        now=SystemClock().now(),
    )
    if step.unchanged:
        return published
    if step.missing:
        pending.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(pending, step.data, mode=0o644)
        raise NotSigned(
            f"root version {step.version} lacks {step.missing} more signatures",
            hint="Ours are kept in signed/next.root.json; have the next holder run: lienthong directory sign --root",
        )
    pending.unlink(missing_ok=True)
    return replace(published, roots=(*published.roots, step.data))


def _signed(folder: Path) -> Published:
    return Published.load(folder / "signed") if (folder / "signed" / "metadata").is_dir() else EMPTY


def _save(folder: Path, published: Published) -> None:
    published.save(folder / "signed")
    if published.roots:
        # What gateways are given to trust.
        write_atomically(folder / "root.json", published.root, mode=0o644)


def _keys(folder: Path, keys: Path | None, publics: RolePublics) -> RoleKeys:
    return RoleKeys.load(keys or folder / "keys", publics, _passphrase)


def _say(text: str) -> None:
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


def _passphrase(*, confirm: bool = False) -> str:
    return passphrase_from(prompt=_("Passphrase of the role keys: "), confirm=confirm).decode()


def _either(folder: Path) -> Source:
    """Read a source folder, or what a published folder was made from."""
    if (folder / "instance.toml").is_file():
        return read_source(folder)
    return source_of(Published.load(folder))


async def _to_carrier(url: str, creds: Path | None, files: Mapping[str, bytes]) -> None:
    if creds is None:
        raise SourceInvalid("the carrier wants a credential", hint="Give --creds FILE.")
    carrier = await NatsCarrier.connect([url], creds)
    limit = asyncio.Semaphore(_PUT_AT_ONCE)

    async def put(name: str) -> None:
        async with limit:
            if await carrier.kv_get(_BUCKET, name) != files[name]:
                await carrier.kv_put(_BUCKET, name, files[name])

    try:
        await provision_directory(carrier)
        *others, last = files
        await asyncio.gather(*map(put, others))
        # With the timestamp gateways see the rest, so that has to be there before.
        await put(last)
    finally:
        await carrier.close()
