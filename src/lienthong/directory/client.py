"""The follower's side of TUF: python-tuf's client, with our clock, our limits and all branches at once.

What it returns is verified from the trusted root down: every role's signature, version and term, every
file's size and digest, and that a branch signed only for paths that are its own.
"""

import re
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tuf.api import exceptions
from tuf.api.metadata import DelegatedRole, TargetFile, Targets
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from lienthong.directory.errors import (
    DirectoryError,
    DirectoryExpired,
    DirectoryRefused,
    DirectoryRolledBack,
    DirectoryUnreachable,
)
from lienthong.directory.fetchers import MemoryFetcher
from lienthong.directory.indexing import Facts
from lienthong.directory.model import Refusal
from lienthong.directory.published import (
    COMMON,
    Published,
    branch_paths,
    branch_role,
    digest_of,
    register_path,
    role_of,
    target_name,
)
from lienthong.directory.roots import check_root
from lienthong.kernel.clock import Millis, from_datetime, to_datetime

MAX_FILE: Final = 1024 * 1024
"""Bytes that one published file may have."""
MAX_FILES: Final = 4096
"""Files that one branch may publish."""
_CONFIG: Final = UpdaterConfig(max_delegations=10_000, max_root_rotations=1024, targets_max_length=MAX_FILE)
_TOP_LEVEL: Final = ("timestamp", "snapshot", "targets")
_FETCHES_AT_ONCE: Final = 16
_BRANCH: Final = re.compile(r"branch-([a-z0-9-]{1,32})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A verified version: its files as they came, and what is to be read in them."""

    published: Published
    facts: Facts
    # Version of the timestamp; it counts up even where the content stays.
    timestamp: int


def sync(
    fetcher: FetcherInterface, *, root: bytes, known: Published | None, at: Millis, scratch: Path | None = None
) -> Verified:
    """Fetch and verify the newest version.

    Args:
        fetcher: where the files come from.
        root: the root that is trusted to begin with.
        known: what was verified before; nothing older is accepted, and what has not changed is not fetched.
        at: the time to judge by, milliseconds UTC.
        scratch: a folder for working files; default: the system's.

    Raises:
        DirectoryUnreachable: a file cannot be fetched.
        DirectoryRolledBack: something on offer is older than what is known.
        DirectoryExpired: something on offer is no longer valid.
        DirectoryRefused: anything else that does not verify.
    """
    with tempfile.TemporaryDirectory(prefix="sync-", dir=scratch) as folder:
        _restore(Path(folder), known)
        try:
            return _Client(Path(folder), fetcher, root=root, at=at).everything(known)
        except (exceptions.RepositoryError, exceptions.DownloadError, ValueError, KeyError) as error:
            raise translated(error) from error


def verify(published: Published, *, root: bytes, at: Millis, partial: bool = False) -> Verified:
    """Verify files that are here, by replaying them through the same client.

    Args:
        published: the files.
        root: the root that is trusted to begin with.
        at: the time to judge by, milliseconds UTC.
        partial: branches and files may be missing.

    Raises:
        DirectoryError: as for ``sync``.
    """
    fetcher = MemoryFetcher(published.files())
    with tempfile.TemporaryDirectory(prefix="sync-") as folder:
        try:
            return _Client(Path(folder), fetcher, root=root, at=at, partial=partial).everything(None)
        except (exceptions.RepositoryError, exceptions.DownloadError, ValueError, KeyError) as error:
            raise translated(error) from error


def end_of_term(published: Published) -> Millis:
    """Return when the first of the top-level roles expires, unverified; a signature covers each date.

    Raises:
        DirectoryRefused: a role is missing or not readable.
    """
    try:
        roles = [published.root, *(published.roles[name] for name in _TOP_LEVEL)]
    except (KeyError, IndexError) as error:
        raise DirectoryRefused(f"the role {error} is missing") from error
    return min(from_datetime(role_of("role", data).signed.expires) for data in roles)


def translated(error: Exception) -> DirectoryError:
    """Say in our terms what python-tuf found."""
    match error:
        case exceptions.DownloadLengthMismatchError():
            return DirectoryRefused(f"a file is larger than was signed: {error}")
        case exceptions.DownloadError():
            return DirectoryUnreachable(f"{error}: {error.__cause__ or 'no file'}")
        case exceptions.BadVersionNumberError():
            return DirectoryRolledBack(str(error))
        case exceptions.ExpiredMetadataError():
            return DirectoryExpired(str(error))
        case _:
            return DirectoryRefused(str(error))


class _Client(Updater):
    """One run of the TUF client workflow (TUF 1.0, section 5), then every branch and file."""

    def __init__(
        self, folder: Path, fetcher: FetcherInterface, *, root: bytes, at: Millis, partial: bool = False
    ) -> None:
        super().__init__(str(folder), "metadata/", fetcher=fetcher, config=_CONFIG, bootstrap=root)
        # python-tuf asks the machine for the time; here it is passed in.
        self._trusted_set.reference_time = to_datetime(at)
        self._folder = folder
        self._partial = partial
        self._refusals: list[Refusal] = []

    def everything(self, known: Published | None) -> Verified:
        check_root(self._trusted_set.root)
        self.refresh()
        check_root(self._trusted_set.root)
        top = self._trusted_set.targets
        branches = self._branches(top)
        wanted = {path: top.targets[path] for path in (COMMON, *map(register_path, branches)) if path in top.targets}
        shards = {code: self._own(delegated, role) for code, (delegated, role) in branches.items()}
        for files in shards.values():
            wanted |= files
        held = self._files(wanted, known.targets if known else {})
        self._complete(held, branches)
        return Verified(
            published=Published(
                roots=self._roots(), roles=self._roles(branches), targets={path: held[path] for path in sorted(held)}
            ),
            facts=Facts(
                version=self._trusted_set.snapshot.version,
                expires=self._expires(),
                common=held[COMMON],
                registers={code: held[register_path(code)] for code in branches},
                shards={code: {path: held[path] for path in files if path in held} for code, files in shards.items()},
                refusals=tuple(self._refusals),
            ),
            timestamp=self._trusted_set.timestamp.version,
        )

    def _branches(self, top: Targets) -> dict[str, tuple[DelegatedRole, Targets]]:
        """Load every delegated role. One that expired harms its own branch only."""
        found: dict[str, tuple[DelegatedRole, Targets]] = {}
        for name, delegated in (top.delegations.roles or {} if top.delegations else {}).items():
            match = _BRANCH.match(name)
            if match is None or delegated.paths != [branch_paths(match[1])]:
                raise DirectoryRefused(f"the delegation {name} is not of the form branch-CODE for branch/CODE/*.json")
            try:
                found[match[1]] = (delegated, self._load_targets(name, Targets.type))
            except exceptions.ExpiredMetadataError:
                self._refusals.append(Refusal(where=name, why="the branch's signature has expired"))
            except exceptions.DownloadHTTPError:
                if not self._partial:
                    raise
        return found

    def _own(self, delegated: DelegatedRole, role: Targets) -> dict[str, TargetFile]:
        """Return the files of a branch that it may sign for."""
        files: dict[str, TargetFile] = {}
        for path, info in role.targets.items():
            if not delegated.is_delegated_path(path):
                why = f"the branch may only sign for {branch_paths(delegated.name.removeprefix('branch-'))}"
            elif info.length > MAX_FILE or len(files) >= MAX_FILES:
                why = f"it is larger than {MAX_FILE} bytes, or one of more than {MAX_FILES}"
            else:
                files[path] = info
                continue
            self._refusals.append(Refusal(where=f"{delegated.name}: {path}", why=why))
        return files

    def _files(self, wanted: Mapping[str, TargetFile], known: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return each file, fetching those that are not here in that version yet."""
        held = {path: known[path] for path, info in wanted.items() if path in known and _fits(info, known[path])}
        missing = [info for path, info in wanted.items() if path not in held]
        pool = ThreadPoolExecutor(_FETCHES_AT_ONCE, thread_name_prefix="directory")
        try:
            for info, data in zip(missing, pool.map(self._file, missing), strict=True):
                if data is not None:
                    held[info.path] = data
        finally:
            pool.shutdown(cancel_futures=True)
        return held

    def _file(self, info: TargetFile) -> bytes | None:
        try:
            data = self._fetcher.download_bytes(target_name(info.path, digest_of(info)), info.length)
        except exceptions.DownloadHTTPError:
            if self._partial:
                return None
            raise
        info.verify_length_and_hashes(data)
        return data

    def _complete(self, held: Mapping[str, bytes], branches: Iterable[str]) -> None:
        for path in (COMMON, *map(register_path, branches)):
            if path not in held:
                raise DirectoryRefused(f"{path} is missing")

    def _expires(self) -> Millis:
        trusted = self._trusted_set
        return min(
            from_datetime(role.expires) for role in (trusted.root, trusted.timestamp, trusted.snapshot, trusted.targets)
        )

    def _roots(self) -> tuple[bytes, ...]:
        newest = self._trusted_set.root.version
        history = {int(path.name.partition(".")[0]): path for path in (self._folder / "root_history").iterdir()}
        return tuple(history[version].read_bytes() for version in sorted(history) if version <= newest)

    def _roles(self, branches: Iterable[str]) -> dict[str, bytes]:
        names = (*_TOP_LEVEL, *map(branch_role, branches))
        return {name: (self._folder / f"{name}.json").read_bytes() for name in names}


def _fits(info: TargetFile, data: bytes) -> bool:
    try:
        info.verify_length_and_hashes(data)
    except exceptions.LengthOrHashMismatchError:
        return False
    return True


def _restore(folder: Path, known: Published | None) -> None:
    """Lay out what was verified before as python-tuf keeps it."""
    if known is None:
        return
    (folder / "root_history").mkdir()
    for data in known.roots:
        (folder / "root_history" / f"{role_of('root', data).signed.version}.root.json").write_bytes(data)
    for name, data in known.roles.items():
        (folder / f"{name}.json").write_bytes(data)
