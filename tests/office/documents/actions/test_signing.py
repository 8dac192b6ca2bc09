"""Signing: by whom it is asked of, on what they saw, appended to the file as it was."""

import io
from typing import TYPE_CHECKING

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden, Invalid
from lienthong.office.core.models import Notification
from lienthong.office.documents import signers
from lienthong.office.documents.actions.files import add_file
from lienthong.office.documents.actions.signing import Place, sign
from lienthong.office.documents.models import Document, File
from lienthong.office.documents.states import State
from lienthong.office.vault.selectors import read
from tests.office.documents.keys import PASSPHRASE, Authority, authority, pdf

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def waiting(bureau: "Bureau", content: bytes, name: str = "Kế hoạch.pdf") -> Document:
    """Have a document wait for its signature."""
    document = bureau.approved()
    with scope.system():
        Document.objects.filter(pk=document.pk).update(state=State.DRAFT)
    add_file(actor=bureau.actor("writer"), document=document, role=File.Role.MAIN, name=name, chunks=[content])
    with scope.system():
        Document.objects.filter(pk=document.pk).update(state=State.APPROVED)
    return bureau.fresh(document)


def test_it_is_signed_by_the_organs_key_and_the_file_stays_as_it_was(bureau: "Bureau", issuer: Authority) -> None:
    content = pdf()
    document, signer = waiting(bureau, content), signers.kept("T.province")
    assert signer is not None
    made = sign(actor=bureau.actor("signer"), document=document, signer=signer, place=Place())
    signed = b"".join(read(made.blob_id))
    assert signed.startswith(content)
    assert made.version == 3
    assert made.report is not None
    assert [each["verdict"] for each in made.report["signatures"]] == ["valid"]
    assert made.report["signatures"][0]["signer"] == "Tỉnh 1"
    # A second reader, without our rules.
    assert len(PdfFileReader(io.BytesIO(signed)).embedded_signatures) == 1
    after = bureau.fresh(document)
    assert (after.state, after.at_desk) == (State.SIGNED, True)
    assert after.signer.startswith("Người dùng 54")
    with scope.system():
        told = Notification.objects.filter(kind="documents:document:to-number", done_at=None)
        assert set(told.values_list("person", flat=True)) == {
            bureau.people["clerk"].pk, bureau.people["open_clerk"].pk,
        }  # fmt: skip


def test_a_key_that_is_brought_signs_and_an_unknown_authority_is_told(bureau: "Bureau", issuer: Authority) -> None:
    other = authority().pkcs12("Người dùng 54")
    signer = signers.brought(other, PASSPHRASE)
    made = sign(actor=bureau.actor("signer"), document=waiting(bureau, pdf()), signer=signer, place=None)
    assert made.report is not None
    assert [each["verdict"] for each in made.report["signatures"]] == ["indeterminate"]


@pytest.mark.parametrize("key", ["writer", "reviewer", "clerk", "administrator", "outsider"])
def test_nobody_else_signs(bureau: "Bureau", issuer: Authority, key: str) -> None:
    document, signer = waiting(bureau, pdf()), signers.kept("T.province")
    assert signer is not None
    with pytest.raises(Forbidden):
        sign(actor=bureau.actor(key), document=document, signer=signer, place=None)
    assert bureau.fresh(document).state == State.APPROVED


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.docx", b"PK"), ("a.pdf", b"no PDF at all"), ("a.pdf", pdf()[:-300]), ("a.pdf", b"")],
    ids=["no pdf by name", "no pdf", "broken", "empty"],
)
def test_what_cannot_be_signed_says_so_and_stays(
    bureau: "Bureau", issuer: Authority, name: str, content: bytes
) -> None:
    document, signer = waiting(bureau, content, name), signers.kept("T.province")
    assert signer is not None
    with pytest.raises(Invalid):
        sign(actor=bureau.actor("signer"), document=document, signer=signer, place=Place(page=9))
    assert bureau.fresh(document).state == State.APPROVED
    with scope.system():
        assert File.objects.filter(document=document, current=True).get().report is None


def test_signed_twice_it_is_signed_once(bureau: "Bureau", issuer: Authority) -> None:
    document, signer = waiting(bureau, pdf()), signers.kept("T.province")
    assert signer is not None
    sign(actor=bureau.actor("signer"), document=document, signer=signer, place=None)
    with pytest.raises(Forbidden):
        sign(actor=bureau.actor("signer"), document=document, signer=signer, place=None)


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"x" * 70_000])
def test_what_is_no_key_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        signers.brought(data, PASSPHRASE)
    with pytest.raises(Invalid):
        signers.brought(authority().pkcs12("x"), "wrong")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x\x00"])
def test_names_that_lead_elsewhere_have_no_key(issuer: Authority, name: str) -> None:
    assert signers.kept(name) is None
    assert not signers.has_kept(name)
