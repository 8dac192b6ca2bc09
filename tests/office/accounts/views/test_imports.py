"""Bringing a list of persons, on its pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override

from lienthong.office.accounts.actions.imports import check_import, run_import
from lienthong.office.accounts.models import ImportState, Person, PersonImport
from lienthong.office.core import scope
from lienthong.office.core.sheets.tables import MIB
from tests.office.people import KINDS, House

PAGE = "/persons/import/"
OUT = {"anonymous", "dismissed", "suspended", "invited"}
TEXT = "Name;Mail\nNgười dùng 51;a1@test.invalid\n<script>alert(1)</script>;a2@test.invalid\n"


def _file(text: str = TEXT, name: str = "danh sách.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def _only() -> PersonImport:
    with scope.system():
        return PersonImport.objects.get()


@pytest.mark.parametrize("kind", KINDS)
def test_who_brings_a_list(house: House, kind: str) -> None:
    client = house.client(kind)
    answers = client.get(PAGE), client.get(PAGE + "template/"), client.post(PAGE, {"file": _file()})
    if kind in OUT:
        assert all(answer["Location"].startswith("/account/login/") for answer in answers)
    elif kind.endswith("administrator"):
        assert [answer.status_code for answer in answers] == [200, 200, 302]
    else:
        assert [answer.status_code for answer in answers] == [403, 403, 403]
    with scope.system():
        assert PersonImport.objects.exists() is kind.endswith("administrator")


def test_from_the_file_to_the_accounts(house: House) -> None:
    client = house.client("administrator")
    place = client.post(PAGE, {"file": _file()})["Location"]
    assert 'http-equiv="refresh"' in client.get(place).content.decode()
    with override("en"):
        check_import(_only().pk)
    page = client.get(place).content.decode()
    assert "a1@test.invalid" in page
    assert "&lt;" in page
    assert "<script>alert" not in page
    assert 'http-equiv="refresh"' not in page
    with scope.system():
        assert not Person.objects.filter(email="a1@test.invalid").exists()
    assert client.post(place)["Location"] == place
    assert _only().state == ImportState.RUNNING
    run_import(_only().pk)
    with scope.system():
        assert Person.objects.filter(email="a1@test.invalid").exists()
        assert not Person.objects.filter(email="a2@test.invalid").exists()
    # A second click changes nothing.
    client.post(place)
    assert _only().state == ImportState.DONE
    assert client.get(place, {"effect": "wrong", "page": "9999999"}).status_code == 200


def test_what_another_brought_is_not_there(house: House) -> None:
    place = house.client("administrator").post(PAGE, {"file": _file()})["Location"]
    for kind in ("above_administrator", "official", "auditor"):
        client = house.client(kind)
        assert [client.get(place).status_code, client.post(place).status_code] == [404, 404]


@pytest.mark.parametrize("size", [0, 20 * MIB + 1])
def test_a_file_of_a_wrong_size_is_said_so(house: House, size: int) -> None:
    answer = house.client("administrator").post(PAGE, {"file": SimpleUploadedFile("x.csv", b"x" * size)})
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]
    with scope.system():
        assert not PersonImport.objects.exists()


def test_a_name_of_a_file_is_never_markup(house: House) -> None:
    client = house.client("administrator")
    place = client.post(PAGE, {"file": _file(name="<img src=x onerror=alert(1)>.csv")})["Location"]
    assert "<img src=x" not in client.get(place).content.decode()
