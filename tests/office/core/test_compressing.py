"""Pages are compressed, files are not, and a page's length does not tell what is in it."""

import gzip

import pytest

from tests.office.people import House

pytestmark = pytest.mark.django_db
READS = {"Accept-Encoding": "gzip, br"}


def test_a_page_is_sent_compressed_to_those_who_read_it(house: House) -> None:
    client = house.client("administrator")
    plain = client.get("/persons/")
    packed = client.get("/persons/", headers=READS)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "<main" in gzip.decompress(packed.content).decode()
    assert len(packed.content) * 2 < len(plain.content)


def test_the_same_page_has_no_one_length(house: House) -> None:
    client = house.client("administrator")
    assert len({len(client.get("/units/", headers=READS).content) for _ in range(12)}) > 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_files_pass_as_they_are(house: House, kind: str) -> None:
    answer = house.client("administrator").get(f"/persons/?export={kind}", headers=READS)
    answer.close()
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers
