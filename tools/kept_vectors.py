"""What the vectors record already: values that chance makes stay as long as what they are made from does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from lienthong.trust.keys import Algorithm, PublicKey
from lienthong.trust.keystore import MemoryKeyStore, PrivateKey, generate

NOW: Final = 1_795_334_400_123
TERM: Final = 365 * 86_400_000


class Kept:
    """What the files record already, and the keys of all vectors."""

    def __init__(self, folder: Path, *, fresh: bool) -> None:
        """Read the files of a folder, unless everything is to be made anew."""
        self._files: dict[str, Any] = {}
        if not fresh:
            self._files = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
        self.keys = {algorithm: self._key(algorithm) for algorithm in Algorithm}
        self.store = MemoryKeyStore(private for _, private in self.keys.values())

    def case(self, file: str, inputs: dict[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return inputs and outputs: the recorded outputs if the inputs have not changed."""
        for old in self._files.get(file, {}).get("cases", []):
            if all(old.get(name) == value for name, value in inputs.items()):
                return dict(old)
        return inputs | make()

    def public(self, algorithm: Algorithm) -> PublicKey:
        """Return the public key of an algorithm."""
        return self.keys[algorithm][0]

    def _key(self, algorithm: Algorithm) -> tuple[PublicKey, PrivateKey]:
        def make() -> dict[str, Any]:
            public, private = generate(algorithm)
            return {"secret": private.secret.hex(), "public": public.hex(), "kid": private.kid.hex()}

        facts = self.case("keys", {"algorithm": algorithm.name, "number": int(algorithm)}, make)
        public = PublicKey(algorithm, bytes.fromhex(facts["public"]), NOW - TERM, NOW + TERM)
        return public, PrivateKey(kid=public.kid, algorithm=algorithm, secret=bytes.fromhex(facts["secret"]))


def keys(kept: Kept) -> dict[str, Any]:
    """One key per algorithm, used by all other files."""
    return {
        "not_before": NOW - TERM,
        "not_after": NOW + TERM,
        "cases": [
            {
                "algorithm": algorithm.name,
                "number": int(algorithm),
                "secret": private.secret.hex(),
                "public": public.public.hex(),
                "kid": public.kid.hex(),
            }
            for algorithm, (public, private) in kept.keys.items()
        ],
    }
