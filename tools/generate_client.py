"""Write the synchronous client: the one for asyncio, with what waits replaced by what blocks.

Both have the same methods, and neither is written by hand twice.
"""

import re
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent.parent / "src" / "lienthong" / "client"
SOURCE: Final = FOLDER / "asynchronous.py"
TARGET: Final = FOLDER / "synchronous.py"
# What is written, and of what.
MADE: Final = {TARGET: SOURCE, FOLDER / "topics_sync.py": FOLDER / "topics_async.py"}
_HEAD: Final = "for ordinary code. Made of the one for asyncio by ``tools/generate_client.py``."
# In this order: what is longer goes before what it contains.
_REPLACED: Final = (
    (r"for asyncio\. ``tools/generate_client.py`` makes the other one of it\.", _HEAD),
    (r"^import asyncio\n", ""),
    (r"await asyncio\.sleep\(", "time.sleep("),
    (r"AsyncGenerator, AsyncIterator, Mapping, Sequence", "Generator, Iterator, Mapping, Sequence"),
    (r"AsyncGenerator", "Generator"),
    (r"AsyncIterator", "Iterator"),
    (r"httpx2\.AsyncClient", "httpx2.Client"),
    (r"AsyncClient", "Client"),
    (r"AsyncTopics", "Topics"),
    (r"\btopics_async\b", "topics_sync"),
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
    return source


if __name__ == "__main__":
    for target, of in MADE.items():
        target.write_text(synchronous(of.read_text(encoding="utf-8")), encoding="utf-8")
