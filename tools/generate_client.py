"""Write the synchronous client: the one for asyncio, with what waits replaced by what blocks.

Both have the same methods, and neither is written by hand twice.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent.parent / "src" / "lienthong" / "client"
FILES: Final = {
    FOLDER / "asynchronous.py": FOLDER / "synchronous.py",
    FOLDER / "asker_async.py": FOLDER / "asker_sync.py",
    FOLDER / "topics_async.py": FOLDER / "topics_sync.py",
}
_HEAD: Final = '"""For ordinary code: made of the file for asyncio by ``tools/generate_client.py``."""'
# In this order: what is longer goes before what it contains.
_REPLACED: Final = (
    (r'\A"""[^"]*"""', _HEAD),
    (r"^import asyncio\nimport contextlib\nimport copy\n", "import contextlib\nimport copy\nimport time\n"),
    (r"^import asyncio\n", ""),
    (r"await asyncio\.sleep\(", "time.sleep("),
    (r"AsyncGenerator", "Generator"),
    (r"AsyncIterator", "Iterator"),
    (r"httpx2\.AsyncClient", "httpx2.Client"),
    (r"AsyncClient", "Client"),
    (r"AsyncTopics", "Topics"),
    (r"\btopics_async\b", "topics_sync"),
    (r"AsyncAsker", "Asker"),
    (r"asker_async", "asker_sync"),
    (r"the client for asyncio", "the client"),
    (r"``async with``", "``with``"),
    (r"asynccontextmanager", "contextmanager"),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"\baclose\(", "close("),
    (r"\baread\(", "read("),
    (r"\baiter_raw\(", "iter_raw("),
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
)


def synchronous(source: str) -> str:
    """Return the synchronous client of the asynchronous one."""
    for pattern, replacement in _REPLACED:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE)
    # Lines have become shorter: what needed several may fit on one.
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "-"]
    return subprocess.run(command, input=source, text=True, capture_output=True, check=True, cwd=FOLDER).stdout


if __name__ == "__main__":
    for source, target in FILES.items():
        target.write_text(synchronous(source.read_text(encoding="utf-8")), encoding="utf-8")
