"""Which gateway serves whom: read strictly, and again when the file has changed."""

import os
from pathlib import Path

import pytest
from django.test import override_settings

from lienthong.kernel.identifiers import OrganId
from lienthong.office.documents.exchange import gateways
from lienthong.office.documents.exchange.errors import GatewaysInvalid, OrganUnserved
from lienthong.office.documents.exchange.gateways import Gateways

KNOWN = {code: OrganId("VN", "PARTY", code) for code in ("A01", "U1", "U2")}
LOCAL = 'url = "http://127.0.0.1:8080"\n'


def read(folder: Path, text: str) -> Gateways:
    path = folder / "exchange.toml"
    path.write_text(text)
    return Gateways.read(path, KNOWN)


def test_one_for_some_and_one_for_all_others(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        f'[[gateway]]\n{LOCAL}organs = ["VN/PARTY/A01", "VN/STATE/X9"]\n'
        '[[gateway]]\nurl = "http://localhost:1"\norgans = "*"\n',
    )
    assert (sorted(made.served()), made.system) == (["A01", "U1", "U2", "X9"], "office")
    assert (made.organ("X9"), made.organ("U3")) == (OrganId("VN", "STATE", "X9"), None)
    with pytest.raises(OrganUnserved):
        made.link("U3")
    made.link("A01")
    assert made.link("U1") is not made.link("U2")
    # Two gateways, so two sets of connections.
    assert len(made._clients) == 2
    made.close()


@pytest.mark.parametrize(
    "text",
    [
        "gateway = 1",
        "[[gateway]",
        "\xff",
        f'[[gateway]]\n{LOCAL}organs = "all"',
        f'[[gateway]]\n{LOCAL}organs = ["A01"]',
        f'[[gateway]]\n{LOCAL}organs = "*"\nmore = 1',
        f'[[gateway]]\n{LOCAL}organs = "*"\n[[gateway]]\n{LOCAL}organs = "*"',
        f'[[gateway]]\n{LOCAL}organs = ["VN/PARTY/A01"]\n[[gateway]]\n{LOCAL}organs = ["VN/PARTY/A01"]',
        # Another organ under a code that is taken.
        f'[[gateway]]\n{LOCAL}organs = ["VN/STATE/A01"]',
        '[[gateway]]\nurl = "http://gateway.internal"\norgans = "*"',
        '[[gateway]]\nurl = "ftp://127.0.0.1"\norgans = "*"',
        '[[gateway]]\nurl = "http://127.0.0.1/path"\norgans = "*"',
        '[[gateway]]\nurl = "http://127.0.0.1@evil.test"\norgans = "*"',
        f'[[gateway]]\n{LOCAL}organs = "*"\nkey = "a.key"',
    ],
)
def test_what_is_not_in_order(tmp_path: Path, text: str) -> None:
    with pytest.raises(GatewaysInvalid):
        read(tmp_path, text)


def test_plain_http_leaves_the_machine_only_where_that_is_said(tmp_path: Path) -> None:
    text = '[[gateway]]\nurl = "http://gateway.internal"\norgans = "*"\n'
    with pytest.raises(GatewaysInvalid, match="leaves this machine"):
        read(tmp_path, text)
    assert read(tmp_path, text + "trusted-segment = true").served()


def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    made = read(tmp_path, '[[gateway]]\nurl = "https://g.test"\norgans = "*"\nca = "none.pem"\n')
    with pytest.raises(GatewaysInvalid, match="certificate"):
        made.link("A01")


def test_the_file_may_come_later_and_change(tmp_path: Path) -> None:
    path = tmp_path / "exchange.toml"
    with override_settings(EXCHANGE=None):
        assert list(gateways.connected().served()) == []
    with override_settings(EXCHANGE=path):
        none = gateways.connected()
        assert list(none.served()) == []
        assert none.organ("A01") == OrganId("VN", "PARTY", "A01")
        with pytest.raises(OrganUnserved):
            none.link("A01")
        path.write_text(f'[[gateway]]\n{LOCAL}organs = ["VN/PARTY/A01"]')
        assert list(gateways.connected().served()) == ["A01"]
        assert gateways.connected() is gateways.connected()
        path.write_text(f'[[gateway]]\n{LOCAL}organs = "*"')
        os.utime(path, (1, 1))
        assert len(gateways.connected().served()) > 3000
        path.unlink()
        assert list(gateways.connected().served()) == []
        gateways.disconnect()
