"""The source folder: what is written is read again, and what is wrong is named with its place."""

import tempfile
from copy import replace
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from lienthong.directory.entries import InstanceEntry, OrganEntry
from lienthong.directory.errors import SourceInvalid
from lienthong.directory.source import Source, read_source, write_source
from lienthong.kernel.clock import DAY
from lienthong.kernel.identifiers import OrganId
from tests.support.directories import NOW, new_source

TEXT = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\x7f"), min_size=1, max_size=30)
WORD = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
BARE = new_source((1,), algorithms=())


@st.composite
def sources(draw: st.DrawFn) -> Source:
    """Small sources whose words are as odd as they may be."""
    part = TEXT.filter(lambda text: text not in {".", ".."})
    id_ = str(OrganId("VN", draw(part), draw(part)))
    (organ,) = BARE.branches["01"].organs
    organ = changed(organ, id=id_, token=draw(WORD), name=draw(TEXT), services=())
    return Source(
        instance=InstanceEntry(instance="VN", profile=draw(TEXT), offline_days=draw(st.integers(1, 90)), grace_days=0),
        groups={draw(WORD): (id_,)},
        branches={draw(WORD): changed(BARE.branches["01"], organs=(organ,))},
    )


@given(sources())
def test_what_is_written_is_read_again(source: Source) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_source(Path(folder), source)
        assert read_source(Path(folder)) == source


def test_keys_and_grants_are_read_again(tmp_path: Path, source: Source) -> None:
    write_source(tmp_path, source)
    assert read_source(tmp_path) == source


def test_files_are_for_git(tmp_path: Path, source: Source) -> None:
    write_source(tmp_path, source)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    write_source(tmp_path, read_source(tmp_path))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert b'\n      "ceiling": "secret",\n' in before[tmp_path / "branches" / "01.json"]


@dataclass(frozen=True)
class Edit:
    """One careless change of a file, and what is said of it."""

    file: str
    old: str
    new: str
    said: str


@pytest.mark.parametrize(
    "edit",
    [
        Edit("branches/01.json", '"token": "o01-1"', '"token": "O1"', "branches/01.json: Expected `str` matching"),
        Edit("branches/01.json", '"site":', '"seat":', "branches/01.json: Object contains unknown field `seat`"),
        Edit("branches/01.json", '"name": "Branch 01",', '"name": ,', "branches/01.json, line 2: JSON is malformed"),
        Edit("branches/02.json", "ES256", "RSA", "branches/02.json: Invalid enum value 'RSA' - at `$.organs"),
        Edit("instance.toml", "offline-days = 3", "offline-days = 0", "instance.toml: Expected `int` >= 1"),
        Edit("instance.toml", "grace-days", "grace", "instance.toml: Object contains unknown field `grace`"),
        Edit("instance.toml", "profile =", "profile", "instance.toml: "),
        Edit("groups.toml", "VN/PARTY/01.0/", "VN/", "groups.toml: everyone[0]: The identifier is not well formed"),
    ],
    ids=lambda edit: edit.said,
)
def test_errors_name_file_and_place(tmp_path: Path, source: Source, edit: Edit) -> None:
    write_source(tmp_path, source)
    path = tmp_path / edit.file
    text = path.read_text(encoding="utf-8")
    assert edit.old in text
    path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
    with pytest.raises(SourceInvalid) as caught:
        read_source(tmp_path)
    assert edit.said in str(caught.value)


def test_a_file_cut_short_is_named_with_its_last_line(tmp_path: Path, source: Source) -> None:
    write_source(tmp_path, source)
    path = tmp_path / "branches" / "01.json"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(SourceInvalid, match=r"branches/01.json, line \d+: Input data was truncated"):
        read_source(tmp_path)


def test_what_is_not_a_source_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceInvalid, match=r"instance.toml: No such file.*lienthong directory init"):
        read_source(tmp_path)


def test_a_branch_needs_a_code_for_the_carrier(tmp_path: Path, source: Source) -> None:
    write_source(tmp_path, source)
    (tmp_path / "branches" / "01.json").rename(tmp_path / "branches" / "Hà Nội.json")
    with pytest.raises(SourceInvalid, match="the code of a branch"):
        read_source(tmp_path)


def test_without_groups_there_are_none(tmp_path: Path) -> None:
    (organ,) = BARE.branches["01"].organs
    source = replace(
        BARE, groups={}, branches={"01": changed(BARE.branches["01"], organs=(changed(organ, services=()),))}
    )
    write_source(tmp_path, source)
    (tmp_path / "groups.toml").unlink()
    assert read_source(tmp_path) == source


def test_a_key_is_revoked_wherever_it_is(source: Source) -> None:
    organ = source.branches["02"].organs[1]
    kid = organ.keys[0].value().kid
    after = source.revoke(kid, NOW + DAY)
    key = after.branches["02"].organs[1].keys[0].value()
    assert key.kid == kid
    assert key.revoked_at == NOW + DAY
    assert _keys(after, except_for=kid) == _keys(source, except_for=kid)


def test_a_key_is_revoked_once(source: Source) -> None:
    kid = source.branches["01"].sites[0].keys[0].value().kid
    with pytest.raises(SourceInvalid, match=kid.hex()):
        source.revoke(kid, NOW).revoke(kid, NOW)


def _keys(source: Source, *, except_for: bytes) -> list[object]:
    organs: list[OrganEntry] = [organ for branch in source.branches.values() for organ in branch.organs]
    return [key for organ in organs for key in organ.keys if key.value().kid != except_for]
