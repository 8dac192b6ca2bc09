"""What all parts of one gateway share: its directory, keys, carrier and journal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol

from lienthong.directory.model import Organ
from lienthong.directory.snapshot import Snapshot, Standing
from lienthong.exchange import policy
from lienthong.exchange.decisions import Decisions
from lienthong.exchange.errors import CallerUnknown, KeyTooWeak, Misdirected, ReceiverUnknown
from lienthong.exchange.held import Held
from lienthong.exchange.pulling import Pulls
from lienthong.exchange.replay import ReplayGuard
from lienthong.exchange.sealing import SealQueue
from lienthong.exchange.spool import Spool
from lienthong.exchange.transport.base import Carrier
from lienthong.kernel.clock import Clock, Millis
from lienthong.kernel.identifiers import OrganId, ServiceId, parse_client
from lienthong.kernel.ids import text_of
from lienthong.kernel.labels import Level
from lienthong.trust import envelope
from lienthong.trust.envelope import Unwrapped, Unwraps
from lienthong.trust.errors import KeyUnknown
from lienthong.trust.header import Header, Kind
from lienthong.trust.journal import Entry, Journal
from lienthong.trust.keys import Algorithm, KeyStore, PublicKey
from lienthong.trust.seal import Opened, Verifier, sender_organ

_POST_QUANTUM: Final = frozenset({Algorithm.HPKE_MLKEM768_X25519_KE})


class DirectoryView(Protocol):
    """The directory as a gateway sees it: always the newest snapshot it may use."""

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot to decide by."""
        ...

    def standing(self) -> Standing:
        """Return how current it is now."""
        ...


@dataclass(kw_only=True)
class Node:
    """One gateway's surroundings."""

    # The site this gateway serves: all organs the directory places there are hosted here.
    site: str
    clock: Clock
    store: KeyStore
    directory: DirectoryView
    carrier: Carrier
    journal: Journal
    # Room for large bodies; in memory unless given.
    spool: Spool = field(default_factory=Spool)
    held: Held = field(init=False, default_factory=Held)
    pulls: Pulls = field(init=False)
    seals: SealQueue = field(init=False)
    verifier: Verifier = field(init=False)
    replay: ReplayGuard = field(init=False)
    # Content keys that were unwrapped of late.
    unwraps: Unwraps = field(init=False, default_factory=Unwraps)
    _decisions: Decisions = field(init=False, default_factory=Decisions)

    def __post_init__(self) -> None:
        """Set up what follows from the rest."""
        self.pulls = Pulls(carrier=self.carrier)
        self.seals = SealQueue(self.store)
        self.verifier = Verifier(self._sealing_key_of)
        self.replay = ReplayGuard(self.journal, self.clock)

    @property
    def snapshot(self) -> Snapshot:
        """The directory to decide by."""
        return self.directory.snapshot

    def unwrap(self, data: bytes, token: str) -> Unwrapped:
        """Open an envelope with a wrapping key of the organ it was delivered to.

        Args:
            data: the envelope.
            token: the organ on the carrier.

        Raises:
            EnvelopeInvalid: malformed or altered.
            KeyUnknown: not encrypted to a key that the directory has for this organ, or our store does not hold it.
            KeyStoreError: the store refused.
        """
        organ = self.snapshot.organ_by_token(token)

        def resolve(kid: bytes) -> PublicKey:
            owner = None if organ is None else self.snapshot.key(kid, of=organ.id)
            if owner is None:
                raise KeyUnknown(f"{kid.hex()} is not a key of {token}")
            return owner.key

        return envelope.decrypt(data, store=self.store, resolve=resolve, known=self.unwraps)

    def check_strength(self, kid: bytes, organ: Organ, level: Level) -> None:
        """Check that what was encrypted to a key of an organ may carry this level, as ``wrapping_key`` chooses.

        Raises:
            KeyTooWeak: it needs a post-quantum key.
        """
        owner = self.snapshot.key(kid, of=organ.id)
        if level >= Level.CONFIDENTIAL and (owner is None or owner.key.algorithm not in _POST_QUANTUM):
            raise KeyTooWeak(f"{level.slug} under key {kid.hex()}")

    def decide(self, header: Header, connection: policy.Connection) -> policy.Verdict:
        """Ask the policy as of now."""
        return self._decisions.decide(
            header,
            connection=connection,
            directory=self.snapshot,
            standing=self.directory.standing(),
            at=self.clock.now(),
        )

    def organ(self, organ_id: OrganId) -> Organ:
        """Return an organ of the directory.

        Raises:
            ReceiverUnknown: it is not there.
        """
        organ = self.snapshot.organ(organ_id)
        if organ is None:
            raise ReceiverUnknown(str(organ_id))
        return organ

    def hosted(self, organ_id: OrganId) -> Organ:
        """Return an organ that this gateway hosts.

        Raises:
            CallerUnknown: it is elsewhere, or nowhere.
        """
        organ = self.snapshot.organ(organ_id)
        if organ is None or organ.site != self.site:
            raise CallerUnknown(str(organ_id), hint=f"Call through the gateway of its site; this one is {self.site}.")
        return organ

    def hosted_branches(self) -> Sequence[str]:
        """Return the branches that have organs at this site."""
        return sorted({organ.branch for organ in self.snapshot.organs_at(self.site)})

    def open_seal(self, sealed: bytes, *, at: Millis | None = None) -> Opened:
        """Check a seal; only a key of the organ that is named as sender will do.

        Args:
            sealed: the seal.
            at: when the key must have been valid; now if not given.

        Raises:
            SealInvalid, KeyUnknown, KeyNotValid: as for ``Verifier.open``.
        """
        return self.verifier.open(sealed, at=self.clock.now() if at is None else at)

    def check_receiver(self, header: Header, token: str) -> Organ:
        """Return the hosted organ that a header is addressed to.

        Args:
            header: an opened header.
            token: the organ the carrier delivered it to.

        Raises:
            IdentifierInvalid: the receiver's identifier is malformed.
            Misdirected: sealed for another organ than it was delivered to, or not hosted here.
        """
        organ = self.snapshot.organ(_receiver_organ(header))
        if organ is None or organ.token != token or organ.site != self.site:
            raise Misdirected(f"{header.receiver} delivered to {token}")
        return organ

    def sealing_key(self, organ: Organ) -> PublicKey:
        """Return the key that an organ seals with now.

        Raises:
            KeyUnknown: it has none that is valid.
        """
        return self.snapshot.sealing_key(organ.id, self.clock.now())

    def wrapping_key(self, organ: Organ, header: Header) -> PublicKey:
        """Return the key that a content with this header is encrypted to.

        Raises:
            KeyUnknown: the organ has none that is valid and strong enough for the label.
        """
        return self.snapshot.wrapping_key(organ.id, self.clock.now(), header.label.level)

    def _sealing_key_of(self, kid: bytes, header: Header) -> PublicKey:
        organ = sender_organ(header)
        owner = self.snapshot.key(kid, of=organ)
        if owner is None:
            raise KeyUnknown(f"{kid.hex()} is not a key of {organ}")
        return owner.key

    def entry(  # noqa: PLR0913 - one argument per column of the evidence
        self,
        header: Header,
        *,
        organ: Organ | str,
        direction: str,
        seals: tuple[bytes, ...],
        kind: str = "",
        verdict: str = "ok",
        detail: str = "",
    ) -> Entry:
        """Return the line of evidence about a header."""
        return Entry(
            at=self.clock.now(),
            organ=organ if isinstance(organ, str) else _written(organ.id),
            direction=direction,
            kind=kind or header.kind.value,
            id=text_of(header.id),
            peer=header.receiver if direction == "out" else header.sender,
            label=str(header.label),
            purpose=header.purpose,
            verdict=verdict,
            detail=detail[:500],
            digests=tuple([content.digest for content in header.contents]),
            seals=seals,
        )


@lru_cache(maxsize=4096)
def _written(organ: OrganId) -> str:
    return str(organ)


def _receiver_organ(header: Header) -> OrganId:
    if header.kind is Kind.REQUEST:
        return ServiceId.parse(header.receiver).organ
    return parse_client(header.receiver).organ
