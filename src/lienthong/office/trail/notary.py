"""Who signs the trail: a site of its own, with a journal, a key and a small signed directory that names the key.

The folder looks like a gateway's state, so that ``lienthong evidence`` reads, exports and verifies it. Whoever wants
to verify takes ``root.json`` once and keeps it elsewhere.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from django.conf import settings
from django.utils.crypto import salted_hmac

from lienthong.directory.client import end_of_term
from lienthong.directory.entries import BranchEntry, InstanceEntry, SiteEntry, key_entry
from lienthong.directory.publish import EMPTY, build
from lienthong.directory.published import Published
from lienthong.directory.signing import RoleKeys, read_publics, write_publics
from lienthong.directory.source import Source, read_source, write_source
from lienthong.kernel.clock import DAY, Clock, Millis, SystemClock
from lienthong.kernel.files import write_atomically
from lienthong.trust.checkpoint import CheckpointSigner
from lienthong.trust.journal import Journal
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore_file import FileKeyStore

JOURNAL: Final = "journal.sqlite"
DIRECTORY: Final = "directory"
ROOT: Final = "root.json"
_KEYS: Final = "keys"
_SOURCE: Final = "source"
_BRANCH: Final = "office"
_KEY_TERM: Final[Millis] = 3650 * DAY
# What is exported must be verifiable without asking anybody: the longest term, renewed when more than half is gone.
_OFFLINE_DAYS: Final = 90
_RENEW: Final[Millis] = 40 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Notary:
    """The trail's folder."""

    folder: Path
    clock: Clock
    signer: CheckpointSigner

    @classmethod
    def open(cls, folder: Path | None = None, *, clock: Clock | None = None) -> Self:
        """Open the folder, made on the first call, and renew the directory's signatures when it is time.

        Args:
            folder: where; default: ``trail`` in the office's state folder.
            clock: now; default: the machine's.

        Raises:
            KeyStoreError: the key cannot be opened: another secret key than the folder was made with.
            DirectoryError: the directory is damaged.
        """
        place = folder or settings.STATE / "trail"
        time = clock or SystemClock()
        secret = salted_hmac("lienthong.office.trail", "keys", algorithm="sha256").hexdigest()
        if not (place / ROOT).is_file():
            _make(place, secret, time)
        source = read_source(place / _SOURCE)
        store = FileKeyStore.open(place / _KEYS, secret.encode())
        key = source.branches[_BRANCH].sites[0].keys[-1].value()
        notary = cls(folder=place, clock=time, signer=CheckpointSigner(key=key, store=store))
        if end_of_term(notary.published) - time.now() < _RENEW:
            _sign(place, source, secret, time, notary.published)
        return notary

    @property
    def published(self) -> Published:
        """The directory that names the key."""
        return Published.load(self.folder / DIRECTORY)

    @property
    def root(self) -> Path:
        """What others keep to verify against."""
        return self.folder / ROOT

    def journal(self) -> Journal:
        """Open the journal for writing; one process at a time.

        Raises:
            JournalError: in use, damaged, or of another site.
        """
        return Journal.open(self.folder / JOURNAL, site=settings.TRAIL_SITE, clock=self.clock)


def _make(place: Path, secret: str, clock: Clock) -> None:
    # What a start that was cut off has left is no trail: without a root nothing of it was ever signed.
    shutil.rmtree(place, ignore_errors=True)
    # One by one: what mkdir makes on the way is open to everybody.
    for folder in (place.parent, place):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = FileKeyStore.create(place / _KEYS, secret.encode())
    (public,) = store.new_keys([Algorithm.EDDSA])
    now = clock.now()
    key = PublicKey(Algorithm.EDDSA, public, now, now + _KEY_TERM)
    site = SiteEntry(code=settings.TRAIL_SITE, name=settings.PUBLIC_URL, keys=(key_entry(key),))
    source = Source(
        instance=InstanceEntry(instance=settings.TRAIL_SITE.upper(), offline_days=_OFFLINE_DAYS),
        groups={},
        branches={_BRANCH: BranchEntry(name="Office", sites=(site,))},
    )
    roles = RoleKeys.generate([_BRANCH])
    write_source(place / _SOURCE, source)
    write_publics(place / _SOURCE, roles.publics())
    roles.save(place / "roles", secret)
    _sign(place, source, secret, clock, EMPTY)
    write_atomically(place / ROOT, Published.load(place / DIRECTORY).root, mode=0o644)


def _sign(place: Path, source: Source, secret: str, clock: Clock, before: Published) -> None:
    publics = read_publics(place / _SOURCE)
    roles = RoleKeys.load(place / "roles", publics, lambda: secret)
    build(source, roles, clock, before).save(place / DIRECTORY)
