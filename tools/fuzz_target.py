"""One fuzzing target under atheris; ``tools/fuzz.py`` starts it."""

import hashlib
import sys
from pathlib import Path

import atheris

# Instrumented as they are imported: our own code, and the parsers in Python that it leans on.
with atheris.instrument_imports(
    include=["lienthong", "zipfile", "asn1crypto", "nats.protocol", "tuf", "xml.etree", "yaml"]
):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz a target: its name, where to keep what is found, and libFuzzer's options."""
    name, found, *options = sys.argv[1:]
    target = TARGETS[name]

    def feed(data: bytes) -> None:
        try:
            target.feed(data)
        except BaseException:
            # libFuzzer keeps only what ends the process; an exception is printed and forgotten.
            path = Path(found) / f"found-{hashlib.sha256(data).hexdigest()[:16]}"
            path.write_bytes(data)
            print(f"\nkept in {path}", flush=True)
            raise

    atheris.Setup([sys.argv[0], *options], feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
