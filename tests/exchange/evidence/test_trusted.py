"""The directory as a judge uses it, and the root it starts from."""

from pathlib import Path

import pytest

from lienthong.directory.errors import DirectoryMissing, DirectoryRefused
from lienthong.exchange.evidence.errors import KeyNotOwned, RootInvalid
from lienthong.exchange.evidence.trusted import Trusted, fingerprint, read_directory, read_root
from lienthong.trust.errors import KeyUnknown
from tests.support.evidence import NOW, SITE, A, Parties


@pytest.fixture(scope="module")
def parties() -> Parties:
    parties = Parties()
    parties.publish()
    return parties


def trusted(parties: Parties) -> Trusted:
    published = parties.published
    assert published is not None
    return Trusted.of(published, root=published.root, at=NOW)


def test_the_keys_of_a_site_are_only_its_own(parties: Parties) -> None:
    resolve = trusted(parties).site_keys(SITE)
    assert resolve(parties.key(SITE).kid) == parties.key(SITE)
    with pytest.raises(KeyNotOwned, match=f"is a key of site-b, not of {SITE}"):
        resolve(parties.key("site-b").kid)
    with pytest.raises(KeyNotOwned, match=f"is a key of {A}"):
        resolve(parties.key(A).kid)
    with pytest.raises(KeyUnknown, match="is not a key of"):
        resolve(bytes(16))


def test_root_metadata_is_told_from_other_files(parties: Parties, tmp_path: Path) -> None:
    published = parties.published
    assert published is not None
    root, role, text = tmp_path / "root.json", tmp_path / "targets.json", tmp_path / "text"
    root.write_bytes(published.root)
    role.write_bytes(published.roles["targets"])
    text.write_text("hello")
    assert read_root(root) == published.root
    with pytest.raises(RootInvalid, match="is the role targets"):
        read_root(role)
    with pytest.raises(RootInvalid, match="is not root metadata"):
        read_root(text)
    with pytest.raises(RootInvalid, match="No such file"):
        read_root(tmp_path / "nowhere")


def test_a_fingerprint_is_read_in_groups() -> None:
    assert fingerprint(b"") == ("e3b0 c442 98fc 1c14 9afb f4c8 996f b924 27ae 41e4 649b 934c a495 991b 7852 b855")


def test_directories_that_are_not_there_or_not_one(tmp_path: Path) -> None:
    with pytest.raises(DirectoryMissing):
        read_directory(tmp_path)
    with pytest.raises(DirectoryMissing, match="--directory"):
        read_directory(tmp_path / "nowhere")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(DirectoryRefused):
        read_directory(tmp_path / "text")
