"""Whether an XML signature fits what it covers: signxml does it, on a tree of libxml2's."""

import logging
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.exceptions import InvalidDigest, InvalidSignature
from signxml.verifier import SignatureConfiguration, XMLVerifier

from lienthong.profiles.vn.edxml import layout

# It logs all that was signed when it debugs; contents are no business of a log.
logging.getLogger("signxml").setLevel(logging.INFO)

# What is weak is checked, too, and said to be weak; a shared secret proves nothing to us.
_METHODS: Final = frozenset(each for each in SignatureMethod if not each.name.startswith("HMAC"))
# signxml leaves out others unseen (XPath), and base64 would have only the text digested.
_TRANSFORMS: Final = frozenset(
    {SignatureConstructionMethod.enveloped.value, *(each.value for each in CanonicalizationMethod)}
)
_DS: Final = f"{{{layout.XMLDSIG}}}"
_SIGNATURE: Final = f"{_DS}Signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What checking came to."""

    intact: bool
    # Something was changed; else it could not be told.
    broken: bool = False
    # It covers the outermost element, all of it.
    whole: bool = False
    reason: str = ""


def parser() -> etree.XMLParser:
    """Return a parser that takes what ``tree.parse`` has taken before: nothing with a document type comes here."""
    return etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


def verify(utf8: bytes, *, number: int, certificate: x509.Certificate) -> Outcome:
    """Check one signature of a packet against a certificate, whose time of validity does not matter here.

    Args:
        utf8: the packet.
        number: which of the elements ``Signature`` of XML signatures, from 0.
        certificate: whose key is to have made it.
    """
    try:
        root = etree.fromstring(utf8, parser())
        signature = list(root.iter(_SIGNATURE))[number]
        parent = signature.getparent()
        if parent is None:
            return Outcome(intact=False, reason="the signature is the outermost element")
        if parent.find(_SIGNATURE) is not signature:
            return Outcome(intact=False, reason="several signatures in one place")
        references = signature.findall(f"{_DS}SignedInfo/{_DS}Reference")
        others = {each.get("Algorithm", "") for each in signature.iter(f"{_DS}Transform")} - _TRANSFORMS
        if others or not references:
            return Outcome(
                intact=False, reason=f"transforms: {', '.join(sorted(others))}" if others else "no reference"
            )
        above = root.getroottree().getelementpath(parent)
        config = SignatureConfiguration(
            location="./" if above == "." else f"./{above}/",
            expect_references=False,
            signature_methods=_METHODS,
            digest_algorithms=frozenset(DigestAlgorithm),
            verification_time=certificate.not_valid_before_utc,
        )
        XMLVerifier().verify(root, x509_cert=certificate, parser=parser(), expect_config=config)
    except (InvalidSignature, InvalidDigest) as error:
        return Outcome(intact=False, broken=True, reason=str(error))
    except Exception as error:  # noqa: BLE001 - it was not written for hostile input, and raises all sorts of things
        return Outcome(intact=False, reason=f"{type(error).__name__}: {error}")
    return Outcome(intact=True, whole=any(_is_root(each, root) for each in references))


def _is_root(reference: etree._Element, root: etree._Element) -> bool:
    """Tell whether a reference is to the outermost element; its transforms have left nothing out but the signature."""
    uri = reference.get("URI")
    return uri == "" or any(uri == f"#{root.get(name)}" for name in XMLVerifier.id_attributes if root.get(name))
