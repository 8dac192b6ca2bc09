"""Files through the API: brought, read whole and in part, taken away."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.test import override_settings

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.models import File
from tests.office.documents.api.desk import bring
from tests.office.documents.bureau import PDF

if TYPE_CHECKING:
    from tests.office.documents.api.desk import Desk


def test_a_file_is_brought_and_read(desk: "Desk") -> None:
    draft, writer = desk.bureau.draft(label=Level.CONFIDENTIAL), desk.of("writer")
    path = f"/documents/{draft.pk}/files"
    made = bring(writer, path, "Kế hoạch.pdf", PDF)
    assert made.status_code == 201
    told = made.json()
    assert (told["role"], told["name"], told["size"], told["version"]) == ("main", "Kế hoạch.pdf", len(PDF), 1)
    assert bring(writer, path, "Phụ lục.txt", b"1", role="appendix").json()["role"] == "appendix"
    whole = writer.ask(f"{path}/{told['id']}")
    assert (whole.getvalue(), whole["Content-Type"], whole["Accept-Ranges"]) == (PDF, "application/pdf", "bytes")
    assert whole["Content-Disposition"].startswith("attachment;")
    assert whole["Cache-Control"] == "private, no-store"
    assert "RateLimit" in whole
    part = writer.ask(f"{path}/{told['id']}", headers={"Range": "bytes=5-7"})
    assert (part.status_code, part.getvalue(), part["Content-Range"]) == (206, b"1.7", f"bytes 5-7/{len(PDF)}")
    assert writer.ask(f"{path}/{told['id']}", headers={"Range": f"bytes={len(PDF)}-"}).status_code == 416
    # What is labelled leaves a trace of its reading, once within some minutes.
    assert desk.trail(draft)[-1] == "documents:file:read"
    assert desk.trail(draft).count("documents:file:read") == 1


def test_only_who_writes_brings_and_takes_away(desk: "Desk") -> None:
    document = desk.bureau.with_file(desk.bureau.draft())
    with scope.system():
        file = File.objects.get()
    path = f"/documents/{document.pk}/files"
    for key, status in (("clerk", 404), ("second_writer", 404), ("below", 404)):
        assert bring(desk.of(key), path, "x.pdf", PDF).status_code == status
        assert desk.of(key).ask(f"{path}/{file.pk}", "DELETE").status_code == status
    writer = desk.of("writer")
    assert writer.ask(f"{path}/{file.pk}", "DELETE").status_code == 204
    assert writer.ask(f"{path}/{file.pk}", "DELETE").status_code == 404
    assert [each["current"] for each in writer.ask(path).json()] == [False]
    submitted = desk.bureau.approved()
    assert bring(writer, f"/documents/{submitted.pk}/files", "x.pdf", PDF).status_code == 409


def test_what_is_too_large_is_refused_and_leaves_nothing(desk: "Desk") -> None:
    draft, writer = desk.bureau.draft(), desk.of("writer")
    path = f"/documents/{draft.pk}/files"
    with override_settings(LIENTHONG_FILE_LIMIT=1000):
        answer = bring(writer, path, "x.bin", b"1" * 1001)
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    huge = writer.ask(
        path, "POST", data=b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2**50)
    )
    assert (huge.status_code, huge.json()["code"]) == (413, "body_too_large")
    assert settings.VAULT.largest < 2**50
    with scope.system():
        assert not File.objects.exists()
    assert desk.trail(draft) == ["create"]


def test_what_is_no_form_with_a_file_is_refused(desk: "Desk") -> None:
    draft, writer = desk.bureau.draft(), desk.of("writer")
    path = f"/documents/{draft.pk}/files"
    answer = writer.send(path, {"role": "main"})
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type_invalid")
    assert "multipart/form-data" in answer.json()["hint"]
    assert writer.ask(path, "POST", data=b"", content_type="multipart/form-data; boundary=x").status_code == 422
    assert bring(writer, path, "x.pdf", PDF, role="x").status_code == 422
    # Elsewhere no form is taken.
    assert bring(writer, "/documents", "x.pdf", PDF).status_code == 415
    with scope.system():
        assert not File.objects.exists()
