"""Granted paths: what a pattern covers, and that no way of writing a path leads out of it."""

import itertools
import posixpath
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from lienthong.exchange.grants import is_target, is_unambiguous, matches

# What attackers write, raw and encoded once, twice and three times.
_DOTS = [
    "..",
    ".",
    "...",
    "%2e%2e",
    "%2E.",
    ".%2e",
    "..;x=1",
    ";..",
    "..%00",
    "..%20",
    "..%09",
    "%c0%ae%c0%ae",
    "%u002e.",
]
_WORDS = [
    "a",
    "secret",
    "public",
    "%61",
    "a%2fb",
    "a%5cb",
    "a\\b",
    "..\\..",
    "x;y",
    "%EF%BC%8E%EF%BC%8E",
    "%e2%80%a5",
    "",
    "*",
]
_SEGMENT = st.one_of(
    st.sampled_from([*_DOTS, *_WORDS]),
    st.sampled_from([*_DOTS, *_WORDS]).map(lambda text: quote(text, safe="")),
    st.sampled_from(_DOTS).map(lambda text: quote(quote(text, safe=""), safe="")),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="/?#"), max_size=6),
)
_PLAIN = st.lists(st.sampled_from(["", "a", "public", "secret", "x"]), max_size=6).map(
    lambda parts: "/" + "/".join(parts)
)
_PATHS = st.lists(_SEGMENT, max_size=4).map(lambda parts: "/public/" + "/".join(parts))


def _readings(path: str) -> Iterator[list[str]]:
    """Everything a server could take a path for: decoded how often, split where, with which leniency."""
    text = path.partition("?")[0]
    for _ in range(4):
        for separators, lenient in itertools.product((r"/", r"[/\\]"), (False, True)):
            parts = re.split(separators, text)
            if lenient:
                parts = [re.sub(r"[\x00-\x20\x7f]", "", part.partition(";")[0]) for part in parts]
            # As servers do: `//` is one slash, dot segments are carried out.
            yield [part for part in posixpath.normpath("/" + "/".join(filter(None, parts))).split("/") if part]
        text = unquote(text)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/**", ""),
        ("/**", "/"),
        ("/**", "/a/b/c"),
        ("/**", "//a"),
        ("/**", "/a%2Fb"),
        ("/**", "/?x=../.."),
        ("/", ""),
        ("/", "/"),
        ("/", "/?a=b"),
        ("/persons", "/persons"),
        ("/persons/", "/persons/"),
        ("/persons/*", "/persons/17"),
        ("/persons/*", "/persons/%C3%B6"),
        ("/persons/*", "/persons/a%20b"),
        ("/persons/*", "/persons/%2525"),
        ("/persons/*/cards", "/persons/17/cards"),
        ("/persons/**", "/persons"),
        ("/persons/**", "/persons/"),
        ("/persons/**", "/persons/17/cards/3"),
        ("/**/cards", "/persons/17/cards"),
        ("/**/a/**/b", "/x/a/y/a/z/b"),
        ("/a/**/**/b", "/a/b"),
        ("/%C3%B6", "/%c3%b6"),
        ("/a", "/%61"),
        ("/a%2Fb", "/a%2Fb"),
        ("/%2A", "/*"),
        ("/x..y/*", "/x..y/z..z"),
    ],
)
def test_a_pattern_covers(pattern: str, path: str) -> None:
    assert matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/", "/a"),
        ("/persons", "/"),
        ("/persons", "/persons/"),
        ("/persons/", "/persons"),
        ("/persons", "/PERSONS"),
        ("/persons", "/persons2"),
        ("/persons/*", "/persons"),
        ("/persons/*", "/persons/"),
        ("/persons/*", "/persons/17/cards"),
        ("/persons/*", "/persons/17%2fcards"),
        ("/persons/*", "/persons/17%5Ccards"),
        ("/persons/*", "/persons/17\\cards"),
        ("/persons/*", "/persons/17%252fcards"),
        ("/persons/*", "/persons/17%25252Fcards"),
        ("/persons/*", "/persons/17%EF%BC%8Fcards"),
        ("/persons/*", "//persons/17"),
        ("/persons/**", "/personsx/17"),
        ("/**/cards", "/persons/17/cards/x"),
        ("/a%2Fb", "/a/b"),
        ("/%2A", "/anything"),
        ("/**", "relative"),
        ("/**", "@evil.example/"),
        ("/**", ":9@evil.example/"),
        ("/persons/*/cards", "/persons/17#/cards"),
        ("/**", "/a b"),
        ("/**", "/a\tb"),
        ("/**", "/a\r\nHost:x"),
        ("/**", "/ö"),
    ],
)
def test_a_pattern_does_not_cover(pattern: str, path: str) -> None:
    assert not matches(pattern, path)


@pytest.mark.parametrize(
    "dots", _DOTS[:2] + _DOTS[3:7] + _DOTS[8:] + ["%252e%252e", "%25252e.", "%2e%2E;a=b", "..\\x", "%EF%BC%8E."]
)
def test_dot_segments_are_seen_through(dots: str) -> None:
    assert not is_unambiguous(f"/public/{dots}/secret")
    assert not is_unambiguous(f"/public/{quote(dots, safe='')}")
    assert not matches("/**", f"/public/x\\{dots}")


def test_what_changes_with_every_decoding_is_ambiguous() -> None:
    text = "x/"
    for _ in range(6):
        text = quote(text, safe="")
    assert not is_unambiguous("/" + text)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(path=_PATHS)
@example(path="/public/.\t./secret")
@example(path="/public/..%3b/secret")
@example(path="/public/%2e%2e%5csecret")
def test_no_reading_leaves_the_granted_folder(path: str) -> None:
    assume(matches("/public/**", path))
    assert all(parts[0] == "public" for parts in _readings(path))


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(segment=_SEGMENT)
def test_no_reading_makes_two_segments_of_one(segment: str) -> None:
    path = f"/public/{segment}"
    assume(matches("/public/*", path))
    assert all(len(parts) <= 2 for parts in _readings(path))


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(path=_PLAIN, pattern=st.lists(st.sampled_from(["*", "**", "public", "a", "secret"]), min_size=1, max_size=6))
def test_the_quick_matcher_agrees_with_a_regular_expression(path: str, pattern: list[str]) -> None:
    # Only plain paths: what the expression cannot see is tested above.
    parts = {"*": r"/[^/]+", "**": r"(?:/[^/]*)*"}
    expression = "".join(parts.get(part, f"/{part}") for part in pattern)
    assert matches("/" + "/".join(pattern), path) is bool(re.fullmatch(expression, path))


def test_a_hostile_pattern_takes_no_time() -> None:
    # A regular expression of this form would not end before the Sun does.
    assert not matches("/**/a" * 40 + "/b", "/a" * 4000)


@given(text=st.text(max_size=10))
def test_a_target_is_what_http_carries_unchanged(text: str) -> None:
    fits = all("!" <= character <= "~" and character != "#" for character in text)
    assert is_target("/" + text) is fits
    assert is_target("?" + text) is fits
    assert not is_target("x" + text)


def test_no_path_at_all_is_a_target() -> None:
    assert is_target("")
