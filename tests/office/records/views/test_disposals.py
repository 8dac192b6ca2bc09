"""Disposals on their pages, and the certificate as a PDF."""

import io
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.reader import PdfFileReader

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.records.actions.disposing import propose
from lienthong.office.records.models import Disposal
from tests.office.records.shelf import archived, expired, fresh
from tests.office.records.views.test_deed import browser

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

BASIS = "Biên bản xét hủy <số 2> & phụ lục"


def test_from_the_proposal_to_the_certificate(bureau: "Bureau") -> None:
    file, other = expired(bureau, title="Hồ sơ hết hạn <b>"), archived(bureau)
    clerk = browser(bureau, "clerk")
    page = clerk.get("/records/disposals/new/")
    assert [pk for pk, _text in page.context["form"].fields["chosen"].choices] == [file.pk]
    assert clerk.post("/records/disposals/new/", {"chosen": [other.pk], "reason": BASIS}).status_code == 200
    made = clerk.post("/records/disposals/new/", {"chosen": [file.pk], "reason": BASIS})
    with scope.system():
        place = f"/records/disposals/{Disposal.objects.get().pk}/"
    assert made.headers["Location"] == place
    assert clerk.get(f"{place}approve/").status_code == 403
    assert clerk.get(f"{place}certificate/").status_code == 404
    for key in ("open_clerk", "signer"):
        client = browser(bureau, key)
        assert "Hồ sơ hết hạn &lt;b&gt;" in client.get(f"{place}approve/").content.decode()
        assert client.post(f"{place}approve/").status_code == 302
        assert client.post(f"{place}approve/").status_code == 403
    assert fresh(file).state == "disposed"
    answer = clerk.get(f"{place}certificate/")
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    reader = PdfFileReader(io.BytesIO(answer.content))
    fonts = reader.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]
    names = {str(fonts[key]["/BaseFont"]) for key in fonts}
    assert all("BeVietnamPro" in name for name in names if name != "/Helvetica")
    assert reader.trailer["/Info"]["/Title"] == fresh_code()


def fresh_code() -> str:
    with scope.system():
        return Disposal.objects.get().code


def test_it_is_refused_with_a_reason(bureau: "Bureau") -> None:
    disposal = propose(actor=bureau.actor("clerk"), files=[expired(bureau).pk], reason=BASIS)
    client = browser(bureau, "signer")
    assert client.post(f"/records/disposals/{disposal.pk}/refuse/", {"reason": ""}).status_code == 200
    assert client.post(f"/records/disposals/{disposal.pk}/refuse/", {"reason": "Còn cần"}).status_code == 302
    assert "Còn cần" in client.get(f"/records/disposals/{disposal.pk}/").content.decode()


def test_only_who_keeps_or_guards_the_files_sees_disposals(bureau: "Bureau") -> None:
    disposal = propose(actor=bureau.actor("clerk"), files=[expired(bureau).pk], reason=BASIS)
    for key, status in (("clerk", 200), ("signer", 200), ("security", 200), ("auditor", 200), ("writer", 404)):
        assert browser(bureau, key).get(f"/records/disposals/{disposal.pk}/").status_code == status, key
    assert browser(bureau, "writer").get("/records/disposals/").status_code == 403
    for key in ("signer", "security", "writer"):
        assert browser(bureau, key).get("/records/disposals/new/").status_code == 403
    secret = propose(actor=bureau.actor("clerk"), files=[expired(bureau, label=Level.SECRET).pk], reason=BASIS)
    assert browser(bureau, "open_clerk").get(f"/records/disposals/{secret.pk}/").status_code == 404
