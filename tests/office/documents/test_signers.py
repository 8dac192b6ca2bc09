"""Keys in a token, for an organ and for a person: they sign, and what is wrong the operator is told."""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from lienthong.office.core import scope
from lienthong.office.core.errors import Invalid
from lienthong.office.documents import signers
from lienthong.office.documents.actions.signing import sign
from lienthong.office.documents.models import File
from lienthong.office.documents.states import State
from lienthong.office.vault import keys
from lienthong.office.vault.configuration import TokenPlace
from lienthong.signatures.signers import KeySigner
from lienthong.signatures.token_signer import TokenSigner
from lienthong.trust.pkcs11_shared import shared_token
from tests.office.documents.actions.test_signing import waiting
from tests.office.documents.api.desk import Desk
from tests.office.documents.keys import Authority, pdf
from tests.office.people import sign_in
from tests.support.hsm import PIN, SoftHsm, soft_hsm

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

pytestmark = pytest.mark.hsm
SIGNER = "signer@test.invalid"
FACTS = {"revision": "3", "visible": "on", "page": "-1", "left": "320", "bottom": "90"}


@pytest.fixture
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftHsm]:
    made = soft_hsm(tmp_path_factory.getbasetemp())
    yield made
    # As a process that ends does.
    shared_token(made.library, made.token, lambda: PIN).close()


@pytest.fixture
def token(hsm: SoftHsm, issuer: Authority, tmp_path: Path) -> Path:
    """Keys of the province and of its signer in a token, and the folder that says so."""
    for number, (name, subject) in enumerate((("T.province", "Dấu của tỉnh"), (SIGNER, "Người dùng 54"))):
        id_ = f"a{number}"
        shared_token(hsm.library, hsm.token, lambda: PIN).remove_key(bytes.fromhex(id_))
        shared_token(hsm.library, hsm.token, lambda: PIN).close()
        hsm.keep(id_, subject, *issuer.new(subject))
        name_it(tmp_path, hsm, name, subject)
    (tmp_path / "pin").write_bytes(PIN + b"\n")
    (tmp_path / "T.province.p12").unlink()
    return tmp_path


def name_it(folder: Path, hsm: SoftHsm, name: str, label: str, *, pin: str = "pin") -> None:
    uri = f"pkcs11:token={hsm.token};object={label}?module-path={hsm.library}&pin-source=file:{folder / pin}\n"
    (folder / f"{name}.pkcs11").write_text(uri)


def verdicts(file: File) -> list[tuple[str, str]]:
    assert file.report is not None
    return [(each["verdict"], each["signer"]) for each in file.report["signatures"]]


def test_the_organs_key_in_a_token_signs_through_the_api(bureau: "Bureau", token: Path) -> None:
    document = waiting(bureau, pdf())
    signer = Desk(bureau=bureau).of("signer")
    offered = [key["value"] for key in signer.ask(f"/documents/{document.pk}/choices").json()["keys"]]
    assert offered == ["organ", "kept"]
    answer = signer.send(f"/documents/{document.pk}/sign", {"key": "organ", "stamp": {"page": 1}})
    assert answer.json().get("state") == "signed", answer.json()
    with scope.system():
        assert verdicts(File.objects.get(document=document, current=True)) == [("valid", "Dấu của tỉnh")]


def test_a_persons_key_in_a_token_signs_on_the_page(bureau: "Bureau", token: Path) -> None:
    document, client = waiting(bureau, pdf()), Client()
    sign_in(client, bureau.people["signer"])
    answer = client.post(f"/documents/{document.pk}/sign/", FACTS | {"key": "kept"})
    assert (answer.status_code, bureau.fresh(document).state) == (302, State.SIGNED)
    with scope.system():
        assert verdicts(File.objects.get(document=document, current=True)) == [("valid", "Người dùng 54")]


def test_several_sign_each_with_their_own_key(bureau: "Bureau", token: Path) -> None:
    document = waiting(bureau, pdf())
    organ, person = signers.kept("T.province"), signers.kept(SIGNER)
    assert organ
    assert person
    made = sign(actor=bureau.actor("signer"), document=document, signer=person, place=None)
    with scope.system():
        type(document).objects.filter(pk=document.pk).update(state=State.APPROVED)
        document.steps.filter(kind="sign").update(outcome="open")
    again = sign(actor=bureau.actor("signer"), document=bureau.fresh(document), signer=organ, place=None)
    assert (len(verdicts(made)), verdicts(again)) == (1, [("valid", "Người dùng 54"), ("valid", "Dấu của tỉnh")])


def test_files_and_signatures_may_use_one_token(
    bureau: "Bureau", hsm: SoftHsm, token: Path, settings: Settings
) -> None:
    place = TokenPlace(library=hsm.library, token=hsm.token, pin=token / "pin")
    settings.VAULT = replace(django_settings.VAULT, keys=place)
    try:
        assert isinstance(signers.kept("T.province"), TokenSigner)
        store = keys.key_store()
        key = store.new()
        assert store.unwrap(key, store.wrap(key, b"a key of a file", b""), b"") == b"a key of a file"
        assert isinstance(signers.kept("T.province"), TokenSigner)
    finally:
        keys._opened.pop(place, None)


@pytest.mark.parametrize("fault", ["pin", "no pin", "label", "library", "no uri", "chain"])
def test_what_cannot_be_used_is_told_the_operator_and_no_pin_anywhere(
    bureau: "Bureau", token: Path, fault: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(token, fault)
    document, client = waiting(bureau, pdf()), Client()
    sign_in(client, bureau.people["signer"])
    with caplog.at_level(logging.DEBUG):
        page = client.post(f"/documents/{document.pk}/sign/", FACTS | {"key": "organ"}).content.decode()
    assert bureau.fresh(document).state == State.APPROVED
    assert re.search("cannot be used now|không dùng được khóa", page)
    told = [record.msg for record in caplog.records if record.name == signers.__name__]
    assert len(told) == 1
    with pytest.raises(CommandError, match=r"T\.province"):
        call_command("signers")
    said = capsys.readouterr()
    assert "T.province: " in said.err
    for text in (page, caplog.text, str(told), said.out, said.err):
        assert "9911" not in text
        assert PIN.decode() not in text


def spoil(folder: Path, fault: str) -> None:
    """Put something wrong into what says where the province's key is."""
    uri = folder / "T.province.pkcs11"
    match fault:
        case "pin":
            (folder / "pin").write_text("9911-0000")
        case "no pin":
            (folder / "pin").unlink()
        case "label":
            uri.write_text(uri.read_text().replace("object=", "object=khác"))
        case "library":
            uri.write_text(uri.read_text().replace("module-path=", "module-path=/none"))
        case "no uri":
            uri.write_bytes(b"\xff")
        case _:
            (folder / "T.province.pem").write_text("none")


def test_the_operator_sees_what_is_kept_and_until_when(token: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("signers")
    said = capsys.readouterr()
    assert "T.province: CN=Dấu của tỉnh → 20" in said.out
    assert (f"{SIGNER}: CN=Người dùng 54 → 20" in said.out, said.err) == (True, "")


def test_the_token_counts_where_a_file_is_there_too_and_a_file_alone_does(issuer: Authority, token: Path) -> None:
    issuer.keep(token, "T.province", "Tỉnh 1")
    assert isinstance(signers.kept("T.province"), TokenSigner)
    (token / "T.province.pkcs11").unlink()
    assert isinstance(signers.kept("T.province"), KeySigner)
    (token / "T.province.pass").write_text("wrong")
    with pytest.raises(Invalid):
        signers.kept("T.province")
