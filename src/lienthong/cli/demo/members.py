"""The registry of a province in the demo's office: made-up members, cleaned and linked while everything goes on."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lienthong.embedded.child import spawn, stop
from lienthong.kernel.errors import LienthongError

RECORDS: Final = 50_000
PROVINCE: Final = "01"
_SEED: Final = 34
_GRACE: Final = 5.0
# Behind pages and gateways, which somebody is looking at.
_YIELDS: Final = 10


class RegistryFailed(LienthongError):
    """The registry of the demo was not made."""

    code = "demo_registry_failed"
    hint = "Its log says why; the rest of the demo goes on without it."


async def make_registry(folder: Path) -> None:
    """Make members of one province, clean and link them, and load them into the office.

    Args:
        folder: of the demo; what was made there before is not made again.

    Raises:
        RegistryFailed: one of the commands did not end well.
    """
    made, cleaned, loaded = (folder / "members" / name for name in ("made", "cleaned", "loaded"))
    log = folder / "members" / "members.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    steps = (
        (made, ["quality", "generate", "-n", str(RECORDS), "--seed", str(_SEED), "--province", PROVINCE]),
        (cleaned, ["quality", "run", "--registry", "member", "--input", str(made / "records"), "--memory", "2GB"]),
    )
    for out, command in steps:
        if not out.exists():
            await _run([*command, "--out", str(out), "--json"], log)
    if not loaded.exists():
        await _run(["members", "load", str(cleaned), "--state", str(folder / "office")], log)
        loaded.touch()


async def _run(command: Sequence[str], log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        nice = ["nice", "-n", str(_YIELDS)]
        process = await spawn([*nice, sys.executable, "-m", "lienthong", *command], log=descriptor, keep=[])
    finally:
        os.close(descriptor)
    try:
        status = await process.wait()
    finally:
        await stop(process, grace=_GRACE)
    if status:
        raise RegistryFailed(f"{' '.join(command[:2])}: ended with status {status}; see {log}")
