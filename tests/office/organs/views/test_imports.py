"""Pages of spreadsheets that are read in."""

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lienthong.office.core import scope
from lienthong.office.organs.models import Unit, Upload

if TYPE_CHECKING:
    from tests.office.people import House

HEAD = "Code,Name,Kind,Code of the unit above,Remarks\n"


def send(house: "House", content: bytes, key: str = "administrator", name: str = "a.csv") -> str:
    """Bring a file and return the address of its dry run."""
    file = SimpleUploadedFile(name, content)
    answer = house.client(key).post("/units/import/", {"subject": "units", "file": file})
    assert answer.status_code == 302, answer.status_code
    return answer["Location"]


def test_a_file_is_shown_row_by_row_and_written_when_confirmed(house: "House") -> None:
    client = house.client("administrator")
    assert "Mã đơn vị cấp trên" in client.get("/units/import/").content.decode()
    place = send(house, (HEAD + "X.1,Xã mới,organ,T.province,\n").encode())
    text = client.get(place).content.decode()
    assert "Xã mới" in text
    assert "Remarks" in text
    assert client.post(place)["Location"] == "/units/"
    with scope.system():
        assert Unit.objects.filter(code="X.1").exists()
    assert client.post(place).status_code == 404


def test_wrong_rows_come_first_and_cannot_be_confirmed(house: "House") -> None:
    name = '"><script>alert(1)</script>'
    rows = f'X.1,Xã mới,organ,T.province,\nX.2,"{name.replace(chr(34), chr(34) * 2)}",organ,NOWHERE,\n'
    place = send(house, (HEAD + rows).encode(), name=f"{name}.csv")
    client = house.client("administrator")
    text = client.get(place).content.decode()
    assert "<script>alert" not in text
    assert text.index("&lt;script&gt;alert") < text.index("Xã mới")
    assert 'class="btn btn-primary"' not in text
    assert client.post(place)["Location"] == place
    with scope.system():
        assert not Unit.objects.filter(code="X.1").exists()


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n\0\0", b"PK\x03\x04rubbish", b"a,b\n1,2\n", "Mã,Tên".encode("utf-16-le")]
)
def test_what_is_no_spreadsheet_is_told(house: "House", content: bytes) -> None:
    place = send(house, content)
    client = house.client("administrator")
    answer = client.get(place, follow=True)
    assert answer.redirect_chain == [("/units/import/", 302)]
    assert "notice-bad" in answer.content.decode()


def test_what_is_too_large_is_not_kept(house: "House") -> None:
    file = SimpleUploadedFile("a.csv", b"x" * (4 * 1024 * 1024 + 1))
    answer = house.client("administrator").post("/units/import/", {"subject": "units", "file": file})
    assert answer.status_code == 400
    with scope.system():
        assert not Upload.objects.exists()


def test_the_pages_are_the_administrators_and_a_file_its_persons(house: "House") -> None:
    place = send(house, HEAD.encode())
    for key in ("official", "leader", "auditor", "operator", "unplaced"):
        assert house.client(key).get("/units/import/").status_code == 403
        assert house.client(key).get(place).status_code == 403
    for key in ("above_administrator", "outside_administrator"):
        assert house.client(key).get(place).status_code == 404
        assert house.client(key).post(place).status_code == 404
    assert house.client("anonymous").get(place).status_code == 302
