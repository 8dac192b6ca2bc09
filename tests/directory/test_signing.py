"""Role keys: one for every role, kept in encrypted files."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from lienthong.directory.errors import RoleKeyError, SourceInvalid
from lienthong.directory.signing import (
    RoleKeys,
    load_signer,
    new_signer,
    public_hex,
    read_publics,
    role_key,
    save_signer,
    write_publics,
)

PASSPHRASE = "correct horse battery"


def test_saved_keys_sign_again(tmp_path: Path) -> None:
    keys = RoleKeys.generate(["01", "02"])
    keys.save(tmp_path, PASSPHRASE)
    again = RoleKeys.load(tmp_path, keys.publics(), lambda: PASSPHRASE)
    assert again.publics() == keys.publics()
    assert not again.retired


def test_key_files_are_encrypted_and_private(tmp_path: Path) -> None:
    RoleKeys.generate(["01"]).save(tmp_path, PASSPHRASE)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [
        "branch-01.pem", "root-1.pem", "root-2.pem", "root-3.pem", "snapshot.pem", "targets.pem", "timestamp.pem",
    ]  # fmt: skip
    for file in files:
        assert file.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert file.stat().st_mode & 0o777 == 0o600


def test_only_the_keys_at_hand_are_loaded(tmp_path: Path) -> None:
    keys = RoleKeys.generate(["01", "02"])
    keys.save(tmp_path, PASSPHRASE)
    for name in ("root-2", "targets", "branch-01"):
        (tmp_path / f"{name}.pem").unlink()
    held = RoleKeys.load(tmp_path, keys.publics(), lambda: PASSPHRASE)
    assert [public_hex(signer) for signer in held.root] == [public_hex(keys.root[0]), public_hex(keys.root[2])]
    assert held.targets is None
    assert held.branches.keys() == {"02"}
    with pytest.raises(RoleKeyError, match="the key of targets is not here"):
        held.publics()


def test_keys_without_a_role_are_retired(tmp_path: Path) -> None:
    old, new = RoleKeys.generate(["01"]), RoleKeys.generate(["01"])
    old.save(tmp_path, PASSPHRASE)
    held = RoleKeys.load(tmp_path, new.publics(), lambda: PASSPHRASE)
    assert not held.root
    assert {public_hex(signer) for signer in held.retired} >= {public_hex(signer) for signer in old.root}


def test_no_passphrase_is_asked_for_without_keys(tmp_path: Path) -> None:
    held = RoleKeys.load(tmp_path, RoleKeys.generate([]).publics(), lambda: pytest.fail("asked"))
    assert held == RoleKeys(branches={})


def test_the_wrong_passphrase_opens_nothing(tmp_path: Path) -> None:
    save_signer(tmp_path / "key.pem", new_signer(), PASSPHRASE)
    with pytest.raises(RoleKeyError, match=r"key.pem") as caught:
        load_signer(tmp_path / "key.pem", "wrong horse battery")
    assert "horse" not in str(caught.value)


def test_an_unencrypted_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(new_signer().private_bytes)
    (tmp_path / "key.pem").chmod(0o600)
    with pytest.raises(RoleKeyError):
        load_signer(tmp_path / "key.pem", PASSPHRASE)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode()))
    (tmp_path / "key.pem").write_bytes(encrypted)
    (tmp_path / "key.pem").chmod(0o600)
    with pytest.raises(RoleKeyError, match="not an Ed25519 key"):
        load_signer(tmp_path / "key.pem", PASSPHRASE)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    save_signer(tmp_path / "key.pem", new_signer(), PASSPHRASE)
    (tmp_path / "key.pem").chmod(0o640)
    with pytest.raises(RoleKeyError, match=r"open to other users.*chmod 600"):
        load_signer(tmp_path / "key.pem", PASSPHRASE)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(RoleKeyError, match=r"key.pem"):
        load_signer(tmp_path / "key.pem", PASSPHRASE)


def test_no_key_is_overwritten(tmp_path: Path) -> None:
    save_signer(tmp_path / "key.pem", new_signer(), PASSPHRASE)
    before = (tmp_path / "key.pem").read_bytes()
    with pytest.raises(RoleKeyError, match="there already"):
        save_signer(tmp_path / "key.pem", new_signer(), PASSPHRASE)
    assert (tmp_path / "key.pem").read_bytes() == before


def test_short_passphrases_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RoleKeyError, match="at least 12"):
        save_signer(tmp_path / "key.pem", new_signer(), "short")
    assert not (tmp_path / "key.pem").exists()


def test_a_public_key_has_the_id_its_signer_uses() -> None:
    signer = new_signer()
    assert role_key(public_hex(signer)) == signer.public_key


def test_publics_are_read_again(tmp_path: Path) -> None:
    publics = RoleKeys.generate(["01"]).publics()
    write_publics(tmp_path, publics)
    assert read_publics(tmp_path) == publics


def test_malformed_publics_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceInvalid, match=r"roles.json: No such file"):
        read_publics(tmp_path)
    (tmp_path / "roles.json").write_text('{"root": []}')
    with pytest.raises(SourceInvalid, match=r"roles.json: Object missing required field `targets`"):
        read_publics(tmp_path)


def test_root_needs_three_people(tmp_path: Path) -> None:
    keys = RoleKeys.generate(["01"])
    publics = keys.publics()
    write_publics(tmp_path, publics)
    text = (tmp_path / "roles.json").read_text().replace(publics.root[2], publics.root[1])
    (tmp_path / "roles.json").write_text(text)
    with pytest.raises(SourceInvalid, match="every role needs a key of its own"):
        read_publics(tmp_path)
    with pytest.raises(ValueError, match="root needs 3 keys"):
        type(publics)(
            root=publics.root[:2], targets=publics.targets, snapshot=publics.snapshot,
            timestamp=publics.timestamp, branches={},
        )  # fmt: skip


def test_one_key_cannot_hold_two_roles() -> None:
    keys = RoleKeys.generate(["01"])
    twice = RoleKeys(
        root=keys.root, targets=keys.targets, snapshot=keys.snapshot, timestamp=keys.snapshot, branches=keys.branches
    )
    with pytest.raises(RoleKeyError, match="a key of its own"):
        twice.publics()
