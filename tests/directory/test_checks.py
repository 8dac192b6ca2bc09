"""What must hold of a source as a whole."""

from collections.abc import Callable
from copy import replace
from typing import Any

import pytest
from msgspec.structs import replace as changed

from lienthong.directory.checks import check_key
from lienthong.directory.entries import GrantEntry, KeyEntry, OrganEntry, SubsystemEntry
from lienthong.directory.errors import SourceInvalid
from lienthong.directory.source import Source
from lienthong.kernel.clock import to_datetime
from lienthong.trust.keys import Algorithm, PublicKey
from tests.support.directories import NOW, new_key, new_organ, new_source, with_organ


def _first(source: Source, **changes: object) -> Source:
    return with_organ(source, "01", changed(source.branches["01"].organs[0], **changes))


def _service(source: Source, **changes: object) -> Source:
    organ = source.branches["01"].organs[0]
    return _first(source, services=(changed(organ.services[0], **changes),))


def _grant(source: Source, to: str) -> Source:
    return _service(source, grants=(GrantEntry(to=to),))


def _site(source: Source, **changes: object) -> Source:
    branch = source.branches["01"]
    site = changed(branch.sites[0], **changes)
    return replace(source, branches={**source.branches, "01": changed(branch, sites=(site, *branch.sites[1:]))})


def _circle(source: Source) -> Source:
    one, two = source.branches["01"].organs[:2]
    source = with_organ(source, "01", changed(one, parent=two.id))
    return with_organ(source, "01", changed(two, parent=one.id))


OTHER: OrganEntry = new_organ("02", 0, algorithms=())
BROKEN: dict[str, tuple[Callable[[Source], Source], str]] = {
    "no branches": (lambda source: replace(source, branches={}), "branches: there is none"),
    "malformed identifier": (lambda source: _first(source, id="VN/PARTY"), "has not 3 parts"),
    "identifier in another form": (
        lambda source: with_organ(source, "01", changed(OTHER, id="VN/PARTY/%41", token="a")),
        "write it as VN/PARTY/A",
    ),
    "another instance": (
        lambda source: with_organ(source, "01", changed(OTHER, id="EE/PARTY/A")),
        "it is not of the instance VN",
    ),
    "organ twice": (
        lambda source: with_organ(source, "01", changed(OTHER, token="other")),
        "branches/02.json: organs[0] (VN/PARTY/02.0): the organ VN/PARTY/02.0 is already at branches/01.json",
    ),
    "token twice": (
        lambda source: with_organ(source, "01", changed(OTHER, id="VN/PARTY/X")),
        "the token o02-0 is already at branches/01.json: organs[2] (VN/PARTY/X).token",
    ),
    "site twice": (lambda source: _site(source, code="o02-0"), "the site o02-0 is already at"),
    "unknown site": (lambda source: _first(source, site="nowhere"), ".site: there is no site nowhere"),
    "unknown parent": (lambda source: _first(source, parent="VN/PARTY/X"), ".parent: there is no organ VN/PARTY/X"),
    "its own parent": (lambda source: _first(source, parent="VN/PARTY/01.0"), "form a circle"),
    "circle": (_circle, "form a circle"),
    "ceiling": (lambda source: _first(source, ceiling="geheim"), ".ceiling: The label is not known: 'geheim'"),
    "subsystem above its organ": (
        lambda source: _first(source, ceiling="internal"),
        "subsystems[0].ceiling: confidential is above the organ's own, internal",
    ),
    "subsystem twice": (
        lambda source: _first(source, subsystems=(SubsystemEntry(code="registry", name="R", ceiling="public"),) * 2),
        "subsystems[1].code: registry is there twice",
    ),
    "subsystem that does not print": (
        lambda source: _first(source, subsystems=(SubsystemEntry(code="a\u200b", name="R", ceiling="public"),)),
        "a character that does not print",
    ),
    "service without subsystem": (lambda source: _first(source, subsystems=()), "has no subsystem registry"),
    "service above its subsystem": (
        lambda source: _service(source, label="secret"),
        "services[0].label: secret is above the subsystem's ceiling",
    ),
    "service twice": (
        lambda source: _first(source, services=source.branches["01"].organs[0].services * 2),
        "services[1].code: lookup is there twice",
    ),
    "unknown group": (lambda source: _grant(source, "group:nobody"), "there is no group:nobody in groups.toml"),
    "malformed client": (lambda source: _grant(source, "VN"), "grants[0].to: The identifier is not well formed"),
    "client in another form": (lambda source: _grant(source, "VN/P/%41"), "grants[0].to: write it as VN/P/A"),
    "group in another form": (
        lambda source: replace(source, groups={**source.groups, "g": ("VN/P/%41",)}),
        "groups.toml: g[0]: write it as VN/P/A",
    ),
    "key twice": (
        lambda source: _first(source, keys=source.branches["02"].organs[0].keys[:1]),
        "branches/02.json: organs[0] (VN/PARTY/02.0).keys[0]: the key",
    ),
    "site that wraps": (
        lambda source: _site(source, keys=(new_key(Algorithm.HPKE_4_KE),)),
        "a site only seals; HPKE_4_KE is for wrapping",
    ),
    "not a point": (
        lambda source: _first(source, keys=(changed(new_key(), public=b"\x02" + b"\xff" * 32),)),
        "keys[0].public: not a key of ES256",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_not_in_order_is_named(source: Source, case: str) -> None:
    break_it, message = BROKEN[case]
    with pytest.raises(SourceInvalid) as caught:
        break_it(source).check()
    assert message in str(caught.value)


def test_what_is_in_order_passes() -> None:
    source = new_source((2,))
    one, two = source.branches["01"].organs
    source = with_organ(source, "01", changed(two, parent=one.id))
    _grant(_grant(source, "*"), "VN/PARTY/01.1").check()


@pytest.mark.parametrize("algorithm", Algorithm)
def test_keys_of_every_kind_pass(algorithm: Algorithm) -> None:
    check_key(new_key(algorithm).value())


def test_lattice_keys_are_checked() -> None:
    key = new_key(Algorithm.HPKE_MLKEM768_X25519_KE).value()
    with pytest.raises(ValueError, match=r".*"):
        check_key(PublicKey(key.algorithm, b"\xff" * len(key.public), 0, 1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"public": b"short"}, "5 bytes where ES256 has 33"), ({"not_after": to_datetime(NOW)}, "ends before it begins")],
)
def test_impossible_keys_are_not_even_made(changes: dict[str, Any], message: str) -> None:
    key = new_key()
    fields = {name: getattr(key, name) for name in KeyEntry.__struct_fields__}
    with pytest.raises(ValueError, match=message):
        KeyEntry(**(fields | changes))
