"""Real PKCS#11 tokens for tests: SoftHSM2 in a temporary folder (Debian package softhsm2)."""

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PIN = b"4321-6789"
_SO_PIN = "security-officer"
_LIBRARIES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftHsm:
    """Two initialised tokens; the PIN of their users is `PIN`."""

    library: Path
    token: str = "organ"
    other: str = "other organ"


@cache
def soft_hsm(base: Path) -> SoftHsm:
    """Start SoftHSM for this process: its library reads settings and list of tokens only once.

    Args:
        base: where to put its folder; the same for the whole process (`TempPathFactory.getbasetemp`).
    """
    folder = base / "softhsm"
    (folder / "tokens").mkdir(parents=True)
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    hsm = SoftHsm(library=next(path for path in _LIBRARIES if path.exists()))
    for label in (hsm.token, hsm.other):
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", _SO_PIN, "--pin", PIN.decode()],
            check=True,
            capture_output=True,
        )
    return hsm
