"""The directory in X-Road's form: XML that parsers read, whatever the names."""

import base64
from xml.etree import ElementTree as ET

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from lienthong.exchange.shared_params import shared_params
from tests.support.authorities import certificate
from tests.support.gateways import CENTRE, MALLORY, World


def read(world: World, **given: object) -> ET.Element:
    values: dict[str, object] = {"authorities": (), "timestamping": (), **given}
    return ET.fromstring(shared_params(world.directory.snapshot, **values))  # type: ignore[arg-type]  # noqa: S314 - our own


def texts(element: ET.Element, path: str) -> list[str | None]:
    return [found.text for found in element.findall(path)]


def test_it_names_members_and_their_systems(country: World) -> None:
    conf = read(country)
    assert conf.tag == "{http://x-road.eu/xsd/xroad.xsd}conf"
    assert texts(conf, "instanceIdentifier") == ["VN"]
    listed = {
        member.findtext("memberCode"): (member.findtext("memberClass/code"), texts(member, "subsystem/subsystemCode"))
        for member in conf.findall("member")
    }
    assert listed == {
        "A01": ("PARTY", ["hso", "low"]),
        "A02": ("PARTY", []),
        "U1": ("PARTY", ["reg"]),
        "U2": ("PARTY", []),
        "M1": ("STATE", ["spy"]),
    }
    ids = [found.get("id") for found in conf.iter() if found.get("id")]
    assert len(ids) == len(set(ids)) == 9


def test_whoever_is_no_longer_active_is_left_out(country: World) -> None:
    country.change(MALLORY, active=False)
    systems = country.source.branches["tw"].organs[0].subsystems
    country.change(CENTRE, subsystems=(systems[0],))
    conf = read(country)
    assert "M1" not in texts(conf, "member/memberCode")
    assert set(texts(conf, "member/subsystem/subsystemCode")) == {"hso", "reg"}


def test_no_name_breaks_out(country: World) -> None:
    name = '</name><member id="x">&amp;"\ufffe\uffff]]>'
    country.change(CENTRE, name=name)
    conf = read(country)
    assert name.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd") in texts(conf, "member/name")
    assert len(conf.findall("member")) == 5


def test_authorities_are_there_as_certificates(country: World) -> None:
    authority, stamping = (certificate(ec.generate_private_key(ec.SECP256R1()), name) for name in ("CA & co", "TSA"))
    conf = read(country, authorities=[authority], timestamping=[("http://tsa?a=b&c", stamping)])
    assert texts(conf, "approvedCA/name") == ["CN=CA & co"]
    assert _certificate(texts(conf, "approvedCA/topCA/cert")) == authority
    assert texts(conf, "approvedTSA/url") == ["http://tsa?a=b&c"]
    assert _certificate(texts(conf, "approvedTSA/cert")) == stamping


def _certificate(found: list[str | None]) -> x509.Certificate:
    (text,) = found
    assert text is not None
    return x509.load_der_x509_certificate(base64.b64decode(text))
