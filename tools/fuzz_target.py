"""One fuzzing target under atheris; ``tools/fuzz.py`` starts it."""

import sys

import atheris

# Instrumented as they are imported: our own code, and the parsers in Python that it leans on.
with atheris.instrument_imports(include=["lienthong", "zipfile", "asn1crypto", "nats.protocol", "tuf", "yaml"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz the target whose name is the first argument; the others are libFuzzer's."""
    name, *options = sys.argv[1:]
    target = TARGETS[name]

    def feed(data: bytes) -> None:
        target.feed(data)

    atheris.Setup([sys.argv[0], *options], feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
