"""A registry's description is read strictly, and an error says where and what to write."""

from pathlib import Path

import msgspec
import pytest

from lienthong.quality import description
from lienthong.quality.description import BUILT_IN, Kind
from lienthong.quality.errors import RegistryInvalid, RegistryUnknown

TITLE = 'title = { vi = "a", en = "b", de = "c" }\n'
HEAD = 'name = "r"\nversion = 1\nrecord_id = ["id"]\n' + TITLE


def column(name: str, kind: str, more: str = "") -> str:
    """Return a column's table."""
    return f'[[columns]]\nname = "{name}"\nkind = "{kind}"\n{TITLE}{more}\n'


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_comes_along_is_well_formed(name: str) -> None:
    described = description.load(name)
    assert described.registry.name == name
    assert described.registry.version == 1


def test_persons_need_nothing_but_an_id() -> None:
    registry = description.load("person").registry
    assert not any(column.mandatory for column in registry.columns)
    assert registry.unit is None


def test_members_have_what_the_number_is_compared_with() -> None:
    registry = description.load("member").registry
    assert registry.column("birth_date").checked_by == registry.column("sex").checked_by == "personal_number"
    assert [column.name for column in registry.of_kind(Kind.PERSONAL_NUMBER)] == ["personal_number"]
    with pytest.raises(KeyError):
        registry.column("nothing")


def test_a_file_is_a_registry_too(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(HEAD + 'rules = "own.rules.toml"\n' + column("height", "number"), encoding="utf-8")
    (tmp_path / "own.rules.toml").write_text("x", encoding="utf-8")
    described = description.load(str(file))
    assert described.registry.columns[0].kind is Kind.NUMBER
    assert described.beside("own.rules.toml") == b"x"


@pytest.mark.parametrize("name", ["nobody", "nobody.toml", "", "/etc/passwd"])
def test_an_unknown_registry_is_an_error(name: str) -> None:
    with pytest.raises(RegistryUnknown, match="Name member, person or a TOML file"):
        description.load(name)


@pytest.mark.parametrize(
    ("text", "where", "hint"),
    [
        ('name = "r"\nversion = = 1\n', r"own: .*line 2", "Write TOML"),
        (HEAD, "columns", "section Describing"),
        (HEAD + column("Name", "text"), r"columns\[0\].name", "section Describing"),
        (HEAD + column("a", "colour"), r"colour.*columns\[0\].kind", "section Describing"),
        (HEAD + column("a", "text", "unknown = 1"), r"unknown.*columns\[0\]", "section Describing"),
        (HEAD + "speed = 1\n" + column("a", "text"), "speed", "section Describing"),
        (HEAD + column("a", "text") * 2, "column a", "name of its own"),
        (HEAD + column("unit", "text"), "column unit", "other than record_id and unit"),
        (HEAD + column("a", "text", 'old_number = "b"'), "column a: old_number", "columns of kind personal-number"),
        (HEAD + column("a", "text", 'order = "given-first"'), "column a: order", "columns of kind name"),
        (HEAD + column("a", "sex", 'checked_by = "b"'), "column a: checked_by", "a column of kind personal-number"),
        (HEAD + column("a", "unit", 'as_of = "a"'), "column a: as_of", "a column of kind date"),
        (HEAD + column("a", "name", 'composed_of = ["b", "c"]'), "composed_of", "two columns of kind text"),
        (HEAD + column("a", "choice"), "column a: values", "List the values"),
        (HEAD + 'unit = "a"\n' + column("a", "text"), "own: unit", "a column of kind unit"),
        (HEAD.replace('["id"]', "[]") + column("a", "text"), "own: record_id", "at least one heading"),
    ],
)
def test_an_error_names_the_place_and_what_to_write(text: str, where: str, hint: str) -> None:
    with pytest.raises(RegistryInvalid, match=where) as caught:
        description.decode(text.encode(), "own")
    assert hint in str(caught.value)


def test_what_is_not_text_is_an_error() -> None:
    with pytest.raises(RegistryInvalid, match=r"own: byte 0\. Save the file as UTF-8"):
        description.decode(b"\xff", "own")
    with pytest.raises(RegistryInvalid, match="at most"):
        description.decode(b"#" * (description.MAX_BYTES + 1), "own")


@pytest.mark.parametrize("name", ["../member.toml", "/etc/passwd", "none.toml", ""])
def test_files_lie_beside_the_description(name: str) -> None:
    with pytest.raises(RegistryInvalid):
        description.load("member").beside(name)


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """Settings of another part, for the test."""

    model: str = "default"


def test_other_parts_read_their_own_section(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(HEAD + column("a", "text") + '[link]\nmodel = "m"\n[merge]\nrank = 1\n', encoding="utf-8")
    described = description.load(str(file))
    assert description.section(described, "link", Settings).model == "m"
    with pytest.raises(RegistryInvalid, match=r"\[merge\] .*rank"):
        description.section(described, "merge", Settings)
