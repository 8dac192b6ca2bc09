"""Which characters the bytes of a text file stand for, found in one pass in bounded memory.

UTF-8 and UTF-16 are recognised for certain. What is neither is one of the code pages that were used for
Vietnamese: windows-1258, where marks follow their letter, or windows-1252, in which texts of the fonts TCVN3
and VNI appear as Western letters (``standardise`` converts those).
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from lienthong.quality.reading.places import Place, refused

MAX_LINE: Final = 1 << 20
"""Bytes of one line: what is longer is no record."""
CHUNK: Final = 1 << 20
UTF_8: Final = "utf-8"
VIETNAMESE: Final = "cp1258"
WESTERN: Final = "cp1252"

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In windows-1258 these five bytes are tone marks that follow a vowel; in the other code page they are letters.
_MARKS: Final = frozenset(b"\xcc\xd2\xde\xec\xf2")
_VOWELS: Final = frozenset(b"aeiouyAEIOUY\xe2\xea\xf4\xe3\xf5\xfd\xc2\xca\xd4\xc3\xd5\xdd")
# Above this share of lines that are UTF-8 by chance, a file is a mixture.
_CHANCE: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What one pass over a text file found."""

    encoding: str
    bytes: int


@dataclass(slots=True, kw_only=True)
class _Lines:
    """Lines with characters outside ASCII, by whether they are UTF-8."""

    good: int = 0
    bad: int = 0
    first_good: int = 0
    # Line, and the byte in it, of the first that is not.
    first_bad: tuple[int, bytes] = (0, b"")


def survey(path: Path) -> Survey:
    """Return the encoding of a text file.

    Raises:
        RecordsRefused: a line is too long, the file is not text, or lines are in different encodings; the
            error names line and column.
    """
    with path.open("rb") as file:
        head = file.read(4096)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return Survey(encoding=name, bytes=path.stat().st_size)
        if b"\0" in head:
            return Survey(encoding=_without_mark(path, head), bytes=path.stat().st_size)
        file.seek(0)
        encoding = UTF_8 if _is_utf_8(path, file) else _legacy(path)
    return Survey(encoding=encoding, bytes=path.stat().st_size)


def convert(path: Path, encoding: str, to: Path) -> None:
    """Write the file anew as UTF-8.

    Raises:
        RecordsRefused: a byte means nothing in that encoding; the error names the line.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    with path.open("rb") as source, to.open("w", encoding=UTF_8, newline="") as target:
        while True:
            chunk = source.read(CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line += chunk[: error.start].count(b"\n")
                what = f"byte {chunk[error.start : error.start + 1].hex()} means nothing in {encoding}"
                raise refused(Place(file=path, line=line), what, hint="Save the file as UTF-8.") from error
            target.write(text)
            line += text.count("\n")
            if not chunk:
                return


def _is_utf_8(path: Path, file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder(UTF_8)("strict")
    line, length, good = 1, 0, True
    while chunk := file.read(CHUNK):
        newlines = chunk.count(b"\n")
        length = _length(path, line, length, chunk, newlines)
        line += newlines
        if b"\0" in chunk:
            raise refused(Place(file=path, line=line), "a zero byte", hint="Name a text file, Parquet or XLSX.")
        if good:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                # The rest is still read for lines that are too long.
                good = False
    # Bytes left over are a character that the end of the file cuts.
    return good and not decoder.getstate()[0]


def _length(path: Path, line: int, length: int, chunk: bytes, newlines: int) -> int:
    """Return how long the last line is by now, and refuse it where it is too long."""
    if newlines:
        # Lines inside a chunk are shorter than a chunk, which is as long as the longest may be.
        length = len(chunk) - chunk.rfind(b"\n") - 1
    else:
        length += len(chunk)
    if length > MAX_LINE:
        place = Place(file=path, line=line + newlines)
        raise refused(place, f"the line is longer than {MAX_LINE} bytes", hint="Write one record per line.")
    return length


def _without_mark(path: Path, head: bytes) -> str:
    """Tell UTF-16 of mostly Latin letters by where its zero bytes are."""
    even, odd, many = head[::2].count(0), head[1::2].count(0), len(head) // 4
    if odd > many and not even:
        return "utf-16-le"
    if even > many and not odd:
        return "utf-16-be"
    raise refused(Place(file=path, line=1), "a zero byte", hint="Name a text file, Parquet or XLSX.")


def _legacy(path: Path) -> str:
    lines = _Lines()
    marks = letters = 0
    for number, line in _lines(path):
        if line.isascii():
            continue
        _count(lines, number, line)
        marks_here, letters_here = _marks(line)
        marks += marks_here
        letters += letters_here
    if lines.good > _CHANCE * lines.bad:
        raise _mixed(path, lines)
    # Half of a code page's tone marks stand by chance behind a vowel, hardly ever nearly all.
    return VIETNAMESE if letters and marks > 0.8 * letters else WESTERN


def _count(lines: _Lines, number: int, line: bytes) -> None:
    try:
        line.decode(UTF_8)
    except UnicodeDecodeError as error:
        if not lines.bad:
            lines.first_bad = (number, line[: error.start])
        lines.bad += 1
        return
    lines.first_good = lines.first_good or number
    lines.good += 1


def _marks(line: bytes) -> tuple[int, int]:
    """Return how many tone marks of windows-1258 follow a vowel, and how many there are."""
    found = [at for at, byte in enumerate(line) if byte in _MARKS]
    return sum(1 for at in found if at and line[at - 1] in _VOWELS), len(found)


def _mixed(path: Path, lines: _Lines) -> Exception:
    number, before = lines.first_bad
    place = Place(file=path, line=number, column=1 + max(before.count(sign) for sign in b",;\t|"))
    what = f"not UTF-8, while {lines.good} other lines are, such as line {lines.first_good}"
    return refused(place, what, hint="Save the whole file in one encoding, best UTF-8.")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            yield number, line
