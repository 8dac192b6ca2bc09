"""Fuzz the decoders of what comes from outside with atheris, each target in a process of its own.

    make fuzz                                 # every target for 30 seconds
    make fuzz ARGS='--seconds 600 seal cbor'  # some, for longer

What was found is kept in build/fuzz/TARGET and named on standard output; put it, as small as it can be, into
tests/fuzz/corpus/TARGET, where the ordinary tests take it up.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.fuzz.targets import TARGETS

CORPUS: Final = Path(__file__).resolve().parent.parent / "tests" / "fuzz" / "corpus"
_MISSING: Final = "atheris is not installed; make fuzz does that"
# Of one input: more than any decoder may take.
_MIB: Final = 512
_SECONDS: Final = 5
_MAX_SIZE: Final = 16 * 1024


def fuzz(name: str, work: Path, seconds: int) -> int:
    """Fuzz one target in a process of its own; returns its exit code."""
    found = work / name
    found.mkdir(parents=True, exist_ok=True)
    options = (
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={_MIB}",
        f"-timeout={_SECONDS}",
        f"-max_len={_MAX_SIZE}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
        "-verbosity=0",
    )
    # New inputs are kept in the first folder, the kept corpus is only read.
    folders = (found / "corpus", CORPUS / name)
    folders[0].mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tools.fuzz_target", name, str(found), *options, *map(str, folders)]
    return subprocess.run(command, check=False, cwd=CORPUS.parents[2]).returncode


def main() -> None:
    """Fuzz the targets that are named, or all; the exit code says whether something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all unless given")
    parser.add_argument("--seconds", type=int, default=30, help="for each target")
    parser.add_argument("--work", type=Path, default=Path("build") / "fuzz", help="where inputs that are found go")
    given = parser.parse_args()
    unknown = set(given.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    try:
        import atheris  # noqa: F401, PLC0415 - only to tell in time that it is missing
    except ImportError:
        sys.exit(_MISSING)
    failed = []
    for name in given.targets or TARGETS:
        print(f"== {name}", flush=True)
        if fuzz(name, given.work.resolve(), given.seconds):
            failed.append(name)
    if failed:
        sys.exit(f"Found something in: {', '.join(failed)}")


if __name__ == "__main__":
    main()
