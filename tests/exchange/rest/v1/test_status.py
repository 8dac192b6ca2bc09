"""The status: for whoever asks, and nothing confidential in it."""

from lienthong.kernel.clock import iso
from tests.support.gateways import World
from tests.support.v1 import Faces


async def test_the_status_is_told_to_whoever_asks(web: Faces, country: World) -> None:
    node = country.running["tw"].node
    answer = await web.client(None).get("/v1/status")
    assert answer.status_code == 200
    assert answer.json() == {
        "site": "tw",
        "organs": 2,
        "carrier_connected": True,
        "directory": {
            "version": node.snapshot.version,
            "standing": "fresh",
            "expires": iso(node.snapshot.expires),
        },
        "journal": {"entries": 0, "root": node.journal.root().hex()},
        "messages_waiting_for_receipt": 0,
    }
