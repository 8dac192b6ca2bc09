"""Write docs/openapi.json: the description of ``/v1`` that every gateway serves, made from the endpoints."""

from pathlib import Path
from typing import Final

from lienthong.exchange.rest.v1.app import document

PATH: Final = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"

if __name__ == "__main__":
    PATH.write_bytes(document())
