"""Making a PDF of a file of an office program, by LibreOffice where it is installed (docs/documents.md).

Nothing of the file touches a disk: everything LibreOffice writes lies in memory, in a folder of its own that is gone
afterwards. Macros and active content are switched off, and there is no network.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from django.conf import settings

from lienthong.office.documents.converter import MOST

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a file that is converted."""
WALL_SECONDS: Final = 90
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - memory, and a folder with a secret name in it
_CHILD: Final = "lienthong.office.documents.converter"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# By what names end in: what the file begins with.
KINDS: Final[Mapping[str, bytes]] = {
    **dict.fromkeys(("docx", "xlsx", "pptx", "odt", "ods", "odp"), _ZIP),
    **dict.fromkeys(("doc", "xls", "ppt"), _OLE),
    "rtf": b"{\\rtf",
}
_COMMON: Final = "/org.openoffice.Office.Common/Security/Scripting"
_SETTINGS: Final = "".join(
    f'<item oor:path="{_COMMON}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
    for name, value in (
        ("MacroSecurityLevel", "3"),
        ("DisableMacrosExecution", "true"),
        ("DisableActiveContent", "true"),
        ("BlockUntrustedRefererLinks", "true"),
    )
)
_PROFILE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    f"{_SETTINGS}</oor:items>"
)


class NotConverted(Exception):
    """No PDF came of it."""


def can_convert() -> bool:
    """Tell whether anything is converted here: LibreOffice is there, and memory to work in."""
    return bool(settings.LIENTHONG_SOFFICE) and MEMORY.is_dir()


def suffix_of(name: str, head: bytes) -> str:
    """Return how the name of a file that can be converted ends; empty for one that cannot, or is not what it says."""
    suffix = Path(name).suffix.lower().removeprefix(".")
    return suffix if suffix in KINDS and head.startswith(KINDS[suffix]) else ""


def to_pdf(content: bytes, suffix: str) -> bytes:
    """Return a PDF of a file.

    Args:
        content: the file, at most `LARGEST` bytes.
        suffix: one of `KINDS`.

    Raises:
        NotConverted: it is damaged or protected by a password, or takes too much.
    """
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="lienthong-") as name:
        folder = Path(name)
        (folder / "profile" / "user").mkdir(parents=True)
        (folder / "profile" / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
        (folder / f"file.{suffix}").write_bytes(content)
        _run(folder, suffix)
        made = folder / "out" / "file.pdf"
        if not made.is_file() or made.stat().st_size > MOST:
            raise NotConverted
        pdf = made.read_bytes()
    if not pdf.startswith(b"%PDF-"):
        raise NotConverted
    return pdf


def _run(folder: Path, suffix: str) -> None:
    command = [
        sys.executable, "-I", "-B", "-m", _CHILD, settings.LIENTHONG_SOFFICE,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore", "--nolockcheck",
        "--nodefault", "--nofirststartwizard", "--convert-to", "pdf", "--outdir", str(folder / "out"),
        str(folder / f"file.{suffix}"),
    ]  # fmt: skip
    where = {"HOME": str(folder), "TMPDIR": str(folder), "PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    quiet = subprocess.DEVNULL
    # A session of its own: it starts other programs, and all of them end with it.
    with subprocess.Popen(  # noqa: S603 - fixed arguments, no shell
        command, stdin=quiet, stdout=quiet, stderr=quiet, env=where, cwd=folder, start_new_session=True
    ) as process:
        try:
            process.wait(WALL_SECONDS)
        except subprocess.TimeoutExpired:
            raise NotConverted from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
