"""Write the vectors of what needs no keys and no chance: docs/vectors/{identifiers,labels,cbor,merkle,...}.json.

tests/test_vectors.py checks every file.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from lienthong.kernel import agency_codes
from lienthong.kernel.identifiers import OrganId, ServiceId, SubsystemId
from lienthong.kernel.labels import Label
from lienthong.trust import chunks
from lienthong.trust.merkle import leaf_hash
from lienthong.trust.tree import Tree

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "vectors"
KINDS: Final[dict[int, type[OrganId | SubsystemId | ServiceId]]] = {3: OrganId, 4: SubsystemId, 5: ServiceId}


def identifiers() -> dict[str, Any]:
    """Texts of identifiers, their parts and their one spelling."""
    texts = [
        "VN/PARTY/A01",
        "VN/PARTY/A01/hso",
        "VN/PARTY/A01/hso/lookup",
        "EE/BUSINESS/123%20456/A%2FB",
        "VN/STATE/%c4%90%C3%A0%20N%E1%BA%B5ng",
        "VN/STATE/...",
        "%56N/~_-./" + "x" * 255,
    ]
    found = [KINDS[text.count("/") + 1].parse(text) for text in texts]
    return {
        "accept": [
            {"text": text, "parts": list(one.parts), "canonical": str(one)}
            for text, one in zip(texts, found, strict=True)
        ],
        "reject": [
            "",
            "VN",
            "VN/PARTY",
            "VN/PARTY/A01/",
            "VN//A01",
            "VN/PARTY/..",
            "VN/PARTY/%2e",
            "VN/PARTY/a%",
            "VN/PARTY/a%4g",
            "VN/PARTY/%FF",
            "VN/PARTY/%ED%A0%80",
            "VN/PARTY/a%00",
            "VN/PARTY/a%E2%80%8Bb",
            "VN/PARTY/a\u200bb",
            "VN/PARTY/%E2%80%AE",
            "VN/PARTY/" + "x" * 256,
            "VN/PARTY/A01/hso/lookup/more",
        ],
    }


def codes() -> dict[str, Any]:
    """Agency codes in both orders, their one form and the older one."""
    accepted = ["H37.DN.001", "000.00.00.H49", "000.00.01.H49", "001.02.H49", "H49", "A01.B02", "H37.00.001", "00.12"]
    return {
        "accept": [
            {"code": code, "canonical": agency_codes.canonical(code), "older": agency_codes.older_form(code)}
            for code in accepted
        ],
        "reject": ["", "H37.", "h37", "H37..01", "H37/01", "H37 ", "000.00", "00.B02.A", "A.B02.00", "A" * 36],
    }


def labels() -> dict[str, Any]:
    """Texts of labels, and how pairs of them compare, join and meet."""
    texts = ["public", "internal", "confidential/health", "secret/health,personnel", "secret/personnel", "top-secret"]
    found = [Label.parse(text) for text in texts]
    return {
        "accept": [{"text": str(one), "level": int(one.level), "caveats": sorted(one.caveats)} for one in found],
        "reject": ["", "Secret", "top_secret", "secret/", "secret/a,", "secret/A", "secret/a b", "secret/a/b", "4"],
        "pairs": [
            {"a": str(a), "b": str(b), "covered": a <= b, "join": str(a.join(b)), "meet": str(a.meet(b))}
            for a in found
            for b in found
        ],
    }


def deterministic_cbor() -> dict[str, Any]:
    """Encodings that are the only one of their value, and others with the reason why they are refused."""
    accepted = "00 17 1818 1903e8 1bffffffffffffffff 20 3bffffffffffffffff f4 f5 f6 40 4401020304 60 62c3bc 80 a0"
    return {
        "accept": [
            *accepted.split(),
            "8301820203820405",
            "a201020304",
            "a3010220034100f6",
            "a5186403200440056162016261610 2".replace(" ", ""),
            "d818456449455446",
        ],
        "reject": [
            {"cbor": encoded, "why": why}
            for encoded, why in {
                "": "nothing",
                "1800": "a longer form than needed",
                "780161": "a longer form of a length",
                "5f41000000ff": "an indefinite length",
                "9f01ff": "an indefinite length",
                "a201000100": "a key twice",
                "a202000100": "keys out of order",
                "a1f500": "a key that is neither a number, bytes nor text",
                "a1800000": "a key that is neither a number, bytes nor text",
                "f93c00": "a float",
                "f7": "a simple value other than false, true and null",
                "61ff": "text that is not UTF-8",
                "63eda080": "text that is not UTF-8",
                "8201": "cut short",
                "5b7fffffffffffffff00": "cut short",
                "9bffffffffffffffff": "more than 262144 values",
                "0000": "bytes too many",
                "81" * 65 + "00": "nested deeper than 64",
            }.items()
        ],
    }


def merkle() -> dict[str, Any]:
    """A tree of eleven records: roots of every size, every inclusion and consistency path."""
    records = [b"", b"\x00", *(f"record {number}".encode() for number in range(2, 11))]
    tree = Tree.over(list(map(leaf_hash, records)))
    sizes = range(tree.size + 1)
    return {
        "records": [record.hex() for record in records],
        "roots": [tree.root(size).hex() for size in sizes],
        "inclusion": [
            {"index": index, "size": size, "path": _hex(tree.inclusion(index, size))}
            for size in (1, 2, 3, 7, 8, 11)
            for index in range(size)
        ],
        "consistency": [
            {"old": old, "new": new, "path": _hex(tree.consistency(old, new))}
            for new in (1, 2, 7, 8, 11)
            for old in range(new + 1)
        ],
    }


def large_contents() -> dict[str, Any]:
    """Contents in chunks; byte number n of a content is n modulo 251."""
    key = bytes(range(32))
    cases = []
    for size in (0, 5, chunks.CHUNK, chunks.CHUNK + 10):
        pieces = list(chunks.encrypt(bytes(number % 251 for number in range(size)), key))
        cases.append(
            {"size": size, "chunks": [{"size": len(p), "sha256": hashlib.sha256(p).hexdigest()} for p in pieces]}
        )
    cases[1]["first"] = next(chunks.encrypt(bytes(range(5)), key)).hex()
    return {"key": key.hex(), "cases": cases}


FILES: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "agency-codes": codes,
    "cbor": deterministic_cbor,
    "chunks": large_contents,
    "identifiers": identifiers,
    "labels": labels,
    "merkle": merkle,
}


def build() -> dict[str, str]:
    """Return name and text of every file."""
    return {
        f"{name}.json": json.dumps({"about": make.__doc__, **make()}, indent=1) + "\n" for name, make in FILES.items()
    }


def _hex(items: list[bytes]) -> list[str]:
    return [item.hex() for item in items]


def main() -> None:
    """Write the files."""
    files = build()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(files)} files in {FOLDER.relative_to(FOLDER.parent.parent)}")


if __name__ == "__main__":
    main()
