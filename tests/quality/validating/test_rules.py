"""Rules are read strictly, and an error names the rule."""

from pathlib import Path

import pytest

from lienthong.quality import description
from lienthong.quality.description import BUILT_IN
from lienthong.quality.errors import RegistryInvalid
from lienthong.quality.validating import load_rules
from lienthong.quality.validating.rules import Dimension

TITLE = '{ vi = "a", en = "b", de = "c" }'
REGISTRY = f"""name = "r"
version = 1
record_id = ["id"]
rules = "r.rules.toml"
title = {TITLE}
[[columns]]
name = "height"
kind = "number"
title = {TITLE}
"""


def rule(more: str = 'test = "height > 0"', *, identity: str = "tall", column: str = "height") -> str:
    """Return a rule's table."""
    return (
        f'[[rules]]\nid = "{identity}"\ndimension = "correct"\ncolumns = ["{column}"]\nseverity = "error"\nweight = 1\n'
        f'owner = "us"\ntext = {TITLE}\nsource = "test"\n{more}\n'
    )


def write(tmp_path: Path, rules: str) -> description.Described:
    """Write a registry and its rules."""
    (tmp_path / "r.toml").write_text(REGISTRY, encoding="utf-8")
    (tmp_path / "r.rules.toml").write_text("version = 1\n" + rules, encoding="utf-8")
    return description.load(str(tmp_path / "r.toml"))


@pytest.mark.parametrize("name", BUILT_IN)
def test_those_that_come_along_are_well_formed(name: str) -> None:
    rules = load_rules(description.load(name)).rules
    assert {rule.dimension for rule in rules} >= {Dimension.COMPLETE, Dimension.CLEAN, Dimension.CORRECT}


def test_members_have_some_thirty_in_all_four_dimensions() -> None:
    rules = load_rules(description.load("member")).rules
    assert len(rules) >= 30
    assert {rule.dimension for rule in rules} == set(Dimension)


def test_a_registry_may_have_none(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(REGISTRY.replace('rules = "r.rules.toml"\n', ""), encoding="utf-8")
    assert load_rules(description.load(str(tmp_path / "r.toml"))).rules == ()


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (rule() * 2, "rule tall. Give every rule an id of its own"),
        (rule(""), "rule tall. Write either a test, or unique = true"),
        (rule('test = "true"\nunique = true'), "either a test, or unique"),
        (rule(column="width"), "rule tall: width. Name columns of the registry"),
        (rule("test = \"height > (SELECT 1 FROM read_csv('x'))\""), "without statements and tables"),
        (rule('test = "true; DROP TABLE x"'), "without statements and tables"),
        (rule('test = "true"\napplies = "getenv(\'HOME\') IS NULL"'), "without statements and tables"),
        (rule('colour = "red"'), "colour"),
        (rule('test = "true"\nweight = 0'), "weight|Cannot overwrite"),
        ("", "rules"),
    ],
    ids=range(10),
)
def test_what_is_wrong_is_named(tmp_path: Path, rules: str, message: str) -> None:
    with pytest.raises(RegistryInvalid, match=message):
        load_rules(write(tmp_path, rules))
