"""The patterns and templates of the fence, as the in-memory carrier reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.transport.errors import CredentialInvalid
from lienthong.exchange.transport.permissions import TEMPLATES, Role, matches, tags_of

TOKENS = st.sampled_from(["a", "b", "*", ">"])


@pytest.mark.parametrize(
    ("pattern", "subject", "covered"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.b", "a", False),
        ("a.b", "a.b.c", False),
        ("a.*", "a.b", True),
        ("a.*", "a.*", True),
        ("a.*", "a.b.c", False),
        ("a.b", "a.*", False),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        ("a.>", "a.>", True),
        ("a.>", "a.b.>", True),
        ("a.*", "a.>", False),
        ("a.b.>", "a.>", False),
        ("a.*.>", "a.b.>", True),
        ("*.b", "a.b", True),
    ],
)
def test_pattern_covers_subject(pattern: str, subject: str, covered: bool) -> None:  # noqa: FBT001 - a column
    assert matches(pattern, subject) is covered


@given(st.lists(TOKENS, min_size=1, max_size=4), st.lists(TOKENS, min_size=1, max_size=4), st.data())
def test_what_is_covered_covers_no_more(pattern: list[str], subject: list[str], data: st.DataObject) -> None:
    """Whatever a covered subscription can receive is covered too."""
    covers = ".".join([token for token in pattern[:-1] if token != ">"] + pattern[-1:])
    covered = ".".join([token for token in subject[:-1] if token != ">"] + subject[-1:])
    literal = []
    for token in covered.split("."):
        if token == ">":
            literal += data.draw(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=3))
        else:
            literal.append(data.draw(st.sampled_from(["a", "b"])) if token == "*" else token)
    received = ".".join(literal)
    assert matches(covered, received)
    if matches(covers, covered):
        assert matches(covers, received)


@pytest.mark.parametrize("code", ["", "*", ">", "a.b", "A", "a b", "a\n", "é", "a" * 33, "a:b", "a_0"])
def test_tag_that_would_be_a_grant(code: str) -> None:
    with pytest.raises(CredentialInvalid):
        tags_of(code, [])
    with pytest.raises(CredentialInvalid):
        tags_of("site", ["good", code])


def test_every_branch_multiplies_what_names_it() -> None:
    filled = TEMPLATES[Role.SITE].filled(tags_of("s", ["b1", "b2"]))
    assert {f"mail.*.*.*.{branch}.s.*" for branch in ("b1", "b2")} <= set(filled.publish)
    assert {"rpc.b1.s.>", "rpc.b2.s.>"} <= set(filled.subscribe)
    assert filled.subscribe.count("_INBOX_s.>") == 1
    assert "{{" not in "".join(filled.publish + filled.subscribe)


def test_without_a_branch_nothing_that_names_one() -> None:
    filled = TEMPLATES[Role.SITE].filled(tags_of("s", []))
    assert not any(each.startswith(("rpc", "mail", "blob")) for each in filled.publish + filled.subscribe)
