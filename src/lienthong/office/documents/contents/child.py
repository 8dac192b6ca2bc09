"""What reads the words of one PDF, in a process of its own that then ends (``keeping`` has it started).

It gets a line of JSON and then the file on its standard input, and answers with text in UTF-8.
What cannot be read has no words: whether a file is sound is told elsewhere.
"""

import io
import logging
import sys
from typing import Final

import msgspec
from pypdf import PdfReader

from lienthong.office.documents.contents.task import Task
from lienthong.signatures.limits import confine

_MAX_TASK: Final = 64 * 1024


def main() -> int:
    """Read task and file from standard input, write the text to standard output, and return 0."""
    task = msgspec.json.decode(sys.stdin.buffer.readline(_MAX_TASK), type=Task)
    # The library logs what it finds, with quotes from the file.
    logging.disable(logging.CRITICAL)
    data = sys.stdin.buffer.read()
    confine(seconds=task.seconds, memory=task.memory)
    text = text_in(data, pages=task.pages, characters=task.characters)
    sys.stdout.buffer.write(text.encode(errors="replace"))
    sys.stdout.buffer.flush()
    return 0


def text_in(data: bytes, *, pages: int, characters: int) -> str:
    """Return the text of a PDF as far as it can be read."""
    found: list[str] = []
    left = characters
    try:
        reader = PdfReader(io.BytesIO(data))
        for number in range(0 if reader.is_encrypted else min(pages, len(reader.pages))):
            found.append(reader.pages[number].extract_text()[:left])
            left -= len(found[-1])
            if left <= 0:
                break
    except Exception:  # noqa: BLE001, S110 - the library raises whatever a broken file leads it to
        pass
    return "\n".join(found)[:characters]
