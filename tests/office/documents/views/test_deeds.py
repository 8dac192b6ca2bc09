"""Pages: a document walks its whole way through the forms, and who may not is refused at each."""

from typing import TYPE_CHECKING

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.models import Document, File
from lienthong.office.documents.states import Deed, State
from tests.office.documents.bureau import PDF
from tests.office.people import sign_in

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def browser(bureau: "Bureau", key: str) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    sign_in(client, bureau.people[key] if key in bureau.people else bureau.house.persons[key])
    return client


def do(client: Client, document: Document, deed: str, **facts: object) -> int:
    """Send a deed's form as its page shows it; return the status."""
    page = client.get(f"/documents/{document.pk}/{deed}/")
    if page.status_code != 200:
        return page.status_code
    form = page.context["form"]
    given = {"revision": form.initial["revision"], **facts}
    return client.post(f"/documents/{document.pk}/{deed}/", given).status_code


def test_from_draft_to_what_may_be_signed(bureau: "Bureau") -> None:
    writer = browser(bureau, "writer")
    facts = {"type": "ke-hoach", "subject": "Kế hoạch công tác", "label": 1, "urgency": "urgent"}
    made = writer.post("/documents/new/", facts)
    with scope.system():
        document = Document.objects.get()
    assert made.headers["Location"] == f"/documents/{document.pk}/"
    upload = SimpleUploadedFile("Kế hoạch.pdf", PDF, "application/pdf")
    assert do(writer, document, "files/add", role="main", file=upload) == 302
    assert do(writer, document, "submit", chain=bureau.chain.pk) == 302
    assert do(browser(bureau, "signer"), document, "approve") == 404
    assert do(browser(bureau, "reviewer"), document, "approve", remark="Được") == 302
    assert bureau.fresh(document).state == State.APPROVED
    page = browser(bureau, "signer").get(f"/documents/{document.pk}/").content.decode()
    assert "Kế hoạch công tác" in page
    assert f"/documents/{document.pk}/return/" in page
    assert f"/documents/{document.pk}/approve/" not in page


def test_from_arrival_to_completion(bureau: "Bureau") -> None:
    document, clerk = bureau.arrived(), browser(bureau, "clerk")
    page = clerk.get(f"/documents/{document.pk}/accept/")
    assert do(clerk, document, "accept", day=page.context["form"].initial["day"]) == 302
    doer = bureau.actor("doer")
    signer = browser(bureau, "signer")
    assert do(signer, document, "assign", lead=doer.appointment_id, supports=[-doer.unit_id]) == 302
    working = browser(bureau, "doer")
    assert f"/documents/{document.pk}/" in working.get("/documents/").content.decode()
    assert do(working, document, "start") == 302
    assert do(working, document, "complete", result="Đã xong") == 302
    assert bureau.fresh(document).state == State.COMPLETED


def test_a_reader_is_offered_only_what_is_done(bureau: "Bureau") -> None:
    """Every deed that the page offers opens its form, and no other does."""
    for document in (bureau.draft(), bureau.approved(), bureau.signed(), bureau.arrived()):
        for key in ("writer", "reviewer", "signer", "clerk", "doer"):
            client = browser(bureau, key)
            page = client.get(f"/documents/{document.pk}/")
            offered = {each["url"] for each in page.context["abilities"]} if page.status_code == 200 else set()
            for deed in Deed:
                url = f"/documents/{document.pk}/{deed.value}/"
                status = client.get(url).status_code
                assert (status == 200) == (url in offered), (document.state, key, deed, status)


def test_a_file_is_saved_whole_and_in_part(bureau: "Bureau") -> None:
    document = bureau.with_file(bureau.draft(label=Level.CONFIDENTIAL))
    with scope.system():
        file = File.objects.get()
    url, client = f"/documents/{document.pk}/files/{file.pk}/", browser(bureau, "writer")
    answer = client.get(url)
    assert answer.getvalue() == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "no-store" in answer.headers["Cache-Control"]
    part = client.get(url, headers={"Range": "bytes=5-7"})
    assert (part.status_code, part.getvalue(), part.headers["Content-Range"]) == (206, b"1.7", f"bytes 5-7/{len(PDF)}")
    assert client.get(url, headers={"Range": f"bytes={len(PDF)}-"}).status_code == 416
    for key in ("clerk", "second_writer", "outsider", "administrator"):
        assert browser(bureau, key).get(url).status_code == 404


def test_a_second_click_of_the_same_form_does_nothing_more(bureau: "Bureau") -> None:
    document, clerk = bureau.arrived(), browser(bureau, "clerk")
    form = clerk.get(f"/documents/{document.pk}/accept/").context["form"]
    given = {"revision": form.initial["revision"], "day": form.initial["day"]}
    assert clerk.post(f"/documents/{document.pk}/accept/", given).status_code == 302
    assert clerk.post(f"/documents/{document.pk}/accept/", given).status_code == 409
    assert bureau.fresh(document).entry == 1
