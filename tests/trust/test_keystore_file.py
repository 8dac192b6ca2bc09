"""The encrypted file: passphrases, permissions, damage, atomic replacement."""

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.kernel import cbor
from lienthong.trust.errors import KeyStoreError
from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import generate, new_organs_keys
from lienthong.trust.keystore_file import FileKeyStore
from lienthong.trust.passphrase_lock import Cost
from lienthong.trust.private_file import PrivateFile

PASSPHRASE = "chín con đường đèo".encode()
OTHER = b"another passphrase"
CHEAP = Cost(memory=8 * 1024, iterations=1, lanes=1)
FIRST_LINE = b"lienthong key store 1\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(path: Path) -> FileKeyStore:
    store = FileKeyStore.create(path, PASSPHRASE, cost=CHEAP)
    store.new_keys([Algorithm.ES256, Algorithm.HPKE_4_KE])
    return store


def refusal(path: Path, passphrase: bytes = PASSPHRASE) -> str:
    with pytest.raises(KeyStoreError) as caught:
        FileKeyStore.open(path, passphrase)
    return str(caught.value)


def test_the_file_is_its_owners_alone(store: FileKeyStore, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store.new_keys([Algorithm.ES256])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_of_the_keys_is_in_the_file(store: FileKeyStore, path: Path) -> None:
    public, private = generate(Algorithm.HPKE_4_KE)
    store.add(private)
    content = path.read_bytes()
    for part in (private.secret, private.kid, public, PASSPHRASE):
        assert part not in content


def test_two_writes_share_neither_nonce_nor_ciphertext(store: FileKeyStore, path: Path) -> None:
    nonces = set()
    for _ in range(5):
        store.add()
        *_, nonce, _ = inside(path)
        nonces.add(nonce)
    assert len(nonces) == 5


def test_a_wrong_passphrase_is_told_from_damage(store: FileKeyStore, path: Path) -> None:
    told = refusal(path, OTHER)
    assert "passphrase does not open" in told
    assert "Type it again" in told
    assert OTHER.decode() not in told
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    told = refusal(path)
    assert "is damaged" in told
    assert "backup" in told


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644, 0o777])
def test_a_file_open_to_others_is_refused(store: FileKeyStore, path: Path, mode: int) -> None:
    path.chmod(mode)
    assert f"chmod 600 {path}" in refusal(path)


def test_a_file_that_only_the_owner_reads_is_fine(store: FileKeyStore, path: Path) -> None:
    path.chmod(0o400)
    assert FileKeyStore.open(path, PASSPHRASE).kids() == store.kids()


def test_what_is_no_key_store_is_refused(tmp_path: Path, path: Path) -> None:
    assert "No such file" in refusal(path)
    path.write_bytes(b"lienthong key store 2\n")
    path.chmod(0o600)
    assert "does not begin with" in refusal(path)
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    assert "Is a directory" in refusal(folder)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    assert "is not a file" in refusal(pipe)


def test_a_huge_file_is_refused_unread(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    path.chmod(0o600)
    assert "larger than" in refusal(path)


def test_an_existing_file_is_never_overwritten(store: FileKeyStore, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyStoreError, match="is there already"):
        FileKeyStore.create(path, OTHER, cost=CHEAP)
    assert path.read_bytes() == before


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="No such file"):
        FileKeyStore.create(tmp_path / "missing" / "keys", PASSPHRASE, cost=CHEAP)


def test_a_short_passphrase_is_refused(store: FileKeyStore, tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="11 bytes") as caught:
        FileKeyStore.create(tmp_path / "new", b"elevenbytes", cost=CHEAP)
    assert "elevenbytes" not in str(caught.value)
    assert not (tmp_path / "new").exists()
    with pytest.raises(KeyStoreError, match="0 bytes"):
        store.change_passphrase(b"")


def test_a_changed_passphrase_replaces_the_old_one(store: FileKeyStore, path: Path) -> None:
    salt = inside(path)[0]
    store.change_passphrase(OTHER, cost=CHEAP)
    assert "does not open" in refusal(path, PASSPHRASE)
    assert FileKeyStore.open(path, OTHER).kids() == store.kids()
    assert inside(path)[0] != salt
    store.new_keys([Algorithm.EDDSA])
    assert FileKeyStore.open(path, OTHER).kids() == store.kids()


def test_the_cost_travels_in_the_file(path: Path) -> None:
    cost = Cost(memory=9 * 1024, iterations=2, lanes=3)
    FileKeyStore.create(path, PASSPHRASE, cost=cost)
    assert inside(path)[1:4] == [9 * 1024, 2, 3]
    FileKeyStore.open(path, PASSPHRASE).new_keys([Algorithm.ES256])
    assert inside(path)[1:4] == [9 * 1024, 2, 3]


@pytest.mark.parametrize(
    "cost",
    [(1024, 3, 4), (2**21, 3, 4), (65536, 0, 4), (65536, 17, 4), (65536, 3, 0), (65536, 3, 17), (2**63, 2**31, 2**31)],
)
def test_a_cost_out_of_bounds_is_never_paid(store: FileKeyStore, path: Path, cost: tuple[int, int, int]) -> None:
    memory, iterations, lanes = cost
    with pytest.raises(ValueError, match="outside"):
        Cost(memory=memory, iterations=iterations, lanes=lanes)
    salt, _, _, _, nonce, ciphertext = inside(path)
    rewrite(path, cbor.encode([salt, *cost, nonce, ciphertext]))
    assert "is damaged" in refusal(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: [bytes(16), *parts[1:]],
        lambda parts: [parts[0], 8 * 1024 + 1, *parts[2:]],
        lambda parts: [*parts[:4], bytes(12), parts[5]],
        lambda parts: [*parts[:5], parts[5][:-1]],
        lambda parts: [*parts[:5], b""],
    ],
    ids=["salt", "memory", "nonce", "cut", "empty"],
)
def test_an_altered_file_does_not_open(
    store: FileKeyStore, path: Path, change: Callable[[list[Any]], list[Any]]
) -> None:
    # Who alters a file on purpose repairs its digest too.
    rewrite(path, cbor.encode(change(inside(path))))
    assert "restore it from its backup" in refusal(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", cbor.encode([]), cbor.encode({}), cbor.encode([1, 8192, 1, 1, 5, 6]), cbor.encode(["s"] * 6),
     cbor.encode([bytes(16), 8192, 1, 1, b"", b""]), cbor.encode([b"short", 8192, 1, 1, bytes(12), bytes(16)])],
    ids=bytes.hex,
)  # fmt: skip
def test_a_file_of_a_wrong_shape_is_damaged(store: FileKeyStore, path: Path, content: bytes) -> None:
    rewrite(path, content)
    assert "is damaged" in refusal(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_a_key_store_error(store: FileKeyStore, path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    try:
        damage = bytearray(whole)
        if data.draw(st.booleans(), label="cut"):
            del damage[data.draw(st.integers(0, len(whole) - 1), label="at") :]
        else:
            bit = data.draw(st.integers(0, len(whole) * 8 - 1), label="bit")
            damage[bit // 8] ^= 1 << bit % 8
        if data.draw(st.booleans(), label="with a fitting digest"):
            damage = reseal(bytes(damage))
        path.write_bytes(damage)
        if damage != whole:
            refusal(path)
    finally:
        path.write_bytes(whole)


def test_damage_is_never_overwritten(store: FileKeyStore, path: Path) -> None:
    damage = path.read_bytes()[:-1]
    path.write_bytes(damage)
    with pytest.raises(KeyStoreError, match="is damaged"):
        store.new_keys([Algorithm.ES256])
    assert path.read_bytes() == damage


def test_another_process_s_keys_are_never_lost(store: FileKeyStore, path: Path) -> None:
    other = FileKeyStore.open(path, PASSPHRASE)
    other.new_keys([Algorithm.EDDSA])
    before = store.kids()
    with pytest.raises(KeyStoreError, match="changed by another process"):
        store.new_keys([Algorithm.EDDSA])
    assert store.kids() == before
    assert FileKeyStore.open(path, PASSPHRASE).kids() == other.kids()


def test_a_link_stays_a_link(store: FileKeyStore, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    FileKeyStore.open(link, PASSPHRASE).new_keys([Algorithm.ES256])
    assert link.is_symlink()
    assert len(FileKeyStore.open(path, PASSPHRASE).kids()) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_file_stays_with_its_owner(store: FileKeyStore, path: Path) -> None:
    os.chown(path, 12345, 23456)
    store.new_keys([Algorithm.ES256])
    status = path.stat()
    assert (status.st_uid, status.st_gid) == (12345, 23456)


@pytest.mark.parametrize("call", ["fsync", "fchown", "fdopen"])
def test_a_full_disk_changes_nothing(
    store: FileKeyStore, path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before, kids = path.read_bytes(), store.kids()

    def full(descriptor: int, *_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(KeyStoreError, match="No space left on device"):
            store.new_keys([Algorithm.ES256])
    assert path.read_bytes() == before
    assert store.kids() == kids
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    store.new_keys([Algorithm.ES256])
    assert len(FileKeyStore.open(path, PASSPHRASE).kids()) == 3


def test_an_interruption_before_the_rename_leaves_the_old_file(
    store: FileKeyStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            store.new_keys([Algorithm.ES256])
    assert FileKeyStore.open(path, PASSPHRASE).kids() == store.kids()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_content_is_durable_before_it_takes_the_name(
    store: FileKeyStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_fsync(descriptor)

    def replace(source: Path, target: Path) -> Path:
        steps.append("rename")
        return real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    store.new_keys([Algorithm.ES256])
    assert steps == ["file", "rename", "folder"]


def test_errors_carry_no_secret(store: FileKeyStore, path: Path) -> None:
    with pytest.raises(KeyStoreError) as caught:
        FileKeyStore.open(path, OTHER)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert repr(OTHER) not in repr(caught.value)
    assert repr(PASSPHRASE) not in repr(vars(store)["_lock"])


def test_a_country_fits_in_one_file(path: Path) -> None:
    store = FileKeyStore.create(path, PASSPHRASE, cost=CHEAP)
    organs = new_organs_keys(store, 300, not_before=0, not_after=1)
    again = FileKeyStore.open(path, PASSPHRASE)
    assert len(again.kids()) == 900
    key: PublicKey = organs[-1][0]
    key.verify(again.sign(key.kid, b"data"), b"data")
    # Opening reads; it does not load: loading takes up to 160 µs a key.
    assert len(vars(again)["_loaded"]) == 1


def test_a_private_file_is_of_one_kind(path: Path) -> None:
    PrivateFile(path, kind=b"one\n", max_size=100).create(b"content")
    assert PrivateFile(path, kind=b"one\n", max_size=100).read() == b"content"
    with pytest.raises(KeyStoreError, match="two"):
        PrivateFile(path, kind=b"two\n", max_size=100).read()


def inside(path: Path) -> list[Any]:
    parts: list[Any] = cbor.decode(path.read_bytes()[len(FIRST_LINE) + 32 :])
    return parts


def rewrite(path: Path, content: bytes) -> None:
    path.write_bytes(FIRST_LINE + hashlib.sha256(content).digest() + content)


def reseal(damaged: bytes) -> bytearray:
    head, content = damaged[: len(FIRST_LINE)], damaged[len(FIRST_LINE) + 32 :]
    return bytearray(head + hashlib.sha256(content).digest() + content)
