"""Evidence over HTTP: the organ's own, page by page, with a proof that holds."""

import base64
import uuid
from pathlib import Path

import pytest

from lienthong.exchange.evidence.verify import verify
from lienthong.exchange.rest.v1 import evidence
from lienthong.trust.checkpoint import verify_receipt
from lienthong.trust.journal import Entry
from tests.support.carriers import eventually
from tests.support.gateways import COMMUNE, HSO, LOW, NEIGHBOUR, OTHER, World
from tests.support.v1 import Faces, problem


async def test_the_evidence_of_an_organ_is_listed_newest_first(web: Faces, country: World) -> None:
    message = await web.message(purpose="audit")
    await eventually(lambda: country.receipts)
    page = (await web.client(HSO).get("/v1/evidence")).json()
    assert page["next"] is None
    assert [(each["index"], each["direction"], each["kind"], each["detail"]) for each in page["entries"]] == [
        (1, "in", "receipt", "delivered"),
        (0, "out", "message", ""),
    ]
    first = page["entries"][1]
    assert (first["id"], first["peer"], first["purpose"]) == (message, str(COMMUNE), "audit")
    header = country.running["tw"].node.open_seal(base64.b64decode(first["seals"][0])).header
    assert str(header.id) == message


async def test_nobody_sees_the_evidence_of_another_organ(web: Faces) -> None:
    message = await web.message()
    for caller, site in ((NEIGHBOUR, "tw"), (OTHER, "p1")):
        client = web.client(caller, site=site)
        for query in ("", f"?id={message}"):
            assert (await client.get(f"/v1/evidence{query}")).json() == {"entries": [], "next": None}
        assert problem(await client.get("/v1/evidence/0/receipt")) == (404, "entry_unknown", "0")


async def test_a_system_sees_no_evidence_above_its_ceiling(web: Faces) -> None:
    await web.message(label="confidential")
    assert (await web.client(LOW).get("/v1/evidence")).json()["entries"] == []
    assert problem(await web.client(LOW).get("/v1/evidence/0/receipt")) == (404, "entry_unknown", "0")


async def test_evidence_is_found_by_exchange_and_by_kind(web: Faces, country: World) -> None:
    first, second = await web.message(), await web.message()
    await eventually(lambda: len(country.receipts) == 2)
    client = web.client()

    async def indexes(**query: str | int) -> list[int]:
        found = (await client.get("/v1/evidence", params=query)).json()["entries"]
        return [each["index"] for each in found]

    of_first = await indexes(id=first)
    assert len(of_first) == 1
    assert await indexes(id=second, kind="receipt") == []
    assert len(await indexes(kind="receipt")) == 2
    assert await indexes(id=second, before=1) == []
    assert await indexes(id=str(uuid.uuid4())) == []


async def test_pages_follow_each_other_to_the_beginning(web: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "_WINDOW", 2)
    monkeypatch.setattr(evidence, "_WINDOWS", 1)
    for _ in range(3):
        await web.message(receivers=[str(COMMUNE), str(OTHER)])
    client, before, seen = web.client(COMMUNE), "", []
    for _ in range(20):
        page = (await client.get(f"/v1/evidence?limit=1{before}")).json()
        seen += [each["index"] for each in page["entries"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    journal = web.world.running["p1"].node.journal
    assert seen == [index for index, _ in journal.search(organ=str(COMMUNE))]
    assert len(seen) == 3


async def test_an_entry_is_proved_by_its_receipt(web: Faces, country: World) -> None:
    await web.message()
    client = web.client()
    answer = await client.get("/v1/evidence/0/receipt")
    assert problem(answer) == (409, "receipt_not_yet", "0")
    await country.running["tw"].checkpoint()
    proof = (await client.get("/v1/evidence/0/receipt")).json()
    key = country.running["tw"].signer
    assert key is not None
    entry = base64.b64decode(proof["entry"])
    facts = verify_receipt(base64.b64decode(proof["receipt"]), entry, resolve=lambda _: key.key)
    assert (facts.site, facts.index) == ("tw", 0)
    assert Entry.from_bytes(entry).kind == "message"
    assert problem(await client.get("/v1/evidence/99/receipt")) == (404, "entry_unknown", "99")
    assert problem(await client.get("/v1/evidence/-1/receipt"))[:2] == (400, "input_invalid")


async def test_a_record_is_verified_by_nothing_but_the_root(web: Faces, country: World, tmp_path: Path) -> None:
    await web.message(label="confidential")
    client = web.client()
    assert problem(await client.get("/v1/evidence/0/record"))[:2] == (409, "receipt_not_yet")
    await country.running["tw"].checkpoint()
    answer = await client.get("/v1/evidence/0/record")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    file = tmp_path / "record.zip"
    file.write_bytes(answer.content)
    report = verify(file, country.published().root, country.clock.now())
    assert (report.ok, report.entries) == (True, 1)
    # Nobody gets what is above what they may handle, or another organ's.
    assert problem(await web.client(LOW).get("/v1/evidence/0/record"))[:2] == (404, "entry_unknown")
    assert problem(await web.client(NEIGHBOUR).get("/v1/evidence/0/record"))[:2] == (404, "entry_unknown")
    web.faces["tw"].published = None
    assert problem(await client.get("/v1/evidence/0/record"))[:2] == (404, "address_unknown")
