"""Whom it went to, organ by organ, and its proof: for whoever sees the document, and nobody else."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.models import Delivery
from tests.office.documents.views.test_deeds import browser

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau
    from tests.office.documents.exchange.posts import Posts


@pytest.fixture
def posts(bureau: "Bureau") -> "Iterator[Posts]":
    from tests.office.documents.exchange.posts import opened  # noqa: PLC0415 - needs Django set up

    with opened(bureau) as made:
        yield made


def test_each_receiver_is_listed_with_its_state_and_proof(bureau: "Bureau", posts: "Posts") -> None:
    made, clerk = posts.sent(), browser(bureau, "clerk")
    address = f"/documents/{made.document_id}"
    assert f"{address}/sent/{made.pk}/" in clerk.get(f"{address}/").content.decode()
    page = clerk.get(f"{address}/sent/{made.pk}/")
    with scope.system():
        row = Delivery.objects.get()
    cell = f'<th scope="row">{row.organ}</th>'
    assert cell in page.content.decode()
    assert cell not in clerk.get(f"{address}/sent/{made.pk}/?state=refused").content.decode()
    proof = clerk.get(f"{address}/deliveries/{row.pk}/")
    assert proof.status_code == 200
    assert str(made.message) in proof.content.decode()


def test_who_does_not_see_the_document_sees_nothing_of_it(bureau: "Bureau", posts: "Posts") -> None:
    made = posts.sent(label=Level.CONFIDENTIAL)
    with scope.system():
        row = Delivery.objects.get()
    for key in ("open_clerk", "official", "outsider", "below", "administrator"):
        client = browser(bureau, key)
        for path in (f"sent/{made.pk}/", f"deliveries/{row.pk}/", f"deliveries/{row.pk}/1/", "proof/", "proof/1/"):
            assert client.get(f"/documents/{made.document_id}/{path}").status_code == 404, (key, path)


def test_a_delivery_is_not_shown_under_another_document(bureau: "Bureau", posts: "Posts") -> None:
    made = posts.sent()
    other = posts.issued()
    with scope.system():
        row = Delivery.objects.get()
    clerk = browser(bureau, "clerk")
    for path in (f"sent/{made.pk}/", f"deliveries/{row.pk}/", f"deliveries/{row.pk}/1/"):
        assert clerk.get(f"/documents/{other.pk}/{path}").status_code == 404


def test_what_arrived_has_its_proof_too(bureau: "Bureau", posts: "Posts") -> None:
    document = bureau.arrived()
    page = browser(bureau, "clerk").get(f"/documents/{document.pk}/proof/")
    assert page.status_code == 200
    assert str(document.message) in page.content.decode()
    assert browser(bureau, "clerk").get(f"/documents/{document.pk}/proof/999/").status_code == 404
