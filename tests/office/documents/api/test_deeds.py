"""Deeds by address: what is not there, or not shown, is answered alike to everybody."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.office.documents.api.desk import Desk

UNKNOWN = 999_999_999


@pytest.mark.parametrize("key", ["writer", "clerk", "below", "outsider"])
def test_what_is_hidden_is_answered_as_what_is_not_there(desk: "Desk", key: str) -> None:
    hidden = desk.bureau.draft(by="second_writer").pk
    user = desk.of(key)
    for number in (UNKNOWN, hidden):
        for deed, body in (("share", {"writers": [1], "revision": 1}), ("comment", {"text": "x"}), ("discard", {})):
            answer = user.send(f"/documents/{number}/{deed}", body)
            assert answer.status_code == 404, (deed, answer.content)
